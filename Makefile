# `make demo` and `make test` need nothing but Python 3.11 or newer.
# Name another interpreter with `make PYTHON=/path/to/python test`.

PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
# Bytecode is made of what is imported, when it is: much of what comes along never is.
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile

.PHONY: demo test lint types docs everything format clean

demo: $(VENV)/.has-plot
	$(BIN)/lazyarr demo

test: $(VENV)/.has-test $(VENV)/.has-interop
	$(BIN)/python -m pytest -n auto --dist worksteal

lint: $(VENV)/.has-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/lint-imports

format: $(VENV)/.has-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.has-dev
	$(BIN)/mypy

docs: $(VENV)/.has-docs
	$(BIN)/sphinx-build -n -W --keep-going -b html docs docs/_build/html
	@echo "open docs/_build/html/index.html"

# All that the above install, in one search for versions and one build of lazyarr.
everything: $(BIN)/python
	$(INSTALL) -e ".[test,interop,dev,docs]"
	@touch $(addprefix $(VENV)/.has-,test interop dev docs)

clean:
	rm -rf $(VENV) build dist docs/_build lazyarr-demo .hypothesis \
	  .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp for each extra: installed again when pyproject.toml or what is compiled changes.
$(VENV)/.has-%: pyproject.toml hatch_build.py $(wildcard lazyarr/compiled/*.[ch]) | $(BIN)/python
	$(INSTALL) -e ".[$*]"
	@touch $@

# A version manager may put a `python3.12` on the path that does not run, so
# each candidate is asked rather than looked for.
$(BIN)/python:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	  then found="$$python"; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "lazyarr needs Python 3.11 or newer, and none was found on the PATH" >&2; \
	  echo "(python3 is: $$(python3 --version 2>&1)). Name one that you have:" >&2; \
	  echo "  make PYTHON=/path/to/python3.11 test" >&2; \
	  exit 1; \
	fi; \
	echo "making $(VENV) with $$("$$found" --version)"; \
	"$$found" -m venv $(VENV) || { \
	  rm -rf $(VENV); \
	  echo "$$found cannot make a virtual environment." >&2; \
	  echo "On Debian and Ubuntu: apt install python3-venv" >&2; \
	  exit 1; \
	}
