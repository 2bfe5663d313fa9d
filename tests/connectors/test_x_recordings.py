"""Every recorded answer of X that is about reading, through the real client into a real store, twice."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from listener import connectors
from listener.app import StoreLedger
from listener.clock import VirtualClock
from listener.connectors.x import XConnector
from listener.domain.brand import Match
from listener.domain.mention import Mention, Page
from listener.domain.platform import Fate
from listener.domain.policy import Secret, SourceConfig
from listener.domain.run import SourceReport
from listener.errors import Retry
from listener.matching import Matcher
from listener.pipeline import Stages, store_page
from listener.ports import Store
from listener.store import open_store
from tests.builders import mention
from tests.connectors.recordings import replayed
from tests.contracts.live import Live, LiveServer
from tests.contracts.rigs import PATIENT
from tests.contracts.rigs_x import KEYS
from tests.contracts.server import Asked, Reply
from tests.pipeline.parts import stages

RECORDED = datetime(2022, 10, 8, tzinfo=UTC)
"""Just after the tapes were made."""
TODAY = datetime(2025, 12, 1, tzinfo=UTC)
"""Just after the samples were."""
FIELDS = ("max_results", "tweet.fields", "expansions", "user.fields", "start_time", "end_time", "granularity")
TAPES = "x-tweepy/test_client_"


class Everything:
    """Takes whatever was recorded as being about a brand."""

    def match(self, one: Mention) -> tuple[Match, ...]:
        return (Match(brand="Acme", term="recorded", start=0, end=1),)

    def own_brand(self, one: Mention) -> str:
        return ""

    def is_own(self, one: Mention) -> bool:
        return False


class Desk:
    """A store, and a connector whose ledger is in it."""

    def __init__(self, store: Store, folder: Path, at: datetime) -> None:
        self.store, self.clock = store, VirtualClock(at)
        self.stages: Stages = replace(stages(store, folder, clock=self.clock), matcher=cast("Matcher", Everything()))

    def connector(self, base: str, options: dict[str, object]) -> XConnector:
        """With an account of the recordings; its token begins with its id."""
        secrets = {name: Secret("783214-x" if name == "access_token" else "s") for name in KEYS}
        config = SourceConfig(
            name="x", connector="x", options={**options, **PATIENT, "api_base": base}, secrets=secrets
        )
        built = connectors.build(
            config, ledger=StoreLedger(self.store), clock=self.clock, x_cap_micro_usd=1_000_000_000
        )
        return cast("XConnector", built)

    def keep(self, page: Page) -> SourceReport:
        report = SourceReport(source="x")
        store_page(self.stages, SourceConfig(name="x", connector="x"), "x", page, report)
        return report

    def twice(self, page: Page, recorded: list[Any]) -> None:
        """As many are kept as were recorded, and none a second time."""
        wanted = {one.get("edit_history_tweet_ids", [one["id"]])[0] for one in recorded}
        first, second = self.keep(page), self.keep(page)
        assert (first.read, first.rejected) == (len(recorded), 0)
        assert (first.stored, second.stored) == (len(wanted), 0)
        with self.store.read() as reads:
            assert {key.native_id for key in reads.known([m.key for m in page.mentions])} == wanted


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with closing(open_store(tmp_path / "listener.sqlite")) as store:
        yield Desk(store, tmp_path, RECORDED)


def taped(shared: Path, name: str) -> dict[str, Any]:
    """The body of a tape's one answer."""
    with replayed(shared, f"{TAPES}{name}.yaml") as (_, tape):
        (((_, _, body),),) = tape.answers.values()
    return cast("dict[str, Any]", json.loads(body))


def sample(shared: Path, name: str, method: str = "GET") -> dict[str, Any]:
    found = json.loads((shared / "recordings" / "x-samples" / f"{name}.json").read_text())
    return cast("dict[str, Any]", next(one["response"] for one in found if one["method"] == method))


@contextmanager
def serving(body: object) -> Iterator[str]:
    with LiveServer(lambda _: Reply(body=json.dumps(body).encode())) as server:
        yield server.base


@pytest.mark.parametrize(
    ("tape", "options"),
    [("search_recent_tweets", {"query": "Tweepy"}), ("get_users_mentions", {"user_id": "783214"})],
)
def test_a_tape_of_a_page_is_read_and_kept_whole(
    tape: str, options: dict[str, object], desk: Desk, shared: Path
) -> None:
    with replayed(shared, f"{TAPES}{tape}.yaml", ignore=FIELDS) as (base, log):
        pages: list[Page] = []
        with pytest.raises(Retry, match="501"):  # the second page was never recorded
            pages.extend(desk.connector(base, options).poll("", RECORDED))
    assert "next_token" in log.log[-1][1] or "pagination_token" in log.log[-1][1]
    (page,) = pages
    assert not page.done
    assert all(RECORDED - one.created_at < timedelta(hours=3) for one in page.mentions), "time from the id"
    desk.twice(page, taped(shared, tape)["data"])


