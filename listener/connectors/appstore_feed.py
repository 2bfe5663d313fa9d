"""App Store reviews without a key: the public feed of each country, read only.

A feed shows ten pages of 50 reviews, newest first, and no more: what was written beyond is a gap. It fails by showing
nothing: a feed that showed reviews once and shows none now is a gap too, from the last time it was seen whole.

Its reviews bear other ids than App Store Connect's do. Cursor: `{v, known: {country: {high, blind}}, run: {country,
page, top}}`; `run` is a country that isn't read to its end.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from listener.connectors.appstore_reviews import PLATFORM, entry_at, label, read_entry
from listener.connectors.boundary import sift
from listener.connectors.budget import credential_of
from listener.connectors.cursors import State, load_cursor
from listener.connectors.http import Limits
from listener.connectors.jsons import table
from listener.connectors.options import Options
from listener.connectors.review_walk import instant_of
from listener.connectors.wire import Wire
from listener.domain.mention import Gap, Mention, Page
from listener.errors import ConfigError, Retry

if TYPE_CHECKING:
    from listener.connectors import Tools

BASE = "https://itunes.apple.com"
WHO = "the App Store's public feed"
LAST_PAGE = 10
"""The eleventh is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is known of a country's feed."""

    high: datetime | None = None
    """When its newest review was written."""
    blind: datetime | None = None
    """Until when its silence has been told as a gap; None while it shows reviews."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """A country's feed on the way down."""

    country: str
    page: int = 1
    top: datetime | None = None


@dataclass(slots=True, kw_only=True)
class _Place:
    known: dict[str, _Known] = field(default_factory=dict)
    run: _Run | None = None

    def cursor(self) -> str:
        known = {
            country: {"high": _written(one.high), "blind": _written(one.blind)} for country, one in self.known.items()
        }
        state: dict[str, object] = {"v": 1, "known": known}
        if self.run is not None:
            state["run"] = {"country": self.run.country, "page": self.run.page, "top": _written(self.run.top)}
        return json.dumps(state)


class AppStoreFeedConnector:
    """Reads the public feeds of one app."""

    platform = PLATFORM

    def __init__(self, name: str, options: Options, tools: "Tools") -> None:
        """Raises `ConfigError` where a country is no code of two letters."""
        self._options = options
        self._app = options.text("app_id")
        self._countries = tuple(dict.fromkeys(country.lower() for country in options.texts("countries")))
        wrong = [one for one in self._countries if not (len(one) == 2 and one.isascii() and one.isalpha())]
        if wrong or not self._countries:
            raise ConfigError(
                f"source {name!r}: options.countries are codes of two letters, not {', '.join(wrong)[:60] or 'none'}",
                next_step='for example countries = ["us", "gb", "de"]',
            )
        self._wire = Wire(
            options.text("api_base") or BASE,
            who=WHO,
            limits=Limits(timeout=options.number("timeout"), deadline=options.number("deadline")),
            budget=tools.budget(credential_of(PLATFORM, "public feed"), WHO),
            clock=tools.clock,
        )

    def __repr__(self) -> str:
        return f"AppStoreFeedConnector({self._app}, {' '.join(self._countries)})"

    def check(self) -> str:
        """Asks for the first country's newest reviews: one call."""
        first = self._countries[0]
        shown = len(self._entries(first, 1))
        return f"the public feed of {first} shows {shown} reviews; read only, {LAST_PAGE * 50} a country at the most"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        """Pages of one country after the other, newest review first."""
        place = _place(load_cursor(cursor, version=1), self._countries, now)
        start = self._countries.index(place.run.country) if place.run else 0
        for country in self._countries[start:]:
            yield from self._country(country, place, now)

    def _country(self, country: str, place: _Place, now: datetime) -> Iterator[Page]:
        known = place.known.get(country, _Known())
        run = place.run or _Run(country=country)
        while True:
            entries = self._entries(country, run.page)
            times = [at for at in map(entry_at, entries) if at is not None]
            top = max([*times, *([run.top] if run.top else [])], default=None)
            low = self._low(known, now)
            ended = not entries or (bool(times) and times[-1] < low) or run.page == LAST_PAGE
            gaps = _gaps(country, known, run, times, low, now) if ended else ()
            if ended:
                blind = now if not entries and run.page == 1 and known.high else None
                place.known[country] = _Known(high=max(filter(None, (known.high, top)), default=None), blind=blind)
                place.run = None
            else:
                place.run = run = replace(run, page=run.page + 1, top=top)
            done = ended and country == self._countries[-1]
            yield self._page(country, entries, place if done else self._onward(place, country), gaps, done=done)
            if ended:
                return

    def _onward(self, place: _Place, country: str) -> _Place:
        """After a country's end the next one is begun: a cursor without a run would begin at the first."""
        if place.run is not None:
            return place
        following = self._countries[self._countries.index(country) + 1]
        return _Place(known=place.known, run=_Run(country=following))

    def _page(self, country: str, entries: list[object], place: _Place, gaps: tuple[Gap, ...], *, done: bool) -> Page:
        def read(entry: object) -> Mention:
            return read_entry(entry, country)

        mentions, rejects = sift(entries, read, f"the feed of {country}")
        return Page(mentions=tuple(mentions), rejects=tuple(rejects), cursor=place.cursor(), done=done, gaps=gaps)

    def _low(self, known: _Known, now: datetime) -> datetime:
        if known.high is None:
            return now - timedelta(days=self._options.number("first_days"))
        return known.high - timedelta(hours=self._options.number("overlap_hours"))

    def _entries(self, country: str, page: int) -> list[object]:
        """A page's reviews: one alone comes without its list, and the app itself may stand before them."""
        path = f"/{country}/rss/customerreviews/page={page}/id={self._app}/sortby=mostrecent/json"
        feed = table(self._wire.get(path)).get("feed")
        if not isinstance(feed, dict):
            raise Retry(f"{WHO} answered without a feed")
        found = feed.get("entry", [])
        entries = found if isinstance(found, list) else [found]
        return entries[1:] if entries and _is_app(entries[0]) else entries


def _is_app(entry: object) -> bool:
    return label(entry, "im:name") is not None and label(entry, "im:rating") is None


def _gaps(
    country: str, known: _Known, run: _Run, times: list[datetime], low: datetime, now: datetime
) -> tuple[Gap, ...]:
    """What stays unseen once a country is at its end."""
    if run.page == LAST_PAGE and times and times[-1] >= low:
        reason = f"{WHO} of {country} shows no more than {LAST_PAGE} pages"
        return (Gap(since=low, until=times[-1], reason=reason),)
    if run.page == 1 and not times and known.high is not None:
        reason = f"{WHO} of {country} shows nothing where it showed reviews: it is at fault, or the app is gone there"
        return (Gap(since=known.blind or known.high, until=now, reason=reason),)
    return ()


def _place(state: State, countries: tuple[str, ...], now: datetime) -> _Place:
    """What a cursor says, as far as it can be true."""
    known = {
        country: _Known(high=instant_of(one.text("high"), now), blind=instant_of(one.text("blind"), now))
        for country in countries
        if (one := state.part("known").part(country))
    }
    run = state.part("run")
    country, page = run.text("country"), run.whole("page")
    going = country in countries and 1 <= page <= LAST_PAGE
    top = instant_of(run.text("top"), now)
    return _Place(known=known, run=_Run(country=country, page=page, top=top) if going else None)


def _written(instant: datetime | None) -> str:
    return instant.isoformat() if instant else ""
