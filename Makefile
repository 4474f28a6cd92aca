# Needs Python 3.11 or later, make and a package registry. Every target makes the environment first if it is missing.
# Another Python gets an environment of its own: make test PYTHON=python3.13 VENV=.venv-3.13
# Some of the tests: make test TESTS=tests/collect
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ASSIGNMENT ?= $(notdir $(patsubst %/,%,$(wildcard source/*/)))
COURSE ?= .
TESTS ?= tests
MARKS ?= slow or browser
MAP := notebooks/00-start-here.ipynb
PYTEST := $(BIN)/python -m pytest -q -n 2 --dist loadfile
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help setup demo release check-release audit test test-slow test-hub test-nbgrader lab site lint bench

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

setup: $(VENV)/.done  ## create the virtual environment with the locked versions

$(VENV)/.done: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: setup  ## grade a class of twelve in a scratch course, demo/, and print its scores
	$(BIN)/autograder demo rnn-step-by-step

release: setup  ## generate release/ from source/, for every assignment
	for name in $(ASSIGNMENT); do $(BIN)/autograder release $$name || exit 1; done

check-release: setup  ## check that the committed release is up to date
	for name in $(ASSIGNMENT); do $(BIN)/autograder release $$name --check || exit 1; done

audit: setup  ## check that the tests catch and name the known mistakes
	for name in $(ASSIGNMENT); do $(BIN)/autograder audit $$name || exit 1; done

test: setup  ## run the fast tests
	$(PYTEST) -m "not slow and not browser and not hub" $(TESTS)

test-slow: setup  ## run the other tests: slow attacks, long runs, a browser
	$(PYTEST) -m "$(MARKS)" $(TESTS)

test-hub: setup  ## run a round on a JupyterHub with real users; needs root and npm, and is skipped without
	$(BIN)/python -m pytest -q tests/hub

test-nbgrader: setup  ## run nbgrader's own tests with our configuration
	$(BIN)/python -m tests.nbgrader_suite

lab: setup  ## open JupyterLab on this course, or on another: make lab COURSE=demo
	cd $(COURSE) && jupyter lab $(if $(wildcard $(COURSE)/$(MAP)),--LabApp.default_url=/lab/tree/$(MAP))

site: $(VENV)/.site  ## build static pages of all lessons and releases, in build/site/html/
	$(BIN)/python docs/site/build.py

$(VENV)/.site: $(VENV)/.done requirements-site.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-site.lock
	touch $@

lint: setup  ## run ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: setup  ## measure the cost of grading, beside nbgrader in the same run
	$(BIN)/python -m benchmarks
