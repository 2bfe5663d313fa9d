"""How a file's columns fill a mention's fields: kept under a name, used again for every export of that kind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

FIELDS = (
    "id",
    "created_at",
    "author",
    "author_id",
    "name",
    "title",
    "text",
    "url",
    "lang",
    "reposts",
    "likes",
    "replies",
    "followers",
    "thread",
    "parent",
    "platform",
    "is_repost",
    "version",
)
"""What a column may fill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMapping:
    """One kind of export; what is empty is found out file by file."""

    name: str
    platform: str = ""
    zone: str = ""
    date_format: str = ""
    permalink: str = ""
    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Our field → its column; a field whose column is empty is left empty."""
    origin: str = ""
    """`FILE:LINE` where a team's own stands."""

    def options(self) -> dict[str, object]:
        """As the connector of files has them."""
        given = {key: getattr(self, key) for key in KEYS}
        return {**{key: value for key, value in given.items() if value}, "columns": dict(self.columns)}


KEYS = ("platform", "zone", "date_format", "permalink", "format", "encoding", "delimiter")
"""Besides the columns."""


def bad_date_format(text: str) -> str:
    """What is wrong with a way of writing times; empty if nothing is."""
    try:
        datetime.strptime("", text)  # noqa: DTZ007 - only the format is tried
    except ValueError as error:
        return str(error) if "directive" in str(error) or "stray" in str(error) else ""
    return "it holds nothing of a time"


def bad_permalink(text: str) -> str:
    """What is wrong with a permalink's pattern; empty if nothing is."""
    if not text.startswith(("https://", "http://")) or text.count("{id}") != 1:
        return "it is no http(s) address that holds {id} once"
    return ""
