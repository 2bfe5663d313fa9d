"""What a person may ask for: everything that is stored of them, and that it be erased."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.case_acts import As, acting
from listener.cli.export import in_one_piece
from listener.cli.session import session
from listener.domain.text import visible
from listener.errors import ConfigError

if TYPE_CHECKING:
    from listener.domain.forgetting import Dossier

Handle = Annotated[str, typer.Argument(help="As @ann, or as x:ann where several are called so.")]
Platform = Annotated[str, typer.Option(help="Where the handle is.")]


def forget(
    handle: Handle,
    platform: Platform = "",
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    as_agent: As = "",
) -> None:
    """Erase all that is stored of a person: posts, names, drafts, what was said in their cases. Can't be undone."""
    from listener.triage.forgetting import Rights

    with acting(as_agent) as at:
        rights = Rights(at.ours.store, at.ours.clock)
        known = rights.see(handle, platform)
        who = ", ".join(f"{one.platform}:{one.handle}" for one in known.accounts)
        told = f"{len(known.posts):,} posts and {len(known.cases):,} cases of {visible(who, 300)}"
        if not yes:
            _ask(told)
        done = rights.forget(handle, at.agent, platform)
    show.say(f"Erased: {done.posts:,} posts, {done.accounts:,} accounts; {done.cases:,} cases keep only their dates.")
    for row in known.customers:
        ref = visible(str(row["ref"]), 60)
        show.say(f"Imported as customer {ref}: listener customers forget {ref} erases that row too.")
    show.say("Files written before (digests, exports, backups) are not reached: delete or write them anew.")


def _ask(told: str) -> None:
    if not sys.stdin.isatty():
        raise ConfigError(f"{told} would be erased for good", next_step="add --yes to do it without being asked")
    if not typer.confirm(f"Erase {told}? It can't be undone.", err=True):
        raise typer.Exit(0)


def export(
    handle: Handle,
    platform: Platform = "",
    out: Annotated[Path | None, typer.Option(help="Write to this file, readable by you alone.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
) -> None:
    """Everything that is stored of a person, as one JSON document: what an access request asks for."""
    from listener.triage.forgetting import Rights

    with session() as ours:
        page = json.dumps(_document(Rights(ours.store, ours.clock).see(handle, platform)), ensure_ascii=True, indent=1)
    if out is None:
        sys.stdout.write(f"{page}\n")
        return
    if out.exists() and not force:
        raise ConfigError(f"{out} exists", next_step="choose another name, or add --force to write over it")
    with in_one_piece(out) as temporary:
        temporary.write_text(f"{page}\n", encoding="utf-8")
    show.say(f"Written: {out}")


def _document(known: "Dossier") -> object:
    return _plain(asdict(known))


def _plain(value: object) -> object:
    """JSON's own types; instants as ISO 8601, sets in order."""
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, (set, frozenset)):
        return sorted(str(one) for one in value)
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)
