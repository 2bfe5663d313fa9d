"""Why people complain, in their own words: the terms that today's complaints hold more often than the complaints of
the week before and than posts that don't complain.

Each author counts once. A term's weight is its log-odds, with a Dirichlet prior from both sides, in standard errors
(Monroe, Colaresi, Quinn 2008, "Fightin' Words"): a rare word needs more than luck, a common one more than habit.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from listener.domain.digest import Quote, TopReason
from listener.domain.listing import Words
from listener.domain.stored import StoredMention
from listener.domain.verdict import Label, Sentiment
from listener.domain.words import parts, terms
from listener.ports import Reads

MOST_READ = 1_000
"""Complaints read for a window, the most engaging first: enough to rank words, bounded on the worst day. Where there
are more, numbers of people are extrapolated from these."""

FEWEST = 3
"""Authors a term needs: two can be one family."""

FEWEST_SHARE = 0.025
"""Of the day's complaining authors, likewise: on a loud day a handful is no reason."""

PRIOR_WEIGHT = 50.0
"""Posts' worth of belief that today talks as always."""

SAME = 0.6
"""Share of a term's authors that may stand behind a term already told."""

MILD = (Sentiment.NEUTRAL, Sentiment.POSITIVE)
"""Posts of these moods show which words a brand's people use anyway."""

BEFORE = timedelta(days=7)


def top_reasons(
    reads: Reads,
    brand: str,
    since: datetime,
    until: datetime,
    *,
    days: float,
    ignore: Iterable[str] = (),
    limit: int = 5,
) -> list[TopReason]:
    """Terms that stand out in the complaints of [since, until), weightiest first.

    `days` is how many usual days the week before holds, for the usual number of people; 0 says there is no history.
    `ignore` are names that tell nothing here: the brand's own.
    """
    nothing = parts([brand, *ignore])
    now, people_each = _complaints(reads, brand, since, until)
    before, earlier_each = _complaints(reads, brand, since - BEFORE, since) if days else ([], 1.0)
    other = [row for mood in MILD for row in reads.sampled_words(brand, mood, since - BEFORE, until, MOST_READ)]
    holders, earlier, elsewhere = _holders(now, nothing), _holders(before, nothing), _holders(other, nothing)
    background = Counter({term: len(rows) for term, rows in earlier.items()})
    background.update({term: len(rows) for term, rows in elsewhere.items()})
    weights = _weights(
        {term: len(rows) for term, rows in holders.items()}, len(now), background, len(before) + len(other)
    )
    found = _distinct(weights, holders, limit)
    samples = _samples(found, holders)
    posts = reads.posts([row.mention_id for row in samples])
    return [
        TopReason(
            words=term,
            people=round(len(holders[term]) * people_each),
            usual=len(earlier.get(term, ())) * earlier_each / days if days else None,
            quote=quote(posts[row.mention_id], brand),
            estimated=people_each != 1.0,
        )
        for term, row in zip(found, samples, strict=True)
    ]


def who_say(
    reads: Reads, brand: str, words: str, since: datetime, until: datetime, *, ignore: Iterable[str] = ()
) -> list[StoredMention]:
    """The complaints that a reason's number of people was counted from, one an author."""
    rows, _ = _complaints(reads, brand, since, until)
    ids = [row.mention_id for row in _holders(rows, parts([brand, *ignore])).get(words, [])]
    posts = reads.posts(ids)
    return [posts[mention_id] for mention_id in ids]


def _complaints(reads: Reads, brand: str, since: datetime, until: datetime) -> tuple[list[Words], float]:
    """One complaint an author, and for how many authors each of them stands."""
    rows = reads.sampled_words(brand, Label.COMPLAINT, since, until, MOST_READ)
    if len(rows) < MOST_READ:
        return rows, 1.0
    return rows, reads.distinct_authors(since, until, brand, Label.COMPLAINT) / len(rows)


def quote(row: StoredMention, brand: str) -> Quote:
    said = row.mention
    return Quote(
        brand=brand,
        platform=said.key.platform,
        handle=said.author.handle,
        text=said.text,
        url=said.url,
        followers=said.author.followers,
        engagement=said.metrics.engagement,
    )


def _holders(rows: Sequence[Words], nothing: frozenset[str]) -> dict[str, list[Words]]:
    """Term → the posts that hold it, at most one an author, as they came."""
    found: defaultdict[str, list[Words]] = defaultdict(list)
    seen: set[tuple[str, int]] = set()
    for row in rows:
        for term in terms(row.text, nothing):
            if (term, row.author_id) not in seen:
                seen.add((term, row.author_id))
                found[term].append(row)
    return found


def _weights(now: Mapping[str, int], posts: int, usual: Mapping[str, int], usual_posts: int) -> dict[str, float]:
    """Term with enough authors → standard errors above usual; without usual posts, its number of authors."""
    common = {term: n for term, n in now.items() if n >= max(FEWEST, FEWEST_SHARE * posts)}
    if not usual_posts:
        return {term: float(n) for term, n in common.items()}
    weights = {}
    for term, n in common.items():
        m = usual.get(term, 0)
        prior = PRIOR_WEIGHT * (n + m) / (posts + usual_posts)
        rise = _log_odds(n + prior, posts + PRIOR_WEIGHT) - _log_odds(m + prior, usual_posts + PRIOR_WEIGHT)
        weights[term] = rise / math.sqrt(1 / (n + prior) + 1 / (m + prior))
    return weights


def _samples(found: Sequence[str], holders: Mapping[str, Sequence[Words]]) -> list[Words]:
    """A post for each term, another one each time where there is another."""
    used: set[int] = set()
    samples = []
    for term in found:
        row = next((row for row in holders[term] if row.mention_id not in used), holders[term][0])
        used.add(row.mention_id)
        samples.append(row)
    return samples


def _log_odds(part: float, whole: float) -> float:
    return math.log(part) - math.log(max(whole - part, 0.5))


def _distinct(weights: Mapping[str, float], holders: dict[str, list[Words]], limit: int) -> list[str]:
    """The weightiest terms, none told mostly by the people of one before it; pairs of words go first among equals."""
    told: list[str] = []
    covered: list[set[int]] = []
    ranked = sorted(weights, key=lambda term: (-weights[term], -len(term.split()), term))
    for term in ranked:
        if weights[term] <= 0 or len(told) == limit:
            break
        people = {row.author_id for row in holders[term]}
        if all(len(people & others) < SAME * min(len(people), len(others)) for others in covered):
            told.append(term)
            covered.append(people)
    return told
