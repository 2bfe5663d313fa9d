"""Characters as readers take them: one emoji of seven code points is one. Pure."""

import unicodedata
from collections.abc import Iterator

_ZWJ = 0x200D


def graphemes(text: str) -> int:
    """What a reader takes for characters."""
    return sum(1 for _ in clusters(text))


def clusters(text: str) -> Iterator[str]:
    """Extended grapheme clusters (UAX #29), told from general categories; Indic conjuncts aren't joined (GB9c)."""
    start = 0
    for at in range(1, len(text)):
        if _breaks(text, start, at):
            yield text[start:at]
            start = at
    if text:
        yield text[start:]


def _breaks(text: str, start: int, at: int) -> bool:
    before, char = text[at - 1], text[at]
    if before == "\r" and char == "\n":
        return False
    if _is_control(before) or _is_control(char):
        return True
    if _extends(char) or _joins_hangul(before, char):
        return False
    if ord(before) == _ZWJ and pictures(char):
        return not pictures(text[start])
    if is_regional(before) and is_regional(char):
        return (at - start) % 2 == 0
    return True


def _is_control(char: str) -> bool:
    return char != "\u200c" and ord(char) != _ZWJ and not _is_tag(char) and unicodedata.category(char) in _CONTROLS


_CONTROLS = frozenset({"Cc", "Cf", "Zl", "Zp"})


def _is_tag(char: str) -> bool:
    return "\U000e0020" <= char <= "\U000e007f"


def _extends(char: str) -> bool:
    if char in "\u200c\u200d\u0e33\u0eb3\uff9e\uff9f" or _is_tag(char):
        return True
    return "\U0001f3fb" <= char <= "\U0001f3ff" or unicodedata.category(char) in ("Mn", "Me", "Mc")


def pictures(char: str) -> bool:
    """Extended_Pictographic, near enough."""
    if "\U0001f000" <= char <= "\U0001faff":
        return not (is_regional(char) or "\U0001f3fb" <= char <= "\U0001f3ff")
    return ("\u2190" <= char <= "\u3299" and unicodedata.category(char) in ("So", "Sm", "Po")) or char in "©®‼⁉™ℹ"


def is_regional(char: str) -> bool:
    """Half a flag."""
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _joins_hangul(before: str, char: str) -> bool:
    left, right = _hangul(before), _hangul(char)
    if left == "L":
        return right in ("L", "V", "LV", "LVT")
    if left in ("V", "LV"):
        return right in ("V", "T")
    return left in ("T", "LVT") and right == "T"


def _hangul(char: str) -> str:
    code = ord(char)
    if 0xAC00 <= code <= 0xD7A3:
        return "LV" if (code - 0xAC00) % 28 == 0 else "LVT"
    for kind, ranges in _JAMO.items():
        if any(low <= code <= high for low, high in ranges):
            return kind
    return ""


_JAMO = {
    "L": ((0x1100, 0x115F), (0xA960, 0xA97C)),
    "V": ((0x1160, 0x11A7), (0xD7B0, 0xD7C6)),
    "T": ((0x11A8, 0x11FF), (0xD7CB, 0xD7FB)),
}
