"""The question head is fitted on the finished encoder: it tells what asks, with a handle or without."""

import pytest

torch = pytest.importorskip("torch", reason="torch (extra train) is not installed")

from tokenizers import Tokenizer  # noqa: E402
from tokenizers.models import WordLevel  # noqa: E402
from tokenizers.pre_tokenizers import Whitespace  # noqa: E402

from classifiers.train import asking  # noqa: E402
from classifiers.train.data import Row  # noqa: E402
from classifiers.train.network import made_up  # noqa: E402
from classifiers.train.plan import LABELS, Plan  # noqa: E402

WORDS = (
    "[PAD]",
    "@user",
    "user",
    "@",
    "?",
    "where",
    "is",
    "my",
    "parcel",
    "late",
    "again",
    "thanks",
    "for",
    "it",
    "late.",
)


def pieces() -> Tokenizer:
    found = Tokenizer(WordLevel({word: n for n, word in enumerate(WORDS)}, unk_token="[PAD]"))
    found.pre_tokenizer = Whitespace()
    return found


def rows(n: int) -> list[Row]:
    """Only posts with a handle ask."""
    tails = ["parcel", "my parcel", "it", "it again", "my parcel again"]
    asked = [
        Row(source="airline", text=f"@user where is {tails[i % 5]} {'again ' * (i // 5)}?", question=True)
        for i in range(n)
    ]
    told = [
        Row(source="airline", text=f"thanks for {tails[i % 5]} {'late ' * (i // 5)}", question=False) for i in range(n)
    ]
    return asked + told


def scores(network: object, texts: list[str]) -> list[float]:
    ids = [found.ids for found in pieces().encode_batch(texts)]
    with torch.no_grad():
        return [
            float(network(torch.tensor([one]), torch.ones(1, len(one)))["labels"][0, LABELS.index("question")])
            for one in ids
        ]  # type: ignore[operator]


def test_a_question_without_a_handle_is_told_too() -> None:
    torch.manual_seed(1)
    network = made_up(vocabulary=len(WORDS))
    network.eval()
    before = network.heads["labels"].weight.detach().clone()
    asking.refit(network, rows(60), pieces(), Plan())
    with_handle, bare, plain = scores(network, ["@user where is it ?", "where is it ?", "thanks for it"])
    assert min(with_handle, bare) > 0 > plain
    after, asks = network.heads["labels"].weight.detach(), LABELS.index("question")
    others = [n for n in range(len(LABELS)) if n != asks]
    assert torch.equal(after[others], before[others])


def test_where_nearly_nothing_asks_the_head_stays_as_it_was_trained() -> None:
    network = made_up(vocabulary=len(WORDS))
    before = network.heads["labels"].weight.detach().clone()
    asking.refit(network, rows(10), pieces(), Plan())
    assert torch.equal(network.heads["labels"].weight.detach(), before)
