"""Runs the commands of a document, in order, as a reader would type them."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests import engines

FENCE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXIT = re.compile(r"#.*\bexit (\d+)\b")
EXPORT = re.compile(r"export (\w+)=(\S+)\s*(?:#.*)?")

# What needs a network or builds an environment: the continuous integration run and a fresh clone prove these.
INSTALLS = ("git clone", "cd ", "python3 -m venv", "make test", "make check", "pip install", ".venv/bin/pip install")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command of a document; `code` is the exit code its comment announces, else 0."""

    line: int
    text: str
    code: int


def commands(document: str) -> Iterator[Command]:
    """Every line after a `$ ` prompt inside a console fence; a trailing backslash goes on in the next line."""
    for fence in FENCE.finditer(document):
        first = document.count("\n", 0, fence.start(1)) + 1
        joined = ""
        for number, line in enumerate(fence[1].splitlines(), first):
            if line.startswith("$ ") or joined:
                joined += line.removeprefix("$ ") if not joined else f" {line.strip()}"
                if joined.endswith("\\"):
                    joined = joined[:-1].rstrip()
                    continue
                found = EXIT.search(joined)
                yield Command(line=number, text=joined, code=int(found[1]) if found else 0)
                joined = ""


def run_all(document: str, folder: Path, *programs: Path) -> list[str]:
    """Type every command in `folder`; what went other than announced, one line each. First come those of `programs`."""
    binaries = [str(path) for path in (*programs, Path(sys.executable).parent)]
    env = {
        "PATH": os.pathsep.join([*binaries, os.environ["PATH"]]),
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "COLUMNS": "120",
        **engines.beside(),
    }
    faults = []
    for command in commands(document):
        if command.text.startswith(INSTALLS):
            continue
        if exported := EXPORT.fullmatch(command.text):
            env[exported[1]] = exported[2].replace("$PWD", str(folder))
            continue
        faults += _type(command, folder, env)
    return faults


def _type(command: Command, folder: Path, env: dict[str, str]) -> list[str]:
    # make's own goals are run by what stands in the Makefile; here it would install first.
    typed = command.text.replace("make demo", "listener demo", 1)
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", typed],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode != command.code:
        said = done.stderr.strip().splitlines()[-3:]
        return [f"line {command.line}: {command.text} left with {done.returncode}, not {command.code}: {said}"]
    if "Traceback" in done.stderr:
        return [f"line {command.line}: {command.text} printed a traceback"]
    return []
