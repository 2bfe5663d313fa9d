"""What stands on the pages about word of mouth, loyalty and what moves it. A page a function: View → Sheet."""

from collections.abc import Callable
from functools import partial

from listener.domain.drivers import Outcome
from listener.domain.factors import FactorName
from listener.domain.recovery import RecoveryBy
from listener.errors import ConfigError
from listener.insight import recovery as recovering
from listener.insight import voice as speaking
from listener.insight.advocates import FORMULA
from listener.insight.windows import Window
from listener.lists import Row
from listener.lists import advocates as speakers
from listener.lists import drivers as moving
from listener.lists import journey as travelling
from listener.lists import loyalty as loyal
from listener.lists import recovery as recovered
from listener.lists import voice as spoken
from listener.reports.drivers_plot import chart
from listener.web.addresses import to
from listener.web.view import Sheet, Table, View

Lead = Callable[[Row], str]
"""A row → where its cell leads."""

POSTS = 5_000
VOICE_DAYS = 7


def voice(view: View) -> Sheet:
    """Word of mouth."""
    by = view.choice("by", speaking.By, speaking.By.BRAND)
    window = view.stretch(VOICE_DAYS)
    rows = speaking.measure(
        view.reads,
        brands=view.settings.brands,
        window=window,
        zone=view.zone,
        by=by,
        brand=view.brand,
        now=view.now,
    )
    said = "Mentions are people's own words; reposts and our own posts are apart."
    notes = (f"{said} Reach sums followers of distinct authors: an upper bound.",)
    table = Table(columns=spoken.COLUMNS, rows=map(spoken.cells, rows), links=_voices(view, window, by))
    choices = {"by": [(str(one), _asked(view, "voice", by=one)) for one in speaking.By]}
    return Sheet(
        title="Word of mouth",
        told={"choices": choices, "chosen": {"by": str(by)}},
        table=table,
        notes=notes,
        filters=("brand", "days"),
    )


def _voices(view: View, window: Window, by: speaking.By) -> dict[str, Lead]:
    """A brand's posts and people, or a day's posts."""
    days = view.days_of(window)
    if by is speaking.By.DAY:
        return {"mentions": lambda row: to("mentions", day=row["key"], brand=view.brand)}
    if by is not speaking.By.BRAND:
        return {}
    return {
        "mentions": lambda row: to("mentions", brand=row["key"], **days),
        "reposts": lambda row: to("mentions", brand=row["key"], label="repost", **days),
        "authors": lambda row: to("mentions", brand=row["key"], people=1, **days),
    }


def _stops(view: View, window: Window) -> dict[str, Lead]:
    """The people and posts of one cell of the map."""
    days = view.days_of(window)

    def lead(row: Row, **more: object) -> str:
        tag = f"touchpoint:{row['touchpoint']}"
        return (
            ""
            if row["touchpoint"] == travelling.NOWHERE
            else to("mentions", brand=row["brand"], tag=tag, **days, **more)
        )

    moods = {mood: partial(lead, label=mood) for mood in ("negative", "neutral", "positive")}
    return {"people": partial(lead, people=1), "posts": lead, **moods}


def loyalty(view: View) -> Sheet:
    """Four scores with their parts; of one, the posts behind it."""
    window = view.stretch(loyal.DEFAULT_DAYS)
    if view.text("posts"):
        if not view.text("factor"):
            raise ConfigError("posts are of one factor", next_step="add factor=usage, for example")
        factor = view.choice("factor", FactorName, FactorName.USAGE)
        rows = [row for name in view.brands for row in loyal.posts_of(view.reads, name, window, factor, POSTS)]
        table = Table(columns=loyal.POST_COLUMNS, rows=rows, links={"url": lambda row: str(row["url"])})
        return Sheet(title=f"Posts behind {loyal.spoken(factor)}", table=table)
    only = view.choice("factor", FactorName, FactorName.USAGE) if view.text("factor") else None
    found = [loyal.told(view.settings, view.reads, name, window, view.now, only) for name in view.brands]
    parts = (
        loyal.part_row(one.brand, factor, part) for one in found for factor in one.factors for part in factor.parts
    )
    said = {one: loyal.said_score(one) for brand in found for one in brand.factors}
    told = {"found": found, "said": said, "part": loyal.said_part, "spoken": loyal.spoken}
    table = Table(columns=loyal.PART_COLUMNS, rows=parts)
    return Sheet(title="Loyalty", template="loyalty.html.j2", told=told, table=table, filters=("brand", "days"))


