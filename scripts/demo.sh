#!/bin/sh
# SPDX-License-Identifier: MIT
#
# demo.sh RINGFENCE - shows what this kernel's io_uring offers, then copies a real tree of
# this system through one ring, compares the copy with the original, and cleans up.
set -eu

ringfence=$1

echo "== ringfence probe"
"$ringfence" probe

# The largest of the trees that every system has, as long as a copy of it surely fits.
limit_kib=$((2 * 1024 * 1024))
source=
most=0
for tree in /usr/share/doc /usr/include /usr/share/zoneinfo /usr/lib/python3 /etc; do
    [ -d "$tree" ] && [ -r "$tree" ] || continue
    kib=$(du -sk "$tree" 2>/dev/null | cut -f1)
    if [ "$kib" -gt "$most" ] && [ "$kib" -lt "$limit_kib" ]; then
        source=$tree
        most=$kib
    fi
done

target=$(mktemp -d)
trap 'rm -rf "$target"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

echo
echo "== ringfence cp -r --verify $source $target"
"$ringfence" cp -r --verify "$source" "$target"

echo
echo "The copy is removed again. More: $ringfence --help"
