"""The challenge set is whole, its texts differ, and every one of them gets an answer that is counted."""

from collections import Counter

import pytest

from classifiers.base import LABELS, SENTIMENTS
from classifiers.embedded import EmbeddedClassifier
from classifiers.normalise import normalise
from classifiers.train.copies import Index, core
from tests.classifiers.challenge import FOLDER, KINDS, posts, scored, table


def test_every_kind_has_at_least_25_posts_and_a_file_of_its_own() -> None:
    counted = Counter(post.kind for post in posts())
    assert set(counted) == set(KINDS) == {file.stem for file in FOLDER.glob("*.jsonl")}
    assert min(counted.values()) >= 25


def test_every_post_says_what_a_person_makes_of_it() -> None:
    for post in posts():
        assert post.text.strip()
        assert post.sentiment in SENTIMENTS
        assert post.labels <= set(LABELS)


def test_a_post_beside_a_rival_names_both_and_says_who_is_meant() -> None:
    rivals = [post for post in posts() if post.kind == "rival"]
    assert all(post.brand and post.rival and post.meant in {post.brand, post.rival, ""} for post in rivals)
    assert all(post.meant == post.brand for post in rivals if post.labels)
    assert {bool(post.labels) for post in rivals} == {True, False}


def test_no_two_posts_are_near_copies() -> None:
    cores = [core(normalise(post.text)) for post in posts()]
    index = Index.over(cores)
    pairs = [(i, j) for i, words in enumerate(cores) for j in index.of(words) if i < j]
    assert [(posts()[i].text, posts()[j].text) for i, j in pairs] == []


def test_the_table_counts_every_kind_and_all() -> None:
    lines = scored(EmbeddedClassifier.load(threads=1))
    assert [line.kind for line in lines] == [*KINDS, "all kinds"]
    assert lines[-1].n == len(posts()) == sum(line.n for line in lines[:-1])
    assert 0 < lines[-1].right["all"] < lines[-1].n
    printed = table(lines)
    assert all(f"| {kind} |" in printed for kind in KINDS)


@pytest.mark.parametrize("label", [*LABELS])
def test_each_label_is_asked_both_ways(label: str) -> None:
    given = [label in post.labels for post in posts()]
    assert 20 < sum(given) < len(given) - 20


def test_a_question_is_one_whomever_it_addresses() -> None:
    """Reviews and comments name nobody; the shipped model once took a handle for the question."""
    asked = [post for post in posts() if post.kind == "question"]
    found = EmbeddedClassifier.load(threads=1).classify([post.text for post in asked])
    assert sum("question" in one.verdict.labels for one in found) >= len(asked) - 2
