# vegard. Needs Python 3.11 or later, make and git; every target sets up .venv by itself.

PYTHON = python3
VENV = .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check --quiet install --constraint constraints.txt
PYTEST_ARGS =
# one process per core, each with one thread
PYTEST = OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal

.PHONY: help demo test test-fast lint format docs bench check pins clean distclean

help:
	@echo "make demo       the main job on published data, from an empty machine"
	@echo "make test       tests, doctests and examples (ten minutes on two cores)"
	@echo "make test-fast  the same without the slow ones (four minutes)"
	@echo "make lint       ruff and mypy --strict"
	@echo "make format     let ruff mend what it can"
	@echo "make docs       documentation in docs/_build/html, offline"
	@echo "make bench      speed against peers, and the table of the docs"
	@echo "make check      everything: lint, all tests with the slow oracles, docs"
	@echo "make clean      remove what was built; make distclean also .venv"
	@echo "Another Python: make PYTHON=python3.13 demo"

demo: $(VENV)/.run
	@$(BIN)/vegard demo

test: $(VENV)/.test
	@$(PYTEST) $(PYTEST_ARGS)

test-fast: $(VENV)/.test
	@$(PYTEST) -m "not slow and not exhaustive" $(PYTEST_ARGS)

lint: $(VENV)/.test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy --strict src

format: $(VENV)/.test
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(VENV)/.docs
	@$(BIN)/python docs/make_nomenclature.py --write docs/generated/nomenclature.md
	@$(BIN)/python docs/make_validation.py --write docs/generated
	@$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

bench: $(VENV)/.test
	@$(BIN)/python benchmarks/run.py --write docs/performance_table.md

check: lint
	@$(PYTEST) -m "" $(PYTEST_ARGS)
	@$(MAKE) docs

# newest versions that fit pyproject.toml, frozen from an environment of their own
pins:
	@rm -rf build/pins && $(PYTHON) -m venv build/pins
	@build/pins/bin/python -m pip --quiet install hatchling editables
	@build/pins/bin/python -m pip --quiet install --no-build-isolation --editable ".[test,docs,fast,fem,files,maps]"
	@sed -n '/^#/p' constraints.txt > build/pins/constraints.txt
	@build/pins/bin/python -m pip freeze --exclude-editable >> build/pins/constraints.txt
	@mv build/pins/constraints.txt constraints.txt

clean:
	@rm -rf build dist docs/_build docs/generated htmlcov .coverage
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find src tests docs -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean
	@rm -rf $(VENV)

# --- set-up; each stamp stands for one set of packages, at the versions of constraints.txt ---

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "vegard needs Python 3.11 or later, and '$(PYTHON)' is not that." >&2; \
	  echo "Name one that is: make PYTHON=python3.12 demo" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.build: $(VENV)/.python constraints.txt
	@echo "Setting up $(VENV) (once; a minute or two with a fast connection) ..."
	@$(PIP) hatchling editables
	@touch $@

$(VENV)/.run: $(VENV)/.build pyproject.toml constraints.txt
	@$(PIP) --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.build pyproject.toml constraints.txt
	@$(PIP) --no-build-isolation --editable ".[test,fem]"
	@touch $@ $(VENV)/.run

$(VENV)/.docs: $(VENV)/.build pyproject.toml constraints.txt
	@$(PIP) --no-build-isolation --editable ".[docs]"
	@touch $@ $(VENV)/.run
