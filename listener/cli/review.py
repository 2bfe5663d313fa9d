"""`listener review`: posts whose answer would teach most, or a sample drawn by chance, one key each."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.exits import Exit
from listener.cli.insight import known_brand
from listener.cli.session import Session, session
from listener.errors import ConfigError

if TYPE_CHECKING:
    from listener.cli.review_round import Card
    from listener.domain.truth import Candidate, Sample
    from listener.insight.teaching import Lesson
    from listener.ports import Reads
    from listener.triage.reviewing import Reviewing

MOST_READ = 3_000
"""Posts among which those that teach most are looked for, the latest first."""

Days = Annotated[int, typer.Option(min=1, max=3660, help="Of how many days, back from now.")]


def review(
    brand: Annotated[str, typer.Option("--brand", help="Of this brand; needed where there are several.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many posts.")] = 20,
    days: Days = 28,
    sample: Annotated[
        int | None,
        typer.Option(min=1, max=5000, help="Check so many posts drawn by chance, for `listener accuracy`."),
    ] = None,
    new: Annotated[
        bool, typer.Option("--new", help="Draw another sample though the last isn't checked whole.")
    ] = False,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**31 - 1, help="For the draw; the same posts and seed, the same sample.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="List them, one JSON object a line; ask nothing.")] = False,
) -> None:
    """Say what posts are, one key each: those whose answer would teach the model most, or a random sample."""
    if sample is None and (new or seed is not None):
        raise ConfigError("--new and --seed are for a sample", next_step="add --sample 100, or leave them out")
    with session() as ours:
        name, agent = _one_brand(ours, brand), ours.agent()
        if sample is None:
            cards = _lessons(ours, name, agent, days, limit)
            _ask(ours, name, agent, None, cards, as_json=as_json)
        else:
            drawn = _sample(ours, name, agent, sample, days, seed, new=new)
            _ask(ours, name, agent, drawn, _unchecked(ours, name, agent, drawn), as_json=as_json)


def _one_brand(ours: Session, brand: str) -> str:
    if brand:
        return known_brand(ours, brand)
    own = [one.name for one in ours.settings.brands if not one.competitor]
    if len(own) == 1:
        return own[0]
    raise ConfigError("of which brand?", next_step=f"add --brand, one of: {', '.join(own)}")


def _lessons(ours: Session, brand: str, agent: str, days: int, limit: int) -> list[Card]:
    from listener.cli.review_round import Card
    from listener.insight.teaching import lessons

    now = ours.clock.now()
    with ours.store.read() as reads:
        found = lessons(reads.unasked(brand, agent, now - timedelta(days=days), now, MOST_READ), limit)
    return [Card(post=one.post, facts=_alike(one), verdict=_verdict(one)) for one in found]


def _alike(lesson: Lesson) -> str:
    return f"{lesson.alike} say nearly this" if lesson.alike > 1 else ""


def _verdict(lesson: Lesson) -> str:
    """`model: complaint 54 %, mood negative 61 %; least sure of complaint`."""
    said = lesson.post.said
    if said is None:
        return ""
    given = ", ".join(f"{label} {said.scores.labels.get(label, 0):.0%}" for label in sorted(said.labels))
    denied = [f"{label} {p:.0%}" for label, p in said.scores.labels.items() if label == lesson.about]
    labels = given or f"none of these ({', '.join(denied)})" if given or denied else "none of these"
    likeliest = max(said.scores.sentiment, key=lambda one: said.scores.sentiment[one])
    mood = f"{likeliest} {said.scores.sentiment[likeliest]:.0%}" + (", too unsure to say so" if said.abstained else "")
    return f"model: {labels} · mood {mood} · least sure of: {lesson.about}"


def _sample(ours: Session, brand: str, agent: str, wanted: int, days: int, seed: int | None, *, new: bool) -> Sample:
    """The last one while posts of it are unchecked, else a new one."""
    now = ours.clock.now()
    with ours.store.read() as reads:
        last = next(iter(reads.drawn_samples(brand)), None)
        waiting = len(_waiting(reads, last)) if last else 0
    if last and waiting and not new:
        if seed not in (None, last.seed):
            raise ConfigError(
                f"sample {last.id} of {brand} was drawn with seed {last.seed}, and {waiting} of it are unchecked",
                next_step="leave --seed out to go on with it, or add --new to draw another",
            )
        show.say(f"Sample {last.id} of {last.at:%Y-%m-%d}: {waiting} of {len(last.posts)} are yet to be checked.")
        return last
    return _draw(ours, brand, agent, wanted, now - timedelta(days=days), now, seed)


def _draw(
    ours: Session, brand: str, agent: str, wanted: int, since: datetime, until: datetime, seed: int | None
) -> Sample:
    from listener.domain.truth import Sample
    from listener.insight.sampling import draw

    lot = int(sha256(f"{brand}/{until:%Y-%m-%dT%H:%M}".encode()).hexdigest()[:7], 16) if seed is None else seed
    with ours.store.write() as tx:
        posts = tx.judged_posts(brand, since, until)
        if not posts:
            raise ConfigError(
                f"no post of {brand} since {since:%Y-%m-%d} has a verdict: there is nothing to draw from",
                next_step="try more days: --days 90",
            )
        drawn = draw(posts, wanted, lot)
        sample = Sample(
            id=0,
            brand=brand,
            since=since,
            until=until,
            seed=lot,
            at=until,
            agent=agent,
            strata=drawn.strata,
            posts=dict(drawn.posts),
        )
        number = tx.add_sample(sample)
        kept = next(one for one in tx.drawn_samples(brand) if one.id == number)
    show.say(f"Sample {number}: {len(kept.posts)} of {len(posts):,} posts of {brand} drawn by chance (seed {lot}).")
    return kept


def _waiting(reads: Reads, sample: Sample) -> list[Candidate]:
    done = {truth.mention_id for truth in reads.sampled_truths(sample.id)} | reads.skipped(sample.id)
    return reads.candidates([one for one in sample.posts if one not in done])


def _unchecked(ours: Session, brand: str, agent: str, sample: Sample) -> list[Card]:
    """Without the model's word, so that it sways nobody; what is known already is taken over."""
    from listener.cli.review_round import Card

    with ours.store.read() as reads:
        waiting = _waiting(reads, sample)
        known = reads.truthed(brand, [one.mention_id for one in waiting])
    if known:
        reviewing = _reviewing(ours, brand, agent, sample)
        waiting = [one for one in waiting if not (one.mention_id in known and reviewing.known(one.mention_id))]
        show.say(f"{len(known)} of them agents have spoken on already: taken over.")
    return [Card(post=one) for one in waiting]


