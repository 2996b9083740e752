# Airside's targets. `make` alone lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X airside/internal/base/config.version=$(VERSION)

# What `make test` runs a second time with the race detector on.
RACE_PKGS ?= ./internal/base/... ./internal/platform/... ./internal/licence/...

# What `make bench` measures.
BENCH      ?= .
BENCH_PKGS ?= ./internal/...
BENCH_PROG ?= ./internal/bench
# Of the big school that pages and searches are measured in; making it takes ten minutes. 0 leaves it out.
BENCH_FLIGHTS ?= 1000000

FUZZTIME       ?= 30s
TORTURE_ROUNDS ?= 50

WITH_POSTGRES := scripts/with-postgres.sh
STATICCHECK    = "$$($(GO) -C tools tool -n staticcheck)"

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/airside
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "$(LDFLAGS)" -o bin/airside ./cmd/airside

.PHONY: demo
demo: build ## build, then start a school to explore
	bin/airside demo

.PHONY: test
test: setup ## install what the tests need, and run them all
	$(WITH_POSTGRES) $(MAKE) --no-print-directory run-tests

# The tests themselves; AIRSIDE_TEST_POSTGRES must be set.
.PHONY: run-tests
run-tests: export AIRSIDE_REQUIRE_ALL = 1
run-tests: fmt vet
	@test -n "$${AIRSIDE_TEST_POSTGRES:-}" || { echo 'run-tests: AIRSIDE_TEST_POSTGRES is not set: use "make test"'; exit 1; }
	@echo "tests, with the race detector on $(RACE_PKGS)"
	@$(GO) build -o bin/testreport ./scripts/testreport
	@$(GO) test -json -count=1 -timeout 20m ./... | bin/testreport
	@$(GO) test -json -race -count=1 -timeout 30m $(RACE_PKGS) | bin/testreport

.PHONY: setup
setup: ## install what the tests need
	scripts/setup-tests.sh

.PHONY: fmt
fmt: # every Go file is as gofmt writes it
	@files=$$(find . -name '*.go' -not -path '*/node_modules/*' -not -path './.git/*' -print0 | xargs -0 gofmt -l); \
		test -z "$$files" || { echo "gofmt these files:"; echo "$$files"; exit 1; }

.PHONY: vet
vet:
	$(GO) vet ./...

.PHONY: check
check: fmt vet ## gofmt, go vet, staticcheck
	$(STATICCHECK) ./...

.PHONY: bench
bench: setup ## measure (see docs/performance.md)
	$(WITH_POSTGRES) bash -euc '$(GO) test -run "^$$" -bench "$(BENCH)" -benchmem $(BENCH_PKGS); $(GO) run $(BENCH_PROG) -flights $(BENCH_FLIGHTS) -out docs/performance.md'

.PHONY: torture
torture: setup ## the kill, race and soak tests, in full
	AIRSIDE_REQUIRE_ALL=1 AIRSIDE_TORTURE=$(TORTURE_ROUNDS) $(WITH_POSTGRES) $(GO) test -count=1 -timeout 60m ./test/... ./internal/platform/webhook

.PHONY: golden
golden: setup ## write the golden files anew; read the diff before you commit it
	@packages=$$(grep -rl --include='*_test.go' 'flag.Bool("update"' cmd internal test scripts 2>/dev/null | xargs -r -n1 dirname | sort -u | sed 's,^,./,'); \
		test -n "$$packages" || { echo "no package has golden files"; exit 0; }; \
		$(WITH_POSTGRES) $(GO) test -count=1 -run Golden $$packages -update

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (30s)
	scripts/fuzz.sh $(FUZZTIME)

.PHONY: clean
clean: ## remove what was built
	rm -rf bin test/node/node_modules
