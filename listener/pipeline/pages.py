"""One page: match, classify, and one transaction in which all of it is kept or nothing."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from listener.alerts import telling
from listener.domain.brand import SOURCE, Match, addressed, found_at
from listener.domain.mention import Mention, MentionKey, Page, Reject
from listener.domain.platform import terms_of
from listener.domain.policy import SourceConfig
from listener.domain.run import SourceReport
from listener.domain.stored import Known, ScoredMention
from listener.domain.text import text_digest
from listener.domain.verdict import Verdict
from listener.matching import Matcher
from listener.pipeline.stages import Stages
from listener.ports import Classifier, JudgesByBrand, Reads, Transaction
from listener.triage.intake import take_in
from listener.triage.upkeep import keep_up


def nothing_more(tx: Transaction, now: datetime) -> None:
    """A page's commit holds the page."""


class Way(StrEnum):
    """How a page came, which decides what its commit says of its source."""

    POLLED = "polled"
    """Its cursor is the source's, and it says that the source can be read."""
    HEARD = "heard"
    """Of a stream: what polls met, a declared window say, stays as it is."""
    PAST = "past"
    """Of a backfill: on a cursor of its own, and no word on how the source fares."""
    AGAIN = "again"
    """Posts looked up again: no cursor at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """Where a page belongs."""

    way: Way = Way.POLLED
    cursor: str = ""
    """The row its cursor is kept in; empty: the source's own."""
    credential: str = ""
    """Whose calls its source counts among."""
    at_last: Callable[[Transaction, datetime], None] = nothing_more
    """Done in the same commit."""


POLLED = Booking()


def store_page(
    stages: Stages, source: SourceConfig, platform: str, page: Page, report: SourceReport, booking: Booking = POLLED
) -> None:
    """Match, classify and commit one page together with its cursor."""
    gone = {*page.deleted, *page.overheard}
    standing = [within_terms(mention) for mention in page.mentions if mention.key not in gone]
    relevant = match(stages.matcher, standing, source)
    with stages.store.read() as reads:
        relevant += strayed(reads, standing, relevant)
        known = reads.known([mention.key for mention, _ in relevant])
    scored = classify(stages, unknown(relevant, known), stages.clock.now())
    now = stages.clock.now()
    with stages.store.write() as tx:
        if stages.replaying:
            upkeep(stages, tx, now)
        take(stages, tx, scored, report, now)
        tx.note_answerable([mention for mention, _ in relevant])
        tx.note_own_posts(_by_us(stages.matcher, standing))
        report.deleted += len(tx.delete_mentions([*page.deleted, *tx.known(page.overheard)], now))
        _note_unread(tx, source.name, platform, page, now)
        _book(tx, source.name, platform, page, booking, now)
        for alert in stages.watch.spikes(tx, now):
            report.alerts += 1
            telling.tell(tx, alert, stages.alerts, now)
        booking.at_last(tx, now)
    report.pages += 1
    report.read += len(page.mentions)
    report.matched += len(relevant)
    report.rejected += len(page.rejects)
    report.gaps += len(page.gaps)


def _by_us(matcher: Matcher, mentions: Sequence[Mention]) -> list[tuple[MentionKey, str, datetime]]:
    """What brands' own accounts posted: no mentions, but counted beside them."""
    return [(one.key, brand, one.created_at) for one in mentions if (brand := matcher.own_brand(one))]


def _note_unread(tx: Transaction, source: str, platform: str, page: Page, now: datetime) -> None:
    for gap in page.gaps:
        tx.add_gap(source, gap, now)
    keep_raw = terms_of(platform).keep_raw
    for reject in page.rejects:
        tx.quarantine(source, reject if keep_raw else _without_raw(reject), now)


def _book(tx: Transaction, source: str, platform: str, page: Page, booking: Booking, now: datetime) -> None:
    """An empty cursor leaves the stored one alone."""
    if page.cursor and booking.way is not Way.AGAIN:
        tx.save_cursor(booking.cursor or source, page.cursor, now)
    newest = max((mention.created_at for mention in page.mentions), default=None)
    match booking.way:
        case Way.POLLED:
            tx.record_attempt(source, platform, now, last_mention=newest, credential=booking.credential)
        case Way.HEARD:
            tx.record_heard(source, platform, now, last_mention=newest, credential=booking.credential)
        case Way.PAST | Way.AGAIN:
            pass
        case never:
            assert_never(never)


def within_terms(mention: Mention) -> Mention:
    """As its platform's terms let it be kept, whichever connector or file it came from."""
    return mention if not mention.raw or terms_of(mention.key.platform).keep_raw else replace(mention, raw="")


def _without_raw(reject: Reject) -> Reject:
    """Still told from others of its kind."""
    return replace(reject, raw=f"(not kept: the platform's terms) {text_digest(reject.raw)[:16]}")


