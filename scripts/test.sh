#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test.sh - builds everything twice, plainly and with the sanitizers for addresses, leaks
# and undefined behaviour; runs every test of both, and of the plain one what opens rings once
# more with each ring checked; ends with the line that counts them.
# The exit status is 0 if none failed.
set -u

cd "$(dirname "$0")/.."

# A finding ends the program: the status then says so, even if a test ignores its output.
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}"

# run_tests DIRECTORY [MESON-OPTION]... - what fails here shows in the summary.
run_tests() {
    build=$1
    rm -f "$build/meson-logs/testlog.json"
    echo "== $build"
    scripts/build.sh "$@" &&
        meson test -C "$build" --no-rebuild --timeout-multiplier 3
}

run_tests build-test
echo "== build-test, RINGFENCE_CHECK=1"
rm -f build-test/meson-logs/testlog-checked.json
RF_TEST_FEW_FLAVOURS=1 meson test -C build-test --no-rebuild --setup checked --suite rings
run_tests build-sanitize -Db_sanitize=address,undefined -Db_lundef=false \
    -Dc_args=-fno-sanitize-recover=all -Doptimization=1

echo "== summary"
exec python3 scripts/summary.py plain=build-test checked=build-test:checked:rings sanitized=build-sanitize
