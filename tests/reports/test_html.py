"""The page: self-contained, without script or request, and a stranger's markup is shown as text."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from listener.domain.text import visible
from listener.reports import Format, render
from tests.reports.hostile import ATTACKS, BAD_LINKS, digest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FETCHES = {"src", "srcset", "action", "formaction", "background", "poster", "data", "xlink:href", "ping", "style"}
ALLOWED = """
html head meta title style body main header section h1 h2 h3 p div span b strong br ul li a blockquote code table
thead tbody tr th td footer ol details summary svg g path rect line text circle
"""


class Page(HTMLParser):
    """What an HTML parser makes of the page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def said(self) -> str:
        return " ".join(" ".join(self.text).split())


def page(evil: str = "late", url: str = "https://example.com/p/1") -> str:
    return render(digest(evil, url), Format.HTML)


@pytest.mark.parametrize("evil", ATTACKS)
def test_E1_nothing_a_stranger_writes_becomes_markup(evil: str) -> None:
    plain, attacked = Page(page()), Page(page(evil))
    assert [tag for tag, _ in attacked.tags] == [tag for tag, _ in plain.tags]
    for (tag, attributes), (_, usual) in zip(attacked.tags, plain.tags, strict=True):
        assert tag in ALLOWED.split()
        assert attributes.keys() == usual.keys()
        assert not any(name.startswith("on") or name in FETCHES for name in attributes)


@pytest.mark.parametrize("evil", ATTACKS)
def test_E1_what_a_stranger_writes_is_shown(evil: str) -> None:
    shown = visible(" ".join(evil.split()), 280)
    assert Page(page(evil)).said.count(" ".join(shown.split())) >= 8


@pytest.mark.parametrize("url", BAD_LINKS)
def test_E1_a_link_that_hides_its_host_or_is_no_web_address_is_no_link(url: str) -> None:
    links = [attributes["href"] for tag, attributes in Page(page(url=url)).tags if tag == "a"]
    assert links == [] or links == ["https://evil.example/%22onmouseover=%22x"] * len(links)


def test_a_link_shows_its_host_and_opens_without_telling_whence() -> None:
    parsed = Page(page())
    links = [attributes for tag, attributes in parsed.tags if tag == "a"]
    assert links
    assert all(link["href"] == "https://example.com/p/1" for link in links)
    assert all(link["rel"] == "noopener noreferrer" for link in links)
    assert "example.com" in parsed.said


def test_the_page_forbids_itself_scripts_and_requests() -> None:
    policies = [a["content"] for tag, a in Page(page()).tags if tag == "meta" and "http-equiv" in a]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


def test_the_style_fetches_nothing() -> None:
    [style] = re.findall(r"<style>(.*?)</style>", page(), re.DOTALL)
    assert "url(" not in style
    assert "@import" not in style


def test_charts_are_drawn_and_told_to_screen_readers() -> None:
    charts = [attributes for tag, attributes in Page(page()).tags if tag == "svg"]
    assert [chart["role"] for chart in charts] == ["img"] * 3
    assert all(chart["aria-label"] for chart in charts)
    assert "most from 01:00: 23" in str(charts[0]["aria-label"])


def test_the_same_digest_is_the_same_page() -> None:
    assert page() == page()


def test_a_day_without_anything_still_gives_a_page() -> None:
    bare = digest("x", reasons=(), praises=(), thanks=(), slowest=(), alerts=(), blind=(), hours=(), week=(), brands=())
    assert "No word stands out" in render(bare, Format.HTML)


@pytest.fixture
def trap(httpserver: HTTPServer) -> Iterator[HTTPServer]:
    httpserver.expect_request(re.compile(".*")).respond_with_data("")
    yield httpserver
    httpserver.clear()


def browse(text: str, folder: Path) -> str:
    """The document as Chromium leaves it after loading."""
    assert CHROMIUM is not None
    file = folder / "digest.html"
    file.write_text(text, encoding="utf-8")
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    done = subprocess.run(
        [*command, "--dump-dom", file.as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_E1_a_real_browser_runs_no_script_and_asks_for_nothing(tmp_path: Path, trap: HTTPServer) -> None:
    image = f"<img src='{trap.url_for('/x.png')}'>"
    evil = f"</title></style>{image}<svg/onload=document.title='pwned'><script>document.title='pwned'</script>"
    document = browse(page(evil), tmp_path)
    assert "</html>" in document
    assert "<title>pwned</title>" not in document
    assert trap.log == []


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_E1_the_browser_test_would_see_a_script_and_a_request(tmp_path: Path, trap: HTTPServer) -> None:
    """Negative control."""
    evil = f"<!doctype html><title>x</title><script>document.title='pwned'</script><img src='{trap.url_for('/x.png')}'>"
    assert "<title>pwned</title>" in browse(evil, tmp_path)
    assert len(trap.log) == 1
