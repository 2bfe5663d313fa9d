# Four goals a newcomer needs; each is a line or two of real commands.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check bench scorecard lock

demo: .venv/core
	$(BIN)/listener demo

test: .venv/dev
	$(BIN)/python -m pytest -n auto $(PYTEST)

check: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Every connector against every promise of the contract.
scorecard: .venv/dev
	@$(BIN)/python -m tests.contracts.scorecard

bench: .venv/dev
	@$(BIN)/python -m benchmarks

# What people run, hash-checked; editable so that a pull is an upgrade.
.venv/core: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

.venv/dev: .venv/core requirements-dev.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	touch $@

lock:
	uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --extra tui --group build pyproject.toml -o requirements.lock
	uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --extra x --extra reddit --extra bluesky --extra reviews --extra webhook --extra web --extra notify --extra tui --extra parquet --group build --group dev pyproject.toml -o requirements-dev.lock
