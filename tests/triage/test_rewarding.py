"""Giving: nobody twice, nobody who doesn't want it or may not be written to, and never more than there is."""

from collections.abc import Callable
from datetime import timedelta
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from listener.clock import VirtualClock
from listener.domain.advocates import Giving
from listener.domain.customer import Basis
from listener.domain.loyalty import Gift, LoyaltyPolicy, Reward
from listener.domain.mention import Author, MentionKey
from listener.domain.themes import Tagging
from listener.errors import ConfigError, Conflict, NotFound
from listener.insight.advocates import found_in, to_thank
from listener.ports import Store
from listener.store import open_store
from listener.triage.auditing import verify
from listener.triage.rewarding import Rewarding, spent_in
from tests.builders import NOON, customer, scored, verdict
from tests.spawning import spawner
from tests.triage.builders import fresh_store

POLICY = LoyaltyPolicy(monthly_budget_cents=10_000, most_per_person_cents=5_000)
ZONE = ZoneInfo("Europe/Berlin")
_processes = spawner("listener.store", "tests.triage.test_rewarding")


def praise(handle: str, number: int, platform: str = "x", **more: Any) -> Any:
    said = verdict(tagging=Tagging(tagger="t", tags=(("act:recommend", 1.0),)))
    who = Author(platform=platform, native_id=f"id-{handle}", handle=handle)
    rest = {"author": who, "can_reply": True, **more}
    return scored("@acme is great, get one", str(number), said=said, platform=platform, **rest)


@pytest.fixture
def store(tmp_path: Path) -> Any:
    store = open_store(fresh_store(tmp_path))
    with store.write() as tx:
        tx.save_mentions([praise("ann", 1), praise("ben", 2), praise("cleo", 3, can_reply=False)], NOON)
    yield store
    store.close()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOON)


@pytest.fixture
def giver(store: Store, clock: VirtualClock) -> Rewarding:
    return Rewarding(store, POLICY, clock, ZONE)


def mug(post: int = 1, cents: int = 900, **more: Any) -> Giving:
    plain = {"gift": Gift.REWARD, "what": "a mug", "cost_cents": cents, "why": "wow", "mention_id": post}
    return Giving(**{**plain, **more})


def queue(store: Store, gift: Gift = Gift.REWARD, now: Any = NOON) -> list[str]:
    with store.read() as reads:
        found = found_in(reads, "Acme", NOON - timedelta(days=1), NOON + timedelta(days=1))
        return [one.person.handle for one in to_thank(reads, found, POLICY, gift, now).lines]


def test_a_gift_stands_in_the_ledger_with_who_when_and_why(giver: Rewarding) -> None:
    made = giver.give("@ann", mug(), "ada")
    (entry,) = giver.ledger()
    assert entry == made
    one = entry.reward
    assert (one.brand, one.gift, one.what, one.cost_cents, one.why, one.mention_id, one.agent, one.at) == (
        "Acme",
        Gift.REWARD,
        "a mug",
        900,
        "wow",
        1,
        "ada",
        NOON,
    )
    assert entry.person is not None
    assert entry.person.handle == "ann"
    assert giver.ledger("Rival") == giver.ledger(since=NOON + timedelta(seconds=1)) == []


def test_nobody_gets_the_same_kind_of_gift_twice_within_the_window(giver: Rewarding, clock: VirtualClock) -> None:
    giver.give("ann", mug(), "ada")
    clock.advance_to(NOON + POLICY.double_gift - timedelta(seconds=1))
    with pytest.raises(Conflict, match=r"ann had reward on 2026-03-02 from ada \(entry 1\)"):
        giver.give("ann", mug(), "ben")
    giver.give("ann", mug(gift=Gift.THANKS, cents=0), "ben")
    clock.advance_to(NOON + POLICY.double_gift)
    giver.give("ann", mug(), "ben")


def test_another_account_of_the_same_person_gets_no_second_gift(giver: Rewarding, store: Store) -> None:
    giver.give("ann", mug(), "ada")
    with store.write() as tx:
        tx.link_authors(1, 2, Basis.TOLD, "ada", NOON)
    with pytest.raises(Conflict):
        giver.give("ben", mug(2), "ada")


def test_nor_does_another_account_of_the_same_customer(giver: Rewarding, store: Store) -> None:
    giver.give("ann", mug(), "ada")
    with store.write() as tx:
        tx.save_customers([customer(accounts=(("x", "ann"), ("x", "ben")))], NOON)
    with pytest.raises(Conflict):
        giver.give("ben", mug(2), "ada")
    assert queue(store) == []


