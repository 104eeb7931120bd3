# The only thing that CI calls. Every target sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format bench torture mutants docs standards lock clean

help:  ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.complete  ## make .venv from python3 and pip alone

$(VENV)/.complete: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Headwater needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	@echo "Setting up $(VENV) (about a minute the first time) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off -q --no-deps --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e .
	@touch $@

demo: setup  ## load the example, answer the README's question, serve on 127.0.0.1:8000 until Ctrl-C
	@$(BIN)/headwater demo

test: setup  ## all tests, on a real Neo4j
	@$(BIN)/python -m pytest

check: setup  ## lint, format, types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: setup  ## mend what can be mended
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: setup  ## figures beside their rivals, in one run; ARGS="--only plans --report page.md" and others
	@$(BIN)/python -m benchmarks $(ARGS)

docs: setup  ## pages that are made from the code: docs/cli.md, service/schema/schema.graphql
	@$(BIN)/python -m service.manual docs
	@$(BIN)/headwater schema > service/schema/schema.graphql

standards: setup  ## docs/standards.md, out of the samples and data sets in HEADWATER_REFERENCE
	@$(BIN)/python tests/standards_table.py
	@$(BIN)/python tests/credential_table.py

torture: setup  ## the full counts of kills and random worlds; minutes to an hour
	@$(BIN)/python -m pytest -m torture -p no:randomly

mutants:  ## small changes of the code that no test notices; about an hour, docs/mutants.md
	@test -x build/mutants-venv/bin/python || $(PYTHON) -m venv build/mutants-venv
	@build/mutants-venv/bin/python -m pip install --disable-pip-version-check --progress-bar off -q --no-deps --require-hashes -r requirements-mutants.lock
	@nice -n 10 build/mutants-venv/bin/python tests/mutating.py

lock:  ## renew the locks from pyproject.toml (needs pip-tools on PATH)
	pip-compile -q --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links --strip-extras -o requirements.lock pyproject.toml
	pip-compile -q --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links --strip-extras --extra dev -o requirements-dev.lock pyproject.toml
	pip-compile -q --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links --strip-extras --extra dev --extra mutants -c requirements-dev.lock -o requirements-mutants.lock pyproject.toml

clean:  ## remove what setup made
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache
