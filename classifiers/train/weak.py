"""Weak labels: what no data set here was annotated for.

`question` (the author asks for information or help) has no gold. It is told by form: a question mark on a clause that
isn't only rhetorical, or asking for help outright. A tweet that addresses nobody asks the world, and says nothing here
unless it asks for help; of a comment, what its author felt tells who is curious from who only sounds so.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_ASKS = re.compile(
    r"\b(?:who|what|when|where|which|why|how|can|could|do|does|did|is|are|am|was|were|will|would|should|may|any|has|have)"
    r"\b[^?.!]*\?"
)
_HELP = re.compile(
    r"\b(?:please (?:help|advise|tell|let me know|explain|assist)|pls (?:help|advise|tell)"
    r"|can (?:you|u|someone|anyone|i)\b|could (?:you|someone|anyone)\b|need (?:some |your )?help"
    r"|how (?:do|can|long|much|many)\b|any (?:update|idea|chance|news)|do you (?:have|know|offer|sell|ship)"
    r"|(?:any(?:one|body)|some(?:one|body)) (?:\w+ )?(?:know|have|tried|else have)\b"
    r"|wondering (?:if|when|how|what))"
)
_RHETORICAL = re.compile(
    r"\breally\?|\bseriously\?|\bwhat the (?:hell|heck|fuck)\b|\bwtf\b"
    r"|\bare you (?:kidding|serious|joking)\b|\bwhy (?:bother|even)\b"
)


_CURIOUS = frozenset({"curiosity", "confusion"})
_SCORNFUL = frozenset({"amusement", "anger", "annoyance", "disapproval", "disgust"})


def asks(text: str, feelings: Collection[str] | None = None) -> bool | None:
    """Return whether a normalised text asks for something; None where its form can't tell.

    `feelings` are its emotions, where those were told.
    """
    lowered = text.lower()
    if "?" not in lowered and not _HELP.search(lowered):
        return False
    formed = bool(_HELP.search(lowered) or _ASKS.search(lowered))
    if feelings is not None:
        if _CURIOUS & {*feelings}:
            return formed or None
        return False if _SCORNFUL & {*feelings} else None
    if _HELP.search(lowered):
        return True
    if _RHETORICAL.search(lowered):
        return False
    return (formed or None) if "@user" in lowered else None
