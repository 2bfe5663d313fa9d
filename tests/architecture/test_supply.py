"""What the listener is made of is pinned, hash by hash."""

import re

import pytest

from tests.architecture.source import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-fuzz.lock")
PINNED = re.compile(r"^[a-z0-9][\w.-]*==\S+", re.IGNORECASE)


def unpinned(text: str) -> list[str]:
    """Requirements without an exact version or a SHA-256 of their own."""
    found = []
    for entry in re.split(r"(?<!\\)\n", text):
        plain = entry.strip()
        if plain and not plain.startswith("#") and not (PINNED.match(plain) and "--hash=sha256:" in plain):
            found.append(plain.splitlines()[0])
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_H4_every_dependency_is_locked_by_its_hash(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert text.count("--hash=sha256:") > (1 if "fuzz" in name else 100)
    assert unpinned(text) == []


def test_H4_control_a_loose_requirement_is_caught() -> None:
    loose = "httpx==0.28.1 \\\n    --hash=sha256:ab\nrich>=14\nnumpy==2.0\n"
    assert unpinned(loose) == ["rich>=14", "numpy==2.0"]
