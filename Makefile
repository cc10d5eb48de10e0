# One task runner. `make help` says what there is.
.DEFAULT_GOAL := help
SHELL := bash

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# No cache: nothing is left in HOME. Hashes, and no resolving: what is installed is what was locked.
PIP := $(BIN)/python -m pip install --disable-pip-version-check --no-cache-dir --quiet
ARGS ?=

# What is installed is marked, so that a second call costs nothing and a changed lock file installs anew.
MAIN := $(VENV)/.main-installed
TEST := $(VENV)/.test-installed

# Tests and the demo start many processes: each would compile all modules anew where bytecode is not kept.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test test-fast fuzz install lint audit bench browser lock clean

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(MAIN) ## Run the demo: sample blogs, real flow, editor's desk, mail catcher (ARGS=--once: unattended)
	@$(BIN)/python -m digest demo $(ARGS)

test: $(TEST) ## Run the whole test suite (ARGS="-k name" for a part of it)
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

test-fast: $(TEST) ## Run the unit tests only: no browser, Prefect, PostgreSQL, kills or long waits
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m "not (slow or browser or prefect or postgres or thorough)" $(ARGS)

fuzz: $(TEST) ## Try every reader of foreign bytes on hostile input (ARGS="--seconds 60 opml": longer, one reader)
	@$(BIN)/python -m tests.fuzz $(ARGS)

install: $(MAIN) ## Build only the environment, .venv

lint: $(TEST) ## Check style, types and import contracts
	@$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

audit: $(TEST) ## List what Digest depends on: inventory (CycloneDX), licences, known vulnerabilities
	@$(BIN)/python requirements/audit.py

bench: $(TEST) ## Measure: quality on ../shared/corpora where it is there, speed beside peers
	@$(BIN)/python -m benchmarks.all $(ARGS)

browser: ## Install Chromium for the browser tests (Debian and its kin)
	@command -v chromium >/dev/null || { command -v apt-get >/dev/null || { echo "No apt-get here: install Chromium yourself." >&2; exit 1; }
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-liberation2; }

# Of the inventory's checker. Were it installed, each process that loads Prefect would parse its grammars for a second.
LEFT_OUT := --no-emit-package lark --no-emit-package rfc3987-syntax

lock: ## Lock the dependencies anew (needs uv)
	uv pip compile pyproject.toml --extra build --extra test --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet $(LEFT_OUT) -o requirements/test.lock
	uv pip compile pyproject.toml --extra build --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet -c requirements/test.lock -o requirements/main.lock

clean: ## Remove the environment, the demo's state and caches
	rm -rf $(VENV) var/demo .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage* dist build *.egg-info

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Digest needs Python 3.11 or newer; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(MAIN): requirements/main.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what Digest needs into $(VENV) (once, about a minute) …"
	$(PIP) --no-deps --require-hashes -r requirements/main.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

$(TEST): requirements/test.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what Digest and its tests need into $(VENV) (once, about a minute) …"
	$(PIP) --no-deps --require-hashes -r requirements/test.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $(MAIN) $@
