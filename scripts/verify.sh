#!/bin/sh
# SPDX-License-Identifier: MIT
#
# verify.sh - every check of the memory order that there is, see verify/README.md: the
# litmus tests, the model of the wakeup, the race detector, each mutant, and the hunt for
# the lost wakeup on this kernel. The exit status is 0 if all that was run came out as it
# must. HUNT=N hunts for N seconds with the fence and N without (30); HUNT=0 does not. HOSTILE=N
# lies to the library for N seconds (60), SEED=N by that seed.
set -u

cd "$(dirname "$0")/.."
build=build-test
failed=

# check NAME COMMAND...
check() {
    name=$1
    shift
    echo "== $name"
    "$@" && return
    status=$?
    [ "$status" = 77 ] && echo "SKIPPED $name" && return
    failed="$failed
FAILED $name"
}

litmus() {
    herd7=$(command -v herd7) || herd7=
    [ -n "$herd7" ] || { verify/tools.sh build-verify herd7 && herd7=build-verify/herd7; } || {
        echo "no herd7 here, and none to be had"
        return 77
    }
    python3 verify/litmus.py "$herd7"
}

# Bounds and wrapping, for every answer that the other side can give.
bounds() {
    cbmc=$(command -v cbmc) || cbmc=
    [ -n "$cbmc" ] || { verify/tools.sh build-verify cbmc && cbmc=build-verify/cbmc; } || {
        echo "no cbmc here, and none to be had"
        return 77
    }
    python3 verify/harness.py "$(readlink -f "$cbmc")"
}

executions() {
    command -v genmc >/dev/null || {
        echo "no genmc here; the same cases run as a stress test"
        return 77
    }
    for case in $(sed -n 's/^static void \(case_[a-z]*\)(void)$/\1/p' verify/harness/orders.c); do
        echo "$case"
        genmc --rc11 --disable-estimation --unroll=4 -- -DCASE="$case" -D_GNU_SOURCE -Iinclude \
            -Isrc verify/harness/orders.c || return 1
    done
}

# As it is no request is stuck; without the fence one can be, or the model shows nothing.
wakeup() {
    command -v spin >/dev/null || {
        echo "no spin here"
        return 77
    }
    model=$PWD/verify/wakeup.pml
    work=$(mktemp -d) || return
    right=$(cd "$work" && spin -run "$model")
    weak=$(cd "$work" && spin -DNO_FENCE -run "$model")
    rm -r "$work"
    echo "$right" | grep -o 'errors: .*' | sed 's/^/as it is: /'
    echo "$weak" | grep -o 'invalid end state.*(.*\|errors: .*' | sed 's/^/without the fence: /'
    echo "$right" | grep -q 'errors: 0' && echo "$weak" | grep -q 'errors: 1'
}

hunt() {
    [ "${HUNT:-30}" != 0 ] || return 77
    "$build/verify/lost-wakeup" --seconds "${HUNT:-30}"
}

# Built here, so that the sanitizers are in it whatever the build has.
hostile() {
    [ "${HOSTILE:-60}" != 0 ] || return 77
    mkdir -p build-verify
    ${CC:-cc} -std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -g -O1 -Iinclude -Isrc -Iverify/peer \
        -fsanitize=address,undefined -fno-sanitize-recover=all \
        verify/hostile/*.c verify/peer/*.c src/*.c src/check/*.c -pthread -o build-verify/peer-that-lies &&
        build-verify/peer-that-lies --seconds "${HOSTILE:-60}" ${SEED:+--seed "$SEED"}
}

scripts/build.sh "$build" || exit
check "litmus tests" litmus
check "the wakeup, all interleavings" wakeup
check "the ring's code, one step from any state" bounds
check "the ring's code, every execution" executions
check "the ring's code, between two threads" "$build/verify/orders" 20000
check "each accessor under the race detector" "$build/verify/words"
check "ring and peer under the race detector" "$build/verify/race" --operations 100000
check "a peer that lies, under the address sanitizer" hostile
check "mutants" python3 verify/mutants.py
check "the lost wakeup, on this kernel" hunt

echo "== summary"
[ -z "$failed" ] || {
    echo "$failed"
    exit 1
}
echo "all that was run came out as it must"
