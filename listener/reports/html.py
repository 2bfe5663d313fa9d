"""The digest as one self-contained page: no script, no request, nothing a stranger wrote is obeyed."""

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

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
    said_trust,
    said_usual,
    title,
)


def render_html(digest: Digest) -> str:
    zone = ZoneInfo(digest.timezone)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "line": line,
        "link": link,
        "host": host,
        "number": "{:,}".format,
        "when": partial(_local, zone=zone, form="%a %d %b %Y %H:%M"),
        "clock": partial(_local, zone=zone, form="%H:%M" if digest.cycle is Cycle.DAILY else "%a %d %b %H:%M"),
        "lasting": lasting,
        "compared": compared,
        "share": said_share,
        "moods": said_moods,
        "signed": signed,
        "blind": _any_blind,
        "known": _usual_known,
        "usual": partial(said_usual, cycle=digest.cycle),
        "trusted": said_trust,
        "place": partial(said_place, brand=digest.brand),
        "factor": partial(said_factor, brand=digest.brand),
        "scored": said_score,
        "named": TITLES.__getitem__,
        "last": _last_day,
    }
    return environment.get_template("digest.html.j2").render(
        d=digest,
        title=title(digest),
        hours=hours_chart(digest) if digest.cycle is Cycle.DAILY else "",
        week=week_chart(digest.week),
        voice=voice_chart(digest.brands),
        length="day" if digest.cycle is Cycle.DAILY else "week",
    )


def _local(instant: datetime, *, zone: ZoneInfo, form: str) -> str:
    return instant.astimezone(zone).strftime(form)


def _any_blind(hours: tuple[HourPoint, ...]) -> bool:
    return any(hour.blind for hour in hours)


def _usual_known(hours: tuple[HourPoint, ...]) -> bool:
    return any(hour.usual is not None for hour in hours)


def _last_day(until: datetime, zone: str) -> str:
    """The day before a window's end, as commands call it."""
    return f"{(until - timedelta(hours=1)).astimezone(ZoneInfo(zone)):%Y-%m-%d}"
