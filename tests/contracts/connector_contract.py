"""What every connector promises, as checks over a rig; `broken.py` shows that each can fail."""

import base64
import json
import logging
import threading
from collections.abc import Callable
from datetime import UTC, timedelta
from urllib.parse import quote

from listener.connectors.jsons import MAX_RAW
from listener.domain.mention import Mention, Page
from listener.errors import BadCursor, ListenerError, RateLimited
from listener.ports import Connector
from tests.contracts.exempt import Exempt
from tests.contracts.faults import BROKEN_ENTRY, FAULTS, HTML, MALFORMED, Fault
from tests.contracts.rigs import HASTY, PATIENT, SECRET, Rig
from tests.contracts.server import Reply

MOST_PAGES = 60
Check = Callable[[Rig], None]


def walk(rig: Rig, cursor: str = "", connector: Connector | None = None, most: int = MOST_PAGES) -> list[Page]:
    """Pages until the last. Anything but a page or an expected error is a broken promise."""
    pages: list[Page] = []
    try:
        for page in (connector or rig.connector()).poll(cursor, rig.clock.now()):
            pages.append(page)
            assert len(pages) < most, "pages without end"
            if page.done:
                break
    except (ListenerError, AssertionError):
        raise
    except Exception as error:
        raise AssertionError(f"crashed with {error!r}") from error
    assert pages, "not even one page"
    assert pages[-1].done, "ended without a last page"
    assert not any(page.done for page in pages[:-1]), "went on after the last page"
    return pages


def ids(pages: list[Page]) -> set[str]:
    return {mention.key.native_id for page in pages for mention in page.mentions}


def everything_published_is_read(rig: Rig) -> None:
    wanted = rig.publish(rig.page * 2 + 5)
    assert wanted <= ids(walk(rig)), "lost on the first run"


def what_comes_later_is_read_too(rig: Rig) -> None:
    rig.publish(3)
    cursor = walk(rig)[-1].cursor
    for burst in (1, rig.page * 2 + 5, 2):
        wanted = rig.publish(burst)
        pages = walk(rig, cursor)
        assert wanted <= ids(pages), f"lost after a burst of {burst}"
        cursor = pages[-1].cursor


def every_page_can_be_resumed_from(rig: Rig) -> None:
    """A crash after any page, with posts arriving meanwhile, loses nothing."""
    wanted = rig.publish(rig.page * 2 + 5)
    for number in range(len(walk(rig))):
        before = walk(rig)[: number + 1]
        late = rig.publish(2)
        rest = walk(rig, before[-1].cursor)
        after = walk(rig, rest[-1].cursor)
        assert wanted <= ids([*before, *rest, *after]), f"lost after a crash behind page {number + 1}"
        assert late <= ids([*rest, *after]), "lost what arrived during a run"
        wanted |= late


def reading_again_gives_the_same(rig: Rig) -> None:
    rig.publish(rig.page + 3)
    first, second = ({m.key: (m.text, m.version, m.created_at) for p in walk(rig) for m in p.mentions} for _ in "12")
    assert first == second, "the same posts were read differently"


def nothing_new_ends_at_once(rig: Rig) -> None:
    known = rig.publish(3)
    cursor = walk(rig)[-1].cursor
    pages = walk(rig, cursor, most=4)
    assert ids(pages) <= known, "invented posts"
    assert not any(page.gaps or page.rejects for page in pages), "calm was reported as a fault"


def an_empty_platform_ends_at_once(rig: Rig) -> None:
    rig.shown()
    assert ids(walk(rig, most=4)) == set()


def what_is_indexed_late_is_read(rig: Rig) -> None:
    """A post that shows up below newer ones, already known, is not passed over."""
    if not rig.overlaps:
        raise Exempt("nothing is read again here")
    rig.publish(5)
    cursor = walk(rig)[-1].cursor
    late = rig.publish(1, back=rig.step + timedelta(seconds=65))
    newer = rig.publish(2)
    assert late | newer <= ids(walk(rig, cursor)), "stopped at the first known post"


