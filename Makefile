# Everything is run through the project's own virtual environment, which `make install` builds.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DATA ?= data
RUNS ?= runs
DEMO_EPOCHS ?= 4
DATASET ?= mnist
SHEET ?= sheet.png
STUDY ?= noise_length
SIZE ?= cpu
# Test processes at a time; each takes one core and about 2 GB.
WORKERS ?= 2

# Pythons of `make test-bounds`: versions or paths.
PYTHONS ?= 3.11 3.13

# The official CROHME distribution (TC-11). CROHME=path uses an archive that you have already.
CROHME_URL ?= http://www.iapr-tc11.org/dataset/CROHME/CROHME_full_v2.zip
# SHA-256 sum that the archive must have; any when empty (it is printed).
CROHME_SHA256 ?=
OUT ?= $(DATA)/crohme/symbols.npz
# Further options of data_tools.crohme, e.g. CROHME_OPTIONS="--classes=all --style=original"
CROHME_OPTIONS ?=

# What a writer of text learns from: EMNIST by class where it is prepared, else what can be had.
tfds = $(wildcard $(addsuffix /$(1)/*/dataset_info.json,$(DATA)/tfds $(DATA) $(TFDS_DATA_DIR) ~/tensorflow_datasets))
WRITER_DATA ?= $(firstword $(foreach set,emnist/byclass letters62,$(if $(call tfds,$(set)),$(set))) demo_letters)
WRITER_TEXT_OPTIONS ?= --g_lr_mult=1.5 --steps_per_epoch=1000 --epochs=12 --diff_augment=translation
WRITER_LATEX_OPTIONS ?= --g_lr_mult=1.5 --epochs=8

.DEFAULT_GOAL := help
.PHONY: sweep results help install test-bounds crohme-data demo-data demo-letters demo data show-data writer-text writer-latex page test lint format tensorboard schematics bench bench-extract clean

help:  ## show this help
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/.installed: setup.cfg pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; call make with PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $@

install: $(VENV)/.installed  ## build .venv with everything the project needs

crohme-data: install  ## CROHME symbols into data/crohme/symbols.npz (CROHME=archive, CROHME_SHA256=sum, OUT=file)
	@archive="$$($(BIN)/python -m data_tools.download --given="$(CROHME)" \
	    --folder=$(DATA)/crohme --url=$(CROHME_URL) --sha256=$(CROHME_SHA256))" && \
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

writer-text: install  ## train a writer of text and let it write hello.png (WRITER_DATA=set)
	@[ "$(WRITER_DATA)" != demo_letters ] || [ -e $(DATA)/demo_letters/symbols.npz ] || $(MAKE) demo-letters
	$(BIN)/python -m experiments.acgan --dataset=$(WRITER_DATA) --data_dir=$(DATA) \
	  --workdir=$(RUNS)/writer-text $(WRITER_TEXT_OPTIONS)
	$(BIN)/python -m experiments.write --text="Hello World" --best_of=8 \
	  --workdir=$(RUNS)/writer-text --out=$(RUNS)/writer-text/hello.png

writer-latex: install  ## train a writer of formulas on all symbols of CROHME (CROHME=archive)
	@[ -e $(DATA)/writer/crohme/symbols.npz ] || $(MAKE) crohme-data \
	  OUT=$(DATA)/writer/crohme/symbols.npz CROHME_OPTIONS=--classes=all
	$(BIN)/python -m experiments.acgan --dataset=crohme --data_dir=$(DATA)/writer \
	  --workdir=$(RUNS)/writer-latex $(WRITER_LATEX_OPTIONS)
	$(BIN)/python -m experiments.write --latex='\sqrt{\frac{3+4}{x}}=7^{2}' --best_of=8 \
	  --workdir=$(RUNS)/writer-latex --out=$(RUNS)/writer-latex/formula.png

page: install  ## write in the browser with the newest run that can (WORKDIR=run)
	$(BIN)/python -m pip install --quiet --editable '.[page]'
	$(BIN)/python -m experiments.page --runs=$(RUNS) $(if $(WORKDIR),--workdir="$(WORKDIR)")

test: install  ## run the tests (SLOW=1 also runs the slow ones)
	$(BIN)/python -m pytest -n $(WORKERS) --dist=loadfile --no-loadscope-reorder $(if $(SLOW),,-m "not slow")

test-bounds:  ## train from a wheel with the oldest and newest dependencies (PYTHONS="3.11 3.13")
	$(PYTHON) -m venv build/uv
	build/uv/bin/pip install --quiet 'uv>=0.9,<1'
	PATH="$$PWD/build/uv/bin:$$PATH" $(PYTHON) tests/bounds.py $(PYTHONS)

lint: install  ## check style and types
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/ty check

format: install  ## put the code into the project's style
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

tensorboard: install  ## loss curves and sample grids of all runs
	$(BIN)/tensorboard --logdir $(RUNS)

sweep: install  ## make the runs of a study, or go on (STUDY=noise_length, SIZE=cpu)
	$(BIN)/python -m experiments.sweep --study=experiments/studies/$(STUDY).yaml --size=$(SIZE) \
	  --data_dir=$(DATA)

results: install  ## write RESULTS.md and its figures from the results of the studies
	$(BIN)/python -m experiments.studies.report

schematics: install  ## draw the networks of every experiment into experiments/schematics
	$(BIN)/python -m experiments.schematic --out=experiments/schematics

bench: install  ## measure training steps against plain Keras and PyTorch (BENCH_OPTIONS="--nets=compact")
	$(BIN)/python -m experiments.benchmarks.steps $(BENCH_OPTIONS)

bench-extract: install  ## measure data_tools on CROHME=archive
	$(BIN)/python -m experiments.benchmarks.extract --input="$(CROHME)"

clean:  ## remove caches and .venv (data/ and runs/ are kept)
	rm -rf $(VENV) .pytest_cache .ruff_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
