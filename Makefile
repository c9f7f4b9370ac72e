# `make demo` and `make test` each do everything on a machine that has Python 3.11 or newer and make.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
# An interpreter that is asked for by name has an environment of its own: `make test PYTHON=python3.13`.
VENV ?= .venv$(if $(filter command environment,$(firstword $(origin PYTHON))),-$(shell \
  $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])'))
BIN := $(VENV)/bin
CLI_READY := $(VENV)/.installed-cli
DEV_READY := $(VENV)/.installed-dev
WORKERS ?= auto
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

# Data for tests that is not part of this project; tests that want it skip, with the reason, where it is absent.
export NOTIFYHUB_OPENAPI_DIR ?= $(realpath ../shared/openapi)
export NOTIFYHUB_ESDK_VECTORS_DIR ?= $(realpath ../shared/esdk-vectors)
# A second DynamoDB beside moto, from npm; its tests skip where that is absent.
DYNALITE_VERSION := 4.0.0
export NOTIFYHUB_DYNALITE_DIR ?= $(abspath $(VENV))/dynalite-$(DYNALITE_VERSION)

.PHONY: demo test test-all cover check bench chaos docs format clean help dynalite

help: ## Shows this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: $(CLI_READY) ## Sends one message per Cognito trigger to a folder and shows them
	$(BIN)/notifyhub demo

test: $(DEV_READY) dynalite ## Runs every test but the slow ones
	$(PYTEST) -m "not slow"

test-all: $(DEV_READY) dynalite ## Runs every test, also at full size and in fresh environments
	$(PYTEST)

cover: $(DEV_READY) dynalite ## Runs what `make test` runs and says which branches it misses
	$(PYTEST) -m "not slow" --cov --cov-report=term

check: $(DEV_READY) ## Lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright

bench: $(DEV_READY) ## Compares cost with a handler written by hand; prints ratios
	$(BIN)/python -m benchmarks

chaos: $(DEV_READY) ## Sends 5,000 events through workers that are killed and providers that fail; two minutes
	$(BIN)/python -m benchmarks.chaos

docs: $(DEV_READY) ## Writes the matrix of providers in docs/providers/README.md from their classes
	$(BIN)/python -m tests.meta.provider_matrix

format: $(DEV_READY) ## Formats and sorts what can be done without judgement
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Removes the environment and what the demo wrote
	rm -rf .venv .venv-* demo

$(BIN)/python:
	@$(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed$(if $(PYTHON),: $(PYTHON) is none); set PYTHON=/path/to/python3"; exit 2; }
	$(PYTHON) -m venv $(VENV)

dynalite: | $(BIN)/python
	@test -e $(NOTIFYHUB_DYNALITE_DIR)/.installed || { command -v npm >/dev/null && \
	  npm install --prefix $(NOTIFYHUB_DYNALITE_DIR) --no-save --no-package-lock --ignore-scripts --engine-strict \
	    --no-audit --no-fund --loglevel=error dynalite@$(DYNALITE_VERSION) && \
	  touch $(NOTIFYHUB_DYNALITE_DIR)/.installed; } || \
	  { rm -rf $(NOTIFYHUB_DYNALITE_DIR); echo "no npm, or it could not install dynalite: its tests will skip"; }

$(CLI_READY): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[cli]'
	@touch $@

$(DEV_READY): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@ $(CLI_READY)
