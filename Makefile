# `make help` lists the targets, and what else than Go some of them need.

GO          ?= go
VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null)
STATICCHECK ?= honnef.co/go/tools/cmd/staticcheck@v0.8.2
LDFLAGS     := -s -w -X github.com/simexp/exparchive/cmd/exparchive/internal/cli.version=$(VERSION)
PLATFORMS   ?= linux/amd64 linux/arm64 linux/386 linux/riscv64 linux/s390x darwin/amd64 darwin/arm64 \
               windows/amd64 windows/arm64 freebsd/amd64 freebsd/arm64

# Packages, as patterns, of the targets test, test-long, bench and fuzz; more for the tests, such as -short. Target lint vets them.
PKGS        ?= ./...
TESTFLAGS   ?=
# How long the tests of one package may take before they count as hanging. A busy machine takes as long as it takes.
TIMEOUT     ?= 12h
# How far the heap of a test may grow until garbage is collected, in percent: it takes a sixth less of the processor's
# time than with the usual 100, which tests that bound memory set again, unless they collect it before they look.
TESTGOGC    ?= 400
# Tests without a long form in packages that have others with one; what is not named here runs once more, which costs time only.
LONGSKIP    ?= ^(Test(Scripts|Readme|SSHFS)|Fuzz|Example)
# Packages with goroutines. The race detector makes tests of killed processes, failing disks and counted work take minutes, and
# they look at other things than races.
RACEPKGS    ?= ./archive ./archive/internal/sqlitefile ./archive/record ./archive/verify ./provider/... ./internal/lockfile ./internal/outfile \
               ./internal/launch ./internal/workdir
RACESKIP    ?= ^Test(Kill|Fault|PowerLoss|Hostile|WorkInProportion|SealMemory|Packed$$|PackedChanged|CopyPart)
# What starts this program again, or breaks disks, is not for an emulated processor.
EMULATESKIP ?= ^Test(Kill|Fault|PowerLoss|Hostile)
# What changes bytes and wants them refused finds nothing more there, where all takes ten times as long.
DAMAGESKIP  ?= ^Test(Fields|LogFields|HeaderFields|Flip|FlipLog|Torn)
# The detector watches this module, the standard library and the driver, but not SQLite itself: its memory is not Go's, so that nothing
# would be seen there.
RACEFLAGS   := -gcflags=modernc.org/...=-d=checkptr=0 -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc/...=-race=false
# Processors that make the same bytes as this one.
EMULATED    ?= s390x:s390x arm64:aarch64 riscv64:riscv64
# Tests that files have the same bytes wherever they are made.
SAMEBYTES   := ^Test(SameBytes|Released|CorpusGood)
SAMEPKGS    := ./archive/record ./archive/verify ./internal/scene ./cmd/exparchive ./archive/internal/packed ./archive/internal/squeeze \
               ./internal/parquet ./internal/dataset
# How long each benchmark and each fuzz target runs.
BENCHTIME   ?= 1s
FUZZTIME    ?= 10s
FUZZFLAGS   ?=
# Packages whose lines count as new ground for the fuzzer. With -fuzz that would be all, of SQLite and of the standard library too:
# then it takes minutes to build, runs half as fast, and follows paths through what is not tested here.
FUZZCOVER   ?= github.com/simexp/exparchive/...
# More for bench, such as -rounds 9 or -only R1.
BENCHFLAGS  ?=
# More for test-parquet: -args -tables 10000 -seed 7.
PARQUETFLAGS ?=
# More for the oracle: -duration 1h, -engine 1.4, -seed 7; see its README.
ORACLEFLAGS ?=

# The releases that judge, as modfiles of archive/internal/btree/judge.
JUDGES      ?= go*.mod

# Packages with tests in a browser.
BROWSERPKGS ?= ./internal/report ./internal/viewer

export CGO_ENABLED := 0

