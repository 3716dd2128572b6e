# make run   set up .venv, build the index if it is missing or out of date, open the page on 127.0.0.1:7860
# make test  set up with the test tools; format check, lint, types, tests
# Nothing is written outside this folder.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet -c constraints.txt

export PIP_NO_CACHE_DIR := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export HF_HUB_DISABLE_TELEMETRY := 1

.PHONY: run test check-python clean

run: $(VENV)/installed
	@$(BIN)/python app.py

test: $(VENV)/installed-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest

$(VENV)/bin/python: | check-python
	@$(PYTHON) -m venv $(VENV)

check-python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"Python {v.major}.{v.minor} found; expected 3.11 or newer. Name one: make PYTHON=python3.12 run")'

$(VENV)/installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing into $(VENV) (once; a few minutes) ..."
	@$(PIP) -e .
	@touch $@

$(VENV)/installed-test: $(VENV)/installed
	@echo "Installing the test tools ..."
	@$(PIP) -e '.[test]'
	@touch $@

clean:
	rm -rf $(VENV) .store .pytest_cache .mypy_cache .ruff_cache .hypothesis
