"""Tallies and voices always equal a recount from mentions, matches, verdicts and cases, whatever happened."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from listener.domain.brand import Match, addressed
from listener.domain.case import EventKind
from listener.domain.mention import MentionKey, Metrics
from listener.domain.stored import StoredMention
from listener.domain.verdict import Label, Sentiment
from listener.errors import Conflict, NotFound
from listener.ports import Store, Transaction
from listener.store.desk_tables import case_mentions, cases
from listener.store.rows import load_mentions
from listener.store.tables import mentions, tallies, voices
from tests.builders import NOON, author, minutes, scored, verdict
from tests.store.steps import change, draft, open_case, save, write

BRANDS = ["Acme", "Bolt"]
Cell = tuple[datetime, str, str, str]

verdicts = st.one_of(
    st.none(),
    st.builds(
        lambda labels, sentiment, model: verdict(*labels, sentiment=sentiment, model=model),
        st.sets(st.sampled_from(Label)),
        st.one_of(st.none(), st.sampled_from(Sentiment)),
        st.sampled_from(["test@1", "test@2"]),
    ),
)
posts = st.builds(
    lambda number, text, terms, said, hour, repost, likes, who: replace(
        scored(
            text,
            str(number),
            created_at=NOON + timedelta(hours=hour),
            is_repost=repost,
            metrics=Metrics(likes=likes),
            author=author(who),
        ),
        matches=tuple(
            Match(brand=term.lstrip("@"), term=term, start=start, end=start + 5) for start, term in enumerate(terms)
        ),
        verdict=said,
    ),
    st.integers(1, 6),
    st.sampled_from(["one", "two"]),
    st.lists(st.sampled_from([*BRANDS, *(f"@{brand}" for brand in BRANDS)]), min_size=1, max_size=3),
    verdicts,
    st.integers(0, 2),
    st.booleans(),
    st.integers(0, 3),
    st.sampled_from(["ann", "bob", "cyd"]),
)
number = st.integers(1, 6)
steps = st.one_of(
    st.tuples(st.just("save"), st.lists(posts, min_size=1, max_size=4)),
    st.tuples(st.just("delete"), number),
    st.tuples(st.just("relabel"), number, verdicts.filter(bool)),
    st.tuples(st.just("open"), number, st.sampled_from(BRANDS), st.sampled_from(["support", "billing"])),
    st.tuples(st.just("attach"), number, number),
    st.tuples(st.just("route"), number, st.sampled_from(["support", "billing"])),
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=st.lists(steps, max_size=14))
def test_counts_equal_a_recount_after_any_story(store: Store, story: list[tuple[str, object]]) -> None:
    try:
        with store.write() as tx:
            for step in story:
                _take(tx, step)
            assert _tallied(tx) == _recounted(tx)
            assert _queues(tx) == _recounted_queues(tx)
            raise _RollBack
    except _RollBack:
        pass


class _RollBack(Exception): ...


def _take(tx: Transaction, step: tuple[str, object]) -> None:
    """Steps that the store refuses change nothing."""
    try:
        match step:
            case ("save", list() as some):
                tx.save_mentions(some, NOON)
            case ("delete", n):
                tx.delete_mentions([MentionKey(platform="x", native_id=str(n))], NOON)
            case ("relabel", n, said):
                tx.save_verdict(n, replace(said, model="agent:ben"), NOON)
            case ("open", n, brand, queue):
                saved = tx.mention(n)
                tx.open_case(draft(saved, mention_id=n, brand=brand, queue=queue))
            case ("attach", n, mention_id):
                _change(tx, n, add_mention=mention_id)
            case ("route", n, queue):
                _change(tx, n, set={"queue": queue})
    except (Conflict, NotFound):
        pass


def _change(tx: Transaction, case_id: object, **more: object) -> None:
    held = tx.case(case_id)
    tx.change_case(held.id, held.version, change(EventKind.ATTACHED, **more))


def _tallied(tx: Transaction) -> dict[Cell, tuple[int, int]]:
    cells = tx.tallies(datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
    return {(c.hour, c.brand, c.platform, c.label): (c.mentions, c.engagement) for c in cells}


def _stored(tx: Transaction) -> list[StoredMention]:
    db = tx._db
    return [one for one in load_mentions(db, list(db.scalars(select(mentions.c.id)))).values() if not one.deleted]


def _recounted(tx: Transaction) -> dict[Cell, tuple[int, int]]:
    """Written apart from the store's own counting, from the words of `TallyCell`."""
    counts: Counter[Cell] = Counter()
    engagement: Counter[Cell] = Counter()
    for one in _stored(tx):
        hour = one.mention.created_at.replace(minute=0, second=0, microsecond=0)
        for brand in {match.brand for match in one.matches}:
            for label in _labels(one, brand):
                counts[hour, brand, one.mention.key.platform, label] += 1
                engagement[hour, brand, one.mention.key.platform, label] += one.mention.metrics.engagement
    return {cell: (counts[cell], engagement[cell]) for cell in counts}


def _labels(one: StoredMention, brand: str) -> set[str]:
    said = one.verdict
    if one.mention.is_repost:
        return {"repost"}
    if said is None:
        return {"all", "unscored"}
    if brand not in addressed(one.matches):
        return {"all"}
    labels = {"all", *(label.value for label in said.labels)}
    labels |= {said.sentiment.value} if said.sentiment else set()
    return labels | ({"abstained"} if said.abstained else set())


def _queues(tx: Transaction) -> set[tuple[int, str, str]]:
    db = tx._db
    return {tuple(row) for row in db.execute(select(voices.c.mention_id, voices.c.brand, voices.c.queue))}


def _recounted_queues(tx: Transaction) -> set[tuple[int, str, str]]:
    db = tx._db
    held = select(case_mentions.c.mention_id, cases.c.brand, cases.c.queue).join(cases)
    queues = {(mention_id, brand): queue for mention_id, brand, queue in db.execute(held)}
    return {
        (one.id, match.brand, queues.get((one.id, match.brand), "")) for one in _stored(tx) for match in one.matches
    }


def test_control_a_count_left_behind_is_noticed(store: Store) -> None:
    save(store)
    with store.write() as tx:
        tx._db.execute(tallies.update().values(mentions=tallies.c.mentions + 1))
        assert _tallied(tx) != _recounted(tx)


def test_a_post_is_counted_in_the_hour_it_was_posted(store: Store) -> None:
    save(store, scored(created_at=NOON + minutes(59)), now=NOON + timedelta(days=3))
    with store.read() as reads:
        assert {cell.hour for cell in reads.tallies(NOON - timedelta(days=9), NOON + timedelta(days=9))} == {NOON}


def test_a_repost_counts_as_a_repost_alone(store: Store) -> None:
    save(store, scored(is_repost=True, metrics=Metrics(likes=2)))
    with store.read() as reads:
        (cell,) = reads.tallies(NOON, NOON + minutes(60))
        assert (cell.label, cell.mentions, cell.engagement) == ("repost", 1, 2)
        assert reads.hourly_authors("Acme", "", NOON, NOON + minutes(60)) == []


def test_an_erased_post_is_no_longer_counted_but_its_case_stays(store: Store) -> None:
    (saved,) = save(store)
    case = open_case(store, saved)
    write(store, lambda tx: tx.delete_mentions([saved.scored.mention.key], NOON))
    with store.read() as reads:
        assert reads.tallies(NOON, NOON + minutes(60)) == []
        assert reads.case(case.id).mentions == 1