.PHONY: help build lint dist dist-check clean
.PHONY: test test-long test-latex test-shells test-web test-python test-python-windows test-browser test-package test-windows test32
.PHONY: race emulate emulate32 crash fuzz oracle judges test-engines test-parquet
.PHONY: bench bench-peers bench-large bench-growth bench-all bench-gate bench-go
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build bin/exparchive for this machine
	$(GO) build -ldflags "$(LDFLAGS)" -o bin/ ./cmd/exparchive

test: ## run every test
	GOGC=$(TESTGOGC) $(GO) test -vet=off $(TESTFLAGS) -timeout $(TIMEOUT) $(PKGS)

test-long: ## run the tests that have a longer form in that form
	@set -e; all=$$($(GO) list -f '{{.ImportPath}} {{.TestImports}} {{.XTestImports}}' $(PKGS)); \
		long=$$(echo "$$all" | awk '/internal\/(longtest|archivetest)/ { print $$1 }'); \
		if [ -z "$$long" ]; then echo "no test of $(PKGS) has a long form"; exit 0; fi; \
		GOGC=$(TESTGOGC) EXPARCHIVE_LONG=1 $(GO) test -vet=off $(TESTFLAGS) -timeout $(TIMEOUT) -skip '$(LONGSKIP)' $$long

test-latex: ## set and draw what tests write with a real TeX and other renderers (needs pdflatex, bibtex, tikz, siunitx, poppler, rsvg-convert)
	EXPARCHIVE_TOOLS=all $(GO) test -vet=off -count=1 -run LaTeX ./internal/tabular ./internal/chart ./internal/citation

test-shells: ## press TAB in bash, zsh and fish (needs them, bash-completion)
	EXPARCHIVE_TOOLS=all $(GO) test -vet=off -count=1 -run '^TestShells' ./cmd/exparchive

test-web: ## read over the web from servers of others (needs nginx and python3)
	EXPARCHIVE_TOOLS=all $(GO) test -vet=off -count=1 -run 'Nginx|Python' ./internal/webfile ./cmd/exparchive

race: ## run the tests of the concurrent packages under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race $(RACEFLAGS) -vet=off -short -timeout $(TIMEOUT) -skip '$(RACESKIP)' $(RACEPKGS)
	CGO_ENABLED=1 $(GO) test -race $(RACEFLAGS) -vet=off -short -timeout $(TIMEOUT) -run '^TestConcurrent' ./legacy/...

