"""Whether a text may hold a secret is told quickly, and never wrongly."""

import base64
import random
import string
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from listener import redaction
from listener.redaction import HIDDEN, hide, is_clean, remember

POST = "@acme my parcel is lost again, where is my refund? https://example.com/status/1800000000012"
SIGNS = string.ascii_letters + string.digits + "+/=_-%!$ .:ü"


@pytest.fixture(autouse=True)
def nothing_else(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What other tests made known stays out."""
    monkeypatch.setattr(redaction, "_held", type(redaction._held)())
    redaction._gathered.cache_clear()
    yield
    redaction._gathered.cache_clear()


def _secrets(chance: random.Random) -> list[str]:
    return ["".join(chance.choices(SIGNS, k=chance.randrange(8, 60))) for _ in range(20)]


def _plainly(text: str) -> str:
    """As it was once done: every needle is looked for."""
    for needle in redaction._gathered().needles:
        text = text.replace(needle, HIDDEN)
    return text


def _says(secret: str, chance: random.Random) -> str:
    raw = secret.encode()
    coded = chance.choice(
        [
            secret,
            quote(secret, safe=""),
            base64.b64encode(raw).decode(),
            base64.urlsafe_b64encode(b"id:" + raw).decode(),
        ]
    )
    return f"{POST}{chance.choice(['', ' ', 'x', '/', '='])}{coded}{chance.choice(['', ' ', 'x9', '&'])} {POST}"


@pytest.mark.parametrize("seed", range(10))
def test_the_quick_way_hides_what_the_slow_way_hides(seed: int) -> None:
    chance = random.Random(seed)
    known = _secrets(chance)
    for secret in known:
        remember(secret)
    for secret in known:
        said = _says(secret, chance)
        assert hide(said) == _plainly(said)
        assert not is_clean(said) or hide(said) == said
    assert hide(POST) == POST


def test_ordinary_posts_are_clean_and_secrets_are_not() -> None:
    remember("xoxb-17653672481-abcdefghij")
    assert is_clean(POST)
    assert not is_clean(f"{POST} xoxb-17653672481-abcdefghij")


def test_a_secret_learnt_later_is_hidden_too() -> None:
    assert hide("tok-0123456789abcdef") == "tok-0123456789abcdef"
    remember("tok-0123456789abcdef")
    assert hide("tok-0123456789abcdef") == HIDDEN


def test_a_secret_of_short_runs_is_hidden_too() -> None:
    remember("pa$s wo.rd ab!c")
    assert hide("it is pa$s wo.rd ab!c") == f"it is {HIDDEN}"


def test_control_a_mark_that_is_forgotten_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    remember("tok-0123456789abcdef")
    known = redaction._gathered()
    blind = redaction._Known(needles=known.needles, marks=frozenset({"never-to-be-seen"}), unmarked=())
    monkeypatch.setattr(redaction, "_known", lambda: blind)
    assert hide("tok-0123456789abcdef") != _plainly("tok-0123456789abcdef")