def strayed(
    reads: Reads, mentions: Sequence[Mention], relevant: Sequence[tuple[Mention, tuple[Match, ...]]]
) -> list[tuple[Mention, tuple[Match, ...]]]:
    """Posts that are stored and name no brand any more since they were edited: their new words replace the old.

    What was found where everything is about a brand still is.
    """
    concerned = {mention.key for mention, _ in relevant}
    others = {mention.key: mention for mention in mentions if mention.key not in concerned}
    known = reads.known(list(others)) if others else {}
    edited = {key: seen.mention_id for key, seen in known.items() if not _same(others[key], known)}
    return [(others[key], _by_place(reads, mention_id)) for key, mention_id in edited.items()]


def _by_place(reads: Reads, mention_id: int) -> tuple[Match, ...]:
    return tuple(match for match in reads.mention(mention_id).matches if match.term.startswith(SOURCE))


def match(
    matcher: Matcher, mentions: Iterable[Mention], source: SourceConfig
) -> list[tuple[Mention, tuple[Match, ...]]]:
    """Those that concern a brand and weren't posted by one, each with why."""
    found = ((m, _why(matcher.match(m), source)) for m in mentions if not matcher.is_own(m))
    return [(mention, matches) for mention, matches in found if matches]


def _why(matches: tuple[Match, ...], source: SourceConfig) -> tuple[Match, ...]:
    """By its words, and where those don't say so, by where it was found."""
    if not source.brand or any(match.brand == source.brand for match in matches):
        return matches
    return (*matches, found_at(source.brand, source.name))


def unknown(
    relevant: Sequence[tuple[Mention, tuple[Match, ...]]], known: Known
) -> list[tuple[Mention, tuple[Match, ...]]]:
    """Those not yet stored, edited since, or stored without a verdict; one of each key, the last."""
    latest = {mention.key: (mention, matches) for mention, matches in relevant}
    return [pair for key, pair in latest.items() if key not in known or not _same(pair[0], known)]


def _same(mention: Mention, known: Known) -> bool:
    seen = known[mention.key]
    return bool(seen.scored_by) and seen.version == mention.version and seen.digest == text_digest(mention.text)


def classify(stages: Stages, pairs: Sequence[tuple[Mention, tuple[Match, ...]]], now: datetime) -> list[ScoredMention]:
    """With a verdict each; without one where the classifier fails, since a mention must never wait for a model."""
    verdicts: list[Verdict | None] = [None] * len(pairs)
    for judge, places in _judges(stages.classifier, [matches for _, matches in pairs]):
        found = stages.sparing.judge(judge, [pairs[place][0].text for place in places], now)
        for place, verdict in zip(places, found, strict=True):
            verdicts[place] = _themes_kept(verdict, pairs[place][1]) if verdict else None
    return [
        ScoredMention(mention=mention, matches=matches, verdict=verdict)
        for (mention, matches), verdict in zip(pairs, verdicts, strict=True)
    ]


def _themes_kept(verdict: Verdict, matches: Sequence[Match]) -> Verdict:
    """Without themes that hold only in posts about brands which this one doesn't concern."""
    if verdict.tagging is None or not verdict.tagging.limited:
        return verdict
    return replace(verdict, tagging=verdict.tagging.about({match.brand for match in matches}))


def _judges(classifier: Classifier, matched: Sequence[Sequence[Match]]) -> list[tuple[Classifier, list[int]]]:
    """Who judges which of these posts: what a brand was taught holds for those that speak to it alone.

    A post has one verdict, so one that speaks to two brands is judged by what holds for all.
    """
    if not isinstance(classifier, JudgesByBrand):
        return [(classifier, [*range(len(matched))])] if matched else []
    brands = [only_brand(matches) for matches in matched]
    judges = {brand: classifier.for_brand(brand) for brand in dict.fromkeys(brands)}
    found: dict[int, tuple[Classifier, list[int]]] = {}
    for place, brand in enumerate(brands):
        found.setdefault(id(judges[brand]), (judges[brand], []))[1].append(place)
    return list(found.values())


def only_brand(matches: Sequence[Match]) -> str:
    """The brand that a post speaks to; empty where there are several."""
    brands = addressed(matches)
    return next(iter(brands)) if len(brands) == 1 else ""


def take(stages: Stages, tx: Transaction, scored: Sequence[ScoredMention], report: SourceReport, now: datetime) -> None:
    """Save what was judged, with all that it does to cases."""
    saved = tx.save_mentions(not_ours(tx, scored), now)
    intake = take_in(tx, saved, stages.brands, stages.triage, now)
    for notice in intake.notices:
        telling.tell_notice(tx, notice, stages.alerts, now)
    report.stored += len(saved)
    report.unscored += sum(one.scored.verdict is None for one in saved)
    report.opened += intake.opened
    report.attached += intake.attached
    report.reopened += intake.reopened


def not_ours(tx: Transaction, scored: Sequence[ScoredMention]) -> Sequence[ScoredMention]:
    """Without the answers that were sent from here, whatever account they went out as."""
    ours = tx.sent_among([one.mention.key for one in scored]) if scored else frozenset()
    return [one for one in scored if one.mention.key not in ours] if ours else scored


def upkeep(stages: Stages, tx: Transaction, now: datetime) -> None:
    """What time does to cases."""
    for notice in keep_up(tx, stages.triage, now):
        telling.tell_notice(tx, notice, stages.alerts, now)
