"""The day the app failed: one event, one page, and the reasons for it."""

import json
import shutil
from pathlib import Path

from tests.demo import POSTS, listener


def test_the_outage_pages_on_call_exactly_once(demo_store: Path, tmp_path: Path) -> None:
    told = (demo_store / "told.txt").read_text(encoding="utf-8")
    titles = [line for line in told.splitlines() if line.startswith("!! ")]
    begun, *grown, over = [title.split()[1] for title in titles]
    assert (begun, over) == ("Complaints", "Over:")
    assert grown in ([], ["Worse:"])  # whether it doubles depends on what the model calls a complaint
    assert all("Fernpost" in title for title in titles)

    folder = shutil.copytree(demo_store, tmp_path / "again")
    again = listener("--config", str(folder), "replay", str(POSTS), cwd=folder).stderr
    assert "!! " not in again


def test_the_only_alert_of_the_eight_days_began_in_the_outage_and_says_why(demo_store: Path) -> None:
    def run(*words: str) -> str:
        return listener("--config", str(demo_store), *words, cwd=demo_store).stdout

    [alert] = [json.loads(line) for line in run("alerts", "--days", "3650", "--json").splitlines()]
    assert alert["subject"].startswith("Fernpost/")
    assert "2026-03-09T08:00" <= alert["opened"] <= "2026-03-09T10:00"
    assert alert["closed"] is not None
    why = run("alerts", "show", alert["key"])
    assert why.count("https://example.com/") == 3
    assert "app" in why.lower()
