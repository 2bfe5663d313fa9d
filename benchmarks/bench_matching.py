"""How many posts a second the matcher sorts: 50 brands with five terms each, over posts of which a fifth match."""

import random
import time

from listener.domain.brand import Brand
from listener.domain.mention import Mention
from listener.matching import Matcher
from tests.builders import mention

BRANDS = 50
POSTS = 5_000
ROUNDS = 3

_SYLLABLES = ["ka", "lo", "mi", "ren", "to", "vas", "zu", "pel", "dor", "shi", "qua", "bri"]


def run() -> dict[str, object]:
    """Flat figures; the best of three rounds, since others share the machine."""
    chance = random.Random(7)
    names = [_word(chance, 3) for _ in range(BRANDS)]
    matcher = Matcher([_brand(name) for name in names])
    figures: dict[str, object] = {"brands": BRANDS, "terms": BRANDS * 5}
    for kind, accent in (("plain", ""), ("accented", "é ß ")):
        posts = [mention(accent + _post(chance, names), str(number)) for number in range(POSTS)]
        seconds, hits = min(_time(matcher, posts) for _ in range(ROUNDS))
        figures[f"{kind} posts a second"] = round(POSTS / seconds)
        figures[f"{kind} posts that matched"] = hits
    return figures


def _brand(name: str) -> Brand:
    query = f'{name} AND (delay OR "lost parcel" OR refund) NOT (football OR lang:xx)'
    return Brand(
        name=name, handles=(name, f"{name}help"), names=(f"{name} air", name), queries=(query,), exclude=("giveaway",)
    )


def _word(chance: random.Random, syllables: int) -> str:
    return "".join(chance.choice(_SYLLABLES) for _ in range(syllables))


def _post(chance: random.Random, names: list[str]) -> str:
    words = [_word(chance, chance.randint(1, 4)) for _ in range(20)]
    if chance.random() < 0.2:
        words[chance.randrange(20)] = chance.choice(["@", ""]) + chance.choice(names)
    return " ".join(words)


def _time(matcher: Matcher, posts: list[Mention]) -> tuple[float, int]:
    began = time.perf_counter()
    hits = sum(bool(matcher.match(post)) for post in posts)
    return time.perf_counter() - began, hits
