"""Secrets in what is told: whoever holds one remembers it here, and every way out asks `hide`.

A platform may repeat our token in its refusal, a library may put the whole request into its exception: the words of
others are told, and stored beside a source, so what we know to be secret is taken out of them. Every `Secret` is
remembered; `ListenerError`, the log and the command line's last words hide.
"""

import base64
import re
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from urllib.parse import quote, urlsplit

HIDDEN = "***"
LEAST = 8
"""Characters: what is shorter stands in ordinary words too."""
MARK = 12
"""Characters in a row that few words have: texts without any of ours needn't be searched for every secret."""
MOST = 200
"""Secrets remembered; those not used for longest are tokens that ended long ago."""

# Not what an account on Bluesky is called, which stands in the address of every post of ours.
_LONG = re.compile(r"(?<![A-Za-z0-9+/=_-])(?<!did:plc:)[A-Za-z0-9+/=_-]{24,}")
_RUN = re.compile(rf"[A-Za-z0-9_-]{{{MARK},}}")
_TELLING = re.compile(r"(?=.*\d)[^/?&=]{12,}")

_held: OrderedDict[str, frozenset[str]] = OrderedDict()
_lock = Lock()


def remember(secret: str) -> None:
    """From now on it is hidden: whole, percent-encoded, in base64 or hex, and each long part by itself."""
    if len(secret) < LEAST or secret.endswith(":"):  # `console:` and other bare schemes
        return
    with _lock:
        if secret in _held:
            _held.move_to_end(secret)
            return
        _held[secret] = frozenset(coded for part in _parts(secret) for coded in _codings(part))
        if len(_held) > MOST:
            _held.popitem(last=False)
        _gathered.cache_clear()


def remember_header(authorization: str) -> None:
    """A token that a library keeps to itself shows only where it is sent."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() in ("bearer", "basic"):
        remember(token)


def hide(text: str) -> str:
    """The text without any secret that is remembered."""
    known = _known()
    if known.may_stand_in(text):
        for needle in known.needles:  # one by one: an alternation of so many literals is a hundred times slower
            text = text.replace(needle, HIDDEN)
    return text


def is_clean(text: str) -> bool:
    """Whether `hide` would surely change nothing, which takes a few microseconds to say however many it remembers."""
    return not _known().may_stand_in(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """Everything to be hidden."""

    needles: tuple[str, ...]
    """The longest first, so that nothing is left over of one that holds another."""
    marks: frozenset[str]
    """How a run of letters and digits in each needle begins, of those that have one of `MARK` characters."""
    unmarked: tuple[str, ...]
    """Needles without such a run."""

    def may_stand_in(self, text: str) -> bool:
        """Where a needle stands, its run lies within a run of the text, and its mark with it."""
        long = [word for word in text.split() if len(word) >= MARK] if self.marks else ()
        for run in _RUN.findall(" ".join(long)):
            for at in range(len(run) - MARK + 1):
                if run[at : at + MARK] in self.marks:
                    return True
        return any(needle in text for needle in self.unmarked)


def _known() -> _Known:
    with _lock:  # sources are read side by side, and each may learn a token at any time
        return _gathered()


@lru_cache(maxsize=1)
def _gathered() -> _Known:
    """Anew after each secret that is learnt."""
    needles = sorted(frozenset[str]().union(*_held.values()), key=lambda one: (-len(one), one))
    runs = {needle: _RUN.search(needle) for needle in needles}
    return _Known(
        needles=tuple(needles),
        marks=frozenset(run[0][:MARK] for run in runs.values() if run),
        unmarked=tuple(needle for needle, run in runs.items() if run is None),
    )


def _parts(secret: str) -> set[str]:
    """A secret, and what gives it away by itself: the lines of a key, a URL's password and tokens."""
    return {secret, *_LONG.findall(secret.replace("\\n", "\n")), *(_of_address(secret) if "://" in secret else ())}


def _of_address(url: str) -> set[str]:
    try:
        parts = urlsplit(url)
        password = parts.password or ""
    except ValueError:
        return set()
    pieces = re.split(r"[/?&=]", f"{parts.path}?{parts.query}")
    return {one for one in (password,) if len(one) >= LEAST} | {one for one in pieces if _TELLING.fullmatch(one)}


def _codings(part: str) -> set[str]:
    """As it may stand in an answer: behind 0, 1 or 2 other bytes base64 looks different each time."""
    raw = part.encode("utf-8", "replace")
    coded = {part, quote(part, safe=""), quote(part), repr(part)[1:-1], raw.hex()}
    for before in range(3):
        text = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        # The characters at either end are shared with what stands beside it.
        inner = text[-(-before * 4 // 3) : len(text) - 1 if (before + len(raw)) % 3 else len(text)]
        coded |= {inner, inner.replace("+", "-").replace("/", "_")}
    return {one for one in coded if len(one) >= LEAST}
