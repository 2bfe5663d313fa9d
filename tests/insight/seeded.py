"""A small store with eleven days of posts, cases, an alert and a gap, and the plain list it was made of."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from listener.domain.alert import Alert, AlertKind
from listener.domain.brand import Brand, Match
from listener.domain.case import CaseChange, CaseDraft, EventKind, Reason
from listener.domain.mention import Gap, Metrics
from listener.domain.stored import ScoredMention
from listener.domain.verdict import Label, Sentiment, Verdict
from listener.ports import Store
from tests.builders import author, mention, verdict

ACME, BOLT, RIVAL = (
    Brand(name="Acme", handles=("acme",)),
    Brand(name="Bolt", handles=("bolt",)),
    Brand(name="Rival", handles=("rival",), competitor=True),
)
BRANDS = (ACME, BOLT, RIVAL)
ZONE = "Europe/Berlin"
BEGIN = datetime(2026, 3, 20, 23, tzinfo=UTC)
"""Midnight in Berlin; the clocks go forward on the 29th."""
DAYS = 11
WORDS = ("parcel late", "refund missing", "driver rude", "app crashes", "parcel late again")


@dataclass(frozen=True)
class Post:
    """What the test knows of a post, apart from any store."""

    id: str
    brand: str
    platform: str
    person: int
    at: datetime
    text: str
    repost: bool
    said: Verdict | None
    engagement: int
    followers: int | None

    @property
    def person_key(self) -> tuple[str, int]:
        return self.platform, self.person

    def bears(self, label: Label) -> bool:
        return not self.repost and self.said is not None and label in self.said.labels


@dataclass(frozen=True)
class Handled:
    """What the test knows of a case."""

    brand: str
    opened: datetime
    due: datetime
    replied: datetime | None
    resolved: datetime | None


@dataclass(frozen=True)
class Seeded:
    posts: list[Post]
    cases: list[Handled] = field(default_factory=list)


def posts(seed: int = 7, per_day: int = 70) -> list[Post]:
    rng = random.Random(seed)
    return [_post(rng, n, BEGIN + timedelta(days=DAYS) * (n / (DAYS * per_day))) for n in range(DAYS * per_day)]


def _post(rng: random.Random, n: int, at: datetime) -> Post:
    person = rng.randrange(60)
    kind = rng.choices(range(6), (5, 3, 2, 2, 1, 1))[0]
    said = (
        verdict(Label.COMPLAINT),
        verdict(Label.PRAISE, sentiment=Sentiment.POSITIVE),
        verdict(Label.QUESTION, sentiment=Sentiment.NEUTRAL),
        verdict(sentiment=Sentiment.NEUTRAL),
        verdict(sentiment=None),
        None,
    )[kind]
    brand = rng.choices(BRANDS, (5, 3, 2))[0]
    return Post(
        id=f"p{n}",
        brand=brand.name,
        platform=rng.choice(("x", "reddit")),
        person=person,
        at=at + timedelta(seconds=rng.randrange(900)),
        text=f"@{brand.handles[0]} {rng.choice(WORDS)} <b>{n}</b>",
        repost=rng.random() < 0.1,
        said=said,
        engagement=rng.randrange(50),
        followers=None if person % 7 == 0 else person * 100,
    )


def scored(post: Post) -> ScoredMention:
    handle = f"person{post.person}"
    return ScoredMention(
        mention=mention(
            post.text,
            post.id,
            platform=post.platform,
            author=author(handle, platform=post.platform, followers=post.followers),
            created_at=post.at,
            is_repost=post.repost,
            metrics=Metrics(likes=post.engagement),
        ),
        matches=(Match(brand=post.brand, term=f"@{post.brand.lower()}", start=0, end=5),),
        verdict=post.said,
    )


def fill(store: Store, written: list[Post]) -> Seeded:
    """Posts, a case for each tenth complaint, one alert, one gap of two hours."""
    cases = []
    with store.write() as tx:
        saved = tx.save_mentions([scored(post) for post in written], BEGIN + timedelta(days=DAYS))
        by_id = {row.scored.mention.key.native_id: row for row in saved}
        complaints = [p for p in written if p.bears(Label.COMPLAINT) and p.brand != RIVAL.name]
        for n, post in enumerate(complaints[::10]):
            handled = _handled(post, n)
            cases.append(handled)
            case = tx.open_case(
                CaseDraft(
                    brand=post.brand,
                    author_id=by_id[post.id].author_id,
                    thread=f"t{n}",
                    mention_id=by_id[post.id].id,
                    queue="support",
                    reason=Reason.COMPLAINT,
                    priority=20.0,
                    terms={"severity": 20.0},
                    escalated=False,
                    due_at=handled.due,
                    opened_at=handled.opened,
                )
            )
            for kind, name, instant in (
                (EventKind.REPLIED, "first_reply_at", handled.replied),
                (EventKind.RESOLVED, "resolved_at", handled.resolved),
            ):
                if instant is not None:
                    change = CaseChange(kind=kind, agent="ada", at=instant, set={name: instant})
                    case = tx.change_case(case.id, case.version, change)
        opened = BEGIN + timedelta(days=9, hours=5)
        tx.open_alert(
            Alert(key="spike:1", kind=AlertKind.SPIKE, subject="Acme/", opened_at=opened, title="Acme rises", body="")
        )
        gap = Gap(since=opened, until=opened + timedelta(hours=2), reason="page cap")
        tx.add_gap("x-search", gap, opened)
    return Seeded(posts=written, cases=cases)


def _handled(post: Post, n: int) -> Handled:
    replied = post.at + timedelta(minutes=17 * (n % 40) + 1) if n % 4 else None
    resolved = replied + timedelta(hours=1) if replied and n % 3 else None
    return Handled(
        brand=post.brand, opened=post.at, due=post.at + timedelta(hours=4), replied=replied, resolved=resolved
    )
