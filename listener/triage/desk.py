"""The desk: every verb of an agent, each one transaction. Screens and commands speak these verbs and no others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from listener.clock import Clock
from listener.domain.case import PROGRAM, Case, CaseChange, CaseState
from listener.domain.policy import TriagePolicy
from listener.domain.stored import StoredMention
from listener.errors import ConfigError, NotFound
from listener.ports import Store
from listener.triage import merging, moves
from listener.triage.corrections import Correction
from listener.triage.drafting import posting
from listener.triage.pulling import take_next
from listener.triage.relabelling import Told, relabel_post
from listener.triage.sending_handover import Replied
from listener.triage.sharing_out import share_out
from listener.triage.taking_back import take_back
from listener.triage.waking import wake


@dataclass(frozen=True, slots=True, kw_only=True)
class Relabelled:
    """A correction and what came of it."""

    case: Case
    says: str
    """What the agent should know: that nothing in the case asks for an answer any more; empty otherwise."""


class Desk:
    """Where agents work their cases.

    A verb reads the case, lets `listener.triage.moves` decide and writes, in one transaction. `seen` is the version
    the agent looked at: given one, a verb raises `Conflict` if the case has changed since, naming who and when.
    Unknown cases raise `NotFound`, empty texts and names `ConfigError`.
    """

    def __init__(self, store: Store, policy: TriagePolicy, clock: Clock) -> None:
        self._store = store
        self._policy = policy
        self._clock = clock

    def next(self, agent: str, queues: Sequence[str] = ()) -> Case | None:
        """Claim the best open case for this agent, of these queues or of all; None if there is none.

        That is one they were given and have yet to look at, else one that nobody holds and their skills allow.
        """
        now = self._clock.now()
        with self._store.write() as tx:
            wake(tx, self._policy, now)
            return take_next(tx, named(agent), queues, self._policy, now)

    def claim(self, case_id: int, agent: str, *, seen: int | None = None) -> Case:
        """Take this case; again by its holder: renew the lease."""
        return self._change(case_id, agent, seen, lambda case, now: moves.decide_claim(case, agent, self._policy, now))

    def release(self, case_id: int, agent: str, *, seen: int | None = None) -> Case:
        """Give it back to its queue."""
        return self._change(case_id, agent, seen, lambda case, now: moves.decide_release(case, agent, now))

    def assign(self, case_id: int, to: str, agent: str, *, seen: int | None = None) -> Case:
        """Give it to a colleague (or oneself), without a lease."""
        name = named(to)
        return self._change(case_id, agent, seen, lambda case, now: moves.decide_assign(case, name, agent, now))

    def note(self, case_id: int, text: str, agent: str, *, seen: int | None = None) -> Case:
        """Write something down for the team."""
        return self._change(
            case_id, agent, seen, lambda case, now: moves.decide_note(case, text, agent, self._policy, now)
        )

    def reply(self, case_id: int, text: str, agent: str, *, seen: int | None = None) -> Replied:
        """Record an answer. Nothing is sent: the agent posts it at the returned address."""
        case = self._change(
            case_id, agent, seen, lambda case, now: moves.decide_reply(case, text, agent, self._policy, now)
        )
        with self._store.read() as reads:
            url, warning = posting(reads.case_card(case_id))
        return Replied(case=case, url=url, warning=warning)

    def snooze(self, case_id: int, until: datetime, agent: str, *, seen: int | None = None) -> Case:
        """Hide it until then, or until its author writes again."""
        return self._change(
            case_id, agent, seen, lambda case, now: moves.decide_snooze(case, until, agent, self._policy, now)
        )

    def escalate(self, case_id: int, why: str, agent: str, *, seen: int | None = None) -> Case:
        """Put it before all that are not escalated."""
        return self._change(
            case_id, agent, seen, lambda case, now: moves.decide_escalate(case, why, agent, self._policy, now)
        )

    def resolve(self, case_id: int, how: str, agent: str, *, seen: int | None = None) -> Case:
        """Close it."""
        return self._change(
            case_id, agent, seen, lambda case, now: moves.decide_resolve(case, how, agent, self._policy, now)
        )

    def reopen(self, case_id: int, why: str, agent: str, *, seen: int | None = None) -> Case:
        """Bring a resolved or snoozed case back to its queue."""
        return self._change(
            case_id, agent, seen, lambda case, now: moves.decide_reopen(case, why, agent, self._policy, now)
        )

    def relabel(
        self,
        case_id: int,
        said: Correction,
        agent: str,
        *,
        mention_id: int | None = None,
        seen: int | None = None,
    ) -> Relabelled:
        """Correct what the model made of a post, and judge its case again.

        A case that holds several posts needs to be told which: `ConfigError` lists them.
        """
        now, name = self._clock.now(), named(agent)
        with self._store.write() as tx:
            card = tx.case_card(case_id)
            moves.refuse_relabel(card.case, name, now)
            post = _which(card.mentions, case_id, mention_id)
            case, asks = relabel_post(tx, card, post, Told(said=said, agent=name), self._policy, now, seen=seen)
        says = "" if asks else f"nothing in case {case_id} asks for an answer now; it stays open until you resolve it"
        return Relabelled(case=case, says=says if case.resolved_at is None else "")

    def undo(self, case_id: int, agent: str, *, seen: int | None = None) -> Case:
        """Take back the agent's own latest act on this case; again: the one before that.

        Raises `Conflict` where somebody else, or the program, has changed the same since, naming who and when.
        """
        now, name = self._clock.now(), named(agent)
        with self._store.write() as tx:
            return take_back(tx, case_id, name, self._policy, now, seen=seen)

    def merge(self, case_id: int, into: int, agent: str, *, seen: int | None = None) -> Case:
        """The posts of the first go to the second, which is returned; the first is resolved and says where they are."""
        now, name = self._clock.now(), named(agent)
        with self._store.write() as tx:
            card, target = tx.case_card(case_id), tx.case(into)
            merging.refuse_merge(card.case, target, name, now)
            posts = [post.id for post in card.mentions]
            gone = merging.merged(card.case, target, posts, name, self._policy, now)
            tx.change_case(case_id, card.case.version if seen is None else seen, gone)
            tx.change_case(into, target.version, merging.gathered(card.case, target, posts, name, self._policy, now))
            tx.take_posts(case_id, posts)
            tx.give_posts(into, posts)
            return tx.case(into)

    def split(self, case_id: int, mention_ids: Sequence[int], agent: str, *, seen: int | None = None) -> Case:
        """These posts leave for a new open case, which is returned; one at least must stay."""
        now, name = self._clock.now(), named(agent)
        with self._store.write() as tx:
            card = tx.case_card(case_id)
            posts = merging.split_posts(card, mention_ids, name, now)
            ids = [post.id for post in posts]
            tx.take_posts(case_id, ids)
            new = tx.open_case(merging.split_off(card, posts, self._policy, now))
            tx.give_posts(new.id, [one for one in ids if one != posts[0].id])
            left = merging.left_behind(card, new.id, posts, name, self._policy, now)
            tx.change_case(case_id, card.case.version if seen is None else seen, left)
            tx.change_case(new.id, new.version, merging.came_from(card.case, posts, name, now))
            tx.link_cases(case_id, new.id, merging.SPLIT, name, now)
            return tx.case(new.id)

    def link(self, case_id: int, other_id: int, agent: str) -> Case:
        """Put two cases beside each other, each in the other's card; again: nothing changes."""
        now, name = self._clock.now(), named(agent)
        with self._store.write() as tx:
            case, other = tx.case(case_id), tx.case(other_id)
            merging.refuse_link(case, other)
            if tx.link_cases(case_id, other_id, merging.RELATED, name, now):
                tx.change_case(case_id, case.version, merging.linked(other, name, now))
                tx.change_case(other_id, other.version, merging.linked(case, name, now))
            return tx.case(case_id)

    def tag(
        self, case_id: int, add: Sequence[str], remove: Sequence[str], agent: str, *, seen: int | None = None
    ) -> Case:
        """Add and remove tags; nothing changes where they are as wanted already."""
        now, name = self._clock.now(), named(agent)
        with self._store.write() as tx:
            case = tx.case(case_id)
            change = merging.decide_tags(case, add, remove, name, self._policy, now)
            return case if change is None else tx.change_case(case_id, case.version if seen is None else seen, change)

    def _change(
        self, case_id: int, agent: str, seen: int | None, decide: Callable[[Case, datetime], CaseChange]
    ) -> Case:
        named(agent)
        now = self._clock.now()
        with self._store.write() as tx:
            before = tx.case(case_id)
            case = tx.change_case(case_id, before.version if seen is None else seen, decide(before, now))
            if self._policy.roster.pushes and before.holder(now) and case.state is not CaseState.OPEN:
                # Whoever had it has room for another; one given back by hand waits for the next look.
                share_out(tx, self._policy, now)
            return case


def named(agent: str) -> str:
    """An agent's name that can stand in a case's history. Raises `ConfigError`."""
    if not agent or agent != agent.strip() or not agent.isprintable():
        raise ConfigError("an agent needs a name without white space at its ends and without control characters")
    if agent == PROGRAM:
        raise ConfigError(f"{PROGRAM} is the program's own name in a case's history: act under another")
    return agent


def _which(posts: Sequence[StoredMention], case_id: int, mention_id: int | None) -> StoredMention:
    standing = [post for post in posts if not post.deleted]
    if mention_id is not None:
        standing = [post for post in standing if post.id == mention_id]
    if not standing:
        wanted = "post" if mention_id is None else f"post {mention_id}"
        raise NotFound(f"case {case_id} holds no {wanted} that still stands", next_step=f"listener case show {case_id}")
    if len(standing) > 1:
        ids = ", ".join(str(post.id) for post in standing)
        raise ConfigError(f"case {case_id} holds {len(standing)} posts: say which with --mention ({ids})")
    return standing[0]
