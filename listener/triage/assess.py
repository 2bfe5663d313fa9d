"""What one post is worth to its case: reason, points and route, seen from one brand."""

from dataclasses import dataclass, field

from listener.domain.case import Reason
from listener.domain.mention import Mention
from listener.domain.policy import TriagePolicy
from listener.domain.stored import AuthorHistory
from listener.domain.verdict import Label, Verdict, spoken
from listener.triage.facts import facts_text
from listener.triage.intake_rules import reason_of
from listener.triage.priority import Standing, terms, total
from listener.triage.route import Routing, Subject, decide_route
from listener.triage.severity import severity, unit
from listener.triage.words import first_word


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """The facts of one post that triage looks at."""

    brand: str
    mention: Mention
    verdict: Verdict | None
    repeats: int = 0
    """The author's earlier complaints on this brand, or earlier posts in the same case."""
    value: float | None = None
    escalated: bool = False
    """Whether its case is escalated already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What the post asks for."""

    reason: Reason | None
    severity: float
    terms: dict[str, float]
    routing: Routing
    escalated: bool
    standing: Standing = field(default_factory=Standing)
    """What the points were made of."""
    facts: str = ""
    """What was measured, for the case's history: see `listener.triage.facts`."""

    @property
    def priority(self) -> float:
        return total(self.terms)


def assess(post: Post, policy: TriagePolicy) -> Assessment:
    """Severity first, then the route, which may escalate, then the points."""
    reason = reason_of(post.verdict)
    word = first_word(post.mention.text, policy.severe_words)
    grave = severity(post.verdict, repeats=post.repeats, severe_word=word)
    confidence = unit(post.verdict.confidence) if post.verdict else 0.0
    routing = decide_route(_subject(post, reason, confidence, grave), policy)
    escalated = post.escalated or routing.escalate
    standing = Standing(
        severity=grave,
        confidence=confidence,
        followers=post.mention.author.followers,
        value=post.value,
        repeats=post.repeats,
        escalated=escalated,
        lang=post.verdict.scores.language.code if post.verdict else "",
        tones=post.verdict.tones if post.verdict else (),
    )
    return Assessment(
        reason=reason,
        severity=grave,
        terms=terms(standing, policy),
        routing=routing,
        escalated=escalated,
        standing=standing,
        facts=facts_text(standing, routing),
    )


def earlier_complaints(history: AuthorHistory, verdict: Verdict | None) -> int:
    """The author's complaints on this brand without the post at hand, which the history already counts."""
    this_one = verdict is not None and Label.COMPLAINT in verdict.labels
    return max(0, history.complaints - (1 if this_one else 0))


def _subject(post: Post, reason: Reason | None, confidence: float, grave: float) -> Subject:
    return Subject(
        brand=post.brand,
        platform=post.mention.key.platform,
        reason=reason or "",
        lang=spoken(post.mention.lang, post.verdict),
        text=post.mention.text,
        confidence=confidence,
        followers=post.mention.author.followers or 0,
        severity=grave,
        tones=post.verdict.tones if post.verdict else (),
    )
