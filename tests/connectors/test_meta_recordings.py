"""Recorded answers of the Graph API, played through the real connectors into a store, once and again."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from listener import connectors
from listener.clock import VirtualClock
from listener.connectors.spool import Spool, event
from listener.domain.platform import Fate
from listener.domain.policy import Secret, SourceConfig
from tests.builders import mention
from tests.connectors.into_store import kept
from tests.contracts.rigs import Purse
from tests.contracts.server import Asked, Reply, Server

RECORDED = datetime(2021, 8, 23, 12, 0, tzinfo=UTC)
LONG_AGO = {"first_hours": 8760.0, "old_posts_days": 365.0}
PAGE, POST, ACCOUNT = "19292868552", "19292868552_10158407654328553", "17841406338772941"


def body(shared: Path, name: str) -> Any:
    path = shared / "recordings" / "facebook-instagram" / name
    if not path.is_file():
        pytest.skip(f"{name} isn't among the recordings")
    return json.loads(path.read_text(encoding="utf-8"))


@contextmanager
def played(*answers: tuple[str, Callable[[Asked], object]]) -> Iterator[Server]:
    """Answers by the end of what is asked for; anything else is an empty list."""

    def answer(asked: Asked) -> Reply:
        for end, script in answers:
            if asked.path.endswith(end):
                return Reply(body=json.dumps(script(asked)).encode())
        return Reply(body=b'{"data": []}')

    with Server(answer) as server:
        yield server


def connector(base: str, name: str, folder: Path | None = None, now: datetime = RECORDED, **options: object) -> Any:
    account = {"page_id": PAGE} if name == "facebook" else {"account_id": ACCOUNT}
    config = SourceConfig(
        name=name,
        connector=name,
        options={"api_base": base, **LONG_AGO, **account, **options},
        secrets={"access_token": Secret("abc")},
    )
    return connectors.build(config, ledger=Purse(), clock=VirtualClock(now), folder=folder)


def twice(
    folder: Path, build: Callable[[], Any], count: int, now: datetime = RECORDED, different: int = 0
) -> list[str]:
    """The ids that are kept, the same ones after a second reading from the beginning.

    `different` of the records are, where the recording's pages hold the same ones.
    """
    different = different or count
    with kept(folder, now) as store:
        first = store.read(build(), "first")
        assert (first.read, first.stored, first.rejected) == (count, different, 0)
        assert len(store.ids()) == different
        again = store.read(build(), "read from the beginning")
        assert (again.read, again.stored, len(store.ids())) == (count, 0, different)
        return store.ids()


@pytest.mark.sqlite
def test_two_recorded_pages_of_comments_are_kept_once(shared: Path, tmp_path: Path) -> None:
    """They bear no ids, as comments on others' pages do since v11: their addresses tell them."""
    first, second = (body(shared, f"facebook/apidata/comments/comments_p{n}.json") for n in (1, 2))
    post = {"id": POST, "from": {"id": PAGE}, "created_time": "2021-08-10T18:00:00+0000", "comments": first}
    pages = (("/feed", lambda _: {"data": [post]}), (f"{POST}/comments", lambda _: second))
    with played(*pages) as server:
        count = len(first["data"]) + len(second["data"])
        native_ids = twice(tmp_path, lambda: connector(server.base, "facebook", read=["comments"]), count)
    assert count == 15
    assert all(one.startswith("10158407654328553_") for one in native_ids)


@pytest.mark.parametrize(
    "name", ["posts/feeds_default_fields_p{}.json", "posts/feed_fields_p{}.json", "groups/feed_p{}.json"]
)
@pytest.mark.sqlite
def test_recorded_posts_that_tag_the_page_are_kept_once(shared: Path, tmp_path: Path, name: str) -> None:
    bodies = [body(shared, f"facebook/apidata/{name.format(n)}") for n in (1, 2)]
    year = (RECORDED - timedelta(hours=8760)).isoformat()
    native_ids = [one["id"] for each in bodies for one in each["data"] if one["created_time"] >= year]
    assert len(native_ids) >= 8, "of the year that is read on a first run"

    def page(asked: Asked) -> object:
        first = not {"after", "until", "__paging_token"} & asked.query.keys()
        return bodies[0] if first else {**bodies[1], "paging": {}}

    with played(("/tagged", page)) as server:
        found = twice(
            tmp_path,
            lambda: connector(server.base, "facebook", read=["tagged"]),
            len(native_ids),
            different=len({*native_ids}),
        )
    assert found == sorted({*native_ids})


