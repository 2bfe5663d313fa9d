"""Customers in the store: what an import leaves there, what a customer is worth among all, and what is forgotten."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from listener.domain.customer import Basis
from listener.domain.loyalty import Gift
from listener.domain.mention import MentionKey
from listener.ports import Store
from tests.builders import NOON, author, customer, scored
from tests.store.steps import gift_of, open_case, save, write


def _percentiles(store: Store) -> dict[str, float | None]:
    with store.read() as reads:
        return {one.ref: one.percentile for one in reads.imported()}


def test_a_percentile_is_the_mid_rank_among_customers_with_a_value(store: Store) -> None:
    values = {"a": 0.0, "b": 10.0, "c": 10.0, "d": 500.0, "e": None}
    write(store, lambda tx: tx.save_customers([customer(n, value=v) for n, v in values.items()], NOON))
    # (those below + half of those equal, itself among them) ÷ 4
    assert _percentiles(store) == {"c-a": 0.125, "c-b": 0.5, "c-c": 0.5, "c-d": 0.875, "c-e": None}
    write(store, lambda tx: tx.forget_customer("c-d"))
    assert _percentiles(store)["c-a"] == pytest.approx(1 / 6)


def test_several_rows_of_a_customer_add_their_accounts_up(store: Store) -> None:
    rows = [customer(tier="gold"), customer(accounts=(("bluesky", "ann.example"),), value=None)]
    saved = write(store, lambda tx: tx.save_customers(rows, NOON))
    assert (saved.customers, saved.new, saved.accounts, saved.clashed) == (1, 1, 2, 0)
    with store.read() as reads:
        (one,) = reads.imported()
    assert one.accounts == (("bluesky", "ann.example"), ("x", "ann"))
    assert (one.value, one.tier, one.no_contact) == (100.0, "gold", False)


def test_rows_that_contradict_or_repeat_earlier_ones_are_told_by_line(store: Store) -> None:
    rows = [
        customer(line=2),
        customer(line=3),
        customer(line=4, value=7.0, accounts=(("x", "other"),)),
        customer("ben", accounts=(("x", "ann"),), line=5),
    ]
    for _ in range(2):
        # The same file again changes nothing, and says the same.
        saved = write(store, lambda tx: tx.save_customers(rows, NOON))
        assert [(one.line, one.reason) for one in saved.clashes] == [
            (3, "customer c-ann: an earlier row says all of this already"),
            (4, "customer c-ann: another value than it had before this row"),
            (5, "customer c-ben: x:ann is customer c-ann's in an earlier row"),
        ]
    with store.read() as reads:
        assert reads.customer_refs() == ["c-ann"]


def test_clashes_are_found_across_the_chunks_of_a_long_file(store: Store) -> None:
    many = [customer(f"h{n}", line=n) for n in range(1000)]
    saved = write(store, lambda tx: tx.save_customers(iter([*many, customer("h0", line=1001)]), NOON))
    assert (saved.customers, saved.clashed, saved.clashes[0].line) == (1000, 1, 1001)


def test_what_a_later_import_leaves_out_stays_and_what_it_says_replaces(store: Store) -> None:
    write(store, lambda tx: tx.save_customers([customer(tier="gold", since=date(2020, 1, 2), no_contact=True)], NOON))
    write(store, lambda tx: tx.save_customers([customer(value=5.0, accounts=())], NOON))
    with store.read() as reads:
        (one,) = reads.imported()
    assert (one.value, one.tier, one.since, one.no_contact) == (5.0, "gold", date(2020, 1, 2), True)
    assert one.accounts == (("x", "ann"),)
    write(store, lambda tx: tx.save_customers([customer(no_contact=False)], NOON + timedelta(days=1)))
    with store.read() as reads:
        assert reads.imported()[0].no_contact is False


def test_within_one_file_whoever_asks_not_to_be_contacted_is_not_overruled(store: Store) -> None:
    rows = [customer(no_contact=True), customer(accounts=(("x", "ann2"),), no_contact=False)]
    write(store, lambda tx: tx.save_customers(rows, NOON))
    with store.read() as reads:
        assert reads.imported()[0].no_contact is True


def test_an_account_goes_over_to_the_customer_named_last(store: Store) -> None:
    write(store, lambda tx: tx.save_customers([customer(ref="old")], NOON))
    saved = write(store, lambda tx: tx.save_customers([customer(ref="new")], NOON + timedelta(days=1)))
    assert (saved.new, saved.moved) == (1, 1)
    with store.read() as reads:
        assert [one.accounts for one in reads.imported()] == [(("x", "ann"),), ()]


def test_replace_forgets_whoever_is_not_in_the_file(store: Store) -> None:
    write(store, lambda tx: tx.save_customers([customer("a"), customer("b")], NOON))
    write(store, lambda tx: tx.save_customers([customer("b")], NOON, replace=True))
    with store.read() as reads:
        assert reads.customer_refs() == ["c-b"]


def test_customers_are_read_page_by_page_in_order(store: Store) -> None:
    write(store, lambda tx: tx.save_customers([customer(n) for n in "cab"], NOON))
    with store.read() as reads:
        assert [one.ref for one in reads.imported(limit=2)] == ["c-a", "c-b"]
        assert [one.ref for one in reads.imported("c-b")] == ["c-c"]


def test_a_handle_is_found_whatever_its_case_and_linked_accounts_share_the_worth(store: Store) -> None:
    ann, ben = save(store, scored(author=author("Ann")), scored(native_id="2", author=author("ben")))
    write(store, lambda tx: tx.save_customers([customer(tier="gold")], NOON))
    write(store, lambda tx: tx.link_authors(ann.author_id, ben.author_id, Basis.TOLD, "ada", NOON))
    with store.read() as reads:
        histories = reads.author_histories("Acme", [ann.author_id, ben.author_id])
        people = reads.people([ann.author_id, ben.author_id])
    assert {(one.value, one.value_percentile, one.tier) for one in histories.values()} == {(100.0, 0.5, "gold")}
    assert {one.customer for one in people.values()} == {"c-ann"}


def test_of_several_customers_behind_linked_accounts_one_request_not_to_be_contacted_holds_for_all(
    store: Store,
) -> None:
    ann, ben = save(store, scored(), scored(native_id="2", author=author("ben")))
    rows = [customer(value=1.0, no_contact=True), customer("ben", value=900.0)]
    write(store, lambda tx: tx.save_customers(rows, NOON))
    write(store, lambda tx: tx.link_authors(ann.author_id, ben.author_id, Basis.TOLD, "ada", NOON))
    with store.read() as reads:
        found = reads.people([ann.author_id, ben.author_id])
    assert {(one.customer, one.no_contact) for one in found.values()} == {("c-ben", True)}


def test_a_forgotten_customer_leaves_nothing_behind(store: Store) -> None:
    (ann,) = save(store)
    write(store, lambda tx: tx.save_customers([customer(tier="gold")], NOON))
    assert write(store, lambda tx: tx.forget_customer("c-ann")) is True
    assert write(store, lambda tx: tx.forget_customer("c-ann")) is False
    with store.read() as reads:
        assert reads.imported() == []
        assert reads.people([ann.author_id])[ann.author_id].customer == ""
        assert reads.author_history("Acme", ann.author_id).value is None


@pytest.mark.parametrize("replaced", [False, True])
def test_what_was_forgotten_stands_in_no_file(store: Store, path: Path, replaced: bool) -> None:
    canary = "qzx-canary-7361"
    row = customer(ref=canary, accounts=(("x", canary),), tier=canary)
    write(store, lambda tx: tx.save_customers([row], NOON))
    assert _traces(path, canary)
    if replaced:
        write(store, lambda tx: tx.save_customers([customer()], NOON, replace=True))
    else:
        write(store, lambda tx: tx.forget_customer(canary))
    assert _traces(path, canary) == []  # also in the log, while the store is open


def _traces(path: Path, canary: str) -> list[str]:
    return [file.name for file in path.parent.glob(path.name + "*") if canary.encode() in file.read_bytes()]


def test_unresolved_cases_are_those_of_people_who_are_not_erased(store: Store) -> None:
    ann, ben = save(store, scored(), scored(native_id="2", author=author("ben")))
    mine, _ = open_case(store, ann), open_case(store, ben)
    write(store, lambda tx: tx.delete_mentions([MentionKey(platform="x", native_id="2")], NOON))
    with store.read() as reads:
        assert [(one.case_id, one.author_id) for one in reads.unresolved("Acme")] == [(mine.id, ann.author_id)]
        assert reads.unresolved("Rival") == []


def test_each_unresolved_case_comes_with_what_its_author_is_worth(store: Store) -> None:
    ann, ben = save(store, scored(), scored(native_id="2", author=author("ben")))
    one, two = open_case(store, ann), open_case(store, ben)
    write(store, lambda tx: tx.save_customers([customer()], NOON))
    with store.read() as reads:
        found = [(case.id, percentile) for case, percentile in reads.ranked_by_value(0, 10)]
        assert [case.id for case, _ in reads.ranked_by_value(one.id, 10)] == [two.id]
    assert found == [(one.id, 0.5), (two.id, None)]


def test_the_ledger_of_somebody_is_that_of_all_their_accounts(store: Store) -> None:
    saved = save(store, *(scored(native_id=n, author=author(n)) for n in ("a", "b", "c", "d")))
    a, b, c, d = (one.author_id for one in saved)
    write(store, lambda tx: tx.link_authors(a, b, Basis.TOLD, "ada", NOON))
    write(store, lambda tx: tx.save_customers([customer("b"), customer(ref="c-b", accounts=(("x", "c"),))], NOON))
    given = write(store, lambda tx: tx.add_reward(gift_of(a)))
    write(store, lambda tx: tx.add_reward(gift_of(d, gift=Gift.THANKS)))
    with store.read() as reads:
        assert [[one.id for one in reads.rewards(author_id=who)] for who in (a, b, c)] == [[given]] * 3
        assert reads.had_gift(Gift.REWARD, NOON - timedelta(days=1)) == {a, b, c}
        assert reads.had_gift(Gift.REWARD, NOON) == set()
        assert [one.author_id for one in reads.rewards("Acme", since=NOON)] == [a, d]
        assert reads.rewards("Rival") == []


def test_what_is_taken_back_stays_in_the_ledger_and_is_taken_back_once(store: Store) -> None:
    (ann,) = save(store)
    given = write(store, lambda tx: tx.add_reward(gift_of(ann.author_id)))
    later = NOON + timedelta(hours=1)
    assert write(store, lambda tx: tx.undo_reward(given, "ben", later)) is True
    assert write(store, lambda tx: tx.undo_reward(given, "ben", later)) is False
    assert write(store, lambda tx: tx.undo_reward(99, "ben", later)) is False
    with store.read() as reads:
        assert [one.undone_at for one in reads.rewards()] == [later]
        assert reads.had_gift(Gift.REWARD, NOON - timedelta(days=1)) == set()


def test_an_erased_author_is_gone_and_the_ledger_keeps_what_was_spent(store: Store) -> None:
    (ann,) = save(store)
    write(store, lambda tx: tx.save_customers([customer()], NOON))
    write(store, lambda tx: tx.add_reward(gift_of(ann.author_id, mention_id=ann.id)))
    write(store, lambda tx: tx.delete_mentions([MentionKey(platform="x", native_id="1")], NOON))
    with store.read() as reads:
        (kept,) = reads.rewards()
        assert (kept.what, kept.why, kept.mention_id, kept.cost_cents) == ("", "", None, 900)
        assert reads.people([ann.author_id, kept.author_id]) == {}
        assert reads.imported()[0].accounts == ()
        assert reads.sayings("Acme", NOON - timedelta(days=1), NOON + timedelta(days=1)) == []
