"""What a cell of a customer list says: ids, amounts, days, yes and no, handles. What is doubtful is refused."""

import re
import unicodedata
from datetime import date, datetime

from listener.connectors.boundary import MAX_ID, id_of
from listener.domain.text import clean_name
from listener.errors import SkipRecord

MOST_VALUE = 1e12
_ACCOUNTS = 50
"""Of one row."""
_CODE = re.compile(r"^([A-Za-z]{3})(?=[\s\d+\-−.,(])|(?<=[\s\d.,)])([A-Za-z]{3})$")
_YES = frozenset({"yes", "y", "true", "1", "x", "ja", "oui", "si", "sí", "sim", "opted out", "opt-out", "optout"})
_NO = frozenset({"no", "n", "false", "0", "nein", "non", "não", "nao", "nee"})
_MANGLED = re.compile(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]+")
_UNFIT = re.compile("[\x00-\x20\x7f]")
_LONE_SPACE = re.compile(r"(?<=\d)[ \u00a0\u202f\u2009'](?=\d{3}(?!\d))")


def ref_of(text: str) -> str:
    """The company's own id of a customer. Raises `SkipRecord`."""
    bare = text.strip()
    if not bare:
        raise SkipRecord("id is empty")
    if _MANGLED.fullmatch(bare):
        raise SkipRecord(f"id {bare:.40} was rounded by a spreadsheet: export the file again with ids as text")
    return id_of(bare)


def amount_of(text: str, decimal: str) -> tuple[float | None, str]:
    """(value, currency it bears) of a cell such as `1,234.50 €`; None where it is empty. Raises `SkipRecord`.

    `decimal` is the decimal mark; the other one, spaces and apostrophes may part thousands.
    """
    bare = text.strip()
    if not bare:
        return None, ""
    bare, currency = _without_currency(bare)
    if bare.startswith("(") and bare.endswith(")"):
        raise SkipRecord(f"value {text.strip():.40} is negative")
    plain = _LONE_SPACE.sub("", bare)
    group = "," if decimal == "." else "."
    # Thousands are parted by threes or not at all: else the mark means something else.
    shape = rf"[+\-−]?(?:\d{{1,3}}(?:{re.escape(group)}\d{{3}})+|\d+)(?:{re.escape(decimal)}\d+)?"
    if not plain.isascii() and not plain.startswith("−"):
        raise SkipRecord(f"value {text.strip():.40} is no amount")
    if not re.fullmatch(shape, plain):
        raise SkipRecord(f"value {text.strip():.40} is no amount with {decimal!r} as its decimal mark")
    if plain[0] in "-−":
        raise SkipRecord(f"value {text.strip():.40} is negative")
    value = float(plain.replace(group, "").replace(decimal, "."))
    if value > MOST_VALUE:
        raise SkipRecord(f"value {text.strip():.40} is beyond any customer's")
    return value, currency


def _without_currency(text: str) -> tuple[str, str]:
    """A sign or three letters at either end, at most one."""
    for at in (0, -1):
        if unicodedata.category(text[at]) == "Sc":
            return (text[1:] if at == 0 else text[:-1]).strip(), text[at]
    if found := _CODE.search(text):
        return (text[: found.start()] + text[found.end() :]).strip(), (found[1] or found[2]).upper()
    return text, ""


def day_of(text: str, date_format: str, today: date) -> date | None:
    """A day, as 2024-03-01, 2024-03, 2024 or of this format; the time after it is left out. Raises `SkipRecord`."""
    bare = text.strip()
    if not bare:
        return None
    day = _day(bare, date_format)
    if not date(1900, 1, 1) <= day <= today:
        raise SkipRecord(f"since {bare:.40} is not between 1900 and today")
    return day


def _day(text: str, date_format: str) -> date:
    try:
        if date_format:
            return datetime.strptime(text, date_format).date()  # noqa: DTZ007 - a day has no zone
        if re.fullmatch(r"\d{4}(-\d{2})?", text):
            return date.fromisoformat(f"{text}-01-01"[:10] if len(text) == 4 else f"{text}-01")
        return datetime.fromisoformat(text).date()
    except ValueError as error:
        said = f"written as {date_format}" if date_format else "as 2024-03-01: say how it is written, --date-format"
        raise SkipRecord(f"since {text:.40} is no day {said}") from error


def truth_of(text: str) -> bool | None:
    """Yes, no, or nothing said. Anything else is refused: a guess might write to somebody who asked us not to."""
    word = text.strip().casefold()
    if not word:
        return None
    if word in _YES or word in _NO:
        return word in _YES
    raise SkipRecord(f"no_contact {text.strip():.40} is neither yes nor no")


def accounts_of(text: str, platform: str) -> tuple[tuple[str, str], ...]:
    """(platform, handle) of each in a cell: `@ann`, `x:ann`, several parted by ; | or commas. Raises `SkipRecord`."""
    named = [part.strip() for part in re.split(r"[;|,]", text) if part.strip()]
    if len(named) > _ACCOUNTS:
        raise SkipRecord(f"{len(named)} handles in one cell; {_ACCOUNTS} at most")
    return tuple(dict.fromkeys(_account(part, platform) for part in named))


def _account(text: str, platform: str) -> tuple[str, str]:
    before, colon, after = text.partition(":")
    where, handle = (before, after) if colon else (platform, text)
    where = clean_name(where).casefold()
    handle = folded(clean_name(handle).removeprefix("@"))
    if not where:
        raise SkipRecord(f"handle {text:.60} is on no platform: name its column, --platform, or write x:{text:.30}")
    if not handle or _UNFIT.search(where) or len(handle) > MAX_ID:
        raise SkipRecord(f"handle {text:.60} is none")
    return where, handle


def folded(handle: str) -> str:
    """As the database compares handles: ASCII letters small, all others as they are."""
    return "".join(char.lower() if char.isascii() else char for char in handle)
