"""The day or week that a command is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from listener.cli.session import Session
    from listener.insight.windows import Window
    from listener.ports import Reads

DAYS_SAID = "YYYY-MM-DD, yesterday, today, or latest: the last with data."
Day = Annotated[str, typer.Option("--day", help=f"One day: {DAYS_SAID}")]
Since = Annotated[str, typer.Option(help="First day, YYYY-MM-DD.")]
Until = Annotated[str, typer.Option(help="Last day, YYYY-MM-DD; today if not given.")]
Week = Annotated[str, typer.Option("--week", help="One week from Monday to Sunday, as 2026-W12.")]


def listed_window(day: str, week: str, reads: Reads, ours: Session, since: str = "", until: str = "") -> Window:
    """Of a list: the day or week named, or the days from `since` to `until`; the last seven days where none is."""
    from listener.lists import asking

    return asking.listed_window(day, week, reads, ours.settings, ours.clock.now(), since, until)