def a_repeated_token_is_noticed(rig: Rig) -> None:
    if not rig.tokens:
        raise Exempt("pages aren't linked by tokens")
    rig.publish(rig.page * 4)
    rig.loops = True
    try:
        pages = walk(rig)
    except ListenerError:
        return
    assert any(page.gaps for page in pages), "a loop was taken for the end"


def refusals_are_named_by_recovery(rig: Rig) -> None:
    if not rig.networked:
        raise Exempt("asks nobody")
    rig.publish(3)
    for fault in FAULTS:
        if fault.name in rig.harmless:
            continue
        a_fault_is_named_by_recovery(rig, fault)


def a_fault_is_named_by_recovery(rig: Rig, fault: Fault) -> None:
    rig.purse.rates.clear()
    rig.server.fault = fault.reply
    rig.limits = {**(PATIENT if fault.reply.manner == "whole" else HASTY)}
    began = rig.clock.now()
    error = _error_of(rig)
    assert isinstance(error, fault.error), f"{fault.name}: {error!r}"
    assert type(error).__module__ == "listener.errors", "an error the command line has no exit code for"
    assert isinstance(error, RateLimited) == issubclass(fault.error, RateLimited), f"{fault.name}: {error!r}"
    assert rig.clock.now() - began < timedelta(seconds=11), f"{fault.name}: the connector waited by itself"
    if isinstance(error, RateLimited):
        assert began < error.until <= began + timedelta(hours=6), f"{fault.name}: until {error.until}"
        if fault.reply.status == 429:
            assert error.until <= began + timedelta(minutes=15), f"{fault.name}: until {error.until}"


def _error_of(rig: Rig) -> Exception | str:
    """The error a poll ends with, or why it didn't; a poll that hangs is left behind."""
    ended: list[Exception | str] = []

    def poll() -> None:
        try:
            walk(rig)
            ended.append("an outage that looks like calm")
        except (ListenerError, AssertionError) as error:
            ended.append(error)

    thread = threading.Thread(target=poll, daemon=True)
    thread.start()
    thread.join(rig.patience)
    return ended[0] if ended else "hangs"


def an_outage_in_mid_run_loses_nothing(rig: Rig) -> None:
    if not (rig.networked and rig.paged):
        raise Exempt("one page, or no network")
    wanted = rig.publish(rig.page * 2 + 5)
    pages: list[Page] = []
    try:
        for page in rig.connector().poll("", rig.clock.now()):
            pages.append(page)
            rig.server.fault = Reply(status=503)
    except ListenerError:
        pass
    rig.server.fault = None
    assert wanted <= ids([*pages, *walk(rig, pages[-1].cursor)]), "lost by an outage"


def a_bad_item_is_set_aside_and_the_others_kept(rig: Rig) -> None:
    for raw in [BROKEN_ENTRY] if rig.name == "feed" else MALFORMED:
        rig.items.clear()
        good = rig.publish(2)
        rig.publish(1, raw=raw)
        good |= {*rig.publish(2)}
        pages = walk(rig)
        rejects = [reject for page in pages for reject in page.rejects]
        assert good <= ids(pages), f"lost beside {raw[:60]}"
        assert len(rejects) == 1, f"{len(rejects)} rejects for {raw[:60]}"
        assert rejects[0].reason, "set aside without a reason"
        assert len(rejects[0].raw.encode()) <= MAX_RAW
        storable(rejects[0].raw + rejects[0].reason + rejects[0].native_id)


def what_is_read_can_be_stored(rig: Rig) -> None:
    rig.publish(1, text="nul\x00 lone\ud800 rtl\u202e esc\x1b[2J " + "x" * 200_000)
    mentions = [mention for page in walk(rig) for mention in page.mentions]
    assert mentions, "a hostile text was dropped"
    for mention in mentions:
        _can_be_stored(mention)


