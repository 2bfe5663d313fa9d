"""What a connector promises that can do more than poll: keep windows, look again, look back, listen, answer."""

import threading
from dataclasses import replace
from datetime import datetime
from queue import Empty, SimpleQueue

from listener.domain.mention import Mention, Page
from listener.domain.platform import Fate, Rechecked, Refused, Sent
from listener.errors import ListenerError, NotPermitted, RateLimited, Reauthorize, Uncertain
from listener.ports.connectors import Backfills, Rechecks, Responder, Streams
from tests.contracts.connector_contract import Check, ids, walk
from tests.contracts.exempt import Exempt
from tests.contracts.faults import HTML
from tests.contracts.rigs import HASTY, PATIENT, Rig
from tests.contracts.server import Reply

ANSWER = "Sorry about that! Which order is it?"


def a_declared_window_is_kept(rig: Rig) -> None:
    """Whoever shares the credential makes no call before it ends, after a restart either."""
    if not rig.networked:
        raise Exempt("asks nobody")
    rig.publish(2)
    walk(rig)
    rig.server.fault = Reply(status=429, headers={"retry-after": "120"})
    until = _limited(rig)
    rig.server.fault = None
    asked = len(rig.server.asked)
    assert _limited(rig) == until, "the window is forgotten by a new connector"
    assert len(rig.server.asked) == asked, "asked within a declared window"
    rig.clock.sleep((until - rig.clock.now()).total_seconds() + 1)
    assert ids(walk(rig)), "doesn't go on after the window"


def _limited(rig: Rig) -> datetime:
    try:
        walk(rig)
    except RateLimited as error:
        return error.until
    raise AssertionError("read within a declared window")


def what_became_of_posts_is_told(rig: Rig) -> None:
    connector, mentions = _read(rig, 5)
    if not isinstance(connector, Rechecks):
        raise Exempt("the platform can't be asked about a post")
    rig.edit(1, "@acme is early after all")
    rig.delete(3)
    told = {one.key.native_id: one for one in connector.recheck(mentions, rig.clock.now())}
    fates = {number: told[rig.native_id(number)].fate for number in range(5) if rig.native_id(number) in told}
    assert fates.pop(3, None) is Fate.DELETED, "a deleted post isn't told of"
    assert set(fates.values()) <= {Fate.ALIVE}, f"told of standing posts: {fates}"
    assert 1 in fates, "an edited post isn't told of"
    mention = told[rig.native_id(1)].mention
    if rig.edits_are_told:
        assert mention is not None, "an edited post comes without how it reads now"
        assert "early after all" in mention.text, "an edit isn't told of"


def an_outage_deletes_nothing(rig: Rig) -> None:
    """A broken platform must not empty a database."""
    connector, mentions = _read(rig, 4)
    if not isinstance(connector, Rechecks):
        raise Exempt("the platform can't be asked about a post")
    bodies = (b"", b"null", b"[]", b"{}", HTML, b'{"data": [{"id": "1", "te', b'{"error": "oops"}')
    for reply in [Reply(status=503), Reply(status=500, body=HTML), *(Reply(body=body) for body in bodies)]:
        rig.server.fault = reply
        found = _asked_again(connector, mentions, rig)
        gone = [one.key for one in found if one.fate is Fate.DELETED]
        assert not gone, f"{len(gone)} posts taken for deleted by {reply.status} {reply.body[:20]!r}"


def _asked_again(connector: Rechecks, mentions: list[Mention], rig: Rig) -> list[Rechecked]:
    try:
        return connector.recheck(mentions, rig.clock.now())
    except ListenerError:
        return []


def the_past_is_read_on_a_cursor_of_its_own(rig: Rig) -> None:
    rig.publish(1)
    rig.clock.sleep(3600)
    since = rig.clock.now()
    wanted = rig.publish(rig.page * 2 + 3)
    until = rig.clock.now()
    rig.clock.sleep(3600)
    beyond = rig.publish(2)
    connector = rig.connector()
    if not isinstance(connector, Backfills):
        raise Exempt("the platform shows no past but what is polled")
    estimate = connector.estimate(since, until)
    assert estimate.posts is None or estimate.posts >= 0
    pages = _backfilled(connector, rig, since, until, "")
    assert pages[-1].done, "a backfill without an end"
    assert ids(pages) == wanted, "not what was posted in that stretch"
    assert not beyond & ids(pages)
    for number in range(len(pages)):
        rest = _backfilled(rig.connector(), rig, since, until, pages[number].cursor) if not pages[number].done else []
        assert ids([*pages[: number + 1], *rest]) == wanted, f"lost after a crash behind page {number + 1}"


def _backfilled(connector: object, rig: Rig, since: datetime, until: datetime, cursor: str) -> list[Page]:
    assert isinstance(connector, Backfills)
    pages: list[Page] = []
    for page in connector.backfill(since, until, cursor, rig.clock.now()):
        pages.append(page)
        assert len(pages) < 60, "pages without end"
        if page.done:
            break
    return pages


def what_appears_is_heard(rig: Rig) -> None:
    connector = rig.connector()
    if not rig.streams or not isinstance(connector, Streams):
        raise Exempt("the platform has no stream")
    rig.publish(2)
    with _Listening(connector, rig) as listening:
        assert not listening.next().mentions, "a stream begins with an empty page, to say that it stands"
        for burst in (1, 7):
            wanted = rig.publish(burst)
            heard: set[str] = set()
            while not wanted <= heard:
                heard |= ids([listening.next()])
    assert listening.ended.wait(rig.patience), "doesn't stop when told to"


