"""The fake grown up: it keeps windows, looks again, looks back, listens and answers; and others that each break one.

The breaks are those that cost real teams data or face: a broken API taken for mass deletion, a timeout taken for "not
sent", a stream that forgets to say that it stands, a window forgotten by the restart.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from listener.connectors.budget import Budget
from listener.connectors.http import Answer
from listener.domain.mention import Mention, MentionKey, Page
from listener.domain.platform import Estimate, Fate, Rechecked, Refused, Sent
from listener.errors import Retry, Uncertain
from tests.contracts.broken import FakeConnector, FakeRig, Run
from tests.contracts.rigs import Item
from tests.contracts.server import Reply

LONGEST = 280


class ReachRig(FakeRig):
    """Takes replies, and is heard by streams."""

    streams = True

    def take(self, to: str, text: str) -> None:
        self.answered.append((to, text))
        self.items.append(Item(number=len(self.items), at=self.clock.now(), text=text))


class ReachFake(FakeConnector):
    """Keeps the whole contract."""

    def __init__(self, rig: FakeRig) -> None:
        super().__init__(rig)
        self.budget = Budget(rig.purse, rig.clock, "fake:1", "the fake")

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        self.ask_budget()
        yield from super().poll(cursor, now)

    def ask_budget(self) -> None:
        self.budget.ask("read")

    def ask(self, run: Run) -> dict[str, Any]:
        self.rig.server.asked.append(None)  # type: ignore[arg-type]  # counted, not looked at
        return super().ask(run)

    def refused(self, reply: Reply) -> Exception:
        self.hear(reply)
        return super().refused(reply)

    def hear(self, reply: Reply) -> None:
        self.budget.heard("read", Answer(status=reply.status, headers=dict(reply.headers), body=b"", url=""))

    def text(self, value: object) -> str:
        return super().text(value)

    def read(self, record: object) -> Mention:
        return replace(super().read(record), can_reply=True)

    # Looking again

    def recheck(self, mentions: Sequence[Mention], now: datetime) -> list[Rechecked]:
        shown = {m.key: m for m in self.everything(now)}
        return [self.fate(mention, shown.get(mention.key)) for mention in mentions if self.told(mention, shown)]

    def told(self, mention: Mention, shown: dict[MentionKey, Mention]) -> bool:
        return bool(shown)

    def fate(self, mention: Mention, shown: Mention | None) -> Rechecked:
        return Rechecked(key=mention.key, fate=Fate.ALIVE if shown else Fate.DELETED, mention=shown)

    def everything(self, now: datetime) -> list[Mention]:
        run, found = Run(since="0001-01-01T00:00:00+00:00", began=now.isoformat()), []
        while True:
            answer = self.ask(run)
            found += self.sift(answer["data"])[0]
            if not answer["next"]:
                return found
            run = replace(run, token=str(answer["next"]))

    # Looking back

    def estimate(self, since: datetime, until: datetime) -> Estimate:
        return Estimate()

    def backfill(self, since: datetime, until: datetime, cursor: str, now: datetime) -> Iterator[Page]:
        run = Run(since=since.isoformat(), began=now.isoformat(), token=self.resumed(cursor))
        while True:
            answer = self.ask(run)
            inside = [m for m in self.sift(answer["data"])[0] if self.within(m.created_at, since, until)]
            run = replace(run, token=str(answer["next"]))
            done = not run.token
            yield Page(mentions=tuple(inside), cursor=json.dumps({"v": 1, "token": run.token}), done=done)
            if done:
                return

    def resumed(self, cursor: str) -> str:
        return self.load(cursor).text("token")

    def within(self, at: datetime, since: datetime, until: datetime) -> bool:
        return since <= at < until

    # Listening

    def stream(self, cursor: str, now: datetime, stopping: Callable[[], bool]) -> Iterator[Page]:
        known = {m.key for m in self.everything(now)}
        yield from self.opening()
        while not stopping():
            fresh = [m for m in self.everything(now) if m.key not in known]
            known |= {m.key for m in fresh}
            if fresh:
                yield Page(mentions=tuple(self.heard(fresh)), cursor="", done=False)
            self.rig.released.wait(0.001)

    def opening(self) -> Iterator[Page]:
        yield Page(mentions=(), cursor="", done=False)

    def heard(self, fresh: list[Mention]) -> list[Mention]:
        return fresh

    # Answering

    def unable(self) -> str:
        return ""

    def reply(self, to: Mention, text: str, key: str, now: datetime) -> Sent | Refused:
        if len(text) > LONGEST:
            return self.too_long()
        fault = self.rig.server.write_fault
        if fault is not None:
            raise self.unsure(fault)
        self.send(to, text)
        return Sent(key=self.own_key())

    def too_long(self) -> Refused:
        return Refused(reason="too long")

    def own_key(self) -> MentionKey:
        own = [item.number for item in self.rig.items if item.text in {text for _, text in self.rig.answered}]
        return MentionKey(platform="fake", native_id=str(own[-1]))

    def unsure(self, fault: Reply) -> Exception:
        if fault.manner == "whole" and fault.status in (401, 403, 429):
            return super().refused(fault)
        return Uncertain("no word back")

    def send(self, to: Mention, text: str) -> None:
        assert isinstance(self.rig, ReachRig)
        self.rig.take(to.key.native_id, text)

    def find_sent(self, to: Mention, text: str, since: datetime, now: datetime) -> Sent | None:
        matching = [said for said in self.rig.answered if said == (to.key.native_id, text)]
        return Sent(key=self.own_key()) if matching else None


class ForgetsWindows(ReachFake):
    """Counts no calls."""

    def ask_budget(self) -> None: ...


class BelievesSilence(ReachFake):
    """Takes an answer without posts for their deletion."""

    def told(self, mention: Mention, shown: dict[MentionKey, Mention]) -> bool:
        return True

    def everything(self, now: datetime) -> list[Mention]:
        try:
            return super().everything(now)
        except Retry:
            return []


class NeverLooksAgain(ReachFake):
    """Says that everything still stands."""

    def fate(self, mention: Mention, shown: Mention | None) -> Rechecked:
        return Rechecked(key=mention.key, fate=Fate.ALIVE, mention=mention)


class StartsThePastOver(ReachFake):
    """Begins in the middle of a backfill as if all before it were read."""

    def resumed(self, cursor: str) -> str:
        return "1" if cursor else ""


class SpillsOver(ReachFake):
    """Brings more of the past than was asked for."""

    def within(self, at: datetime, since: datetime, until: datetime) -> bool:
        return True


class NeverSaysItStands(ReachFake):
    """Begins a stream with its first post, hours later."""

    def opening(self) -> Iterator[Page]:
        yield from ()


class HearsHalf(ReachFake):
    """Keeps only the newest of what came together."""

    def heard(self, fresh: list[Mention]) -> list[Mention]:
        return fresh[:1]


class SendsTwice(ReachFake):
    """Tries again by itself, to be safe."""

    def send(self, to: Mention, text: str) -> None:
        super().send(to, text)
        super().send(to, text)


class HearsAStranger(ReachFake):
    """Is told another id than its listing has."""

    def own_key(self) -> MentionKey:
        return MentionKey(platform="fake", native_id="own")


class TakesSilenceForNo(ReachFake):
    """Says that it wasn't sent, because nobody answered."""

    def unsure(self, fault: Reply) -> Exception:
        return Retry("it wasn't sent")


class FindsAnything(ReachFake):
    """Takes any post of ours for this answer."""

    def find_sent(self, to: Mention, text: str, since: datetime, now: datetime) -> Sent | None:
        return Sent(key=self.own_key()) if self.rig.answered else None


class CutsShort(ReachFake):
    """Sends what fits."""

    def too_long(self) -> Refused:
        self.rig.answered.append(("", "wor"))
        return super().too_long()
