# Two commands do the job: `make verify` checks every claim, `make test` checks the checker.
.DEFAULT_GOAL := help
SHELL := /bin/bash

VENV   := .venv
PYTHON := $(VENV)/bin/python
READY  := $(VENV)/.ready
JOBS   ?= $(shell python3 -c "import os; print(len(os.sched_getaffinity(0)))" 2>/dev/null || echo 1)
ARGS   ?=

# One BLAS thread per worker: threaded gemm changes the last bits of a result, and workers would fight for cores.
export OMP_NUM_THREADS = 1
export OPENBLAS_NUM_THREADS = 1
export MKL_NUM_THREADS = 1

.PHONY: help setup verify test figures lint format bench slow clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## make the virtual environment with the pinned dependencies

$(READY): pyproject.toml constraints.txt
	@command -v python3 >/dev/null || { echo "init-theory needs python3 >= 3.11 on the PATH."; exit 2; }
	@python3 -c "import sys; sys.exit(sys.version_info < (3, 11))" || { echo "init-theory needs Python >= 3.11; this is $$(python3 --version)."; exit 2; }
	@python3 -c "import venv, ensurepip" 2>/dev/null || { echo "This python3 lacks the venv module. On Debian or Ubuntu: apt-get install python3-venv"; exit 2; }
	python3 -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	@touch $@

verify: $(READY) ## derive, enclose, simulate and judge every claim; ledger and report in build/
	$(PYTHON) -m validation --jobs $(JOBS) $(ARGS)

test: $(READY) ## run the tests and doctests
	$(PYTHON) -m pytest --numprocesses $(JOBS) $(ARGS)

figures: $(READY) ## compute and draw the papers' figures into build/figures
	$(PYTHON) -m figures --jobs $(JOBS) $(ARGS)

lint: $(READY) ## ruff (lint, format) and mypy --strict
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

format: $(READY) ## let ruff rewrite the sources
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

bench: $(READY) ## speed ratios within one run
	$(PYTHON) -m pytest -m benchmark tests/benchmarks $(ARGS)

slow: $(READY) ## long self-tests: mutants of derivations and closed forms, one job against two, benchmarks
	$(PYTHON) -m pytest -m "slow or benchmark" $(ARGS)

clean: ## remove everything that was built
	rm -rf build dist .venv *.egg-info .mypy_cache .ruff_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
