"""One escaping a surface: what a stranger wrote is shown, never obeyed. HTML's is Jinja2's autoescape."""

import re
from urllib.parse import quote, urlsplit

from listener.domain.text import visible

QUOTED = 280
"""Code points shown of one post."""

# What can begin markup anywhere; what makes an autolink; and what makes a list, rule or heading of a line's start.
_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>#|~&@^$]|:(?=//)|(?<=www)\.|^[-+=]|(?<=^\d)[.)]|^\d{2,9}[.)]", re.IGNORECASE)
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SAFE_IN_URL = "%/:?#&=+~,;$*-._"


def line(text: str, limit: int = QUOTED) -> str:
    """One visible line for any surface; its markup must still be escaped."""
    return visible(" ".join(text.split()), limit)


def markdown(text: str, limit: int = QUOTED) -> str:
    """Text that Markdown renders as itself: no link, image, HTML, emphasis or autolink."""
    return _MARKDOWN.sub(lambda found: f"{found.group()[:-1]}\\{found.group()[-1]}", line(text, limit))


def link(url: str) -> str:
    """An http(s) address fit for an attribute or angle brackets; empty for any other, or one that hides its host."""
    if _UNSEEN.search(url):
        return ""  # the splitting below leaves some of these out, and browsers read them otherwise
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or not host.isascii() or "@" in parts.netloc:
        return ""
    if port is not None and parts.netloc.lower() != f"{host}:{port}":
        return ""
    return quote(url, safe=_SAFE_IN_URL)


def host(url: str) -> str:
    """Where a link leads, shown as its text; empty where `link` refuses."""
    return urlsplit(url).hostname or "" if link(url) else ""


def cell(value: object) -> str:
    """A CSV cell that no spreadsheet takes for a formula: `'` goes before what one could begin with."""
    text = line(str(value), 32_000)
    return "'" + text if text[:1] in set("=+-@\t\r＝＋－＠") and not _is_number(text) else text


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None
