"""`listener insight compare`: whether an initiative moved anything, or whether it is noise."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.connection import difference_json
from listener.cli.insight import BrandName, known_brand, window_of, zone_of
from listener.cli.nps import brands_of
from listener.cli.session import Session, session
from listener.cli.voice import Csv, JsonRows, said_window, share_json
from listener.errors import ConfigError
from listener.reports.rows import write_csv

if TYPE_CHECKING:
    from listener.domain.connection import Change, Comparison
    from listener.domain.digest import Share
    from listener.domain.loyalty import Saying
    from listener.insight.windows import Window
    from listener.ports import Reads

insight_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="What the figures say together: whether an initiative moved anything.",
)

COLUMNS = ("brand", "group", "what", "before", "n before", "after", "n after", "in both", "says")
GROUPS = ("touchpoint", "platform", "lang", "tier")
WINDOW = "FIRST..LAST, two days written YYYY-MM-DD."
_COUNTS = re.compile(r"(\d{1,12})/(\d{1,12})\.\.(\d{1,12})/(\d{1,12})")


@insight_app.callback()
def _only() -> None:
    """Keeps `compare` a command by its name, though it is the only one."""


@insight_app.command("compare")
def compare(
    before: Annotated[str, typer.Option(help=f"The days before: {WINDOW}")] = "",
    after: Annotated[str, typer.Option(help=f"The days after: {WINDOW}")] = "",
    brand: BrandName = "",
    group: Annotated[
        str, typer.Option(help="Only these: touchpoint=NAME, platform=NAME, lang=CODE or tier=NAME.")
    ] = "",
    counts: Annotated[
        str, typer.Option(help="Compare known numbers instead: 210/1000..260/1000, before and after.")
    ] = "",
    as_csv: Csv = False,
    as_json: JsonRows = False,
) -> None:
    """Tell whether connection, talk of leaving or advocacy changed by more than noise between two windows."""
    if counts:
        _by_counts(counts, as_csv=as_csv, as_json=as_json)
        return
    if not before or not after:
        raise ConfigError("compare needs --before and --after", next_step=f"each as {WINDOW}")
    with session() as ours:
        zone = zone_of(ours)
        first, then = _window(ours, "--before", before), _window(ours, "--after", after)
        if first.until > then.since:
            raise ConfigError("--after begins before --before is over", next_step="choose windows that don't overlap")
        with ours.store.read() as reads:
            names = brands_of(ours, known_brand(ours, brand))
            found = [_compared(reads, ours, name, first, then, group) for name in names]
    _emit(found, as_csv=as_csv, as_json=as_json)
    if not (as_csv or as_json):
        show.say(f"Before: {said_window(first, zone)}. After: {said_window(then, zone)}.")
        if (first.until - first.since) != (then.until - then.since):
            show.say("The windows differ in length: who posts rarely is likelier to do a thing in the longer one.")
        show.say(
            "Shares of authors, 95 % intervals; authors in both windows are counted in each, and the interval knows"
            " that they are the same. Of three measures that don't move at all, one is called more than noise in one of"
            " seven comparisons."
        )


def _window(ours: Session, flag: str, text: str) -> Window:
    since, dots, until = text.partition("..")
    if not (since and dots and until):
        raise ConfigError(f"{flag} {text!r} is no window", next_step=f"write it as {WINDOW}")
    return window_of(since, until, None, ours.clock.now(), zone_of(ours))


def _compared(reads: Reads, ours: Session, brand: str, before: Window, after: Window, group: str) -> Comparison:
    from listener.insight import compare as counted

    said = [reads.sayings(brand, one.since, one.until) for one in (before, after)]
    if group:
        keep = _keep(reads, ours, group, said)
        said = [[one for one in sayings if keep(one)] for sayings in said]
    return counted.compare(brand, (before, said[0]), (after, said[1]), group)


def _keep(reads: Reads, ours: Session, group: str, said: Sequence[Sequence[Saying]]) -> Callable[[Saying], bool]:
    """Which posts are the group's; of a tier all posts of its customers."""
    kind, _, name = group.partition("=")
    match kind:
        case _ if kind not in GROUPS or not name:
            raise ConfigError(
                f"--group {group!r} names no group", next_step=f"write {', '.join(f'{one}=NAME' for one in GROUPS)}"
            )
        case "touchpoint":
            return _at_touchpoint(ours, name)
        case "platform":
            return lambda one: one.platform == name
        case "lang":
            return lambda one: one.lang == name
        case _:
            people = reads.people(sorted({one.author_id for sayings in said for one in sayings}))
            wanted = {one for one, person in people.items() if person.tier.casefold() == name.casefold()}
            return lambda one: one.author_id in wanted


def _at_touchpoint(ours: Session, name: str) -> Callable[[Saying], bool]:
    from listener.domain.themes import ThemeKind, tag

    known = [one.name for one in ours.settings.themes if one.kind is ThemeKind.TOUCHPOINT]
    if name not in known:
        raise ConfigError(f"no touchpoint is called {name!r}", next_step=f"choose one of: {', '.join(known)}")
    wanted = tag(ThemeKind.TOUCHPOINT, name)
    return lambda one: wanted in one.tags


def _by_counts(counts: str, *, as_csv: bool, as_json: bool) -> None:
    from listener.domain.connection import Comparison, Moved
    from listener.insight.compare import changed
    from listener.insight.intervals import share

    numbers = [int(one) for one in found.groups()] if (found := _COUNTS.fullmatch(counts)) else []
    if not numbers or not all(part <= whole and whole for part, whole in (numbers[:2], numbers[2:])):
        raise ConfigError(
            f"--counts {counts!r} can't be read", next_step="write PART/WHOLE..PART/WHOLE, such as 210/1000..260/1000"
        )
    change = changed(Moved.SHARE, share(*numbers[:2]), share(*numbers[2:]))
    _emit([Comparison(brand="", group="", before=None, after=None, changes=(change,))], as_csv=as_csv, as_json=as_json)


def _emit(found: Sequence[Comparison], *, as_csv: bool, as_json: bool) -> None:
    rows = [(one, change) for one in found for change in one.changes]
    if as_json:
        show.emit_rows((), (_json(*row) for row in rows), as_json=True)
    elif as_csv:
        write_csv(sys.stdout, COLUMNS, _cells(rows))
    else:
        for one, change in rows:
            about = " ".join(part for part in (one.brand, one.group) if part)
            show.out(f"{about}: {change.sentence}{_n(change)}" if about else f"{change.sentence}{_n(change)}")


def _n(change: Change) -> str:
    if not change.difference.telling:
        return ""
    both = f", {change.both:,} authors in both" if change.both else ""
    return f" (n = {change.before.whole:,} and {change.after.whole:,}{both})"


def _cells(rows: Sequence[tuple[Comparison, Change]]) -> Iterable[Mapping[str, object]]:
    for one, change in rows:
        shares = (_said(change.before), change.before.whole, _said(change.after), change.after.whole)
        cells = (one.brand, one.group, change.what, *shares, change.both, change.sentence)
        yield dict(zip(COLUMNS, cells, strict=True))


def _said(share: Share) -> str:
    from listener.reports.phrasing import said_share

    return said_share(share)


def _json(one: Comparison, change: Change) -> dict[str, object]:
    return {
        "brand": one.brand,
        "group": one.group,
        "what": change.what,
        **share_json("before", change.before),
        **share_json("after", change.after),
        **difference_json(change.difference),
        "authors_in_both": change.both,
        "correlation": round(change.correlation, 6),
        "says": change.sentence,
    }
