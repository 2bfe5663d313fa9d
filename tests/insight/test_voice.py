"""Voice against a slow recount."""

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from listener.insight.voice import By, VoiceRow, measure
from listener.insight.windows import Window
from listener.ports import Store
from tests.insight.seeded import BEGIN, BRANDS, ZONE, Post, Seeded

BERLIN = ZoneInfo(ZONE)
WINDOW = Window(since=BEGIN + timedelta(days=3), until=BEGIN + timedelta(days=5))


def rows(store: Store, by: By, brand: str = "") -> dict[str, VoiceRow]:
    with store.read() as reads:
        found = measure(reads, brands=BRANDS, window=WINDOW, zone=BERLIN, by=by, brand=brand)
    return {row.key: row for row in found}


def within(seeded: Seeded) -> list[Post]:
    return [p for p in seeded.posts if WINDOW.since <= p.at < WINDOW.until]


def check(row: VoiceRow, own: list[Post], everyone: list[Post]) -> None:
    heard = [p for p in own if not p.repost]
    followers = {p.person_key: p.followers for p in heard}
    assert row.mentions == len(heard)
    assert row.reposts == len(own) - len(heard)
    assert row.authors == len(followers)
    assert row.reach == sum(f or 0 for f in followers.values())
    assert row.unknown_reach == sum(f is None for f in followers.values())
    assert row.engagement == sum(p.engagement for p in heard)
    assert (row.voice.part, row.voice.whole) == (len(heard), sum(not p.repost for p in everyone))
    pairs = {(p.brand, *p.person_key) for p in everyone if not p.repost}
    assert row.author_voice.whole == len(pairs)
    assert row.author_voice.part == len({pair for pair in pairs if pair[0] in {p.brand for p in own}})


def test_by_brand_each_configured_brand_has_its_row(filled: tuple[Store, Seeded]) -> None:
    store, seeded = filled
    found = rows(store, By.BRAND)
    assert list(found) == ["Acme", "Bolt", "Rival"]
    for name, row in found.items():
        check(row, [p for p in within(seeded) if p.brand == name], within(seeded))
    assert list(rows(store, By.BRAND, "Bolt")) == ["Bolt"]


Key = Callable[[Post], str]


@pytest.mark.parametrize(
    ("by", "key"),
    [
        (By.PLATFORM, lambda p: p.platform),
        (By.DAY, lambda p: p.at.astimezone(BERLIN).date().isoformat()),
        (By.HOUR, lambda p: p.at.astimezone(BERLIN).replace(minute=0, second=0).isoformat(timespec="minutes")),
    ],
)
@pytest.mark.parametrize("brand", ["Acme", ""])
def test_other_rows_are_of_the_brand_or_of_all_own(filled: tuple[Store, Seeded], by: By, key: Key, brand: str) -> None:
    store, seeded = filled
    own = {brand} if brand else {"Acme", "Bolt"}
    found = rows(store, by, brand)
    assert sum(row.mentions for row in found.values()) > 50
    for name, row in found.items():
        everyone = [p for p in within(seeded) if key(p) == name]
        check(row, [p for p in everyone if p.brand in own], everyone)


def test_few_mentions_tell_no_share(filled: tuple[Store, Seeded]) -> None:
    assert all(row.voice.telling for row in rows(filled[0], By.DAY).values())
    assert not any(row.voice.telling for row in rows(filled[0], By.HOUR).values())
