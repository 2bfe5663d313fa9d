"""Whether a post says what we sent: platforms shorten links, add markup, drop spaces and rewrite handles on the way."""

import re
import unicodedata

_HANDLE_ELSEWHERE = re.compile(r"(?<![\w/])@(\w+(?:[\w.-]*\w)?)@[\w.-]*\w")


def same_words(shown: str, sent: str) -> bool:
    """Whether two texts hold the same letters, digits and pictures in the same order."""
    return _words(shown) == _words(sent)


def _words(text: str) -> str:
    """`@ann@example.social` is shown as `@ann`; spaces, marks and punctuation are what platforms touch."""
    plain = unicodedata.normalize("NFKC", _HANDLE_ELSEWHERE.sub(r"@\1", text)).casefold()
    kept = "".join(char for char in plain if char.isalnum() or unicodedata.category(char) == "So")
    return kept or " ".join(plain.split())
