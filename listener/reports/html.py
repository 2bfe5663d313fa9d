"""The digest as one self-contained page: no script, no request, nothing a stranger wrote is obeyed."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from listener.domain.digest import Cycle, Digest, HourPoint
from listener.domain.phrases import compared, lasting, signed
from listener.reports.charts import hours_chart, voice_chart, week_chart
from listener.reports.escaping import host, line, link
from listener.reports.phrasing import (
    TITLES,
    said_factor,
    said_moods,
    said_place,
    said_score,
    said_share,
    said_survey,
    said_trust,
    said_usual,
    title,
)

Address = Callable[[str], str]
"""A command → where a page shows what it lists; empty where none does."""


def nowhere(_command: str) -> str:
    """A page by itself leads to no other."""
    return ""


def environment(*, folders: Sequence[Path] = (), address: Address = nowhere) -> Environment:
    """Templates that escape all they are given, and the filters that need to know no digest."""
    made = Environment(
        loader=FileSystemLoader([Path(__file__).parent / "templates", *folders]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {
        "line": line,
        "link": link,
        "host": host,
        "number": "{:,}".format,
        "lasting": lasting,
        "signed": signed,
        "share": said_share,
        "linked": partial(_linked, address=address),
        "shown": partial(_shown, address=address),
    }
    return made


def render_html(digest: Digest) -> str:
    made = environment()
    return made.get_template("digest.html.j2").render(context(digest, made))


def context(digest: Digest, made: Environment) -> dict[str, object]:
    """What the digest's body is drawn from; teaches the environment how this digest says things."""
    zone = ZoneInfo(digest.timezone)
    made.filters |= {
        "when": partial(_local, zone=zone, form="%a %d %b %Y %H:%M"),
        "clock": partial(_local, zone=zone, form="%H:%M" if digest.cycle is Cycle.DAILY else "%a %d %b %H:%M"),
        "compared": compared,
        "moods": said_moods,
        "blind": _any_blind,
        "known": _usual_known,
        "usual": partial(said_usual, cycle=digest.cycle),
        "trusted": said_trust,
        "place": partial(said_place, brand=digest.brand),
        "factor": partial(said_factor, brand=digest.brand),
        "scored": said_score,
        "surveyed": said_survey,
        "named": TITLES.__getitem__,
        "last": _last_day,
    }
    return {
        "d": digest,
        "title": title(digest),
        "hours": hours_chart(digest) if digest.cycle is Cycle.DAILY else "",
        "week": week_chart(digest.week),
        "voice": voice_chart(digest.brands),
        "length": "day" if digest.cycle is Cycle.DAILY else "week",
    }


def _linked(text: str, command: str, *, address: Address) -> Markup:
    """The text, leading to what the command lists where a page shows it."""
    where = address(command)
    return Markup('<a href="{}">{}</a>').format(where, text) if where else escape(text)


def _shown(command: str, *, address: Address) -> Markup:
    """The command to type, leading to the page that shows the same."""
    return _linked(Markup("<code>{}</code>").format(line(command, 300)), command, address=address)


def _local(instant: datetime, *, zone: ZoneInfo, form: str) -> str:
    return instant.astimezone(zone).strftime(form)


def _any_blind(hours: tuple[HourPoint, ...]) -> bool:
    return any(hour.blind for hour in hours)


def _usual_known(hours: tuple[HourPoint, ...]) -> bool:
    return any(hour.usual is not None for hour in hours)


def _last_day(until: datetime, zone: str) -> str:
    """The day before a window's end, as commands call it."""
    return f"{(until - timedelta(hours=1)).astimezone(ZoneInfo(zone)):%Y-%m-%d}"