def test_what_is_taken_back_counts_neither_as_given_nor_as_spent(giver: Rewarding, store: Store) -> None:
    giver.give("ann", mug(), "ada")
    assert (queue(store), giver.spent().left_cents) == (["ben"], 9_100)
    giver.undo(1, "ada")
    assert (sorted(queue(store)), giver.spent().left_cents) == (["ann", "ben"], 10_000)
    giver.give("ann", mug(), "ada")
    with pytest.raises(Conflict, match="taken back already"):
        giver.undo(1, "ada")
    with pytest.raises(NotFound, match="no entry 77"):
        giver.undo(77, "ada")


def test_the_months_budget_is_never_overspent_and_begins_anew_in_the_teams_zone(
    giver: Rewarding, store: Store, clock: VirtualClock
) -> None:
    with store.write() as tx:
        tx.save_mentions([praise(f"p{n}", 10 + n) for n in range(4)], NOON)
    for n in range(2):
        giver.give(f"p{n}", mug(4 + n, 4_900), "ada")
    with pytest.raises(ConfigError, match=r"2\.01 EUR is more than the 2\.00 EUR that 2026-03 has left of 100\.00 EUR"):
        giver.give("p2", mug(6, 201), "ada")
    giver.give("p2", mug(6, 200), "ada")
    # Midnight in Berlin; in UTC it is still March.
    clock.advance_to(NOON.replace(month=3, day=31, hour=22, minute=0))
    assert (giver.spent().month, giver.spent().spent_cents) == ("2026-04", 0)
    giver.give("p3", mug(7, 5_000), "ada")


def test_one_person_gets_no_more_than_the_most_in_a_year(giver: Rewarding, clock: VirtualClock) -> None:
    giver.give("ann", mug(cents=3_000), "ada")
    clock.advance_to(NOON + timedelta(days=100))
    with pytest.raises(ConfigError, match=r"20\.01 EUR would make 50\.01 EUR in a year"):
        giver.give("ann", mug(cents=2_001), "ada")
    giver.give("ann", mug(cents=2_000), "ada")
    clock.advance_to(NOON + timedelta(days=366))
    giver.give("ann", mug(cents=3_000), "ada")


def test_without_a_budget_only_what_is_free_is_given(store: Store, clock: VirtualClock) -> None:
    giver = Rewarding(store, LoyaltyPolicy(), clock, ZONE)
    giver.give("ann", mug(cents=0), "ada")
    with pytest.raises(ConfigError, match=r"raise|left"):
        giver.give("ben", mug(2, 1), "ada")


def test_whoever_asked_not_to_be_contacted_is_in_no_queue_and_gets_nothing(giver: Rewarding, store: Store) -> None:
    with store.write() as tx:
        tx.save_customers([customer(no_contact=True)], NOON)
    for gift in Gift:
        assert queue(store, gift) == ["ben"]
        with pytest.raises(ConfigError, match="x:ann asked not to be contacted"):
            giver.give("ann", mug(gift=gift, cents=0), "ada")


