"""The routing decision: which queue a case waits in, and by which rule.

Rules stand in routing.toml and are read in order; the first that holds decides, so exceptions go above the general
case. Where none holds the default queue takes the case.
"""

from dataclasses import dataclass

from listener.domain.policy import Route, TriagePolicy
from listener.triage.words import first_word

DEFAULT_RULE = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a rule may ask of the post that opens a case."""

    brand: str
    platform: str
    reason: str
    lang: str
    text: str
    confidence: float
    followers: int
    severity: float
    tones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """Where to, whether raised at once, and by which rule."""

    queue: str
    escalate: bool
    rule: str


def decide_route(subject: Subject, policy: TriagePolicy) -> Routing:
    """The first rule that holds, else the default queue."""
    for route in policy.routes:
        if holds(route, subject):
            return Routing(queue=route.queue, escalate=route.escalate, rule=route.name)
    return Routing(queue=policy.default_queue, escalate=False, rule=DEFAULT_RULE)


def holds(route: Route, subject: Subject) -> bool:
    """Whether every condition that the rule states is met."""
    return (
        one_of(subject.brand, route.brands)
        and one_of(subject.platform, route.platforms)
        and one_of(subject.reason, route.reasons)
        and (not route.langs or speaks(subject.lang, route.langs))
        and subject.confidence >= route.min_confidence
        and subject.followers >= route.min_followers
        and subject.severity >= route.min_severity
        and (not route.tones or any(one_of(tone, route.tones) for tone in subject.tones))
        and (not route.words or bool(first_word(subject.text, route.words)))
    )


def one_of(value: str, wanted: tuple[str, ...]) -> bool:
    """Whether the value is listed, capitals aside, or nothing is."""
    return not wanted or value.casefold() in {want.casefold() for want in wanted}


def speaks(lang: str, wanted: tuple[str, ...]) -> bool:
    """`en` in a rule means every English; `en-GB` means that one."""
    tag = lang.casefold()
    return any(tag == want.casefold() or tag.startswith(f"{want.casefold()}-") for want in wanted)
