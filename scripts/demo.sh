#!/bin/sh
# SPDX-License-Identifier: MIT
#
# demo.sh RINGFENCE - shows what this kernel's io_uring offers, then copies a real tree of
# this system through one ring, compares the copy with the original, and cleans up.
set -eu

ringfence=$1

echo "== ringfence probe"
"$ringfence" probe

target=$(mktemp -d)
trap 'rm -rf "$target"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The largest of the trees that systems have, if a copy fits well.
limit_kib=$(($(df -Pk "$target" | awk 'NR == 2 { print $4 }') / 2))
if [ "$limit_kib" -gt $((512 * 1024)) ]; then
    limit_kib=$((512 * 1024))
fi
source=
most=0
for tree in /usr/share /usr/share/doc /usr/include /usr/lib/python3 /usr/share/zoneinfo; do
    [ -d "$tree" ] || continue
    kib=$(du -sk "$tree" 2>/dev/null | cut -f1)
    if [ "$kib" -gt "$most" ] && [ "$kib" -lt "$limit_kib" ]; then
        source=$tree
        most=$kib
    fi
done
if [ -z "$source" ]; then
    echo "demo: no tree of this system fits into $target" >&2
    exit 1
fi

echo
echo "== ringfence cp -r --verify $source $target"
"$ringfence" cp -r --verify "$source" "$target"

echo
echo "The copy is removed again. More: $ringfence --help"
