"""The digest as Markdown in which every string of a stranger is escaped; links lead only where their text says."""

from datetime import datetime
from zoneinfo import ZoneInfo

from listener.domain.digest import Digest, Figure, Quote
from listener.domain.phrases import compared, lasting
from listener.reports.escaping import host, link, markdown
from listener.reports.phrasing import BIAS, said_balance, said_moods, said_share, title


def render_markdown(digest: Digest) -> str:
    zone = ZoneInfo(digest.timezone)
    parts = (
        [f"# {markdown(title(digest))}", *(["*The day is not over.*"] if digest.partial else [])],
        [markdown(sentence, 600) for sentence in digest.story],
        _blind(digest, zone),
        _figures(digest),
        _alerts(digest, zone),
        _reasons(digest),
        _brands(digest),
        _cases(digest),
        _praise(digest),
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
        f"- {markdown(b.source, 80)}: blind from {_clock(b.since, zone)} to {_clock(b.until, zone)}"
        f" ({markdown(b.reason, 160)})"
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
    ]


def _figure(figure: Figure) -> str:
    return f"| {figure.name.capitalize()} | {figure.people:,} | {figure.posts:,} | {compared(figure)} |"


def _alerts(digest: Digest, zone: ZoneInfo) -> list[str]:
    rows = [f"- {_clock(alert.opened_at, zone)} {markdown(alert.title)}" for alert in digest.alerts]
    return ["## Alerts", *rows] if rows else []


def _reasons(digest: Digest) -> list[str]:
    told = []
    for reason in digest.reasons:
        usual = "" if reason.usual is None else f", {reason.usual:.1f} on a usual day"
        told += [f"**{markdown(reason.words, 80)}**: {reason.people} people{usual}", *_quote(reason.quote)]
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


def _praise(digest: Digest) -> list[str]:
    told = [text for said in digest.praises for text in (*_quote(said), "")]
    thanks = [
        f"- {markdown('@' + said.handle, 80)}, {said.followers:,} followers{_open(said.url)}" for said in digest.thanks
    ]
    return [
        *(["## Praise", *told] if told else []),
        *(["### Whom to thank, by reach", *thanks] if thanks else []),
    ]


def _clock(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%H:%M}"
