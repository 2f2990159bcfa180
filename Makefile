# Every target makes .venv when it is absent; `make help` lists them.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: demo test check lint app clean help

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v < (3, 14) else f"Python {v.major}.{v.minor} found; 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.12 ...")'
	@echo "Installing into $(VENV): some minutes the first time, about 6 GB (most of it PyTorch)."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off -qq -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(READY)  ## index a small synthetic collection, query it, evaluate, say what to try next
	$(BIN)/python -m app.demo

test: $(READY)  ## run the tests, warnings as errors
	$(BIN)/python -m pytest

check: lint test  ## all that must be clean before a commit

lint: $(READY)  ## formatting, lint, types and import floors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

app: $(READY)  ## open the search page on http://127.0.0.1:8501
	$(BIN)/motionfit ui

clean:  ## remove the environment, caches and the demo's folder
	rm -rf $(VENV) demo build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16
