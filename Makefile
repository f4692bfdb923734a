# make demo      build the example, extract it, write every format
# make test      run the tests, except for the slow ones
# make test-all  run every test
# make check     check format, lint, types and English
# make coverage  run every test and report branch coverage
# make site      build the documentation as a site: build/site/index.html
# make bench     measure
# make docs      write the generated files: schema for editors, help of the commands, the notebook, pictures
# make golden    write the golden files; review the difference
# make format    format the code and fix what linters can fix
# make lock      write poetry.lock and requirements-dev.txt after a change of the dependencies
# make dist      build the wheel and the source archive
# make clean     remove everything that make has built
#
# Each target first sets up .venv from requirements-dev.txt, if that has changed.

PYTHON := $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	$$p -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)
BIN := .venv/bin
RUN := $(BIN)/python
# A process for each core: each starts its own servers, and makes its own stores.
PYTEST := -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal
PIP := -m pip --quiet --disable-pip-version-check --no-input
# The version that wrote poetry.lock.
POETRY := poetry==2.5.1 poetry-plugin-export==1.10.1

.PHONY: help demo test test-all check coverage site bench docs golden format lock check-lock dist clean

help:
	@sed -n 's/^# \(make\)/\1/p' Makefile

demo: .venv/ready
	@$(RUN) examples/quickstart/demo.py

# Slow tests start databases, graph stores, servers of MLflow and other versions of it.
test: .venv/ready
	@$(RUN) $(PYTEST) -m "not slow"

test-all: .venv/ready
	@$(RUN) $(PYTEST)

check: .venv/ready
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(RUN) -m mypy
	@$(RUN) scripts/english.py mlflow2prov README.md docs CHANGELOG.md CONTRIBUTING.md

coverage: .venv/ready
	@$(BIN)/coverage erase
	@$(BIN)/coverage run $(PYTEST)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

# Warnings are errors: a broken link, a type in a public signature that is not public.
site: .venv/ready
	@rm -rf build/site
	@$(RUN) -m sphinx --builder html --fresh-env --fail-on-warning --keep-going --quiet \
		--doctree-dir build/doctrees docs build/site
	@echo build/site/index.html

bench: .venv/ready
	@$(RUN) -m benchmarks

docs: .venv/ready
	@$(RUN) scripts/docs.py
	@$(RUN) scripts/notebook.py
	@command -v dot >/dev/null && $(RUN) scripts/pictures.py || echo "no pictures: Graphviz's dot is not installed" >&2

golden: .venv/ready
	@$(RUN) -m pytest tests/test_golden.py --update-golden

format: .venv/ready
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: .poetry/ready
	@.poetry/bin/poetry lock
	@.poetry/bin/poetry export --all-groups --output requirements-dev.txt

check-lock: .poetry/ready
	@.poetry/bin/poetry check --lock --strict
	@.poetry/bin/poetry export --all-groups | diff - requirements-dev.txt || \
		{ echo "requirements-dev.txt is not what poetry.lock holds; run make lock" >&2; exit 1; }

dist: .poetry/ready
	@rm -rf dist
	@.poetry/bin/poetry build --quiet
	@ls dist/*

clean:
	@rm -rf .venv .poetry build dist examples/quickstart/out .coverage* .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment holds exactly the versions of poetry.lock, verified by their hashes, and the project itself,
# editable. pip and the exported lock suffice for that: a fresh clone needs Python and make only.
.venv/ready: requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with its module venv is needed (Debian: python3 python3-venv): install it, and try again" >&2; exit 1; }
	@echo "Setting up .venv (once; a minute or two)"
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@$(RUN) $(PIP) install --require-hashes --no-deps --requirement requirements-dev.txt
	@$(RUN) $(PIP) install --no-deps --no-build-isolation --editable .
	@touch .venv/ready

# Poetry has an environment of its own, for the targets that write or check the lock.
.poetry/ready: Makefile
	@rm -rf .poetry
	@$(PYTHON) -m venv .poetry
	@.poetry/bin/python $(PIP) install $(POETRY)
	@touch .poetry/ready
