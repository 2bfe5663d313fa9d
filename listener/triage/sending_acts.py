"""What a person may do about an answer on its way: call it back, try it now, or say that it stands there."""

from dataclasses import dataclass

from listener.clock import Clock
from listener.domain.case import Case
from listener.domain.policy import TriagePolicy
from listener.domain.sending import Outcome, Send, SendState
from listener.errors import ConfigError, Conflict
from listener.ports import Store, Transaction
from listener.triage.desk import named
from listener.triage.sending_ends import arrived, call_back, cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class SendDesk:
    """Each verb is one transaction. `not_there`: the agent has looked, and it doesn't stand on its platform.

    Raises `NotFound`, and `Conflict` where the answer is further than the verb can reach.
    """

    store: Store
    policy: TriagePolicy
    clock: Clock

    def cancel(self, send_id: int, agent: str, *, not_there: bool = False) -> Case:
        """It doesn't go out; its case, which is returned, is as if it had never been written."""
        now, name = self.clock.now(), named(agent)
        with self.store.write() as tx:
            send = tx.send(send_id)
            if send.state is SendState.UNKNOWN and not_there:
                gone = tx.settle_send(send, Outcome(state=SendState.CANCELLED), now)
                assert gone is not None, "nobody else writes in this transaction"
            else:
                gone = call_back(tx, send_id, now)
            return cancelled(tx, gone, name, self.policy, now)

    def now(self, send_id: int, *, not_there: bool = False) -> Send:
        """It is due at once: one that waits, or one of which nobody knew."""
        with self.store.write() as tx:
            send = tx.send(send_id)
            looked = send.state is SendState.UNKNOWN and not_there
            if send.state is SendState.UNKNOWN and not looked:
                return self._due(tx, send, SendState.UNKNOWN)
            if send.state is not SendState.QUEUED and not looked:
                raise Conflict(
                    f"reply {send_id} is {send.state}: it doesn't wait", next_step=f"listener replies show {send_id}"
                )
            return self._due(tx, send, SendState.QUEUED)

    def confirm(self, send_id: int, url: str) -> Send:
        """Somebody has seen it there."""
        if not url.startswith(("https://", "http://")):
            raise ConfigError(f"{url!r} is no address: give the reply's, as the platform shows it")
        now = self.clock.now()
        with self.store.write() as tx:
            send = tx.send(send_id)
            if send.state is not SendState.UNKNOWN:
                raise Conflict(
                    f"reply {send_id} is {send.state}: nothing is to be found out about it",
                    next_step=f"listener replies show {send_id}",
                )
            seen = tx.settle_send(send, Outcome(state=SendState.SENT, native_id=url, url=url), now)
            assert seen is not None, "nobody else writes in this transaction"
            arrived(tx, seen, self.policy, now)
            return seen

    def _due(self, tx: Transaction, send: Send, state: SendState) -> Send:
        now = self.clock.now()
        outcome = Outcome(state=state, due_at=now, error=send.error)
        found = tx.settle_send(send, outcome, now)
        assert found is not None, "nobody else writes in this transaction"
        return found