emulate: ## run what decodes bytes on a big-endian processor, and what makes bytes on all of EMULATED (needs qemu-user-static)
	GOARCH=s390x $(GO) test -vet=off -short -timeout $(TIMEOUT) -exec qemu-s390x-static -skip '$(DAMAGESKIP)' ./legacy/duckdb/... ./provider/digest ./internal/jsontext ./schema
	@set -e; for p in $(EMULATED); do \
		echo "$${p%:*}"; \
		GOARCH=$${p%:*} $(GO) test -vet=off -short -timeout $(TIMEOUT) -exec qemu-$${p#*:}-static -run '$(SAMEBYTES)' $(SAMEPKGS); \
	done

# What decodes bytes, and what bounds memory.
PKGS32 := ./archive ./archive/internal/... ./provider/... ./internal/jsontext ./legacy/... ./schema ./sign

# Tests that are left out there: none.
SKIP32 ?= ^$$

test32: ## run what decodes and makes bytes, and what bounds memory, as programs of 32 bits
	GOARCH=386 $(GO) test -vet=off -short -timeout $(TIMEOUT) -skip '$(SKIP32)' $(PKGS32)
	GOARCH=386 $(GO) test -vet=off -short -timeout $(TIMEOUT) -run '$(SAMEBYTES)|^TestHostile' $(SAMEPKGS)

emulate32: ## run less of that on an emulated 32-bit processor, for systems that run no 386 programs (needs qemu-user-static)
	GOARCH=arm $(GO) test -vet=off -short -timeout $(TIMEOUT) -exec qemu-arm-static -skip '$(EMULATESKIP)' $(PKGS32) ./archive/verify
	GOARCH=arm $(GO) test -vet=off -short -timeout $(TIMEOUT) -exec qemu-arm-static -run '$(SAMEBYTES)' ./archive/record ./internal/scene ./cmd/exparchive

# What touches files, locks, processes and the console; what only computes is the same everywhere.
WINDOWSPKGS ?= ./internal/outfile ./internal/workdir ./internal/lockfile ./internal/fileerr ./internal/launch ./internal/terminal \
               ./provider/jsonl ./archive ./archive/internal/sqlitefile ./archive/record ./archive/salvage ./archive/rewrite ./archive/verify \
               ./internal/runs ./internal/runindex ./internal/paper ./internal/crate ./internal/webfile ./internal/viewer ./sign \
               ./legacy/duckdb ./cmd/exparchive/...
# More for it: -prefix FOLDER keeps what Wine needs, which takes half a minute to make.
WINEFLAGS   ?=

test-windows: ## run the tests of what touches files, built for Windows, under Wine (needs wine, of 64 bits)
	$(GO) run ./internal/wine $(WINEFLAGS) -- -short -timeout $(TIMEOUT) $(TESTFLAGS) $(WINDOWSPKGS)

test-python-windows: ## the Python module in Python for Windows, under Wine (needs wine; downloads Python)
	python/test-windows.sh

# Each writes a section of bench/RESULTS.md; the rows that README quotes are brought up to date with it.
BENCH := cd bench && $(GO) vet ./... && $(GO) run . -o RESULTS.md -readme ../README.md

bench: ## measure against pure Go and Python (BENCHFLAGS="-n 20000 -rounds 1" is short)
	$(BENCH) $(BENCHFLAGS)

# EXPARCHIVE_REALDATA names a folder of old databases, *.db.gz.
bench-peers: ## measure against programs in C and C++ (needs a C compiler)
	$(BENCH) -peers $(BENCHFLAGS)

bench-large: ## measure the commands on a run of a million events
	$(BENCH) -large $(BENCHFLAGS)

# BENCHFLAGS="-most 1000000" takes a tenth of the time.
bench-growth: ## measure how cost grows, up to ten million events (a quarter of an hour)
	$(BENCH) -growth $(BENCHFLAGS)

bench-all: bench bench-peers bench-large bench-growth ## measure everything

# Ratios of bytes, and of processor time within a round, of which the least counts: a busy machine changes them little.
GATED := ^(W[245]|R[125]|S[124]|P[47])$$

bench-gate: ## fail if a ratio is far from its goal
	cd bench && $(GO) vet ./... && $(GO) test -vet=off . && \
		$(GO) run . -n 50000 -rounds 3 -gate 1.5 -only '$(GATED)' $(BENCHFLAGS)

bench-go: ## run every benchmark of the packages, BENCHTIME each
	$(GO) test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) $(PKGS)

crash: ## cut the power 100,000 times, fail every call, kill 10,000 recorders (hours)
	EXPARCHIVE_POWERLOSS=100000 EXPARCHIVE_FAULTS=1 EXPARCHIVE_KILLS=5000 EXPARCHIVE_LONG=1 \
		$(GO) test -count=1 -timeout 12h -v -run 'PowerLoss|Fault|Kill|Disk|Viewer|Spill|Salvage|Hostile|SSHFS' ./archive/...
	EXPARCHIVE_KILLS=1000 $(GO) test -count=1 -timeout 12h -v -run 'Kill' ./cmd/exparchive

