"""The ends of a reply: it stands there, it never will, or somebody called it back; and what each makes of its case."""

from collections.abc import Mapping
from datetime import datetime

from listener.domain.alert import Notice
from listener.domain.case import PROGRAM, Case, CaseChange, CaseState, EventKind
from listener.domain.mention import MentionKey
from listener.domain.policy import TriagePolicy
from listener.domain.sending import Outcome, Send, SendState
from listener.domain.stored import CaseCard
from listener.domain.text import visible
from listener.errors import Conflict
from listener.ports import Transaction
from listener.triage import sla
from listener.triage.sending_back import AS, SEND, answer_of, came_back, heir_hears

OURS = "it is our own reply"
"""Why a post of ours that was read as a stranger's leaves the queue."""


def arrived(tx: Transaction, send: Send, policy: TriagePolicy, now: datetime) -> None:
    """It stands there: its case says where, and the post counts no longer as a stranger's."""
    detail = {SEND: str(send.id), AS: send.source, "by": send.agent, "url": send.url}
    for case_id in _with_heir(tx, send.case_id):
        tx.tell_case(case_id, now, EventKind.SENT, detail)
    forget_echo(tx, send.standing_as, policy, now)


def failed(tx: Transaction, send: Send, policy: TriagePolicy, now: datetime) -> Case | None:
    """The customer has no answer: the case that now holds their post, back in hand. None where they were erased."""
    if not send.text:
        return None
    change = CaseChange(kind=EventKind.SEND_FAILED, agent=PROGRAM, at=now, detail={"why": send.error})
    return _bring_back(tx, send, change, policy)


def cancelled(tx: Transaction, send: Send, agent: str, policy: TriagePolicy, now: datetime) -> Case:
    """Called back by a person: the case is as if the answer had never been."""
    why = f"by {send.agent}, not sent" if agent != send.agent else "not sent"
    change = CaseChange(kind=EventKind.SEND_CANCELLED, agent=agent, at=now, detail={"why": why})
    return _bring_back(tx, send, change, policy)


def call_back(tx: Transaction, send_id: int, now: datetime) -> Send:
    """The row of a reply that must not go out. Raises `Conflict`, saying why, once it may stand there."""
    send = tx.send(send_id)
    if send.state is SendState.QUEUED:
        gone = tx.settle_send(send, Outcome(state=SendState.CANCELLED, error=""), now)
        assert gone is not None, "nobody else writes in this transaction"
        return gone
    raise _too_late(send)


def _too_late(send: Send) -> Conflict:
    case_id = send.case_id
    match send.state:
        case SendState.SENT:
            where = visible(send.url, 300) or "its platform"
            return Conflict(
                f"the answer to case {case_id} is sent: {where}", next_step="delete it there by hand, then answer again"
            )
        case SendState.SENDING:
            return Conflict(
                f"the answer to case {case_id} is being sent at this moment",
                next_step=f"listener replies show {send.id}",
            )
        case SendState.UNKNOWN:
            return Conflict(
                f"the answer to case {case_id} may stand on {visible(send.platform, 40)} already",
                next_step=f"look yourself, then: listener replies cancel {send.id} --not-there",
            )
        case _:
            return Conflict(
                f"reply {send.id} to case {case_id} is {send.state} already",
                next_step=f"listener case show {case_id}",
            )


def forget_echo(tx: Transaction, key: MentionKey, policy: TriagePolicy, now: datetime) -> None:
    """Our own post, read back before it was known to be ours: erased, never to return, and out of the queue."""
    known = tx.known([key])
    if key not in known:
        return
    holders = tx.cases_holding([known[key].mention_id])
    tx.delete_mentions([key], now)
    for _, case in holders:
        card = tx.case_card(case.id)
        standing = any(not post.deleted for post in card.mentions)
        settled = {} if standing or case.state is CaseState.RESOLVED else _settled(card, policy, now)
        kind = EventKind.RESOLVED if settled else EventKind.DELETED
        change = CaseChange(kind=kind, agent=PROGRAM, at=now, detail={"how": OURS}, set=settled)
        tx.change_case(case.id, card.case.version, change)


def failure(send: Send, case: Case) -> Notice:
    """Tells whoever wrote it; of an answer to many, once a source and reason."""
    many = case.incident_id is not None
    key = f"reply|{send.source}|incident:{case.incident_id}|failed" if many else f"reply:{send.id}|failed"
    lines = [
        f"{visible(send.agent, 60)} wrote it, it should have gone out as {visible(send.source, 60)}:",
        visible(send.error, 400),
        f"The customer has no answer; the case is open: listener case show {case.id}",
        *([f"Post it yourself: {visible(case.url, 300)}"] if case.url else []),
        *(["Other cases of the incident may be without theirs too: listener replies list --state failed"] * many),
    ]
    return Notice(key=key, title=f"The answer to case {case.id} was not sent", body="\n".join(lines))


def waiting(send: Send, now: datetime) -> Notice:
    """Nothing leaves by this source until somebody acts: told once an hour at the most."""
    return Notice(
        key=f"replies|{send.source}|wait|{now:%Y-%m-%dT%H}",
        title=f"Answers as {visible(send.source, 60)} wait",
        body=f"{visible(send.error, 400)}\nAll of them: listener replies list",
    )


def _settled(card: CaseCard, policy: TriagePolicy, now: datetime) -> Mapping[str, object]:
    closed = {
        "state": CaseState.RESOLVED,
        "assignee": "",
        "assigned_at": None,
        "lease_until": None,
        "snoozed_until": None,
        "resolved_at": now,
        "resolution": OURS,
    }
    return sla.follow(card.case, closed, policy, now)


def _with_heir(tx: Transaction, case_id: int) -> list[int]:
    """The case, and the one that has its posts where it was merged."""
    return [case_id, *(heir.id for heir in tx.heirs([case_id]).values())]


def _bring_back(tx: Transaction, send: Send, change: CaseChange, policy: TriagePolicy) -> Case:
    card = tx.case_card(send.case_id)
    act = answer_of(card.events, send)
    if act is None:
        # Its words in the history were emptied: which event recorded it can't be told any more.
        return tx.change_case(send.case_id, card.case.version, change)
    heir = tx.heirs([send.case_id]).get(send.case_id)
    if heir is not None:
        told = heir_hears(heir, act, send, change, policy)
        tx.tell_case(send.case_id, change.at, change.kind, told.detail)
        return tx.change_case(heir.id, heir.version, told)
    return tx.change_case(send.case_id, card.case.version, came_back(card, act, send, change, policy, change.at))
