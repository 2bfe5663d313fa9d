"""More that comes from outside: web hooks, models, markup, and strangers' words in a report."""

import asyncio
import hashlib
import json
import math
import re
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from typing import Any

from markdown_it import MarkdownIt
from starlette.requests import Request

from classifiers import artefact, heads, vectors
from classifiers.base import SENTIMENTS, ModelError
from listener.clock import VirtualClock
from listener.connectors.markup import to_text
from listener.connectors.spool import Place
from listener.reports import Format, render
from listener.reports.escaping import cell, host, line, link, markdown
from listener.web.webhook import Receiver
from tests.builders import NOON
from tests.fuzz import mutate
from tests.fuzz.mutate import Broken
from tests.reports.hostile import ATTACKS, BAD_LINKS, digest
from tests.web.receiving import comment, inbox, signed, told

Run = Callable[[Random], None]
HTML = (
    "<p>late <a href='https://example.com/1'>again</a></p><script>x()</script><ul><li>one<li>two</ul>&lt;b&gt;",
    "<![CDATA[ ]]><!-- a --><style>p{}</style><template>no</template>&#x41;&amp;amp;<br/>",
    "<pre>\n a\t b</pre><object><p>no</object><title>no</title><p>yes",
)
LINKS = ("https://example.com/p/1", "http://user@h.example:80/a?b=c#d", "https://[::1]:8080/%0d%0a", *BAD_LINKS)
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_PLAIN = re.compile(r"https?://[!#$%&*+,\-./0-9:;=?@a-z_~]+", re.IGNORECASE)
_READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_MODEL = {"labels": ["complaint"], "emotions": ["joy"], "sentiments": list(SENTIMENTS), "max_tokens": 64}
SETTINGS: Mapping[str, Any] = {
    **_MODEL,
    "network": artefact.INT8,
    "thresholds": {"complaint": 0.5},
    "languages": ["en"],
    "coverages": {"0.5": 0.9},
    "calibration": {"temperature": 1.0, "heat": [0.1], "labels": {"complaint": [1, 0]}, "emotions": {"joy": [1, 0]}},
}


def webhook(random: Random) -> None:
    """A body that Meta signed, or the way it was signed, bent: an answer, and what is kept can be read back."""
    with tempfile.TemporaryDirectory() as folder:
        box = inbox(Path(folder))
        body = told(comment(1), comment(2))
        body = mutate.body(random, body) if random.random() < 0.9 else body
        headers = signed(body)
        if random.random() < 0.1:
            headers = {"x-hub-signature-256": mutate.text(random, headers["X-Hub-Signature-256"])}
        status = asyncio.run(_taken(Receiver([box], VirtualClock(NOON)), body, headers, random.random() < 0.1))
        if status not in (200, 400, 403, 413):
            raise Broken(f"answered {status}")
        kept = [one.record for one in box.spool.read(Place(), 10_000)]
        if kept and status != 200:
            raise Broken("kept what it refused")


async def _taken(receiver: Receiver, body: bytes, headers: Mapping[str, str], odd: bool) -> int:
    lines = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    lines.append((b"content-length", b"9" * 30 if odd else str(len(body)).encode()))
    given = [{"type": "http.request", "body": body[:7], "more_body": True}, {"type": "http.request", "body": body[7:]}]

    async def receive() -> Any:
        return given.pop(0)

    scope = {"type": "http", "method": "POST", "path": "/webhook", "query_string": b"", "headers": lines}
    return (await receiver.take(Request(scope, receive))).status_code


