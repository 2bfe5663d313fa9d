"""HTML from platforms as plain text: words and line breaks stay, markup, scripts and styles go."""

import re
from html.parser import HTMLParser

from listener.domain.text import MAX_STORED

_LINES = frozenset(("address", "br", "dd", "div", "dt", "footer", "header", "hr", "li", "tr"))
_PARAGRAPHS = frozenset(
    ("article", "blockquote", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "section", "table", "ul")
)
_SILENT = frozenset(("script", "style", "template", "noscript", "head", "title", "iframe", "object"))
_MAX_HTML = 8 * MAX_STORED


class _Words(HTMLParser):
    """Collects the words; knows no nesting, so no depth can exhaust it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._silent and tag in _SILENT:
            self._silent = tag
        else:
            self.parts.append(_break(tag))

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = ""
        else:
            self.parts.append(_break(tag))

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def _break(tag: str) -> str:
    return "\n\n" if tag in _PARAGRAPHS else "\n" if tag in _LINES else ""


def to_text(html: str) -> str:
    """The words of a fragment of HTML, with a blank line between paragraphs."""
    words = _Words()
    words.feed(html[:_MAX_HTML])
    words.close()
    lines = (re.sub(r"[ \t\r\f\v\xa0]+", " ", line).strip() for line in "".join(words.parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
