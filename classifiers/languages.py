"""Which language a text is in, and whether a model that knows some languages reads it.

fastText's small model for 176 languages (language/lid.176.ftz) by way of `fasttext-predict`: under a megabyte each, no
network, a fifth of a millisecond a text. It is sure of whole sentences and guesses at "lol", so below `SURE` nothing is
named; and it takes "Im not tho" for German, so a text with English words enough is never named anything else. It knows
Hindi, Urdu, Arabic and Russian in their own letters only; in Latin ones they are known by their small words.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from classifiers import romanised
from classifiers.artefact import verify
from classifiers.base import Language, ModelError
from classifiers.normalise import unmasked

MODEL = Path(__file__).parent / "language" / "lid.176.ftz"
SHA256 = "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83"

SURE = 0.6
"""A language is named from this probability on."""
SHARE = 0.25
"""Of a text's words: as many common English ones make it English enough to be read."""
STRANGE_WORDS = 6
"""As many words, none of them common English, in letters of no language that could be named: not English either."""
STRANGE = 0.1
"""English less likely than this."""
ROMANISED = 0.25
"""Of a text's words: as many of `romanised.WORDS`, and none common in English, make it strange however short it is."""
MAX_CHARS = 2_000
"""Characters looked at; whole sentences are told by fifty."""

_UNSPOKEN = re.compile(r"(?:https?://|www\.)\S+|[@#]\w+|\\u[0-9a-fA-F]{4}", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SAME = {
    "arz": "ar", "yue": "zh", "wuu": "zh", "als": "de", "bar": "de", "sh": "sr", "bh": "hi", "azb": "az", "ckb": "ku",
}  # fmt: skip
"""Languages that the model tells apart and people who set up a helpdesk don't."""

_ENGLISH = """
the and you your yours my mine this that these those with they their them there have has had been was were what why how
when who where which get got getting please thank thanks just but not never ever again still always would could should
will can cant dont doesnt didnt wont isnt im ive youre its it's i'm i've don't can't won't didn't doesn't isn't you're
for from about out up down over after before because than then some any every all much many more most very too really
so her his she he we our us are is be being i it if of to do does did go going gone gonna wanna need want know think
said say says good great bad worst best love hate hope happy sorry order refund flight help service customer back work
working works waiting wait hours days week year time today tomorrow day night new phone update call called shit fuck
fucking ass hell omg wow yes yeah okay ok lol thx glad hear hand made take took luck guy poor man girl people damn
"""
_ALSO_ELSEWHERE = """
so was i to do he we of is all be it ok man an her us order refund service customer help phone update call lol
"""
COMMON = frozenset(_ENGLISH.split())
"""Words by which English is known even in a post that mixes two languages."""
_SHARED = frozenset(_ALSO_ELSEWHERE.split())
"""Those of them that are at home in other languages too: they don't count where they stand alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What a text seems to be in."""

    code: str = ""
    """ISO 639 code; empty where nothing can be named."""
    chance: float = 0.0
    strange: bool = False
    """Words enough, of none of the languages that could be named and without a word of English."""


def identify(text: str, known: Collection[str]) -> Language:
    """What any string is in, and whether a model that knows these languages can be asked; of what can't be told it can.

    Raises ModelError if the language model's file is missing or altered.
    """
    found = guess(text)
    read = found.code in known if found.code else not found.strange
    return Language(code=found.code, chance=found.chance, read=read)


def guess(text: str) -> Guess:
    """Name the language of any string, or none."""
    spoken = _spoken(text)
    words = spoken.split()
    if not words:
        return Guess()
    found, english = _predict(spoken)
    common = _common_share(words)
    if common >= SHARE and found.code != "en":
        return Guess()  # between two languages, or English that the model took for another
    foreign = common == 0 and _romanised_share(words) >= ROMANISED
    if found.code and found.chance >= SURE and not (foreign and found.code == "en"):
        return found
    return Guess(strange=foreign or (len(words) >= STRANGE_WORDS and common == 0 and english < STRANGE))


def _spoken(text: str) -> str:
    """Letters only, in small: addresses, accounts, tags, emoji and numbers have no language."""
    plain = _UNSPOKEN.sub(" ", unmasked(text[:MAX_CHARS]))
    return " ".join(_WORD.findall(plain.lower()))


def _common_share(words: list[str]) -> float:
    """Of the words, those common in English; one that other languages share counts only beside one that is English."""
    plain = [word.replace("’", "'") for word in words]
    common = [word for word in plain if word in COMMON]
    own = [word for word in common if word not in _SHARED]
    return len(common) / len(words) if own else 0.0


def _romanised_share(words: list[str]) -> float:
    return sum(word in romanised.WORDS for word in words) / len(words)


def _predict(spoken: str) -> tuple[Guess, float]:
    """The likeliest language, and how likely English is."""
    model = _loaded()
    with _LOCK:  # the C++ object makes no promise about threads
        labels, chances = model.predict(spoken.encode("utf8", "replace").decode("utf8"), k=5)
    found = [(_code(label), min(1.0, float(chance))) for label, chance in zip(labels, chances, strict=True)]
    english = sum(chance for code, chance in found if code == "en")
    if not found:
        return Guess(), 0.0
    best = found[0][0]
    return Guess(code=best, chance=min(1.0, sum(chance for code, chance in found if code == best))), english


def _code(label: str) -> str:
    code = label.removeprefix("__label__")
    return _SAME.get(code, code)


_LOCK = threading.Lock()


@lru_cache(maxsize=1)
def _loaded() -> Any:
    verify(MODEL, SHA256)
    try:
        import fasttext

        return fasttext.load_model(str(MODEL))
    except (ImportError, ValueError, RuntimeError) as error:
        raise ModelError(f"the language model {MODEL} can't be loaded: {error}") from error
