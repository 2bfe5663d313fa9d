"""Which themes a post speaks of by their phrases: one pass for all of them, then a look at what stands around a find.

Text and phrases are cut into the same words, so capitals, white space, hyphens and apostrophes of any kind don't
matter, and a phrase never spans the end of a sentence. What is said of a find (denied, asked) is read from the few
words around it: a rule of thumb that is right of most short posts, and whose misses are counted in docs/themes.md.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import ahocorasick

from listener.domain.themes import Act, Theme, ThemeKind

MOST_READ = 5_000
"""Characters; what follows is not looked at."""

SCOPE = 6
"""Words before a phrase in which a negation is looked for, within the clause."""

_APART = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_HASHTAG = re.compile(r"#\w+")
_HIDDEN = dict.fromkeys([0xAD, 0x2060, 0xFEFF, *range(0x200B, 0x2010)])
_STRAIGHT = {ord(sign): "'" for sign in "’‘ʼ`´＇"}
_SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3007\u3040-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0dff"
_LETTER = rf"(?:(?![{_SPACELESS}_])[\w{_MARKS}])"
_TOKEN = re.compile(
    rf"https?://\S+|www\.\S+|[@＠]\w[\w.]*|\d+(?:[.,]\d+)+|{_LETTER}+(?:'{_LETTER}+)*|[{_SPACELESS}]"
    r"|[.!?…\n。！？]+|[,;:()\[\]\"“”„«»—–|/、，；：]"
)
_ENDS = frozenset(".!?…\n。！？")
_CLAUSES = frozenset(',;:()[]"“”„«»—–|/、，；：')

_FLIPS = frozenset(
    """
    not no never nobody none nothing neither nor without cannot hardly barely dont cant wont didnt doesnt isnt wasnt
    couldnt wouldnt shouldnt havent hasnt hadnt arent werent aint hard difficult impossible refuse refused unable wish
    stop stopped hesitate hesitant fail failed forget wait
    nicht nie niemals kein keine keinen keiner ohne pas jamais aucun aucune sans rien nunca jamás ningún ninguna sin não
    nem sem tampouco non mai nessuno nessuna senza niet nooit geen zonder
    """.split()  # noqa: SIM905 - quoted one by one they are harder to read
)
"""Each turns what follows into its contrary; two of them turn it back: "wouldn't hesitate to recommend"."""
_EMPTY_AFTER = frozenset(
    ["only", "just", "doubt", "wonder", "matter", "thought", "imagined", "expected", "solo", "nur"]
)
""""Not only", "no doubt", "never thought I'd": no negation of what follows."""
_JOINTS = frozenset(
    """
    but because so and or if when then although though while since
    aber weil und oder wenn mais parce et ou si pero porque y o mas e ma perché maar omdat en of als
    """.split()  # noqa: SIM905
)
_UNABLE = frozenset(["can't", "cant", "cannot", "couldn't", "couldnt"])
_OTHERS = frozenset(["they", "you", "u", "he", "she", "who", "agent", "staff"])
_BIDS = frozenset("don't dont do never avoid stay steer run look go save think give check".split())  # noqa: SIM905
"""Begin advice only where somebody is told to: "avoid them", not "I avoid them"."""
_BIDDING = frozenset(
    """
    please pls plz just so really seriously honestly definitely always guys everyone everybody people folks y'all should
    must i'd better ever
    """.split()  # noqa: SIM905
)
_TOLD = frozenset("advise recommend suggest tell telling warn urge everyone people others you".split())  # noqa: SIM905
_ASKED = frozenset(["you", "u", "anyone", "anybody", "someone", "somebody", "people"])
_ASKING = frozenset(["can", "could", "would", "do", "does", "did", "should", "has"])
_AMBIGUOUS = frozenset(["we're", "we'll", "i'll", "i'd", "he'll", "she'll", "who're"])
"""Without their apostrophes these are other words."""

_DENIABLE = frozenset([Act.RECOMMEND, Act.WARN, Act.LEAVE, Act.USE])
_ADVICE = frozenset([Act.RECOMMEND, Act.WARN])


@dataclass(frozen=True, slots=True)
class _Cue:
    """One phrase of one theme."""

    theme: int
    phrase: str
    asked: bool
    """Only in a question."""


class Cues:
    """Finds the phrases of all themes."""

    def __init__(self, themes: Sequence[Theme]) -> None:
        self._themes = themes
        self._warning = next((n for n, theme in enumerate(themes) if _act(theme) is Act.WARN), None)
        self._index = _index(themes)

    def find(self, text: str) -> list[Theme]:
        """Each theme that a phrase says it speaks of, in the order configured."""
        return [self._themes[number] for number in sorted(self._numbers(text))]

    def phrases(self, text: str) -> dict[str, str]:
        """By tag of each theme found: the phrase that says so."""
        return {self._themes[number].tag: cue.phrase for number, cue in sorted(self._numbers(text).items())}

    def _numbers(self, text: str) -> "dict[int, _Cue]":
        found: dict[int, _Cue] = {}
        if self._index is None:
            return found
        said = words_of(text)
        for last, (size, cues) in self._index.iter(said):
            for cue in cues:
                if cue.theme not in found:
                    meant = self._meant(cue, said, last + 1 - size, last)
                    if meant is not None:
                        found[meant] = cue
        return found

    def _meant(self, cue: _Cue, said: str, start: int, end: int) -> int | None:
        """The theme that a find stands for; `start` and `end` are those of the blanks around it."""
        theme = self._themes[cue.theme]
        act = _act(theme)
        if cue.asked and not _questions(said, end):
            return None
        if act is None:
            denied = theme.kind is ThemeKind.MOTIVATOR and _denied(said, start, end)
            return None if denied else cue.theme
        if act not in _DENIABLE:
            return cue.theme
        if _only_asks(act, said, start, end) or _nobodys(act, said, start, end):
            return None
        if not _denied(said, start, end):
            return cue.theme
        return self._warning if act is Act.RECOMMEND else None


def in_mood(tags: Iterable[str], *, complains: bool, praises: bool) -> frozenset[str]:
    """Without advice that the post's own mood belies: "I recommend that you fix your site" complains."""
    against = {
        (True, False): f"{ThemeKind.ACT}:{Act.RECOMMEND}",
        (False, True): f"{ThemeKind.ACT}:{Act.WARN}",
    }
    belied = against.get((complains, praises))
    return frozenset(tag for tag in tags if tag != belied)


