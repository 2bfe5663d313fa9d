"""The desk's verbs for one agent; each answers in a sentence. Called off the screen's thread."""

from collections.abc import Callable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from listener.clock import Clock
from listener.domain.case import Case
from listener.domain.policy import Settings
from listener.domain.sending import Send
from listener.domain.text import visible
from listener.domain.verdict import Label
from listener.errors import ConfigError
from listener.ports import Store
from listener.triage.answering import Answering, Waiting
from listener.triage.card import Reader
from listener.triage.card_words import local
from listener.triage.corrections import Correction
from listener.triage.desk import Desk
from listener.triage.sending import Sender
from listener.triage.sending_handover import BY_HAND, WayOut
from listener.triage.sending_words import stand
from listener.triage.until import until


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Where an agent sits: their store, their settings, their name."""

    store: Store
    settings: Settings
    clock: Clock
    agent: str
    sender: Sender | None = None
    """What sends answers; None: they are recorded, and the agent posts them."""
    uncovered: set[int] = field(default_factory=set)
    """Cases whose abusive words the agent asked to see."""

    def way_out(self) -> WayOut:
        """How answers leave: after a pause in which they can be taken back."""
        if self.sender is None:
            return BY_HAND
        return WayOut(outlets=self.sender.outlets, grace=self.settings.replies.undo)

    def reader(self) -> Reader:
        """For whom rows and cards are drawn, as of now."""
        return Reader(
            policy=self.settings.triage,
            now=self.clock.now(),
            zone=ZoneInfo(self.settings.timezone),
            agent=self.agent,
            on_desk=True,
            uncovered=frozenset(self.uncovered),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a verb did, as the agent is told."""

    case: Case
    said: str
    keeps: bool = True
    """Whether the agent goes on with this case; else with the next one."""
    url: str = ""
    """Where to post what was written."""