class _Listening:
    """A stream read in a thread of its own."""

    def __init__(self, connector: Streams, rig: Rig) -> None:
        self._pages: SimpleQueue[Page | Exception] = SimpleQueue()
        self._stop = threading.Event()
        self.ended = threading.Event()
        self._patience = rig.patience
        self._read = lambda: connector.stream("", rig.clock.now(), self._stop.is_set)

    def __enter__(self) -> "_Listening":
        threading.Thread(target=self._run, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    def _run(self) -> None:
        try:
            for page in self._read():
                self._pages.put(page)
        except (ListenerError, AssertionError, OSError, ValueError, TypeError, LookupError, RuntimeError) as error:
            self._pages.put(error)
        finally:
            self.ended.set()

    def next(self) -> Page:
        try:
            page = self._pages.get(timeout=self._patience)
        except Empty:
            raise AssertionError("nothing is heard") from None
        assert isinstance(page, Page), f"the stream broke: {page!r}"
        return page


def an_answer_is_carried_back(rig: Rig) -> None:
    connector, mention = _answerable(rig)
    since = rig.clock.now()
    assert connector.find_sent(mention, ANSWER, since, since) is None, "found what was never sent"
    sent = connector.reply(mention, ANSWER, "key-1", since)
    assert isinstance(sent, Sent), f"refused: {sent}"
    assert [(to, text) for to, text in rig.answered if ANSWER in text and to], "the platform has no such reply"
    assert len(rig.answered) == 1, "sent more than once"
    rig.clock.sleep(90)
    found = connector.find_sent(mention, ANSWER, since, rig.clock.now())
    assert found is not None, "our own reply isn't found again"
    assert found.key == sent.key
    other = connector.find_sent(mention, "Something else altogether, my friend.", since, rig.clock.now())
    assert other is None, "another answer is taken for this one"


def our_own_answer_is_known_by_its_key(rig: Rig) -> None:
    """Where a poll meets what was sent, it bears the key that we were told, by which the core leaves it out."""
    connector, mention = _answerable(rig)
    sent = connector.reply(mention, ANSWER, "key-1", rig.clock.now())
    assert isinstance(sent, Sent), f"refused: {sent}"
    rig.clock.sleep(90)
    echoes = [m for page in walk(rig) for m in page.mentions if ANSWER in m.text]
    assert all(echo.key == sent.key for echo in echoes), "our own answer comes back as a stranger's post"


def an_answer_without_a_word_back_is_uncertain(rig: Rig) -> None:
    connector, mention = _answerable(rig)
    named: list[tuple[Reply, tuple[type, ...]]] = [
        (Reply(status=401), (Reauthorize,)),
        (Reply(status=403, body=b'{"detail": "not for you"}'), (NotPermitted, Refused)),
        (Reply(status=503), (Uncertain,)),
        (Reply(status=200, body=HTML), (Uncertain,)),
        (Reply(manner="hang"), (Uncertain,)),
        (Reply(body=b'{"data": {"id": "1"}}' * 20, manner="cut"), (Uncertain,)),
        (Reply(status=429, headers={"retry-after": "60"}), (RateLimited,)),
    ]
    for fault, wanted in named:
        rig.limits = {**(PATIENT if fault.manner == "whole" else HASTY)}
        connector = rig.connector()
        assert isinstance(connector, Responder)
        rig.fault_writes(fault)
        outcome = _outcome(connector, mention, rig)
        rig.fault_writes(None)
        assert isinstance(outcome, wanted), f"{fault.status} {fault.manner}: {outcome!r}"
        rig.clock.sleep(3600)


def _outcome(connector: Responder, mention: Mention, rig: Rig) -> object:
    try:
        return connector.reply(mention, ANSWER, "key-1", rig.clock.now())
    except ListenerError as error:
        return error


def what_is_too_long_is_refused_unsent(rig: Rig) -> None:
    connector, mention = _answerable(rig)
    outcome = connector.reply(mention, "word " * 10_000, "key-1", rig.clock.now())
    assert isinstance(outcome, Refused), f"not refused: {outcome!r}"
    assert outcome.reason
    assert not rig.answered


def _answerable(rig: Rig) -> tuple[Responder, Mention]:
    connector, mentions = _read(rig, 3)
    if not isinstance(connector, Responder):
        raise Exempt("the platform takes no replies from here")
    if why := connector.unable():
        raise Exempt(f"this source can't reply: {why}")
    able = [mention for mention in mentions if mention.can_reply]
    if not able:
        raise Exempt(f"what this source reads may not be answered: {mentions[0].reply_note}")
    return connector, able[0]


def _read(rig: Rig, count: int) -> tuple[object, list[Mention]]:
    """What a connector reads of `count` posts, as the store would hand it back."""
    rig.publish(count)
    connector = rig.connector()
    found = {m.key: replace(m, raw="") for page in walk(rig, connector=connector) for m in page.mentions}
    rig.clock.sleep(300)
    return connector, list(found.values())


REACH_CHECKS: tuple[Check, ...] = (
    a_declared_window_is_kept,
    what_became_of_posts_is_told,
    an_outage_deletes_nothing,
    the_past_is_read_on_a_cursor_of_its_own,
    what_appears_is_heard,
    an_answer_is_carried_back,
    our_own_answer_is_known_by_its_key,
    an_answer_without_a_word_back_is_uncertain,
    what_is_too_long_is_refused_unsent,
)
