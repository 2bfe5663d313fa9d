"""Voices, or one voice many times: near copies from many accounts, and authors who complain hour after hour; pure.

Hourly counts are of distinct authors, so one who writes forty times in an hour counts once already.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from listener.domain.policy import SpikePolicy
from listener.domain.watched import Worded
from listener.domain.words import words
from listener.insight.spikes import Reading
from listener.insight.tails import tail

MOST_READ = 300
"""Posts compared with each other, the latest first."""

ALIKE = 0.7
"""Share of two posts' words that are in both, from which one is a near copy."""

FEWEST_WORDS = 4
"""Distinct ones; shorter posts are alike by chance."""

MOSTLY = 0.6
"""Share of the posts that near copies must be before they count as one."""

WIDEST = 4.0
"""Dispersion; no series strays further."""

OFTEN = 1 / 3
"""Share of the count that authors of three hours and more must make up before theirs counts twice only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voices:
    """How many of those observed speak for themselves."""

    observed: int
    counted: int
    copies: int = 0
    """Posts of the largest heap of near copies, where they are most of all."""
    read: int = 0

    @property
    def note(self) -> str:
        """What an alert says of it; empty where all speak for themselves."""
        if self.copies:
            return f"{self.copies} of {self.read} posts are near copies of one text, counted as one."
        if self.counted < self.observed:
            return "Many come from people who complain hour after hour, counted twice each."
        return ""


def voices(reading: Reading, posts: Sequence[Worded], repeats: int) -> Voices:
    """`repeats` are hours beyond the second in which the same people complained again."""
    heap = heaped([post.text for post in posts])
    copied = heap if posts and heap > MOSTLY * len(posts) else 0
    observed = reading.observed
    counted = observed - round(observed * (copied - 1) / len(posts)) if copied else observed
    if repeats > OFTEN * observed:
        counted = max(1, counted - repeats)
    return Voices(observed=observed, counted=counted, copies=copied, read=len(posts))


def still_rare(reading: Reading, counted: int, policy: SpikePolicy) -> bool:
    """Whether so many would have alarmed by their number."""
    return counted >= policy.min_count and tail(counted, reading.usual, spread(reading)) <= policy.max_p


def spread(reading: Reading) -> float:
    """The dispersion under which the reading's count is as improbable as it says; by halving."""
    low, high = 0.0, WIDEST
    if reading.p >= 1 or tail(reading.observed, reading.usual, high) <= reading.p:
        return high if reading.p < 1 else 0.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if tail(reading.observed, reading.usual, middle) < reading.p else (low, middle)
    return high


def heaped(texts: Sequence[str]) -> int:
    """Size of the largest heap of near copies, each post compared with the first of its heap."""
    heads: list[tuple[frozenset[str], int]] = []
    for text in texts:
        said = words(text)
        if len(said) < FEWEST_WORDS:
            continue
        for place, (head, size) in enumerate(heads):
            if len(said & head) >= ALIKE * len(said | head):
                heads[place] = (head, size + 1)
                break
        else:
            heads.append((said, 1))
    return max((size for _, size in heads), default=0)
