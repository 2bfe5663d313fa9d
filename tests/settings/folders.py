"""Settings folders as small as a test needs."""

from collections.abc import Mapping
from pathlib import Path

from listener import settings
from listener.domain.policy import Settings
from listener.settings import Checks, ConfigProblems, Problem

BRANDS = '[[brand]]\nname = "Acme"\nhandles = ["acme"]\n'


def folder(at: Path, **files: str | bytes) -> Path:
    """A settings folder; `listener="…"` writes listener.toml. The two files that must be there are, unless given."""
    for name, content in {"listener": "", "brands": BRANDS, **files}.items():
        raw = content if isinstance(content, bytes) else content.encode()
        (at / f"{name}.toml").write_bytes(raw)
    return at


def loaded(root: Path, environ: Mapping[str, str] | None = None, checks: Checks | None = None) -> Settings:
    """The settings, as if nothing else were in the environment."""
    return settings.load(root, environ=environ or {}, checks=checks)


def problems(root: Path, environ: Mapping[str, str] | None = None, checks: Checks | None = None) -> list[Problem]:
    """What is wrong; a test that calls this expects something to be."""
    try:
        loaded(root, environ, checks)
    except ConfigProblems as found:
        return list(found.problems)
    raise AssertionError("nothing was found wrong")
