"""Rules: does one hold, and what does it then do. Pure.

Read from top to bottom; every rule that holds acts, each seeing what those before it changed, unless one that holds
says `stop`. A rule acts once on a case, until its author's return reopens it: what an agent changes afterwards by hand
is theirs. Only where a later post moves the case to another queue do rules choose its queue once more. A case that
somebody holds is never moved, given away or put to sleep.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from listener.domain.policy import TriagePolicy
from listener.domain.rules import Rule, When
from listener.domain.verdict import agreed
from listener.triage.priority import Standing, band, total
from listener.triage.route import one_of, speaks
from listener.triage.words import first_word, may_hold

TERM = "rule: "
"""Begins the name of the term of priority that a rule added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The post that a rule looks at: the one that comes, or for a rule of time the case's latest."""

    reason: str
    lang: str
    text: str
    severity: float
    confidence: float
    followers: int
    value: float | None
    tones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """The case as rules find it and leave it."""

    brand: str
    platform: str
    queue: str
    terms: Mapping[str, float]
    tags: tuple[str, ...] = ()
    escalated: bool = False
    assignee: str = ""
    held: bool = False
    """Somebody has it."""
    asleep_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """A rule that acted."""

    rule: Rule
    did: Mapping[str, str]
    hit: str
    """The word that it found, if it asks for words."""
    after: Stand


def subject_of(reason: str | None, standing: Standing, text: str, lang: str) -> Subject:
    """What rules see of a post, as it comes and when a preview or a rule of time looks back.

    `lang` is what the platform states.
    """
    return Subject(
        reason=reason or "",
        lang=agreed(lang, standing.lang),
        text=text,
        severity=standing.severity,
        confidence=standing.confidence,
        followers=standing.followers or 0,
        value=standing.value,
        tones=standing.tones,
    )


def of_posts(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Those that act when a post comes."""
    return tuple(rule for rule in rules if rule.enabled and not rule.timed)


def of_time(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Those that act when time has passed."""
    return tuple(rule for rule in rules if rule.enabled and rule.timed)


def consider(
    rules: Sequence[Rule],
    subject: Subject,
    stand: Stand,
    acted: Collection[str],
    policy: TriagePolicy,
    now: datetime,
    *,
    moved: bool = False,
    passed_over: Callable[[Rule], None] | None = None,
) -> list[Fired]:
    """Those that act, in order. `acted` names those that did so before; `moved`: this post changed the queue.

    `passed_over` is told of each that holds and isn't reached, because one above it says `stop`.
    """
    fired: list[Fired] = []
    for place, rule in enumerate(rules, 1):
        hit = holds(rule.when, subject, stand, policy)
        if hit is None:
            continue
        did = _again(rule, stand, moved=moved) if rule.name in acted else _asks(rule, stand, now)
        if did:
            stand = _after(stand, rule, did, policy, now)
            fired.append(Fired(rule=rule, did=did, hit=hit, after=stand))
        if rule.stop:
            for below in rules[place:] if passed_over else ():
                if passed_over and holds(below.when, subject, stand, policy) is not None:
                    passed_over(below)
            break
    return fired


def holds(when: When, subject: Subject, stand: Stand, policy: TriagePolicy) -> str | None:
    """The word found (empty where none is asked for) if everything but time holds; None if something doesn't."""
    if not (_fits_case(when, stand, policy) and _fits_post(when, subject)):
        return None
    if not when.words:
        return ""
    return (may_hold(subject.text, when.words) and first_word(subject.text, when.words)) or None


def _fits_case(when: When, stand: Stand, policy: TriagePolicy) -> bool:
    return (
        (not when.brands or one_of(stand.brand, when.brands))
        and (not when.platforms or one_of(stand.platform, when.platforms))
        and (not when.queues or one_of(stand.queue, when.queues))
        and (not when.tags or any(one_of(tag, when.tags) for tag in stand.tags))
        and (not when.bands or band(total(stand.terms), policy) in when.bands)
    )


def _fits_post(when: When, subject: Subject) -> bool:
    return (
        (not when.labels or one_of(subject.reason, when.labels))
        and when.min_confidence <= subject.confidence <= when.max_confidence
        and subject.severity >= when.min_severity
        and subject.followers >= when.min_followers
        and (subject.value or 0.0) >= when.min_value
        and (not when.langs or speaks(subject.lang, when.langs))
        and (not when.tones or any(one_of(tone, when.tones) for tone in subject.tones))
    )


def _again(rule: Rule, stand: Stand, *, moved: bool) -> dict[str, str]:
    """Of a rule that has acted before only the queue counts, and only where the case has just been moved from it."""
    away = moved and not stand.held and rule.then.queue not in ("", stand.queue)
    return {"queue": rule.then.queue} if away else {}


def _asks(rule: Rule, stand: Stand, now: datetime) -> dict[str, str]:
    """Everything the rule asks for that may be done; also what is so already, which makes it the rule's word."""
    then = rule.then
    asked = {
        "points": f"{then.points:+g}" if then.points else "",
        "tag": ", ".join(then.tag),
        "escalate": "yes" if then.escalate else "",
        "notify": ", ".join(then.notify),
    }
    moves = {} if stand.held else _moves(rule, stand, now)
    return {name: value for name, value in {**moves, **asked}.items() if value}


def _moves(rule: Rule, stand: Stand, now: datetime) -> dict[str, str]:
    """What is left undone where somebody holds the case."""
    span = rule.then.snooze if stand.asleep_until is None else None
    return {
        "queue": rule.then.queue,
        "assign": rule.then.assign,
        "snooze": (now + span).isoformat() if span is not None else "",
    }


def _after(stand: Stand, rule: Rule, did: Mapping[str, str], policy: TriagePolicy, now: datetime) -> Stand:
    then, terms = rule.then, dict(stand.terms)
    if "points" in did:
        terms[f"{TERM}{rule.name}"] = then.points
    if "escalate" in did:
        terms["escalated"] = round(policy.weights.get("escalated", 0.0), 1)
    return replace(
        stand,
        queue=did.get("queue", stand.queue),
        terms=terms,
        tags=tuple(sorted({*stand.tags, *then.tag})) if "tag" in did else stand.tags,
        escalated=stand.escalated or "escalate" in did,
        assignee=did.get("assign", stand.assignee),
        asleep_until=now + then.snooze if "snooze" in did and then.snooze else stand.asleep_until,
    )


def in_words(did: Mapping[str, str]) -> str:
    """What was done, on one line: `queue press; tag vip`."""
    return "; ".join("escalate" if name == "escalate" else f"{name} {value}" for name, value in did.items())