# Up to Go 1.26 a target that has used up its time may be said to fail, if the machine is busy: golang.org/issue/75804. Then nothing but
# that stands behind the name of the target.
fuzz: ## run every fuzz target, FUZZTIME each
	@set -e; timely() { [ "$$(sed '1,/^--- FAIL/d' "$$1")" = "$$(printf '    context deadline exceeded\nFAIL')" ]; }; \
	bin=$$(mktemp -d); trap 'rm -rf "$$bin"' EXIT; cache=$$($(GO) env GOCACHE)/fuzz; \
	all=$$($(GO) list -f '{{.ImportPath}} {{.Dir}}' $(PKGS) | \
		while read -r pkg dir; do if grep -qs '^func Fuzz' "$$dir"/*_test.go; then echo "$$pkg $$dir"; fi; done); \
	$(GO) test -c -vet=off -gcflags='$(FUZZCOVER)=-d=libfuzzer' -o "$$bin/" $$(echo "$$all" | cut -d ' ' -f 1); \
	echo "$$all" | while read -r pkg dir; do \
		test="$$bin/$$(basename "$$dir").test"; \
		targets=$$("$$test" -test.list '^Fuzz'); \
		for target in $$targets; do \
			echo "$$pkg $$target"; \
			(cd "$$dir" && "$$test" -test.run '^$$' -test.fuzz "^$$target\$$" -test.fuzztime $(FUZZTIME) \
				-test.fuzzminimizetime 1x -test.fuzzcachedir "$$cache/$$pkg" $(FUZZFLAGS)) >"$$bin/log" 2>&1 || \
				timely "$$bin/log" || { cat "$$bin/log"; exit 1; }; \
			grep '^fuzz: elapsed' "$$bin/log" | tail -n 1; \
		done; \
	done

oracle: ## compare the DuckDB reader with the real engine (needs a C++ compiler and python3, downloads the engines)
	cd legacy/duckdb/oracle && CGO_ENABLED=1 $(GO) vet ./... && CGO_ENABLED=1 $(GO) test -count=1 -timeout 1h . $(ORACLEFLAGS)

judges: ## have older releases of SQLite read what the page writer makes, and the good archives of testdata (downloads the releases)
	@set -e; dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; \
	$(GO) run ./archive/internal/btree/btreetest/databases "$$dir"; \
	cd archive/internal/btree/judge; \
	for mod in $(JUDGES); do \
		$(GO) test -vet=off -count=1 -timeout $(TIMEOUT) -modfile=$$mod . -args -databases "$$dir"; \
	done

# The validator of crates asks the web for the context of RO-Crate 1.1; an older release of the npm package has it.
test-package: ## have the validators of others judge packages and references (needs python3 and node, downloads them)
	@set -e; dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; \
	python3 -m venv "$$dir"; \
	"$$dir/bin/pip" install --quiet --disable-pip-version-check -r internal/crate/judges/requirements.txt; \
	npm install --silent --no-audit --no-fund --prefix "$$dir" ro-crate@3.7.2 ro-crate-11@npm:ro-crate@3.3.10; \
	NODE_PATH="$$dir/node_modules" node -p 'JSON.stringify(require("ro-crate-11/lib/defaults.js").standardContexts["https://w3id.org/ro/crate/1.1/context"])' \
		>"$$dir/context.json"; \
	PATH="$$dir/bin:$$PATH" NODE_PATH="$$dir/node_modules" RO_CRATE_CONTEXT="$$dir/context.json" EXPARCHIVE_TOOLS=all \
		$(GO) test -vet=off -count=1 -timeout $(TIMEOUT) -run '^TestJudges' ./cmd/exparchive

test-python: build ## check the Python module and run its tests (needs python3 with venv, jq and sqlite3, downloads pytest, mypy, ruff, pandas)
	EXPARCHIVE=$(CURDIR)/bin/exparchive python/test.sh $(PYTESTFLAGS)

# ENGINES="duckdb-2 pandas" RUNS=50 takes half a minute of processor time beside what is compiled. Spark is large, and takes minutes.
ENGINES ?= duckdb-2 duckdb-1 pandas spark
RUNS    ?= 1000

test-engines: ## have engines answer questions about a dataset of RUNS runs (needs python3 and, for Spark, Java; downloads them)
	@set -e; dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; \
	python3 -m venv "$$dir/venv"; \
	for engine in $(ENGINES); do \
		"$$dir/venv/bin/pip" install --quiet --disable-pip-version-check --target "$$dir/engines/$$engine" \
			-r internal/dataset/engines/$$engine.txt; \
	done; \
	EXPARCHIVE_TOOLS=all EXPARCHIVE_ENGINES="$$dir/engines" EXPARCHIVE_RUNS=$(RUNS) \
		$(GO) test -vet=off -count=1 -v -timeout $(TIMEOUT) -run '^TestEngines$$' ./cmd/exparchive

test-parquet: ## have a reader of Parquet by others read random tables of ours (downloads it)
	cd internal/parquet/judge && $(GO) vet . && $(GO) test -count=1 -timeout $(TIMEOUT) . $(PARQUETFLAGS)

test-browser: ## look at pages with a real browser (needs chromium, node and npm, downloads playwright-core and axe-core)
	cd internal/report/browser && npm ci --silent --no-audit --no-fund --ignore-scripts
	EXPARCHIVE_TOOLS=all $(GO) test -vet=off -count=1 -timeout $(TIMEOUT) -run '^TestBrowser' $(BROWSERPKGS)

lint: ## check formatting, go.mod, go vet, staticcheck
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); \
		if [ -n "$$unformatted" ]; then echo "not formatted by gofmt:"; echo "$$unformatted"; exit 1; fi
	$(GO) mod tidy -diff
	$(GO) vet ./...
	$(GO) vet -tags manual ./cmd/exparchive
	$(GO) -C release vet .
	GOGC=$(TESTGOGC) $(GO) run $(STATICCHECK) ./...

# DISTFLAGS="-maintainer 'NAME <ADDRESS>'" says who answers for the Debian packages. VERSION=v1.2.3 is for a source without git.
dist: ## make dist/, which is what a release publishes: packed binaries for PLATFORMS, Debian packages, a formula, checksums
	cd release && $(GO) run . -source .. -o ../dist -platforms "$(PLATFORMS)" \
		$(if $(filter command,$(origin VERSION)),-version $(VERSION)) $(DISTFLAGS)

# The clones have other paths, file times, rights and time zones, and the second build compiles all anew, unless FRESH is empty.
FRESH ?= yes
# What is left out of looking at them, such as -skip lintian.
DISTTESTFLAGS ?=

dist-check: ## make dist/ of the last commit twice, in two clones, compare the bytes, and look at them as one who installs them
	@set -e; dir=$$(mktemp -d); trap 'chmod -R u+w "$$dir"; rm -rf "$$dir"' EXIT; \
	git clone -q . "$$dir/one"; git clone -q . "$$dir/another folder"; \
	find "$$dir/another folder" -name .git -prune -o -type f -exec touch -t 200102030405 {} +; \
	(umask 022; export TZ=UTC LC_ALL=C; $(MAKE) -C "$$dir/one" dist); \
	(umask 077; export TZ=Asia/Tokyo LC_ALL=C.UTF-8 TMPDIR="$$dir"; \
		if [ -n "$(FRESH)" ]; then export GOCACHE="$$dir/cache"; fi; $(MAKE) -C "$$dir/another folder" dist); \
	cmp "$$dir/one/dist/SHA256SUMS" "$$dir/another folder/dist/SHA256SUMS"; \
	(cd "$$dir/another folder/dist" && sha256sum -c --quiet SHA256SUMS); \
	EXPARCHIVE_TOOLS=all $(GO) -C release test -vet=off -count=1 $(DISTTESTFLAGS) . -args -dist "$$dir/one/dist"

clean: ## remove what build and dist made
	rm -rf bin dist
