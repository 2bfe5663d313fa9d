"""Every parser of the listener, each behind one call that takes seeded nonsense: it answers, or says what is wrong."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from random import Random
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from listener import net, settings
from listener.connectors import jsons
from listener.connectors.instants import parse_instant
from listener.domain.answers import pieces
from listener.domain.text import clean, visible, visible_lines
from listener.errors import ListenerError
from listener.insight.period import week_named
from listener.matching.query import fault, parse, show
from listener.triage.until import until
from tests.builders import NOON
from tests.contracts.every_rig import RIGS, rig_named
from tests.contracts.rigs import Rig
from tests.contracts.server import Asked, Reply
from tests.fuzz import mutate
from tests.fuzz.mutate import Broken
from tests.fuzz.outside import OUTSIDE, REFUSES
from tests.fuzz.recorded import NAMES as RECORDED
from tests.fuzz.recorded import recorded

ROOT = Path(__file__).parents[2]
Run = Callable[[Random], None]
MOST_PAGES = 40
QUERIES = (
    'acme (late OR "not here") NOT author:acme',
    '"a b" OR (@acme lang:en platform:x)',
    "NOT (a AND (b OR c))",
    "a",
)
TIMES = (
    "2026-03-02T12:00:00Z",
    "Mon, 02 Mar 2026 12:00:00 GMT",
    "1772452800",
    "1772452800000.5",
    "2026-W10-1",
    "tomorrow 9:00",
)
ANSWERS = ("Hello {author}, see {link}. {agent}", "{{literal}} {brand}", "no variables at all")
NAMES = ("2026-W10", "2026-03", "2026-03-02", "latest")
POST = '{"id": "1", "author": "ann", "text": "@acme hi", "created_at": "2026-03-02T12:00:00Z", "likes": 3}\n'
CSV = 'id,author,text,created_at\n1,ann,"hi, ""you""\nthere",2026-03-02T12:00:00Z\n2,bob,late,2026-03-02 13:00\n'


def query(random: Random) -> None:
    given = mutate.text(random, random.choice(QUERIES))
    if fault(given) is None and parse(show(parse(given))) != parse(given):
        raise Broken("what is printed reads otherwise")


def instant(random: Random) -> None:
    given = random.choice((mutate.text(random, random.choice(TIMES)), random.choice(mutate.VALUES)))
    try:
        parse_instant(given)
    except ValueError as error:
        if len(str(error)) > 200:
            raise Broken("an error as long as its input") from error


def until_when(random: Random) -> None:
    until(mutate.text(random, random.choice((*TIMES, "9:30", "fri 14:00", "2h"))), NOON, UTC)


def week(random: Random) -> None:
    try:
        week_named(mutate.text(random, random.choice(NAMES)), ZoneInfo("Europe/Berlin"))
    except ValueError as error:
        if not str(error):
            raise Broken("refused without a word") from error


def answer(random: Random) -> None:
    try:
        list(pieces(mutate.text(random, random.choice(ANSWERS))))
    except ValueError as error:
        if not str(error):
            raise Broken("refused without a word") from error


def shown(random: Random) -> None:
    given = mutate.text(random, random.choice((*QUERIES, "نص", "👩\u200d👧")))
    for line in (visible(clean(given)), *visible_lines(given)):
        if any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in line):
            raise Broken("a control character is shown")


def json_text(random: Random) -> None:
    try:
        jsons.loads(mutate.text(random, POST * random.randint(1, 2)))
    except ValueError:
        return


def toml(random: Random) -> None:
    """One of the starter files, changed, among the others as they are."""
    file = random.choice(sorted((ROOT / "config").glob("*.toml")))
    plain = "\n".join(line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    with tempfile.TemporaryDirectory() as folder:
        for other in ("listener.toml", "brands.toml"):
            (Path(folder) / other).write_bytes((ROOT / "config" / other).read_bytes())
        (Path(folder) / file.name).write_bytes(mutate.raw(random, plain.encode()))
        settings.load(Path(folder), database=None, checks=settings.Checks(query=fault), environ={})


def imported(random: Random) -> None:
    """A file of posts or of a spreadsheet's rows, read to its end or to where it can't be."""
    from tests.contracts.rigs_web import FileRig

    with tempfile.TemporaryDirectory() as folder:
        rig = FileRig(Path(folder))
        rig.server.close()  # a file needs none
        rig.path = Path(folder) / random.choice(("posts.jsonl", "posts.csv"))
        given = POST * 4 if rig.path.suffix == ".jsonl" else CSV
        rig.path.write_bytes(mutate.raw(random, given.encode()))
        _walked(rig, random, "")


PURE: dict[str, Run] = {
    "query": query,
    "instant": instant,
    "until": until_when,
    "week": week,
    "answer": answer,
    "text": shown,
    "json": json_text,
    "toml": toml,
    "import": imported,
    **OUTSIDE,
}


def _walked(rig: Rig, random: Random, cursor: str) -> str:
    """Some pages; the last cursor."""
    for number, page in enumerate(rig.connector().poll(cursor, rig.clock.now())):
        cursor = page.cursor
        for mention in page.mentions:
            mention.text.encode()
            mention.key.native_id.encode()
        if page.done:
            return cursor
        if number > MOST_PAGES:
            raise Broken("pages without end")
    return cursor


@contextmanager
def connector(name: str) -> Iterator[Run]:
    """A platform's connector whose answers are bent on their way, and whose cursor too now and then."""
    with tempfile.TemporaryDirectory() as folder, rig_named(name, Path(folder)) as rig:
        rig.publish(3)
        bend: list[Random] = []
        real = net._within

        async def within(request: net.Request, limits: net.Limits) -> net.Answer:
            parts = urlsplit(request.url)
            asked = Asked(
                method=request.method,
                path=parts.path,
                query=dict(parse_qsl(parts.query, keep_blank_values=True)),
                headers={key.lower(): value for key, value in request.headers.items()},
                body=request.content.decode(),
                address=request.url.partition(parts.netloc)[2],
            )
            try:
                reply = rig.server.answer(asked)
            except Exception:  # noqa: BLE001 - the fake platform doesn't understand what a bent answer made us ask
                reply = Reply(status=400)
            bent = bool(bend) and bend[0].random() < 0.7
            body = mutate.body(bend[0], reply.body) if bent else reply.body
            return net.Answer(status=reply.status, headers=reply.headers, body=body, url=request.url)

        net._within = within  # type: ignore[assignment]
        try:
            cursors = ["", _walked(rig, Random(0), "")]

            def run(random: Random) -> None:
                bend[:] = [random]
                rig.server.asked.clear()
                cursor = random.choice(cursors)
                _walked(rig, random, mutate.text(random, cursor) if random.random() < 0.4 else cursor)

            yield run
        finally:
            net._within = real


@contextmanager
def target(name: str) -> Iterator[Run]:
    if name in PURE:
        yield PURE[name]
    elif name.startswith("recorded-"):
        yield recorded(name.removeprefix("recorded-"))
    else:
        with connector(name.removeprefix("connector-")) as run:
            yield run


TARGETS = (*PURE, *RECORDED, *(f"connector-{name}" for name in RIGS if name != "file"))
DECLARED = (ListenerError, *REFUSES)
