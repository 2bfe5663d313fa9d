"""Weak labels: what no data set here was annotated for.

`question` (the author asks the brand for information or help) has no gold. It is told by form: a text that
addresses someone and has a question mark on a clause that isn't only rhetorical, or asks for help outright.
"""

from __future__ import annotations

import re

_ASKS = re.compile(
    r"\b(?:who|what|when|where|which|why|how|can|could|do|does|did|is|are|am|was|were|will|would|should|may|any|has|have)"
    r"\b[^?.!]*\?"
)
_HELP = re.compile(
    r"\b(?:please (?:help|advise|tell|let me know|explain|assist)|pls (?:help|advise|tell)"
    r"|can (?:you|u|someone|anyone|i)\b|could (?:you|someone|anyone)\b|need (?:some |your )?help"
    r"|how (?:do|can|long|much|many)\b|any (?:update|idea|chance|news)|do you (?:have|know|offer|sell|ship)"
    r"|wondering (?:if|when|how|what))"
)
_RHETORICAL = re.compile(
    r"\breally\?|\bseriously\?|\bwhat the (?:hell|heck|fuck)\b|\bwtf\b"
    r"|\bare you (?:kidding|serious|joking)\b|\bwhy (?:bother|even)\b"
)


def asks(text: str) -> bool | None:
    """Return whether a normalised text asks the one it addresses; None where its form can't tell."""
    lowered = text.lower()
    if "?" not in lowered and not _HELP.search(lowered):
        return False
    if "@user" not in lowered:
        return None  # a question, but to whom?
    if _HELP.search(lowered):
        return True
    if _RHETORICAL.search(lowered):
        return None
    return True if _ASKS.search(lowered) else None
