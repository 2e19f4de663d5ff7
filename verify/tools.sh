#!/bin/sh
# SPDX-License-Identifier: MIT
#
# tools.sh DIR - puts checking tools into DIR that this release of Debian has not:
# herd7 from Debian's newest, unpacked beside the system and run with the C library it
# was built for. Prints nothing; status 1 if they cannot be had here.
set -eu
dir=$1
mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/root"
dir=$(cd "$dir" && pwd)
[ -x "$dir/herd7" ] && exit 0
command -v apt-get >/dev/null || exit 1

mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null |
    grep -m1 '/debian$') || exit 1
key=/usr/share/keyrings/debian-archive-keyring.gpg
printf 'deb [signed-by=%s] %s sid main\n' "$key" "$mirror" > "$dir/sources.list"
apt() {
    apt-get -q -o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$dir/lists" -o Dir::Cache="$dir/cache" "$@"
}
{
    apt update
    cd "$dir/cache"
    apt download herdtools7 libc6 libgmp10
    for package in *.deb; do
        dpkg-deb -x "$package" "$dir/root"
    done
} > "$dir/log" 2>&1 || exit 1

libs=$dir/root/usr/lib/x86_64-linux-gnu
cat > "$dir/herd7.new" <<END
#!/bin/sh
exec $libs/ld-linux-x86-64.so.2 --library-path $libs $dir/root/usr/bin/herd7 \\
    -set-libdir $dir/root/usr/share/herdtools7/herd "\$@"
END
chmod +x "$dir/herd7.new"
mv "$dir/herd7.new" "$dir/herd7"