def journey(view: View) -> Sheet:
    """Touchpoints against moods."""
    window = view.stretch(VOICE_DAYS)
    found = travelling.measured(view.settings, view.reads, view.brands, window)
    notes = ("A person counts once a touchpoint; one who speaks of two counts at both. Reposts are apart.",)
    table = Table(columns=travelling.COLUMNS, rows=travelling.rows(found), links=_stops(view, window))
    return Sheet(title="Where on their way", table=table, notes=notes, filters=("brand", "days"))


def drivers(view: View) -> Sheet:
    """Stated importance against derived, in four boxes a brand."""
    outcome = view.choice("outcome", Outcome, Outcome.RECOMMEND)
    found = moving.measured(view.settings, view.reads, view.brands, view.stretch(moving.DEFAULT_DAYS), outcome)
    told = {
        "plots": [(one.brand, one.refused or "", "" if one.refused else chart(one)) for one in found],
        "choices": {"outcome": [(str(one), _asked(view, "drivers", outcome=one)) for one in Outcome]},
        "chosen": {"outcome": str(outcome)},
    }
    notes = ("It tells what goes together in public talk, not what causes what: try it out, then compare.",)
    table = Table(columns=moving.COLUMNS, rows=moving.rows(found))
    return Sheet(
        title="What moves people",
        template="drivers.html.j2",
        told=told,
        table=table,
        notes=notes,
        filters=("brand", "days"),
    )


def advocates(view: View) -> Sheet:
    """Who recommends us; or who may be thanked, rewarded or invited now."""
    asked = view.text("next")
    queue = view.choice("next", speakers.Next, speakers.Next.THANKS) if asked else None
    days = view.whole("days", speakers.DEFAULT_DAYS)
    rows, kept = speakers.found(view.settings, view.reads, view.brand, days, queue, view.now)
    notes = [f"Score: {FORMULA}. Followers are an upper bound of who saw it."]
    if queue is not None:
        notes.append(
            f"Left out: {kept['had_already']} had it within the window, {kept['opted_out']} asked not to be contacted,"
            f" {kept['not_allowed']} can't be answered by their platform's terms."
        )
    choices = [
        ("all", _asked(view, "advocates", next="")),
        *((str(one), _asked(view, "advocates", next=one)) for one in speakers.Next),
    ]
    return Sheet(
        title="Advocates",
        told={"choices": {"next": choices}, "chosen": {"next": asked or "all"}},
        table=Table(columns=speakers.COLUMNS, rows=rows),
        notes=tuple(notes),
        filters=("brand", "days"),
    )


def recovery(view: View) -> Sheet:
    """What complainers posted once their case was resolved."""
    by = view.choice("by", RecoveryBy, RecoveryBy.QUEUE) if view.text("by") else None
    found = recovering.measure(view.reads, view.brands, view.stretch(recovered.DEFAULT_DAYS), view.now, by)
    table = Table(columns=recovered.COLUMNS, rows=map(recovered.cells, (found.whole, *found.lines)))
    choices = [(str(one), _asked(view, "recovery", by=one)) for one in RecoveryBy]
    return Sheet(
        title="Recovery",
        told={"choices": {"by": choices}, "chosen": {"by": str(by or "")}},
        table=table,
        notes=(found.headline,),
        filters=("brand", "days"),
    )


def _asked(view: View, page: str, **other: object) -> str:
    """The same page, asked otherwise in one thing."""
    return to(page, **{**view.query, **other})
