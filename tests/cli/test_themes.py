"""`listener themes` and `listener journey` as they are typed."""

import csv
from io import StringIO
from pathlib import Path

import pytest

from listener.domain.themes import Tagging
from listener.domain.verdict import Label, Sentiment
from tests.builders import verdict
from tests.cli.office import Counter, counter
from tests.triage.builders import Office

BRANDS = '[[brand]]\nname = "Acme"\nhandles = ["acme"]\n'


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    ours = counter(tmp_path / "team", monkeypatch)
    (ours.folder / "brands.toml").write_text(BRANDS)
    with ours.hears() as office:
        hear(office, "ann", "@acme my parcel is late", Sentiment.NEGATIVE, "touchpoint:deliver")
        hear(office, "=cmd|calc", "@acme the checkout is down", Sentiment.NEGATIVE, "touchpoint:=buy()")
        hear(office, "cat", "@acme lovely", Sentiment.POSITIVE)
    return ours


def hear(office: Office, who: str, text: str, mood: Sentiment, *tags: str) -> None:
    labels = [Label.COMPLAINT] if mood is Sentiment.NEGATIVE else []
    said = verdict(*labels, sentiment=mood, tagging=Tagging(tagger="old", tags=tuple((tag, 1.0) for tag in tags)))
    office.hears(text, by=who, thread=who, said=said)


def test_the_themes_are_listed_with_what_came_of_their_examples(team: Counter) -> None:
    rows = list(csv.DictReader(StringIO(team.types("themes", "list", "--csv").out)))
    found = {(row["kind"], row["name"]): row for row in rows}
    deliver = found["touchpoint", "deliver"]
    assert int(deliver["told apart"]) <= int(deliver["examples"])
    assert int(deliver["phrases"]) > 50
    assert found["act", "recommend"]["told apart"] == ""


def test_a_text_is_tried_and_each_theme_says_what_found_it(team: Counter) -> None:
    rows = team.types("themes", "try", "I can't recommend you, my parcel never came", "--json").rows
    by = {(row["kind"], row["name"]): row["by"] for row in rows}
    assert by["touchpoint", "deliver"] == 'phrase "my parcel"'
    assert by["act", "warn"] == 'phrase "recommend"'


def test_stored_posts_are_looked_at_again(team: Counter) -> None:
    assert team.types("journey", "--json").one["posts_of_older_themes"] == 3
    first = team.types("themes", "apply", "--limit", "2")
    assert first.out == "Looked at 2 posts; 1 are left.\n"
    assert team.types("themes", "apply").out == "Looked at 1 posts; 0 are left.\n"
    found = team.types("journey", "--json").one
    assert found["posts_of_older_themes"] == found["posts_not_looked_at"] == 0


def test_the_journey_maps_moods_by_touchpoint(team: Counter) -> None:
    found = team.types("journey", "--json").one
    stops = {stop["touchpoint"]: stop for stop in found["touchpoints"]}
    assert (found["brand"], found["posts"], found["people"]) == ("Acme", 3, 3)
    assert [*stops] == ["discover", "buy", "deliver", "use", "get help", "renew or leave", "=buy()"]
    assert (stops["deliver"]["people"], stops["deliver"]["negative"]) == (1, 1)
    assert stops["deliver"]["unhappy"]["n"] == 1
    assert stops["deliver"]["unhappy"]["telling"] is False
    assert (found["at_none"]["people"], found["at_none"]["positive"]) == (1, 1)
    assert found["posts_at_none"]["n"] == 3


def test_the_table_says_where_there_are_too_few_and_no_cell_is_a_formula(team: Counter) -> None:
    shown = team.types("journey", "--brand", "acme")
    assert "too few to tell (n = 1)" in shown.out
    assert "3 posts by 3 people" in shown.err
    assert "listener themes apply" in shown.err
    rows = list(csv.DictReader(StringIO(team.types("journey", "--csv").out)))
    assert [row["touchpoint"] for row in rows][-2:] == ["'=buy()", "(none)"]


@pytest.mark.parametrize("words", [("journey", "--brand", "nobody"), ("themes", "apply", "--since", "yesterday")])
def test_what_can_not_be_is_told(team: Counter, words: tuple[str, ...]) -> None:
    typed = team.types(*words)
    assert typed.code == 2
    assert "→" in typed.err
