"""What surveyed customers say stands in the digest beside what others say unasked."""

from datetime import timedelta
from pathlib import Path

from listener.domain.digest import Cycle, Digest
from listener.domain.loyalty import Answer
from listener.insight.digest import build
from listener.reports import Format, render
from listener.store import open_store
from tests.insight import seeded

END = seeded.BEGIN + timedelta(days=seeded.DAYS)
DAY = timedelta(days=1)


def made(path: Path, answers: list[Answer], brand: str = "", cycle: Cycle = Cycle.DAILY) -> Digest:
    """The digest of the last day that is over."""
    store = open_store(path / "listener.db")
    with store.write() as tx:
        tx.save_answers(answers, END)
    with store.read() as reads:
        found = build(
            reads,
            brands=seeded.BRANDS,
            timezone=seeded.ZONE,
            day=(END - DAY / 2).date(),
            now=END + DAY,
            brand=brand,
            cycle=cycle,
        )
    store.close()
    return found


def answers(promoters: int, passives: int, detractors: int, *, before: float = 1, brand: str = "Acme") -> list[Answer]:
    """So many, given so many days before the end."""
    scores = [10] * promoters + [8] * passives + [3] * detractors
    return [
        Answer(brand=brand, survey="spring", respondent=f"{brand} {before} {n}", score=score, at=END - before * DAY)
        for n, score in enumerate(scores)
    ]


def test_the_answers_of_ninety_days_are_told_with_those_before(tmp_path: Path) -> None:
    found = made(tmp_path, [*answers(60, 20, 40, before=89.5), *answers(30, 20, 30, before=91)]).loyal.survey
    assert found is not None
    assert found.before is not None
    assert (found.nps.n, round(found.nps.points, 1)) == (120, 16.7)
    assert (found.before.n, found.before.points) == (80, 0.0)
    assert found.command == "listener nps --since 2026-01-01 --until 2026-03-31"


def test_the_digest_says_so_in_every_form(tmp_path: Path) -> None:
    digest = made(tmp_path, answers(60, 20, 40))
    said = "+17 points (+1 to +33, n = 120 who answered in 90 days): below average to above average"
    for form in (Format.TEXT, Format.MD, Format.HTML):
        page = " ".join(render(digest, form).replace("\\", "").split())
        assert "Survey NPS" in page
        assert said in page, form
    assert '"survey"' in render(digest, Format.JSON)


def test_few_answers_are_no_figure_and_none_are_not_named(tmp_path: Path) -> None:
    few = render(made(tmp_path, answers(5, 3, 2)), Format.TEXT)
    assert "Survey NPS: too few to tell (n = 10 who answered in 90 days)." in few
    (tmp_path / "none").mkdir()
    assert "NPS" not in render(made(tmp_path / "none", answers(60, 0, 0, before=200)), Format.TEXT)


def test_a_brand_s_digest_counts_its_own_answers(tmp_path: Path) -> None:
    asked = [*answers(60, 20, 40), *answers(10, 10, 80, brand="Bolt")]
    of_one = made(tmp_path, asked, brand="Bolt", cycle=Cycle.WEEKLY).loyal.survey
    assert of_one is not None
    assert (of_one.nps.n, of_one.nps.points) == (100, -70.0)
    assert of_one.command.endswith("--brand Bolt")
