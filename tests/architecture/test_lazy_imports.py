"""What a command pulls into memory: `--help` answers in a blink, and reading a queue never wakes a model or an SDK.

The linter sees written imports only; this asks a real process what it loaded.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"torch", "transformers", "tweepy", "praw", "onnxruntime", "tokenizers", "apprise"}
NOT_FOR_HELP = HEAVY | {"sqlalchemy", "alembic", "httpx", "numpy", "jinja2", "pygal", "feedparser", "rich", "msgspec"}

PROBE = """
import json, sys
from listener.cli import main
try:
    main()
except SystemExit as left:
    code = left.code or 0
else:
    code = 0
roots = sorted({name.partition(".")[0] for name in sys.modules})
sys.stderr.write("\\n" + json.dumps({"code": code, "roots": roots}))
"""


def loaded_by(*words: str, cwd: Path) -> set[str]:
    """Top-level modules in memory after `listener …` ended well."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *words], cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )
    found = json.loads(done.stderr.rpartition("\n")[2])
    assert found["code"] == 0, done.stderr
    return set(found["roots"])


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("case", "--help"), ("replay", "--help")])
@pytest.mark.sqlite
def test_help_loads_nothing_that_takes_time(words: tuple[str, ...], tmp_path: Path) -> None:
    assert loaded_by(*words, cwd=tmp_path) & NOT_FOR_HELP == set()


@pytest.mark.parametrize("words", [("inbox",), ("digest",), ("case", "show", "1"), ("voice",), ("alerts",)])
def test_reading_the_desk_loads_no_model_and_no_sdk(words: tuple[str, ...], demo_store: Path) -> None:
    assert loaded_by("--config", str(demo_store), *words, cwd=demo_store) & HEAVY == set()


def test_the_probe_sees_what_is_loaded(tmp_path: Path) -> None:
    assert {"typer", "listener"} <= loaded_by("--help", cwd=tmp_path)
