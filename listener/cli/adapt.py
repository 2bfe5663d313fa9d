"""`listener adapt`: learn from a brand's corrections, try it on the last week, take it live, roll it back."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.session import Session, session
from listener.errors import ConfigError, NotFound

if TYPE_CHECKING:
    from listener.adapting import Replay, Study
    from listener.domain.head import StoredHead

FIGURES = (
    "output",
    "n",
    "wrong_before",
    "wrong_after",
    "loss_before",
    "loss_after",
    "f1_before",
    "f1_after",
    "adopted",
)
VERSIONS = ("brand", "version", "state", "corrections", "at", "agent", "model")


def adapt(
    brand: Annotated[str, typer.Argument(help="Whose corrections; a brand of brands.toml.")] = "",
    preview: Annotated[bool, typer.Option("--preview", help="Say what would change, and keep nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Take it live without asking, if it wins.")] = False,
    rollback: Annotated[bool, typer.Option("--rollback", help="Bring back what lived before, or nothing.")] = False,
    versions: Annotated[bool, typer.Option("--list", help="Which heads there are.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines.")] = False,
) -> None:
    """Learn from what agents said of a brand's posts; it judges new posts only if it wins, and only when told so."""
    if sum((preview, yes, rollback, versions)) > 1:
        raise ConfigError("--preview, --yes, --rollback and --list are four different wishes: choose one")
    with session() as ours:
        if versions:
            _list(ours, brand, as_json=as_json)
            return
        _known(ours, brand)
        if rollback:
            _roll_back(ours, brand)
            return
        _learn(ours, brand, preview=preview, yes=yes, as_json=as_json)


def _known(ours: Session, brand: str) -> None:
    known = sorted(one.name for one in ours.settings.brands)
    if brand not in known:
        what = f"no brand is named {brand!r}" if brand else "name a brand"
        raise NotFound(what, next_step=f"one of: {', '.join(known) or 'none yet'}")


def _list(ours: Session, brand: str, *, as_json: bool) -> None:
    with ours.store.read() as reads:
        found = reads.heads(brand)
    show.emit_rows(VERSIONS, map(_row, found), as_json=as_json)


def _row(head: StoredHead) -> dict[str, object]:
    about = {"brand": head.brand, "version": head.version, "state": str(head.state), "corrections": head.n}
    return {**about, "at": head.at, "agent": head.agent, "model": head.model, "facts": head.facts}


def _roll_back(ours: Session, brand: str) -> None:
    with ours.store.write() as tx:
        back = tx.roll_back(brand, ours.agent(), ours.clock.now())
    show.out(
        f"{brand}: head {back.version} is live again" if back else f"{brand}: no head is live, the model judges alone"
    )
    show.say("Verdicts that were given stay as they are; each names the head it was given with.")


def _learn(ours: Session, brand: str, *, preview: bool, yes: bool, as_json: bool) -> None:
    from listener import adapting, judging

    agent, now = "" if preview else ours.agent(), ours.clock.now()
    loaded = judging.LazyClassifier(ours.settings.classifier).loaded
    with ours.store.read() as reads:
        found = adapting.study(loaded, reads, brand, ours.settings.alerts.spike, agent, now)
    _tell(brand, found, as_json=as_json)
    if found.draft is None or preview:
        return
    with ours.store.write() as tx:
        kept = tx.propose_head(found.draft)
    if not (yes or _wanted(brand, kept.version)):
        show.say(f"Head {kept.version} is kept as proposed; to take one live: listener adapt {brand!r} --yes")
        return
    with ours.store.write() as tx:
        tx.take_live(brand, kept.version, agent, ours.clock.now())
    show.say(
        f"Head {kept.version} of {brand} judges new posts from now on; verdicts that were given stay as they are."
        f" To take it back: listener adapt {brand!r} --rollback"
    )


def _wanted(brand: str, version: int) -> bool:
    return sys.stdin.isatty() and typer.confirm(f"Take head {version} of {brand} live?", err=True)


def _tell(brand: str, found: Study, *, as_json: bool) -> None:
    from dataclasses import asdict

    lesson = found.lesson
    rows: Sequence[dict[str, object]] = [asdict(one) for one in lesson.figures]
    show.emit_rows(FIGURES, rows, as_json=as_json)
    gone = f", {found.erased} more on posts that were erased" if found.erased else ""
    show.say(f"{brand}: learnt from {lesson.n} posts that agents spoke on{gone}; {lesson.anchors} others held it back.")
    for one in lesson.figures:
        if one.why:
            show.say(f"{one.output} stays as the model has it: {one.why}")
    if found.replay is None:
        show.say(f"Nothing is adopted: {lesson.why}")
        return
    _tell_replay(found.replay)


def _tell_replay(lived: Replay) -> None:
    fewer = lived.alerts_before - lived.alerts_after
    alerts = f"{abs(fewer)} spike alerts {'fewer' if fewer > 0 else 'more'}" if fewer else "no spike alert"
    show.out(
        f"Last week it would have changed {lived.changed:,} of {lived.posts:,} posts"
        f" ({lived.no_longer:,} no longer complaints, {lived.now:,} now), {alerts}."
    )
    show.say(
        "Counted on this week's stored posts that speak to this brand alone, in a language the model reads, on which no"
        f" agent's word stands; alerts by the spike rule over the brand's hourly complaints: {lived.alerts_before}"
        f" before, {lived.alerts_after} after."
    )
