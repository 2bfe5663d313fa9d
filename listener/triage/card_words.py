"""How a case is put into words: ages, dues, names; every stranger's word made visible."""

import unicodedata
from datetime import datetime, timedelta, tzinfo

from listener.domain.case import Case
from listener.domain.policy import TriagePolicy
from listener.domain.sla import Promise
from listener.domain.stored import AuthorHistory
from listener.domain.text import visible
from listener.triage.sla import pressing

ERASED = "(erased)"
"""Stands for an author who deleted what they wrote."""
ABUSE = "(sounds abusive: covered until the case is opened)"
"""Stands for words that an agent needn't read before they mean to."""


PROMISED = {Promise.FIRST_RESPONSE: "answer", Promise.NEXT_RESPONSE: "next answer", Promise.RESOLUTION: "solution"}
"""What is promised, in a word or two."""
_SHORT = {Promise.FIRST_RESPONSE: "", Promise.NEXT_RESPONSE: "next ", Promise.RESOLUTION: "solve "}


def due(case: Case, policy: TriagePolicy, now: datetime) -> str:
    """`in 12m`, `over 2h`, `next in 3h`, `solve in 2d`, `paused`, `answered`: time left in working hours.

    Empty where nothing is owed.
    """
    owed = pressing(case, policy, now)
    if owed is None:
        return "answered" if case.first_reply_at is not None else ""
    if owed.due_at is None:
        return "paused"
    late = owed.left < timedelta(0) or owed.due_at <= now
    return f"{_SHORT[owed.promise]}{'over' if late else 'in'} {span(abs(owed.left))}"


def headline_of(case: Case, *, covered: bool) -> str:
    """What a list says of a case: its author's words, unless they sound abusive and are covered."""
    return ABUSE if covered and case.abusive else case.headline


def span(length: timedelta) -> str:
    """Minutes, hours or days, whichever reads best: `12m`, `3h`, `2d`."""
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 120:
        return f"{minutes}m"
    return f"{minutes // 60}h" if minutes < 48 * 60 else f"{minutes // 1440}d"


def local(at: datetime, now: datetime, zone: tzinfo) -> str:
    """The time of day, with the day if it isn't today's."""
    here = at.astimezone(zone)
    today = here.date() == now.astimezone(zone).date()
    return f"{here:%H:%M}" if today else f"{here:%Y-%m-%d %H:%M}"


_DRAWN = ("FULLWIDTH LATIN", "MATHEMATICAL", "LATIN LETTER SMALL CAPITAL", "LATIN SMALL LETTER SCRIPT")


def who(author: AuthorHistory) -> str:
    """Handle and name, with a warning where the handle may imitate another's."""
    return handle_line(author.handle, author.name)


def handle_line(handle: str, name: str) -> str:
    """As `who`, of any account."""
    if not handle:
        return ERASED
    shown = f" ({visible(name, 60)})" if name and name != handle else ""
    return f"@{visible(handle, 60)}{shown}{_spoof(handle)}"


def _spoof(handle: str) -> str:
    """Letters that pose as others: UTS 39 calls several scripts in one handle a mark of imitation."""
    scripts = {unicodedata.name(char, "?").split()[0] for char in handle if char.isalpha()}
    posing = sorted(s.title() for s in scripts & {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})
    if len(posing) > 1:
        return f" [mixes {' and '.join(posing)} letters]"
    if posing and posing != ["Latin"]:
        return f" [in {posing[0]} letters]"
    return " [has unusual letters]" if any(_is_unusual(char) for char in handle) else ""


def _is_unusual(char: str) -> bool:
    """Drawn like an everyday letter, and of no language's own: full-width, mathematical, phonetic."""
    return char.isalpha() and unicodedata.name(char, "").startswith(_DRAWN)


_LANGUAGES = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German",
    "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "eu": "Basque", "fa": "Persian", "fi": "Finnish",
    "fr": "French", "gl": "Galician", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian",
    "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian",
    "ms": "Malay", "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian",
    "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "sr": "Serbian", "sv": "Swedish", "ta": "Tamil", "th": "Thai",
    "tl": "Tagalog", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip


def language_name(code: str) -> str:
    """`German (de)`; the code alone where it is a rarer one."""
    return f"{_LANGUAGES[code]} ({code})" if code in _LANGUAGES else visible(code, 12)
