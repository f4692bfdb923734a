# make demo     build the example, extract it, write every format
# make test     every test
# make check    format, lint, types, English
# make bench    measure
# make docs     regenerate what is generated: the schema for editors, the help of the commands, the pictures
# make golden   write the golden files anew, and look at the difference
# make format   format, and fix what can be fixed
# make clean    remove all that was made
#
# Each sets up what it needs in .venv, from poetry.lock, and only once.

PYTHON := $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)
BIN := .venv/bin
RUN := $(BIN)/python
PIP := $(RUN) -m pip --quiet --disable-pip-version-check --no-input

.PHONY: help demo test check format bench docs golden clean

help:
	@sed -n 's/^# \(make\)/\1/p' Makefile

demo: .venv/ready
	@$(RUN) examples/quickstart/demo.py

test: .venv/ready
	@$(RUN) -m pytest

check: .venv/ready
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(RUN) -m mypy
	@$(RUN) scripts/english.py mlflow2prov README.md docs CHANGELOG.md CONTRIBUTING.md

format: .venv/ready
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: .venv/ready
	@$(RUN) -m benchmarks

docs: .venv/ready
	@$(RUN) scripts/docs.py
	@command -v dot >/dev/null && $(RUN) scripts/pictures.py || echo "no pictures: Graphviz's dot is not installed" >&2

golden: .venv/ready
	@$(RUN) -m pytest tests/test_golden.py --update-golden

clean:
	@rm -rf .venv build dist examples/quickstart/out .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment: exactly what the lock says, by its hashes; then the project as it stands here.
# Whoever changes the lock gets a new one.
.venv/ready: poetry.lock scripts/locked.py
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with its module venv is needed (Debian: python3 python3-venv): install it, and try again" >&2; exit 1; }
	@echo "Setting up .venv (once; a minute or two)"
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@$(RUN) scripts/locked.py main dev demo > .venv/requirements.txt
	@$(PIP) install --require-hashes --no-deps --requirement .venv/requirements.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch .venv/ready
