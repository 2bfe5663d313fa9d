"""What the digest says is to be fixed: touchpoints that rose, told only where a week before is a measure."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from listener.domain.digest_parts import ActOn
from listener.domain.themes import Tagging
from listener.domain.verdict import Label
from listener.insight.digest import build
from listener.store import open_store
from tests.builders import NOON, author, scored, verdict
from tests.insight.seeded import ACME, ZONE
from tests.store.steps import save

DELIVERY = Tagging(tagger="t", tags=(("touchpoint:delivery", 1.0),))


def fixed(folder: Path, *weeks_before: Tagging | None) -> list[str]:
    """What is to be fixed on a day on which nine complain of delivery; a post of each week before, tagged so."""
    store = open_store(folder / "listener.db")
    day = [("now", n, NOON, DELIVERY) for n in range(9)]
    past = [
        ("then", n, NOON - timedelta(days=7 * (n + 1), hours=hours), tagging)
        for n, tagging in enumerate(weeks_before)
        for hours in (0, 14)
    ]
    save(
        store,
        *(
            scored(f"@acme late {when} {n}", f"{when}-{n}-{at}", author=author(f"{when}{n}"), created_at=at,
                   said=verdict(Label.COMPLAINT, tagging=tagging))
            for when, n, at, tagging in (*day, *past)
        ),
    )  # fmt: skip
    with store.read() as reads:
        made = build(
            reads, brands=[ACME], timezone=ZONE, day=date(2026, 3, 2), now=NOON + timedelta(days=1), brand="Acme"
        )
    store.close()
    return [f"{line.who}: {line.why}" for one in made.lists if one.act is ActOn.FIX for line in one.lines]


def test_a_touchpoint_that_rose_is_to_be_fixed(tmp_path: Path) -> None:
    assert fixed(tmp_path, DELIVERY)[0] == "delivery: 9 people, 1 the same day a week before"


@pytest.mark.parametrize("weeks", [(), (None,)], ids=["no record so far back", "nobody looked for touchpoints then"])
def test_nought_a_week_before_is_not_told_where_nobody_looked(tmp_path: Path, weeks: tuple[None, ...]) -> None:
    assert [line for line in fixed(tmp_path, *weeks) if "delivery" in line] == []