def model(random: Random) -> None:
    """A folder whose files are what its manifest says, but what they say is bent."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in (artefact.INT8, artefact.TOKENIZER):
            (folder / file).write_bytes(b"{}")
        settings = json.dumps(SETTINGS).encode()
        (folder / artefact.SETTINGS).write_bytes(mutate.body(random, settings) if random.random() < 0.7 else settings)
        files = (artefact.INT8, artefact.TOKENIZER, artefact.SETTINGS)
        manifest = {"model_id": "m", "sha256": {file: artefact.sha256(folder / file) for file in files}}
        raw = json.dumps(manifest).encode()
        (folder / artefact.MANIFEST).write_bytes(mutate.body(random, raw) if random.random() < 0.5 else raw)
        found = artefact.read(folder)
        if found.network.parent != folder:
            raise Broken("a network outside its folder")
        if not all(math.isfinite(value) for value in (*found.thresholds.values(), found.calibration.temperature)):
            raise Broken("a threshold that is no number")


def head(random: Random) -> None:
    """What was learnt, under a checksum that fits what it was bent into."""
    facts = {"format": 1, "model": "m", "shape": [len(heads.OUTPUTS), 2], "facts": {"n": 9}}
    header = json.dumps(facts, sort_keys=True).encode()
    header = mutate.body(random, header) if random.random() < 0.8 else header
    weights = bytes(len(heads.OUTPUTS) * 8)
    body = header + b"\n" + (mutate.raw(random, weights) if random.random() < 0.4 else weights)
    heads.from_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)


def word_table(random: Random) -> None:
    """The table of words inside a network's file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.onnx"
        file.write_bytes(mutate.raw(random, _network()))
        vectors.read(file, _Vocabulary())


class _Vocabulary:
    def get_vocab(self) -> dict[str, int]:
        return {"late": 0, "##ly": 1, "a": 2}


def _network() -> bytes:
    """A graph with one constant of 3×2, as ONNX writes it."""
    dims = b"\x08\x03\x08\x02"
    tensor = dims + b"\x10\x01" + b"\x4a\x18" + bytes(24)
    graph = b"\x2a" + bytes([len(tensor)]) + tensor
    return b"\x08\x07\x3a" + bytes([len(graph)]) + graph


def markup(random: Random) -> None:
    """HTML from a platform: words, and nothing of what was silent."""
    text = to_text(mutate.text(random, random.choice(HTML)))
    if "\n\n\n" in text or text != text.strip():
        raise Broken("lines that nobody wrote")


def escaping(random: Random) -> None:
    """Words on one line, in Markdown, in a cell, and as a link."""
    given = mutate.text(random, random.choice(ATTACKS))
    if _CONTROL.search(line(given)) or "\n" in line(given):
        raise Broken("more than a line")
    kinds = {token.type for token in _tokens(markdown(given))} - {"paragraph_open", "paragraph_close"}
    if not kinds <= {"inline", "text", "text_special"}:
        raise Broken(f"Markdown reads {kinds}")
    if cell(given)[:1] in set("=+-@＝＋－＠") and not re.fullmatch(r"-?\d+(\.\d+)?", cell(given), re.ASCII):
        raise Broken("a formula")
    address = mutate.text(random, random.choice(LINKS))
    if link(address) and not _PLAIN.fullmatch(link(address)):
        raise Broken(f"a link that needs quoting: {link(address)[:80]}")
    host(address)


def _tokens(text: str) -> list[Any]:
    return [token for block in _READER.parse(text) for token in (block, *(block.children or []))]


class _Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, tuple[str, ...]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, tuple(name for name, _ in attrs)))


@cache
def _harmless() -> list[tuple[str, tuple[str, ...]]]:
    return _Tags(render(digest("late", "https://example.com/p/1"), Format.HTML)).seen


def report(random: Random) -> None:
    """A digest in which a stranger chose every word: in each format, words they stay."""
    evil = mutate.text(random, random.choice(ATTACKS))[:5_000]
    form = random.choice(list(Format))
    page = render(digest(evil, "https://example.com/p/1"), form)
    page.encode()
    if _CONTROL.search(page):
        raise Broken(f"a control character in {form}")
    if form is Format.TEXT and max(map(len, page.splitlines())) > 80:
        raise Broken("wider than a terminal")
    if form is Format.HTML and evil.strip() and _Tags(page).seen != _harmless():
        raise Broken("markup of a stranger's")
    if form is Format.JSON:
        json.loads(page)


OUTSIDE: dict[str, Run] = {
    "webhook": webhook,
    "model": model,
    "head": head,
    "word-table": word_table,
    "markup": markup,
    "escaping": escaping,
    "report": report,
}
REFUSES = (ModelError,)
