"""The digest as terminal text, Markdown, HTML and JSON: the only templates and charts.

Digest → text · markdown · html (charts) · plain, each with its own escaping from `escaping`
"""

from enum import StrEnum
from typing import assert_never

from listener.domain.digest import Digest


class Format(StrEnum):
    TEXT = "text"
    MD = "md"
    HTML = "html"
    JSON = "json"


def render(digest: Digest, format: Format) -> str:  # noqa: A002 - the word people know
    """The digest in this format, ending in a line break; what strangers wrote is shown, never obeyed."""
    match format:
        case Format.TEXT:
            from listener.reports.text import render_text

            return render_text(digest)
        case Format.MD:
            from listener.reports.markdown import render_markdown

            return render_markdown(digest)
        case Format.HTML:
            from listener.reports.html import render_html

            return render_html(digest)
        case Format.JSON:
            from listener.reports.plain import render_json

            return render_json(digest)
        case _:
            assert_never(format)
