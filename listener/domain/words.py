"""The words of a post that can name a reason: without handles, links, brand names and the small change of language."""

import re
from collections.abc import Iterable
from itertools import pairwise

_NOISE = re.compile(r"https?://\S+|www\.\S+|\S+@\S+\.\S+|[@＠]\w+|&\w+;")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_STOP = re.compile(r"[.,;:!?()\[\]\"“”…|/\n]+")

LONGEST = 40
"""Code points; what is longer is no word."""

SMALL = frozenset(
    """
    a about above actually after again against ago all almost already also although always am amp an and another any
    anyone anything are aren't around as at away back be because been before being below best better between both but
    by came can can't cannot come coming could couldn't day days did didn't do does doesn't doing don't done down
    during each else end even ever every everyone few find first for from further gave get gets getting give given go
    goes going gone gonna good got gotta great guess guys had hadn't happen happened has hasn't have haven't having he
    he's hello her here hers hey hi him his hope how however i i'd i'll i'm i've if im in instead into is isn't it
    it's its itself ive just keep kind knew know last least less let let's like literally little lol long look looking
    lot made make makes making many may maybe me mean might mine more most much must my myself need needs never new
    next no nobody not non nothing now of off oh ok okay old omg on once one only or other our ours out over own part
    people per please pls possible pretty probably put quite rather re really right said same saw say saying says see
    seem seems seen shall she she's should shouldn't since so some someone something soon sorry still stop such sure
    take takes taken taking tell thank thanks than thanx that that'd that'll that's the their them themselves then there
    there's these they they'd they'll they're they've thing things think this those though thought three through thx
    till time times to today together told tomorrow tonight too took top toward tried try trying twice two u under
    unless until up upon ur us use used using very via want wanted wants was wasn't way we we'd we'll we're we've week
    weeks well went were weren't what what's when where whether which while who who's whole whom whose why will wish
    with within without won't wont would wouldn't wow yeah year years yes yesterday yet you you'd you'll you're you've
    your yours yourself dont cant didnt doesnt isnt wasnt thats youre
    """.split()  # noqa: SIM905 - three hundred quoted words are harder to read
)
"""English words that name no reason, in any list of this kind, and those that every post to a brand holds."""


def terms(text: str, ignore: frozenset[str] = frozenset()) -> frozenset[str]:
    """Words, and pairs of neighbouring words, of one post; case folded. No pair spans a stop, a link or a handle."""
    found: set[str] = set()
    for piece in _STOP.split(_NOISE.sub("\n", text)):
        words = [word.casefold().replace("’", "'") for word in _WORD.findall(piece)]
        telling = [word if _tells(word, ignore) else "" for word in words]
        found.update(word for word in telling if word)
        found.update(f"{a} {b}" for a, b in pairwise(telling) if a and b and a != b)
    return frozenset(found)


def words(text: str) -> frozenset[str]:
    """All of a post's words, without links and handles; case folded."""
    found = _WORD.findall(_NOISE.sub(" ", text))
    return frozenset(word.casefold().replace("’", "'") for word in found)


def _tells(word: str, ignore: frozenset[str]) -> bool:
    return 3 <= len(word) <= LONGEST and word not in SMALL and word not in ignore


def parts(names: Iterable[str]) -> frozenset[str]:
    """The words that names are made of: what no post needs to say to have a reason."""
    return frozenset(word.casefold() for name in names for word in [name.replace(" ", ""), *_WORD.findall(name)])
