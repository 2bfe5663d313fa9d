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
# Controls, DEL and C1, soft hyphen, bidi controls, line and paragraph separators, interlinear and tag characters, BOM,
# joiners and fillers that draw nothing, and the controls of Egyptian, shorthand and musical notation.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U00013430-\U00013438\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\ud800-\udfff]"
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
    shown = _FLOOD.sub(_thinned, _HIDDEN.sub(_show, cut))
    return shown + "…" if len(text) > limit else shown


def visible_lines(text: str, limit: int = 4096, lines: int = 200) -> list[str]:
    """Like `visible`, keeping line breaks; at most `lines` lines."""
    parts = re.split(r"\r\n|[\n\r\v\f\x85\u2028\u2029]", text[:limit])
    shown = [visible(part, limit) for part in parts[:lines]]
    return [*shown, "…"] if len(parts) > lines or len(text) > limit else shown


# Where a flood of combining marks could be: no mark of any script is a word character, and none comes before U+0300.
_FLOOD = re.compile(r"[^\w\s\x00-\u02ff]{9,}")
_MARKS_IN_A_ROW = 8


def _thinned(found: re.Match[str]) -> str:
    kept, row = [], 0
    for char in found.group():
        if unicodedata.category(char) in ("Mn", "Me"):
            row += 1
        elif char != _ZWJ:  # A joiner that stands between two marks doesn't begin a new row.
            row = 0
        if row <= _MARKS_IN_A_ROW:
            kept.append(char)
    return "".join(kept)


def text_digest(text: str) -> str:
    """SHA-256 of the text, hex: how an edit is told from a repeat."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
