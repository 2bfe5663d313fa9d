"""An agent's word against the model's: the verdict it becomes, and what it makes of the case. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from listener.domain.case import Case, CaseChange, CaseState, EventKind
from listener.domain.policy import TriagePolicy
from listener.domain.stored import AuthorHistory, StoredMention
from listener.domain.verdict import Label, Language, Scores, Sentiment, Verdict
from listener.errors import ConfigError
from listener.triage.arrivals import regraded
from listener.triage.assess import Assessment, Post, assess, earlier_complaints
from listener.triage.intake_rules import reason_of, strongest
from listener.triage.priority import heavier, raised_on_purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What an agent says a post really is; what is None stays as the model had it."""

    labels: frozenset[Label] | None = None
    """The empty set: neither complaint nor praise nor question."""
    sentiment: Sentiment | None = None


def corrected(before: Verdict | None, said: Correction, agent: str) -> Verdict:
    """The verdict with the agent's word in it, every probability 0 or 1; measured emotions stay.

    Without a sentiment of its own, a complaint is negative and praise positive; otherwise the model's stays.
    """
    if said.labels is None and said.sentiment is None:
        raise ConfigError("say what it is: --label complaint|praise|question|none, --sentiment, or both")
    labels = said.labels if said.labels is not None else (before.labels if before else frozenset())
    sentiment = said.sentiment or implied(said.labels) or (before.sentiment if before else None) or Sentiment.NEUTRAL
    return Verdict(
        model=f"agent:{agent}",
        scores=Scores(
            sentiment={one: float(one is sentiment) for one in Sentiment},
            labels={one: float(one in labels) for one in Label},
            emotions=before.scores.emotions if before else {},
            tones=before.scores.tones if before else {},
            language=replace(before.scores.language, read=True) if before else Language(),
        ),
        sentiment=sentiment,
        labels=labels,
        abstained=False,
        thresholds=before.thresholds if before else {},
    )


def implied(labels: frozenset[Label] | None) -> Sentiment | None:
    """The mood that labels tell by themselves: a complaint alone is negative, praise alone positive."""
    blames, praises = Label.COMPLAINT in (labels or ()), Label.PRAISE in (labels or ())
    if blames == praises:
        return None
    return Sentiment.NEGATIVE if blames else Sentiment.POSITIVE


def relabelled(
    case: Case,
    posts: Sequence[StoredMention],
    corrected_id: int,
    history: AuthorHistory,
    agent: str,
    policy: TriagePolicy,
    now: datetime,
) -> CaseChange:
    """The case judged again from all its posts, the corrected one among them; a resolved one stays as it is."""
    found = together(case, posts, history, policy)
    verdict = next(post.verdict for post in posts if post.id == corrected_id)
    assert verdict is not None, "the corrected post bears a verdict"
    live = case.state is not CaseState.RESOLVED
    return CaseChange(
        kind=EventKind.RELABELLED,
        agent=agent,
        at=now,
        detail={
            "mention": str(corrected_id),
            "labels": ", ".join(sorted(verdict.labels)) or "none",
            "sentiment": verdict.sentiment or "",
            "reason": found.reason or "",
        },
        set=regraded(case, found.reason, found, policy, now) if live else {},
    )


def together(case: Case, posts: Sequence[StoredMention], history: AuthorHistory, policy: TriagePolicy) -> Assessment:
    """What a case's posts are worth together: the strongest reason, each term at its largest, the worst severity."""
    said = [post for post in posts if not post.deleted] or posts
    each = [assess(_post(case, post, place, history), policy) for place, post in enumerate(said)]
    reason = strongest([one.reason for one in each])
    leading = max(each, key=lambda one: (one.reason is reason, one.severity))
    return Assessment(
        reason=reason,
        severity=max(one.severity for one in each),
        terms=heavier(*(one.terms for one in each)),
        routing=leading.routing,
        escalated=case.escalated or any(one.escalated for one in each),
    )


def still_asks(posts: Sequence[StoredMention], policy: TriagePolicy) -> bool:
    """Whether any of the posts would open a case by itself."""
    return any(reason_of(post.verdict) in policy.open_for for post in posts if not post.deleted)


def _post(case: Case, post: StoredMention, place: int, history: AuthorHistory) -> Post:
    return Post(
        brand=case.brand,
        mention=post.mention,
        verdict=post.verdict,
        repeats=max(place, earlier_complaints(history, post.verdict)),
        value=history.value_percentile,
        escalated=raised_on_purpose(case),
    )
