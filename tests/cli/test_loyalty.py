"""`listener loyalty` and `listener advocacy` as people type them."""

import csv
import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from listener.domain.case import CaseChange, CaseDraft, EventKind, Reason
from listener.domain.factors import FactorName
from listener.domain.mention import Metrics
from listener.domain.themes import Tagging
from listener.domain.verdict import Label, Sentiment
from listener.insight.factors import FORMULAS
from tests.builders import author, minutes, scored, verdict
from tests.cli.office import Counter, counter

BRAND = "Northlight Coffee"
HOSTILE = "=1+1 \x1b[2J how do I descale the machine?"
HOWTO, RECOMMEND = ("act:howto", "touchpoint:use"), ("act:recommend",)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    """Forty who recommend, forty who complain of the use, forty who ask how to descale, of whom ten were answered."""
    with pytest.MonkeyPatch.context() as patch:
        office = counter(tmp_path_factory.mktemp("loyalty") / "office", patch)
        with office.hears(ago=timedelta(hours=30)) as desk, desk.store.write() as tx:
            now = desk.clock.now()
            posts = [
                *(_post(n, now, "a fine thing, buy it", RECOMMEND, Label.PRAISE) for n in range(40)),
                *(_post(n, now, "the pump is loud", ("touchpoint:use",), Label.COMPLAINT) for n in range(40, 80)),
                *(_post(n, now, HOSTILE, HOWTO) for n in range(80, 120)),
            ]
            saved = tx.save_mentions(posts, now)
            for row in saved[80:90]:
                case = tx.open_case(
                    CaseDraft(
                        brand=BRAND,
                        author_id=row.author_id,
                        thread=str(row.id),
                        mention_id=row.id,
                        queue="support",
                        reason=Reason.QUESTION,
                        priority=1.0,
                        terms={"severity": 1.0},
                        escalated=False,
                        due_at=None,
                        opened_at=now,
                    )
                )
                at = now + minutes(9)
                done = {"first_reply_at": at, "answered_at": at}
                tx.change_case(case.id, case.version, CaseChange(kind=EventKind.REPLIED, agent="ada", at=at, set=done))
        yield office


def _post(n: int, now: datetime, text: str, tags: tuple[str, ...], label: Label = Label.QUESTION):  # type: ignore[no-untyped-def]
    moods = {Label.PRAISE: Sentiment.POSITIVE, Label.COMPLAINT: Sentiment.NEGATIVE, Label.QUESTION: Sentiment.NEUTRAL}
    tagging = Tagging(tagger="t", tags=tuple((tag, 1.0) for tag in tags))
    return scored(
        text,
        str(n),
        brand=BRAND,
        author=author(f"p{n}"),
        created_at=now + timedelta(seconds=n),
        metrics=Metrics(replies=n % 2),
        said=verdict(label, sentiment=moods[label], tagging=tagging),
    )


def factor(office: Counter, name: FactorName) -> dict[str, object]:
    found: dict[str, object] = office.types("loyalty", "--factor", name, "--json").one
    return found


def values(found: dict[str, object]) -> list[object]:
    return [part["value"] for part in found["parts"]]  # type: ignore[attr-defined]


def test_each_factor_is_counted_from_what_people_said(office: Counter) -> None:
    usage, advocacy = factor(office, FactorName.USAGE), factor(office, FactorName.ADVOCACY)
    assert values(usage) == [40 / 120, 10 / 40]
    assert usage["score"] == pytest.approx(100 * (1 / 3 + 1 / 4) / 2)
    # The askers are passive: forty promoters and forty detractors of a hundred and twenty.
    assert values(advocacy) == [0.5, 40 / 120]
    assert values(factor(office, FactorName.WORD_OF_MOUTH))[:2] == [None, 0.5]
    assert values(factor(office, FactorName.EXPERIENCE)) == [0.25, None]


def test_all_four_stand_on_a_page_with_parts_n_and_the_command_behind_them(office: Counter) -> None:
    told = office.types("loyalty")
    assert [line.split("\t")[1] for line in told.out.splitlines()[1:5]] == [n.replace("-", " ") for n in FactorName]
    assert "talk of using: 33 (26–42, n = 120 authors): 40 of 120 authors talk of using it" in told.out
    assert "10 of 40 answered" in told.out
    assert told.out.count("--posts") == 4
    assert "95 % interval" in told.err


