"""What stands on a brand's own ground is about it, though it never says its name."""

from dataclasses import replace
from pathlib import Path

import pytest

from listener import pipeline
from listener.domain.brand import addressed, found_at
from listener.domain.mention import Mention
from listener.domain.policy import SourceConfig
from listener.domain.run import SourceReport
from listener.ports import Store
from listener.settings import ConfigProblems, copy_to, load
from tests.builders import mention
from tests.pipeline.parts import page, stages

REVIEWS = SourceConfig(name="reviews", connector="scripted", brand="Acme")
REVIEW = mention("the app crashes at log-in, so late again", native_id="r1", platform="appstore")


def stored(store: Store, folder: Path, *posts: Mention, source: SourceConfig = REVIEWS) -> SourceReport:
    report = SourceReport(source=source.name)
    pipeline.store_page(stages(store, folder), source, "appstore", page(*posts, cursor=1), report)
    return report


def terms(store: Store, mention_id: int = 1) -> list[tuple[str, str]]:
    with store.read() as reads:
        return [(match.brand, match.term) for match in reads.mention(mention_id).matches]


def test_a_review_that_names_nobody_is_about_the_app_s_brand_and_opens_a_case(store: Store, tmp_path: Path) -> None:
    assert stored(store, tmp_path, REVIEW).opened == 1
    assert terms(store) == [("Acme", "source reviews")]


def test_without_a_brand_of_its_own_a_source_brings_what_names_one(store: Store, tmp_path: Path) -> None:
    assert stored(store, tmp_path, REVIEW, source=replace(REVIEWS, brand="")).matched == 0


def test_words_that_name_the_brand_are_the_better_reason(store: Store, tmp_path: Path) -> None:
    stored(store, tmp_path, replace(REVIEW, text="@acme the app is late"))
    assert terms(store) == [("Acme", "@acme")]


def test_an_edit_that_is_seen_elsewhere_leaves_it_where_it_belongs(store: Store, tmp_path: Path) -> None:
    stored(store, tmp_path, REVIEW)
    edited = replace(REVIEW, text="still late, two stars now", version="2")
    assert stored(store, tmp_path, edited, source=replace(REVIEWS, name="other", brand="")).stored == 1
    assert terms(store) == [("Acme", "source reviews")]
    with store.read() as reads:
        assert reads.mention(1).mention.text == "still late, two stars now"


def test_a_place_addresses_its_brand() -> None:
    assert addressed([found_at("Acme", "reviews")]) == {"Acme"}


@pytest.mark.parametrize("line", ['brand = "Acmee"', 'reply_for = ["Acmee"]'])
def test_a_brand_that_nobody_knows_is_a_mistake(tmp_path: Path, line: str) -> None:
    copy_to(tmp_path)
    (tmp_path / "listener.toml").write_text(
        f'[[source]]\nconnector = "hackernews"\n{line}\n[source.options]\nquery = "a"\n'
    )
    with pytest.raises(ConfigProblems, match='no brand is named "Acmee"'):
        load(tmp_path, environ={})
