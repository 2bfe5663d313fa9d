"""What agents may do, and what is refused them. Pure: no store."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from listener.domain.case import Case, CaseChange, CaseState, EventKind
from listener.errors import ConfigError, Conflict
from listener.triage import moves
from tests.builders import NOON, minutes
from tests.triage.builders import POLICY, after, case, held, resolved, snoozed

Move = Callable[[Case, str], CaseChange]
TWO = NOON + timedelta(hours=2)

MOVES: dict[str, Move] = {
    "claim": lambda c, who: moves.decide_claim(c, who, POLICY, NOON),
    "release": lambda c, who: moves.decide_release(c, who, NOON),
    "assign": lambda c, who: moves.decide_assign(c, "cat", who, NOON),
    "note": lambda c, who: moves.decide_note(c, "called", who, POLICY, NOON),
    "reply": lambda c, who: moves.decide_reply(c, "sorry", who, POLICY, NOON),
    "snooze": lambda c, who: moves.decide_snooze(c, TWO, who, POLICY, NOON),
    "escalate": lambda c, who: moves.decide_escalate(c, "press", who, POLICY, NOON),
    "resolve": lambda c, who: moves.decide_resolve(c, "refunded", who, POLICY, NOON),
    "reopen": lambda c, who: moves.decide_reopen(c, "", who, POLICY, NOON),
}
STATES: dict[str, Case] = {
    "free": case(),
    "mine": held("ann"),
    "bob's": held("bob"),
    "lapsed": held("bob", lease_until=NOON),
    "given to bob": case(assignee="bob"),
    "asleep": snoozed(),
    "asleep at bob's": snoozed(assignee="bob"),
    "resolved": resolved(),
}
ALLOWED = {
    "claim": {"free", "mine", "lapsed"},
    "release": {"mine"},
    "assign": {"free", "mine", "lapsed", "given to bob", "asleep", "asleep at bob's"},
    "note": set(STATES),
    "reply": {"free", "mine", "lapsed", "asleep"},
    "snooze": {"free", "mine", "lapsed", "asleep"},
    "escalate": {"free", "mine", "lapsed", "asleep"},
    "resolve": {"free", "mine", "lapsed", "asleep"},
    "reopen": {"asleep", "resolved"},
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("move", MOVES)
def test_ann_may_do_just_what_the_table_says(move: str, state: str) -> None:
    if state in ALLOWED[move]:
        change = MOVES[move](STATES[state], "ann")
        assert (change.agent, change.at) == ("ann", NOON)
        assert after(STATES[state], change).version == 2
    else:
        with pytest.raises(Conflict):
            MOVES[move](STATES[state], "ann")


@pytest.mark.parametrize("move", MOVES)
def test_every_move_leaves_a_case_the_store_may_keep(move: str) -> None:
    """Snoozed has an hour, resolved an instant, a lease an agent; an open case has none of the former."""
    for state in ALLOWED[move]:
        kept = after(STATES[state], MOVES[move](STATES[state], "ann"))
        assert (kept.state is CaseState.SNOOZED) == (kept.snoozed_until is not None)
        assert (kept.state is CaseState.RESOLVED) == (kept.resolved_at is not None)
        assert kept.lease_until is None or kept.assignee


def test_a_refusal_names_the_holder_and_until_when() -> None:
    with pytest.raises(Conflict, match=r"case 12 is held by bob until 2026-03-02 12:15 UTC"):
        moves.decide_resolve(held("bob"), "refunded", "ann", POLICY, NOON)
    with pytest.raises(Conflict, match=r"case 12 is assigned to bob") as refused:
        moves.decide_resolve(case(assignee="bob"), "refunded", "ann", POLICY, NOON)
    assert refused.value.next_step == "listener case assign 12 --to ann"


def test_resolving_twice_is_refused_naming_who_and_when() -> None:
    with pytest.raises(Conflict, match=r"resolved already by bob at 2026-03-02 12:00 UTC"):
        moves.decide_resolve(resolved(), "again", "ann", POLICY, NOON)


def test_a_claim_holds_for_a_lease_and_is_renewed_by_its_holder() -> None:
    mine = after(case(), moves.decide_claim(case(), "ann", POLICY, NOON))
    assert mine.lease_until == NOON + minutes(15)
    again = after(mine, moves.decide_claim(mine, "ann", POLICY, NOON + minutes(10)))
    assert again.lease_until == NOON + minutes(25)


def test_a_claim_after_a_lapsed_lease_names_whose_it_was() -> None:
    change = moves.decide_claim(held("bob"), "ann", POLICY, NOON + minutes(15))
    assert change.detail == {"lapsed": "bob"}


def test_a_case_assigned_by_hand_gets_no_lease_from_its_own_agents_claim() -> None:
    mine = case(assignee="ann")
    assert after(mine, moves.decide_claim(mine, "ann", POLICY, NOON)).lease_until is None


@pytest.mark.parametrize("move", ["note", "escalate"])
def test_what_the_holder_does_renews_the_lease(move: str) -> None:
    kept = after(held("ann", lease_until=NOON + minutes(1)), MOVES[move](held("ann"), "ann"))
    assert kept.lease_until == NOON + minutes(15)


def test_a_colleagues_note_leaves_the_lease_alone() -> None:
    assert after(held("bob"), MOVES["note"](held("bob"), "ann")).lease_until == NOON + minutes(15)
    assert "lease_until" not in MOVES["note"](held("bob"), "ann").set


def test_a_reply_takes_the_case_and_starts_its_age_anew() -> None:
    answered = after(case(), MOVES["reply"](case(), "ann"))
    assert (answered.assignee, answered.first_reply_at) == ("ann", NOON)
    assert answered.rank_at == NOON - timedelta(hours=36)
    later = moves.decide_reply(answered, "and more", "ann", POLICY, NOON + minutes(5))
    assert after(answered, later).first_reply_at == NOON


def test_a_reply_to_a_sleeping_case_lets_it_sleep() -> None:
    kept = after(snoozed(), MOVES["reply"](snoozed(), "ann"))
    assert (kept.state, kept.assignee) == (CaseState.SNOOZED, "")


def test_a_snooze_ends_a_claim_and_keeps_a_hand_assignment() -> None:
    assert after(held("ann"), MOVES["snooze"](held("ann"), "ann")).assignee == ""
    assert after(case(assignee="ann"), MOVES["snooze"](case(assignee="ann"), "ann")).assignee == "ann"


def test_a_snooze_into_the_past_is_refused() -> None:
    with pytest.raises(ConfigError, match="is over"):
        moves.decide_snooze(case(), NOON, "ann", POLICY, NOON)


def test_escalating_adds_its_points_tightens_the_promise_and_wakes() -> None:
    raised = after(snoozed(), MOVES["escalate"](snoozed(), "ann"))
    assert (raised.state, raised.escalated, raised.priority) == (CaseState.OPEN, True, 80.0)
    assert sum(raised.terms.values()) == raised.priority
    assert raised.due_at == NOON + minutes(30)
    with pytest.raises(Conflict, match="escalated already"):
        MOVES["escalate"](raised, "ann")


def test_a_resolved_case_reopens_waiting_anew_and_a_sleeping_one_keeps_its_age() -> None:
    old = NOON - timedelta(days=5)
    assert after(resolved(rank_at=old), MOVES["reopen"](resolved(), "ann")).rank_at == NOON - timedelta(hours=36)
    assert after(snoozed(rank_at=old), MOVES["reopen"](snoozed(rank_at=old), "ann")).rank_at == old


def test_who_resolved_it_is_kept_with_how() -> None:
    closed = after(held("ann"), MOVES["resolve"](held("ann"), "ann"))
    assert (closed.assignee, closed.lease_until, closed.resolution) == ("ann", None, "refunded")


@pytest.mark.parametrize("text", ["", " \n ", "x" * (moves.MAX_TEXT + 1)])
def test_empty_and_endless_texts_are_refused(text: str) -> None:
    for refused in (
        lambda: moves.decide_note(case(), text, "ann", POLICY, NOON),
        lambda: moves.decide_reply(case(), text, "ann", POLICY, NOON),
        lambda: moves.decide_escalate(case(), text, "ann", POLICY, NOON),
        lambda: moves.decide_resolve(case(), text, "ann", POLICY, NOON),
        lambda: moves.decide_assign(case(), text, "ann", NOON),
    ):
        with pytest.raises(ConfigError):
            refused()


def test_releasing_what_nobody_holds_is_refused() -> None:
    with pytest.raises(Conflict, match="nobody holds"):
        moves.decide_release(case(), "ann", NOON)


def test_a_correction_waits_for_the_holder_but_may_touch_a_resolved_case() -> None:
    with pytest.raises(Conflict):
        moves.refuse_relabel(held("bob"), "ann", NOON)
    moves.refuse_relabel(resolved(), "ann", NOON)


def test_each_move_bears_its_own_event() -> None:
    kinds = {name: MOVES[name](STATES[min(ALLOWED[name])], "ann").kind for name in MOVES}
    assert kinds == {
        "claim": EventKind.CLAIMED,
        "release": EventKind.RELEASED,
        "assign": EventKind.ASSIGNED,
        "note": EventKind.NOTED,
        "reply": EventKind.REPLIED,
        "snooze": EventKind.SNOOZED,
        "escalate": EventKind.ESCALATED,
        "resolve": EventKind.RESOLVED,
        "reopen": EventKind.REOPENED,
    }
