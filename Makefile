# distviz: `make help` lists what there is. Nothing but Python >= 3.11 is needed to begin.
PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
# The kernel tells `up` to stop when make itself is killed.
TIED   := $(shell command -v setpriv >/dev/null 2>&1 && echo setpriv --pdeathsig=TERM --)
ROOT   := $(shell [ "$$(id -u)" = 0 ] || echo sudo -n)
TEMPLATES := templates $(wildcard protocols/*/templates)
# Each has a stack of its own: tests wait half of their time. A file is one process's.
PROCESSES ?= 2
SIDE   := -n $(PROCESSES) --dist loadfile --no-loadscope-reorder
SHELL_OF_TESTS := chromium-headless-shell
BROWSERS := $(SHELL_OF_TESTS) chromium chromium-browser google-chrome google-chrome-stable
APT    := $(ROOT) env DEBIAN_FRONTEND=noninteractive apt-get -qq

.DEFAULT_GOAL := help
.PHONY: help up test lint schema format unit live e2e chaos bench thorough browser gallery texts clean

help: ## this list
	@sed -n 's/^\([a-z0-9]*\):.*## /\1|/p' Makefile | while IFS='|' read -r name text; do printf '  make %-8s %s\n' "$$name" "$$text"; done

up: $(VENV)/installed ## install what is missing, start everything in the foreground; Ctrl-C stops it
	@exec $(TIED) $(PY) manage.py up

test: $(VENV)/installed-dev browser ## everything: linters, types, unit, integration, live and browser tests
	@$(MAKE) --no-print-directory -j2 lint unit
	$(PY) -m pytest -q $(SIDE) -m "slow and not thorough"

lint: $(VENV)/installed-dev ## ruff, mypy, import-linter; djangofmt for templates; oxfmt, oxlint for style sheets and scripts; bandit, pip-audit
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy .
	$(VENV)/bin/lint-imports
	$(VENV)/bin/djangofmt --check $(TEMPLATES)
	$(VENV)/bin/oxfmt --check static
	$(VENV)/bin/oxlint --deny-warnings static
	$(PY) -m tests.support.scanned

schema: $(VENV)/installed-dev ## hold a running lab (LAB=http://localhost:8000) against its own description of the API
	$(PY) -m tests.support.conforming $(or $(LAB),http://localhost:8000)

format: $(VENV)/installed-dev ## rewrite Python, templates, style sheets and scripts as `make lint` wants them
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .
	$(VENV)/bin/djangofmt $(TEMPLATES)
	$(VENV)/bin/oxfmt static

unit: $(VENV)/installed-dev ## the tests that need no server
	$(PY) -m pytest -q $(SIDE) -m "not slow"

live: $(VENV)/installed-dev ## the tests against a real `manage.py up`
	$(PY) -m pytest -q $(SIDE) -m "live and not thorough"

thorough: $(VENV)/installed-dev ## what `make test` tries a part of, whole: every failure as it is drawn, every field, every protocol, every guard
	$(PY) -m pytest -q $(SIDE) -m thorough

e2e: $(VENV)/installed-dev browser ## the browser tests
	$(PY) -m pytest -q $(SIDE) -m e2e

chaos: $(VENV)/installed ## random failures under load on a stack of its own: SEED=7 SECONDS=90
	@exec $(TIED) $(PY) manage.py chaos $(if $(SEED),--seed $(SEED)) $(if $(SECONDS),--seconds $(SECONDS))

bench: $(VENV)/installed ## measure a running lab and, in turn with it, its floor, a bare Celery chain, other libraries: SECONDS=5 ROUNDS=3
	@$(PY) manage.py bench --floor --engine --peers --rates $(if $(SECONDS),--seconds $(SECONDS)) $(if $(ROUNDS),--rounds $(ROUNDS)) \
		$(if $(CLIENTS),--clients $(CLIENTS)) $(if $(HISTORY),--history $(HISTORY))

# A Debian python3 may come without the venv module's other half; the first line that fails says what to do.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "distviz needs Python 3.11 or newer; say which: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { rm -rf $(VENV); \
		if command -v apt-get >/dev/null 2>&1 && $(ROOT) true 2>/dev/null; then \
			$(ROOT) apt-get update -qq && $(ROOT) apt-get install -y -qq python3-venv && $(PYTHON) -m venv $(VENV); \
		fi; } || true
	@test -x $@ || { rm -rf $(VENV); echo "cannot make $(VENV): install python3-venv (apt install python3-venv), then try again" >&2; exit 2; }

$(VENV)/installed: requirements.txt | $(VENV)/bin/python
	@echo "installing what distviz runs on (once)"
	@$(PY) -m pip install -q --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt requirements.txt | $(VENV)/bin/python
	@echo "installing what the tests need (once)"
	@$(PY) -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/installed

browser:
	@command -v $(SHELL_OF_TESTS) >/dev/null 2>&1 && exit 0; \
	echo "the browser tests run in Debian's $(SHELL_OF_TESTS) where it can be installed, else in any Chromium"; \
	{ $(APT) update && $(APT) install -y $(SHELL_OF_TESTS); } >/dev/null 2>&1 && exit 0; \
	for name in $(BROWSERS); do command -v $$name >/dev/null 2>&1 && exit 0; done; \
	{ $(APT) update && $(APT) install -y chromium; } || \
	{ echo "the browser tests need Chromium: install it (apt install chromium), then try again" >&2; exit 2; }

gallery: $(VENV)/installed-dev browser ## take the pictures of docs/img anew, from a stack of its own
	$(PY) -m tests.support.gallery

texts: $(VENV)/installed-dev ## bring the catalogue of translations up to date
	@$(PY) -m tests.support.texts

clean: ## remove the environment and every database of this checkout
	rm -rf $(VENV) .distviz .mypy_cache .ruff_cache .pytest_cache
