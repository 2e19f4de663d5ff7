#!/bin/sh
# SPDX-License-Identifier: MIT
#
# build.sh DIRECTORY [MESON-OPTION]... - configures DIRECTORY, anew if need be, and builds it.
set -eu

cd "$(dirname "$0")/.."
build=$1
shift

# A build that was configured before: look again, since packages may have come.
again=
if [ -e "$build/build.ninja" ]; then
    again=--reconfigure
fi
if ! said=$(meson setup $again "$build" "$@" 2>&1); then
    echo "$said" >&2
    exit 1
fi
exec ninja -C "$build"
