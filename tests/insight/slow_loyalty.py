"""Loyalty's figures counted again, slowly and plainly: one loop a figure, nothing shared with what it checks."""

from collections.abc import Sequence
from statistics import fmean

from listener.domain.loyalty import Saying

WORTH = {"negative": 0.0, "neutral": 0.5, "positive": 1.0}


def side(post: Saying) -> str:
    """What one post does: for, against, torn; empty for nothing."""
    if not post.addressed:
        return ""
    if "act:recommend" in post.tags and "act:warn" in post.tags:
        return "torn"
    if "act:recommend" in post.tags:
        return "for"
    if "act:warn" in post.tags:
        return "against"
    if post.praise and post.complaint:
        return "torn"
    if post.praise:
        return "for"
    if post.complaint:
        return "against"
    return ""


def votes(posts: Sequence[Saying]) -> dict[int, str]:
    """Author → for, against, passive or unknown."""
    found = {}
    for author in {post.author_id for post in posts}:
        theirs = sorted((post for post in posts if post.author_id == author), key=lambda p: (p.at, p.mention_id))
        sides = [side(post) for post in theirs if side(post)]
        readable = [post for post in theirs if post.addressed and (post.sentiment or post.question)]
        if sides:
            found[author] = "passive" if sides[-1] == "torn" else sides[-1]
        else:
            found[author] = "passive" if readable else "unknown"
    return found


def balance(posts: Sequence[Saying]) -> float | None:
    """Points; None where nobody is known."""
    known = [vote for vote in votes(posts).values() if vote != "unknown"]
    if not known:
        return None
    return 100 * known.count("for") / len(known) - 100 * known.count("against") / len(known)


def share_of_authors(posts: Sequence[Saying], *tags: str) -> float | None:
    spoken = [post for post in posts if post.addressed]
    authors = {post.author_id for post in spoken}
    bearing = {post.author_id for post in spoken for tag in tags if tag in post.tags}
    return len(bearing) / len(authors) if authors else None


def mood(posts: Sequence[Saying], least: int) -> float | None:
    """Touchpoint by touchpoint, author by author."""
    names = {tag for post in posts for tag in post.tags if tag.startswith("touchpoint:")}
    means = []
    for name in names:
        there = [post for post in posts if name in post.tags and post.addressed and post.sentiment]
        authors = {post.author_id for post in there}
        if len(authors) >= least:
            each = [fmean(WORTH[str(p.sentiment)] for p in there if p.author_id == author) for author in authors]
            means.append(fmean(each))
    return fmean(means) if means else None
