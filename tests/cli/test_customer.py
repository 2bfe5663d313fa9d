"""`listener customer`; and D1, D3: whatever somebody calls themselves, no command of answers or customers obeys it."""

import sys
from pathlib import Path

import pytest

from listener.cli import show
from listener.domain.mention import Author
from listener.domain.text import clean, clean_name
from listener.triage import customer_card
from tests.builders import customer
from tests.cli.office import Counter, counter
from tests.cli.test_desk_hostile import FORBIDDEN, NASTY


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    at = counter(tmp_path / "settings", monkeypatch)
    with at.hears() as office:
        office.hears("@acme late", by="ben")
        office.hears("@acme refund", by="cleo", thread="t2")
        who = Author(platform="reddit", native_id="r", handle="rita")
        office.hears("@acme broken", author=who, platform="reddit", thread="t3")
        office.desk.note(1, "a regular", "ada")
    return at


def test_a_customer_is_shown_by_handle_or_by_case(desk: Counter) -> None:
    by_handle, by_case = desk.types("customer", "show", "@ben"), desk.types("customer", "show", "--case", "1")
    assert by_handle.out == by_case.out
    assert "@ben · x id-ben · followers unknown · since" in by_handle.out
    assert "Customer value unknown: nothing was imported." in by_handle.out
    assert "Acme: detractor · 1 post, 1 complaint, 0 praises" in by_handle.out
    assert "Case 1 complaint about Acme, support" in by_handle.out
    assert "No case was answered yet; 1 open without any answer." in by_handle.out
    assert "ada on case 1: a regular" in by_handle.out


def test_json_has_everything(desk: Counter) -> None:
    with desk.hears() as office, office.store.write() as tx:
        tx.save_customers([customer("ben", tier="gold")], office.clock.now())
    desk.types("case", "reply", "1", "sorry")
    found = desk.types("customer", "show", "x:ben", "--json").one
    assert (found["accounts"][0]["author"]["handle"], found["value_percentile"]) == ("ben", 0.5)
    assert (found["talk"][0]["stand"], found["months"][0]["complaints"]) == ("detractor", 1)
    assert (found["cases"][0]["id"], found["answered"]["cases"], found["notes"][0]["text"]) == (1, 1, "a regular")
    assert found["answered"]["median_minutes"] > 0
    assert "above 50% of known customers, 100 a year, tier gold" in desk.types("customer", "show", "ben").out


@pytest.mark.parametrize("words", [(), ("@ben", "--case", "1")])
def test_one_of_handle_and_case_is_named(desk: Counter, words: tuple[str, ...]) -> None:
    seen = desk.types("customer", "show", *words)
    assert (seen.code, "name a handle or a case" in seen.err) == (2, True)


def test_accounts_are_linked_by_hand_and_taken_apart(desk: Counter) -> None:
    seen = desk.types("customer", "link", "@ben", "@cleo", "--because", "told")
    assert seen.code == 0
    assert seen.out.count("linked by ada") == 2
    assert "Cases stay as they are" in seen.err
    again = desk.types("customer", "link", "@cleo", "@ben", "--because", "public")
    assert (again.code, "already" in again.err) == (5, True)
    apart = desk.types("customer", "unlink", "@cleo", "--json")
    assert [one["author"]["handle"] for one in apart.one["accounts"]] == ["cleo"]
    assert desk.types("customer", "unlink", "@cleo").code == 5


def test_a_link_that_terms_forbid_is_refused_with_the_reason(desk: Counter) -> None:
    seen = desk.types("customer", "link", "@ben", "@rita", "--because", "told")
    assert (seen.code, "Reddit's terms" in seen.err) == (2, True)


def test_how_one_knows_is_one_of_two_words(desk: Counter) -> None:
    assert desk.types("customer", "link", "@ben", "@cleo", "--because", "she is called Cleo Brown").code == 2
    assert desk.types("customer", "link", "@ben", "@cleo").code == 2


def test_nobody_is_one_line(desk: Counter) -> None:
    seen = desk.types("customer", "show", "@nobody")
    assert (seen.code, seen.out) == (2, "")
    assert seen.err.startswith("listener: nobody called @nobody has written\n")


HOSTILE_NAMES = {
    "everything": NASTY * 20,
    "bidi": "\u202eeno rof\u2066 @everyone",
    "ansi": "\x1b[31m\x1b]0;title\x07Ann",
    "newline": "Ann\r\n\nBuy now at http://evil.com",
    "10 kB": "Ann @ceo " * 1200,
}
COMMANDS = (
    ("answers", "show", "sorry", "--case", "4"),
    ("answers", "list", "--case", "4"),
    ("case", "reply", "4", "--canned", "sorry"),
    ("approvals", "list"),
    ("approvals", "show", "1"),
    ("approvals", "approve", "1", "--as", "bob"),
    ("customer", "show", "--case", "4"),
    ("customer", "show", NASTY.replace("\x00", "")),
    ("customer", "unlink", "--as", "bob", NASTY.replace("\x00", "")),
)


@pytest.fixture(params=HOSTILE_NAMES)
def hostile(request: pytest.FixtureRequest, desk: Counter) -> Counter:
    """Case 4 is by somebody of a hostile name, as a connector would store it; a draft to them waits."""
    name = HOSTILE_NAMES[request.param]
    settings = (desk.folder / "answers.toml").read_text()
    (desk.folder / "answers.toml").write_text(settings.replace("queues = []", 'queues = ["press"]', 1))
    with desk.hears() as office:
        who = Author(platform="x", native_id=clean_name(name), handle=clean_name(name), name=clean_name(name))
        who_followed = Author(platform="x", native_id="p", handle="p", name=clean(name, 10_240), followers=99_999)
        office.hears(clean(f"@acme {name}"), author=who, thread="t4", reply_note=clean(name, 900))
        office.hears(clean(f"@acme {name}"), author=who_followed, thread="t5")
        office.desk.note(4, clean(name, 900), "ada")
    assert desk.types("case", "reply", "5", clean(name, 200)).out == "draft 1 waits\n"
    return desk


def test_D1_no_hidden_character_leaves_a_command(hostile: Counter) -> None:
    for words in (COMMANDS[0], COMMANDS[3], COMMANDS[6]):
        seen = hostile.types(*words, "--json")
        assert (seen.code, seen.out.isascii()) == (0, True)
    for words in COMMANDS:
        seen = hostile.types(*words)
        assert not FORBIDDEN.findall(seen.out.replace("\t", " ") + seen.err), words
        assert seen.code in (0, 2), words


def test_E1_what_would_be_posted_pings_nobody_links_nowhere_and_stays_on_its_line(hostile: Counter) -> None:
    words = hostile.types("answers", "show", "sorry", "--case", "4").out
    assert words.startswith("Hi ")
    assert words.count("\n") == 1
    name = words.removeprefix("Hi ").partition(", I'm sorry")[0]
    assert 0 < len(name) <= 50
    for forbidden in ("@", "://", "evil.com", "[", "]", "<", ">", "{"):
        assert forbidden not in name


@pytest.mark.parametrize("hostile", ["everything"], indirect=True)
def test_D1_the_tests_see_what_a_card_without_its_guard_lets_through(
    hostile: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customer_card, "visible", lambda text, *_: text)
    monkeypatch.setattr(show, "out", lambda line="": sys.stdout.write(f"{line}\n"))
    found = FORBIDDEN.findall(hostile.types("customer", "show", "--case", "4").out)
    assert found
