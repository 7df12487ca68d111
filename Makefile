# make run    from a bare clone: sets up, makes sample landing data, evaluates nine quarters, prints the latest scores
# make test   sets up and passes the tests (make test-thorough: with all examples of the property tests)
# make dev    the Dagster UI on the sample lake
# make docs   build/docs: the models with their SQL and lineage as one page (dbt docs), and the data dictionary
# make sbom   build/sbom.cdx.json: every library of a run with version and hashes (CycloneDX)
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SAMPLE := sample
QUARTERS := 2023-Q1..2025-Q1
LATEST := 2025-Q1
PORT ?= 3000

export PYTHONDONTWRITEBYTECODE :=
export PYTHONUTF8 := 1
# dbt, Dagster and Great Expectations report to nobody.
export DO_NOT_TRACK := 1
export DAGSTER_DISABLE_TELEMETRY := yes
export GX_ANALYTICS_ENABLED := false

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev sample run test test-thorough test-unit lint licences sbom docs dev bench fuzz fuzz-nightly clean

help:
	@sed -n '1,5s/^# //p' Makefile

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed (make PYTHON=python3.12 …)"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "this Python cannot make virtual environments: on Debian, apt-get install python3-venv"; exit 2; }

# pip compiles bytecode as it installs; without it every start of Dagster and dbt takes twice as long.
$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/.development: requirements-dev.lock $(VENV)/.runtime
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/.sbom: requirements-sbom.lock | $(VENV)/bin/pip
	@$(PYTHON) -m venv $(VENV)/sbom
	$(VENV)/sbom/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-sbom.lock
	@touch $@

setup: $(VENV)/.runtime

setup-dev: $(VENV)/.development $(VENV)/.sbom

$(SAMPLE)/landing: | $(VENV)/.runtime
	$(BIN)/asq sample $(SAMPLE)/.landing --quarters $(QUARTERS)
	@mv $(SAMPLE)/.landing $@

sample: $(SAMPLE)/landing

# Dagster keeps the history of these runs, so that `make dev` shows them.
run: setup sample $(SAMPLE)/dagster/dagster.yaml
	DAGSTER_HOME=$(abspath $(SAMPLE)/dagster) $(BIN)/asq backfill $(QUARTERS) --landing $(SAMPLE)/landing --lake $(SAMPLE)/lake

$(SAMPLE)/dagster/dagster.yaml: pipeline/dagster.yaml
	@mkdir -p $(@D) && cp $< $@

# In the order of the folders: what takes long first, and then the unit tests, by which both workers end together.
PYTEST := $(BIN)/pytest -n 2 --dist loadgroup --no-loadscope-reorder --durations=10

test: setup-dev
	$(PYTEST)

test-thorough: setup-dev
	$(PYTEST) --hypothesis-profile thorough

test-unit: setup-dev
	$(BIN)/pytest tests/unit

# The names of what a run installs; what only developers install is not passed on to anybody.
RUNTIME := $(shell sed -n 's/^\([A-Za-z0-9._-]*\).*==.*/\1/p' requirements.lock)

# The licences that are allowed are in pyproject.toml.
licences: setup-dev
	@$(BIN)/pip-licenses --packages $(RUNTIME) > /dev/null

# From the lock alone, so that the same lock gives the same file on every machine.
sbom: $(VENV)/.sbom
	@mkdir -p build
	@$(VENV)/sbom/bin/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml \
		--mc-type application --output-reproducible --output-file build/sbom.cdx.json
	@echo build/sbom.cdx.json

# One page that needs no server: the SQL is the compiled one, columns are in docs/data-dictionary.md, as no database is asked.
docs: setup
	@mkdir -p build/docs
	ASQ_SCRATCH_FOLDER=build/docs $(BIN)/dbt --quiet docs generate --static --empty-catalog --project-dir dbt_project --profiles-dir dbt_project \
		--target-path $(abspath build/docs) --log-path $(abspath build/docs)
	@mv build/docs/static_index.html build/docs/index.html
	$(BIN)/asq warehouse dictionary --out build/docs/data-dictionary.md
	@echo build/docs/index.html

lint: setup-dev licences
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	@mkdir -p dbt_project/target
	ASQ_SCRATCH_FOLDER=dbt_project/target $(BIN)/sqlfluff lint --processes 2 dbt_project/models dbt_project/tests

dev: setup sample $(SAMPLE)/dagster/dagster.yaml
	ASQ_LANDING=$(abspath $(SAMPLE)/landing) ASQ_LAKE=$(abspath $(SAMPLE)/lake) DAGSTER_HOME=$(abspath $(SAMPLE)/dagster) \
		$(BIN)/dagster dev -w workspace.yaml -p $(PORT)

bench: setup-dev
	$(BIN)/python -m benchmarks

# Damages deliveries, settings and lakes at random; what ends first counts, the number or the minutes. FUZZ_SEED=… for others.
FUZZ_SEED ?= 0
FUZZ_RUNS ?= 300
FUZZ_MINUTES ?= 10

fuzz: setup-dev
	$(BIN)/python -m benchmarks.fuzz --runs $(FUZZ_RUNS) --minutes $(FUZZ_MINUTES) --seed $(FUZZ_SEED)

# Other seeds every night, and printed: `make fuzz-nightly FUZZ_SEED=…` repeats one.
fuzz-nightly: FUZZ_SEED := $(or $(filter-out 0,$(FUZZ_SEED)),$(shell date +%Y%m%d0000))
fuzz-nightly: setup-dev
	$(BIN)/python -m benchmarks.fuzz --runs 5000 --minutes 150 --seed $(FUZZ_SEED)
	$(BIN)/python -m benchmarks.fuzz --runs 40 --minutes 20 --seed $(FUZZ_SEED) --targets runs

clean:
	rm -rf $(SAMPLE) dbt_project/target
