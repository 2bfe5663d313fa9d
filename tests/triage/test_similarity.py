"""Nearly the same words, told from merely similar ones."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.triage.similarity import BANDS, bands, comparable, fold, likeness

WORDS = ["locker", "parcel", "code", "app", "late", "lost", "bag", "hold", "phone", "never"]
LOCKER = "@acme the locker at the station has swallowed my parcel, no code came"


@pytest.mark.parametrize(
    "other",
    [
        "@ACME The LOCKER at the station has swallowed my parcel, no code came!!!",
        "the locker at the #station has swallowed my parcel, no code came https://t.co/xyz @other",
        "Sooo the lockerrrr... no: the locker at the station has swallowed my parcel, no code came",
        "no code came, the locker at the station has swallowed my parcel",
    ],
)
def test_people_who_say_the_same_are_alike(other: str) -> None:
    assert likeness(fold(LOCKER), fold(other)) >= 85


@pytest.mark.parametrize(
    "other",
    [
        "@acme the app at my phone has swallowed my patience, no answer came",
        "@acme my parcel is three days late and nobody picks up the phone",
        "parcel",
        "",
    ],
)
def test_people_who_say_something_else_are_not(other: str) -> None:
    assert likeness(fold(LOCKER), fold(other)) < 85


def test_a_post_inside_a_much_longer_one_is_not_the_same() -> None:
    long = LOCKER + " and yesterday the courier threw another one over the fence into the pond where the ducks had it"
    assert likeness(fold("the locker at the station"), fold(long)) == 0


def test_numbers_elongations_and_handles_fold() -> None:
    assert fold("@acme on hold 45 min, 2:30 sooooo slow") == fold("ON HOLD 7 min 0 soo slow @Zeta https://a.b/c")


@pytest.mark.parametrize("text", ["never again", "@acme worst", "what is it with you all", "ok ok ok ok ok"])
def test_what_says_too_little_is_never_compared(text: str) -> None:
    assert not comparable(fold(text))


def test_alike_posts_share_a_band_and_others_hardly_ever_do() -> None:
    one, same, other = bands(
        [
            fold(LOCKER),
            fold(LOCKER.replace("parcel", "package")),
            fold("my coffee grinder broke after a week, bad shop"),
        ]
    )
    assert len(one) == BANDS
    assert any(a == b for a, b in zip(one, same, strict=True))
    assert not any(a == b for a, b in zip(one, other, strict=True))
    assert all(0 <= value < 2**63 for value in one)


def test_bands_are_the_same_in_every_process() -> None:
    """Stored today, compared tomorrow: no hash may depend on the run."""
    code = f"from listener.triage.similarity import bands, fold; print(bands([fold({LOCKER!r})])[0])"
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    assert there.strip() == str(bands([fold(LOCKER)])[0])


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_any_text_folds_and_is_as_alike_to_itself_as_can_be(text: str) -> None:
    folded = fold(text)
    assert fold(folded.text).words == folded.words
    if folded.words:
        assert likeness(folded, folded) == 100
    assert len(bands([folded])) == 1


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(["locker", "parcel", "code", "app", "late", "lost", "bag", "hold", "phone", "never"]),
        max_size=12,
    )
)
def test_likeness_has_no_direction(words: list[str]) -> None:
    one, other = fold(" ".join(words)), fold("the locker swallowed my parcel and no code came")
    assert likeness(one, other) == pytest.approx(likeness(other, one))
