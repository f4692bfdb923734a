# make demo    build the example, extract it, write every format
# make test    every test
# make check   format, lint, types
# make bench   measure
# make docs    regenerate what is generated
#
# All of it sets up what it needs in .venv, from poetry.lock.

PYTHON := $(shell for p in python3.11 python3.12 python3.13 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' && \
	echo $$p && break; done)
BIN := .venv/bin
RUN := $(BIN)/python

.PHONY: demo test check bench docs golden clean format

demo: .venv/all
	@$(RUN) examples/quickstart/demo.py

test: .venv/all
	@$(RUN) -m pytest

check: .venv/all
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(RUN) -m mypy

format: .venv/all
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: .venv/all
	@$(RUN) -m benchmarks

docs: .venv/all
	@$(RUN) -m mlflow2prov.cli.schema > config/mlflow2prov.schema.json

golden: .venv/all
	@$(RUN) -m pytest tests/test_golden.py --update-golden

clean:
	@rm -rf .venv build examples/quickstart/out .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The environment: what the lock says, by its hashes; then the project, as it stands here.
.venv/all: poetry.lock pyproject.toml scripts/locked.py
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; install it and try again"; exit 1; }
	@echo "Setting up .venv (once; some minutes)"
	@rm -rf .venv && $(PYTHON) -m venv .venv
	@$(RUN) scripts/locked.py main dev demo > .venv/requirements.txt
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
		-r .venv/requirements.txt
	@$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch .venv/all
