"""Where strangers' values become ours: checked and cleaned once; what can't be read is set aside, never lost."""

import re
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from listener.connectors.jsons import raw_text
from listener.domain.mention import Mention, Reject
from listener.domain.text import clean, clean_name
from listener.errors import SkipRecord

MAX_ID = 200
MAX_URL = 2048
_ID_UNFIT = re.compile("[\x00-\x20\x7f\ud800-\udfff]")
_URL_UNFIT = re.compile("[\x00-\x20\x7f-\x9f\ud800-\udfff\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def sift(
    records: Iterable[object], read: Callable[[object], Mention], where: str
) -> tuple[list[Mention], list[Reject]]:
    """Read each record; those that fail become rejects and the others are kept. `where` names the page."""
    mentions: list[Mention] = []
    rejects: list[Reject] = []
    for number, record in enumerate(records, 1):
        try:
            mentions.append(read(record))
        except (SkipRecord, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            rejects.append(rejected(record, error, f"{where} item {number}"))
    return mentions, rejects


def rejected(record: object, error: Exception, position: str) -> Reject:
    """A record set aside, with why in words."""
    reason = str(error) if isinstance(error, (SkipRecord, ValueError)) else f"unreadable: {type(error).__name__}"
    native_id = record.get("id") if isinstance(record, dict) else None
    return Reject(
        reason=clean_name(reason),
        raw=raw_text(record),
        native_id=clean_name(native_id) if isinstance(native_id, str) else "",
        position=position,
    )


def id_of(value: object, what: str = "id") -> str:
    """A native id as text of at most `MAX_ID` characters. Raises `SkipRecord`."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise SkipRecord(f"{what} is {'missing' if value is None else f'a {type(value).__name__}'}")
    text = str(value).strip()
    if not text:
        raise SkipRecord(f"{what} is empty")
    if len(text) > MAX_ID:
        raise SkipRecord(f"{what} is longer than {MAX_ID} characters")
    if _ID_UNFIT.search(text):
        raise SkipRecord(f"{what} holds spaces or control characters")
    return text


def optional_id(value: object) -> str:
    """A native id, or empty where there is none or it can't be one."""
    if value is None:
        return ""
    try:
        return id_of(value)
    except SkipRecord:
        return ""


def text_of(value: object) -> str:
    """A post's words, cleaned. Raises `SkipRecord` where it isn't text."""
    if not isinstance(value, str):
        raise SkipRecord("text is missing" if value is None else f"text is a {type(value).__name__}")
    return clean(value)


def name_of(value: object) -> str:
    """A handle or name, cleaned; empty where there is none."""
    return clean_name(value) if isinstance(value, str) else ""


def link_of(value: object) -> str:
    """An http(s) address that is safe to show and to open; empty for anything else."""
    if not isinstance(value, str) or len(value) > MAX_URL or _URL_UNFIT.search(value.strip()):
        return ""
    try:
        parts = urlsplit(value.strip())
        fit = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return ""
    return value.strip() if fit else ""


def lang_of(value: object) -> str:
    """A language tag in lower case; empty where the platform doesn't know it."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}", value):
        return ""
    tag = value.lower()
    return "" if tag in ("und", "zxx", "qme", "qht", "qam", "qct", "qst") else tag
