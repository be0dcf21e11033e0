# `make help` lists the targets. Everything but oracle and race needs Go and nothing else.

GO          ?= go
VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
STATICCHECK ?= honnef.co/go/tools/cmd/staticcheck@v0.8.2
LDFLAGS     := -s -w -X main.version=$(VERSION)
PLATFORMS   ?= linux/amd64 linux/arm64 linux/386 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64 freebsd/amd64 freebsd/arm64

# Packages, as patterns, of the targets test, race, bench and fuzz.
PKGS        ?= ./...
RACEPKGS    ?= ./provider/... ./internal/... ./schema/... ./sign/... ./archive/...
# The race detector makes tests of killed processes and failing disks take minutes, and they look at other things than races.
RACESKIP    ?= ^Test(Kill|Fault|PowerLoss|Hostile)
# Tests that files have the same bytes wherever they are made.
SAMEBYTES   := ^Test(SameBytes|Released|CorpusGood)
# How long each benchmark and each fuzz target runs.
BENCHTIME   ?= 1s
FUZZTIME    ?= 10s
# More for the oracle: -duration 1h, -engine 1.4, -seed 7; see its README.
ORACLEFLAGS ?=

export CGO_ENABLED := 0

.PHONY: help build test race emulate emulate32 bench crash fuzz oracle lint dist clean
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build bin/exparchive for this machine
	$(GO) build -trimpath -ldflags "$(LDFLAGS)" -o bin/ ./cmd/exparchive

test: ## run every test
	$(GO) test -timeout 30m $(PKGS)

race: ## run the tests of the concurrent packages under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race -short -timeout 30m -gcflags 'modernc.org/...=-d=checkptr=0' -skip '$(RACESKIP)' $(RACEPKGS)

emulate: ## run what decodes bytes on a big-endian processor, and what makes bytes on three (needs qemu-user-static)
	GOARCH=s390x $(GO) test -short -timeout 30m -exec qemu-s390x-static ./legacy/duckdb ./provider/digest ./internal/jsontext ./schema
	GOARCH=s390x $(GO) test -short -timeout 30m -exec qemu-s390x-static -run '$(SAMEBYTES)' ./archive/record ./archive/verify
	GOARCH=arm64 $(GO) test -short -timeout 30m -exec qemu-aarch64-static -run '$(SAMEBYTES)' ./archive/record ./archive/verify
	GOARCH=riscv64 $(GO) test -short -timeout 30m -exec qemu-riscv64-static -run '$(SAMEBYTES)' ./archive/record ./archive/verify

emulate32: ## run the library's tests on an emulated 32-bit processor, for systems that run no 386 programs (needs qemu-user-static)
	GOARCH=arm $(GO) test -short -timeout 30m -exec qemu-arm-static -skip '$(RACESKIP)' ./archive/... ./provider/... ./internal/... ./legacy/... ./schema ./sign

bench: ## run every benchmark, BENCHTIME each
	$(GO) test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) $(PKGS)

crash: ## cut the power 100,000 times, fail every call, kill 10,000 recorders (hours)
	EXPARCHIVE_POWERLOSS=100000 EXPARCHIVE_FAULTS=1 EXPARCHIVE_KILLS=5000 EXPARCHIVE_LONG=1 \
		$(GO) test -count=1 -timeout 12h -v -run 'PowerLoss|Fault|Kill|Disk|Viewer|Spill|Salvage|Hostile|SSHFS' ./archive/...
	EXPARCHIVE_KILLS=1000 $(GO) test -count=1 -timeout 12h -v -run 'Kill' ./cmd/exparchive ./archive/rewrite

fuzz: ## run every fuzz target, FUZZTIME each
	@set -e; for pkg in $$($(GO) list $(PKGS)); do \
		list=$$($(GO) test -list '^Fuzz' $$pkg); \
		for target in $$(echo "$$list" | grep '^Fuzz' || true); do \
			echo "$$pkg $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x $$pkg; \
		done; \
	done

oracle: ## compare the DuckDB reader with the real engine (needs a C++ compiler, downloads the engines)
	cd legacy/duckdb/oracle && CGO_ENABLED=1 $(GO) vet ./... && CGO_ENABLED=1 $(GO) test -count=1 -timeout 1h . $(ORACLEFLAGS)

lint: ## check formatting, go.mod, go vet, staticcheck
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); \
		if [ -n "$$unformatted" ]; then echo "not formatted by gofmt:"; echo "$$unformatted"; exit 1; fi
	$(GO) mod tidy -diff
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

dist: ## build dist/ for every platform, with checksums
	@rm -rf dist && mkdir dist
	@set -e; for platform in $(PLATFORMS); do \
		os=$${platform%/*}; arch=$${platform#*/}; \
		name=exparchive_$(VERSION)_$${os}_$${arch}; \
		if [ $$os = windows ]; then name=$$name.exe; fi; \
		echo $$name; \
		GOOS=$$os GOARCH=$$arch $(GO) build -trimpath -ldflags "$(LDFLAGS)" -o dist/$$name ./cmd/exparchive; \
	done
	@cd dist && { command -v sha256sum >/dev/null && sha256sum * || shasum -a 256 *; } > ../SHA256SUMS.tmp && mv ../SHA256SUMS.tmp SHA256SUMS

clean: ## remove what build and dist made
	rm -rf bin dist
