# make demo        extract a ready-made example, write every format
# make demo-build  train the models of the example anew, then do the same
# make test        run the tests, except for the slow ones
# make test-all    run every test
# make check       check format, lint, types and English
# make coverage    run every test and report branch coverage
# make site        build the documentation as a site: build/site/index.html
# make bench       measure
# make docs        write the generated files: schema for editors, help of the commands, the notebook, pictures
# make golden      write the golden files; review the difference
# make format      format the code and fix what linters can fix
# make lock        write poetry.lock and the requirements after a change of the dependencies
# make dist        build the wheel and the source archive
# make clean       remove everything that make has built
#
# Each target first sets up .venv, if the requirements have changed: make demo what the package needs, the others all.

PYTHON := $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	$$p -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)
BIN := .venv/bin
RUN := $(BIN)/python
# A process for each core: each starts its own servers, and makes its own stores.
PYTEST := -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal
PIP := -m pip --quiet --disable-pip-version-check --no-input
# The version that wrote poetry.lock.
POETRY := poetry==2.5.1 poetry-plugin-export==1.10.1
EXPORT := .poetry/bin/poetry export

.PHONY: help demo demo-build test test-all check coverage site bench docs golden format lock check-lock dist clean

help:
	@sed -n 's/^# \(make\)/\1/p' Makefile

demo: .venv/ready
	@$(RUN) examples/quickstart/demo.py

demo-build: .venv/complete
	@$(RUN) examples/quickstart/demo.py --build

# Slow tests start databases, graph stores, servers of MLflow and other versions of it.
test: .venv/complete
	@$(RUN) $(PYTEST) -m "not slow"

test-all: .venv/complete
	@$(RUN) $(PYTEST)

check: .venv/complete
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(RUN) -m mypy
	@$(RUN) scripts/english.py mlflow2prov README.md docs CHANGELOG.md CONTRIBUTING.md

coverage: .venv/complete
	@$(BIN)/coverage erase
	@$(BIN)/coverage run $(PYTEST)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

# Warnings are errors: a broken link, a type in a public signature that is not public.
site: .venv/complete
	@rm -rf build/site
	@$(RUN) -m sphinx --builder html --fresh-env --fail-on-warning --keep-going --quiet \
		--doctree-dir build/doctrees docs build/site
	@echo build/site/index.html

bench: .venv/complete
	@$(RUN) -m benchmarks

docs: .venv/complete
	@$(RUN) scripts/docs.py
	@$(RUN) scripts/notebook.py
	@command -v dot >/dev/null && $(RUN) scripts/pictures.py || echo "no pictures: Graphviz's dot is not installed" >&2

golden: .venv/complete
	@$(RUN) -m pytest tests/test_golden.py --update-golden

format: .venv/complete
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: .poetry/ready
	@.poetry/bin/poetry lock
	@$(EXPORT) --only main,build --output requirements.txt
	@$(EXPORT) --all-groups --output requirements-dev.txt

check-lock: .poetry/ready
	@.poetry/bin/poetry check --lock --strict
	@$(EXPORT) --only main,build | diff - requirements.txt && $(EXPORT) --all-groups | diff - requirements-dev.txt || \
		{ echo "the exported requirements are not what poetry.lock holds; run make lock" >&2; exit 1; }

dist: .poetry/ready
	@rm -rf dist
	@.poetry/bin/poetry build --quiet
	@ls dist/*

clean:
	@rm -rf .venv .poetry build dist examples/quickstart/out .coverage* .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment holds exactly the versions of poetry.lock, verified by their hashes, and the project itself,
# editable. pip and the exported lock suffice for that: a fresh clone needs Python and make only. The first stage holds
# what the package needs, which suffices for the demo; the second adds MLflow and the tools of development.
.venv/ready: requirements.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with its module venv is needed (Debian: python3 python3-venv): install it, and try again" >&2; exit 1; }
	@echo "Setting up .venv (once; half a minute)"
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@$(RUN) $(PIP) install --require-hashes --no-deps --requirement requirements.txt
	@$(RUN) $(PIP) install --no-deps --no-build-isolation --editable .
	@touch .venv/ready

.venv/complete: requirements-dev.txt .venv/ready
	@echo "Adding MLflow and the tools of development to .venv (once; a minute or two)"
	@$(RUN) $(PIP) install --require-hashes --no-deps --requirement requirements-dev.txt
	@touch .venv/complete

# Poetry has an environment of its own, for the targets that write or check the lock.
.poetry/ready: Makefile
	@rm -rf .poetry
	@$(PYTHON) -m venv .poetry
	@.poetry/bin/python $(PIP) install $(POETRY)
	@touch .poetry/ready
