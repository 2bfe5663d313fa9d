"""Letters drawn like Latin ones → those Latin ones, where a word poses as Latin; real Cyrillic or Greek stays as it is.

Unicode's own confusables table maps every script onto every other; here only what can pose as a Latin letter counts,
and a word is folded only

- where it mixes Latin letters with lookalikes alone, which no language writes, or
- where it is of lookalikes alone, some of the text is in Latin letters and none of it in letters that can't pose.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_ALL = {
    # Cyrillic
    **dict(zip("асеорхуіѕјһԁԛԝӏѵүԍї", "aceopxyisjhdqwlvygi", strict=True)),
    **dict(zip("АВСЕНІЈКМОРЅТХУԚԜӀҮЗԌ", "ABCEHIJKMOPSTXYQWIY3G", strict=True)),
    # Greek
    **dict(zip("αεικνορτυχγϲϳ", "aeikvoptuxycj", strict=True)),
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹͿ", "ABEZHIKMNOPTYXCJ", strict=True)),
    # Armenian
    **dict(zip("օսհոցզքԼՕՏՍ", "ouhngqpLOSU", strict=True)),
    # Cherokee
    **dict(zip("ᎪᏴᏟᎠᎬᏀᎻᎥᎫᏦᏞᎷᏢᎡᏚᎢᏙᎳᏃ", "ABCDEGHiJKLMPRSTVWZ", strict=True)),
    # drawn a little otherwise: small capitals, letters turned round
    **dict(zip("вкмнтьпгцяиёєғ", "bkmhtbnrurneef", strict=True)),
    **dict(zip("ЬГЯИПЦФ", "bRRNNUO", strict=True)),
    **dict(zip("ηωβσδςμζ", "nwbodcuz", strict=True)),
    **dict(zip("ΛΩΣΠ", "AOEN", strict=True)),
}
_LEAST_LATIN = 0.1
"""Share of Latin letters in a text whose other letters may all pose; there's no lookalike for f, g, r, u, v or z in
every alphabet."""
_WORD = re.compile(r"[^\W\d_]+")
_POSING = re.compile(f"[{''.join(sorted(_ALL))}]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_OWN = re.compile(r"LATIN (SMALL|CAPITAL) LETTER (?:SCRIPT |DOTLESS |LONG )?([A-Z])(?: WITH .*)?$")
_SMALL_CAPITAL = re.compile(r"LATIN LETTER SMALL CAPITAL (?:INVERTED )?([A-Z])$")
_DRAWN = re.compile(r"LATIN (?:SMALL|CAPITAL) LETTER ([A-Z])$")
_NAMED = {"ɑ": "a", "ɩ": "i", "ʋ": "u", "ꞵ": "b", "ƨ": "s"}
_PLAIN_LATIN = re.compile(r"[\u0130-\u0149\u017f-\u02af\u00d8\u00f8\u0110\u0111\u0126\u0127\u0166\u0167\u1d00-\u1d7f]")


def folded(text: str) -> str:
    """Return `text` with letters that pose as Latin ones turned into them; linear in its length."""
    text = _PLAIN_LATIN.sub(lambda found: _latin(found[0]), text)
    if not _POSING.search(text):
        return text
    posing = _poses(text)
    return _WORD.sub(lambda found: _word(found[0], posing=posing), text)


def _poses(text: str) -> bool:
    """Whether a text is Latin but for lookalikes: words of those alone are then Latin ones too."""
    letters = [char for char in text if char.isalpha()]
    latin = sum(1 for char in letters if _LATIN.match(char))
    return latin >= _LEAST_LATIN * len(letters) and not any(_foreign(char) for char in set(letters))


def _word(word: str, *, posing: bool) -> str:
    if not _POSING.search(word):
        return word
    mixed = _LATIN.search(word) and not any(_foreign(char) for char in word)
    return "".join(_ALL.get(char, char) for char in word) if mixed or posing else word


def _foreign(char: str) -> bool:
    """Whether a letter can't pose as a Latin one."""
    return char.isalpha() and char not in _ALL and not _LATIN.match(char)


@lru_cache(maxsize=1024)
def _latin(char: str) -> str:
    """A Latin letter's plain form where Unicode doesn't take it apart: ø → o, ɡ → g, ᴀ → a."""
    if char in _NAMED:
        return _NAMED[char]
    if len(unicodedata.normalize("NFKD", char)) > 1:
        return char
    name = unicodedata.name(char, "")
    if found := _OWN.fullmatch(name):
        return found[2] if found[1] == "CAPITAL" else found[2].lower()
    if small := _SMALL_CAPITAL.fullmatch(name):
        return small[1].lower()
    return char


@lru_cache(maxsize=1024)
def drawn_letter(char: str) -> str:
    """The letter in a symbol that only frames it (Ⓐ, 🅰, 🄰 → a); empty where it is no letter."""
    found = _DRAWN.search(unicodedata.name(char, ""))
    return found[1].lower() if found else ""
