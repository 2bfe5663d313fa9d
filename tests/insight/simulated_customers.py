"""Customers made up by known rules: what drives them, what connects them, and how many come round.

Each draw is a window of sayings as the store would hand them out; `Truth` is what they were drawn from.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import log, sqrt

import numpy as np

from listener.domain.drivers import Outcome
from listener.domain.loyalty import Saying
from listener.domain.recovery import Resolution
from tests.builders import NOON

TALKED_ABOUT = "touchpoint:price"
"""What everybody mentions, and what moves nobody."""

EFFECTS = {
    TALKED_ABOUT: (0.45, 0.0),
    "touchpoint:buy": (0.30, 0.4),
    "touchpoint:deliver": (0.35, -0.7),
    "touchpoint:use": (0.40, 0.0),
    "touchpoint:get help": (0.12, -1.2),
    "touchpoint:renew": (0.08, 0.0),
    "motivator:belonging": (0.10, 1.3),
    "motivator:security": (0.15, 0.8),
    "motivator:freedom": (0.06, 0.0),
    "motivator:order": (0.20, 0.3),
}
"""Theme → (share of authors who mention it, change of the log-odds to do the thing)."""

ALONE, WITH_USE = 0.28, 0.52
"""Of delivery: it is mentioned more by whoever speaks of use, so that themes come together as they do in life."""

INTERCEPT = -1.9
CONNECTED = {"motivator:belonging": 0.6, "motivator:security": 0.3}
"""Motivator → share of those who mention it whose post bears an emotion of attachment."""

RECOVERED = 0.62
"""Of complainers, by what they post after their case is resolved."""

MEAN_DAYS = 6.0
"""Until they post anything, exponentially."""

HALF_TURNED = timedelta(days=-MEAN_DAYS * log(1 - 0.5 / RECOVERED))
"""When half of those who post again have turned."""

QUIET = 0.35
"""Of them, those who post nothing more."""

PLAIN = Saying(
    mention_id=0,
    author_id=0,
    platform="x",
    lang="en",
    at=NOON,
    addressed=True,
    scored=True,
    sentiment="neutral",
    complaint=False,
    praise=False,
    question=False,
    engagement=0,
    queue="",
    tags=frozenset(),
)


@dataclass(frozen=True)
class Truth:
    derived: dict[str, float]
    """Theme → standardised coefficient."""
    connected: float


def truth() -> Truth:
    """Of the rules above, without drawing anybody."""
    shares = {name: _share(name) for name in EFFECTS}
    derived = {name: effect * sqrt(shares[name] * (1 - shares[name])) for name, (_, effect) in EFFECTS.items()}
    apart = 1.0
    for name, moved in CONNECTED.items():
        apart *= 1 - EFFECTS[name][0] * moved
    return Truth(derived=derived, connected=1 - apart)


def _share(name: str) -> float:
    if name != "touchpoint:deliver":
        return EFFECTS[name][0]
    use = EFFECTS["touchpoint:use"][0]
    return ALONE * (1 - use) + WITH_USE * use


def sayings(rng: np.random.Generator, authors: int, outcome: Outcome = Outcome.RECOMMEND) -> list[Saying]:
    """One to three posts an author; what they mention is spread over their posts."""
    found: list[Saying] = []
    for author in range(authors):
        themes = _themes(rng)
        odds = INTERCEPT + sum(EFFECTS[name][1] for name in themes)
        acts = [f"act:{outcome}"] if rng.random() < 1 / (1 + np.exp(-odds)) else []
        posts: list[set[str]] = [set() for _ in range(int(rng.integers(1, 4)))]
        for name in (*themes, *acts):
            post = posts[int(rng.integers(len(posts)))]
            post.add(name)
        # Beside the motivator and nowhere else; a feeling without one connects nobody.
        for name, moved in CONNECTED.items():
            if name in themes and rng.random() < moved:
                posts.append({name, "emotion:joy"})
        posts[0] |= {"emotion:joy"} if not any(one.startswith("motivator:") for one in posts[0]) else set()
        for n, tags in enumerate(posts):
            at = NOON + timedelta(minutes=author, seconds=n)
            found.append(replace(PLAIN, mention_id=len(found), author_id=author, at=at, tags=frozenset(tags)))
    return found


def _themes(rng: np.random.Generator) -> list[str]:
    drawn = {name for name, (rate, _) in EFFECTS.items() if name != "touchpoint:deliver" and rng.random() < rate}
    if rng.random() < (WITH_USE if "touchpoint:use" in drawn else ALONE):
        drawn.add("touchpoint:deliver")
    return sorted(drawn)


def complainers(
    rng: np.random.Generator, people: int, begin: datetime = NOON
) -> tuple[list[Resolution], dict[tuple[str, int], list[Saying]]]:
    """Resolved complaints and what their authors posted next; those who recover never complain again."""
    resolved, posts = [], {}
    for author in range(people):
        at = begin + timedelta(minutes=author)
        resolved.append(Resolution(case_id=author, author_id=author, brand="Acme", queue="care", agent="ada", at=at))
        recovers = rng.random() < RECOVERED
        if rng.random() < QUIET:
            continue
        first = at + timedelta(days=min(29.0, float(rng.exponential(MEAN_DAYS))))
        mood = replace(PLAIN, author_id=author, complaint=not recovers, praise=recovers)
        count = int(rng.integers(1, 4))
        posts["Acme", author] = [
            replace(mood, mention_id=10 * author + n, at=first + timedelta(hours=n)) for n in range(count)
        ]
    return resolved, posts
