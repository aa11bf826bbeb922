# wholinks: everything a person needs to type. `make` alone lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH_VENV := .bench-venv
DATA ?= wholinks-data
SEEDS ?= seeds/demo.txt
ARGS ?=
# Test processes; more than cores, as many tests wait.
JOBS ?= 3

.DEFAULT_GOAL := help
.PHONY: help demo test test-all soak check crawl index size bench bench-quick docs clean lock

help:  ## this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/run: pyproject.toml requirements.lock hatch_build.py $(wildcard crawler/page/c/* storage/c/* wholinks/index/c/*)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "wholinks needs Python 3.11 or newer; name one with: make PYTHON=python3.12 …" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e .
	@touch $@

$(VENV)/dev: $(VENV)/run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@touch $@

demo: $(VENV)/run  ## set up, crawl a small web on this machine, and answer who links to its shop
	$(BIN)/wholinks demo

test: check  ## set up, then lint, strict types and all tests
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

test-all: check  ## the same with 20 kills, more examples and every real page there is (slow)
	WHOLINKS_KILLS=20 WHOLINKS_ALL_PAGES=1 WHOLINKS_EXAMPLES=5 $(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

soak: $(VENV)/dev  ## half an hour of crawling a partly hostile web, with 20 kills and an eye on the memory
	$(BIN)/python -m tests.soak $(ARGS)

check: $(VENV)/dev  ## lint and strict types only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p wholinks -p tests -p bench

crawl: $(VENV)/run  ## crawl SEEDS into DATA (options in ARGS)
	$(BIN)/wholinks crawl $(SEEDS) --data $(DATA) $(ARGS)

index: $(VENV)/run  ## build the index of DATA anew
	$(BIN)/wholinks index --data $(DATA)

size: $(VENV)/run  ## files, lines and functions of each package
	@$(BIN)/python -m bench.size

$(BENCH_VENV)/peers: bench/peers.txt
	$(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r bench/peers.txt
	@touch $@

bench: $(VENV)/dev $(BENCH_VENV)/peers  ## measure everything, peers beside it (40 minutes; results in bench/results)
	$(BIN)/python -m bench all $(ARGS)

bench-quick: $(VENV)/dev $(BENCH_VENV)/peers  ## the same, small: some minutes
	$(BIN)/python -m bench quick $(ARGS)

docs: $(VENV)/run  ## write docs/reference.md from --help
	$(BIN)/python -m bench.reference

lock: $(VENV)/dev  ## renew requirements.lock (needs uv)
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --no-emit-index-url --no-header \
	  --no-annotate --upgrade --output-file requirements.lock

clean:  ## remove the environment and what was built; data folders stay
	rm -rf $(VENV) $(BENCH_VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
