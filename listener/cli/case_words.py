"""How a case is put into words and columns: ages, dues, names; every stranger's word made visible."""

import unicodedata
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta, tzinfo

from listener.domain.case import Case
from listener.domain.policy import TriagePolicy
from listener.domain.stored import AuthorHistory, CaseCard
from listener.domain.text import visible

INBOX_COLUMNS = ("id", "band", "points", "queue", "age", "due", "holder", "platform", "author", "reason", "headline")
NARROW_COLUMNS = ("id", "band", "points", "queue", "due", "author", "headline")
"""What fits into 80 columns with room for the headline."""
NARROW = 110
ERASED = "(erased)"
"""Stands for an author who deleted what they wrote."""


def case_json(case: Case, policy: TriagePolicy, now: datetime) -> dict[str, object]:
    """A case with what depends on now: band, points, holder."""
    from listener.triage.priority import band, points_now

    return {
        **asdict(case),
        "band": band(case.priority, policy),
        "points": points_now(case, now, policy),
        "holder": case.holder(now),
    }


def card_json(card: CaseCard, policy: TriagePolicy, now: datetime) -> dict[str, object]:
    """A whole card; the platform's raw answer stays in the store."""
    posts = [asdict(post) for post in card.mentions]
    for post in posts:
        post["mention"].pop("raw")
    return {
        "case": case_json(card.case, policy, now),
        "author": asdict(card.author),
        "mentions": posts,
        "events": [asdict(event) for event in card.events],
    }


def inbox_row(case: Case, policy: TriagePolicy, now: datetime) -> Mapping[str, object]:
    """A case as a line of the inbox."""
    from listener.triage.priority import band, points_now, waiting_since

    return {
        "id": case.id,
        "band": band(case.priority, policy) + ("!" if case.escalated else ""),
        "points": f"{points_now(case, now, policy):.1f}",
        "queue": case.queue,
        "age": span(now - waiting_since(case, policy)),
        "due": due(case, now),
        "holder": case.holder(now),
        "platform": case.platform,
        "author": f"@{case.handle}" if case.handle else ERASED,
        "reason": case.reason,
        "headline": case.headline,
    }


def due(case: Case, now: datetime) -> str:
    """`in 12 min`, `over 2 h`, `answered`; empty where nothing is owed."""
    from listener.triage.sla import left

    if case.first_reply_at is not None:
        return "answered"
    remaining = left(case, now)
    if remaining is None:
        return ""
    return f"in {span(remaining)}" if remaining > timedelta(0) else f"over {span(-remaining)}"


def span(length: timedelta) -> str:
    """Minutes, hours or days, whichever reads best: `12m`, `3h`, `2d`."""
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 120:
        return f"{minutes}m"
    return f"{minutes // 60}h" if minutes < 48 * 60 else f"{minutes // 1440}d"


def local(at: datetime, now: datetime, zone: tzinfo) -> str:
    """The time of day, with the day if it isn't today's."""
    here = at.astimezone(zone)
    today = here.date() == now.astimezone(zone).date()
    return f"{here:%H:%M}" if today else f"{here:%Y-%m-%d %H:%M}"


def who(author: AuthorHistory) -> str:
    """Handle and name, with a warning where the handle may imitate another's."""
    if not author.handle:
        return ERASED
    name = f" ({visible(author.name, 60)})" if author.name and author.name != author.handle else ""
    return f"@{visible(author.handle, 60)}{name}{_spoof(author.handle)}"


def _spoof(handle: str) -> str:
    """Letters of several scripts in one handle: UTS 39 calls that a mark of imitation."""
    scripts = {unicodedata.name(char, "?").split()[0] for char in handle if char.isalpha()}
    mixed = scripts & {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}
    return f" [mixes {' and '.join(sorted(s.title() for s in mixed))} letters]" if len(mixed) > 1 else ""
