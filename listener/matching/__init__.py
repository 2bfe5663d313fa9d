"""② Which brand a mention concerns, and why: handles, names and boolean queries, minus exclusions and own posts."""

from listener.matching.matcher import Matcher

__all__ = ["Matcher"]
