"""Text from strangers: made safe to store once, at the boundary, and made visible wherever it is shown.

`clean` is for storage (what a connector puts into a `Mention`); `visible` is for terminals, logs and file names.
HTML, Markdown and CSV have their own escaping, in `listener.reports` and `listener.cli`, applied to stored text.
"""

import hashlib
import re
import unicodedata

MAX_STORED = 65_536
"""Code points kept of one text; longer texts end in an ellipsis."""

MAX_NAME = 200

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_SPACE = re.compile(r"\s+")
# Controls, DEL and C1, bidi controls, line and paragraph separators, interlinear and tag characters, BOM.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e0fff\ud800-\udfff]"
)
_ZWJ = "\u200d"


def clean(text: str, limit: int = MAX_STORED) -> str:
    """Storable text: capped, without NUL and lone surrogates (both become U+FFFD), without outer white space."""
    text = text[: limit + 1]
    text = _UNSTORABLE.sub("\ufffd", text).strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clean_name(text: str) -> str:
    """A handle or display name: cleaned, on one line, at most `MAX_NAME` code points."""
    return _SPACE.sub(" ", clean(text, MAX_NAME))


def _show(found: re.Match[str]) -> str:
    char = found.group()
    if char in "\t\n\r\v\f\x85\u2028\u2029":
        return " "
    if char == _ZWJ and _joins_emoji(found.string, found.start()):
        return char
    return f"<{ord(char):02X}>" if ord(char) < 0x100 else f"<U+{ord(char):04X}>"


def _joins_emoji(text: str, at: int) -> bool:
    around = text[at - 1 : at] + text[at + 1 : at + 2]
    return len(around) == 2 and all(unicodedata.category(c) in ("So", "Sk", "Mn") for c in around)


def visible(text: str, limit: int = 4096) -> str:
    """One line of text in which every control, bidi override or hidden character is spelled out.

    No escape sequence survives: ESC becomes `<1B>`, a right-to-left override `<U+202E>`. At most `limit` code points
    of the input are shown, and at most 8 combining marks in a row.
    """
    cut = text[:limit]
    shown = _MARKS.sub(lambda m: m.group()[:8], _HIDDEN.sub(_show, cut))
    return shown + "…" if len(text) > limit else shown


def visible_lines(text: str, limit: int = 4096, lines: int = 200) -> list[str]:
    """Like `visible`, keeping line breaks; at most `lines` lines."""
    parts = re.split(r"\r\n|[\n\r\v\f\x85\u2028\u2029]", text[:limit])
    shown = [visible(part, limit) for part in parts[:lines]]
    return [*shown, "…"] if len(parts) > lines or len(text) > limit else shown


_MARKS = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{9,}")


def text_digest(text: str) -> str:
    """SHA-256 of the text, hex: how an edit is told from a repeat."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
