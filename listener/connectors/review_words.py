"""The words of reviews and of the responses to them, whichever store they stand in."""

from listener.connectors.markup import unescape
from listener.domain.text import clean
from listener.errors import SkipRecord


def titled(title: object, body: object) -> str:
    """A review's words, its title first, unless the body begins with it. Raises `SkipRecord` where there are none."""
    if not all(part is None or isinstance(part, str) for part in (title, body)):
        raise SkipRecord("the review's words are not text")
    first, rest = (clean(part) if isinstance(part, str) else "" for part in (title, body))
    text = rest if rest.startswith(first) else clean(f"{first}\n\n{rest}")
    if not text:
        raise SkipRecord("the review has no words")
    return text


def same_words(stands: str, sent: str) -> bool:
    """Whether what stands is what was sent: stores change white space, and write some characters as HTML does."""
    return _plain(stands) == _plain(sent) != ""


def _plain(text: str) -> str:
    return " ".join(unescape(text).split())
