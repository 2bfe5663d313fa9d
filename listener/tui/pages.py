"""What the desk reads: a page of the list and a card, each in one short transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from listener.domain.case import Case
from listener.domain.policy import ClassifierChoice
from listener.domain.stored import CaseCard
from listener.errors import NotFound
from listener.ports import Reads, Store
from listener.tui.case_text import Weighed
from listener.tui.view import View, asked_of_store, shows

PAGE = 100
"""Rows of the list at a time; more come as the cursor reaches the end."""
SEARCHED = 1_000
"""Cases looked through for typed words, a page at a time: so many held at once leave the memory in pieces."""

Key = tuple[bool, datetime, int]
"""A case's place in the queue: (escalated, rank_at, id)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A stretch of the queue as of one instant."""

    cases: tuple[Case, ...]
    more: bool
    """Whether cases follow that aren't on it."""
    event: int
    """The newest event it has seen."""
    at: datetime
    """When it was read."""
    partly: bool = False
    """Whether only the first `SEARCHED` cases were looked through for the words."""


def place(case: Case) -> Key:
    """Where the next page may begin."""
    return case.escalated, case.rank_at, case.id


def read_page(
    store: Store, view: View, agent: str, now: datetime, *, after: Key | None = None, pinned: int | None = None
) -> Page:
    """A page after `after`; `pinned` is on it at its place even if the view would leave it out."""
    with store.read() as reads:
        event = reads.latest_event()
        cases, unread = _search(reads, view, agent, now, after)
        page = Page(
            cases=tuple(cases[:PAGE]),
            more=len(cases) > PAGE,
            event=event,
            at=now,
            partly=unread,
        )
        return page if pinned is None else _with(page, pinned, reads)


def _list(reads: Reads, view: View, agent: str, now: datetime, after: Key | None) -> list[Case]:
    """A page, and the case that follows it."""
    return reads.inbox(asked_of_store(view, agent, after), now, PAGE + 1)


def _search(reads: Reads, view: View, agent: str, now: datetime, after: Key | None) -> tuple[list[Case], bool]:
    """A page of those that bear the words, and the case that follows it; and whether some weren't looked through."""
    if not view.words:
        return _list(reads, view, agent, now, after), False
    cases: list[Case] = []
    for _ in range(SEARCHED // PAGE):
        part = _list(reads, view, agent, now, after)
        cases += [case for case in part[:PAGE] if shows(case, view)]
        if len(part) <= PAGE or len(cases) > PAGE:
            return cases, False
        after = place(part[PAGE - 1])
    return cases, True


def _with(page: Page, case_id: int, reads: Reads) -> Page:
    if any(case.id == case_id for case in page.cases):
        return page
    try:
        case = reads.case(case_id)
    except NotFound:
        return page
    cases = sorted((*page.cases, case), key=lambda one: (not one.escalated, one.rank_at, one.id))
    return replace(page, cases=tuple(cases))


def read_counts(store: Store, now: datetime) -> Mapping[str, tuple[int, int]]:
    """Queue → (open, of those free)."""
    with store.read() as reads:
        return reads.queue_counts(now)


def read_card(store: Store, case_id: int) -> CaseCard:
    """Raises `NotFound`."""
    with store.read() as reads:
        return reads.case_card(case_id)


def latest_event(store: Store) -> int:
    """Whether anything changed costs one look at an index."""
    with store.read() as reads:
        return reads.latest_event()


def siblings(store: Store, case: Case, since: datetime) -> list[Case]:
    """The author's other cases on this brand that aren't closed for long."""
    with store.read() as reads:
        return [one for one in reads.cases_of_author(case.brand, case.author_id, since) if one.id != case.id]


def deciding(choice: ClassifierChoice, text: str) -> Weighed:
    """Which words decided a verdict; loads the model."""
    from listener.judging import deciding_words

    return deciding_words(choice, text)
