"""Who judges whose posts: a brand's live head holds for posts that speak to it alone, from the next page on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from listener.adapting import ByBrand, Taught, _groups, _hourly
from listener.domain.brand import Match
from listener.domain.hours import hour_of
from listener.domain.verdict import Label, Verdict
from listener.pipeline.pages import _judges, only_brand
from listener.ports import Store
from listener.store import open_store
from tests.builders import NOON, scored, verdict
from tests.store.steps import save, write
from tests.store.test_head_rows import draft


@dataclass
class Model:
    """Says which model judged, and nothing of the text."""

    model_id: str = "m@1"
    loaded: Any = None

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        return [verdict(model=self.model_id) for _ in texts]

    def judged(self, by: Any, texts: Sequence[str]) -> list[Verdict]:
        return self.classify(texts)


@pytest.fixture
def store(tmp_path: Path) -> Any:
    store = open_store(tmp_path / "listener.db")
    yield store
    store.close()


def name(brand: str, term: str, start: int) -> Match:
    return Match(brand=brand, term=term, start=start, end=start + 4)


ACME, RIVAL = name("Acme", "acme", 0), name("Rival", "rival", 9)


def test_a_post_that_speaks_to_two_brands_is_judged_by_what_holds_for_all() -> None:
    assert only_brand([ACME]) == "Acme"
    assert only_brand([ACME, RIVAL]) == ""
    assert only_brand([name("Acme", "@acme", 0), name("Rival", "@rival", 9)]) == "Acme"


def test_a_live_head_judges_its_brands_posts_until_it_is_rolled_back(store: Store) -> None:
    classifier = ByBrand(Model(), store)
    matched = [[ACME], [RIVAL], [ACME, RIVAL], [ACME]]
    assert [places for _, places in _judges(classifier, matched)] == [[0, 1, 2, 3]]
    write(store, lambda tx: tx.take_live("Acme", tx.propose_head(draft()).version, "ana", NOON))
    judges = _judges(classifier, matched)
    assert sorted(places for _, places in judges) == [[0, 3], [1, 2]]
    (taught,) = [judge for judge, _ in judges if isinstance(judge, Taught)]
    assert classifier.for_brand("Acme") is taught
    write(store, lambda tx: tx.roll_back("Acme", "ana", NOON))
    assert classifier.for_brand("Acme") is classifier


def test_authors_and_like_words_stand_together() -> None:
    @dataclass
    class Told:
        mention_id: int
        text: str

    told: list[Any] = [Told(1, "late 3 days"), Told(2, "late 5 days"), Told(3, "other words"), Told(4, "again others")]
    groups = _groups(told, {1: 10, 2: 11, 3: 11, 4: 12})
    assert groups[0] == groups[1] == groups[2]
    assert groups[3] != groups[0]


def test_complaints_told_otherwise_are_counted_anew_in_their_hours_alone(store: Store) -> None:
    first, _second = save(store, scored(), scored("@acme still late", "2"))
    with store.read() as reads:
        since = hour_of(NOON) - timedelta(hours=1)
        authors = {post.author_id for post in reads.posts_of("Acme", since, NOON + timedelta(hours=1), 10)}
        assert _hourly(reads, "Acme", since, {}) == {}
        kept = _hourly(reads, "Acme", since, {first.id: True})
        assert set(kept) == {hour_of(NOON)}
        assert kept[hour_of(NOON)] <= len(authors)
        assert Label.COMPLAINT