def test_the_formula_is_one_flag_away(office: Counter) -> None:
    told = office.types("loyalty", "--formula").out
    assert all(formula in told for formula in FORMULAS.values())
    assert FORMULAS[FactorName.USAGE] not in office.types("loyalty").out


def test_the_command_a_factor_names_lists_the_posts_it_counts(office: Counter) -> None:
    command = str(factor(office, FactorName.USAGE)["command"])
    assert command.startswith("listener loyalty --brand 'Northlight Coffee' --since ")
    assert "--factor usage --posts" in command
    listed = office.types("loyalty", "--factor", "usage", "--posts", "--json", "--limit", "100").rows
    assert len(listed) == 40
    assert {row["text"] for row in listed} == {HOSTILE}
    assert len(office.types("loyalty", "--factor", "usage", "--posts", "--json", "--limit", "3").rows) == 3


def test_E2_what_strangers_wrote_moves_no_terminal(office: Counter) -> None:
    for words in (("loyalty",), ("loyalty", "--factor", "usage", "--posts")):
        assert "\x1b" not in office.types(*words).out


def test_E3_posts_as_csv_are_defused(office: Counter) -> None:
    out = office.types("loyalty", "--factor", "usage", "--posts", "--csv").out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert rows
    assert all(not row["text"].startswith("=") for row in rows)


def test_parts_are_csv_rows(office: Counter) -> None:
    rows = list(csv.DictReader(io.StringIO(office.types("loyalty", "--csv").out)))
    assert [row["part"] for row in rows][:2] == ["talk of using", "questions answered"]
    assert rows[0]["n"] == "120"
    assert all(row["says"] for row in rows)


def test_the_questions_asked_most_come_with_how_many_were_answered(office: Counter) -> None:
    (asked,) = factor(office, FactorName.USAGE)["asked_most"]  # type: ignore[misc]
    assert (asked["words"], asked["people"], asked["posts"], asked["answered"]) == ("descale", 40, 40, 10)


def test_posts_need_a_factor(office: Counter) -> None:
    done = office.types("loyalty", "--posts")
    assert done.code == 2
    assert "--factor" in done.err


def test_advocacy_says_where_it_comes_from_and_never_calls_itself_nps(office: Counter) -> None:
    told = office.types("advocacy")
    everyone = told.out.splitlines()[1].split("\t")
    assert everyone[:3] == [BRAND, "all", "+0"]
    assert everyone[5:10] == ["120", "40", "40", "40", "0"]
    assert everyone[10] == "none imported"
    assert "few customers post" in told.err


@pytest.mark.parametrize(
    ("by", "keys"),
    [("platform", ["all", "x"]), ("language", ["all", "(unknown)"]), ("touchpoint", ["all", "(none)", "use"])],
)
def test_advocacy_by_what_is_asked_for(office: Counter, by: str, keys: list[str]) -> None:
    rows = office.types("advocacy", "--by", by, "--json").rows
    assert [row["key"] for row in rows] == keys
    assert all(row["balance_95"][0] <= row["balance"] <= row["balance_95"][1] for row in rows)
    assert rows[-1]["nps"] is None


def test_advocacy_by_week_has_the_nps_of_each_week_beside_it(office: Counter, tmp_path: Path) -> None:
    office = replace(office, folder=Path(shutil.copytree(office.folder, tmp_path / "copy")))
    at = office.types("loyalty", "--factor", "usage", "--posts", "--json", "--limit", "1").one["at"]
    survey = tmp_path / "spring.jsonl"
    lines = (json.dumps({"score": 10, "date": at, "customer": f"c{n}"}) for n in range(35))
    survey.write_text("\n".join(lines), encoding="utf-8")
    assert office.types("nps", "import", str(survey), "--brand", BRAND).code == 0
    rows = office.types("advocacy", "--json").rows
    assert rows[0]["nps"]["n"] == 35
    assert [row["nps"]["n"] for row in rows[1:] if row["n"]] == [35]


def test_advocacy_is_csv_too(office: Counter) -> None:
    rows = list(csv.DictReader(io.StringIO(office.types("advocacy", "--csv").out)))
    assert rows[0]["key"] == "all"
    assert rows[0]["n"] == "120"
