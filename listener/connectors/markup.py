"""HTML from platforms as plain text: words and line breaks stay, markup, scripts and styles go."""

import re
from html.parser import HTMLParser

from listener.domain.text import MAX_STORED

# fmt: off
_BREAKS = frozenset((
    "address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "figure", "footer",
    "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "ol",
    "p", "pre", "section", "table", "tr", "ul",
))
# fmt: on
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
        elif tag in _BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = ""
        elif tag in _BREAKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def to_text(html: str) -> str:
    """The words of a fragment of HTML, with paragraphs on lines of their own."""
    words = _Words()
    words.feed(html[:_MAX_HTML])
    words.close()
    lines = (re.sub(r"[ \t\r\f\v\xa0]+", " ", line).strip() for line in "".join(words.parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
