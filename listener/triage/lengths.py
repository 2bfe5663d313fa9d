"""How long an answer is, as its platform counts. Pure.

X: https://docs.x.com/fundamentals/counting-characters. Mastodon: app/validators/status_length_validator.rb of its
source. Bluesky counts grapheme clusters. Where a platform doesn't say, code points are counted.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping

from listener.domain.answers import platform_key

URL_LENGTH = 23
"""Of any address, on X and on Mastodon."""

_ZWJ = 0x200D
_ADDRESS = r"https?://[^\s<>\"]*[^\s<>\".,;:!?'()\[\]…]"
_PLAIN_ENDS = "com|net|org|info|biz|edu|gov|app|dev|shop|store|online|site|xyz|club|help|support|news|blog|co|tv"
_PATH = r"(?:/[^\s<>\"]*[^\s<>\".,;:!?'()\[\]…]|/)"
_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\."
# As X's own library: a bare name of a country (`it.so`) is an address only with a path or a second label.
_X_ADDRESS = re.compile(
    rf"{_ADDRESS}"
    rf"|(?<![\w@.$#-])(?:(?:{_LABEL})+(?:{_PLAIN_ENDS})(?!\.?[\w@-])(?:{_PATH})?"
    rf"|(?:{_LABEL}){{2,}}[a-z]{{2}}(?!\.?[\w@-])(?:{_PATH})?"
    rf"|{_LABEL}[a-z]{{2}}{_PATH})",
    re.IGNORECASE,
)
_WEB_ADDRESS = re.compile(_ADDRESS, re.IGNORECASE)
_ELSEWHERE = re.compile(r"(?<![\w/])@(\w+(?:[\w.-]*\w)?)@[\w.-]*\w")
# Weight 1, all else 2: https://github.com/twitter/twitter-text/blob/master/config/v3.json
_LIGHT = ((0, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))


def length(platform: str, text: str) -> int:
    """In the platform's own units."""
    return _COUNTED.get(platform_key(platform), len)(text)


def _on_x(text: str) -> int:
    plain = unicodedata.normalize("NFC", text)
    addresses = len(_X_ADDRESS.findall(plain))
    return addresses * URL_LENGTH + sum(_weight(one) for one in clusters(_X_ADDRESS.sub("", plain)))


def _weight(cluster: str) -> int:
    if len(cluster) > 1 and _is_picture_sequence(cluster):
        return 2
    return sum(1 if any(low <= ord(char) <= high for low, high in _LIGHT) else 2 for char in cluster)


def _is_picture_sequence(cluster: str) -> bool:
    return _pictures(cluster[0]) or _is_regional(cluster[0]) or "\ufe0f" in cluster or "\u20e3" in cluster


def _on_mastodon(text: str) -> int:
    plain = _ELSEWHERE.sub(r"@\1", _WEB_ADDRESS.sub("x" * URL_LENGTH, text))
    return graphemes(plain)


def graphemes(text: str) -> int:
    """What a reader takes for characters."""
    return sum(1 for _ in clusters(text))


_COUNTED: Mapping[str, Callable[[str], int]] = {"x": _on_x, "mastodon": _on_mastodon, "bluesky": graphemes}


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
    if ord(before) == _ZWJ and _pictures(char):
        return not _pictures(text[start])
    if _is_regional(before) and _is_regional(char):
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


def _pictures(char: str) -> bool:
    """Extended_Pictographic, near enough."""
    if "\U0001f000" <= char <= "\U0001faff":
        return not (_is_regional(char) or "\U0001f3fb" <= char <= "\U0001f3ff")
    return ("\u2190" <= char <= "\u3299" and unicodedata.category(char) in ("So", "Sm", "Po")) or char in "©®‼⁉™ℹ"


def _is_regional(char: str) -> bool:
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
