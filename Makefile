# The review as a graph of files: `make` alone prints the menu, `make report` makes everything that is out of date.

CONFIG ?= cpu
PYTHON ?= python3.11 python3
PIP_FLAGS ?=

.DEFAULT_GOAL := menu
.DELETE_ON_ERROR:
.SUFFIXES:

VENV := .venv
READY := $(VENV)/.ready
ACTS := $(VENV)/bin/python -m acts
OUT := reports/$(CONFIG)
LEFT := .make/$(CONFIG).environment

# --- which configuration: refused here, before anything is installed or computed
KNOWN := $(sort $(patsubst params/%.yaml,%,$(wildcard params/*.yaml)))
COMMA := ,
EMPTY :=
ifneq ($(filter report verdicts run,$(MAKECMDGOALS)),)
  ifneq ($(words $(CONFIG))-$(filter $(CONFIG),$(KNOWN)),1-$(CONFIG))
    $(error unknown configuration '$(CONFIG)'; params/ has $(subst $(EMPTY) ,$(COMMA) ,$(KNOWN)))
  endif
endif

# --- what each stage reads
MAKING := $(wildcard acts/*.py acts/activations/*.py acts/engine/*.py acts/experiments/*.py)
JUDGING := $(wildcard acts/stats.py acts/claims.yaml acts/claims/*.py)
MAKING := $(filter-out $(JUDGING) acts/__init__.py acts/doctor.py,$(MAKING))
PAGES := $(wildcard notebooks/*.ipynb reports/book.yml reports/references.bib acts/figures/*.py) \
  $(shell find acts/reports -type f ! -name '*.pyc' 2>/dev/null)

menu: ## Print this menu
	@echo "make TARGET [CONFIG=cpu], CONFIG one of: $(KNOWN)"
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' Makefile

report: ## Run, judge and render the review: reports/CONFIG/report.html and report.pdf
	@if $(MAKE) -q --no-print-directory $(OUT)/report.pdf; then \
	  echo "nothing to do: $(OUT)/report.html is up to date"; \
	else \
	  $(MAKE) --no-print-directory $(OUT)/report.pdf; \
	fi

run: $(OUT)/records.parquet ## Train and measure what is missing, publish the records

verdicts: $(READY) $(OUT)/records.parquet ## Judge the stored records again, train nothing
	@echo "judging $(CONFIG)"
	@$(ACTS) judge $(CONFIG)

test: $(READY) ## Run the tests, without the slow ones
	@echo "testing"
	@$(VENV)/bin/pytest -n 2 -m "not slow"

test-slow: $(READY) ## Run the slow tests
	@echo "testing what is slow"
	@$(VENV)/bin/pytest -n 2 -m slow

lint: $(READY) ## Check style, types, the wall between the halves, and that notebooks hold no output
	@echo "linting"
	@$(VENV)/bin/ruff check
	@$(VENV)/bin/ruff format --check
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(VENV)/bin/nbstripout --verify notebooks/*.ipynb

lab: $(READY) ## Open the notebooks in JupyterLab
	@$(VENV)/bin/jupyter lab --notebook-dir=. notebooks

doctor: $(READY) ## Say what this machine can do
	@$(ACTS) doctor

size: ## Count the lines of each room
	@for room in acts/*.py acts/*/; do \
	  lines=$$(find $$room -name '*.py' -exec cat {} + | wc -l); printf "%7d  %s\n" $$lines $$room; \
	done | sort -rn

clean: ## Remove what make built; measurements in .store/ stay
	@rm -rf .make build reports/.staging reports/index.html $(addprefix reports/,$(KNOWN)) $(VENV)
	@echo "removed .venv, .make and the reports; .store/ stays"

.PHONY: menu report run verdicts test test-slow lint lab doctor size clean FORCE

# --- the stages; each leaves its outputs whole or as they were
$(READY): requirements.lock pyproject.toml
	@echo "environment: installing requirements.lock into $(VENV) (some minutes the first time)"
	@found=; for python in $(PYTHON); do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then echo "no Python 3.11 among: $(PYTHON); say make PYTHON=/path/to/python3.11" >&2; exit 2; fi; \
	[ -x $(VENV)/bin/python ] || $$found -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet $(PIP_FLAGS) -r requirements.lock
	@$(VENV)/bin/python -m pip install --quiet $(PIP_FLAGS) --no-build-isolation --no-deps -e .
	@touch $@

# What the shell says counts too: another ACTS_DATA is another set of data.
$(LEFT): FORCE
	@mkdir -p .make; echo "ACTS_DATA=$$ACTS_DATA" | cmp -s - $@ || echo "ACTS_DATA=$$ACTS_DATA" > $@

$(OUT)/records.parquet: params/$(CONFIG).yaml $(MAKING) $(LEFT) | $(READY)
	@echo "running $(CONFIG)"
	@$(ACTS) run $(CONFIG)

$(OUT)/ledger.csv: $(OUT)/records.parquet $(JUDGING) | $(READY)
	@echo "judging $(CONFIG)"
	@$(ACTS) judge $(CONFIG)

$(OUT)/report.html: $(OUT)/ledger.csv $(PAGES) | $(READY)
	@echo "rendering $(CONFIG)"
	@$(ACTS) render $(CONFIG)

$(OUT)/report.pdf: $(OUT)/report.html
	@[ -f $@ ] || $(ACTS) render $(CONFIG)

.PRECIOUS: $(OUT)/records.parquet $(OUT)/ledger.csv $(OUT)/report.html $(OUT)/report.pdf
