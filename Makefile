# Four goals a newcomer needs; each is a line or two of real commands.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check bench scorecard nightly lock sbom audit

demo: .venv/core
	$(BIN)/listener demo

# One process more than there are cores: many tests wait for processes that they kill.
test: .venv/dev
	$(BIN)/python -m pytest -n $$($(BIN)/python -c 'import os; print((os.cpu_count() or 1) + 1)') $(PYTEST)

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

# What is too long for every change: power cuts, kills.
nightly: .venv/dev .venv/fuzz
	$(BIN)/python -m tests.faults.explorer --states 200000
	$(BIN)/python -m pytest -n auto tests/journeys tests/alerts --crash-kills 500
	$(BIN)/python -m tests.alerts.delivery_kills --kills 10000
	$(BIN)/python -m tests.alerts.mail_subjects --subjects 100000
	$(BIN)/python -m tests.journeys.connector_kills --kills 500
	$(BIN)/python -m tests.journeys.worker_kills --kills 500 --cuts 5
	$(BIN)/python -m tests.journeys.cut_off
	$(BIN)/python -m tests.fuzz --seconds 300
	$(BIN)/python -m tests.fuzz --engine atheris --seconds 300
	$(BIN)/python -m pytest -n auto tests/attacks --every-fault

# What people run, hash-checked; editable so that a pull is an upgrade.
.venv/core: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

.venv/dev: .venv/core requirements-dev.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	touch $@

# A platform for which it isn't built goes without: the fuzzer says so.
.venv/fuzz: .venv/dev requirements-fuzz.lock
	-$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements-fuzz.lock
	touch $@

lock:
	uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --extra tui --group build pyproject.toml -o requirements.lock
	uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --extra x --extra reddit --extra bluesky --extra reviews --extra webhook --extra web --extra notify --extra tui --extra parquet --extra pg --group build --group dev pyproject.toml -o requirements-dev.lock
	uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --group fuzz -o requirements-fuzz.lock

# What a release is made of, as CycloneDX, and whether any of it is known to be unsafe; both ask the network.
sbom:
	uvx --from cyclonedx-bom cyclonedx-py requirements requirements.lock --of JSON -o sbom.cdx.json

audit:
	uvx pip-audit --disable-pip --require-hashes -r requirements.lock
