"""Where on the customer's way a brand's people are, and how they feel there."""

from dataclasses import dataclass

from listener.domain.digest import Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One touchpoint, or the posts that are at none; an author counts once, by the latest post there."""

    touchpoint: str
    """Empty for posts at none."""
    posts: int
    people: int
    negative: int
    neutral: int
    positive: int
    unsure: int
    """People whose mood the classifier couldn't tell."""
    unscored: int
    """People whose latest post there waits for the classifier."""
    unhappy: Share
    """Negative among those whose mood is known."""
    happy: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """A brand's touchpoint × sentiment map over a window."""

    brand: str
    posts: int
    """Addressed to the brand, reposts apart; a post can be at several touchpoints."""
    people: int
    stops: tuple[Stop, ...]
    """In the order configured."""
    nowhere: Stop
    """Of the posts that are at no touchpoint."""
    without: Share
    """Posts at no touchpoint among all of them."""
    older: int
    """Posts that were looked at with other themes, or by another model, than are in force."""
    unlooked: int
    """Posts in which nobody looked for themes."""
