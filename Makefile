# One command each; `make` alone explains them. The set-up is remembered by stamp files under .setup/ that are named by
# a checksum of the locks: a changed lock sets up again, an unchanged one costs nothing. Works with the make of macOS.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.SUFFIXES:

# PYTHON=python3.12 chooses the interpreter; ARGS= goes to the command; WORKERS= to pytest (a number of processes).
PYTHON ?=
ARGS ?=
WORKERS ?= 2
export PYTHON

PY := .venv/bin/python

KEYS := $(shell for files in "requirements.txt" "requirements-dev.txt" "package.json package-lock.json tools/assets.py"; do \
	{ cat $$files; echo "$(PYTHON)"; } | cksum | cut -d' ' -f1; done)
RUN_STAMP := .setup/run-$(word 1,$(KEYS))
DEV_STAMP := .setup/dev-$(word 2,$(KEYS))
ASSETS_STAMP := .setup/assets-$(word 3,$(KEYS))

# What somebody deleted by hand is made again, whatever the stamps say.
LOST := $(shell test -x $(PY) && test ! -e .setup/venv-is-being-made || echo FORCE)
LOST_ASSETS := $(shell test -f elearn/static/vendor/manifest.json || echo FORCE)

# The lock of the tools holds the libraries of the product too: one of the two is enough to go on.
LIBRARIES := $(if $(filter test lint format bench screenshots words lock,$(MAKECMDGOALS)),$(DEV_STAMP),$(RUN_STAMP))

.PHONY: help run test lint format bench words worker assets db demo screenshots lock clean FORCE

help: ## explain every target
	@echo "elearn: courses, and live lessons with chat, whiteboard and voice."
	@echo
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r name text; do \
		printf '%-18s %s\n' "$$name" "$$text"; done
	@echo
	@echo "  HOST=0.0.0.0 PORT=8000 make run     listen elsewhere"
	@echo "  make test ARGS='-k chat -x'         hand arguments to pytest"
	@echo "  make run PYTHON=python3.12          choose the interpreter"

run: $(RUN_STAMP) $(ASSETS_STAMP) ## set up what is missing, then serve the school with its worker on http://127.0.0.1:5000
	@$(PY) wsgi.py

worker: $(RUN_STAMP) ## run the background worker alone (`make run` starts its own)
	@$(PY) -m elearn.jobs

db: $(RUN_STAMP) ## bring the database to the newest version
	@FLASK_APP=wsgi $(PY) -m flask db upgrade

demo: db ## fill an empty database with the demo school, and show its sign-ins
	@FLASK_APP=wsgi $(PY) -m flask demo seed

test: lint ## check everything: ruff, mypy, import-linter, then pytest
	@$(PY) -m pytest -n $(WORKERS) $(ARGS)

lint: $(DEV_STAMP) $(ASSETS_STAMP) ## check style, types and layers
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports

format: $(DEV_STAMP) ## format the code and mend what can be mended
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

# One part alone: python -m tools.benchmarks.room (or sign_in, people, invitations, notify), each with --help.
bench: $(DEV_STAMP) $(ASSETS_STAMP) ## measure the room against a plain broadcast, and the work with many people
	@echo "Sending alone: the fan-out" && $(PY) -m tools.benchmarks.room --server bare $(ARGS)
	@echo "The school: the same through sign-in, rights and, for chat, a committed row for each message"
	@$(PY) -m tools.benchmarks.room --server app $(ARGS)
	@echo "Signing in" && $(PY) -m tools.benchmarks.sign_in
	@echo "People search" && $(PY) -m tools.benchmarks.people --people 200000
	@echo "A list of 10,000 to invite" && $(PY) -m tools.benchmarks.invitations
	@echo "Telling 10,000 people one thing" && $(PY) -m tools.benchmarks.notify

screenshots: $(DEV_STAMP) $(ASSETS_STAMP) ## make the pictures of the README anew
	@$(PY) tools/screenshots.py

words: $(DEV_STAMP) ## bring the translations up to date with the sentences of the code
	@$(PY) -m tools.words

assets: FORCE $(RUN_STAMP) ## fetch the browser libraries again and copy them into elearn/static/vendor
	@sh tools/setup/setup.sh assets $(ASSETS_STAMP)

lock: $(DEV_STAMP) ## pin all libraries anew (ARGS=--upgrade takes the newest)
	@for name in requirements requirements-dev tools/setup/uv tools/setup/node; do \
		$(PY) -m uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
		--custom-compile-command "make lock" $(ARGS) $$name.in -o $$name.txt || exit 1; done
	@if npm --version >/dev/null 2>&1; then npm install --package-lock-only; fi

clean: ## remove what the set-up made; the school under instance/ stays
	@rm -rf .venv .setup node_modules elearn/static/vendor .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(RUN_STAMP): $(LOST)
	@sh tools/setup/setup.sh libraries requirements.txt $@

$(DEV_STAMP): $(LOST)
	@sh tools/setup/setup.sh libraries requirements-dev.txt $(RUN_STAMP) $@

$(ASSETS_STAMP): $(LOST_ASSETS) | $(LIBRARIES)
	@sh tools/setup/setup.sh assets $@
