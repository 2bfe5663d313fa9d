"""How X counts, links and shows the words of a post."""

import re
import unicodedata
from collections.abc import Mapping
from itertools import chain
from urllib.parse import urlsplit

from listener.connectors.jsons import rows, table
from listener.connectors.x_posts import words_of
from listener.domain.text import clean
from listener.errors import SkipRecord

LINK_UNITS = 23
"""Every link counts as many: X shortens it to so much."""
_NAMES = "com|org|net|edu|gov|info|biz|app|dev|shop|store|online|support|help|xyz|site|live|news"
_LINK = re.compile(rf"(?i:https?)://\S+|(?<![\w@.-])(?:[A-Za-z0-9-]+\.)+(?:(?i:{_NAMES})|[a-z]{{2}})\b(?:/\S*)?")
"""What X may make a link of. It knows every top-level domain; some that look so here are none to it."""
_DOTTED = re.compile(r"(?i:https?)://\S+|(?<![\w@.-])[\w-]+(?:\.[\w-]+)+(?:/\S*)?")
"""All that could ever be one, and more."""
_LINK_END = ".,:;!?'\")]}»”’…"
_PLACE = "\ufffc"
_SHORT = re.compile(r"https?://t\.co/\w+")
_HANDLES_BEFORE = re.compile(r"(?:@[A-Za-z0-9_]{1,15}\s+)+")

_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_MODIFIERS = re.compile(
    "\u200d[\u2190-\u2bff\U0001f000-\U0001faff]|[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
)
_ONCE = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
"""Characters that count as one; all others as two (https://docs.x.com, "Counting characters")."""


def length(text: str) -> int:
    """As X counts: links by a fixed measure, letters beyond Latin, Greek and the like twice, a picture as two."""
    words, links = _apart(unicodedata.normalize("NFC", text.strip()), _LINK)
    for sequence in (_KEYCAP, _FLAG):
        words = sequence.sub("\U0001f600", words)
    units = sum(1 if any(low <= ord(char) <= high for low, high in _ONCE) else 2 for char in _MODIFIERS.sub("", words))
    return units + len(links) * (LINK_UNITS - 2)


def may_link(text: str) -> bool:
    """Whether X may find a link in it."""
    return _LINK.search(text) is not None


def shows_link(text: str) -> bool:
    """Whether X found a link in a post that it shows."""
    return _SHORT.search(text) is not None


def alike(sent: str, post: Mapping[str, object]) -> bool:
    """Whether a post that X shows says what was sent.

    X's own doing: handles before an answer, links, spaces, and three characters written as in HTML.
    """
    try:
        shown = words_of(post)
    except SkipRecord:
        return False
    ours, ours_linked = _plain(clean(sent))
    theirs, theirs_linked = _plain(_lengthened(shown, post))
    return ours == theirs and all(map(_same_link, ours_linked, theirs_linked))


def _plain(text: str) -> tuple[str, list[str]]:
    words, links = _apart(_HANDLES_BEFORE.sub("", unicodedata.normalize("NFC", text).strip(), count=1), _DOTTED)
    return " ".join(words.split()), links


def _apart(text: str, pattern: re.Pattern[str]) -> tuple[str, list[str]]:
    """The words, with a sign in place of each link, and the links."""
    links: list[str] = []

    def taken(found: re.Match[str]) -> str:
        link = found[0].rstrip(_LINK_END)
        links.append(link)
        return _PLACE + found[0][len(link) :]

    return pattern.sub(taken, text), links


def _lengthened(text: str, post: Mapping[str, object]) -> str:
    """With the links that stand behind X's short ones."""
    entities = (
        table(part.get("entities")) for part in (post, table(post.get("note_tweet")), table(post.get("note_post")))
    )
    for link in map(table, chain.from_iterable(rows(part.get("urls")) for part in entities)):
        short, whole = link.get("url"), link.get("expanded_url")
        if isinstance(short, str) and isinstance(whole, str) and _SHORT.fullmatch(short):
            text = text.replace(short, whole)
    return text


def _same_link(ours: str, theirs: str) -> bool:
    """A short one that X doesn't resolve may be any."""
    return _SHORT.fullmatch(theirs) is not None or _address(ours) == _address(theirs)


def _address(link: str) -> tuple[str, str]:
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
    except ValueError:
        return link, ""
    return parts.netloc.lower(), f"{parts.path.rstrip('/')}?{parts.query}"
