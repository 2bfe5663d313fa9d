"""Nothing of the machine it was written on is in the project, and nothing half done."""

import re
from pathlib import Path

from tests.architecture.source import ROOT, tracked

# Spelled in pieces, or this file would be its own first finding.
MACHINE_PATH = re.compile(r"(?<![\w.~{}-])/(?:work|root|home)" + r"/[\w.-]+")
REGISTRY = re.compile(
    "index" + r"-url|find" + r"-links|python" + r"hosted\.org|pypi\.org/" + "simple|trusted" + "-host"
)
HALF_DONE = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")


def findings(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    """`file:line: text` of every line that matches; files that aren't UTF-8 text are passed over."""
    found = []
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        found += [f"{path}:{n}: {hit.group()}" for n, line in enumerate(lines, 1) if (hit := pattern.search(line))]
    return found


def test_no_tracked_file_names_a_path_of_somebodys_machine() -> None:
    assert findings(MACHINE_PATH, tracked()) == []


def test_no_tracked_file_names_a_package_registry() -> None:
    assert findings(REGISTRY, tracked()) == []


def test_lock_files_hold_hashes_and_no_address() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert "://" not in text


def test_no_source_is_left_half_done() -> None:
    sources = [path for path in tracked() if path.suffix in {".py", ".toml", ".md"}]
    assert findings(HALF_DONE, sources) == []


def test_the_rules_catch_what_they_forbid(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("DATA = '/ho" + "me/ann/data'  # TO" + "DO: --index" + "-url\n")
    for pattern in (MACHINE_PATH, REGISTRY, HALF_DONE):
        assert len(findings(pattern, [bad])) == 1
    assert not MACHINE_PATH.search("https://example.com/ho" + "me/x, ~/ho" + "me/y")
