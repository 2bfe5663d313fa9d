"""HTML from platforms as plain text: words and line breaks stay, markup, scripts and styles go.

Read in one go, and in time that grows as the text does: the standard library's parser takes minutes over a hundred
kilobytes of `<a <a <a`, and raises where a `<![` begins nothing that it knows.
"""

import re
from collections.abc import Iterator
from html import unescape as _unescape

from listener.domain.text import MAX_STORED

_LINES = frozenset(("address", "br", "dd", "div", "dt", "footer", "header", "hr", "li", "tr"))
_PARAGRAPHS = frozenset(
    ("article", "blockquote", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "section", "table", "ul")
)
_SILENT = frozenset(("script", "style", "template", "noscript", "head", "title", "iframe", "object"))
_MAX_HTML = 8 * MAX_STORED
# A value of an attribute may hold ">". Tags whose values hold "<" too are tried next, a short way, so often at most:
# each attempt of the first ends at the next "<", those of the second don't.
_TAG = re.compile(r"""<(/?)([a-zA-Z][^\s/<>]*+)(?:=\s*+"[^"<]*+"|=\s*+'[^'<]*+'|[^<>])*+>""")
_ODD_TAG = re.compile(r"""<(/?)([a-zA-Z][^\s/<>]*+)(?:=\s*+"[^"]*+"|=\s*+'[^']*+'|[^<>])*+>""")
# No character has so high a number, and Python raises over numbers of thousands of digits.
_BEYOND = re.compile(r"&#[0-9]{99,};?")
_LONGEST_ODD, _MOST_ODD = 2_048, 1_000

Tag = tuple[str, str]
"""`/` for one that ends something, and its name in lower case."""


def to_text(html: str) -> str:
    """The words of a fragment of HTML, with a blank line between paragraphs."""
    silent, parts = "", []
    for part in _parts(html[:_MAX_HTML]):
        if isinstance(part, str):
            parts += [] if silent else [unescape(part)]
        elif silent:
            silent = "" if part == ("/", silent) else silent
        elif not part[0] and part[1] in _SILENT:
            silent = part[1]
        else:
            parts.append(_break(part[1]))
    lines = (re.sub(r"[ \t\r\f\v\xa0]+", " ", line).strip() for line in "".join(parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def unescape(text: str) -> str:
    """Words with `&amp;`, `&#65;` and their like as the characters they stand for; whatever number they name."""
    return _unescape(_BEYOND.sub("\ufffd", text))


def _parts(html: str) -> Iterator[str | Tag]:
    """Words as they stand and tags, in order; comments and declarations are left out. What is no tag is words."""
    begin, odd, last = 0, _MOST_ODD, html.rfind(">")
    at = html.find("<")
    while at >= 0:
        found = _TAG.match(html, at)
        if found is None and odd and html[at + 1 : at + 2].isalpha():
            found, odd = _ODD_TAG.match(html, at, at + _LONGEST_ODD), odd - 1
        after = found.end() if found else _skipped(html, at, last)
        if after > at:
            yield html[begin:at]
            begin = after
        if found:
            yield found[1], found[2].lower()
        at = html.find("<", max(after, at + 1))
    yield html[begin:]


def _skipped(html: str, at: int, last: int) -> int:
    """Where a comment or declaration that begins here ends; here where none does. `last` is where the last ">" is."""
    if html.startswith("<!--", at):
        end = html.find("-->", at + 2)
        return end + 3 if end >= 0 else len(html)
    if at < last and html.startswith(("<!", "<?", "</"), at):
        return html.find(">", at) + 1
    return at


def _break(tag: str) -> str:
    return "\n\n" if tag in _PARAGRAPHS else "\n" if tag in _LINES else ""
