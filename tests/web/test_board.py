"""`listener web`: every page, every lead, every download, over a store with hostile posts in it."""

import csv
import io
import json
import re
from collections import deque
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="needs the extra [web]")

from starlette.testclient import TestClient

from listener.clock import VirtualClock
from listener.domain.text import visible
from listener.insight.digest import build
from listener.lists.posts import POSTS
from listener.store import open_store
from listener.triage.forgetting import Rights
from listener.web.addresses import address, to
from listener.web.registry import BOARD, FILES, NAV
from tests.insight import seeded
from tests.web import board_parts
from tests.web.board_parts import NOW, WORD, Parsed, attacks, client

DAY = "2026-03-31"
TAGS = """
html head meta title link script body nav main header footer section h1 h2 h3 p div span b strong br ul ol li a
blockquote code table thead tbody tr th td details summary svg g path rect line text circle form label input select
option button
"""
ALLOWED = set(TAGS.split())
FETCHES = {"srcset", "formaction", "background", "poster", "data", "xlink:href", "ping", "style"}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    at = tmp_path_factory.mktemp("board") / "listener.db"
    store = open_store(at)
    board_parts.fill(store)
    store.close()
    return at


@pytest.fixture
def asks(path: Path) -> Iterator[TestClient]:
    with client(path) as made:
        yield made


def page(asks: TestClient, where: str) -> Parsed:
    answer = asks.get(where)
    assert answer.status_code == 200, f"{where}: {answer.text[:300]}"
    return Parsed(answer.text)


@pytest.mark.parametrize("name", [name for name, _ in NAV])
def test_each_page_is_called_what_the_navigation_calls_it_and_leads_to_all_others(asks: TestClient, name: str) -> None:
    found = page(asks, f"/{name}")
    assert {f"/{other}" for other, _ in NAV} <= set(found.leads)
    assert [a for tag, a in found.tags if tag == "a" and a.get("aria-current")] == [
        {"href": f"/{name}", "class": "here", "aria-current": "page"}
    ]


def test_every_lead_leads_to_a_page(asks: TestClient) -> None:
    waiting, seen = deque(["/today", f"/today?day={DAY}"]), set[str]()
    while waiting and len(seen) < 250:
        where = waiting.popleft()
        if where in seen:
            continue
        seen.add(where)
        answer = asks.get(where)
        assert answer.status_code == 200, f"{where}: {answer.text[:300]}"
        if not where.split("?")[0].endswith((".csv", ".json")):
            waiting.extend(Parsed(answer.text).ours)
    assert len(seen) > 100


def test_every_number_of_the_digest_leads_to_as_many_rows(asks: TestClient, path: Path) -> None:
    store = open_store(path, read_only=True)
    with store.read() as reads:
        digest = build(
            reads,
            brands=seeded.BRANDS,
            timezone=seeded.ZONE,
            day=seeded.BEGIN.date().replace(day=31),
            now=NOW,
            brand="",
        )
    store.close()
    assert len(digest.behind) > 20
    shown = page(asks, f"/today?day={DAY}").leads
    for behind in digest.behind:
        where = address(behind.command)
        assert where in shown, behind
        file = where.replace("?", ".json?", 1)
        assert len(asks.get(file).text.splitlines()) == behind.number, behind


def test_a_command_without_a_page_leads_nowhere() -> None:
    assert address("listener doctor --online") == ""
    assert address("listener mentions --unfinished") == ""
    assert address("listener mentions 'unclosed") == ""
    assert address("rm -rf /") == ""
    assert address("listener case show 7") == "/case?id=7"
    assert address("listener cases late --week 2026-W14 --brand 'Acme & Sons'") == (
        "/cases?what=late&week=2026-W14&brand=Acme+%26+Sons"
    )


@pytest.mark.parametrize("name", sorted(FILES - {"alert", "search"}))
def test_a_list_downloads_as_csv_and_json_with_the_same_filter(asks: TestClient, name: str) -> None:
    asked = "?brand=Acme"
    rows = [json.loads(line) for line in asks.get(f"/{name}.json{asked}").text.splitlines()]
    table = list(csv.DictReader(io.StringIO(asks.get(f"/{name}.csv{asked}").text)))
    assert len(rows) == len(table)
    if rows:
        assert list(rows[0]) == list(table[0])
    assert all(row.get("brand", "Acme") == "Acme" for row in rows)
    shown = page(asks, f"/{name}{asked}")
    assert f"/{name}.csv{asked}" in shown.leads
    assert f"/{name}.json{asked}" in shown.leads


def test_a_page_shows_the_first_rows_and_its_file_has_all(asks: TestClient) -> None:
    asked = "?since=2026-03-21&until=2026-03-31"
    shown, rows = page(asks, f"/mentions{asked}"), asks.get(f"/mentions.json{asked}").text.splitlines()
    assert shown.rows() == 50 < len(rows)
    assert "The first 50 rows" in shown.said


def test_a_download_is_no_formula_and_is_kept_by_no_cache(asks: TestClient) -> None:
    answer = asks.get(f"/search.csv?words={WORD}")
    assert answer.headers["content-disposition"] == 'attachment; filename="listener-search.csv"'
    assert answer.headers["cache-control"] == "no-store"
    cells = [cell for row in csv.reader(io.StringIO(answer.text)) for cell in row]
    assert len(cells) == 51 * len(POSTS)
    assert not any(cell[:1] in set("=+-@\t\r") for cell in cells)