@pytest.mark.parametrize("tape", ["search_all_tweets", "get_quote_tweets", "get_users_tweets"])
def test_posts_of_calls_that_we_do_not_make_are_read_as_a_searchs(tape: str, desk: Desk, shared: Path) -> None:
    body = taped(shared, tape)
    with serving({**body, "meta": {}}) as base:
        (page,) = desk.connector(base, {"query": "Tweepy"}).poll("", RECORDED)
    desk.twice(page, body["data"])


@pytest.mark.parametrize("name", ["tweets_search_recent", "users_id_mentions"])
def test_the_platforms_own_samples_are_read_and_kept(name: str, desk: Desk, shared: Path) -> None:
    body = {**sample(shared, name), "meta": {}}
    desk.clock.advance_to(TODAY)
    with serving(body) as base:
        (page,) = desk.connector(base, {"query": "Tweepy"}).poll("", TODAY)
    assert {one.author.handle for one in page.mentions} != {""}
    desk.twice(page, body["data"])


def test_the_platforms_sample_of_a_stream_is_heard_and_kept(desk: Desk, shared: Path) -> None:
    frame, rules = sample(shared, "tweets_search_stream"), sample(shared, "tweets_search_stream_rules")
    added = {**sample(shared, "tweets_search_stream_rules", "POST"), "errors": []}
    asked_for: list[Asked] = []

    def play(asked: Asked) -> Reply:
        asked_for.append(asked)
        if asked.path.endswith("/stream"):
            return Live(pieces=lambda closing: iter([json.dumps(frame).encode() + b"\r\n"]))
        return Reply(body=json.dumps(added if asked.method == "POST" else rules).encode())

    desk.clock.advance_to(TODAY)
    with LiveServer(play) as server:
        stream = desk.connector(server.base, {"query": "Tweepy"}).stream("", TODAY, lambda: False)
        assert next(stream).mentions == ()
        page = next(stream)
        with pytest.raises(Retry):
            next(stream)
    desk.twice(page, [frame["data"]])
    assert '"delete"' not in "".join(asked.body for asked in asked_for), "those rules are somebody else's"


@pytest.mark.parametrize("tape", ["get_tweets", "get_tweet"])
def test_a_tape_of_a_look_up_tells_that_the_posts_stand(tape: str, desk: Desk, shared: Path) -> None:
    data = taped(shared, tape)["data"]
    found = data if isinstance(data, list) else [data]
    stored = [mention(native_id=one["id"], version=one["id"]) for one in found]
    desk.keep(Page(mentions=tuple(stored), cursor="", done=True))
    if tape == "get_tweets":
        with replayed(shared, f"{TAPES}{tape}.yaml", ignore=FIELDS) as (base, _):
            rechecked = desk.connector(base, {"query": "Tweepy"}).recheck(stored, RECORDED)
    else:
        with serving({"data": found}) as base:
            rechecked = desk.connector(base, {"query": "Tweepy"}).recheck(stored, RECORDED)
    assert {one.fate for one in rechecked} == {Fate.ALIVE}
    read = [one.mention for one in rechecked if one.mention is not None]
    report = desk.keep(Page(mentions=tuple(read), cursor="", done=True))
    assert report.stored == len(found), "each reads otherwise than what stood for it"
    with desk.store.read() as reads:
        assert len(reads.known([one.key for one in stored])) == len(found), "and none is there twice"


def test_a_tape_of_a_count_is_told_by_the_check(desk: Desk, shared: Path) -> None:
    total = taped(shared, "get_recent_tweets_count")["meta"]["total_tweet_count"]
    with replayed(shared, f"{TAPES}get_recent_tweets_count.yaml", ignore=FIELDS) as (base, _):
        connector = desk.connector(base, {"query": "Tweepy"})
        assert connector.check().startswith(f"about {total:,} posts")
        assert connector.estimate(RECORDED - timedelta(days=5), RECORDED).posts == total


def test_a_tape_of_an_account_is_told_by_the_check(desk: Desk, shared: Path) -> None:
    with serving(taped(shared, "get_user")) as base:
        assert desk.connector(base, {"user_id": "783214"}).check() == "mentions of @Twitter"


def test_our_own_posts_on_a_tape_are_looked_through(desk: Desk, shared: Path) -> None:
    parent = mention(native_id="1577730467436138000", can_reply=True)
    tape = replayed(shared, f"{TAPES}get_users_tweets.yaml", ignore=FIELDS)
    with tape as (base, log), pytest.raises(Retry, match="501"):  # the second page was never recorded
        desk.connector(base, {"query": "Tweepy"}).find_sent(parent, "whoa", RECORDED, RECORDED)
    assert [uri.partition("?")[0] for _, uri in log.log] == ["/2/users/783214/tweets"] * 2


def test_the_tape_of_a_written_post_is_told_as_sent(desk: Desk, shared: Path) -> None:
    to = mention(native_id="1456012973835788000", can_reply=True)
    with replayed(shared, f"{TAPES}create_and_delete_tweet.yaml") as (base, _):
        sent = desk.connector(base, {"query": "Tweepy"}).reply(to, "Test Tweet", "k", RECORDED)
    assert "1456012973835788293" in str(sent)
