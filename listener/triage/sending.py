"""Answers leave: queued → sending → sent, failed, or unknown until somebody has looked.

`sending` is committed before the platform is called, and what came of it after. A process that dies in between leaves
a row whose time runs out; then our own posts are searched before anything is sent again, under the same key. So an
answer stands there once, however often we die. What no order of steps can cover is a process that is stopped between
its last look at the clock and its call, for longer than its lease, on a platform that knows no keys.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from listener.clock import Clock
from listener.domain.alert import Notice
from listener.domain.mention import Mention
from listener.domain.platform import Refused, Sent
from listener.domain.policy import TriagePolicy
from listener.domain.sending import Outcome, Send, SendState
from listener.errors import ListenerError, Retry, Uncertain
from listener.ports import Store, Transaction
from listener.ports.sends import Line, Outlets
from listener.triage import sending_outcomes as outcomes
from listener.triage.sending_ends import arrived, failed, failure, waiting

log = logging.getLogger(__name__)

BATCH = 50

Tell = Callable[[Transaction, Notice, datetime], object]
"""Puts a notice where it will be delivered, in the same transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Sends what is due, one at a time; several processes may do so at once."""

    store: Store
    outlets: Outlets
    policy: TriagePolicy
    clock: Clock
    tell: Tell
    stopping: Callable[[], bool] = lambda: False

    def send_due(self, case_id: int | None = None) -> list[Send]:
        """Send what is due, of all cases or of one, and look for what nobody knows of; each as it then stands."""
        became: list[Send] = []
        tried: set[int] = set()
        while True:
            with self.store.read() as reads:
                found = reads.sends_due(self.clock.now(), BATCH + len(tried), case_id)
            due = [send for send in found if send.id not in tried]
            for send in due:
                if self.stopping():
                    return became
                tried.add(send.id)
                done = self._take_up(send)
                became += [] if done is None else [done]
            # What was said after it to the same customer comes due with it.
            if not due:
                return became

    def _take_up(self, send: Send) -> Send | None:
        """One attempt, or one look; None where another process has it."""
        try:
            line, post = self.outlets.line(send.source), self._post(send)
        except ListenerError as error:
            return self._settle(send, self._not_begun(send, error))
        if post is None:
            return self._settle(send, outcomes.given_up("its author has deleted the post that it answers"))
        with self.store.write() as tx:
            now = self.clock.now()
            claimed = tx.claim_send(send, now + line.lease, now)
        if claimed is None:
            return None
        outcome: Outcome | None
        if claimed.state is SendState.SENDING:
            outcome = self._call(claimed, line, post)
        else:
            outcome = self._look(claimed, line, post)
        return None if outcome is None else self._settle(claimed, outcome)

    def _post(self, send: Send) -> Mention | None:
        """What it answers; None where that is gone, or the answer was erased, and nothing can be sent or found."""
        with self.store.read() as reads:
            stored = reads.mention(send.mention_id)
        return None if stored.deleted or not send.text else stored.mention

    def _not_begun(self, send: Send, error: ListenerError) -> Outcome:
        now = self.clock.now()
        if send.state is SendState.QUEUED:
            return outcomes.held_up(send, error, now)
        return outcomes.not_found_out(send, error, now)

    def _call(self, send: Send, line: Line, post: Mention) -> Outcome | None:
        """The one call that may post something. None where our time is over before it began."""
        now = self.clock.now()
        if send.due_at is None or now >= send.due_at:
            return None
        answer: Sent | Refused | ListenerError
        try:
            answer = line.responder.reply(post, send.text, send.key, now)
        except ListenerError as error:
            answer = error
        except Exception as error:  # a bug of one connector must not stop the others' answers
            log.exception("a reply met a bug", extra={"source": send.source})
            answer = Uncertain(f"a bug: {type(error).__name__}")
        return outcomes.after_reply(send, answer, self.clock.now())

    def _look(self, send: Send, line: Line, post: Mention) -> Outcome:
        now = self.clock.now()
        try:
            found = line.responder.find_sent(post, send.text, outcomes.looks_since(send, now), now)
        except ListenerError as error:
            return outcomes.not_found_out(send, error, self.clock.now())
        except Exception as error:  # as above
            log.exception("looking for a reply met a bug", extra={"source": send.source})
            return outcomes.not_found_out(send, Retry(f"a bug: {type(error).__name__}"), self.clock.now())
        return outcomes.after_look(send, found, now)

    def _settle(self, send: Send, outcome: Outcome) -> Send | None:
        """Commit what came of it, and all that follows from it."""
        with self.store.write() as tx:
            now = self.clock.now()
            became = tx.settle_send(send, outcome, now)
            if became is None:
                return None
            for notice in self._follows(tx, became, outcome, now):
                self.tell(tx, notice, now)
        return became

    def _follows(self, tx: Transaction, send: Send, outcome: Outcome, now: datetime) -> list[Notice]:
        if send.state is SendState.SENT:
            arrived(tx, send, self.policy, now)
        elif send.state is SendState.FAILED:
            case = failed(tx, send, self.policy, now)
            return [] if case is None else [failure(send, case)]
        return [waiting(send, now)] if outcome.needs_person else []