@pytest.mark.parametrize(
    "where", ["/queue", f"/today?day={DAY}", f"/search?words={WORD}", "/mentions?brand=Acme&label=complaint&day=" + DAY]
)
def test_E1_what_strangers_write_is_text(asks: TestClient, where: str) -> None:
    found = page(asks, where)
    assert {tag for tag, _ in found.tags} <= ALLOWED
    for tag, attributes in found.tags:
        assert not any(name.startswith("on") or name in FETCHES for name in attributes), (tag, attributes)
        if tag == "script":
            assert attributes.keys() == {"src", "defer"}
    outside = [lead for lead in found.leads if not lead.startswith("/")]
    assert all(lead.startswith("https://example.com/") for lead in outside)


@pytest.mark.sqlite
def test_E1_fifty_hostile_posts_are_shown_as_they_were_written(asks: TestClient) -> None:
    said = page(asks, f"/search?words={WORD}").said
    for attack in attacks():
        assert " ".join(visible(" ".join(attack.split()), 400).split()) in said


def test_a_hostile_case_is_shown_whole(asks: TestClient) -> None:
    rows = [json.loads(row) for row in asks.get("/queue.json").text.splitlines()]
    hostile = [row["id"] for row in rows if WORD in row["headline"]]
    assert len(hostile) == 50
    for number in hostile[:14]:
        found = page(asks, f"/case?id={number}")
        assert {tag for tag, _ in found.tags} <= ALLOWED
        assert WORD in found.said


def test_an_alert_shows_its_life(asks: TestClient) -> None:
    [lead] = [one for one in page(asks, "/alerts").leads if one.startswith("/alert?")]
    found = page(asks, lead)
    assert "Acme rises" in found.said
    assert "opened" in found.said


@pytest.mark.parametrize(
    ("where", "status", "says"),
    [
        ("/nowhere", 404, "there is no page"),
        ("/today.csv", 404, "there is no such file"),
        ("/mentions.xml", 404, "there is no such file"),
        ("/case?id=999999", 404, "case 999999"),
        ("/case?id=x", 400, "id is no number"),
        ("/case", 404, "which case?"),
        ("/alert?key=none", 404, "none"),
        ("/mentions?day=yesteryear", 400, "'yesteryear' is no day"),
        ("/mentions?brand=Nobody", 400, "choose one of: Acme, Bolt, Rival"),
        ("/mentions?label=wrong", 400, "label is none of"),
        ("/mentions?words=late", 400, "add --people"),
        ("/voice?days=0", 200, ""),
        ("/voice?days=-1", 400, "days is no number"),
        ("/voice?days=" + "9" * 400, 400, "too long"),
        ("/search?words=a+b+c+d+e+f+g+h+i+j+k", 400, "1 to 10 words"),
        ("/search?words=a&before=never", 400, "no place to go on from"),
        ("/loyalty?posts=1", 400, "posts are of one factor"),
        ("/today?week=2026-W99", 400, "is no week"),
    ],
)
def test_what_cannot_be_asked_is_said_with_what_can(asks: TestClient, where: str, status: int, says: str) -> None:
    answer = asks.get(where)
    assert (answer.status_code, says in Parsed(answer.text).said) == (status, True), answer.text[-400:]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_search_goes_on_where_it_ended(asks: TestClient) -> None:
    found, where, seen = page(asks, "/search?words=late"), "", list[str]()
    for _ in range(40):
        rows = asks.get(f"/search.json?words=late{where}").text.splitlines()
        seen += [json.loads(row)["id"] for row in rows]
        further = [lead for lead in found.leads if "before=" in lead and lead.startswith("/search?")]
        if not further:
            break
        where = "&" + further[0].partition("words=late&")[2]
        found = page(asks, further[0])
    own = [post for post in board_parts.written() if post.brand != "Rival" and "late" in post.text]
    assert len(seen) == len(set(seen)) == len(own)
    assert "every post was looked at" in found.said


def test_a_search_finds_authors_and_other_letters(asks: TestClient) -> None:
    assert page(asks, "/search?words=@evil7").rows() == 1
    assert page(asks, f"/search?words={WORD.upper()}").rows() == 50
    assert page(asks, "/search?words=" + to("x", y="100%_").partition("=")[2]).rows() == 0


def test_the_board_changes_nothing(path: Path) -> None:
    before = sha256(path.read_bytes()).digest()
    with client(path) as asks:
        for name in BOARD:
            asks.get(f"/{name}")
        assert asks.post("/queue").status_code == 405
    assert sha256(path.read_bytes()).digest() == before


def test_what_is_erased_is_shown_no_more_not_on_pages_that_are_kept_either(tmp_path: Path) -> None:
    at = tmp_path / "listener.db"
    store = open_store(at)
    board_parts.fill(store)
    kept, found = f"/cases?what=opened&day={DAY}", f"/search?words={WORD}"
    with client(at) as asks:
        gone = re.findall(r"\bevil\d+\b", page(asks, kept).said)[0]
        assert gone in page(asks, found).said
        Rights(store, VirtualClock(NOW)).forget(gone, "ada")
        for where in (kept, found):
            assert gone not in re.findall(r"\w+", page(asks, where).said)
        assert page(asks, found).rows() == 49
    store.close()


@pytest.mark.sqlite
def test_a_file_that_takes_the_place_of_the_database_is_read_from_then_on(tmp_path: Path) -> None:
    at = tmp_path / "listener.db"
    open_store(at).close()
    with client(at) as asks:
        assert page(asks, "/queue").rows() == 0
        other = tmp_path / "other.db"
        store = open_store(other)
        board_parts.fill(store)
        store.close()
        other.replace(at)
        assert page(asks, "/queue").rows() == 50
        at.unlink()
        assert asks.get("/queue").status_code == 503
