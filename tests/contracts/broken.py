"""A connector to a platform in memory that keeps the contract, and others that each break one promise of it.

The breaks are those that real listeners made: state saved before the rows, one page read of many, a stop at the first
known post, an outage that looks like calm, a token in the log.
"""

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from listener.connectors.boundary import id_of, rejected, sift, text_of
from listener.connectors.cursors import State, load_cursor
from listener.connectors.http import Answer
from listener.connectors.instants import parse_instant
from listener.connectors.jsons import loads, raw_text
from listener.connectors.refusals import refusal
from listener.domain.mention import Author, Mention, MentionKey, Page, Reject
from listener.errors import Retry, SkipRecord
from tests.contracts.rigs import SECRET, Item, Rig
from tests.contracts.server import Asked, Reply

log = logging.getLogger("fake")


class FakeRig(Rig):
    """Publishes in memory; faults are given to the connector as answers."""

    name = "fake"
    tokens = True
    patience = 0.3

    def __init__(self, kind: "type[FakeConnector]") -> None:
        super().__init__()
        self._kind = kind
        self.released = threading.Event()
        self.server.__enter__()

    def close(self) -> None:
        self.released.set()
        self.server.__exit__(None, None, None)

    def connector(self) -> "FakeConnector":
        return self._kind(self)

    def fields(self, item: Item) -> dict[str, Any]:
        return {"id": str(item.number), "text": item.text, "created_at": item.at.isoformat()}

    def answer(self, asked: Asked) -> Reply:
        raise AssertionError("the fake is asked directly")

    def ask(self, since: datetime, token: str) -> Reply:
        """Posts not older than `since`, newest first; a page below `token`."""
        if self.server.fault is not None:
            return self.server.fault
        shown = [item for item in self.newest_first() if item.at >= since]
        below = [item for item in shown if not token or (item.at, item.number) < self._place(token)]
        page = below[: self.page]
        following = str(page[-1].number) if len(below) > len(page) else ""
        if self.loops and token and following:
            following = token
        data = ",".join(self.record(item) for item in page)
        return Reply(body=f'{{"next": "{following}", "data": [{data}]}}'.encode())

    def _place(self, token: str) -> tuple[datetime, int]:
        item = self.items[int(token)]
        return item.at, item.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    since: str
    began: str
    token: str = ""
    tokens: tuple[str, ...] = ()


class FakeConnector:
    """Keeps the contract; `read_to` moves with the last page of a run, two minutes are read again."""

    platform = "fake"
    OVERLAP = timedelta(minutes=2)

    def __init__(self, rig: FakeRig) -> None:
        self.rig = rig

    def check(self) -> str:
        return "a fake"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        state = self.load(cursor)
        read_to = self.instant(state.text("read_to"), now)
        run = self.run(state.part("run"), read_to, now)
        while True:
            answer = self.ask(run)
            token = str(answer.get("next") or "")
            mentions, rejects = self.sift(answer["data"])
            run = replace(run, token=token, tokens=(*run.tokens, token))
            done = not token
            yield self.page(mentions, rejects, run.began if done else state.text("read_to"), None if done else run)
            if done:
                return
            if self.repeats(run):
                raise Retry("the same token twice")

    def load(self, cursor: str) -> State:
        return load_cursor(cursor, version=1)

    def instant(self, text: str, now: datetime) -> datetime | None:
        try:
            instant = parse_instant(text)
        except ValueError:
            return None
        return instant if instant <= now else None

    def run(self, part: State, read_to: datetime | None, now: datetime) -> Run:
        if part.text("token") and self.instant(part.text("since"), now):
            return Run(since=part.text("since"), began=part.text("began"), token=part.text("token"))
        since = (read_to or now - timedelta(days=1)) - self.OVERLAP
        return Run(since=since.isoformat(), began=now.isoformat())

    def repeats(self, run: Run) -> bool:
        return run.tokens.count(run.token) > 1

    def page(self, mentions: list[Mention], rejects: list[Reject], read_to: str, run: Run | None) -> Page:
        fields: dict[str, object] = {"v": 1, "read_to": read_to}
        if run is not None:
            fields["run"] = {"since": run.since, "began": run.began, "token": run.token}
        return Page(mentions=tuple(mentions), rejects=tuple(rejects), cursor=json.dumps(fields), done=run is None)

    def ask(self, run: Run) -> dict[str, Any]:
        reply = self.rig.ask(datetime.fromisoformat(run.since), run.token)
        if reply.manner != "whole":
            raise self.late()
        if reply.status != 200:
            raise self.refused(reply)
        return self.decode(reply.body)

    def late(self) -> Exception:
        return Retry("no whole answer within the deadline")

    def refused(self, reply: Reply) -> Exception:
        answer = Answer(status=reply.status, headers=dict(reply.headers), body=reply.body, url="")
        return refusal(answer, self.rig.clock.now(), who="the fake")

    def decode(self, body: bytes) -> dict[str, Any]:
        try:
            answer = loads(body.decode())
        except ValueError as error:
            raise Retry("not JSON") from error
        if not isinstance(answer, dict) or "data" not in answer or "next" not in answer:
            raise Retry("no data")
        return answer

    def sift(self, records: list[object]) -> tuple[list[Mention], list[Reject]]:
        return sift(records, self.read, "page")

    def read(self, record: object) -> Mention:
        if not isinstance(record, dict):
            raise SkipRecord("not an object")
        native_id = id_of(record.get("id"))
        return Mention(
            key=MentionKey(platform="fake", native_id=native_id),
            author=Author(platform="fake", native_id="1", handle="ann"),
            text=self.text(record.get("text")),
            created_at=parse_instant(record.get("created_at")),
            raw=raw_text(record),
        )

    def text(self, value: object) -> str:
        return text_of(value)


