"""Canned replies, which answers need a second person, and how long a platform lets an answer be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from string import Formatter

from listener.domain.case import Case

LIMITS: Mapping[str, int] = {
    "x": 280,
    "bluesky": 300,
    "googleplay": 350,
    "mastodon": 500,
    "instagram": 2_200,
    "appstore": 5_970,
    "facebook": 8_000,
    "reddit": 10_000,
    "youtube": 10_000,
}
"""Length of an answer, as each platform counts it: `listener.triage.lengths`."""

_ALSO_CALLED = {"twitter": "x", "playstore": "googleplay", "applestore": "appstore"}


def platform_key(platform: str) -> str:
    """A platform's name as `LIMITS` has it, however a source spells it: `App Store` is `appstore`."""
    plain = "".join(char for char in platform.casefold() if char.isalnum())
    return _ALSO_CALLED.get(plain, plain)


class Variable(StrEnum):
    """What a canned reply may name in braces, and nothing else."""

    NAME = "name"
    """The author's display name, or the handle of one who has none."""
    HANDLE = "handle"
    """Without the @."""
    BRAND = "brand"
    AGENT = "agent"
    CASE = "case"
    """The case's number."""
    LINK = "link"
    """Address of the author's latest post."""


def pieces(template: str) -> Iterator[str | Variable]:
    """A template's words and variables in their order; `{{` is a brace.

    Nothing is looked up in anything: a name that isn't a variable, an attribute, an index, a conversion or a format
    raises ValueError, with words for whoever wrote it.
    """
    try:
        for words, name, form, conversion in Formatter().parse(template):
            if words:
                yield words
            if name is not None:
                yield _variable(name, form, conversion)
    except ValueError as error:
        if isinstance(error, UnknownVariable):
            raise
        raise ValueError("a brace stands alone: write {{ or }} for a brace that is meant") from error


class UnknownVariable(ValueError):
    """What stands in braces is none of the variables."""


def _variable(name: str, form: str | None, conversion: str | None) -> Variable:
    if form or conversion or name not in set(Variable):
        shown = name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
        raise UnknownVariable(f"{{{shown}}} is no variable")
    return Variable(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A canned reply; an empty condition offers it everywhere."""

    name: str
    text: str
    """A template: see `pieces`."""
    langs: tuple[str, ...] = ()
    """In lower case; `de` means every German. A post of no stated language gets all."""
    brands: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    """Of `Reason`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Which answers need a second person: one condition that holds is enough."""

    queues: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    escalated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPolicy:
    """What answers.toml says."""

    answers: tuple[Answer, ...] = ()
    approval: Approval = field(default_factory=Approval)
    limits: Mapping[str, int] = field(default_factory=dict)
    """Where ours differ from `LIMITS`: a paid account, a server of its own."""

    def limit(self, platform: str) -> int | None:
        """How long an answer may be there; None where nobody knows."""
        key = platform_key(platform)
        return self.limits.get(key, LIMITS.get(key))


class DraftState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    """By its writer, or because the case was resolved without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An answer that needs a second person's word."""

    id: int
    case_id: int
    agent: str
    """Who wrote it."""
    text: str
    """Empty once its customer was erased."""
    state: DraftState
    created_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    why: str = ""
    """Why it was declined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingDraft:
    """A draft and its case, for whoever is to decide."""

    draft: Draft
    case: Case
