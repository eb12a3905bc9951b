# Every target prepares what it needs, inside this checkout (tools/bootstrap), and leaves the rest of the machine alone.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python
export PATH := $(CURDIR)/.tools/bin:$(PATH)
export PYTHONDONTWRITEBYTECODE :=
export JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION := 1
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 1
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1
export EVENT WORLD ENV RECORDING KIND DATE OUT # recipes read them from the environment: a path may hold spaces and quotes

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: ## the real stack on the embedded AWS, a sample alarm, the Slack page; ONCE=1 ends after the resolution
	@tools/bootstrap venv node emulator
	@$(PY) -m local.demo $(if $(ONCE),--once)

.PHONY: replay
replay: ## one event, in process: EVENT=<json> [WORLD=<yaml>] [LIVE=1] [JSON=1]; or RECORDING=<json.gz> [JSON=1]
	@[[ -n "$$EVENT$$RECORDING" ]] || { echo "make replay needs EVENT=<file>, for example one under events/" >&2; exit 2; }
	@tools/bootstrap venv
	@$(PY) -m local.replay $(if $(EVENT),--event "$$EVENT") $(if $(RECORDING),--recording "$$RECORDING") $(if $(WORLD),--world "$$WORLD") $(if $(LIVE),--live) $(if $(JSON),--json)

.PHONY: review
review: ## a scheduled review: KIND=daily|hourly|weekly|monthly|quarterly [WORLD=<yaml>] [DATE=YYYY-MM-DD] [LIVE=1] OUT=<folder>
	@[[ -n "$$KIND" && -n "$$OUT" ]] || { echo "make review needs KIND=daily|hourly|weekly|monthly|quarterly and OUT=<folder>" >&2; exit 2; }
	@tools/bootstrap venv
	@$(PY) -m local.review --kind "$$KIND" $(if $(WORLD),--world "$$WORLD") $(if $(DATE),--date "$$DATE") $(if $(LIVE),--live) --out "$$OUT"

.PHONY: test
test: check ## everything that CI runs
	@tools/bootstrap venv node emulator
	@$(PY) -m pytest -n 2 --dist loadgroup --cov --cov-report=term:skip-covered

.PHONY: check
check: ## the fast, static part: lint, format, types, layers
	@tools/bootstrap venv
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports

.PHONY: synth
synth: ## the CloudFormation templates of every environment, into cdk.out; no credentials, no network
	@tools/bootstrap venv node
	@rm -rf cdk.out
	@$(PY) app.py
	@.venv/bin/cfn-lint cdk.out/*.template.json
	@ls cdk.out/*.template.json

.PHONY: deploy
deploy: ## ENV=<customer>-<environment>: to the real account, with your credentials
	@[[ -n "$$ENV" ]] || { echo "make deploy needs ENV=<customer>-<environment>, one of:" environments/*.yaml >&2; exit 2; }
	@tools/bootstrap venv node cdk
	@.tools/cdk/node_modules/.bin/cdk deploy "tocsin-$$ENV"

.PHONY: slack-app
slack-app: ## ENV=<customer>-<environment>: the Slack app's manifest, with the deployed stack's address
	@[[ -n "$$ENV" ]] || { echo "make slack-app needs ENV=<customer>-<environment>, one of:" environments/*.yaml >&2; exit 2; }
	@tools/bootstrap venv >&2
	@$(PY) -m infra.slack_app "$$ENV"

.PHONY: bench
bench: ## the benchmarks; ratios within one run
	@tools/bootstrap venv
	@$(PY) -m benchmarks

.PHONY: fuzz
fuzz: ## whole incident lives with crashes, duplicates and delays: [LIFECYCLES=10000] [SEED=1]
	@tools/bootstrap venv
	@$(PY) -m local.fuzz --lifecycles $(or $(LIFECYCLES),10000) --seed $(or $(SEED),1)

.PHONY: storm
storm: ## a minute in which everything rings, through the real handlers: [ALARMS=10000]
	@tools/bootstrap venv
	@$(PY) -m local.storm --alarms $(or $(ALARMS),10000)

.PHONY: catalogue
catalogue: ## docs/catalogue.md anew, from the code
	@tools/bootstrap venv
	@$(PY) -m local.catalogue > .catalogue.md && mv .catalogue.md docs/catalogue.md

.PHONY: worlds-table
worlds-table: ## all labelled worlds, expected against got, into docs/worlds-table.md
	@tools/bootstrap venv
	@$(PY) -m tests.flow.table > docs/worlds-table.md

.PHONY: constraints
constraints: ## fix every version anew in constraints.txt, after a change of a requirements file
	@tools/constraints

.PHONY: clean
clean: ## remove what was built; .venv and .tools stay
	@rm -rf .build cdk.out .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage .coverage.*
