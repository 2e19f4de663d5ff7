# SPDX-License-Identifier: MIT
#
# The front door. What there is to build is in meson.build, what there is to do in
# scripts/. `make` alone says what can be had.

PREFIX ?= /usr/local
DESTDIR ?=

# More for meson, such as MESON_FLAGS="-Dbuildtype=release --libdir=lib".
MESON_FLAGS ?=

# What to measure, such as BENCH="--quick --only nop,echo"; BENCH=--help tells.
BENCH ?=

# Which ones, such as KERNELS="5.10 s390x", and what else test_kernels.py takes.
KERNELS ?=

.PHONY: help build demo test check soak verify test-kernels bench install uninstall clean

help:
	@echo 'make demo          build, show what this kernel offers, copy a real tree and verify it'
	@echo 'make test          build plainly and with sanitizers, run every test, count'
	@echo 'make soak          random valid programs under the loan checker: SOAK=600 seconds'
	@echo 'make verify        the memory order: litmus tests, race detector, mutants, the lost wakeup'
	@echo 'make test-kernels  the tests on other kernels, emulated: KERNELS="5.10 s390x"'
	@echo 'make build         the library, the ringfence command and the examples, in build/'
	@echo 'make bench         beside liburing, Zig, Rust and plain calls: BENCH="--quick", BENCH=--help'
	@echo 'make install       into $$(DESTDIR)$$(PREFIX), now $(DESTDIR)$(PREFIX); also: uninstall'
	@echo 'make clean         remove what was built'
	@echo
	@echo 'What is missing on Debian or Ubuntu is installed first, see scripts/setup.sh.'

build:
	@scripts/setup.sh build
	@scripts/build.sh build --prefix='$(PREFIX)' \
	    -Dtests=false -Dbench=disabled -Dfuzz=false -Dtools=enabled $(MESON_FLAGS)

demo: build
	@scripts/demo.sh build/tools/ringfence/ringfence

test check:
	@scripts/setup.sh test
	@scripts/test.sh

# Seconds; what fails tells its seed, which SOAK_SEED=N begins with.
SOAK ?= 600

soak:
	@scripts/setup.sh test
	@scripts/build.sh build-test
	@SOAK=$(SOAK) build-test/tests/test-soak

# HUNT=N: seconds for the lost wakeup on this kernel, with the fence and without. HOSTILE=N:
# seconds for the peer that lies.
verify:
	@scripts/setup.sh verify
	@scripts/verify.sh

test-kernels:
	@python3 scripts/test_kernels.py $(KERNELS)

bench:
	@scripts/setup.sh bench
	@scripts/bench.sh $(BENCH)

install: build
	@DESTDIR='$(DESTDIR)' meson install -C build --no-rebuild

# By the list that install left: it knows where things went.
uninstall:
	@ninja -C build uninstall

clean:
	rm -rf build build-test build-sanitize build-kernels build-verify build-bench
