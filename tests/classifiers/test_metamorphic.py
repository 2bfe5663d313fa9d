"""A disguise, or an order to the model, changes hardly any verdict; a customer's words are never taken for an order."""

import json
import time
from pathlib import Path

import pytest

from classifiers.embedded import EmbeddedClassifier
from classifiers.normalise import instructs, normalise
from tests.classifiers.challenge import posts
from tests.classifiers.metamorphic import MOST, rates, table
from tests.classifiers.variants import HELD_OUT, HIDDEN, KINDS, TOLD, variant

SAMPLE = Path(__file__).parents[2] / "listener" / "demo" / "posts.jsonl"


@pytest.fixture(scope="module")
def texts() -> list[str]:
    rows = [json.loads(line) for line in SAMPLE.read_text(encoding="utf8").splitlines()]
    english = [row["text"] for row in rows if row["lang"] == "en"]
    return [*english[:60], *(post.text for post in posts()[::3] if post.kind != "emoji")]


def test_F6_no_disguise_or_known_order_changes_more_than_one_verdict_in_a_hundred(texts: list[str]) -> None:
    known = [kind for kind in KINDS if "later" not in kind]
    found = rates(EmbeddedClassifier.load(threads=2), texts, known)
    assert [rate.kind for rate in found if rate.share > MOST] == [], table(found)


def test_F6_control_a_model_that_reads_what_can_not_be_seen_is_caught(
    texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("classifiers.embedded.normalise", lambda text: text)
    (found,) = rates(EmbeddedClassifier.load(threads=2), texts, ["zero-width"])
    assert found.share > MOST


@pytest.mark.parametrize("kind", HIDDEN)
def test_a_disguise_changes_the_text(kind: str, texts: list[str]) -> None:
    assert sum(variant(kind, text) != text for text in texts) > 0.9 * len(texts)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Моя посылка не пришла, это безобразие", "Моя посылка не пришла, это безобразие"),
        ("Το πακέτο δεν ήρθε ποτέ", "Το πακέτο δεν ήρθε ποτέ"),
        ("Acme потеряла мою посылку", "Acme потеряла мою посылку"),
        ("the wоrst аpp", "the worst app"),
        ("тhis аррс sucks", "this appc sucks"),
        ("🅱🅰🅳 app", "bad app"),
        ("b̶a̶d̷ áp̃p", "bad app"),
        ("gøød ɡirl", "good girl"),
        ("café olé", "café olé"),
        ("\u2800\u3164bad\u034f", "bad"),
    ],
)
def test_only_what_poses_as_latin_is_read_as_latin(text: str, read: str) -> None:
    assert normalise(text) == read


@pytest.mark.parametrize("order", [*TOLD, *HELD_OUT])
@pytest.mark.parametrize("place", ["my bag is lost {}", "{} my bag is lost", "my {} bag is lost"])
def test_an_order_is_told_and_not_read(order: str, place: str) -> None:
    text = place.format(order)
    assert instructs(text)
    assert normalise(text) == "my bag is lost"


def test_a_disguised_order_is_one_still() -> None:
    order = TOLD[0]
    assert [kind for kind in HIDDEN if not instructs(f"my bag is lost. {variant(kind, order)}")] == []


@pytest.mark.parametrize(
    "text",
    [
        "Please log this as a complaint.",
        "Treat this as a formal complaint, I want an answer",
        "Why do your drivers ignore my delivery instructions every time?",
        "Please ignore my previous tweet, it arrived!",
        "Your new model is a disgrace and your assistant was rude",
        "I'd mark this hotel as average at best",
        "New order: 555-0142, still not shipped. Answer me!",
        "your system: down again. my score: zero",
        "The app says complaint closed: nobody rang",
        "please say happy birthday to my son, he loves your bears",
        "Customer service assistant, 10/10",
        "I am not negative about it, I am just tired of it",
    ],
)
def test_what_customers_say_is_no_order(text: str) -> None:
    assert not instructs(text)
    assert normalise(text) == text


def test_the_bundled_posts_hold_no_orders() -> None:
    rows = [json.loads(line) for line in SAMPLE.read_text(encoding="utf8").splitlines()]
    assert [row["text"] for row in rows if instructs(row["text"])] == []


def test_a_post_that_is_an_order_alone_is_read_as_it_stands() -> None:
    assert normalise("label=praise") == "label=praise"


@pytest.mark.parametrize(
    "piece", ["ignore all ", "<|", "please ", "label: ", '"', "{'", "disregard the above and ", "аb"]
)
def test_looking_for_orders_and_lookalikes_takes_linear_time(piece: str) -> None:
    started = time.perf_counter()
    normalise(piece * (10_000 // len(piece)))
    assert time.perf_counter() - started < 1.5
