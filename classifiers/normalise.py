"""Text as people post it → text as the model was trained to see it.

The same function runs in training and at inference, so a change here asks for a new training. Its cost is
linear: the text is capped first, and runs of combining marks are cut before Unicode normalisation, which in
affected Pythons takes quadratic time on them (40,000 alternating marks: 2.75 s; CPython gh-149079).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from classifiers.lookalikes import drawn_letter, folded
from classifiers.orders import gives_orders, without_orders

MAX_CHARS = 4_000
"""Characters read of a text; the rest is never looked at."""

_MAX_MARKS = 3  # combining marks kept in a row; no living script needs more
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w@])@\w+")
_HASHTAG = re.compile(r"#\w+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ELONGATED = re.compile(r"([^\d\s])\1{2,}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MARKED = re.compile(
    r"(?<=[A-Za-z\u00c0-\u024f\u1e00-\u1eff])"
    r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f]+"
)
# Never seen, though not of Unicode's category of format characters: joiners, Hangul fillers, a blank in Braille,
# variation selectors.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0").union(
    map(chr, range(0xFE00, 0xFE10)), map(chr, range(0xFFF0, 0xFFF9)), map(chr, range(0xE0000, 0xE1000))
)
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")  # left behind by exporters: "Plus\u002c tomorrow"
# Words of a character's Unicode name that describe its drawing, not its sense: ❤ is HEAVY BLACK HEART.
_DRAWING = frozenset({"heavy", "black", "white", "sign", "symbol", "with", "of", "and", "emoji", "-"})
_REGIONAL = "REGIONAL INDICATOR SYMBOL LETTER "


def normalise(text: str) -> str:
    """Return `text` capped, folded and spelled out, without orders to a model; any string is accepted."""
    text = without_orders(_seen(text))
    text = _CONTROL.sub(" ", text)
    text = _URL.sub("http", text)
    text = _MENTION.sub("@user", text)
    text = _HASHTAG.sub(lambda found: _CAMEL.sub(" ", found[0]), text)
    text = _ELONGATED.sub(r"\1\1", text)
    return " ".join(text.split())


def instructs(text: str) -> bool:
    """Whether a post tries to tell a model what to make of it; what it says to that end isn't read."""
    return gives_orders(_seen(text))


def unmasked(text: str) -> str:
    """Return the letters a person sees, whatever signs stand for them, and no emoji: what a language is told by."""
    return text if text.isascii() else _lettered(_plain(text, spelled=False))


def _seen(text: str) -> str:
    """Return what a person sees of a text, in plain letters, as far as it is read."""
    text = text[:MAX_CHARS]
    if "\\u" in text:
        text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    return text if text.isascii() else _lettered(_plain(text, spelled=True))


def _lettered(text: str) -> str:
    """Fold signs into letters; where marks stand over letters that no language puts them on, drop every mark."""
    text = unicodedata.normalize("NFKC", text)
    if _MARKED.search(text):
        text = unicodedata.normalize("NFC", _MARKED.sub("", unicodedata.normalize("NFD", text)))
    return folded(text)


def _plain(text: str, *, spelled: bool) -> str:
    """Drop what can't be seen, spell emoji out by name or leave them out, and keep a few combining marks in a row."""
    parts: list[str] = []
    marks, last = 0, ""
    for char in text:
        kind = unicodedata.category(char)
        if kind == "Cf" or char in _UNSEEN:  # zero-width, bidi, soft hyphen
            continue
        marks = marks + 1 if kind in {"Mn", "Me"} else 0
        if marks > _MAX_MARKS:
            continue
        if kind in {"Cc", "Cs", "Cn", "Zl", "Zp"}:  # control, lone surrogate, unassigned: nothing to read
            char = " "
        elif kind in {"So", "Sk"} and ord(char) > 0x2000:
            name = drawn_letter(char) or (emoji_name(char) if spelled else " ")
            if char == last and len(name) > 1:  # 😂😂😂 says what 😂 says
                continue
            last = char
            parts.append(name)
            continue
        last = ""
        parts.append(char)
    return "".join(parts)


@lru_cache(maxsize=4096)
def emoji_name(char: str) -> str:
    """Return a symbol's name as words with a space on either side: 😡 → " pouting face "."""
    plain = unicodedata.normalize("NFKC", char)
    if plain.isascii():  # a full-width sign
        return plain
    name = unicodedata.name(char, "")
    if name.startswith(_REGIONAL):
        return name[-1].lower()  # two of them make a flag: 🇺🇸 → us
    if name.startswith("EMOJI MODIFIER"):  # skin tones
        return ""
    words = [word for word in name.lower().replace("-", " ").split() if word not in _DRAWING]
    return f" {' '.join(words)} "
