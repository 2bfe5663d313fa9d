"""The words of complaints: what is dropped, what stands out, and that people count, not posts."""

from datetime import timedelta
from pathlib import Path

import pytest

from listener.domain.digest import TopReason
from listener.domain.verdict import Label, Sentiment
from listener.domain.words import parts, terms
from listener.insight import reasons
from listener.insight.reasons import top_reasons
from listener.store import open_store
from tests.builders import NOON, author, scored, verdict


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@acme parcel late", {"parcel", "late", "parcel late"}),
        ("see https://acme.example/parcel?late=1 or www.parcel.example", set()),
        ("write me: ann@parcel.example", {"write"}),
        ("Parcel PARCEL parcel", {"parcel"}),
        ("I am on hold", {"hold"}),
        ("3 hours, 45min", {"hours", "min"}),
        ("#delayedagain", {"delayedagain"}),
        ("driver’s fault", {"driver's", "fault", "driver's fault"}),
        ("late @bolt parcel", {"late", "parcel"}),
        ("x" * 41, set()),
        ("<b>broken</b>", {"broken"}),
        ("", set()),
    ],
)
def test_terms_are_telling_words_and_their_neighbours(text: str, expected: set[str]) -> None:
    assert terms(text) == expected


def test_a_brands_own_name_tells_nothing() -> None:
    assert terms("acme parcels late, acmeparcels!", parts(["Acme Parcels"])) == {"late"}


def told(
    tmp_path: Path, today: list[str], before: list[str], *, days: float = 7, other: list[str] | None = None
) -> list[TopReason]:
    """One author a text; `before` within the week before, `other` neutral posts of today."""
    store = open_store(tmp_path / "reasons.db")
    rows = [
        scored(text, f"{kind}{n}", author=author(f"{kind}{n}"), created_at=NOON + shift, said=said)
        for kind, texts, shift, said in (
            ("now", today, timedelta(hours=1), verdict(Label.COMPLAINT)),
            ("old", before, -timedelta(days=3), verdict(Label.COMPLAINT)),
            ("other", other or [], timedelta(hours=1), verdict(sentiment=Sentiment.NEUTRAL)),
        )
        for n, text in enumerate(texts)
    ]
    with store.write() as tx:
        tx.save_mentions(rows, NOON)
    with store.read() as reads:
        found = top_reasons(reads, "Acme", NOON, NOON + timedelta(hours=24), days=days)
    store.close()
    return found


def test_what_is_new_today_stands_before_what_is_always_said(tmp_path: Path) -> None:
    found = told(tmp_path, ["refund missing"] * 10 + ["parcel late"] * 10, ["parcel late"] * 60)
    assert found[0].words == "refund missing"
    assert found[0].people == 10
    assert found[0].usual == 0
    assert "parcel late" not in {reason.words for reason in found}


def test_words_that_contented_people_use_as_well_are_no_reason(tmp_path: Path) -> None:
    found = told(tmp_path, ["parcel crushed"] * 10, [], other=["parcel arrived"] * 40)
    assert [reason.words for reason in found] == ["crushed"] or found[0].words == "parcel crushed"
    assert "parcel" not in {reason.words for reason in found}


def test_without_history_the_most_people_come_first_and_no_usual_is_told(tmp_path: Path) -> None:
    found = told(tmp_path, ["refund missing"] * 5 + ["parcel late"] * 9, [], days=0)
    assert [(reason.words, reason.people, reason.usual) for reason in found] == [
        ("parcel late", 9, None),
        ("refund missing", 5, None),
    ]


def test_beyond_what_is_read_people_are_extrapolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reasons, "MOST_READ", 10)
    [only] = told(tmp_path, ["refund missing"] * 40, ["parcel late"] * 70)
    assert (only.words, only.people) == ("refund missing", 40)


def test_two_people_are_no_reason(tmp_path: Path) -> None:
    assert told(tmp_path, ["refund missing"] * 2, []) == []


def test_one_author_who_repeats_is_one_person(tmp_path: Path) -> None:
    store = open_store(tmp_path / "one.db")
    with store.write() as tx:
        tx.save_mentions([scored("@acme refund missing", f"{n}") for n in range(20)], NOON)
    with store.read() as reads:
        assert top_reasons(reads, "Acme", NOON, NOON + timedelta(hours=1), days=0) == []
    store.close()


def test_reasons_quote_different_posts_where_they_can(tmp_path: Path) -> None:
    found = told(
        tmp_path, ["refund missing and parcel late"] * 3 + ["refund missing"] * 4 + ["parcel late"] * 4, [], days=0
    )
    assert len({reason.quote.url for reason in found}) == len(found) == 2
