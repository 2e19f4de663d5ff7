#!/bin/sh
# SPDX-License-Identifier: MIT
#
# setup.sh [build|test] - sees to it that what ringfence is built with is there.
#
#   build  what the library, the command and the examples need
#   test   the same, and what the tests need (the default)
#
# Looks for each thing itself, not for a package, so that a meson of your own will do.
# What is missing is installed with apt-get on Debian and its like, through sudo if
# there is one that asks for no password. Elsewhere it prints what is needed. It asks
# nothing, and says nothing when all is there.
set -u

purpose=${1:-test}
case $purpose in
build | test) ;;
*)
    echo "usage: setup.sh [build|test]" >&2
    exit 2
    ;;
esac

packages=  # missing, as Debian calls them
required=  # those of them without which there is no going on

has() {
    command -v "$1" >/dev/null 2>&1
}

# need PACKAGE COMMAND...: COMMAND succeeds if it is there.
need() {
    package=$1
    shift
    "$@" >/dev/null 2>&1 && return
    case " $packages " in
    *" $package "*) ;;
    *) packages="$packages $package" ;;
    esac
    case " $required " in
    *" $package "*) ;;
    *) required="$required $package" ;;
    esac
}

# The same for what only some tests need: they skip without it.
want() {
    was_required=$required
    need "$@"
    required=$was_required
}

meson_is_new_enough() {
    version=$(meson --version) || return 1
    [ "${version%%.*}" -ge 1 ]
}

look() {
    packages=
    required=
    need build-essential has cc
    need build-essential test -e /usr/include/stdio.h
    need linux-libc-dev test -e /usr/include/linux/io_uring.h
    need python3 has python3
    need meson meson_is_new_enough
    need ninja-build has ninja
    need pkg-config has pkg-config
    need libjansson-dev pkg-config --exists 'jansson >= 2.11'
    if [ "$purpose" = test ]; then
        need libcmocka-dev pkg-config --exists 'cmocka >= 1.1.5'
        want build-essential has g++
        want clang has clang
        want liburing-dev pkg-config --exists liburing
        want valgrind has valgrind
    fi
}

# Prints the words that make a command run as root, or fails: there is no way.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        echo env
    elif has sudo && sudo -n true 2>/dev/null; then
        echo sudo -n env
    else
        return 1
    fi
}

install() {
    apt_get="$1 DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300"
    # Unquoted: words, none of which has a blank in it.
    # shellcheck disable=SC2086
    $apt_get update && $apt_get install --no-install-recommends $packages
}

# Ends the script if what is missing cannot be done without.
explain() {
    echo "$1" >&2
    echo "    $2" >&2
    if [ -n "$required" ]; then
        exit 1
    fi
    echo "Going on without: some tests will be skipped." >&2
    exit 0
}

look
[ -n "$packages" ] || exit 0

if ! has apt-get; then
    explain "ringfence needs these, by the names of Debian's packages (meson is to be 1.0 or newer):" \
        "${packages# }"
fi
root=$(as_root) ||
    explain "Some packages are missing, and this user may not install them. As root, run:" \
        "apt-get update && apt-get install --no-install-recommends$packages"

echo "Installing$packages"
install "$root" || echo "apt-get failed, see above." >&2
look
[ -n "$packages" ] || exit 0
explain "Still missing, or too old (meson is to be 1.0 or newer):" "${packages# }"
