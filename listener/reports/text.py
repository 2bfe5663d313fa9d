"""The digest for a terminal: 80 columns, plain, nothing a stranger wrote reaches it unescaped."""

from collections.abc import Iterable
from datetime import datetime
from textwrap import wrap
from zoneinfo import ZoneInfo

from listener.domain.digest import Cycle, Digest, Figure, Quote
from listener.domain.digest_parts import ActList
from listener.domain.phrases import compared, lasting
from listener.reports.escaping import line, link
from listener.reports.phrasing import (
    BIAS,
    TITLES,
    said_balance,
    said_factor,
    said_moods,
    said_place,
    said_score,
    said_share,
    said_survey,
    said_touchpoint,
    said_trust,
    said_usual,
    title,
)

WIDTH = 80
BARS = " ▁▂▃▄▅▆▇█"
"""A chart of one line: the fullest bar is the day's highest hour."""


def render_text(digest: Digest) -> str:
    zone = ZoneInfo(digest.timezone)
    parts = (
        _head(digest, zone),
        _blind(digest, zone),
        _figures(digest),
        _hours(digest, zone),
        _alerts(digest, zone),
        _reasons(digest),
        _brands(digest),
        _loyalty(digest),
        _touchpoints(digest),
        *_lists(digest),
        _cases(digest),
        _praise(digest),
        _trust(digest),
        _foot(digest),
    )
    return "\n".join(text for part in parts if part for text in (*part, "")).rstrip() + "\n"


def _head(digest: Digest, zone: ZoneInfo) -> list[str]:
    name = _wrapped(title(digest))
    note = (
        f"The {'day' if digest.cycle is Cycle.DAILY else 'week'} is not over: made {_when(digest.made_at, zone)}."
        if digest.partial
        else ""
    )
    story = [text for sentence in digest.story for text in _wrapped(sentence, limit=600)]
    return [*name, "═" * max(map(len, name)), *_wrapped(note), *story]


def _blind(digest: Digest, zone: ZoneInfo) -> list[str]:
    return _section(
        "Not everything was heard (listener coverage)",
        (
            f"{b.source}: blind from {_clock(b.since, zone, digest.cycle)}"
            f" to {_clock(b.until, zone, digest.cycle)} ({line(b.reason, 160)})"
            for b in digest.blind
        ),
    )


def _figures(digest: Digest) -> list[str]:
    return [
        *(row for figure in (digest.complaints, digest.praise, digest.questions) for row in _figure(figure)),
        f"{'Mentions':<12}{digest.mentions:>7,}        reposts apart: {digest.reposts:,}",
        *_wrapped(f"Sentiment: {said_moods(digest.sentiments)}."),
        *_wrapped(f"Advocacy balance: {said_balance(digest.balance)}."),
        *(_wrapped(f"Survey NPS: {said_survey(asked)}.") if (asked := digest.loyal.survey) else []),
    ]


def _figure(figure: Figure) -> list[str]:
    said = f"{figure.name.capitalize():<12}{figure.people:>7,} people {compared(figure)}; {figure.posts:,} posts"
    return wrap(said, WIDTH, subsequent_indent=" " * 20)


def _hours(digest: Digest, zone: ZoneInfo) -> list[str]:
    """One character an hour, the usual below the day's own."""
    points = digest.hours
    top = max((point.complaints for point in points), default=0)
    if top == 0:
        return []
    scale = max(top, *(point.usual or 0.0 for point in points))
    own = "".join("?" if point.blind else _bar(point.complaints / scale) for point in points)
    usual = "".join(" " if point.usual is None else _bar(point.usual / scale) for point in points)
    first, last = points[0].hour.astimezone(zone), points[-1].hour.astimezone(zone)
    marks = "  (? blind)" if any(point.blind for point in points) else ""
    return [
        f"Complaints by hour, {first:%H:%M} to {last:%H}:59; at most {top} people{marks}",
        f"  day   │{own}│",
        *([f"  usual │{usual}│"] if usual.strip() else []),
    ]


def _bar(share: float) -> str:
    """The least there is still shows."""
    top = len(BARS) - 1
    return BARS[max(1, min(top, round(share * top)))] if share > 0 else BARS[0]


def _alerts(digest: Digest, zone: ZoneInfo) -> list[str]:
    return _section(
        f"Alerts ({digest.command('alerts') or 'listener alerts'})",
        (f"{_clock(a.opened_at, zone, digest.cycle)} {line(a.title)}" for a in digest.alerts),
    )


