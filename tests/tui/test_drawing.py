"""Pure parts of the desk: folding and cutting, what a filter means, which keys matter."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from listener.domain.case import CaseState
from listener.domain.text import visible
from listener.errors import ConfigError
from listener.tui.drawing import cell, wrapped
from listener.tui.hints import ALL_KEYS, hint_line, hints
from listener.tui.view import Scope, View, asked_of_store, narrowed, shows, spelled
from tests.builders import NOON
from tests.triage.builders import case, held, resolved

TEXT = st.text(max_size=60).map(visible)


@settings(max_examples=150, deadline=None)
@given(text=TEXT, width=st.integers(2, 40))
def test_a_cell_is_exactly_as_wide_as_its_column(text: str, width: int) -> None:
    assert cell_len(cell(text, width)) == width


@settings(max_examples=150, deadline=None)
@given(pieces=st.lists(st.tuples(TEXT, st.sampled_from(("", "bold"))), max_size=4), width=st.integers(2, 40))
def test_folding_loses_no_word_and_keeps_to_the_width(pieces: list[tuple[str, str]], width: int) -> None:
    folded = wrapped(tuple(pieces), width)
    before = "".join(text for text, _ in pieces)
    after = "".join(text for line in folded for text, _ in line)
    assert "".join(after.split()) == "".join(before.split())
    assert all(cell_len("".join(text for text, _ in line).rstrip()) <= width for line in folded)


def test_a_filter_is_words_and_fields_in_any_order() -> None:
    view = narrowed(View(), "Refund queue:billing is:mine NOW is:snoozed")
    assert view == View(scope=Scope.MINE, queue="billing", state=CaseState.SNOOZED, words=("refund", "now"))
    assert narrowed(View(scope=Scope.MINE), spelled(view)) == view
    assert asked_of_store(view, "ada").assignee == "ada"
    with pytest.raises(ConfigError, match="is:late means nothing"):
        narrowed(View(), "is:late")


def test_all_words_must_stand_in_the_case() -> None:
    assert shows(case(), View(words=("parcel", "@acme", "support")))
    assert not shows(case(), View(words=("parcel", "refund")))


def test_the_first_hint_is_what_a_newcomer_should_press() -> None:
    soon = NOON + timedelta(minutes=1)
    assert hints(case(), "ada", soon, can_undo=False)[0] == ("n", "take next case")
    assert hints(held("ada"), "ada", soon, can_undo=False)[0] == ("r", "reply")
    assert hints(held("bob"), "ada", soon, can_undo=False)[0][0] == "n"
    assert hints(resolved(), "ada", soon, can_undo=False)[0][0] == "b"
    assert ("u", "undo") in hints(None, "ada", soon, can_undo=True)


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_where_room_is_short_the_way_to_all_keys_stays(width: int) -> None:
    line = hint_line(hints(held("ada"), "ada", NOON, can_undo=True), width)
    assert (f" {ALL_KEYS[1]}  ", "") in line
    assert sum(len(text) for text, _ in line) <= max(width, 20)
