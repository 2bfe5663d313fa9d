"""`listener demo`: the whole job on bundled posts by invented people about invented brands."""

from __future__ import annotations

import json
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from listener.cli import show
from listener.cli.session import Session, flags, session
from listener.domain.alert import AlertKind

DAWN = datetime(2000, 1, 1, tzinfo=UTC)

DATA = Path(__file__).parent.parent / "demo"
THEMES = "themes.toml"


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the demo's settings, database and digest.")] = Path("demo-out"),
) -> None:
    """Play eight days of sample posts through the whole run: queue, digest, alert, and what to type next."""
    from listener import app
    from listener.cli.desk import inbox
    from listener.cli.insight import Format, digest
    from listener.cli.narrate import log_lines
    from listener.cli.run import finish, recorded
    from listener.clock import SystemClock
    from listener.domain.stored import InboxFilter

    posts = prepare(out, SystemClock().now())
    flags.config = out
    flags.database = None
    show.say(f"Playing {posts} as if it happened over the last eight days …")
    with session() as ours, log_lines("WARNING"):
        report = app.replay(ours.settings, ours.store, recorded(posts, "file"))
        day = outage_day(ours)
        with ours.store.read() as reads:
            best = reads.inbox(InboxFilter(), ours.clock.now(), 1)[0].id
    finish(report, as_json=False)
    _heading("The queue, best next case first (listener inbox)")
    inbox(limit=10)
    _heading(f"The day of the outage (listener digest --day {day})")
    digest(day=day)
    page = out / "digest.html"
    digest(day=day, format=Format.HTML, out=page)
    _heading("What to type next")
    command = f"{_program()} --config {out}"
    hints = {
        f"{command} --as ada desk": "the queue and its cases on one screen, a key for every verb",
        f"{command} --as ada next": "the same as a command: claim the best case and read it",
        f"{command} case why {best}": "why a case stands where it stands",
        f"{command} voice --by brand": "who is talked about, how much, by how many",
        f"{command} board": "how each queue stands, and how fast it is answered",
        f"{command} rules preview": "what the demo's rules would have done",
        f"{command} alerts": "what on-call was told",
        str(page): "the digest as a page: open it in a browser",
    }
    for typed, why in hints.items():
        show.out(f"  {typed:<{max(map(len, hints))}}  {why}")


def outage_day(ours: Session) -> str:
    """The day of the last spike, in the demo's time zone; the last day with posts if there was none."""
    with ours.store.read() as reads:
        spikes = [alert for alert in reads.alerts(DAWN, 100) if alert.kind is AlertKind.SPIKE]
    if not spikes:
        return "latest"
    last = max(alert.opened_at for alert in spikes)
    return f"{last.astimezone(ZoneInfo(ours.settings.timezone)):%Y-%m-%d}"


def prepare(out: Path, now: datetime) -> Path:
    """Copy the demo's settings into `out`, the themes that ship, and the posts, so moved that they end within a day.

    A database of an earlier demo there is replaced; nothing else in the folder is touched.
    """
    from listener.settings.starter import shipped
    from listener.settings.whole import write_whole

    for file in (*(DATA / "config").glob("*.toml"), shipped() / THEMES):
        write_whole(out / file.name, file.read_text(encoding="utf-8"))
    for old in out.glob("demo.sqlite*"):
        old.unlink()
    posts = [json.loads(line) for line in (DATA / "posts.jsonl").read_text(encoding="utf-8").splitlines()]
    last = max(datetime.fromisoformat(post["created_at"]) for post in posts)
    shift = timedelta(days=(now - last).days)
    target = out / "posts.jsonl"
    lines = (
        json.dumps({**post, "created_at": (datetime.fromisoformat(post["created_at"]) + shift).isoformat()})
        for post in posts
    )
    write_whole(target, "".join(f"{line}\n" for line in lines))
    return target


def _heading(text: str) -> None:
    show.out()
    show.out(f"── {text} " + "─" * max(0, 76 - len(text)))


def _program() -> str:
    """How this program was called, so that the printed lines can be typed as they are."""
    called = Path(sys.argv[0])
    return "listener" if shutil.which("listener") or called.name != "listener" else str(called)
