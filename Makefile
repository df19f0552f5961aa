# nrkern is built and tested by these. `make help` lists them.
#
# Variables to set on the command line:
#   TESTFLAGS   more flags for go test, such as -v or -run Name
#   BENCHFLAGS  more flags for nrbench, such as -rows UMP or -save results/bench
#   FUZZTIME    how long each fuzz target runs (20s)
#   SOAK        how long soak soaks (10m)
#   RESULTS     where experiments leaves its folders (results/make)
#   VERSION     what `nrkern version` says

SHELL      := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO       ?= go
BIN      := bin/nrkern
FUZZTIME ?= 20s
SOAK     ?= 10m
RESULTS  ?= results/make
# Outside a git checkout there is nothing to describe, and that is no error.
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

# The compiler is told which calls are frequent (cmd/nrkern/default.pgo, made by
# `make pgo`): inlined, the branch of each access to shared memory on the simulated
# machine costs next to nothing. Tests are built without, which takes less time.
PGO := -pgo=$(CURDIR)/cmd/nrkern/default.pgo

# Packages that the race detector tells nothing about: the rules run no
# concurrent code, the simulated machine runs one core at a time (and has an eye
# for races of its own), and a guest runs in a virtual machine of its own.
NO_RACE := /internal/(rules|platform|assert)$$|/simulate$$|/guest(/|$$)

# Packages whose protocols make assertions, and those that run them. Not the
# simulated machine's counts, and not the order of accesses in transport: an
# assertion's loads are accesses too.
ASSERTED := ./combining ./nrkernel ./multikernel ./biglock ./check/structures ./node

.PHONY: help build demo experiments page bench pgo test race lint test-assert test-guest test-long soak fuzz bpf check clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-11s %s\n", $$1, $$2}' Makefile

# Static, so that the same file runs in a guest that has no libc.
build: ## build bin/nrkern
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '-X main.version=$(VERSION)' -o $(BIN) ./cmd/nrkern

demo: build ## build, then boot machines and compare the structures (under a minute once built)
	$(BIN) demo

# Its own folder gives way; one that is named with RESULTS does not.
experiments: build ## run every experiment, small, and judge what is exact
	$(if $(filter file,$(origin RESULTS)),rm -rf $(RESULTS))
	$(BIN) run --all --scale smoke --out $(RESULTS)

# Of a run is kept what the page needs: where the samples come from, all samples,
# the verdicts. What is written in the page by hand stays.
page: build ## make docs/results.md anew, of the run in RESULTS if that is given
	$(if $(filter file,$(origin RESULTS)),,for f in $(RESULTS)/*/; do \
		kept=docs/results/$$(basename $$f); mkdir -p $$kept; \
		cp $$f/manifest.json $$f/summary.json $$f/data.csv $$kept/; done)
	$(BIN) report docs/results --out docs/results.md

# The other builds are what the rows about the simulation hook and the probe
# sites compare with: each in several layouts, for the order of a program's
# functions matters more than what those rows are about.
bench: ## measure how near we are to C, the bare map and the locks (minutes; nothing else should run)
	@set -x; for tag in '' nohook nosite; do \
		program=bin/nrbench$${tag:+-$$tag}; \
		CGO_ENABLED=0 $(GO) build $(PGO) -tags "$${tag:+nrkern_$$tag}" -o $$program ./bench/nrbench; \
		for n in 1 2 3 4 5; do \
			CGO_ENABLED=0 $(GO) build $(PGO) -tags "$${tag:+nrkern_$$tag}" -ldflags=-randlayout=$$n -o $$program.$$n ./bench/nrbench; \
		done; done
	bin/nrbench $(BENCHFLAGS)

# All structures are in it: a profile of one would favour that one.
pgo: ## measure anew where the time goes, for the compiler (two minutes; nothing else should run)
	@dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; set -x; \
	CGO_ENABLED=0 $(GO) build -trimpath -pgo=off -o "$$dir/nrbench" ./bench/nrbench; \
	"$$dir/nrbench" -rows '^NR, [12] rep|^partitioned|^UMP' -rounds 6 -cpuprofile "$$dir/bench.pgo"; \
	for p in nrkernel multikernel; do \
		$(GO) test -trimpath -pgo=off -run XXX -bench KV -benchtime 0.5s -o "$$dir/test" -cpuprofile "$$dir/$$p.pgo" ./$$p; done; \
	$(GO) tool pprof -proto -output cmd/nrkern/default.pgo "$$dir"/*.pgo

test: ## run all ordinary tests
	$(GO) test -pgo=off -timeout 30m $(TESTFLAGS) ./...

# Kernel processes with the detector end at once: by itself it waits a second.
race: export GORACE ?= atexit_sleep_ms=10
race: ## run the tests under the race detector
	@packages=$$($(GO) list ./... | grep -v -E '$(NO_RACE)'); \
	set -x; CGO_ENABLED=1 $(GO) test -race -pgo=off -timeout 30m $(TESTFLAGS) $$packages

# As TestStructuresHold does with the shorter of their tests.
test-assert: ## run the structures' tests with the protocols' assertions in them
	$(GO) test -pgo=off -count=1 -short -tags nrkern_assert $(TESTFLAGS) $(ASSERTED)

lint: ## run go vet, staticcheck and gofumpt
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	@unformatted=$$($(GO) tool gofumpt -l .); \
	if [ -n "$$unformatted" ]; then \
		printf '%s\n' "not formatted; run: $(GO) tool gofumpt -w ." $$unformatted >&2; exit 1; \
	fi

test-guest: ## boot virtual machines with 2 and 4 NUMA nodes and test in them
	NRKERN_GUEST_REQUIRED=1 $(GO) test -pgo=off -count=1 -timeout 1h $(TESTFLAGS) ./guest/...

test-long: ## run all tests with long histories (many minutes)
	NRKERN_LONG=1 $(GO) test -pgo=off -count=1 -timeout 2h $(TESTFLAGS) ./...

soak: build ## soak nr machines for SOAK: kills, stops, joins, leaves, dead supervisors
	nice $(BIN) check --soak $(SOAK)

# go test fuzzes one target at a time.
fuzz: ## run each fuzz target for FUZZTIME
	@packages=$$($(GO) list ./...); \
	for package in $$packages; do \
		listed=$$($(GO) test -list '^Fuzz' "$$package"); \
		for target in $$(grep '^Fuzz' <<<"$$listed" || true); do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$package"; \
		done; \
	done

bpf: ## make the BPF objects in the tree anew (needs clang 14)
	$(GO) generate ./tracing/...

check: lint test race ## lint, test and race: what to run before a commit

clean: ## remove what the build and experiments made
	rm -rf bin
	$(if $(filter file,$(origin RESULTS)),rm -rf $(RESULTS))
