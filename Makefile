# What a developer types. `make` alone lists it.
# Works with GNU make 3.81 (macOS) and later.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup check quick test demo up soak fuzz mutants pins clean environments

BIN := .venv/bin
PIP_INSTALL := $(BIN)/python -m pip --disable-pip-version-check install -qq --no-compile

# SAM CLI reports its use to its makers unless told not to.
export SAM_CLI_TELEMETRY := 0

help: ## List the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | while IFS="$$(printf '\t')" read -r name text; do \
		printf '  make %-7s %s\n' "$$name" "$$text"; done

## Set-up -------------------------------------------------------------------------------------------------
# Three environments: the project's own, and one each for SAM CLI and the embedded AWS, which pin packages
# that the project uses in other versions. Each is rebuilt when its pins change, else left alone. They are
# installed side by side, so their lines come in no fixed order and have no numbers.

ENVIRONMENTS := $(BIN)/export-adapter $(BIN)/sam .tools/embedded-aws/installed

setup: ## Install everything into .venv and .tools (nothing happens when nothing changed)
	@$(MAKE) --no-print-directory -j3 environments

environments: $(ENVIRONMENTS)
	@:

# The first interpreter that is Python 3.13 and can make environments. PYTHON=/path/to/python names one.
define FIND_PYTHON
	found=; \
	for candidate in "$(PYTHON)" python3.13 python3 python; do \
		[ -n "$$candidate" ] || continue; \
		"$$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null || continue; \
		found=$$candidate; break; \
	done; \
	if [ -z "$$found" ]; then \
		echo 'Python 3.13 is missing. Install it (https://www.python.org/downloads/, "brew install python@3.13",' >&2; \
		echo '"apt install python3.13 python3.13-venv" or "pyenv install 3.13"), or name it: make setup PYTHON=/path/to/python3.13' >&2; \
		exit 1; \
	fi; \
	if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$$found cannot make virtual environments. On Debian and Ubuntu: apt install python3.13-venv" >&2; \
		exit 1; \
	fi
endef

.venv/pyvenv.cfg: .python-version requirements/development.txt
	@$(FIND_PYTHON); echo "Creating .venv with $$($$found --version)"; "$$found" -m venv --clear .venv
	@touch $@

.venv/installed: .venv/pyvenv.cfg
	@echo 'Installing the packages of the project'
	@$(PIP_INSTALL) --require-hashes --no-deps -r requirements/development.txt
	@touch $@

$(BIN)/export-adapter: .venv/installed pyproject.toml
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.tools/%/installed: requirements/%.txt .python-version | .venv/pyvenv.cfg
	@case $* in \
		sam) echo 'Installing SAM CLI';; \
		embedded-aws) echo 'Installing the embedded AWS';; \
		*) echo 'Installing $*';; \
	esac
	@$(BIN)/python -m venv --clear --without-pip .tools/$*
	@$(BIN)/python -m pip --python .tools/$* --disable-pip-version-check install -qq --no-compile \
		--require-hashes --no-deps -r requirements/$*.txt
	@touch $@

# `sam build` looks on the PATH for python3.13 and its pip: it gets this project's.
$(BIN)/sam: .tools/sam/installed .venv/pyvenv.cfg
	@printf '#!/bin/sh\nPATH="%s:$$PATH" exec "%s" "$$@"\n' "$(CURDIR)/$(BIN)" "$(CURDIR)/.tools/sam/bin/sam" > $@
	@chmod +x $@

## Work ---------------------------------------------------------------------------------------------------

# pip-audit exits with 1 for a vulnerability, and also where the list of them cannot be reached: its words tell them apart.
# With AUDIT=required, a list that cannot be reached or does not know a package fails the check.
# To accept a vulnerability, add --ignore-vuln ID, with the reason beside it.
PIP_AUDIT := .tools/checks/bin/pip-audit --require-hashes --disable-pip --progress-spinner off --timeout 10 \
	--requirement layers/dependencies/requirements.txt

check: setup .tools/checkov/installed .tools/checks/installed ## Lint, formatting, types, the template, known vulnerabilities
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	.tools/checks/bin/bandit --quiet --configfile pyproject.toml --recursive functions layers/export_adapter workstation
	@mkdir -p .run; $(PIP_AUDIT) $(if $(filter required,$(AUDIT)),--strict) > .run/audit.txt 2>&1 || { \
		tail -n 3 .run/audit.txt | cut -c1-300; \
		if [ "$(AUDIT)" = required ] || grep -q 'known vulnerabilit' .run/audit.txt; then exit 1; fi; \
		echo 'NOT audited: the list of known vulnerabilities cannot be reached.'; }
	@cut -c1-120 .run/audit.txt | head -n 20
	$(BIN)/sam validate --lint
	.tools/sam/bin/cfn-lint template.yaml
	.tools/checkov/bin/checkov --file template.yaml --framework cloudformation --compact --quiet --skip-download

quick: setup ## Run the unit, contract and template tests (under a minute)
	$(BIN)/python -m pytest -n auto --dist loadgroup tests/unit tests/contract tests/template

test: setup ## Run all tests
	$(BIN)/python -m pytest -n auto --dist loadgroup

demo: setup ## Run the main job on this machine: embedded AWS, local Pleo, the messages of events/
	@$(BIN)/export-adapter demo

up: setup ## As demo, and keep it running to play with
	@$(BIN)/export-adapter up

soak: setup ## Send in 20,000 items while everything fails at random, then look for each of them (about 4 minutes)
	@$(BIN)/export-adapter soak

SECONDS := 1800
fuzz: setup ## Send hostile messages, rules and answers to the handler for 30 minutes (SECONDS=60: one minute)
	@$(BIN)/python -m tests.fuzz.run --seconds $(SECONDS)

mutants: setup ## Change batch, deliver and settle in small ways: a test has to notice (about 10 minutes)
	@$(BIN)/python -m export_adapter_workstation.checks.mutants

# All platforms' hashes, no download addresses: pip takes each package from wherever it is set to look.
PINS := layers/dependencies/requirements requirements/development requirements/sam requirements/embedded-aws \
	requirements/checkov requirements/checks
pins: setup ## Compile the requirements files again (add UPGRADE=1 for newer versions)
	@for file in $(PINS); do echo "$$file.txt"; \
		(cd "$$(dirname "$$file")" && "$(CURDIR)/$(BIN)/uv" pip compile --quiet --universal --python-version 3.13 \
			--generate-hashes --no-emit-index-url --no-emit-find-links --no-header $(if $(UPGRADE),--upgrade) \
			"$$(basename "$$file").in" --output-file "$$(basename "$$file").txt") || exit 1; \
	done

clean: ## Remove everything that was installed or built
	rm -rf .venv .tools .aws-sam .run build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
