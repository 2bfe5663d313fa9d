"""A platform that takes answers, and what goes wrong on the way there and back."""

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from listener.domain.alert import Notice
from listener.domain.mention import Mention, MentionKey
from listener.domain.platform import Refused, Sent
from listener.domain.sending import Outlet, Send, SendState
from listener.errors import ConfigError, ListenerError, Retry, Uncertain
from listener.ports.sends import Line
from listener.triage.answering import Answering
from listener.triage.sending import Sender
from listener.triage.sending_acts import SendDesk
from listener.triage.sending_handover import Replied, WayOut
from tests.triage.builders import POLICY, Office, office

LEASE = timedelta(minutes=4)
GRACE = timedelta(seconds=10)


@dataclass(slots=True)
class Post:
    to: str
    text: str
    key: str
    at: datetime


@dataclass(slots=True)
class Postbox:
    """`fails` are raised in turn: before a post is taken, or (`after`) once it is."""

    posts: list[Post] = field(default_factory=list)
    fails: list[BaseException | Refused] = field(default_factory=list)
    after: bool = False
    hides: bool = False
    """What was taken isn't shown yet."""
    blind: ListenerError | None = None
    """What looking for a post raises."""
    looks: int = 0
    cannot: str = ""
    meanwhile: Callable[[], object] = lambda: None
    """Happens while a call is under way."""

    def unable(self) -> str:
        return self.cannot

    def reply(self, to: Mention, text: str, key: str, now: datetime) -> Sent | Refused:
        self.meanwhile()
        fault = self.fails.pop(0) if self.fails else None
        if isinstance(fault, Refused):
            return fault
        if fault is not None and not self.after:
            raise fault
        self.posts.append(Post(to.key.native_id, text, key, now))
        if fault is not None:
            raise fault
        return self._sent(len(self.posts))

    def find_sent(self, to: Mention, text: str, since: datetime, now: datetime) -> Sent | None:
        self.looks += 1
        self.meanwhile()
        if self.blind is not None:
            raise self.blind
        if self.hides:
            return None
        for number, post in enumerate(self.posts, 1):
            if (post.to, post.text) == (to.key.native_id, text) and post.at >= since:
                return self._sent(number)
        return None

    @staticmethod
    def _sent(number: int) -> Sent:
        return Sent(key=MentionKey(platform="x", native_id=f"our-{number}"), url=f"https://x.example/{number}")


@dataclass(slots=True)
class Lines:
    """Which source goes out: `acme-x`, for X."""

    box: Postbox
    gone: bool = False

    def outlet(self, platform: str, brand: str) -> Outlet:
        return Outlet(source="acme-x", needs="only to mentions") if platform == "x" else Outlet()

    def line(self, source: str) -> Line:
        if self.gone or self.box.cannot:
            raise ConfigError(f"source {source!r} can't send replies: {self.box.cannot or 'it is gone'}")
        return Line(responder=self.box, lease=LEASE)


@dataclass(slots=True)
class Bureau:
    """An office whose answers go out."""

    office: Office
    box: Postbox
    lines: Lines
    notices: list[Notice] = field(default_factory=list)
    policy: Any = POLICY

    @property
    def sender(self) -> Sender:
        return Sender(
            store=self.office.store,
            outlets=self.lines,
            policy=self.policy,
            clock=self.office.clock,
            tell=lambda tx, notice, now: self.notices.append(notice),
        )

    @property
    def answering(self) -> Answering:
        way_out = WayOut(outlets=self.lines, grace=GRACE)
        return Answering(self.office.store, self.policy, self.office.clock, way_out)

    @property
    def desk(self) -> SendDesk:
        return SendDesk(store=self.office.store, policy=self.policy, clock=self.office.clock)

    def hears(self, text: str = "@acme my parcel is late", **more: Any) -> None:
        self.office.hears(text, **{"can_reply": True, **more})

    def answers(self, case_id: int = 1, text: str = "Sorry!", agent: str = "zoe") -> Replied:
        made = self.answering.reply(case_id, text, agent)
        assert isinstance(made, Replied)
        return made

    def sends(self, after: timedelta = GRACE) -> list[SendState]:
        """Time passes, and what is due is sent."""
        self.passes(after)
        return [send.state for send in self.sender.send_due()]

    def passes(self, span: timedelta) -> None:
        self.office.clock.advance_to(self.office.clock.now() + span)

    def row(self, send_id: int = 1) -> Send:
        with self.office.store.read() as reads:
            return reads.send(send_id)

    def texts(self) -> list[str]:
        """What stands on the platform."""
        return [post.text for post in self.box.posts]


@contextmanager
def bureau(folder: Path, policy: Any = POLICY) -> Any:
    with office(folder, policy) as open_office:
        box = Postbox()
        yield Bureau(office=open_office, box=box, lines=Lines(box), policy=policy)


def dies() -> BaseException:
    """The process ends here: nothing of ours catches it."""
    return KeyboardInterrupt()


def lost() -> Uncertain:
    return Uncertain("x.example did not answer within 30 s")


def down() -> Retry:
    return Retry("x.example can't be reached")


def facts(send: Send) -> Sequence[object]:
    """How far it came, without its instants."""
    done = replace(send, key="")
    return (done.state, done.attempts, done.native_id, done.url, done.error)
