# What developers do often; `make` lists it.
PYTHON := .venv/bin/python

.PHONY: help install check lint types test slow coverage docs bench

help:      ## this list
	@sed -n 's/^\([a-z]*\): *##/\1\t/p' $(MAKEFILE_LIST)

install:   ## everything into .venv
	bash install.sh

check: lint types test
check:     ## what a change must pass

lint:      ## style
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

types:     ## types
	.venv/bin/pyright

test:      ## the quick tests, about 8 minutes on two cores
	$(PYTHON) -m pytest -n auto

slow:      ## the slow tests, about 20 minutes
	$(PYTHON) -m pytest -m slow

coverage:  ## the share of the lines that the quick tests run, file by file
	$(PYTHON) -m pytest -n auto --cov --cov-report=term

docs:      ## the documentation as a site, in site/ (needs the extra 'docs')
	$(PYTHON) docs/parameters.py
	$(PYTHON) -m mkdocs build --strict

bench:     ## speed of this machine, one page
	$(PYTHON) -m tests.bench tracker
