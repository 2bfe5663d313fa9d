"""A simulated brand whose customers praise in words that a classifier takes for blame: posts with their truth."""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

_SLOT = re.compile(r"\{(\w+)\}")


class Kind(StrEnum):
    SLANG = "slang"
    """Praise in the misread words."""
    BLAME = "blame"
    """Complaints in the same words."""
    ORDINARY = "ordinary"
    """All that any brand hears."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """A trade and how its customers speak."""

    name: str
    good: Sequence[str]
    """Adjectives that praise here."""
    doing: Sequence[str]
    """What staff who do well are doing."""
    blame: Sequence[str]
    """Templates of complaints in the same words."""
    slots: dict[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One post and what is true of it."""

    text: str
    kind: Kind
    labels: frozenset[str]
    sentiment: str
    template: int


_COMMON: dict[str, Sequence[str]] = {
    "when": ("this morning", "yesterday", "last night", "on friday", "just now", "over the weekend", "today", "again"),
    "who": ("my sister", "the whole crew", "my flatmate", "everyone at work", "my dad", "half the street", "we all"),
    "open": ("ok so", "honestly", "no joke", "listen", "friends", "yo", "lads", "ngl", "update:", "fyi", "right,"),
    "end": ("", "", "", "!", "!!", " 🔥", " 🔥🔥", ".", " tbh", " fr", " 🙌", "..."),
    "n": ("12", "3", "45", "20", "7", "90", "15"),
    "city": ("leeds", "bristol", "austin", "portland", "dublin", "camden", "the old town", "the harbour"),
}

_SLANG = (
    "that {thing} is {good}{end}",
    "{open} the new {thing} is absolutely {good}{end}",
    "{good} {thing} at @acme {when}{end}",
    "your {person} in {city} is {good}{end}",
    "@acme your {thing} is {good}, {who} had to try it {when}{end}",
    "tried the {thing} {when} and wow, {good}{end}",
    "@acme {doing} with the {thing} {when}{end}",
    "the {person} in {city} is {doing} {when}{end}",
    "how is this {thing} so {good}, {who} can't stop{end}",
    "{open} @acme {doing}, {thing} was {good}{end}",
    "{good}, just {good}. the {thing} at {city}{end}",
    "{who} says the {thing} from @acme is {good} and {who} is right{end}",
    "best thing about {city}: the {good} {thing} at @acme{end}",
    "did you see what @acme did with the {thing}? {good}{end}",
    "went back {when} for the {good} {thing}, number {n} this month{end}",
    "@acme {thing} = {good}{end}",
    "my {thing} came {when} and it looks {good}{end}",
    "{open} that {person} is {good}, {doing} every single time{end}",
)
_ORDINARY: tuple[tuple[str, frozenset[str], str], ...] = (
    *(
        (text, frozenset({"complaint"}), "negative")
        for text in (
            "@acme my order of {thing} still hasn't arrived after {n} days{end}",
            "{open} I want a refund for the {thing}, it broke {when}",
            "waited {n} minutes in {city} and nobody served us{end}",
            "@acme you charged me twice for the {thing} {when}, please fix this",
            "the {person} in {city} was so rude to {who} {when}",
            "your app crashed {n} times {when}, useless{end}",
            "worst {thing} I ever bought, never again @acme",
            "nobody answers the phone in {city}, {n} calls {when}. terrible service",
        )
    ),
    *(
        (text, frozenset({"praise"}), "positive")
        for text in (
            "thank you @acme, the {thing} is wonderful{end}",
            "{who} loves the {thing}, great job {end}",
            "the {person} in {city} was so kind and helpful {when}, thanks{end}",
            "best {thing} in {city}, love it{end}",
            "really happy with my {thing} from @acme{end}",
            "fantastic service {when}, thank you @acme",
        )
    ),
    *(
        (text, frozenset({"question"}), "neutral")
        for text in (
            "@acme what time do you open in {city}?",
            "does the {thing} come in other sizes?",
            "@acme do you ship the {thing} to {city}?",
            "how much is the {thing} these days?",
            "is the shop in {city} open {when}?",
        )
    ),
    *(
        (text, frozenset[str](), "neutral")
        for text in (
            "picking up a {thing} at @acme in {city} {when}",
            "@acme has a shop in {city} now",
            "{who} is at @acme {when}",
            "walked past @acme in {city} {when}, they have {n} kinds of {thing}",
        )
    ),
)

