# `make demo`, `make test` and `make bench` set up everything they need, in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test bench soak lint docs clean

demo: $(READY)
	@$(BIN)/sgsync demo $(ARGS)

test: $(READY)
	@$(BIN)/pytest $(ARGS)

bench: $(READY)
	@$(BIN)/python -m tests.bench $(ARGS)

# Many runs against a feed that changes and fails; prints figures, and fails where something grows.
soak: $(READY)
	@$(BIN)/python -m tests.soak --runs $(or $(RUNS),2000) --seed $(or $(SEED),1)

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

docs: $(READY)
	@$(BIN)/python -m tests.docs.reference

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(READY): pyproject.toml
	@echo "Setting up $(VENV) (once; a minute or so)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "sgsync needs Python 3.11 or newer: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[embedded,test]'
	@touch $@
