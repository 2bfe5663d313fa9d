"""`listener voice` and `listener digest` as people run them, over a filled store."""

import csv
import io
import json
import shlex
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from listener.cli import app, insight
from listener.cli import voice as voices
from listener.cli.insight import Format
from listener.cli.session import flags, load_settings
from listener.cli.voice import By
from listener.clock import SystemClock
from listener.errors import ConfigError
from listener.store import open_store
from tests.demo import write_settings
from tests.insight import seeded

BRANDS = "".join(
    f'[[brand]]\nname = "{b.name}"\nhandles = ["{b.handles[0]}"]\ncompetitor = {str(b.competitor).lower()}\n'
    for b in seeded.BRANDS
)
NOW = seeded.BEGIN + timedelta(days=seeded.DAYS + 2, hours=10)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings, and a store that holds the seeded posts."""
    folder = tmp_path_factory.mktemp("home")
    config = write_settings(folder / "config", brands=BRANDS)
    text = (config / "listener.toml").read_text(encoding="utf-8")
    lines = [f'timezone = "{seeded.ZONE}"' if line.startswith("timezone") else line for line in text.splitlines()]
    (config / "listener.toml").write_text("\n".join(lines), encoding="utf-8")
    store = open_store(folder / "insight.db")
    seeded.fill(store, seeded.posts())
    store.close()
    return folder


@pytest.fixture(autouse=True)
def _at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(flags, "config", home / "config")
    monkeypatch.setattr(flags, "database", home / "insight.db")
    monkeypatch.setattr(SystemClock, "now", lambda _: NOW)
    return


def typed(home: Path, *words: str) -> str:
    """What `listener …` prints, through the real app."""
    at = ("--config", str(home / "config"), "--db", str(home / "insight.db"))
    done = CliRunner().invoke(app, [*at, *words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def rows(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


def test_both_commands_run_without_a_word_and_with_every_flag(home: Path) -> None:
    assert typed(home, "voice").startswith("key\tmentions")
    assert typed(home, "digest").startswith("All our brands")
    assert len(rows(typed(home, "voice", "--until", "2026-03-30", "--days", "2", "--by", "day", "--json"))) == 2
    assert typed(home, "voice", "--since", "2026-03-30", "--brand", "acme", "--csv").startswith('"key"')
    page = typed(home, "digest", "--day", "2026-03-30", "--brand", "Acme", "--format", "html")
    assert page.startswith("<!doctype html>")


def test_voice_prints_a_row_a_brand_and_says_what_reach_is(capsys: pytest.CaptureFixture[str]) -> None:
    voices.voice(since="2026-03-30", until="2026-03-30")
    told = capsys.readouterr()
    assert [line.split("\t")[0] for line in told.out.splitlines()] == ["key", "Acme", "Bolt", "Rival"]
    assert "an upper bound" in told.err


def test_voice_as_json_carries_n_and_interval(capsys: pytest.CaptureFixture[str]) -> None:
    voices.voice(since="2026-03-28", days=3, by=By.DAY, as_json=True)
    found = rows(capsys.readouterr().out)
    assert [row["key"] for row in found] == ["2026-03-28", "2026-03-29", "2026-03-30"]
    assert all(row["share_of_voice_n"] and row["telling"] for row in found)


def test_E3_voice_as_csv_quotes_and_defuses(capsys: pytest.CaptureFixture[str]) -> None:
    voices.voice(since="2026-03-30", until="2026-03-30", as_csv=True)
    found = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert found[0][0] == "key"
    assert [row[0] for row in found[1:]] == ["Acme", "Bolt", "Rival"]


def test_the_default_window_is_the_last_seven_days(capsys: pytest.CaptureFixture[str]) -> None:
    voices.voice(by=By.DAY, as_json=True)
    found = rows(capsys.readouterr().out)
    assert [found[0]["key"], found[-1]["key"], len(found)] == ["2026-03-28", "2026-04-03", 7]


@pytest.mark.parametrize(
    ("ends", "days"),
    [
        ({"since": "2026-03-30"}, 5),
        ({"until": "2026-03-30", "days": 2}, 2),
        ({"since": "2026-03-30", "days": 1}, 1),
        ({"days": 4}, 4),
    ],
)
def test_a_window_may_be_given_by_any_two_of_its_measures(
    ends: dict[str, object], days: int, capsys: pytest.CaptureFixture[str]
) -> None:
    voices.voice(**ends, by=By.DAY, as_json=True)  # type: ignore[arg-type]
    assert len(rows(capsys.readouterr().out)) == days


@pytest.mark.parametrize(
    "wrong",
    [
        {"since": "yesterday"},
        {"since": "2026-03-30", "until": "2026-03-01"},
        {"since": "2026-03-01", "until": "2026-03-30", "days": 3},
        {"brand": "Nobody"},
    ],
)
def test_a_window_or_brand_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        voices.voice(**wrong)  # type: ignore[arg-type]


def test_an_unknown_brand_is_told_which_there_are() -> None:
    with pytest.raises(ConfigError) as refused:
        insight.digest(brand="Acmee")
    assert "Acme, Bolt, Rival" in refused.value.next_step


@pytest.mark.parametrize(
    ("day", "begins"),
    [
        ("yesterday", "All our brands, Thursday 2 April 2026"),
        ("today", "All our brands, Friday 3 April 2026"),
        ("latest", "All our brands, Wednesday 1 April 2026"),
        ("2026-03-29", "All our brands, Sunday 29 March 2026"),
    ],
)
def test_the_digest_is_of_the_day_asked_for(day: str, begins: str, capsys: pytest.CaptureFixture[str]) -> None:
    insight.digest(day=day)
    assert capsys.readouterr().out.startswith(begins)


def test_a_brand_is_found_whatever_its_case(capsys: pytest.CaptureFixture[str]) -> None:
    insight.digest(day="2026-03-30", brand="acme")
    assert capsys.readouterr().out.startswith("Acme, Monday 30 March 2026")


@pytest.mark.parametrize(
    ("form", "begins"), [(Format.MD, "# All our brands"), (Format.HTML, "<!doctype html>"), (Format.JSON, "{")]
)
def test_each_format_goes_to_stdout(form: Format, begins: str, capsys: pytest.CaptureFixture[str]) -> None:
    insight.digest(day="2026-03-30", format=form)
    assert capsys.readouterr().out.startswith(begins)


def test_json_is_a_format_of_its_own_flag(capsys: pytest.CaptureFixture[str]) -> None:
    insight.digest(day="2026-03-30", as_json=True)
    assert json.loads(capsys.readouterr().out)["day"] == "2026-03-30"


def test_a_page_is_written_in_one_piece_for_its_owner_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "digest.html"
    insight.digest(day="latest", format=Format.HTML, out=out)
    told = capsys.readouterr()
    assert told.out == ""
    assert str(out) in told.err.replace("\n", "")
    assert out.read_text(encoding="utf-8").endswith("</html>\n")
    assert out.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [out]


def test_a_page_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't write"):
        insight.digest(day="latest", format=Format.HTML, out=tmp_path / "missing" / "digest.html")


@pytest.fixture
def kept_open(monkeypatch: pytest.MonkeyPatch, home: Path) -> Iterator[None]:
    """Many commands over one open store and settings read once: they are what takes the time."""
    store, settings = open_store(home / "insight.db"), load_settings()
    with monkeypatch.context() as patch:
        patch.setattr(store, "close", lambda: None)
        patch.setattr("listener.store.open_store", lambda _: store)
        patch.setattr("listener.cli.session.load_settings", lambda: settings)
        yield
    store.close()


@pytest.mark.usefixtures("kept_open")
@pytest.mark.parametrize(("asked", "brand"), [(("--day", "2026-03-30"), ""), (("--week", "2026-W13"), "Acme")])
def test_every_number_of_a_digest_is_what_its_command_lists(home: Path, asked: tuple[str, str], brand: str) -> None:
    """Each command is run as it stands there, and its rows are counted."""
    of_brand = ("--brand", brand) if brand else ()
    told = json.loads(typed(home, "digest", *asked, *of_brand, "--json"))
    for behind in told["behind"]:
        words = shlex.split(behind["command"])
        assert words[0] == "listener"
        found = rows(typed(home, *words[1:], "--json"))
        assert len(found) == behind["number"], behind
    assert len(told["behind"]) > 20


def test_a_weeks_loyalty_scores_are_those_of_their_command(home: Path) -> None:
    told = json.loads(typed(home, "digest", "--week", "2026-W13", "--json"))
    assert told["loyal"]["scores"]
    for score in told["loyal"]["scores"]:
        found = rows(typed(home, *shlex.split(score["command"])[1:], "--json"))
        assert score["score"] == pytest.approx(next(one["score"] for one in found if "score" in one), abs=0.1), score


def test_every_number_that_counts_rows_has_its_command(home: Path) -> None:
    """Whatever whole number the JSON holds is behind a command, or named here with the reason why not."""
    told = json.loads(typed(home, "digest", "--day", "2026-03-30", "--json"))
    numbers = {behind["number"] for behind in told["behind"]}
    for figure in ("complaints", "praise", "questions"):
        assert {told[figure]["people"], told[figure]["posts"]} <= numbers
    assert {told["mentions"], told["reposts"], len(told["alerts"])} <= numbers
    assert set(told["cases"].values()) - {told["cases"]["median_first_response"]} <= numbers
    assert {reason["people"] for reason in told["reasons"]} <= numbers
    assert all(line["command"] for one in told["lists"] if one["act"] != "thank" for line in one["lines"])


def test_a_week_is_asked_for_by_its_number_or_as_the_last(home: Path) -> None:
    assert typed(home, "digest", "--week", "2026-W13").startswith("All our brands, week 13 of 2026 (23 to 29 March)")
    assert typed(home, "digest", "--weekly").startswith("All our brands, week 13 of 2026")


@pytest.mark.parametrize(
    "words",
    [
        ("digest", "--week", "2026-W54"),
        ("digest", "--week", "soon"),
        ("digest", "--day", "today", "--weekly"),
        ("mentions", "--day", "2026-03-30", "--week", "2026-W13"),
        ("mentions", "--words", "late"),
        ("mentions", "--people", "--words", "late", "--stance", "promoter"),
    ],
)
def test_what_makes_no_sense_is_refused(home: Path, words: tuple[str, ...]) -> None:
    at = ("--config", str(home / "config"), "--db", str(home / "insight.db"))
    assert isinstance(CliRunner().invoke(app, [*at, *words]).exception, ConfigError)


def test_mentions_are_listed_oldest_first_a_page_at_a_time(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = rows(typed(home, "mentions", "--week", "2026-W13", "--json"))
    monkeypatch.setattr("listener.lists.posts.PAGE", 3)
    assert rows(typed(home, "mentions", "--week", "2026-W13", "--json")) == whole
    acme = [str(row["posted"]) for row in whole if row["brand"] == "Acme"]
    assert acme == sorted(acme)
    assert len(rows(typed(home, "mentions", "--week", "2026-W13", "--limit", "4", "--json"))) == 4


def test_E3_mentions_and_cases_as_csv_quote_and_defuse(home: Path) -> None:
    listed = list(csv.reader(io.StringIO(typed(home, "mentions", "--day", "2026-03-30", "--csv"))))
    assert listed[0][:3] == ["id", "posted", "brand"]
    assert len(listed) - 1 == len(rows(typed(home, "mentions", "--day", "2026-03-30", "--json")))
    handled = list(csv.reader(io.StringIO(typed(home, "cases", "opened", "--day", "2026-03-30", "--csv"))))
    assert handled[0][0] == "id"
    assert len(handled) > 1


def test_posts_are_found_by_their_words_newest_first_and_further_back(home: Path) -> None:
    found = rows(typed(home, "search", "REFUND", "missing", "--brand", "acme", "--json"))
    own = [post for post in seeded.posts() if post.brand == "Acme" and "refund missing" in post.text]
    newest = sorted(own, key=lambda post: post.at, reverse=True)
    assert [one["text"] for one in found] == [post.text for post in newest[:50]]
    assert typed(home, "search", "@person42", "--csv").count("person42") > 2
    assert rows(typed(home, "search", "nowhere", "--json")) == []