def _reasons(digest: Digest) -> list[str]:
    told = []
    for reason in digest.reasons:
        usual = said_usual(reason.usual, digest.cycle)
        told += _wrapped(f"“{reason.words}”: {reason.people} people{usual}", indent="  ")
        told += _quote(reason.quote)
    return ["What complaints are about", *told] if told else []


def _quote(said: Quote) -> list[str]:
    by = f"@{line(said.handle, 80)} on {line(said.platform, 30)} {link(said.url)}".rstrip()
    return [*_wrapped(said.text, indent="    > "), *_wrapped(by, indent="      ", limit=600)]


def _brands(digest: Digest) -> list[str]:
    if len(digest.brands) < 2:
        return []
    rows = [
        f"  {_cut(b.brand, 20):<21}{b.mentions:>8,}  {said_share(b.voice):<22}{b.complaints.people:>7,} "
        f"{_usual(b.complaints):>6} {b.praise.people:>7,}"
        for b in digest.brands
    ]
    head = f"  {'Share of voice':<21}{'mentions':>8}  {'share (95 %)':<22}{'complain':>7} {'usual':>5} {'praise':>7}"
    return [head, *rows]


def _cut(text: str, width: int) -> str:
    """At most `width` columns, also where hidden characters were spelled out."""
    shown = line(text, width)
    return shown if len(shown) <= width else shown[: width - 1] + "…"


def _usual(figure: Figure) -> str:
    return "–" if figure.usual is None else f"{figure.usual:.0f}"


def _cases(digest: Digest) -> list[str]:
    slow = (
        f"case {case.id}, @{line(case.handle, 40)}, {lasting(case.waited)}"
        f"{'' if case.answered else ' and still waiting'}: {line(case.headline, 90)}"
        for case in digest.slowest
    )
    return _section("Who waited longest (listener case show ID)", slow)


def _loyalty(digest: Digest) -> list[str]:
    rows = (f"{said_factor(one, digest.brand)}: {said_score(one)}" for one in digest.loyal.scores)
    return _section("Loyalty, 0 to 100 (listener loyalty)", rows)


def _touchpoints(digest: Digest) -> list[str]:
    rows = (f"{said_place(one, digest.brand)}: {said_touchpoint(one)}" for one in digest.loyal.touchpoints)
    return _section("Where on their way (listener journey)", rows)


def _lists(digest: Digest) -> list[list[str]]:
    return [_act(one) for one in digest.lists]


def _act(one: ActList) -> list[str]:
    told = [*_wrapped(f"{TITLES[one.act]}: {one.chosen}")]
    for number, todo in enumerate(one.lines, 1):
        who = f"{number}. {line(todo.who, 120)}{f': {line(todo.why, 160)}' if todo.why else ''}"
        told += wrap(who, WIDTH, initial_indent="  ", subsequent_indent="     ")
        told += _wrapped(line(todo.words, 140), indent="     > ") if todo.words else []
        told += _wrapped(todo.command or link(todo.url), indent="     ", limit=600)
    return told


def _praise(digest: Digest) -> list[str]:
    return [*(["Praise"] if digest.praises else []), *(text for said in digest.praises for text in _quote(said))]


def _trust(digest: Digest) -> list[str]:
    return [
        "How far to trust this",
        *(text for said in said_trust(digest.trust) for text in _wrapped(said, indent="  ")),
    ]


def _foot(digest: Digest) -> list[str]:
    return [
        *_wrapped(f"Usual: {digest.basis}. The balance is {BIAS}.", limit=900),
        *_wrapped(f"Rows behind the figures: {digest.command('complaints.people')}", limit=600),
        *(_wrapped(f"Behind recovery: {digest.loyal.recovery_command}") if digest.loyal.recovery else []),
        *_wrapped("The command behind every other number: --json, under behind.", limit=600),
    ]


def _section(name: str, rows: Iterable[str]) -> list[str]:
    told = [text for row in rows for text in _wrapped(row, indent="  ")]
    return [name, *told] if told else []


def _wrapped(text: str, *, indent: str = "", limit: int = 280) -> list[str]:
    return wrap(line(text, limit), WIDTH, initial_indent=indent, subsequent_indent=indent)


def _clock(instant: datetime, zone: ZoneInfo, cycle: Cycle) -> str:
    local = instant.astimezone(zone)
    return f"{local:%H:%M}" if cycle is Cycle.DAILY else f"{local:%a %d %b %H:%M}"


def _when(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"
