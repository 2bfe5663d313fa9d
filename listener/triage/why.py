"""Why a case stands where it stands: each term in words, and the rule and match behind it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from listener.domain.brand import Match
from listener.domain.case import CaseEvent, EventKind
from listener.domain.policy import TriagePolicy
from listener.domain.stored import AuthorHistory, CaseCard, StoredMention
from listener.domain.text import visible
from listener.domain.verdict import Label, Verdict
from listener.triage.priority import (
    BREACHED,
    FULL_REACH,
    FULL_REPEAT,
    age_points,
    band,
    points_now,
    raised_on_purpose,
    waiting_since,
)
from listener.triage.rules import TERM
from listener.triage.severity import PRIOR_COMPLAINT, strongest_emotion
from listener.triage.words import first_word


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One line of the sum."""

    name: str
    points: float
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The terms sum to `points`; escalated cases come first, then the most points."""

    terms: tuple[Term, ...]
    points: float
    """With age, as of now: what orders the queue."""
    priority: float
    """Without age, as stored: what the band is read from."""
    band: str
    escalated: bool
    queue: str
    rule: str
    """Name of the routing rule, empty if no event tells."""
    matches: tuple[Match, ...]


def explain(card: CaseCard, policy: TriagePolicy, now: datetime) -> Explanation:
    """The sum as of now. Points are the stored ones; the words look at the posts as they are now."""
    case = card.case
    said = {
        "severity": _severity(card.mentions, policy),
        "confidence": _confidence(card.mentions),
        "reach": _reach(card.author),
        "value": _value(card.author),
        "repeat": f"{case.mentions} posts here, {card.author.complaints} complaints about {case.brand}; "
        f"full at {FULL_REPEAT} before",
        "escalated": _escalated(card.events, raised_on_purpose(case)),
        BREACHED: "a promise was broken; it stands before all that aren't escalated",
    }
    terms = [
        Term(name=name, points=points, because=said.get(name, _ruled(name))) for name, points in case.terms.items()
    ]
    since = waiting_since(case, policy)
    hours = policy.rescue_window.total_seconds() / 3600
    waited = max(0.0, (now - since).total_seconds() / 3600)
    terms.append(
        Term(
            name="age",
            points=age_points(case, now, policy),
            because=f"waiting {waited:.1f} h since {since:%Y-%m-%d %H:%M} UTC; "
            f"{hours:g} h: {policy.weights.get('age', 0.0):g} points",
        )
    )
    return Explanation(
        terms=tuple(terms),
        points=points_now(case, now, policy),
        priority=case.priority,
        band=band(case.priority, policy),
        escalated=case.escalated,
        queue=case.queue,
        rule=_rule(card.events, case.queue),
        matches=tuple(m for post in card.mentions for m in post.matches if m.brand == case.brand),
    )


def _ruled(term: str) -> str:
    return "added by this rule of rules.toml" if term.startswith(TERM) else ""


def _rule(events: Sequence[CaseEvent], queue: str) -> str:
    """The rule named by the first event that speaks of the case's present queue."""
    named = [e.detail["rule"] for e in events if e.detail.get("queue") == queue and "rule" in e.detail]
    return named[0] if named else ""


def _severity(posts: Sequence[StoredMention], policy: TriagePolicy) -> str:
    verdicts = [post.verdict for post in posts if not post.deleted]
    blamed = max((_blamed(v) for v in verdicts), default=0.0)
    emotion, felt = max((strongest_emotion(v) for v in verdicts), key=lambda pair: pair[1], default=("", 0.0))
    parts = [f"complaint {blamed:.0%}"]
    if emotion:
        parts.append(f"{emotion}, weighed {felt:.2f}")
    word = next((w for post in posts if (w := first_word(post.mention.text, policy.severe_words))), "")
    if word:
        parts.append(f"severe word “{word}”")
    return ", ".join(parts)


def _blamed(verdict: Verdict | None) -> float:
    return PRIOR_COMPLAINT if verdict is None or verdict.unread else verdict.scores.labels.get(Label.COMPLAINT, 0.0)


def _confidence(posts: Sequence[StoredMention]) -> str:
    verdicts: list[Verdict] = [post.verdict for post in posts if post.verdict and not post.deleted]
    if not verdicts:
        return "no classifier has read it"
    surest = max(verdicts, key=lambda v: v.confidence)
    what = " and ".join(sorted(surest.labels)) or ("unsure" if surest.abstained else surest.sentiment or "no label")
    return f"{what} {surest.confidence:.0%}, by {surest.model}"


def _reach(author: AuthorHistory) -> str:
    if author.followers is None:
        return "followers unknown"
    return f"{author.followers:,} followers; full at {FULL_REACH:,}"


def _value(author: AuthorHistory) -> str:
    if author.value_percentile is None:
        return "no customer value imported"
    worth = f"worth more than {author.value_percentile:.0%} of known customers"
    if author.value is not None:
        worth += f", {author.value:,.0f} a year"
    return f"{worth}, tier {visible(author.tier, 40)}" if author.tier else worth


def _escalated(events: Sequence[CaseEvent], escalated: bool) -> str:
    if not escalated:
        return "no"
    by_hand = [event for event in events if event.kind is EventKind.ESCALATED]
    by_rule = [event.detail["escalated_by"] for event in events if event.detail.get("escalated_by")]
    if by_rule and not by_hand:
        return f"by the rule “{by_rule[-1]}”"
    if by_hand:
        return f"by {by_hand[-1].agent}: {by_hand[-1].detail.get('why', '')}"
    return "by its route"
