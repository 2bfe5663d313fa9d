"""Text as people post it → text as the model was trained to see it.

The same function runs in training and at inference, so a change here asks for a new training. Its cost is
linear: the text is capped first, and runs of combining marks are cut before Unicode normalisation, which in
affected Pythons takes quadratic time on them (40,000 alternating marks: 2.75 s; CPython gh-149079).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

MAX_CHARS = 10_000
"""Characters read of a text; the rest is never looked at."""

_MAX_MARKS = 3  # combining marks kept in a row; no living script needs more
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w@])@\w+")
_HASHTAG = re.compile(r"#\w+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ELONGATED = re.compile(r"([^\d\s])\1{2,}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")  # left behind by exporters: "Plus\u002c tomorrow"
# Words of a character's Unicode name that describe its drawing, not its sense: ❤ is HEAVY BLACK HEART.
_DRAWING = frozenset({"heavy", "black", "white", "sign", "symbol", "with", "of", "and", "emoji", "-"})
_REGIONAL = "REGIONAL INDICATOR SYMBOL LETTER "


def normalise(text: str) -> str:
    """Return `text` capped, folded and spelled out; any string is accepted, also lone surrogates."""
    text = text[:MAX_CHARS]
    if "\\u" in text:
        text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _plain(text))
    text = _CONTROL.sub(" ", text)
    text = _URL.sub("http", text)
    text = _MENTION.sub("@user", text)
    text = _HASHTAG.sub(lambda found: _CAMEL.sub(" ", found[0]), text)
    text = _ELONGATED.sub(r"\1\1", text)
    return " ".join(text.split())


def _plain(text: str) -> str:
    """Drop what can't be seen, spell emoji out by name, and keep at most a few combining marks in a row."""
    parts: list[str] = []
    marks, last = 0, ""
    for char in text:
        kind = unicodedata.category(char)
        if kind == "Cf" or char in "\ufe0e\ufe0f":  # zero-width, bidi, soft hyphen, variation selectors
            continue
        marks = marks + 1 if kind in {"Mn", "Me"} else 0
        if marks > _MAX_MARKS:
            continue
        if kind in {"Cc", "Cs", "Cn", "Zl", "Zp"}:  # control, lone surrogate, unassigned: nothing to read
            char = " "
        elif kind in {"So", "Sk"} and ord(char) > 0x2000:
            spelled = emoji_name(char)
            if char == last:  # 😂😂😂 says what 😂 says
                continue
            last = char
            parts.append(spelled)
            continue
        last = ""
        parts.append(char)
    return "".join(parts)


@lru_cache(maxsize=4096)
def emoji_name(char: str) -> str:
    """Return a symbol's name as words with a space on either side: 😡 → " pouting face "."""
    name = unicodedata.name(char, "")
    if name.startswith(_REGIONAL):
        return name[-1].lower()  # two of them make a flag: 🇺🇸 → us
    if name.startswith("EMOJI MODIFIER"):  # skin tones
        return ""
    words = [word for word in name.lower().replace("-", " ").split() if word not in _DRAWING]
    return f" {' '.join(words)} "
