# Needs Python 3.11 or later, make and a package registry. Every target makes .venv first when it is missing.
PYTHON ?= python3
BIN := .venv/bin
ASSIGNMENT ?= rnn-step-by-step
COURSE ?= .
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help setup demo release check-release test lab lint bench

help:  ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

setup: .venv/.done  ## make .venv with the locked versions

.venv/.done: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: setup  ## a class of twelve, from the source notebook to a table of scores, in a scratch course demo/
	$(BIN)/autograder demo

release: setup  ## generate release/ from source/
	$(BIN)/autograder release $(ASSIGNMENT)

check-release: setup  ## is the committed release up to date?
	$(BIN)/autograder release $(ASSIGNMENT) --check

test: setup  ## all tests
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

lab: setup  ## JupyterLab on this course, or on another: make lab COURSE=demo
	cd $(COURSE) && jupyter lab

lint: setup  ## ruff and mypy
	$(BIN)/ruff check --config .ci/pending.toml .
	$(BIN)/mypy --config-file .ci/pending-mypy.ini autograder

bench: setup  ## what is measured, beside nbgrader in the same run
	$(BIN)/python -m benchmarks