def _reviewing(ours: Session, brand: str, agent: str, sample: Sample | None) -> Reviewing:
    from listener.triage.reviewing import Reviewing

    return Reviewing(
        ours.store, ours.settings.triage, ours.clock, brand=brand, agent=agent, sample=sample.id if sample else None
    )


def _ask(ours: Session, brand: str, agent: str, sample: Sample | None, cards: list[Card], *, as_json: bool) -> None:
    if as_json:
        show.emit_rows((), map(_json, cards), as_json=True)
        return
    if not cards:
        show.say(f"Nothing of {brand} is left to ask about." if sample is None else "The sample is checked whole.")
        return
    from listener.cli.one_key import keys
    from listener.cli.review_round import Round

    round_ = Round(cards, _reviewing(ours, brand, agent, sample), blind=sample is not None)
    interrupted = False
    try:
        with keys() as pressed:
            round_.play(pressed)
    except KeyboardInterrupt:
        interrupted = True
    with suppress(BrokenPipeError):
        sys.stdout.flush()
    show.say(f"{round_.answered} answered, {round_.skipped} skipped, {round_.left} left. Next: listener accuracy")
    if interrupted:
        raise typer.Exit(Exit.INTERRUPTED)


def _json(card: Card) -> dict[str, object]:
    post = card.post
    found: dict[str, object] = {
        "mention": post.mention_id,
        "platform": post.platform,
        "author": post.handle,
        "posted_at": post.posted_at,
        "url": post.url,
        "text": post.text,
    }
    if card.verdict and post.said:
        found["model"] = {
            "id": post.said.model,
            "labels": post.said.labels,
            "sentiment": post.said.sentiment,
            "abstained": post.said.abstained,
            "scores": {str(label): round(p, 4) for label, p in post.said.scores.labels.items()},
        }
        found["why"] = card.verdict
    return found
