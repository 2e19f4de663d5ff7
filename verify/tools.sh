#!/bin/sh
# SPDX-License-Identifier: MIT
#
# tools.sh DIR TOOL - puts a checking tool into DIR that this release of Debian has not: herd7
# or cbmc, from a newer one, unpacked beside the system and run with the C library it was built
# for. Prints nothing; status 1 if it cannot be had here.
set -eu
dir=$1
tool=$2
case $tool in
herd7) release=sid packages="herdtools7 libgmp10" ;;
cbmc) release=trixie packages="cbmc libstdc++6 libgcc-s1 minisat" ;;
*) exit 2 ;;
esac
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
[ -x "$dir/$tool" ] && exit 0
command -v apt-get >/dev/null || exit 1

home=$dir/$tool.root
mkdir -p "$home/lists/partial" "$home/cache/archives/partial" "$home/root"
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null |
    grep -m1 '/debian$') || exit 1
key=/usr/share/keyrings/debian-archive-keyring.gpg
printf 'deb [signed-by=%s] %s %s main\n' "$key" "$mirror" "$release" > "$home/sources.list"
apt() {
    apt-get -q -o Dir::Etc::sourcelist="$home/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$home/lists" -o Dir::Cache="$home/cache" "$@"
}
{
    apt update
    cd "$home/cache"
    # shellcheck disable=SC2086 # several packages
    apt download libc6 $packages
    for package in *.deb; do
        dpkg-deb -x "$package" "$home/root"
    done
} > "$home/log" 2>&1 || exit 1

usr=$home/root/usr
libs=$usr/lib/x86_64-linux-gnu
more=
[ "$tool" = herd7 ] && more="-set-libdir $usr/share/herdtools7/herd"
cat > "$dir/$tool.new" <<END
#!/bin/sh
exec $libs/ld-linux-x86-64.so.2 --library-path $libs:$usr/lib $usr/bin/$tool $more "\$@"
END
chmod +x "$dir/$tool.new"
"$dir/$tool.new" --version >/dev/null 2>&1 || "$dir/$tool.new" -version >/dev/null 2>&1 || exit 1
mv "$dir/$tool.new" "$dir/$tool"
