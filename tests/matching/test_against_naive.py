"""The matcher says what a slow, obvious evaluator says, on 2,080 generated pairs of query and text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.domain.brand import Brand
from listener.domain.mention import Mention
from listener.matching import Matcher, matcher
from listener.matching.query import Node, parse, show
from tests.builders import mention
from tests.matching import naive
from tests.matching.strategies import brands, mentions, nodes, phrases


@settings(max_examples=150, deadline=None)
@given(nodes, st.lists(mentions, min_size=8, max_size=8))
def test_a_query_finds_what_the_naive_evaluator_finds(node: Node, posts: list[Mention]) -> None:
    brand = Brand(name="A", queries=(show(node),))
    found = Matcher([brand])
    for post in posts:
        assert list(found.match(post)) == naive.match([brand], post)


@settings(max_examples=60, deadline=None)
@given(phrases, st.lists(mentions, min_size=8, max_size=8))
def test_a_name_is_found_where_the_naive_evaluator_finds_it(name: str, posts: list[Mention]) -> None:
    brand = Brand(name="A", names=(name,))
    found = Matcher([brand])
    for post in posts:
        assert list(found.match(post)) == naive.match([brand], post)


@settings(max_examples=80, deadline=None)
@given(brands(nodes.map(show)), st.lists(mentions, min_size=5, max_size=5))
def test_several_brands_at_once_are_told_apart_as_one_by_one(several: list[Brand], posts: list[Mention]) -> None:
    found = Matcher(several)
    for post in posts:
        assert list(found.match(post)) == naive.match(several, post)


def test_a_prefilter_that_asks_for_too_much_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    brand, post = Brand(name="A", queries=("ab OR NOT b",)), mention("x")
    assert list(Matcher([brand]).match(post)) == naive.match([brand], post) != []
    monkeypatch.setattr(matcher, "needs", lambda node: frozenset({"ab"}))
    assert list(Matcher([brand]).match(post)) != naive.match([brand], post)


@settings(max_examples=200, deadline=None)
@given(nodes)
def test_a_query_printed_and_read_again_is_the_same(node: Node) -> None:
    assert parse(show(node)) == node


def test_a_mark_on_a_sign_does_not_hide_the_name_before_it() -> None:
    brand, post = Brand(name="A", names=("c++",)), mention("c++\u0301ß")
    assert list(Matcher([brand]).match(post)) == naive.match([brand], post) != []
