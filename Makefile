# SPDX-License-Identifier: Apache-2.0
# The few words one needs: `make help`. Each installs what it needs first (tools/setup), then calls CMake, which does the work.
BUILD  ?= build
JOBS   ?= $(shell nproc)
PREFIX ?= /usr/local
WERROR ?= $(if $(CI),ON,OFF)
# The interpreter that the Python module is tested with: Debian's, not whichever comes first.
PYTHON ?= /usr/bin/python3

# Found at the end of the PATH: programs that tools/setup unpacked for `make test-peers`.
export PATH := $(PATH):$(CURDIR)/.deps/peers/usr/bin

configure = cmake -S . -B $(BUILD) $(if $(wildcard $(BUILD)/CMakeCache.txt),,-G Ninja -DCMAKE_BUILD_TYPE=Release)
with-tests = -DRUNLAKE_BUILD_TESTS=ON -DRUNLAKE_WERROR=$(WERROR) -DRUNLAKE_PYTHON=ON -DPython_EXECUTABLE=$(PYTHON)

.PHONY: help demo test test-peers build bench install package clean
.DEFAULT_GOAL := help

help:
	@echo 'make demo        builds Runlake and shows what it does with a small pipeline'
	@echo 'make test        builds everything and runs all tests; absent peers are skipped, with the reason'
	@echo 'make test-peers  installs and starts the programs Runlake works with, and tests against them'
	@echo 'make build       the binary, at $(BUILD)/runlake'
	@echo 'make bench       measures, each time beside a peer'
	@echo 'make install     into PREFIX (now $(PREFIX)); DESTDIR is respected'
	@echo 'make package     a Debian package, in $(BUILD)/package'
	@echo 'make clean       removes $(BUILD)'

demo: build
	@RUNLAKE_BIN=$(abspath $(BUILD))/runlake examples/demo/demo

build:
	@tools/setup build
	@$(configure) $(if $(wildcard $(BUILD)/CMakeCache.txt),,-DRUNLAKE_BUILD_TESTS=OFF) --log-level=WARNING
	@cmake --build $(BUILD) -j $(JOBS)

test:
	@tools/setup build test
	@$(configure) $(with-tests) --log-level=WARNING
	@cmake --build $(BUILD) -j $(JOBS)
	@tools/run-tests $(BUILD) -j $(JOBS)

test-peers:
	@tools/setup build test peers
	@$(configure) $(with-tests) --log-level=WARNING
	@cmake --build $(BUILD) -j $(JOBS)
	@RUNLAKE_PEERS=1 tools/run-tests $(BUILD) -L peers

bench:
	@tools/setup build bench
	@$(configure) -DRUNLAKE_BUILD_BENCHMARKS=ON --log-level=WARNING
	@cmake --build $(BUILD) -j $(JOBS)
	@bench/run $(BUILD)

install: build
	@cmake --install $(BUILD) --prefix $(PREFIX)

package: build
	@tools/setup package
	@umask 022 && cd $(BUILD) && cpack -G DEB

clean:
	@cmake -E rm -rf $(BUILD)
