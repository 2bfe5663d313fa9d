"""The digest as Markdown in which every string of a stranger is escaped; links lead only where their text says."""

from datetime import datetime
from zoneinfo import ZoneInfo

from listener.domain.digest import Cycle, Digest, Figure, Quote
from listener.domain.digest_parts import ToDo
from listener.domain.phrases import compared, lasting
from listener.reports.escaping import host, link, markdown
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


def render_markdown(digest: Digest) -> str:
    zone = ZoneInfo(digest.timezone)
    parts = (
        [f"# {markdown(title(digest))}", *([f"*The {_length(digest)} is not over.*"] if digest.partial else [])],
        [markdown(sentence, 600) for sentence in digest.story],
        _blind(digest, zone),
        _figures(digest),
        _alerts(digest, zone),
        _reasons(digest),
        _brands(digest),
        _loyalty(digest),
        *_lists(digest),
        _cases(digest),
        _praise(digest),
        ["## How far to trust this", *(f"- {markdown(said, 600)}" for said in said_trust(digest.trust))],
        [f"Usual: {markdown(digest.basis, 600)}. The advocacy balance is {BIAS}."],
    )
    return "\n\n".join("\n".join(_paragraphs(part)) for part in parts if part) + "\n"


def _paragraphs(rows: list[str]) -> list[str]:
    """A blank line between rows, but not inside a list, a table or a quote."""
    told: list[str] = []
    for row in rows:
        if told and not (row[:1] in "-|>" and told[-1][:1] == row[:1]):
            told.append("")
        told.append(row)
    return told


def _blind(digest: Digest, zone: ZoneInfo) -> list[str]:
    rows = [
        f"- {markdown(b.source, 80)}: blind from {_clock(b.since, zone, digest.cycle)}"
        f" to {_clock(b.until, zone, digest.cycle)} ({markdown(b.reason, 160)})"
        for b in digest.blind
    ]
    return ["## Not everything was heard", *rows] if rows else []


def _figures(digest: Digest) -> list[str]:
    return [
        "## Figures",
        "| | people | posts | compared |",
        "|---|---:|---:|---|",
        *(_figure(figure) for figure in (digest.complaints, digest.praise, digest.questions)),
        f"Mentions: {digest.mentions:,}, reposts apart: {digest.reposts:,}.",
        f"Sentiment: {said_moods(digest.sentiments)}.",
        f"Advocacy balance: {said_balance(digest.balance)}.",
        *_survey(digest),
    ]


def _survey(digest: Digest) -> list[str]:
    asked = digest.loyal.survey
    return [f"Survey NPS: {said_survey(asked)}. {markdown(asked.command, 300)}"] if asked else []


def _figure(figure: Figure) -> str:
    return f"| {figure.name.capitalize()} | {figure.people:,} | {figure.posts:,} | {compared(figure)} |"


def _alerts(digest: Digest, zone: ZoneInfo) -> list[str]:
    rows = [f"- {_clock(alert.opened_at, zone, digest.cycle)} {markdown(alert.title)}" for alert in digest.alerts]
    return ["## Alerts", *rows] if rows else []


def _reasons(digest: Digest) -> list[str]:
    told = []
    for reason in digest.reasons:
        people = f"{reason.people} people{said_usual(reason.usual, digest.cycle)}"
        told += [f"**{markdown(reason.words, 80)}**: {people}", *_quote(reason.quote)]
    return ["## What complaints are about", *told] if told else []


def _quote(said: Quote) -> list[str]:
    by = f"@{said.handle} on {said.platform}"
    return [f"> {markdown(said.text)}", ">", f"> {markdown(by, 120)}{_open(said.url)}"]


def _open(url: str) -> str:
    return f" · [{markdown(host(url), 100)}](<{link(url)}>)" if link(url) else ""


def _brands(digest: Digest) -> list[str]:
    if len(digest.brands) < 2:
        return []
    rows = [
        f"| {markdown(b.brand, 60)} | {b.mentions:,} | {said_share(b.voice)} | {b.complaints.people:,} |"
        f" {'–' if b.complaints.usual is None else f'{b.complaints.usual:.0f}'} | {b.praise.people:,} |"
        for b in digest.brands
    ]
    head = ["| Brand | mentions | share (95 %) | complained | usual | praised |", "|---|---:|---:|---:|---:|---:|"]
    return ["## Share of voice", *head, *rows]


def _cases(digest: Digest) -> list[str]:
    cases = digest.cases
    median = cases.median_first_response
    first = "" if median is None else f" (median first answer after {lasting(median)})"
    rows = [
        f"- Case {case.id}, {markdown('@' + case.handle, 80)}, {lasting(case.waited)}"
        f"{'' if case.answered else ', still waiting'}: {markdown(case.headline, 160)}{_open(case.url)}"
        for case in digest.slowest
    ]
    return [
        "## Cases",
        (
            f"{cases.opened:,} opened, {cases.answered:,} answered{first}, {cases.resolved:,} resolved,"
            f" {cases.breached:,} answered too late or not at all."
        ),
        *rows,
    ]


def _loyalty(digest: Digest) -> list[str]:
    scores = [f"- {markdown(said_factor(one, digest.brand), 120)}: {said_score(one)}" for one in digest.loyal.scores]
    places = [
        f"- {markdown(said_place(one, digest.brand), 120)}: {said_touchpoint(one)}" for one in digest.loyal.touchpoints
    ]
    return [
        *(["## Loyalty, 0 to 100", *scores] if scores else []),
        *(["## Where on their way", *places] if places else []),
    ]


def _lists(digest: Digest) -> list[list[str]]:
    return [
        [f"## {TITLES[one.act]}", f"{markdown(one.chosen[:1].upper() + one.chosen[1:])}.", *map(_todo, one.lines)]
        for one in digest.lists
    ]


def _todo(todo: ToDo) -> str:
    words = f" — {markdown(todo.words, 140)}" if todo.words else ""
    command = f" · {markdown(todo.command, 300)}" if todo.command else ""
    return (
        f"- {markdown(todo.who, 120)}{f': {markdown(todo.why)}' if todo.why else ''}{words}{_open(todo.url)}{command}"
    )


def _praise(digest: Digest) -> list[str]:
    told = [text for said in digest.praises for text in (*_quote(said), "")]
    return ["## Praise", *told] if told else []


def _length(digest: Digest) -> str:
    return "day" if digest.cycle is Cycle.DAILY else "week"


def _clock(instant: datetime, zone: ZoneInfo, cycle: Cycle) -> str:
    local = instant.astimezone(zone)
    return f"{local:%H:%M}" if cycle is Cycle.DAILY else f"{local:%a %d %b %H:%M}"
