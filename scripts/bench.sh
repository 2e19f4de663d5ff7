#!/bin/sh
# SPDX-License-Identifier: MIT
#
# bench.sh [OPTION]... - builds ringfence and its peers in build-bench/, and measures them: the
# options are those of bench/run.py.
set -eu

cd "$(dirname "$0")/.."
build=build-bench
log=$build/build.log
mkdir -p $build

if ! scripts/build.sh $build/meson -Dtests=false -Dfuzz=false -Dexamples=false \
    -Dbench=enabled -Dtools=auto >$log 2>&1; then
    cat $log >&2
    exit 1
fi

# What Python is to have besides goes into an environment of its own. Each package can be
# done without: the run says what is missing then.
python=python3
if [ -x $build/venv/bin/pip ] || python3 -m venv $build/venv >>$log 2>&1; then
    python=$build/venv/bin/python
    while read -r package; do
        $python -m pip install --quiet --disable-pip-version-check "$package" >>$log 2>&1 ||
            echo "pip cannot install $package, see $log" >&2
    done <bench/requirements.txt
else
    echo "There is no venv module for Python, see $log: going on without Zig and figures." >&2
fi

export PYTHONDONTWRITEBYTECODE=1
exec $python bench/run.py --json $build/results.json --figures $build/figures "$@"