class Clerk:
    """Every verb raises what `listener.triage.desk.Desk` raises; `seen` is the version on the screen."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._desk = Desk(seat.store, seat.settings.triage, seat.clock)
        self._answering = Answering(seat.store, seat.settings.triage, seat.clock, seat.way_out())

    def next(self, queue: str) -> Outcome | None:
        """None if nobody waits."""
        case = self._desk.next(self._seat.agent, (queue,) if queue else ())
        return None if case is None else Outcome(case=case, said=f"Case {case.id} is yours{self._lease(case)}.")

    def claim(self, case_id: int, seen: int) -> Outcome:
        case = self._desk.claim(case_id, self._seat.agent, seen=seen)
        return Outcome(case=case, said=f"Case {case_id} is yours{self._lease(case)}.")

    def release(self, case_id: int, seen: int) -> Outcome:
        case = self._desk.release(case_id, self._seat.agent, seen=seen)
        return Outcome(case=case, said=f"Case {case_id} is back in {visible(case.queue, 40)}.")

    def assign(self, case_id: int, seen: int, to: str) -> Outcome:
        name = to.strip()
        case = self._desk.assign(case_id, name, self._seat.agent, seen=seen)
        return Outcome(case=case, said=f"Case {case_id} is {visible(name, 40)}'s now.", keeps=False)

    def note(self, case_id: int, text: str) -> Outcome:
        return Outcome(case=self._desk.note(case_id, text, self._seat.agent), said=f"Noted on case {case_id}.")

    def reply(self, case_id: int, seen: int, text: str) -> Outcome:
        made = self._answering.reply(case_id, text, self._seat.agent, seen=seen)
        warning = f" A reply may not get through: {visible(made.warning, 120)}" if made.warning else ""
        if isinstance(made, Waiting):
            said = f"Draft {made.draft.id} to case {case_id} waits for a second person, for {visible(made.why, 60)}."
            return Outcome(case=made.case, said=said + warning)
        if made.send is not None:
            return Outcome(case=made.case, said=self._goes_out(made.send))
        why = f" ({visible(made.why_not_sent, 120)})" if made.why_not_sent else ""
        said = f"Reply to case {case_id} recorded, not sent{why}: o opens the post, where you send it.{warning}"
        return Outcome(case=made.case, said=said, url=made.url)

    def _goes_out(self, send: Send) -> str:
        seconds = self._seat.settings.replies.undo.total_seconds()
        when = f"in {seconds:g} s" if seconds else "now"
        return f"Reply to case {send.case_id} goes out as {visible(send.source, 40)} {when}."

    def way_out(self, case_id: int) -> str:
        """As whom an answer goes out, and on what condition; empty where nothing is sent from here."""
        if self._seat.sender is None:
            return ""
        way = self._answering.outlet(case_id)
        if way.source:
            needs = f"; replies: {way.needs}" if way.needs else ""
            return f"Goes out as {visible(way.source, 40)}{visible(needs, 160)}"
        return f"You post it yourself: {visible(way.why_not, 160)}" if way.why_not else ""

    def send_due(self) -> list[str]:
        """Send what is due; what this agent should know of it."""
        if self._seat.sender is None:
            return []
        at = self._seat.reader().at
        ours = [one for one in self._seat.sender.send_due() if one.agent == self._seat.agent]
        return [f"Reply to case {one.case_id}: {stand(one, at)}." for one in ours]

    def measured(self, case: Case, text: str) -> tuple[str, bool]:
        """How long a reply is on the case's platform (`29 of 280`), and whether it is too long for it."""
        found = self._answering.measure(case.platform, text)
        return str(found), found.limit is not None and found.length > found.limit

    def ready_answers(self, case_id: int) -> list[tuple[str, str]]:
        """(name, text) of the canned replies meant for this case, filled in; those that lack something stay out."""
        found: list[tuple[str, str]] = []
        for answer in self._answering.offered(case_id):
            try:
                found.append((answer.name, self._answering.render(answer.name, case_id, self._seat.agent)))
            except ConfigError:
                continue
        return found

    def snooze(self, case_id: int, seen: int, text: str) -> Outcome:
        """Until what people type; `ConfigError` says what can be typed."""
        now, zone = self._seat.clock.now(), ZoneInfo(self._seat.settings.timezone)
        when = until(text, now, zone)
        case = self._desk.snooze(case_id, when, self._seat.agent, seen=seen)
        back = f"Case {case_id} is back at {local(when, now, zone)}, or when its author writes."
        return Outcome(case=case, said=back, keeps=False)

    def escalate(self, case_id: int, seen: int, why: str) -> Outcome:
        case = self._desk.escalate(case_id, why, self._seat.agent, seen=seen)
        return Outcome(case=case, said=f"Case {case_id} is escalated: before all that aren't.")

    def resolve(self, case_id: int, seen: int, how: str) -> Outcome:
        case = self._desk.resolve(case_id, how, self._seat.agent, seen=seen)
        return Outcome(case=case, said=f"Case {case_id} resolved: {visible(how.strip(), 60)}.", keeps=False)

    def reopen(self, case_id: int, seen: int) -> Outcome:
        case = self._desk.reopen(case_id, "", self._seat.agent, seen=seen)
        return Outcome(case=case, said=f"Case {case_id} is open again, in {visible(case.queue, 40)}.")

    def relabel(self, case_id: int, seen: int, label: Label | None, mention_id: int) -> Outcome:
        said = Correction(labels=frozenset({label} if label else ()), sentiment=None)
        made = self._desk.relabel(case_id, said, self._seat.agent, mention_id=mention_id, seen=seen)
        more = f" {made.says[:1].upper()}{made.says[1:]}." if made.says else ""
        return Outcome(case=made.case, said=f"Case {case_id} is labelled {label or 'none of these'} now.{more}")

    def undo(self, case_id: int) -> Outcome:
        """Takes back what the agent did last to it; the store knows whether somebody did something since."""
        case = self._desk.undo(case_id, self._seat.agent)
        return Outcome(case=case, said=f"Undone on case {case_id}.")

    def merge(self, case_id: int, seen: int, into: str) -> Outcome:
        other = numbered(into)
        case = self._desk.merge(case_id, other, self._seat.agent, seen=seen)
        return Outcome(case=case, said=f"Case {case_id} went into case {other}.")

    def tag(self, case_id: int, seen: int, text: str) -> Outcome:
        """`vip -late` adds one and takes one away."""
        words = text.split()
        gone = [word[1:] for word in words if word.startswith("-")]
        case = self._desk.tag(
            case_id, [word for word in words if not word.startswith("-")], gone, self._seat.agent, seen=seen
        )
        tags = ", ".join(visible(tag, 60) for tag in case.tags)
        return Outcome(case=case, said=f"Tags of case {case_id}: {tags or 'none'}.")

    def _lease(self, case: Case) -> str:
        if case.lease_until is None:
            return ""
        return f" until {local(case.lease_until, self._seat.clock.now(), ZoneInfo(self._seat.settings.timezone))}"


def numbered(text: str) -> int:
    """`12` or `#12`. Raises `ConfigError`."""
    digits = text.strip().removeprefix("#")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        raise ConfigError(f"{visible(text, 40)!r} is no case number")
    return int(digits)


Verb = Callable[[], Outcome | None]
