"""An answer on its way out: queued in the transaction that records it, or recorded alone, with why."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from listener.domain.case import Case, CaseChange
from listener.domain.platform import terms_of
from listener.domain.sending import Outlet, Send, SendDraft
from listener.domain.stored import CaseCard
from listener.errors import Conflict, ListenerError
from listener.ports import Transaction
from listener.ports.sends import NoOutlets, Outlets
from listener.triage.drafting import latest_post, posting
from listener.triage.sending_back import AS, SEND
from listener.triage.sending_outcomes import said

AT_ONCE = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replied:
    """A recorded answer: on its way, or to be posted by hand."""

    case: Case
    url: str
    """Permalink of the author's latest post that still stands; empty if there is none."""
    warning: str
    """Why the platform won't take a reply to it; empty if it will."""
    send: Send | None = None
    """On its way; None: the agent posts it."""
    why_not_sent: str = ""
    """Where a source is there that sends replies, but not this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """How answers leave: through which sources, and after what pause for second thoughts."""

    outlets: Outlets
    grace: timedelta = AT_ONCE

    def outlet(self, card: CaseCard) -> Outlet:
        """As whom an answer would go out. Ask outside of a transaction: a connector may have to be loaded."""
        return self._usable(open_to(card, self.outlets.outlet(card.case.platform, card.case.brand)))

    def of(self, platform: str, brand: str) -> Outlet:
        """The same for many cases, whose posts are looked at one by one."""
        return self._usable(self.outlets.outlet(platform, brand))

    def _usable(self, way: Outlet) -> Outlet:
        if not way.source:
            return way
        try:
            self.outlets.line(way.source)
        except ListenerError as error:
            return Outlet(why_not=said(error))
        return way


BY_HAND = WayOut(outlets=NoOutlets())
"""Nothing is sent: agents post their answers themselves."""


def hand_over(
    tx: Transaction,
    card: CaseCard,
    version: int,
    answered: CaseChange,
    outlet: Outlet,
    due_at: datetime,
) -> Replied:
    """Record the answer, and queue it where it can be sent. Raises `Conflict` for words that stand there already."""
    url, warning = posting(card)
    post, case_id, way = latest_post(card), card.case.id, open_to(card, outlet)
    if not way.source or post is None:
        case = tx.change_case(case_id, version, answered)
        return Replied(case=case, url=url, warning=warning, why_not_sent=way.why_not)
    text = answered.detail["text"]
    _refuse_twice(tx, post.id, text, case_id)
    draft = SendDraft(
        case_id=case_id,
        mention_id=post.id,
        source=outlet.source,
        platform=post.mention.key.platform,
        agent=answered.agent,
        text=text,
        key=uuid.uuid4().hex,
        due_at=due_at,
    )
    send = tx.queue_send(draft, answered.at)
    said = {**answered.detail, SEND: str(send.id), AS: outlet.source}
    case = tx.change_case(case_id, version, replace(answered, detail=said))
    return Replied(case=case, url=url, warning="", send=send)


def open_to(card: CaseCard, outlet: Outlet) -> Outlet:
    """The same, unless the platform, or its terms, take no reply to the post that would be answered."""
    post = latest_post(card)
    if not outlet.source or post is None or post.mention.can_reply:
        return outlet
    terms = terms_of(post.mention.key.platform)
    note = post.mention.reply_note or "the platform doesn't say that a reply can be sent"
    return Outlet(why_not=note if terms.message_unasked or not terms.why else f"{note} ({terms.why})")


def _refuse_twice(tx: Transaction, mention_id: int, text: str, case_id: int) -> None:
    """Nobody is told the very same twice under one post; nor could one be told from the other afterwards."""
    same = tx.same_send(mention_id, text)
    if same is not None:
        raise Conflict(
            f"case {case_id}: {same.agent} answered this post in the same words already ({same.state})",
            next_step=f"listener replies show {same.id}",
        )
