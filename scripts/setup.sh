#!/bin/sh
# SPDX-License-Identifier: MIT
#
# setup.sh [build|test|verify|kernels|bench] - sees to it that what ringfence is built with is there.
#
#   build    what the library, the command and the examples need
#   test     the same, and what the tests need (the default)
#   verify   that, and what make verify wants besides
#   kernels  what compiles for the machines that make test-kernels emulates, and emulates them
#   bench    what the library needs, and whom make bench measures it beside
#
# Looks for each thing itself, not for a package, so that a meson of your own will do.
# What is missing is installed with apt-get on Debian and its like, through sudo if
# there is one that asks for no password. Elsewhere it prints what is needed. It asks
# nothing, and says nothing when all is there.
set -u

purpose=${1:-test}
case $purpose in
build | test | verify | kernels | bench) ;;
*)
    echo "usage: setup.sh [build|test|verify|kernels|bench]" >&2
    exit 2
    ;;
esac

has() {
    command -v "$1" >/dev/null 2>&1
}

# need PACKAGE COMMAND...: there is no going on unless COMMAND succeeds.
need() {
    package=$1
    shift
    "$@" >/dev/null 2>&1 && return
    case " $required " in
    *" $package "*) ;;
    *) required="$required $package" ;;
    esac
}

# The same for what only some tests need: they skip without it.
want() {
    package=$1
    shift
    "$@" >/dev/null 2>&1 && return
    case " $required $wanted " in
    *" $package "*) ;;
    *) wanted="$wanted $package" ;;
    esac
}

# By the linker's own list, of which the command may be out of a user's way.
has_library() {
    PATH=$PATH:/sbin:/usr/sbin ldconfig -p | grep -q "$1"
}

meson_is_new_enough() {
    version=$(meson --version) || return 1
    [ "${version%%.*}" -ge 1 ]
}

# Fills required and wanted with what is missing, by the names of Debian's packages.
look() {
    required=
    wanted=
    need build-essential has cc
    need build-essential test -e /usr/include/stdio.h
    need linux-libc-dev test -e /usr/include/linux/io_uring.h
    need python3 has python3
    need meson meson_is_new_enough
    need ninja-build has ninja
    need pkg-config has pkg-config
    need libjansson-dev pkg-config --exists 'jansson >= 2.11'
    case $purpose in
    test) look_for_tests ;;
    verify)
        look_for_tests
        want spin has spin
        ;;
    kernels) look_for_kernels ;;
    bench) look_for_peers ;;
    esac
}

look_for_tests() {
    need libcmocka-dev pkg-config --exists 'cmocka >= 1.1.5'
    want build-essential has g++
    want clang has clang
    want liburing-dev pkg-config --exists liburing
    # Reports of the loan checker have functions and lines by it.
    want libdw1 has_library libdw.so.1
    # Its header, too, for which the library looks when it is compiled.
    want valgrind has valgrind
    # Readers of the manual, each with warnings of its own.
    want groff-base has groff
    want man-db has man
    want mandoc has mandoc
    # A big-endian machine, for the layouts that depend on the byte order.
    want gcc-s390x-linux-gnu has s390x-linux-gnu-gcc
    want libc6-dev-s390x-cross test -e /usr/s390x-linux-gnu/include/stdio.h
    want qemu-user has qemu-s390x
}

look_for_peers() {
    want liburing-dev pkg-config --exists liburing
    want libaio-dev test -e /usr/include/libaio.h
    want valgrind has valgrind
    want cargo has cargo
    # The other peers and the figures come through pip, into an environment of their own.
    want python3-venv python3 -c 'import ensurepip, venv'
}

look_for_kernels() {
    need dpkg-dev has dpkg-source
    need gcc-x86-64-linux-gnu has x86_64-linux-gnu-gcc
    need gcc-aarch64-linux-gnu has aarch64-linux-gnu-gcc
    need libc6-dev-arm64-cross test -e /usr/aarch64-linux-gnu/include/stdio.h
    need gcc-riscv64-linux-gnu has riscv64-linux-gnu-gcc
    need libc6-dev-riscv64-cross test -e /usr/riscv64-linux-gnu/include/stdio.h
    need gcc-s390x-linux-gnu has s390x-linux-gnu-gcc
    need libc6-dev-s390x-cross test -e /usr/s390x-linux-gnu/include/stdio.h
    need qemu-system-x86 has qemu-system-x86_64
    need seabios test -e /usr/share/seabios/bios-256k.bin
    need qemu-system-arm has qemu-system-aarch64
    need qemu-system-misc has qemu-system-riscv64
    need qemu-system-misc has qemu-system-s390x
    need opensbi test -e /usr/lib/riscv64-linux-gnu/opensbi
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
    # Unquoted from here on: words, none of which has a blank in it.
    # shellcheck disable=SC2086
    $apt_get update || return
    # shellcheck disable=SC2086
    [ -z "$required" ] || $apt_get install --no-install-recommends $required || return
    # Not every system like Debian has them all: one by one.
    for package in $wanted; do
        # shellcheck disable=SC2086
        $apt_get install --no-install-recommends "$package"
    done
}

all_is_there() {
    [ -z "$required$wanted" ]
}

# Ends the script, with a failure if what is missing cannot be done without.
explain() {
    echo "$1" >&2
    echo "    ${2-}$required$wanted" >&2
    if [ -n "$required" ]; then
        exit 1
    fi
    echo "Going on without: something will be skipped, and say so." >&2
    exit 0
}

look
all_is_there && exit 0
has apt-get ||
    explain "ringfence needs these, by the names of Debian's packages (meson is to be 1.0 or newer):"
root=$(as_root) ||
    explain "Some packages are missing, and this user may not install them. As root, run:" \
        "apt-get update && apt-get install --no-install-recommends"

echo "Installing$required$wanted"
install "$root" || echo "apt-get failed, see above." >&2
look
all_is_there && exit 0
explain "Still missing, or too old (meson is to be 1.0 or newer):"