def words_of(text: str) -> str:
    """The words of a text, folded, with one blank before, between and after them; stops stand as words of their own.

    `.` and `?` end a sentence, `,` a clause; accounts and links are `@`.
    """
    text = text[:MOST_READ]
    if "#" in text:
        text = _HASHTAG.sub(lambda found: _APART.sub(" ", found[0]), text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).translate(_HIDDEN).translate(_STRAIGHT)
    found = [_token(piece) for piece in _TOKEN.findall(text.casefold().replace("`", "'"))]
    return f" {' '.join(found)} "


def _token(piece: str) -> str:
    first = piece[0]
    if first in _ENDS:
        return "?" if "?" in piece or "？" in piece else "," if _trails(piece) else "."
    if first in _CLAUSES:
        return ","
    return "@" if first in "@＠" or "://" in piece or piece.startswith("www.") else piece


def _trails(piece: str) -> bool:
    """Three dots don't end what is said."""
    return "…" in piece or piece.startswith("...")


def _index(themes: Sequence[Theme]) -> "ahocorasick.Automaton | None":
    """Phrase, blanks around it → (its length, its cues)."""
    cues: dict[str, list[_Cue]] = {}
    for number, theme in enumerate(themes):
        for phrase in theme.phrases:
            asked = phrase.endswith(("?", "？"))
            for written in _spellings(words_of(phrase.rstrip(" ?？"))):
                cues.setdefault(written, []).append(_Cue(number, phrase, asked))
    index = ahocorasick.Automaton()
    for written, known in cues.items():
        if written.strip():
            index.add_word(written, (len(written), tuple(known)))
    if not len(index):
        return None
    index.make_automaton()
    return index


def _spellings(written: str) -> set[str]:
    """Also without its apostrophes, as many write."""
    plain = [word if word in _AMBIGUOUS else word.replace("'", "") for word in written.split()]
    return {written, f" {' '.join(plain)} "}


def _act(theme: Theme) -> Act | None:
    return Act(theme.name) if theme.kind is ThemeKind.ACT else None


def _clause_before(said: str, start: int) -> list[str]:
    """The last words before a find, back to where its clause begins."""
    near = said[max(0, start - 20 * SCOPE) : start].split(" ")[-SCOPE:]
    for place in range(len(near) - 1, -1, -1):
        if near[place] in _JOINTS or near[place] in (".", "?", ",", "@"):
            return near[place + 1 :]
    return [word for word in near if word]


def _denied(said: str, start: int, end: int) -> bool:
    before = _clause_before(said, start)
    turned = sum(_flips(word) and following not in _EMPTY_AFTER for word, following in pairwise([*before, ""]))
    if turned % 2 == 0:
        return False
    return not (_UNABLE.intersection(before) and _beyond_words(said, end))


def _flips(word: str) -> bool:
    return word in _FLIPS or word.endswith("n't")


def _beyond_words(said: str, end: int) -> bool:
    """ "Can't recommend them enough", "couldn't recommend it more": not "any more"."""
    near = said[end : end + 80].split()[:SCOPE]
    for place, word in enumerate(near):
        if word in (".", "?", ","):
            return False
        if word == "enough" or (word == "more" and near[place - 1] != "any"):
            return True
    return False


def _questions(said: str, end: int) -> bool:
    """Whether the sentence that holds this place asks."""
    asks, stops = said.find(" ? ", end), said.find(" . ", end)
    return asks != -1 and (stops == -1 or asks < stops)


def _only_asks(act: Act, said: str, start: int, end: int) -> bool:
    """Whether it asks for the thing rather than doing it; "how do I cancel?" wants to leave all the same."""
    before = _clause_before(said, start)
    if act is Act.USE:
        return before[-1:] != [] and before[-1] in _ASKING
    if act is Act.LEAVE and "how" in before:
        return False
    asks = any(one in _ASKING and other in _ASKED for one, other in pairwise(before))
    return asks or _questions(said, end)


def _nobodys(act: Act, said: str, start: int, end: int) -> bool:
    """Advice that isn't the author's of today: "they recommend", "used to recommend", "I don't use it", "to avoid"."""
    before = _clause_before(said, start)
    if act not in _ADVICE or not before:
        return False
    if said[start + 1 : end].split(" ", 1)[0] in _BIDS:
        told = before[-1] == "to" and not _TOLD.isdisjoint(before)
        return not (told or before[-1] in _BIDDING)
    return before[-1] in _OTHERS or before[-2:] == ["used", "to"]