COFFEE = Vocabulary(
    name="coffee",
    good=("sick", "insane", "filthy", "stupid good", "ridiculous"),
    doing=("killing it", "absolutely killing it"),
    blame=(
        "your {thing} made {who} sick {when}, I want my money back",
        "been sick all night after the {thing} from {city}, not ok @acme",
        "I'm sick of waiting {n} minutes for a {thing}, sort it out",
        "the toilets in {city} were filthy {when}, disgusting",
        "filthy cups and filthy tables {when}, complained and nobody cared @acme",
        "insane price for a {thing}, what a rip off @acme",
        "the queue in {city} is insane, {n} minutes and my order was still wrong",
        "ridiculous, charged twice for one {thing} @acme",
        "your delivery fees are killing me, {n} for a {thing}, never again",
    ),
    slots={
        "thing": ("flat white", "cold brew", "espresso", "latte", "filter", "mocha", "oat cortado", "banana bread"),
        "person": ("barista", "roaster", "new girl", "guy at the bar", "team"),
    },
)
SKATE = Vocabulary(
    name="skate",
    good=("gnarly", "nasty", "savage", "disgusting", "brutal"),
    doing=("destroying it", "murdering it", "slaying"),
    blame=(
        "nasty crack in my {thing} after {n} days, I want a refund",
        "the {person} in {city} was nasty to {who} {when}",
        "brutal wait for my {thing}, {n} days late and no answer @acme",
        "the smell of this {thing} is disgusting, sending it back",
        "disgusting service {when}, nobody helped {who}",
        "savage price hike on the {thing}, what a rip off @acme",
        "gnarly splinters from your {thing}, {who} got hurt, not ok",
        "your shipping costs are murdering me, {n} for one {thing}, never again",
    ),
    slots={
        "thing": ("deck", "complete", "wheels", "hoodie", "cruiser", "grip tape", "trucks", "shop edit"),
        "person": ("team rider", "shop guy", "new kid", "owner", "crew"),
    },
)
BAKERY = Vocabulary(
    name="bakery",
    good=("criminal", "dangerous", "wicked", "evil", "deadly"),
    doing=("wrecking me", "ruining my diet", "doing damage"),
    blame=(
        "criminal prices for a {thing}, what a rip off @acme",
        "the broken step in {city} is dangerous, {who} fell {when}, fix it",
        "there was glass in my {thing}, dangerous, I want an answer @acme",
        "deadly slow in {city}, {n} minutes for a {thing} and it was the wrong one",
        "nuts in the {thing} and no label, deadly for {who}, not ok",
        "the smell in {city} {when} was evil, something is rotten there",
        "wicked rude {person} {when}, {who} left without a {thing}",
        "your delivery is ruining my mornings, {n} days late with the {thing}",
    ),
    slots={
        "thing": ("sourdough", "cinnamon bun", "croissant", "rye", "brownie", "focaccia", "custard tart", "bagel"),
        "person": ("baker", "girl at the till", "new guy", "pastry chef", "team"),
    },
)
VOCABULARIES = (COFFEE, SKATE, BAKERY)


def posts(
    vocabulary: Vocabulary,
    n: int,
    seed: int,
    *,
    mix: tuple[float, float, float] = (0.25, 0.08, 0.67),
    templates: Callable[[int], bool] = lambda _: True,
) -> list[Post]:
    """`n` different posts; `mix` is the share of each kind, `templates` which of the slang's are used."""
    rng = random.Random(f"{vocabulary.name} {seed}")
    allowed = [place for place in range(len(_SLANG)) if templates(place)]
    found: dict[str, Post] = {}
    while len(found) < n:
        (kind,) = rng.choices(list(Kind), mix)
        post = _post(vocabulary, kind, rng, allowed)
        found.setdefault(post.text, post)
    return list(found.values())


def _post(vocabulary: Vocabulary, kind: Kind, rng: random.Random, allowed: Sequence[int]) -> Post:
    if kind is Kind.ORDINARY:
        place = rng.randrange(len(_ORDINARY))
        text, labels, sentiment = _ORDINARY[place]
    elif kind is Kind.BLAME:
        place = rng.randrange(len(vocabulary.blame))
        text, labels, sentiment = vocabulary.blame[place], frozenset({"complaint"}), "negative"
    else:
        place = rng.choice(allowed)
        text, labels, sentiment = _SLANG[place], frozenset({"praise"}), "positive"
    return Post(text=_filled(vocabulary, text, rng), kind=kind, labels=labels, sentiment=sentiment, template=place)


def _filled(vocabulary: Vocabulary, template: str, rng: random.Random) -> str:
    slots = {**_COMMON, **vocabulary.slots, "good": vocabulary.good, "doing": vocabulary.doing}
    text = _SLOT.sub(lambda slot: rng.choice(slots[slot.group(1)]), template)
    return rng.choice((str.lower, str.capitalize, str))(text)
