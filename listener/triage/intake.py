"""The edge between a stored page and the queue: reads what the rules ask for, and writes what they decide."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from listener.domain.alert import Notice
from listener.domain.brand import Brand
from listener.domain.case import Case, CaseChange, CaseDraft
from listener.domain.policy import TriagePolicy
from listener.domain.stored import AuthorHistory, SavedMention
from listener.ports import Transaction
from listener.triage import arrivals, ruling
from listener.triage.assess import Assessment, Post, assess, earlier_complaints
from listener.triage.intake_rules import (
    Arrival,
    Attach,
    Nothing,
    Open,
    Reopen,
    Wake,
    concerns,
    decide,
    reason_of,
)
from listener.triage.priority import raised_on_purpose
from listener.triage.ruler import Ruler
from listener.triage.rules import Fired


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeReport:
    """How many cases a page touched, by what happened to them."""

    opened: int = 0
    attached: int = 0
    reopened: int = 0
    woke: int = 0
    edited: int = 0
    """Of posts whose text or verdict changed, rerouted ones included."""
    notices: tuple[Notice, ...] = ()
    """What rules tell the team."""


_Author = tuple[str, int]
"""Brand and author id."""
_Change = Callable[[Case, SavedMention, Assessment, TriagePolicy, datetime], CaseChange]


def take_in(
    tx: Transaction, saved: Sequence[SavedMention], brands: Mapping[str, Brand], policy: TriagePolicy, now: datetime
) -> IntakeReport:
    """Open, attach, wake and reopen cases for the posts that this transaction has just saved.

    Oldest post first, whatever the page's order, so that one author's posts in one page land in one case. Three reads
    a page (and one a brand), none a post.
    """
    pairs = list(_pairs(saved, brands))
    if not pairs:
        return IntakeReport()
    page = _read_page(tx, pairs, policy, now)
    for one, brand in pairs:
        page.take(one, brand)
    page.flush()
    return IntakeReport(**page.counts, notices=page.ruler.done())


def _pairs(saved: Iterable[SavedMention], brands: Mapping[str, Brand]) -> Iterable[tuple[SavedMention, str]]:
    """Each post with each brand whose team answers it: one case a brand."""
    for one in sorted(saved, key=lambda s: (s.scored.mention.created_at, s.id)):
        for name in sorted({match.brand for match in one.scored.matches}):
            if concerns(one.scored.mention, brands.get(name)):
                yield one, name


@dataclass(slots=True, kw_only=True)
class _Page:
    """The cases of a page's authors, kept up to date while its posts are taken in."""

    tx: Transaction
    policy: TriagePolicy
    now: datetime
    cases: dict[int, Case]
    """By id, each as this page has left it."""
    of: dict[_Author, set[int]]
    """Whose they are."""
    heirs: dict[int, int]
    """Merged case → the case that has its posts now, perhaps another author's."""
    holding: dict[tuple[int, str], int]
    """(mention id, brand) → id of the case that holds it."""
    histories: dict[_Author, AuthorHistory]
    ruler: Ruler
    drafts: list[tuple[CaseDraft, list[Fired]]] = field(default_factory=list)
    """Decided but not yet written, with the rules that acted on each."""
    drafted: set[_Author] = field(default_factory=set)
    """Whose drafts those are: before such an author's next post they must be cases."""
    counts: Counter[str] = field(default_factory=Counter)

    def take(self, one: SavedMention, brand: str) -> None:
        """Decide on one post, and write what was decided."""
        if (brand, one.author_id) in self.drafted:
            self.flush()
        held_by = self.holding.get((one.id, brand))
        if held_by is not None:
            self._change("edited", arrivals.edited, self.cases[held_by], one)
            return
        match decide(self._arrival(one, brand), self.policy, self.now):
            case Open():
                self._open(one, brand)
            case Attach(case):
                self._change("attached", arrivals.attached, case, one)
            case Wake(case):
                self._change("woke", arrivals.woken, case, one)
            case Reopen(case):
                self._change("reopened", arrivals.reopened, case, one)
            case Nothing():
                pass
            case never:
                assert_never(never)

    def _open(self, one: SavedMention, brand: str) -> None:
        found = assess(self._post(one, brand), self.policy)
        fired = self.ruler.on_new(brand, one, found)
        draft = arrivals.opened(one, brand, ruling.judged_by(found, fired), self.policy, self.now)
        self.drafts.append((ruling.drafted(draft, fired), fired))
        self.drafted.add((brand, one.author_id))
        self.counts["opened"] += 1

    def flush(self) -> None:
        """Write the cases that were decided to open, all in one go."""
        if not self.drafts:
            return
        opened = self.tx.open_cases([draft for draft, _ in self.drafts])
        for case, (draft, fired) in zip(opened, self.drafts, strict=True):
            ruled = self.ruler.opened(case, fired, draft.mention_id)
            self.cases[case.id] = ruled
            self.of.setdefault((case.brand, case.author_id), set()).add(case.id)
        self.drafts.clear()
        self.drafted.clear()

    def _change(self, name: str, change: _Change, case: Case, one: SavedMention) -> None:
        post = replace(self._post(one, case.brand), escalated=raised_on_purpose(case))
        if name != "edited":
            post = replace(post, repeats=max(post.repeats, case.mentions))
        found = assess(post, self.policy)
        made = change(case, one, found, self.policy, self.now)
        changed = self.tx.change_case(case.id, case.version, made)
        self.cases[case.id] = self.ruler.on_change(changed, made, one, found)
        self.counts[name] += 1

    def _arrival(self, one: SavedMention, brand: str) -> Arrival:
        mention = one.scored.mention
        # An author without an id stands for many people: their posts are nobody's return.
        mine = sorted(self.of.get((brand, one.author_id), ())) if mention.author.native_id else []
        return Arrival(
            reason=reason_of(one.scored.verdict),
            thread=mention.thread,
            cases=tuple(self.cases[case_id] for case_id in mine),
            heirs={case_id: self.cases[self.heirs[case_id]] for case_id in mine if case_id in self.heirs},
        )

    def _post(self, one: SavedMention, brand: str) -> Post:
        said = one.scored.verdict
        history = self.histories.get((brand, one.author_id))
        return Post(
            brand=brand,
            mention=one.scored.mention,
            verdict=said,
            repeats=earlier_complaints(history, said) if history else 0,
            value=history.value_percentile if history else None,
        )


