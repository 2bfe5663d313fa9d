"""How long an answer is, as its platform counts. Pure.

X: https://docs.x.com/fundamentals/counting-characters. Mastodon: app/validators/status_length_validator.rb of its
source. Bluesky counts grapheme clusters. Where a platform doesn't say, code points are counted.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping

from listener.domain.answers import platform_key
from listener.domain.graphemes import clusters, graphemes, is_regional, pictures

URL_LENGTH = 23
"""Of any address, on X and on Mastodon."""

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
    return pictures(cluster[0]) or is_regional(cluster[0]) or "\ufe0f" in cluster or "\u20e3" in cluster


def _on_mastodon(text: str) -> int:
    plain = _ELSEWHERE.sub(r"@\1", _WEB_ADDRESS.sub("x" * URL_LENGTH, text))
    return graphemes(plain)


_COUNTED: Mapping[str, Callable[[str], int]] = {"x": _on_x, "mastodon": _on_mastodon, "bluesky": graphemes}
