"""Where a word begins and ends, and how names and handles are found in folded text.

Boundaries follow Unicode's annex 29 where it matters here: marks stay with their base, katakana runs are one word,
and scripts written without spaces (Han, hiragana, Thai …) have a boundary at every letter.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache

from listener.matching.fold import Folded, fold

_KATAKANA = re.compile("[\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f]")
_SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3007\u3040-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)

Span = tuple[int, int]


@lru_cache(maxsize=4096)
def _kind(char: str) -> str:
    """`` (no letter), `w` (word), `k` (katakana) or `s` (a script without spaces)."""
    if _KATAKANA.match(char):
        return "k"
    if _SPACELESS.match(char):
        return "s"
    return "w" if char.isalnum() or char == "_" or unicodedata.category(char)[0] == "M" else ""


def joined(text: str, at: int) -> bool:
    """Whether the code points on both sides of an offset belong to one word."""
    if not 0 < at < len(text):
        return False
    before, after = _kind(text[at - 1]), _kind(text[at])
    if before and unicodedata.category(text[at])[0] == "M":
        return True
    return before == after and before in ("w", "k")


@dataclass(frozen=True, slots=True)
class Words:
    """A word or phrase, found as whole words; any white space separates the words of a phrase."""

    text: str
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pattern = r"\s+".join(re.escape(word) for word in fold(self.text).split())
        object.__setattr__(self, "_pattern", re.compile(pattern))

    @property
    def piece(self) -> str:
        """What any text must contain for this to be found: the longest word, folded."""
        return max(fold(self.text).split(), key=len)

    def find(self, folded: Folded) -> Span | None:
        """The first span, in folded offsets."""
        at = 0
        while found := self._pattern.search(folded.text, at):
            if _whole(folded, found.start(), found.end()):
                return found.span()
            at = found.start() + 1
        return None


def _whole(folded: Folded, start: int, end: int) -> bool:
    return not any(joined(folded.text, at) or folded.splits(at) for at in (start, end))


@dataclass(frozen=True, slots=True)
class Handle:
    """An account named in a text: `@handle` everywhere, `u/handle` on Reddit."""

    name: str
    """Without @."""
    _at: re.Pattern[str] = field(init=False, repr=False, compare=False)
    _u: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        name = re.escape(fold(self.name))
        # A letter before the @ makes it a mail address; a second @ after it a fediverse address on some server.
        object.__setattr__(self, "_at", re.compile(rf"(?<!\w)@{name}(?![\w@])"))
        object.__setattr__(self, "_u", re.compile(rf"(?<!\w)u/{name}(?![\w-])"))

    @property
    def pieces(self) -> frozenset[str]:
        """One of these stands in any text in which the handle is found."""
        name = fold(self.name)
        return frozenset({f"@{name}", f"u/{name}"})

    def find(self, folded: Folded, platform: str) -> Span | None:
        """The first span, in folded offsets."""
        patterns = (self._at, self._u) if platform == "reddit" else (self._at,)
        spans = [found.span() for pattern in patterns if (found := _first(pattern, folded))]
        return min(spans, default=None)


def _first(pattern: re.Pattern[str], folded: Folded) -> re.Match[str] | None:
    """The first find that neither cuts a folded unit nor leaves a mark behind."""
    for found in pattern.finditer(folded.text):
        if not any(folded.splits(at) or _mark(folded.text, at) for at in found.span()):
            return found
    return None


def _mark(text: str, at: int) -> bool:
    return at < len(text) and unicodedata.category(text[at])[0] == "M" and text[at] not in "\ufe0e\ufe0f"
