"""`listener rules`: which there are, what they would have done, what they did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from listener.cli import show
from listener.cli.case_acts import one_id
from listener.cli.session import Session, load_settings, session
from listener.errors import ConfigError

if TYPE_CHECKING:
    from listener.domain.policy import Settings
    from listener.domain.rules import Rule, RuleAct, Then, When
    from listener.triage.rule_preview import Preview, RulePreview

rules_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, help="Rules: list, preview, log."
)

File = Annotated[
    Path | None, typer.Option("--rules", metavar="FILE", help="Another file than the rules.toml in force.")
]
Name = Annotated[str, typer.Option("--rule", help="Only this rule.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a rule or act.")]
LONGEST = 3660
"""Days."""
SHOWN = 100
"""Code points of a post."""


@rules_app.command("list")
def list_rules(file: File = None, as_json: Json = False) -> None:
    """List the rules in their order, with what each asks for and does."""
    settings = load_settings()
    rules = _rules(file, settings)
    rows = [_row(number, rule) for number, rule in enumerate(rules, 1)]
    show.emit_rows(("number", "name", "state", "acts", "if", "then"), rows, as_json=as_json, wide="if")
    off = sum(not rule.enabled for rule in rules)
    show.say(f"{len(rules)} rules" + (f", {off} of them off" if off else ""))


@rules_app.command("preview")
def preview_rules(
    file: File = None,
    rule: Name = "",
    off: Annotated[bool, typer.Option("--off", help="Look at rules that are switched off as well.")] = False,
    days: Annotated[int, typer.Option(min=1, max=LONGEST, help="How far back to look.")] = 7,
    since: Annotated[str, typer.Option(help="From when instead, as 2026-03-02 or 2026-03-02 09:00.")] = "",
    samples: Annotated[int, typer.Option(min=0, max=3, help="Cases shown for each rule.")] = 3,
    as_json: Json = False,
) -> None:
    """Say what rules would have done to the last days; nothing is changed.

    Everything in the store is looked at again, with what was measured when each post came. A rule named by --rule is
    looked at as if it were on, among those that are.
    """
    from listener.triage.rule_preview import preview

    with session() as ours:
        rules = _chosen(_rules(file, ours.settings), rule, off=off)
        now = ours.clock.now()
        start = _start(since, now, ZoneInfo(ours.settings.timezone)) if since else now - timedelta(days=days)
        with ours.store.read() as reads:
            found = preview(reads, rules, ours.settings.triage, start, now)
    shown = [one for one in found.rules if not rule or one.rule == rule]
    if as_json:
        show.emit_rows((), (_preview_json(one, found) for one in shown), as_json=True)
    else:
        for one in shown:
            for line in _lines(one, samples):
                show.out(line)
    for line in _said(found, start):
        show.say(line)


@rules_app.command("log")
def log(
    rule: Name = "",
    case: Annotated[str, typer.Option("--case", help="Only what was done to this case.")] = "",
    days: Annotated[int, typer.Option(min=1, max=LONGEST, help="How far back to look.")] = 7,
    summary: Annotated[bool, typer.Option("--summary", help="Count by rule instead.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most this many, the latest.")] = 100,
    as_json: Json = False,
) -> None:
    """List what rules did, the latest first."""
    with session() as ours, ours.store.read() as reads:
        since = ours.clock.now() - timedelta(days=days)
        if summary:
            counts = reads.rule_counts(since)
            acts: list[RuleAct] = []
        else:
            case_id = one_id(case) if case else None
            acts = reads.rule_log(rule=rule, case_id=case_id, since=since, limit=limit + 1)
    if summary:
        rows = [asdict(one) for one in counts if not rule or one.rule == rule]
        never = _silent(ours, {one.rule for one in counts}, rule)
        rows += [{"rule": name, "acts": 0, "cases": 0, "last": None} for name in never]
        show.emit_rows(("rule", "acts", "cases", "last"), rows, as_json=as_json)
        return
    show.emit_rows(("at", "rule", "case", "post", "did"), map(_act_row, acts[:limit]), as_json=as_json, wide="did")
    more = f", more before: raise --limit above {limit}" if len(acts) > limit else ""
    show.say(f"{min(len(acts), limit)} acts in {days} days{more}")


def _rules(file: Path | None, settings: Settings) -> tuple[Rule, ...]:
    """Those in force, or those of another file."""
    from listener.settings import rules_of_file

    return settings.triage.rules if file is None else rules_of_file(file, settings)


def _chosen(rules: Sequence[Rule], name: str, *, off: bool) -> tuple[Rule, ...]:
    """Those to look at, switched on."""
    if name and name not in {rule.name for rule in rules}:
        known = ", ".join(f"“{rule.name}”" for rule in rules)
        raise ConfigError(
            f"no rule is named “{name}”", next_step=f"one of: {known}" if known else "listener rules list"
        )
    return tuple(replace(r, enabled=True) for r in rules if r.enabled or off or r.name == name)


def _start(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ConfigError(f"{text!r} is no day or time: write 2026-03-02 or 2026-03-02 09:00") from error
    at = at.replace(tzinfo=zone) if at.tzinfo is None else at
    if at >= now:
        raise ConfigError(f"{text!r} is still to come: a preview looks back")
    return at


def _row(number: int, rule: Rule) -> dict[str, object]:
    return {
        "number": number,
        "name": rule.name,
        "state": "on" if rule.enabled else "off",
        "acts": "in time" if rule.timed else "on posts",
        "if": _stated(rule.when) or "always",
        "then": "; ".join(part for part in (_stated(rule.then), "stop" if rule.stop else "") if part),
    }


def _stated(said: When | Then) -> str:
    """What differs from saying nothing."""
    silent = asdict(type(said)())
    stated = {name: value for name, value in asdict(said).items() if value != silent[name]}
    return "; ".join(name if value is True else f"{name} {_plain(value)}" for name, value in stated.items())


def _plain(value: object) -> str:
    from listener.settings import span_text

    if isinstance(value, timedelta):
        return span_text(value)
    return ", ".join(value) if isinstance(value, tuple) else f"{value:g}" if isinstance(value, float) else f"{value}"


def _preview_json(one: RulePreview, found: Preview) -> dict[str, object]:
    span = {"since": found.since, "until": found.until, "posts": found.posts, "unknown_cases": found.unknown}
    return {**asdict(one), **span, "strayed": found.strayed}


def _lines(one: RulePreview, samples: int) -> Iterator[str]:
    over = f"; held {one.passed_over} times more, below one that stops" if one.passed_over else ""
    if not one.acts:
        yield f"{one.rule}: never{over}"
        return
    yield f"{one.rule}: {_counted(one.acts, 'time')}, on {_counted(one.cases, 'case')}{over}"
    yield "    " + ", ".join(f"{thing} {count}×" for thing, count in one.did.items())
    for sample in one.samples[:samples]:
        hit = f" “{sample.hit}”" if sample.hit else ""
        yield f"    case {sample.case_id}, {sample.at:%Y-%m-%d %H:%M} UTC{hit}: {_around(sample.text, sample.hit)}"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _around(text: str, hit: str) -> str:
    """A post's beginning, or from a little before the word that was found."""
    at = max(0, text.casefold().find(hit) - SHOWN // 2)
    return f"{'…' if at else ''}{text[at : at + SHOWN]}{'…' if at + SHOWN < len(text) else ''}"


def _said(found: Preview, since: datetime) -> Iterator[str]:
    yield (
        f"{found.posts:,} posts of {found.cases:,} cases since {since:%Y-%m-%d %H:%M} UTC looked at again;"
        " nothing was changed"
    )
    if not found.rules:
        yield "No rule is on: --off looks at those that are switched off, --rule NAME at one of them."
    if found.unknown:
        yield (
            f"{found.unknown:,} cases left out: their posts were taken in before facts were kept, or have been erased."
        )
    if found.strayed:
        yield f"{found.strayed:,} posts would have woken a case that a rule put to sleep; what follows isn't told."


def _silent(ours: Session, acted: set[str], wanted: str) -> list[str]:
    rules = [rule for rule in ours.settings.triage.rules if rule.enabled and rule.name not in acted]
    return [rule.name for rule in rules if not wanted or rule.name == wanted]


def _act_row(act: RuleAct) -> dict[str, object]:
    from listener.triage.rules import in_words

    return {
        "at": act.at,
        "rule": act.rule,
        "case": act.case_id,
        "post": act.mention_id,
        "did": in_words(act.did),
    }
