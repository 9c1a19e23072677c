# Needs Python 3.11 or newer and make; everything else goes into .venv. `make` alone lists what there is.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test bench lint clean python

help:
	@echo 'make demo   make footage and a release of it, and let offcut find out what was left out (demo/)'
	@echo 'make test   style, types and all tests'
	@echo 'make lint   style and types only'
	@echo 'make bench  accuracy of shots and of conform on generated edits (build/bench)'
	@echo 'make clean  remove what the other targets made, .venv included'

# The first Python that is new enough and can make an environment; the lines say what is missing.
python:
	@if [ -n "$(PYTHON)" ]; then tried="$(PYTHON)"; else tried='python3.11 python3.12 python3.13 python3.14 python3'; fi; \
	found=; \
	for candidate in $$tried; do \
	  if command -v "$$candidate" >/dev/null 2>&1 \
	    && "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    found=$$candidate; \
	    "$$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1 && break; \
	    found="$$candidate without venv"; \
	  fi; \
	done; \
	case "$$found" in \
	  '') echo "offcut needs Python 3.11 or newer; none of these is: $$tried (set PYTHON=/path/to/python)" >&2; exit 2 ;; \
	  *' without venv') echo "$${found% without venv} cannot make environments: install the system's package for it (Debian: python3-venv)" >&2; exit 2 ;; \
	  *) echo "$$found" >$(VENV).python ;; \
	esac

# A stamp is older than pyproject.toml when the dependencies may have changed.
$(VENV)/base.stamp: pyproject.toml
	@$(MAKE) --no-print-directory python
	@test -x $(BIN)/python || "$$(cat $(VENV).python)" -m venv $(VENV)
	@rm -f $(VENV).python
	$(PIP) install --editable .
	@touch $@

$(VENV)/test.stamp: $(VENV)/base.stamp
	$(PIP) install --editable '.[test]'
	@touch $@

$(VENV)/bench.stamp: $(VENV)/test.stamp
	$(PIP) install --editable '.[test,bench]'
	@touch $@

demo: $(VENV)/base.stamp
	$(BIN)/offcut demo --to demo

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(BIN)/python -m pytest -n 2

bench: $(VENV)/bench.stamp
	$(BIN)/python bench/conform/run.py --set shared --folder build/bench --tool both --keep
	$(BIN)/python bench/conform/run.py --set validation --level medium --seeds 0-59 --folder build/bench --tool both --jobs 2 --keep
	$(BIN)/python bench/conform/run.py --set validation --level hard --seeds 0-19 --folder build/bench --tool both --jobs 2 --keep
	$(BIN)/python bench/shots/bench_shots.py --videos 20
	$(BIN)/python bench/cost/bench_cost.py --folder build/bench

clean:
	rm -rf $(VENV) $(VENV).python demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} +
