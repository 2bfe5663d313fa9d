"""Text as it is kept: cut first, then cleaned; what is clean stays as it is."""

from hypothesis import given
from hypothesis import strategies as s

from listener.domain import text
from listener.domain.text import clean, clean_name, visible

ANY = s.text(alphabet=s.one_of(s.characters(), s.sampled_from("\0\ud800\u200b\u202e \t\n…a")), max_size=40)


@given(ANY, s.integers(2, 40))
def test_D2_cleaning_twice_changes_nothing(said: str, limit: int) -> None:
    once = clean(said, limit)
    assert clean(once, limit) == once
    assert len(once) <= limit
    name = clean_name(said)
    assert clean_name(name) == name


@given(ANY)
def test_D2_what_is_shown_stands_for_itself(said: str) -> None:
    shown = visible(said)
    assert visible(shown) == shown


def test_D2_what_is_cut_off_is_never_looked_at() -> None:
    assert _looked_at(clean) <= text.MAX_STORED + 1


def test_D2_control_cutting_after_cleaning_is_caught() -> None:
    def late(said: str) -> str:
        return text._UNSTORABLE.sub("\ufffd", said).strip()[: text.MAX_STORED]

    assert _looked_at(late) > text.MAX_STORED + 1


def _looked_at(cleaning: object) -> int:
    """Characters of a long text that are cleaned: each of its last is one that cleaning replaces."""
    seen = []

    class Watched:
        def sub(self, replacement: str, said: str) -> str:
            seen.append(len(said))
            return said

    kept, text._UNSTORABLE = text._UNSTORABLE, Watched()  # type: ignore[assignment]
    try:
        cleaning("a" * (2 * text.MAX_STORED))  # type: ignore[operator]
    finally:
        text._UNSTORABLE = kept
    return max(seen)
