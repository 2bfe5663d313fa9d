"""Every figure of the airline week's digests, each day and the week, beside a slow recount of the database's rows."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from listener.domain.alert import Alert, AlertKind
from listener.domain.brand import Brand
from listener.domain.case import CaseChange, CaseDraft, EventKind, Reason
from listener.domain.digest import Cycle
from listener.domain.mention import Gap, Metrics
from listener.domain.stored import SavedMention, ScoredMention
from listener.domain.themes import Tagging
from listener.domain.verdict import Label, Sentiment, Verdict
from listener.insight.digest import build
from listener.ports import Store
from listener.store import open_store
from tests.builders import author, scored, verdict
from tests.insight.recomputed import Rows, check

ZONE = "America/New_York"
NOW = datetime(2015, 2, 25, 14, tzinfo=UTC)
NAMES = ("United", "US Airways", "American", "Southwest", "JetBlue", "Virgin America")
OWN = NAMES[:5]
BRANDS = tuple(Brand(name=name, handles=(name.replace(" ", "").lower(),), competitor=name not in OWN) for name in NAMES)
WORDS = {"bag": "deliver", "phone": "get help", "book": "buy", "seat": "use"}
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Week:
    store: Store
    rows: Rows


def said(text: str, sentiment: str, number: int) -> Verdict | None:
    """By the human label; a few posts are unsure or unread, as they always are."""
    if number % 101 == 0:
        return None
    tags = tuple((f"touchpoint:{place}", 1.0) for word, place in WORDS.items() if word in text.casefold())
    labels = {"negative": [Label.COMPLAINT], "positive": [Label.PRAISE]}.get(sentiment, [])
    labels += [Label.QUESTION] if "?" in text else []
    mood = None if number % 37 == 0 else Sentiment(sentiment)
    return verdict(*labels, sentiment=mood, tagging=Tagging(tagger="t", tags=tags))


def posts(shared: Path) -> Iterator[ScoredMention]:
    """The week; and before it two weeks of every tenth post, so that something is usual."""
    with (shared / "data" / "airline.train.jsonl").open(encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            post = json.loads(line)
            for weeks in (0, 1, 2) if number % 10 == 0 else (0,):
                one = scored(
                    post["text"],
                    f"{post['id']}-{weeks}",
                    brand=post["brand"],
                    author=author(post["author"]),
                    created_at=datetime.fromisoformat(post["created_at"]) - timedelta(days=7 * weeks),
                    metrics=Metrics(reposts=post["reposts"]),
                    is_repost=number % 53 == 0,
                )
                yield replace(one, verdict=said(post["text"], post["sentiment"], number))


def open_cases(store: Store, saved: list[SavedMention]) -> None:
    """One for every twelfth complaint; some answered, some late, some resolved, some neither."""
    complaints = [row for row in saved if row.scored.verdict and Label.COMPLAINT in row.scored.verdict.labels]
    with store.write() as tx:
        for n, row in enumerate(complaints[::12]):
            at = row.scored.mention.created_at
            draft = CaseDraft(
                brand=row.scored.matches[0].brand,
                author_id=row.author_id,
                thread=f"t{n}",
                mention_id=row.id,
                queue="support",
                reason=Reason.COMPLAINT if n % 5 else Reason.QUESTION,
                priority=float(n * 7 % 61),
                terms={},
                escalated=False,
                due_at=at + timedelta(hours=4),
                sla_at=at + timedelta(hours=4, minutes=n % 13) if n % 4 == 0 else None,
                opened_at=at,
            )
            case = tx.open_case(draft)
            replied = at + (11 * (n % 50) + 1) * MINUTE if n % 4 else None
            resolved = replied + timedelta(hours=2) if replied and n % 3 else None
            for kind, name, instant in (
                (EventKind.REPLIED, "first_reply_at", replied),
                (EventKind.RESOLVED, "resolved_at", resolved),
            ):
                if instant is not None:
                    done: dict[str, object] = {name: instant}
                    done |= {"state": "resolved"} if kind is EventKind.RESOLVED else {}
                    case = tx.change_case(
                        case.id, case.version, CaseChange(kind=kind, agent="ada", at=instant, set=done)
                    )


@pytest.fixture(scope="module")
def week(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    file = tmp_path_factory.mktemp("airlines") / "week.db"
    store = open_store(file)
    with store.write() as tx:
        saved = tx.save_mentions(list(posts(shared)), NOW)
        unheard = datetime(2015, 2, 13, 17, tzinfo=UTC)
        tx.add_gap("x-search", Gap(since=unheard, until=unheard + timedelta(hours=3), reason="page cap"), NOW)
        shut = datetime(2015, 2, 21, 3, tzinfo=UTC)
        tx.add_gap("reviews", Gap(since=shut, until=shut + timedelta(hours=4), reason="down"), NOW)
        risen = datetime(2015, 2, 22, 19, tzinfo=UTC)
        tx.open_alert(Alert(key="s", kind=AlertKind.SPIKE, subject="United/", opened_at=risen, title="up", body=""))
    open_cases(store, saved)
    yield Week(store=store, rows=Rows.of(file, ZONE, frozenset(NAMES) - set(OWN), NOW))
    store.close()


def compare(week: Week, day: date, cycle: Cycle, brand: str) -> None:
    with week.store.read() as reads:
        told = build(reads, brands=BRANDS, timezone=ZONE, day=day, now=NOW, brand=brand, cycle=cycle)
    check(told, week.rows, [brand] if brand else OWN)


@pytest.mark.sqlite
@pytest.mark.parametrize("day", range(17, 25))
def test_every_figure_of_each_day_is_what_the_rows_say(week: Week, day: int) -> None:
    compare(week, date(2015, 2, day), Cycle.DAILY, "United")


@pytest.mark.parametrize(("cycle", "brand"), [(Cycle.DAILY, ""), (Cycle.WEEKLY, "United"), (Cycle.WEEKLY, "")])
@pytest.mark.sqlite
def test_so_is_every_figure_of_the_week_and_of_all_brands_together(week: Week, cycle: Cycle, brand: str) -> None:
    compare(week, date(2015, 2, 22), cycle, brand)