def test_nobody_is_written_to_where_the_platforms_terms_forbid_it(giver: Rewarding, store: Store) -> None:
    assert "cleo" not in queue(store)
    with pytest.raises(ConfigError, match="X takes replies by API only to authors who mentioned"):
        giver.give("cleo", mug(3), "ada")
    with store.write() as tx:
        silent = praise("dan", 4, platform="reddit", can_reply=False)
        tx.save_mentions([silent, praise("eve", 5, platform="bluesky")], NOON)
    with pytest.raises(ConfigError, match="Reddit"):
        giver.give("reddit:dan", mug(4), "ada")
    giver.give("eve", mug(5), "ada")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"why": " "}, "say why"),
        ({"what": ""}, "say what"),
        ({"cents": -1}, "less than nothing"),
        ({"post": 2}, "isn't theirs"),
        ({"brand": "Rival"}, "isn't about Rival"),
    ],
)
def test_a_gift_without_its_reasons_is_none(giver: Rewarding, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        giver.give("ann", mug(**wrong), "ada")
    assert giver.ledger() == []


def test_who_is_unknown_or_may_not_act_is_refused(giver: Rewarding) -> None:
    with pytest.raises(NotFound):
        giver.give("nobody", mug(), "ada")
    with pytest.raises(NotFound):
        giver.give("ann", mug(99), "ada")
    with pytest.raises(ConfigError, match="agent"):
        giver.give("ann", mug(), " ")


def test_an_erased_advocate_is_in_no_queue_and_the_budget_remembers_only_the_cost(
    giver: Rewarding, store: Store
) -> None:
    giver.give("ann", mug(), "ada")
    giver.give("ben", mug(2, gift=Gift.THANKS, cents=0), "ada")
    with store.write() as tx:
        tx.delete_mentions([MentionKey(platform="x", native_id=n) for n in ("1", "2")], NOON)
    assert queue(store) == queue(store, Gift.THANKS) == []
    assert [(one.person, one.reward.what, one.reward.why, one.reward.mention_id) for one in giver.ledger()] == [
        (None, "", "", None)
    ] * 2
    assert giver.spent().spent_cents == 900


def test_each_act_is_in_the_audit_without_a_name_or_a_word(giver: Rewarding, store: Store) -> None:
    giver.give("ann", mug(why="ann told us"), "ada")
    giver.undo(1, "ben")
    with store.read() as reads:
        rows, unsealed = list(reads.sealed()), reads.unsealed(10)
    assert [(one.agent, one.subject, one.kind) for one in rows] == [
        ("ada", "author:1", "gave"),
        ("ben", "author:1", "took_back"),
    ]
    assert unsealed == []
    assert verify(rows).first is None
    assert "ann" not in repr(rows)


def test_spent_in_counts_this_month_alone() -> None:
    def one(**more: Any) -> Reward:
        plain: dict[str, Any] = {"id": 1, "author_id": 1, "brand": "Acme", "gift": Gift.REWARD, "what": "", "why": ""}
        return Reward(**{**plain, "cost_cents": 100, "mention_id": None, "agent": "ada", "at": NOON, **more})

    ledger = [one(), one(at=NOON - timedelta(days=3)), one(undone_at=NOON), one(at=NOON + timedelta(days=1))]
    assert spent_in(ledger, POLICY, ZONE, NOON).spent_cents == 200
    # In Berlin the month is two hours older by then.
    late = NOON.replace(month=3, day=31, hour=22, minute=30)
    assert spent_in([one(at=late)], POLICY, ZONE, late).spent_cents == 100
    assert spent_in([one(at=late)], POLICY, ZONE, NOON).spent_cents == 0


def _give(path: Path, name: str, together: Barrier, said: Connection) -> None:
    store = open_store(path)
    giver = Rewarding(store, POLICY, VirtualClock(NOON), ZONE)
    together.wait(timeout=60)
    try:
        giver.give("ann", mug(), name)
        said.send("gave")
    except Conflict as refused:
        said.send(str(refused))
    store.close()


def _give_unguarded(path: Path, name: str, together: Barrier, said: Connection) -> None:
    """As a giver would that looks first and writes later."""
    store = open_store(path)
    with store.read() as reads:
        had = reads.rewards(author_id=1)
    together.wait(timeout=60)
    if not had:
        with store.write() as tx:
            tx.add_reward(
                Reward(
                    id=0,
                    author_id=1,
                    brand="Acme",
                    gift=Gift.REWARD,
                    what="a mug",
                    cost_cents=900,
                    why="wow",
                    mention_id=1,
                    agent=name,
                    at=NOON,
                )
            )
    said.send("gave")
    store.close()


def _race(giving: Callable[..., None], path: Path) -> list[str]:
    together = _processes.Barrier(2)
    ends = [_processes.Pipe(duplex=False) for _ in range(2)]
    running = [
        _processes.Process(target=giving, args=(path, f"agent{n}", together, said)) for n, (_, said) in enumerate(ends)
    ]
    for one in running:
        one.start()
    for _, said in ends:
        said.close()
    heard = [hears.recv() for hears, _ in ends]
    for one in running:
        one.join()
    return sorted(heard)


def test_of_two_processes_that_give_the_same_at_once_one_is_refused(store: Store, tmp_path: Path) -> None:
    first, second = _race(_give, tmp_path / "listener.db")
    assert "ann had reward on 2026-03-02 from agent" in first
    assert second == "gave"
    with store.read() as reads:
        assert len(reads.rewards()) == 1


def test_control_looking_first_and_writing_later_gives_twice(store: Store, tmp_path: Path) -> None:
    assert _race(_give_unguarded, tmp_path / "listener.db") == ["gave", "gave"]
    with store.read() as reads:
        assert len(reads.rewards()) == 2
