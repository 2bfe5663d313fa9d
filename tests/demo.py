"""The bundled sample posts as tests use them: settings, and a store that has replayed all of them once."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests import warm

DATA = Path(__file__).parents[1] / "listener" / "demo"
POSTS = DATA / "posts.jsonl"


def write_settings(folder: Path, **files: str) -> Path:
    """The demo's settings in `folder`; `brands="…"` replaces brands.toml, and so on."""
    shutil.copytree(DATA / "config", folder)
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def listener(
    *words: str, cwd: Path, expect: int = 0, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """`listener …` in a process of its own, with `env` beside the present variables; it must end with `expect`."""
    done = warm.run(words, cwd=cwd, env={**os.environ, **(env or {})}, timeout=300)
    assert done.returncode == expect, f"listener {' '.join(words)} left with {done.returncode}\n{done.stderr}"
    return done