@pytest.mark.sqlite
def test_recorded_comments_on_instagram_are_kept_once(shared: Path, tmp_path: Path) -> None:
    """Two pages, a comment with its reply among them."""
    first, second = (body(shared, f"instagram/apidata/medias/comments_p{n}.json") for n in (1, 2))
    whole = body(shared, "instagram/models/ig_comment.json")
    second = {"data": [whole if one["id"] == whole["id"] else one for one in second["data"]]}
    post = {"id": "17846368219941692", "timestamp": "2020-02-13T10:35:40+0000", "comments": first, "comments_count": 6}
    now = datetime(2020, 6, 2, tzinfo=UTC)
    pages = (
        ("/media", lambda _: {"data": [post]}),
        ("17846368219941692/comments", lambda _: second),
        (ACCOUNT, lambda _: {"id": ACCOUNT, "username": "acme"}),
    )
    with played(*pages) as server:
        native_ids = twice(tmp_path, lambda: connector(server.base, "instagram", now=now, read=["comments"]), 4, now)
    # The account wrote one itself: `user` says so. The reply it holds is by nobody who is named.
    assert whole["id"] not in native_ids
    assert "17845747489952795" in native_ids


@pytest.mark.sqlite
def test_recorded_tags_are_kept_once(shared: Path, tmp_path: Path) -> None:
    tags = body(shared, "instagram/apidata/users/tagged_medias.json")
    name = (ACCOUNT, lambda _: {"id": ACCOUNT, "username": "acme"})
    now = datetime(2021, 3, 17, tzinfo=UTC)
    with played(("/tags", lambda _: tags), name) as server:
        newest = [one["id"] for one in tags["data"] if one["timestamp"] >= "2020-03"]
        assert twice(tmp_path, lambda: connector(server.base, "instagram", now=now, read=["tagged"]), 2, now) == sorted(
            newest
        )


@pytest.mark.parametrize(
    ("name", "value", "native_id"),
    [
        (
            "mentioned_comment",
            {"media_id": "17889114512354744", "comment_id": "17967008497439572"},
            "17967008497439572",
        ),
        ("mentioned_media", {"media_id": "17889114512354744"}, "17889114512354744"),
    ],
)
@pytest.mark.sqlite
def test_a_recorded_mention_is_asked_for_when_it_is_told_of(
    shared: Path, tmp_path: Path, name: str, value: dict[str, str], native_id: str
) -> None:
    recorded = body(shared, f"instagram/apidata/users/{name}.json")
    told = event({"time": int(RECORDED.timestamp())}, {"field": "mentions", "value": value}, "instagram", RECORDED)
    Spool(tmp_path, "instagram").append([told, told], RECORDED)
    with played((ACCOUNT, lambda _: recorded)) as server, kept(tmp_path, RECORDED) as store:
        report = store.read(connector(server.base, "instagram", tmp_path, read=[]), "told")
        assert (report.read, report.stored, report.rejected) == (2, 1, 0)
        assert store.ids() == [native_id]


def test_recorded_comments_looked_up_together_stand(shared: Path) -> None:
    recorded = body(shared, "facebook/apidata/comments/comments_info.json")
    asked = [mention(platform="facebook", native_id=native_id, ref="comment") for native_id in recorded]
    with played(("/", lambda _: recorded)) as server:
        told = connector(server.base, "facebook").recheck(asked, RECORDED + timedelta(days=1))
    assert {one.key.native_id: one.fate for one in told} == dict.fromkeys(recorded, Fate.ALIVE)
    assert [one.mention.text for one in told] == [one["message"] for one in recorded.values()]
