# Everything is run through the project's own virtual environment, which `make install` builds.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DATA ?= data
RUNS ?= runs
DEMO_EPOCHS ?= 6
DATASET ?= mnist
SHEET ?= sheet.png

# The official CROHME distribution (TC-11). CROHME=path uses an archive that you have already.
CROHME_URL ?= http://www.iapr-tc11.org/dataset/CROHME/CROHME_full_v2.zip
OUT ?= $(DATA)/crohme/symbols.npz
# Further options of data_tools.crohme, e.g. CROHME_OPTIONS="--classes=all --style=original"
CROHME_OPTIONS ?=

.DEFAULT_GOAL := help
.PHONY: help install crohme-data demo-data demo-letters demo data show-data test lint format tensorboard schematics bench-extract clean

help:  ## show this help
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/.installed: setup.cfg pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; call make with PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $@

install: $(VENV)/.installed  ## build .venv with everything the project needs

crohme-data: install  ## CROHME symbols into data/crohme/symbols.npz (CROHME=archive, OUT=file)
	@archive="$$($(BIN)/python -m data_tools.download --given="$(CROHME)" \
	    --folder=$(DATA)/crohme --url=$(CROHME_URL))" && \
	  $(BIN)/python -m data_tools.crohme --input="$$archive" --out=$(OUT) $(CROHME_OPTIONS)

demo-data: install  ## 16 maths symbols from a pen model into data/demo/symbols.npz
	$(BIN)/python -m data_tools.demo --alphabet=math16 --expressions=7000 \
	  --out=$(DATA)/demo/expressions.zip
	$(BIN)/python -m data_tools.crohme --input=$(DATA)/demo/expressions.zip \
	  --out=$(DATA)/demo/symbols.npz

demo-letters: install  ## 0-9 A-Z a-z from a pen model into data/demo_letters/symbols.npz
	$(BIN)/python -m data_tools.demo --alphabet=letters62 --expressions=24000 \
	  --out=$(DATA)/demo_letters/expressions.zip
	$(BIN)/python -m data_tools.crohme --input=$(DATA)/demo_letters/expressions.zip \
	  --classes=all --out=$(DATA)/demo_letters/symbols.npz

demo: demo-data  ## train the compact AC-GAN on demo data for a few minutes, show where its grid is
	$(BIN)/python -m experiments.acgan --dataset=demo --data_dir=$(DATA) --workdir=$(RUNS)/demo \
	  --epochs=$(DEMO_EPOCHS)
	$(BIN)/python -m experiments.sample --workdir=$(RUNS)/demo --per_class=10 --out=$(RUNS)/demo/grid.png

data: install  ## fetch or check any data set (DATASET=mnist, DATASET=folder:PATH)
	$(BIN)/python -m experiments.prepare_data --dataset="$(DATASET)" --data_dir=$(DATA)

show-data: install  ## contact sheet of any data set (DATASET=mnist, SHEET=file.png)
	$(BIN)/python -m experiments.show_data --dataset="$(DATASET)" --data_dir=$(DATA) --out=$(SHEET)

test: install  ## run the tests (SLOW=1 also runs the slow ones)
	$(BIN)/python -m pytest $(if $(SLOW),,-m "not slow")

lint: install  ## check style
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

format: install  ## put the code into the project's style
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

tensorboard: install  ## loss curves and sample grids of all runs
	$(BIN)/tensorboard --logdir $(RUNS)

schematics: install  ## draw the networks of every experiment into experiments/schematics
	$(BIN)/python -m experiments.schematic --out=experiments/schematics

bench-extract: install  ## measure data_tools on CROHME=archive
	$(BIN)/python -m experiments.benchmarks.extract --input="$(CROHME)"

clean:  ## remove caches and .venv (data/ and runs/ are kept)
	rm -rf $(VENV) .pytest_cache .ruff_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
