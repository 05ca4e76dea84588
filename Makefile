# The review as a graph of files: `make` alone prints the menu, `make report` makes everything that is out of date.

CONFIG ?= cpu
PYTHON ?= python3.11 python3.12 python3.13 python3
# For pip, beside its own configuration: on Linux its usual torch is the CUDA build, of several GB. A machine without
# CUDA takes the CPU build when PIP_EXTRA_INDEX_URL, or --extra-index-url given here, names PyTorch's index of it.
PIP_FLAGS ?=
# What `make bench` measures: any of training, engine, store and report, all if none is named; --quick repeats less.
PARTS ?=
# What `make lab` opens, one of notebooks/, and adds to JupyterLab's command, such as --no-browser, or --allow-root in
# a container.
NOTEBOOK ?= playground
LAB_FLAGS ?=

.DEFAULT_GOAL := menu
.DELETE_ON_ERROR:
.SUFFIXES:

VENV := .venv
READY := $(VENV)/.ready
ACTS := $(VENV)/bin/python -m acts
PIP = $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check $(PIP_FLAGS)
OUT := reports/$(CONFIG)
LEFT := .make/$(CONFIG).environment

# --- what is asked for: refused here, before anything is installed or computed
KNOWN := $(sort $(patsubst params/%.yaml,%,$(wildcard params/*.yaml)))
TARGETS := menu help report run verdicts site found environment test test-slow axe pictures lint bench lab doctor size
TARGETS += clean
COMMA := ,
EMPTY :=
listed = (known: $(subst $(EMPTY) ,$(COMMA) ,$(strip $(1))))

ASKED := $(firstword $(filter-out $(TARGETS) $(VENV)/% $(OUT)/%,$(MAKECMDGOALS)))
ifneq ($(ASKED),)
  MEANT := $(if $(filter $(ASKED),$(KNOWN)),; a configuration is given as CONFIG=$(ASKED))
  $(error unknown target '$(ASKED)'$(MEANT) $(call listed,$(TARGETS)))
endif
SMALL := $(firstword $(foreach name,config notebook parts,$(if $(filter command,$(origin $(name))),$(name))))
ifneq ($(SMALL),)
  $(error unknown variable '$(SMALL)'; make's are in capital letters: CONFIG, NOTEBOOK, PARTS)
endif
ifneq ($(filter report verdicts run found pictures,$(MAKECMDGOALS)),)
  ifneq ($(words $(CONFIG))-$(filter $(CONFIG),$(KNOWN)),1-$(CONFIG))
    $(error unknown configuration '$(CONFIG)' $(call listed,$(KNOWN)))
  endif
endif
ifneq ($(filter lab,$(MAKECMDGOALS)),)
  ifeq ($(wildcard notebooks/$(NOTEBOOK).ipynb),)
    $(error unknown notebook '$(NOTEBOOK)' $(call listed,$(basename $(notdir $(wildcard notebooks/*.ipynb)))))
  endif
endif

# --- a stage whose outputs someone removed is to be done again, whatever its stamp says
ifneq ($(words $(wildcard $(addprefix $(OUT)/,records.parquet catalogue.csv provenance.json))),3)
  $(OUT)/.run: FORCE
endif
ifeq ($(wildcard $(OUT)/ledger.csv),)
  $(OUT)/.judge: FORCE
endif
ifneq ($(words $(wildcard $(OUT)/report.html $(OUT)/report.pdf)),2)
  $(OUT)/.render: FORCE
endif

# --- an environment's programs name the folder that they were made in: in another one they do not start
MOVED := $(shell [ ! -s $(READY) ] || [ "$(VENV)" != .venv ] || pwd -P | cmp -s - $(READY) || echo moved)
ifneq ($(MOVED),)
  $(READY): FORCE
endif

# --- what the shell says counts too: another ACTS_DATA is another set of data; and which installed packages bring
# activations along, by their folders, whose names hold the version
BRINGING := $(shell grep -ls '^\[acts\.activations\]' $(VENV)/lib/python*/site-packages/*.dist-info/entry_points.txt)
PACKAGES := $(addprefix +,$(notdir $(patsubst %/entry_points.txt,%,$(BRINGING))))
ifneq ($(shell cat $(LEFT) 2>/dev/null),ACTS_DATA=$(ACTS_DATA)$(PACKAGES))
  $(LEFT): FORCE
endif

# --- the Python files that the configuration names as plugins, as the last run wrote them down
-include $(OUT)/.plugins

# --- what each stage reads
ALL := $(wildcard acts/*.py acts/*/*.py)
JUDGING := $(wildcard acts/claims.yaml acts/stats.py acts/stats/*.py acts/claims/*.py)
DRAWING := $(wildcard acts/figures/*.py acts/lab/*.py acts/reports/*.py acts/bench/lines.py)
TELLING := acts/__main__.py acts/check.py acts/compare.py acts/doctor.py acts/dry.py acts/estimates.py acts/show.py
TELLING += $(wildcard acts/commands/*.py acts/replacing/*.py acts/writeups/*.py)
MAKING := $(filter-out $(JUDGING) $(DRAWING) $(TELLING) acts/__init__.py acts/playground/% acts/bench/%,$(ALL))
PAGES := $(wildcard notebooks/[0-9]*.ipynb reports/book.yml reports/references.bib acts/reports/*/*) $(DRAWING)
PAGES += $(wildcard reports/bench/*.parquet)

menu help: ## Print this menu
	@echo "make TARGET [CONFIG=cpu], CONFIG one of: $(KNOWN)"
	@awk -F':.*## ' '/^[a-z-]+( help)?:.*## / {printf "  %-11s %s\n", $$1, $$2}' Makefile

report: ## Run, judge and render the review: reports/CONFIG/report.html and report.pdf
	@if $(MAKE) -q --no-print-directory $(OUT)/.render 2>/dev/null; then \
	  echo "nothing to do: $(OUT)/report.html is up to date"; \
	else \
	  $(MAKE) --no-print-directory $(OUT)/.render && \
	  if [ -f $(OUT)/.failed ]; then echo "made without what failed: $(OUT)/report.html" >&2; cat $(OUT)/.failed >&2; exit 1; \
	  else echo "made: $(OUT)/report.html and report.pdf"; fi; \
	fi

run: $(OUT)/.run ## Train and measure what is missing, publish the records
	@! cat $(OUT)/.failed >&2 2>/dev/null

verdicts: $(READY) ## Judge the published records again, train nothing
	@echo "judging $(CONFIG)"
	@$(ACTS) judge $(CONFIG) && touch $(OUT)/.judge

site: $(READY) ## Write reports/index.html: the configurations side by side
	@$(ACTS) site

found: $(READY) ## Take what reports/CONFIG found over into README.md and docs/found/
	@$(VENV)/bin/python -m acts.reports.found $(CONFIG)

environment: $(READY) ## Install the versions of requirements.lock into .venv

test: $(READY) ## Run the tests, without the slow ones
	@echo "testing"
	@$(VENV)/bin/pytest -n 2 -m "not slow"

test-slow: $(READY) ## Run the slow tests
	@echo "testing what is slow"
	@$(VENV)/bin/pytest -n 2 -m slow

axe: ## Install what the accessibility tests read, by npm
	@echo "installing axe-core into tests/node_modules"
	@npm ci --prefix tests --ignore-scripts --no-audit --no-fund --silent

pictures: $(READY) ## Draw contact sheets of a report's page, sheets and formulas into build/pictures/CONFIG
	@$(VENV)/bin/python tests/pictures.py $(OUT) build/pictures/$(CONFIG)

lint: $(READY) ## Check style, types, the wall between the halves, and that notebooks hold no output
	@echo "linting"
	@$(VENV)/bin/ruff check
	@$(VENV)/bin/ruff format --check
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(VENV)/bin/nbstripout --verify --keep-id notebooks/*.ipynb

bench: $(READY) ## Measure training, engine, store and report on this machine, side by side
	@$(ACTS) bench $(PARTS)

# The kernel is that of .venv, whatever other one of its name the user has; nothing is asked of the network, and
# acts/lab/labconfig keeps JupyterLab from asking whether to. acts/lab/labextension says references and sources in words.
lab: $(READY) ## Open the notebooks in JupyterLab, at NOTEBOOK (playground; 00_verdicts to read)
	@JUPYTER_PREFER_ENV_PATH=1 JUPYTER_CONFIG_PATH="$(CURDIR)/acts/lab$(addprefix :,$(JUPYTER_CONFIG_PATH))" \
	  $(VENV)/bin/jupyter lab --ServerApp.root_dir=. \
	  --LabApp.default_url=/lab/tree/notebooks/$(NOTEBOOK).ipynb --LabApp.extension_manager=readonly \
	  --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate --LabApp.news_url=None \
	  --LabApp.extra_labextensions_path="$(CURDIR)/acts/lab/labextension" $(LAB_FLAGS)

doctor: $(READY) ## Say what this machine can do
	@$(ACTS) doctor

size: ## Count the lines of each room
	@for room in acts/*.py acts/*/; do \
	  lines=$$(find $$room -name '*.py' -exec cat {} + | wc -l); printf "%7d  %s\n" $$lines $$room; \
	done | sort -rn

clean: ## Remove what make built; measurements in .store/ stay
	@rm -rf .make build tests/node_modules reports/.staging reports/bench reports/index.html $(addprefix reports/,$(KNOWN)) $(VENV)
	@echo "removed .venv, .make and the reports; .store/ stays"

.PHONY: $(TARGETS) FORCE

# --- the stages; each leaves its outputs whole or as they were
# An environment is made again where it is not whole, as after a first try without Debian's python3-venv.
$(READY): requirements.lock pyproject.toml
	@if [ -n "$(MOVED)" ]; then \
	  echo "$(VENV) was made in another folder and does not work in this one: rm -r $(VENV), then make again" >&2; exit 2; fi
	@echo "environment: installing requirements.lock into $(VENV) (some minutes the first time)"
	@found=; for python in $(PYTHON); do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then echo "no Python 3.11 or later among: $(PYTHON); say make PYTHON=/path/to/python3.11" >&2; exit 2; fi; \
	$(VENV)/bin/python -m pip --version >/dev/null 2>&1 || $$found -m venv "$(VENV)"
	@$(PIP) -r requirements.lock && $(PIP) --no-build-isolation --no-deps -e . || { \
	  echo "not everything could be installed, as pip says above; make again goes on. Without a network: docs/install.md" >&2; \
	  exit 2; }
	@pwd -P > $@

$(LEFT):
	@mkdir -p .make; echo "ACTS_DATA=$$ACTS_DATA$(PACKAGES)" > $@

# Jobs that failed are named in .failed: the report is made all the same, the stage stays undone, make ends with 2.
$(OUT)/.run: params/$(CONFIG).yaml $(MAKING) $(LEFT) | $(READY)
	@echo "running $(CONFIG)"
	@rm -f $(OUT)/.failed $@
	@$(ACTS) run $(CONFIG) && touch $@ || [ -f $(OUT)/.failed ]

$(OUT)/.judge: $(OUT)/.run $(JUDGING) | $(READY)
	@echo "judging $(CONFIG)"
	@$(ACTS) judge $(CONFIG)
	@touch $@

$(OUT)/.render: $(OUT)/.judge $(PAGES) | $(READY)
	@echo "rendering $(CONFIG)"
	@$(ACTS) render $(CONFIG)
	@touch $@
