"""Sheets as HTML: the digest's own templates and style, and what pages of a board need besides."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

from listener.domain.digest import Digest
from listener.domain.policy import Settings
from listener.errors import ListenerError
from listener.insight.windows import DAY, day_of
from listener.lists import Row
from listener.reports.drivers_plot import STYLE
from listener.reports.html import Address, context, environment
from listener.web.addresses import address, to
from listener.web.view import Sheet, Table, View

HTMX = "htmx-2.0.11.min.js"
FOLDER = Path(__file__).parent
SENTENCES = frozenset({"text", "headline", "title", "says"})
"""Columns that want room."""
SHOWN = 50
"""Rows on a page; a download has all."""
DAYS_BACK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell as a page shows it."""

    text: str
    href: str = ""
    """A page of ours."""
    out: str = ""
    """A stranger's address, hostile."""
    look: str = ""
    """`n` a number, `when` an instant, `wide` a sentence."""


@dataclass(slots=True, kw_only=True)
class Drawing:
    """Draws pages; `offline` ones are files that lead to files."""

    nav: Sequence[tuple[str, str]]
    """Page and what it is called, in order."""
    downloads: frozenset[str] = frozenset()
    """Pages whose rows may be downloaded."""
    address: Address = address
    offline: bool = False
    _made: dict[tuple[object, ...], Environment] = field(default_factory=dict)

    def page(self, name: str, sheet: Sheet, view: View) -> str:
        """A whole page."""
        digest = sheet.told.get("digest")
        told = dict(sheet.told)
        made = self._environment(digest)
        if isinstance(digest, Digest):
            told = context(digest, made) | {"days": _days(view)}
        made.filters["at"] = lambda instant: f"{instant.astimezone(view.zone):%Y-%m-%d %H:%M}"
        frame = {
            **self._frame(name, view.query, view.settings),
            "now": f"{view.now.astimezone(view.zone):%Y-%m-%d %H:%M}",
            "here": to(name, **view.query),
            "live": sheet.live,
            "filters": sheet.filters,
            "notes": sheet.notes,
            "title": sheet.title,
            "table": sheet.table and self._table(name, sheet.table, view),
        }
        return made.get_template(sheet.template).render(frame | told)

    def fault(self, error: ListenerError, settings: Settings) -> str:
        """What went wrong and what to do."""
        frame = {**self._frame("", {}, settings), "here": "", "live": False}
        told = {"title": str(error), "next_step": error.next_step}
        return self._environment(None).get_template("fault.html.j2").render(frame | told)

    def login(self, *, wrong: bool) -> str:
        return self._environment(None).get_template("login.html.j2").render(wrong=wrong)

    def style(self) -> str:
        """The style of every page."""
        return self._environment(None).get_template("style.css.j2").render(drivers=Markup(STYLE))  # noqa: S704 - ours

    def _environment(self, digest: object) -> Environment:
        """A digest of another kind or brand says things otherwise, so that it has one of its own."""
        key = (digest.cycle, digest.brand) if isinstance(digest, Digest) else ()
        if key not in self._made:
            self._made[key] = environment(folders=[FOLDER / "templates"], address=self.address)
        return self._made[key]

    def _frame(self, name: str, query: Mapping[str, str], settings: Settings) -> dict[str, object]:
        return {
            "page": name,
            "nav": self.nav,
            "query": query,
            "brands": [entry.name for entry in settings.brands if not entry.competitor],
            "timezone": settings.timezone,
            "offline": self.offline,
            "htmx": HTMX,
            "drivers": Markup(STYLE) if self.offline else "",  # noqa: S704 - ours
        }

    def _table(self, name: str, table: Table, view: View) -> dict[str, object]:
        rows = iter(table.rows)
        shown = [self._row(table, row, view) for row in islice(rows, SHOWN)]
        files = {kind: _file(name, kind, view.query) for kind in ("csv", "json")} if name in self.downloads else {}
        return {
            "columns": table.columns,
            "rows": shown,
            "caption": table.caption,
            "more": next(rows, None) is not None,
            "csv": files.get("csv", ""),
            "json": files.get("json", ""),
        }

    def _row(self, table: Table, row: Row, view: View) -> list[Cell]:
        return [self._cell(table, name, row, view) for name in table.columns]

    def _cell(self, table: Table, name: str, row: Row, view: View) -> Cell:
        value = row.get(name)
        leads = table.links[name](row) if name in table.links else ""
        inside = leads.startswith("/")
        return Cell(
            text=_said(value, view), href=leads if inside else "", out="" if inside else leads, look=_look(name, value)
        )


def _look(column: str, value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "n"
    return "when" if isinstance(value, datetime) else "wide" if column in SENTENCES else ""


def _file(name: str, kind: str, query: Mapping[str, str]) -> str:
    plain, _, asked = to(name, **query).partition("?")
    return f"{plain}.{kind}{'?' if asked else ''}{asked}"


def _said(value: object, view: View) -> str:
    """A value as people read it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(view.zone):%Y-%m-%d %H:%M}"
    if isinstance(value, float):
        return f"{value:,.1f}" if abs(value) >= 1 else f"{value:.2f}"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(map(str, value))
    return str(value)


def _days(view: View) -> list[tuple[str, str]]:
    """Today, the days before, and the last two weeks."""
    today, brand = day_of(view.now, view.zone), view.text("brand")
    found = [("today", to("today", brand=brand))]
    found += [(f"{today - n * DAY:%a %d}", to("today", day=today - n * DAY, brand=brand)) for n in range(1, DAYS_BACK)]
    for name, on in (("last week", today - timedelta(days=7)), ("this week", today)):
        year, week, _ = on.isocalendar()
        found.append((name, to("today", week=f"{year}-W{week:02}", brand=brand)))
    return found
