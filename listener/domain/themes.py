"""What a post speaks of besides its mood: touchpoints, motivators, what its author does, messages, emotions.

A team names its themes in `themes.toml`; the classifier's embedding and plain phrases find them in posts.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class ThemeKind(StrEnum):
    TOUCHPOINT = "touchpoint"
    """Where on the customer's way it happened: buying, delivery, getting help."""
    MOTIVATOR = "motivator"
    """What people want beneath it: belonging, security, freedom."""
    ACT = "act"
    """What the author does by saying it; the names are those of `Act`."""
    MESSAGE = "message"
    """A phrase that the brand wants repeated."""
    EMOTION = "emotion"
    """What the classifier felt in it; nobody configures these."""


class Act(StrEnum):
    RECOMMEND = "recommend"
    """Advises others to."""
    WARN = "warn"
    """Advises others not to."""
    LEAVE = "leave"
    """Says that they leave, or have left."""
    HOWTO = "howto"
    """Asks how something is used."""
    TIP = "tip"
    """Tells others how something is used."""
    USE = "use"
    """Tells of using it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """One thing to look for in posts."""

    kind: ThemeKind
    name: str
    phrases: tuple[str, ...] = ()
    """Any of these says so by itself; whole words, capitals apart. A motivator or act behind a negation isn't meant."""
    examples: tuple[str, ...] = ()
    """Posts that speak of it; others are compared with them by what their words mean."""
    brands: tuple[str, ...] = ()
    """Only in posts about these; empty: any."""

    @property
    def tag(self) -> str:
        return tag(self.kind, self.name)


def tag(kind: ThemeKind, name: str) -> str:
    """As it is stored: `touchpoint:delivery`."""
    return f"{kind}:{name}"


def names_of(tags: frozenset[str], kind: ThemeKind) -> frozenset[str]:
    """The names of one kind among tags."""
    begin = f"{kind}:"
    return frozenset(one.removeprefix(begin) for one in tags if one.startswith(begin))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagging:
    """What themes a text was found to speak of, and by which tagger."""

    tagger: str
    """Names the themes and the model they were looked for with; changes whenever answers may change."""
    tags: tuple[tuple[str, float], ...]
    """(tag, score): the cosine similarity or emotion's probability it was found by; 1 for a phrase."""
    limited: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Tags that hold only in posts about certain brands → those."""

    def about(self, brands: Collection[str]) -> "Tagging":
        """Without what holds only in posts about other brands."""
        if not self.limited:
            return self
        tags = tuple((tag, score) for tag, score in self.tags if not self._elsewhere(tag, brands))
        return replace(self, tags=tags, limited={})

    def _elsewhere(self, tag: str, brands: Collection[str]) -> bool:
        return tag in self.limited and not any(brand in brands for brand in self.limited[tag])
