"""An import moves the cases that wait; forgetting moves them back, and nothing else in them changes."""

import pytest

from listener.domain.case import EventKind
from listener.domain.loyalty import CustomersSaved
from listener.errors import ConfigError, NotFound
from listener.triage.priority import total
from listener.triage.why import explain
from listener.triage.worth import LOOKED_AT, bring_in, forget, rerank, revalued
from tests.builders import NOON, customer, minutes
from tests.triage.builders import POLICY, Office, case, snoozed


def _no_fault(_: CustomersSaved) -> str:
    return ""


def test_a_case_gets_the_points_of_its_customer_and_keeps_its_waiting() -> None:
    before = case()
    change = revalued(before, 0.5, POLICY, NOON)
    assert change is not None
    assert change.set["terms"] == {**before.terms, "value": 7.5}
    assert change.set["priority"] == 37.5
    # A point is 72 minutes of waiting.
    assert change.set["rank_at"] == before.rank_at - minutes(72 * 7.5)
    assert (change.kind, change.detail) == (EventKind.REVALUED, {"why": "customer value counts 7.5 points"})


def test_a_case_whose_points_are_the_same_is_left_alone() -> None:
    assert revalued(case(), None, POLICY, NOON) is None
    assert revalued(case(terms={"severity": 21.0, "value": 7.5}), 0.5, POLICY, NOON) is None


def test_an_import_reorders_the_queue_and_why_says_so(desk_office: Office) -> None:
    desk_office.hears(by="ann")
    desk_office.clock.advance_to(NOON + minutes(5))
    desk_office.hears(by="ben", thread="t2")
    desk_office.hears(by="cleo", thread="t3")
    desk_office.desk.resolve(3, "done", "ada")
    rich = [customer("ben", value=900.0, tier="gold"), customer("cleo", value=900.0), customer("poor", value=1.0)]
    bring_in(desk_office.store, rich, "ada", desk_office.clock, fault=_no_fault)
    assert rerank(desk_office.store, POLICY, desk_office.clock) == 1
    assert rerank(desk_office.store, POLICY, desk_office.clock) == 0
    found = {one.id: one for one in desk_office.cases()}
    assert found[2].rank_at < found[1].rank_at
    assert found[2].priority == total(found[2].terms)
    assert desk_office.kinds(2)[-1] == "revalued"
    assert "revalued" not in desk_office.kinds(3)
    said = {term.name: term for term in explain(desk_office.card(2), POLICY, NOON).terms}
    assert said["value"].because == "worth more than 67% of known customers, 900 a year, tier gold"
    assert said["value"].points == pytest.approx(15 * 2 / 3)


def test_forgetting_a_customer_takes_the_points_away(desk_office: Office) -> None:
    desk_office.hears()
    bring_in(desk_office.store, [customer()], "ada", desk_office.clock, fault=_no_fault)
    rerank(desk_office.store, POLICY, desk_office.clock)
    was = desk_office.cases()[0]
    forget(desk_office.store, "c-ann", "ada", desk_office.clock)
    assert rerank(desk_office.store, POLICY, desk_office.clock) == 1
    now = desk_office.cases()[0]
    assert (was.terms["value"], now.terms["value"]) == (7.5, 0.0)
    assert now.priority == round(was.priority - 7.5, 1)
    with pytest.raises(NotFound, match="no customer c-ann"):
        forget(desk_office.store, "c-ann", "ada", desk_office.clock)


def test_a_sleeping_case_is_revalued_too_and_sleeps_on() -> None:
    change = revalued(snoozed(), 1.0, POLICY, NOON)
    assert change is not None
    assert "state" not in change.set


def test_a_case_opened_after_the_import_bears_the_value_at_once(desk_office: Office) -> None:
    bring_in(desk_office.store, [customer()], "ada", desk_office.clock, fault=_no_fault)
    desk_office.hears()
    assert desk_office.cases()[0].terms["value"] == 7.5


def test_a_long_backlog_is_worked_through_in_several_transactions(desk_office: Office) -> None:
    count = LOOKED_AT + 3
    desk_office.takes(*(desk_office.post(by=f"p{n}", thread=f"t{n}") for n in range(count)))
    bring_in(desk_office.store, [customer(f"p{n}") for n in range(count)], "ada", desk_office.clock, fault=_no_fault)
    assert rerank(desk_office.store, POLICY, desk_office.clock) == count


def test_a_rehearsal_and_a_faulty_import_change_nothing(desk_office: Office) -> None:
    store, clock = desk_office.store, desk_office.clock
    saved = bring_in(store, [customer()], "", clock, rehearse=True, fault=_no_fault)
    assert (saved.customers, saved.new) == (1, 1)
    with pytest.raises(ConfigError, match="no good"):
        bring_in(store, [customer()], "ada", clock, fault=lambda _: "no good")

    def breaks() -> object:
        yield customer()
        raise ConfigError("the disk is gone")

    with pytest.raises(ConfigError, match="disk"):
        bring_in(store, breaks(), "ada", clock, fault=_no_fault)  # type: ignore[arg-type]
    with store.read() as reads:
        assert reads.customer_refs() == []
        assert list(reads.sealed()) == []


def test_who_imported_and_forgot_is_in_the_audit_and_of_whom_is_not(desk_office: Office) -> None:
    bring_in(desk_office.store, [customer()], "ada", desk_office.clock, fault=_no_fault)
    forget(desk_office.store, "c-ann", "ben", desk_office.clock)
    with desk_office.store.read() as reads:
        rows = list(reads.sealed())
    assert [(one.agent, one.subject, one.kind) for one in rows] == [
        ("ada", "customers", "imported"),
        ("ben", "customers", "forgot"),
    ]
    assert "c-ann" not in repr(rows)
