"""Walking a chain: pure, over rows made here."""

from datetime import timedelta, timezone

import pytest

from listener.domain.audit import GENESIS, Anchor, Sealed, SealedEvent, Unsealed, digest_of, instant, link_of
from listener.errors import ConfigError
from listener.triage.auditing import anchor_from, verify
from tests.builders import NOON, minutes


def chain(length: int = 5) -> list[Sealed]:
    """Notes by Ana and Ben, sealed in turn."""
    rows: list[Sealed] = []
    for number in range(1, length + 1):
        event = SealedEvent(
            NOON + minutes(number), ("ana", "ben")[number % 2], "noted", "case:1", {"text": f"note {number}"}, {}
        )
        rows.append(sealed(number, event, rows[-1].link if rows else GENESIS))
    return rows


def sealed(number: int, event: SealedEvent, before: str) -> Sealed:
    salt = bytes([number]) * 16
    digest = digest_of(salt, event.detail, event.before)
    facts = {"at": event.at, "agent": event.agent, "kind": event.kind, "subject": event.subject}
    link = link_of(before, **facts, event_id=number, digest=digest)  # type: ignore[arg-type]
    return Sealed(number, *event[:4], number, salt, digest, link, event)


def test_a_chain_as_it_was_sealed_is_whole() -> None:
    found = verify(chain())
    assert (found.first, found.faulty, found.erased, found.end.count) == (None, 0, 0, 5)


def test_an_empty_chain_is_whole() -> None:
    assert verify([]).end == Anchor(count=0, link=GENESIS)


@pytest.mark.parametrize("number", [1, 3, 5])
@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"agent": "eve"}, "link"),
        ({"kind": "resolved"}, "link"),
        ({"subject": "case:2"}, "link"),
        ({"at": NOON}, "link"),
        ({"event_id": 99}, "link"),
        ({"digest": "0" * 64}, "link"),
        ({"link": "0" * 64}, "link"),
        ({"event": None}, "gone"),
        ({"salt": b""}, "salt"),
        ({"salt": b"x" * 16}, "words"),
    ],
)
def test_any_field_of_any_row_that_was_changed_is_named(number: int, change: dict[str, object], word: str) -> None:
    rows = chain()
    rows[number - 1] = rows[number - 1]._replace(**change)
    found = verify(rows)
    assert found.first is not None
    assert found.first.row == number
    assert word in found.first.what


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"agent": "eve"}, "agent was"),
        ({"kind": "resolved"}, "kind was"),
        ({"at": NOON}, "time was"),
        ({"subject": "case:9"}, "subject was"),
        ({"detail": {"text": "nothing"}}, "words of event 3 were changed"),
        ({"detail": {}}, "no erasure"),
        ({"before": {"queue": "support"}}, "words of event 3 were changed"),
    ],
)
def test_an_event_that_says_otherwise_than_what_was_sealed_is_named(change: dict[str, object], word: str) -> None:
    rows = chain()
    event = rows[2].event
    assert event is not None
    rows[2] = rows[2]._replace(event=event._replace(**change))
    found = verify(rows)
    assert found.first is not None
    assert found.first.row == 3
    assert word in found.first.what
    assert found.faulty == 1


def test_a_deleted_row_a_swapped_pair_and_an_inserted_one_are_named() -> None:
    rows = chain()
    without = verify([*rows[:2], *rows[3:]])
    assert without.first is not None
    assert (without.first.row, without.first.what) == (4, "row 3 is missing before it")
    swapped = [rows[0], rows[2]._replace(id=2), rows[1]._replace(id=3), *rows[3:]]
    second = verify(swapped).first
    assert second is not None
    assert second.row == 2
    forged = rows[1]._replace(id=3, agent="eve")
    third = verify([*rows[:2], forged, *(row._replace(id=row.id + 1) for row in rows[2:])]).first
    assert third is not None
    assert third.row == 3


def test_erased_words_are_counted_and_the_chain_still_holds() -> None:
    rows = chain()
    event = rows[2].event
    assert event is not None
    rows[2] = rows[2]._replace(salt=b"", event=event._replace(detail={}))
    found = verify(rows)
    assert (found.first, found.erased) == (None, 1)


def test_a_cut_off_end_shows_only_against_an_anchor() -> None:
    rows = chain()
    anchor = Anchor(count=5, link=rows[-1].link)
    assert verify(rows[:3]).first is None
    found = verify(rows[:3], anchor=anchor).first
    assert found is not None
    assert "cut off" in found.what
    assert verify(rows, anchor=anchor).first is None


def test_a_chain_written_anew_shows_against_an_anchor_however_well_it_was_forged() -> None:
    anchor = Anchor(count=5, link=chain()[-1].link)
    forged: list[Sealed] = []
    for row in chain(7):
        assert row.event is not None
        event = row.event._replace(agent="eve") if row.id == 2 else row.event
        forged.append(sealed(row.id, event, forged[-1].link if forged else GENESIS))
    assert verify(forged).first is None
    found = verify(forged, anchor=anchor).first
    assert found is not None
    assert (found.row, "anchor" in found.what) == (5, True)


def test_an_act_that_nobody_sealed_is_named() -> None:
    found = verify(chain(), [Unsealed(event_id=17, subject="case:3", agent="eve", kind="resolved")])
    assert found.first is not None
    assert found.first.what == "event 17 of case:3 (resolved, by eve) isn't in the audit"
    assert found.faulty == 1


def test_an_instant_is_sealed_the_same_in_every_zone() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert instant(there) == instant(NOON) == "2026-03-02T12:00:00.000000+00:00"


def test_an_anchor_is_read_back_as_it_was_printed() -> None:
    anchor = Anchor(count=12, link="ab" * 32)
    assert anchor_from(f" {anchor}\n") == anchor


@pytest.mark.parametrize(
    "text", ["", "12", "12:", "12:abc", f"x:{'0' * 64}", f"1:{'g' * 64}", f"{'9' * 30}:{'0' * 64}"]
)
def test_what_is_no_anchor_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        anchor_from(text)
