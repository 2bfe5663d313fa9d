"""Where a word begins and ends, and how names and handles are found in folded text.

Boundaries follow Unicode's annex 29 where it matters here: marks stay with their base, katakana runs are one word,
and scripts written without spaces (Han, hiragana, Thai …) have a boundary at every letter.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

from listener.matching.fold import Folded, fold

_KATAKANA = re.compile("[\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f]")
_SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3007\u3040-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)

Span = tuple[int, int]


@lru_cache(maxsize=4096)
def _kind(char: str) -> str:
    """`` (no letter), `w` (word), `k` (katakana), `s` (a script without spaces) or `m` (a mark on what precedes it)."""
    if unicodedata.category(char)[0] == "M":
        return "m"
    if _KATAKANA.match(char):
        return "k"
    if _SPACELESS.match(char):
        return "s"
    return "w" if char.isalnum() or char == "_" else ""


def kind_at(text: str, at: int) -> str:
    """The kind of letter at an offset, a mark's being its base's; empty outside the text and for what is no letter."""
    while 0 <= at < len(text):
        kind = _kind(text[at])
        if kind != "m":
            return kind
        at -= 1
    return ""


def joined(text: str, at: int) -> bool:
    """Whether the code points on both sides of an offset belong to one word."""
    before, after = kind_at(text, at - 1), kind_at(text, at)
    if at < len(text) and _kind(text[at]) == "m":
        return before != ""
    return before == after and before in ("w", "k")


@dataclass(frozen=True, slots=True)
class Words:
    """A word or phrase, found as whole words; any white space separates the words of a phrase."""

    text: str

    @property
    def piece(self) -> str:
        """What any text must contain for this to be found: the longest word, folded."""
        return max(fold(self.text).split(), key=len)

    def find(self, folded: Folded) -> Span | None:
        """The first span, in folded offsets."""
        pattern, at = _phrase_pattern(self.text), 0
        while found := pattern.search(folded.text, at):
            if _whole(folded, found.start(), found.end()):
                return found.span()
            at = found.start() + 1
        return None


# Patterns are made when first needed, and kept: there are as many as configured terms.
@cache
def _phrase_pattern(text: str) -> re.Pattern[str]:
    return re.compile(r"\s+".join(re.escape(word) for word in fold(text).split()))


def _whole(folded: Folded, start: int, end: int) -> bool:
    return not any(joined(folded.text, at) or folded.splits(at) for at in (start, end))


@dataclass(frozen=True, slots=True)
class Handle:
    """An account named in a text: `@handle` everywhere, `u/handle` on Reddit."""

    name: str
    """Without @."""

    @property
    def pieces(self) -> frozenset[str]:
        """One of these stands in any text in which the handle is found."""
        return frozenset(_written(self.name))

    def find(self, folded: Folded, platform: str) -> Span | None:
        """The first span, in folded offsets."""
        at, reddit = _written(self.name)
        # A second @ makes it a fediverse address on some server, a hyphen another account of Reddit's.
        spans = [_alone(at, folded, "@")]
        if platform == "reddit":
            spans.append(_alone(reddit, folded, "-"))
        return min((span for span in spans if span is not None), default=None)


@cache
def _written(name: str) -> tuple[str, str]:
    folded = fold(name)
    return f"@{folded}", f"u/{folded}"


def _alone(piece: str, folded: Folded, not_before: str) -> Span | None:
    """The first find that no letter touches: `@acme` stands neither in `@acmeshop` nor in `jo@acme.com`.

    Letters of scripts without spaces may touch it: no handle holds them.
    """
    text = folded.text
    start = text.find(piece)
    while start != -1:
        end = start + len(piece)
        touched = "w" in (kind_at(text, start - 1), kind_at(text, end))
        if not touched and text[end : end + 1] != not_before and not folded.splits(end):
            return start, end
        start = text.find(piece, start + 1)
    return None