class CursorFirst(FakeConnector):
    """Moves the cursor past everything with the first page."""

    def page(self, mentions: list[Mention], rejects: list[Reject], read_to: str, run: Run | None) -> Page:
        page = super().page(mentions, rejects, read_to, run)
        began = run.began if run else read_to
        return replace(page, cursor=json.dumps({"v": 1, "read_to": began}))


class FirstPageOnly(FakeConnector):
    """Takes the first page for all there is."""

    def ask(self, run: Run) -> dict[str, Any]:
        return {**super().ask(run), "next": ""}


class LoopsForever(FakeConnector):
    """Follows whatever token it is given."""

    def repeats(self, run: Run) -> bool:
        return False


class StopsAtFirstKnown(FakeConnector):
    """Reads nothing again: trusts the order in which posts show up."""

    OVERLAP = timedelta()


class SwallowsBadItem(FakeConnector):
    """Drops what it can't read without a word."""

    def sift(self, records: list[object]) -> tuple[list[Mention], list[Reject]]:
        return super().sift(records)[0], []


class SpoiltByBadItem(FakeConnector):
    """Loses a whole page to one bad item."""

    def sift(self, records: list[object]) -> tuple[list[Mention], list[Reject]]:
        try:
            return [self.read(record) for record in records], []
        except (SkipRecord, ValueError) as error:
            return [], [rejected(records, error, "page")]


class HoardsBadItem(FakeConnector):
    """Keeps all of a bad item, however large."""

    def sift(self, records: list[object]) -> tuple[list[Mention], list[Reject]]:
        mentions, rejects = super().sift(records)
        return mentions, [replace(reject, raw=reject.raw * 40_000) for reject in rejects]


class Hangs(FakeConnector):
    """Waits for an answer as long as it takes."""

    def late(self) -> Exception:
        self.rig.released.wait(10)
        return super().late()


class OutageLooksLikeCalm(FakeConnector):
    """Takes an error for an empty answer."""

    def refused(self, reply: Reply) -> Exception:
        raise _Calm

    def ask(self, run: Run) -> dict[str, Any]:
        try:
            return super().ask(run)
        except _Calm:
            return {"next": "", "data": []}


class _Calm(Exception):
    pass


class HtmlLooksLikeCalm(FakeConnector):
    """Takes a page of HTML for an empty answer."""

    def decode(self, body: bytes) -> dict[str, Any]:
        return {"next": "", "data": []} if body.startswith(b"<") else super().decode(body)


class ForgetsTheWindow(FakeConnector):
    """Tries again at once where it was asked to wait."""

    def refused(self, reply: Reply) -> Exception:
        return Retry("later") if reply.status == 429 else super().refused(reply)


class BelievesTheYear2099(FakeConnector):
    """Waits for as long as a header says."""

    def refused(self, reply: Reply) -> Exception:
        error = super().refused(reply)
        if hasattr(error, "until") and "x-rate-limit-reset" in reply.headers:
            error.until = datetime(2099, 1, 1, tzinfo=UTC)
        return error


class WaitsByItself(FakeConnector):
    """Sleeps a platform's window away, holding up its run."""

    def refused(self, reply: Reply) -> Exception:
        self.rig.clock.sleep(900)
        return super().refused(reply)


class CrashesOnCursor(FakeConnector):
    """Takes its cursor for granted."""

    def load(self, cursor: str) -> State:
        return State(json.loads(cursor)) if cursor else State({})


class LeapsIntoTheFuture(FakeConnector):
    """Believes a cursor that says it has read tomorrow."""

    def instant(self, text: str, now: datetime) -> datetime | None:
        return now + timedelta(days=1) if text else None


class NeverDone(FakeConnector):
    """Doesn't say which page is the last."""

    def page(self, mentions: list[Mention], rejects: list[Reject], read_to: str, run: Run | None) -> Page:
        return replace(super().page(mentions, rejects, read_to, run), done=False)


class KeepsDirt(FakeConnector):
    """Hands on whatever characters came."""

    def text(self, value: object) -> str:
        return value if isinstance(value, str) else text_of(value)


class LogsItsToken(FakeConnector):
    """Logs its authorization at DEBUG."""

    def ask(self, run: Run) -> dict[str, Any]:
        log.debug("Authorization: Bearer %s", SECRET)
        return super().ask(run)


class ShowsItsToken(FakeConnector):
    """Has a generated repr."""

    def __repr__(self) -> str:
        return f"ShowsItsToken(token={SECRET!r})"


class ChangesItsMind(FakeConnector):
    """Gives the same post another version each time."""

    reads = 0

    def read(self, record: object) -> Mention:
        ChangesItsMind.reads += 1
        return replace(super().read(record), version=str(ChangesItsMind.reads))


class CriesWolf(FakeConnector):
    """Invents a post where there is none."""

    def sift(self, records: list[object]) -> tuple[list[Mention], list[Reject]]:
        ghost = {"id": "ghost", "text": "boo", "created_at": "2026-03-02T12:00:00Z"}
        return super().sift([*records, ghost])