def _can_be_stored(mention: Mention) -> None:
    author = mention.author
    storable(mention.text + mention.key.native_id + author.native_id + author.handle + author.name + mention.raw)
    assert len(mention.raw.encode()) <= MAX_RAW
    assert len(mention.text) <= 65_536
    assert mention.created_at.tzinfo is UTC
    assert mention.url == "" or mention.url.startswith(("http://", "https://"))


def storable(text: str) -> None:
    assert "\x00" not in text, "NUL would be stored"
    text.encode("utf-8")


def a_damaged_cursor_is_survived(rig: Rig) -> None:
    """Whatever became of the cursor: nothing lost, or a `BadCursor` that says so."""
    rig.publish(3)
    cursor = walk(rig)[-1].cursor
    assert isinstance(json.loads(cursor), dict), "a cursor is versioned JSON"
    wanted = rig.publish(4)
    for damaged in damages(cursor):
        try:
            pages = walk(rig, damaged)
        except BadCursor:
            continue
        assert wanted <= ids(pages), f"lost with cursor {damaged[:80]!r}"


def damages(cursor: str) -> list[str]:
    future = "9" * 18
    return [
        cursor[: len(cursor) // 2],
        cursor[:-1],
        "garbage",
        "null",
        "[1, 2]",
        "{}",
        '{"v": 99}',
        '{"v": "1", "since_id": []}',
        "\x00\ud800",
        "[" * 100_000,
        cursor.replace(": 1", ": -1"),
        *(_with(cursor, field, future) for field in ("since_id", "high", "offset")),
        _with(cursor, "high", 10**17),
        _with(cursor, "run", {"next_token": 5, "high": 10**17, "low": 10**17, "began": future}),
        _with(cursor, "streams", {"search": []}),
    ]


def _with(cursor: str, field: str, value: object) -> str:
    return json.dumps({**json.loads(cursor), field: value})


def no_secret_gets_out(rig: Rig) -> None:
    """Not in a repr, not in an error, not in a log at DEBUG, in plain or in any usual coding."""
    if not rig.networked:
        raise Exempt("asks nobody")
    rig.publish(2)
    heard = _Ear()
    root = logging.getLogger()
    level = root.level
    root.addHandler(heard)
    root.setLevel(logging.DEBUG)
    try:
        connector = rig.connector()
        walk(rig, connector=connector)
        said = [repr(connector), str(connector)]
        for fault in (Reply(status=401), Reply(status=429), Reply(body=HTML), Reply(body=b"x" * 99, manner="cut")):
            rig.server.fault = fault
            rig.purse.rates.clear()
            said.append(repr(_error_of(rig)))
    finally:
        root.setLevel(level)
        root.removeHandler(heard)
    told = "\n".join([*said, *heard.lines])
    codings = (SECRET, quote(SECRET), *_base64s(SECRET), SECRET.encode().hex())
    assert not [coding for coding in codings if coding in told], "a secret got out"


def _base64s(secret: str) -> list[str]:
    """As it looks within base64 text, behind 0, 1 or 2 other bytes."""
    return [base64.b64encode(b"\0" * n + secret.encode()).decode()[4:-4] for n in range(3)]


class _Ear(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


CHECKS: tuple[Check, ...] = (
    everything_published_is_read,
    what_comes_later_is_read_too,
    every_page_can_be_resumed_from,
    reading_again_gives_the_same,
    nothing_new_ends_at_once,
    an_empty_platform_ends_at_once,
    what_is_indexed_late_is_read,
    a_repeated_token_is_noticed,
    refusals_are_named_by_recovery,
    an_outage_in_mid_run_loses_nothing,
    a_bad_item_is_set_aside_and_the_others_kept,
    what_is_read_can_be_stored,
    a_damaged_cursor_is_survived,
    no_secret_gets_out,
)
