"""What stands on each page about the day, the queue, alerts and posts. A page a function: View → Sheet."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from listener.domain.alert import Alert, AlertKind
from listener.domain.case import Case, CaseState
from listener.domain.listing import Wanted
from listener.domain.stored import InboxFilter
from listener.domain.verdict import Label
from listener.errors import NotFound
from listener.insight.digest import build
from listener.insight.period import day_period
from listener.lists import Row, alerts, asking, cases, posts
from listener.lists import search as searching
from listener.triage.card import Reader, whole
from listener.web.addresses import to
from listener.web.view import Sheet, Table, View

FOUND = 50
MOST_IDS = 2**53


def today(view: View) -> Sheet:
    """The digest of a day or week, as far as it has come."""
    week, zone = view.text("week"), view.zone
    if week:
        period = asking.a_week(week, zone)
    else:
        day = asking.chosen_day(view.text("day", "today"), view.reads, view.settings, view.now)
        period = day_period(day, zone)
    digest = build(
        view.reads,
        brands=view.settings.brands,
        timezone=view.settings.timezone,
        day=period.first,
        now=view.now,
        brand=view.brand,
        cycle=period.cycle,
        loyalty=view.settings.loyalty,
        themes=view.settings.themes,
    )
    return Sheet(title="", template="today.html.j2", told={"digest": digest}, live=digest.partial, filters=("day",))


def queue(view: View) -> Sheet:
    """What waits, in the order in which it is taken, and how much of it in each queue."""
    policy, name = view.settings.triage, view.text("queue")
    state = view.choice("state", CaseState, CaseState.OPEN)
    want = InboxFilter(queue=name, brand=view.brand, platform=view.text("platform"), states=(state,))
    counts = view.reads.queue_counts(view.now)
    rows = (dict(cases.inbox_row(case, policy, view.now)) for case in _waiting(view, want))
    table = Table(columns=cases.INBOX_COLUMNS, rows=rows, links={"id": lambda row: to("case", id=row["id"])})
    asked = {key: value for key, value in view.query.items() if key != "queue"}
    lines = [(queue, to("queue", **asked, queue=queue), *pair) for queue, pair in counts.items()]
    notes = ("In the order in which they are taken. Free: held by nobody.",)
    return Sheet(title="Queue", template="queue.html.j2", told={"queues": lines}, table=table, notes=notes, live=True)


def _waiting(view: View, want: InboxFilter) -> Iterator[Case]:
    """All that wait, read as they are taken."""
    while page := view.reads.inbox(want, view.now, view.at_once):
        yield from page
        last = page[-1]
        want = replace(want, after=(last.escalated, last.rank_at, last.id))


def case(view: View) -> Sheet:
    """Everything on one case."""
    number = view.whole("id", 0, least=1, most=MOST_IDS)
    if not number:
        raise NotFound("which case?", next_step="choose one in the queue")
    card = view.reads.case_card(number)
    reader = Reader(policy=view.settings.triage, now=view.now, zone=view.zone)
    told = {"lines": list(whole(card, reader)), "posts": [one for one in card.mentions if not one.deleted]}
    return Sheet(title=f"Case {number}", template="case.html.j2", told=told, live=True)


def alerts_page(view: View) -> Sheet:
    """What stands and what has passed; of a day or week, what began in it."""
    if view.text("day") or view.text("week"):
        found = alerts.begun(view.settings, view.reads, view.listed(), view.brand)
    else:
        open_now, past = alerts.standing(view.reads, view.whole("days", alerts.DEFAULT_DAYS), view.now)
        found = [one for one in (*open_now, *past) if not view.brand or one.brand in ("", view.brand)]
    rows = (alerts.row(view.settings, one, view.now) for one in found)
    table = Table(columns=alerts.COLUMNS, rows=rows, links={"key": lambda row: to("alert", key=row["key"])})
    return Sheet(title="Alerts", table=table, live=True, filters=("brand",))


def alert(view: View) -> Sheet:
    """One alert, what became of it, and the posts behind it."""
    key = view.text("key")
    found = view.reads.alert(key)
    told = {
        "alert": found,
        "state": alerts.state_of(found, view.now),
        "life": view.reads.alert_life(key),
    }
    window = _counted(found)
    table = None if window is None else _behind(view, found, *window)
    return Sheet(title=found.title, template="alert.html.j2", told=told, table=table, live=found.closed_at is None)


def _counted(found: Alert) -> tuple[datetime, datetime] | None:
    """The stretch that it counts posts of; None where it counts none."""
    since, until = found.facts.get("since"), found.facts.get("until")
    if not (found.brand and isinstance(since, str) and isinstance(until, str)):
        return None
    return datetime.fromisoformat(since), datetime.fromisoformat(until)


def _behind(view: View, found: Alert, since: datetime, until: datetime) -> Table:
    label = Label.PRAISE if found.kind is AlertKind.PRAISE else Label.COMPLAINT
    want = Wanted(brand=found.brand, since=since, until=until, label=label.value)
    rows = (posts.post_row(one, found.brand) for one in posts.paged(view.reads, want, view.at_once))
    caption = f"Posts from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC that it counts: {label}"
    return Table(columns=posts.POSTS, rows=rows, links=OUT, caption=caption)


def mentions(view: View) -> Sheet:
    """The posts, or the people, behind a number."""
    asked = posts.PostsAsked(
        window=view.listed(),
        brand=view.brand,
        label=view.choice("label", posts.Said, posts.Said.ALL),
        tag=view.text("tag"),
        words=view.text("words"),
        stance=view.choice("stance", posts.Stand, posts.Stand.ANY),
        people=bool(view.text("people")),
    )
    asked.refuse_nonsense()
    table = Table(columns=asked.columns, rows=posts.rows(view.settings, view.reads, asked, view.at_once), links=OUT)
    what = "People" if asked.people else "Posts"
    said = ", ".join(f"{name} {value}" for name, value in view.query.items() if name != "people")
    return Sheet(title=f"{what}: {said}" if said else what, table=table)


def cases_page(view: View) -> Sheet:
    """What happened to cases in a day or week."""
    what = view.choice("what", cases.What, cases.What.OPENED)
    rows = cases.happened(view.settings, view.reads, what, view.brand, view.listed(), view.now)
    table = Table(columns=cases.COLUMNS, rows=rows, links={"id": lambda row: to("case", id=row["id"])})
    return Sheet(title=f"Cases {what}", table=table)


def search(view: View) -> Sheet:
    """Posts that bear words, newest first, as far back as one search reads."""
    words = view.text("words").strip()
    if not words:
        return Sheet(title="Search", template="search.html.j2", told={"words": "", "further": "", "said": ""})
    found = searching.search(view.settings, view.reads, words, view.brand, view.text("before"), FOUND)
    further = to("search", words=words, brand=view.brand, before=found.before) if found.before else ""
    said = f"{len(found.rows)} found; {_reached(found)}"
    told = {"words": words, "further": further, "said": said}
    table = Table(columns=searching.COLUMNS, rows=found.rows, links=OUT)
    return Sheet(title="Search", template="search.html.j2", told=told, table=table, filters=("brand",))


def _reached(found: searching.Found) -> str:
    return f"looked back to {found.back_to[0]:%Y-%m-%d %H:%M} UTC." if found.back_to else "every post was looked at."


def _out(row: Row) -> str:
    return str(row["url"])


OUT = {"url": _out}
