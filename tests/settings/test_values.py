"""Time spans as people write them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.settings.values import FromEnvironment, span_text, to_duration, to_switch, to_whole


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("5m", 300), ("24h", 86400), ("7d", 604800), ("2w", 1209600), ("1h30m", 5400), (" 1.5 h ", 5400)],
)
def test_a_span_is_a_number_and_a_unit_one_or_more_times(text: str, seconds: int) -> None:
    assert to_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "5", "m", "5 minutes", "-5m", "5m!", "1e3s", 5, None, "1s" * 40])
def test_anything_else_is_no_span(text: object) -> None:
    assert to_duration(text) is None


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=4000)))
def test_a_span_written_out_reads_back_as_itself(span: timedelta) -> None:
    assert to_duration(span_text(span)) == span


def test_a_variable_may_spell_a_switch_in_several_ways() -> None:
    assert [to_switch(FromEnvironment(text)) for text in ("true", "YES", "1", "false", "no", "0", "maybe")] == [
        *[True] * 3,
        *[False] * 3,
        None,
    ]
    assert to_switch("true") is None
    assert to_whole(FromEnvironment("-1")) is None
