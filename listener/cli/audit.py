"""Who did what; whether the record of it is whole; and a copy that others can check without us."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.case_acts import one_id
from listener.cli.export import Column, Kind, export
from listener.cli.insight import day_begins
from listener.cli.session import Session, session
from listener.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from listener.domain.audit import Act, ActFilter, Anchor, Sealed
    from listener.triage.auditing import Verification

COLUMNS = ("at", "agent", "did", "on", "words")
EXPORTED = (
    Column("row", Kind.WHOLE),
    Column("at"),
    Column("agent"),
    Column("kind"),
    Column("subject"),
    Column("event", Kind.WHOLE),
    Column("detail"),
    Column("before"),
    Column("salt"),
    Column("digest"),
    Column("link"),
)
WORDS = 400
"""Code points shown of one act's words."""
LACKING = 1000
"""Events without a row in the audit that are looked for."""


def audit(
    agent: Annotated[str, typer.Option(help="Only what this agent did.")] = "",
    since: Annotated[str, typer.Option(help="Only from this day on, YYYY-MM-DD.")] = "",
    case: Annotated[str, typer.Option(metavar="ID", help="Only what was done to this case.")] = "",
    subject: Annotated[str, typer.Option(help="Only what was done to this, such as incident:3 or agent:ana.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most this many, newest first.")] = 50,
    check: Annotated[bool, typer.Option("--verify", help="Check the whole chain; exit 5 if it is broken.")] = False,
    against: Annotated[str, typer.Option(metavar="ANCHOR", help="With --verify: an anchor written down before.")] = "",
    anchor: Annotated[bool, typer.Option("--anchor", help="Print where the chain ends, to write down.")] = False,
    to: Annotated[Path | None, typer.Option("--export", help="Write the whole chain to this .jsonl file.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a row.")] = False,
) -> None:
    """Who did what, newest first; each act is sealed with the one before it."""
    from listener.domain.audit import CASE, ActFilter
    from listener.triage.auditing import anchor_from

    if case and subject:
        raise ConfigError("--case and --subject exclude each other: a case is --subject case:ID")
    if against and not check:
        raise ConfigError("--against is for --verify: it says what the chain is compared with")
    with session() as ours:
        if check:
            _verify(ours, anchor_from(against) if against else None, as_json=as_json)
        elif anchor:
            _print_anchor(ours, as_json=as_json)
        elif to is not None:
            _export(ours, to, force=force)
        else:
            want = ActFilter(
                agent=agent,
                since=day_begins(ours, since) if since else None,
                subject=f"{CASE}{one_id(case)}" if case else subject,
            )
            _list(ours, want, limit, as_json=as_json)


def _list(ours: Session, want: ActFilter, limit: int, *, as_json: bool) -> None:
    with ours.store.read() as reads:
        found = reads.acts(want, limit + 1)
    rows = [_act_json(act) if as_json else _act_cells(act) for act in found[:limit]]
    show.emit_rows(COLUMNS, rows, as_json=as_json, wide="words")
    show.say(f"{len(rows)} acts" + (", more are older: raise --limit" if len(found) > limit else ""))


def _act_cells(act: Act) -> dict[str, object]:
    words = "(erased)" if act.erased else said(act.detail)
    return {"at": act.at, "agent": act.agent, "did": act.kind, "on": act.subject, "words": words}


def _act_json(act: Act) -> dict[str, object]:
    return {
        "row": act.id,
        "at": act.at,
        "agent": act.agent,
        "kind": act.kind,
        "subject": act.subject,
        "detail": act.detail,
        "erased": act.erased,
    }


def said(detail: Mapping[str, object]) -> str:
    """An event's words on one line, named unless there is one only."""
    spoken = {name: str(value) for name, value in detail.items() if value not in ("", None)}
    if set(spoken) <= {"text"}:
        return spoken.get("text", "")[:WORDS]
    return "; ".join(f"{name}: {value}" for name, value in spoken.items())[:WORDS]


def _verify(ours: Session, anchor: Anchor | None, *, as_json: bool) -> None:
    from listener.triage.auditing import verify

    with ours.store.read() as reads:
        found = verify(reads.sealed(), reads.unsealed(LACKING), anchor)
        before = reads.acts_before_audit()
    if as_json:
        show.emit_json(_found_json(found, before))
    if found.first is not None:
        raise _broken(found)
    if not as_json:
        show.out(f"{found.end.count} acts, chain whole")
    notes = [
        f"the words of {found.erased} were erased with the people they were about" if found.erased else "",
        f"{before} acts are older than the audit and not sealed" if before else "",
        "it holds the anchor" if anchor else "only an anchor kept elsewhere shows that the end wasn't cut off",
    ]
    show.say("; ".join(note for note in notes if note) + f". Anchor now: {found.end}")


def _found_json(found: Verification, before: int) -> dict[str, object]:
    first = {"row": found.first.row, "what": found.first.what} if found.first else None
    return {
        "whole": found.first is None,
        "acts": found.end.count,
        "erased": found.erased,
        "faulty": found.faulty,
        "first_fault": first,
        "before_audit": before,
        "anchor": str(found.end),
    }


def _broken(found: Verification) -> StoreError:
    assert found.first is not None, "a whole chain isn't broken"
    where = f"row {found.first.row}: " if found.first.row else ""
    more = f" ({found.faulty} faults in all)" if found.faulty > 1 else ""
    return StoreError(
        f"the audit is broken: {where}{found.first.what}{more}",
        next_step="compare with a backup and with an earlier export; keep this file as it is",
    )


def _print_anchor(ours: Session, *, as_json: bool) -> None:

    with ours.store.read() as reads:
        end = reads.anchor()
    if as_json:
        show.emit_json({"acts": end.count, "link": end.link, "anchor": str(end)})
    else:
        show.out(str(end))
    show.say("Write it down outside this machine; later: listener audit --verify --against ANCHOR")


def _export(ours: Session, to: Path, *, force: bool) -> None:
    if to.suffix.lower() != ".jsonl":
        raise ConfigError(f"{to.name!r} can't hold a chain", next_step="end its name in .jsonl")
    with ours.store.read() as reads:
        written = export(to, EXPORTED, _exported(reads.sealed()), force=force)
    show.say(f"{written} acts written to {to}; docs/audit.md shows how anybody can check them")


def _exported(rows: Iterator[Sealed]) -> Iterator[dict[str, object]]:
    from listener.domain.audit import instant

    for row in rows:
        event = row.event
        yield {
            "row": row.id,
            "at": instant(row.at),
            "agent": row.agent,
            "kind": row.kind,
            "subject": row.subject,
            "event": row.event_id,
            "detail": event.detail if event else None,
            "before": event.before if event else None,
            "salt": row.salt.hex(),
            "digest": row.digest,
            "link": row.link,
        }