def _read_page(
    tx: Transaction, pairs: Sequence[tuple[SavedMention, str]], policy: TriagePolicy, now: datetime
) -> _Page:
    cases: dict[int, Case] = {}
    of: dict[_Author, set[int]] = {}
    for case in tx.cases_of_authors(sorted({one.author_id for one, _ in pairs}), now - policy.reopen_within):
        cases[case.id] = case
        of.setdefault((case.brand, case.author_id), set()).add(case.id)
    holding: dict[tuple[int, str], int] = {}
    known = sorted({one.id for one, _ in pairs if not one.is_new})
    for mention_id, case in tx.cases_holding(known) if known else ():
        cases[case.id] = case
        of.setdefault((case.brand, case.author_id), set()).add(case.id)
        holding[mention_id, case.brand] = case.id
    merged = sorted(case.id for case in cases.values() if case.merged_into is not None)
    heirs = tx.heirs(merged) if merged else {}
    cases |= {heir.id: heir for heir in heirs.values()}
    return _Page(
        tx=tx,
        policy=policy,
        now=now,
        cases=cases,
        of=of,
        heirs={case_id: heir.id for case_id, heir in heirs.items()},
        holding=holding,
        histories=_histories(tx, _worth_a_history(pairs, policy, holding)),
        ruler=Ruler.of(tx, policy, now, cases),
    )


def _worth_a_history(
    pairs: Iterable[tuple[SavedMention, str]], policy: TriagePolicy, holding: Mapping[tuple[int, str], int]
) -> set[_Author]:
    """Authors of posts that may open a case, or that stand in one: of all others the history changes nothing."""
    return {
        (brand, one.author_id)
        for one, brand in pairs
        if reason_of(one.scored.verdict) in policy.open_for or (one.id, brand) in holding
    }


def _histories(tx: Transaction, wanted: set[_Author]) -> dict[_Author, AuthorHistory]:
    by_brand: dict[str, list[int]] = {}
    for brand, author_id in sorted(wanted):
        by_brand.setdefault(brand, []).append(author_id)
    return {
        (brand, author_id): history
        for brand, ids in by_brand.items()
        for author_id, history in tx.author_histories(brand, ids).items()
    }
