"""What was measured of a post when it was taken in, as it stands in its case's history, and back.

Rules that are looked at later, by the week or when time is up, see what was seen then, not what is known now.
"""

import json
from dataclasses import dataclass, replace

from listener.domain.case import CaseEvent, EventKind, Reason
from listener.domain.policy import TriagePolicy
from listener.triage.priority import Standing, terms
from listener.triage.route import Routing

FACTS = "facts"
"""The key of an event's detail."""

TAKEN_IN = frozenset(
    {
        EventKind.OPENED,
        EventKind.ATTACHED,
        EventKind.WOKE,
        EventKind.REOPENED,
        EventKind.EDITED,
        EventKind.ROUTED,
        EventKind.RESOLVED,
    }
)
"""Events by which the program takes a post into a case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A post as triage judged it."""

    mention_id: int
    reason: Reason | None
    standing: Standing
    routing: Routing

    def terms(self, escalated: bool, policy: TriagePolicy) -> dict[str, float]:
        """Its points in a case that is escalated already, or not."""
        return terms(replace(self.standing, escalated=escalated or self.routing.escalate), policy)


def facts_text(standing: Standing, routing: Routing) -> str:
    """Compact JSON; floats to their last digit, so that what is judged later equals what was judged then."""
    said = {
        "severity": standing.severity,
        "confidence": standing.confidence,
        "followers": standing.followers,
        "value": standing.value,
        "repeats": standing.repeats,
        "escalates": routing.escalate,
        "queue": routing.queue,
        "rule": routing.rule,
        **({"lang": standing.lang} if standing.lang else {}),
        **({"tones": standing.tones} if standing.tones else {}),
    }
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False)


def measured(event: CaseEvent) -> Measured | None:
    """None for an event that took no post in, or one written before facts were kept, or since erased."""
    if event.kind not in TAKEN_IN or FACTS not in event.detail or not event.detail.get("mention"):
        return None
    said = json.loads(event.detail[FACTS])
    reason = event.detail.get("reason", "")
    return Measured(
        mention_id=int(event.detail["mention"]),
        reason=Reason(reason) if reason else None,
        standing=Standing(
            severity=said["severity"],
            confidence=said["confidence"],
            followers=said["followers"],
            value=said["value"],
            repeats=said["repeats"],
            lang=said.get("lang", ""),
            tones=tuple(said.get("tones", ())),
        ),
        routing=Routing(queue=said["queue"], escalate=said["escalates"], rule=said["rule"]),
    )


def takes_in(event: CaseEvent) -> bool:
    """Whether a post came with it, measured or not."""
    return event.kind in TAKEN_IN and bool(event.detail.get("mention"))
