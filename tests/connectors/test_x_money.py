"""What X costs: the ledger in a real store says what X bills, and what would pass the cap is never asked."""

import random
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest

from listener import connectors
from listener.app import StoreLedger
from listener.connectors import x_stream
from listener.connectors.budget import credential_of
from listener.connectors.x import XConnector
from listener.domain.mention import Mention
from listener.domain.platform import Sent
from listener.domain.policy import Secret, SourceConfig
from listener.errors import BudgetSpent, RateLimited
from listener.store import open_store
from tests.contracts.rigs import SECRET
from tests.contracts.rigs_x import KEYS, LINKED, POST, REPLY, USER, XByIdRig, XMentionsRig, XRig
from tests.contracts.server import Reply

DOLLAR = 1_000_000


class Account:
    """A platform, and a store that outlives the connectors built on it."""

    def __init__(self, rig: XRig, folder: Path, cap: int, *, reply: bool = True) -> None:
        self.rig, self.cap, self.reply = rig, cap, reply
        self._path = folder / "listener.sqlite"
        self._store = open_store(self._path)

    def restart(self) -> None:
        self._store.close()
        self._store = open_store(self._path)

    def close(self) -> None:
        self._store.close()

    def connector(self, **options: object) -> XConnector:
        rig = self.rig
        more = {"page_size": rig.page, "handles": ["acme"], "api_base": rig.server.base, "gather_seconds": 0.02}
        config = SourceConfig(
            name=rig.name,
            connector="x",
            options={**rig.options, **more, **options},
            secrets={name: Secret(SECRET) for name in KEYS},
            reply=self.reply,
        )
        built = connectors.build(config, ledger=StoreLedger(self._store), clock=rig.clock, x_cap_micro_usd=self.cap)
        return cast("XConnector", built)

    @property
    def counted(self) -> int:
        """Spent and reserved this month, as the store has it."""
        with self._store.read() as reads:
            return reads.money(credential_of("x", SECRET), self.rig.clock.now())


Opened = Callable[..., Account]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    accounts: list[Account] = []

    def make(rig: XRig, cap: int, **more: bool) -> Account:
        accounts.append(Account(rig, tmp_path, cap, **more))
        return accounts[-1]

    yield make
    for account in accounts:
        account.close()


@pytest.fixture
def rig() -> Iterator[XRig]:
    with (rig := XByIdRig()).server:
        yield rig


def read(account: Account) -> list[Mention]:
    """What a poll brings until its end or the cap's."""
    found: list[Mention] = []
    with suppress(BudgetSpent):
        for page in account.connector().poll("", account.rig.clock.now()):
            found += page.mentions
            if page.done:
                break
    return found


def test_reading_stops_at_nine_tenths_of_the_cap_and_replies_have_the_rest(rig: XRig, opened: Opened) -> None:
    account = opened(rig, DOLLAR)
    rig.publish(100)
    mentions = read(account)
    assert len(mentions) == 60, "six pages of 150,000 are nine tenths"
    assert account.counted == rig.billed == 900_000
    asked = len(rig.server.asked)

    account.restart()
    now = rig.clock.now()
    for more in (
        lambda: next(account.connector().poll("", now)),
        lambda: account.connector().recheck(mentions[:1], now),
        lambda: account.connector().estimate(mentions[-1].created_at, now),
        lambda: next(account.connector().backfill(mentions[-1].created_at, now, "", now)),
        account.connector().check,
    ):
        with pytest.raises(BudgetSpent, match="a tenth of it kept for replies"):
            more()
    assert len(rig.server.asked) == asked, "asked although the cap is reached"

    for number in range(10):
        assert isinstance(account.connector().reply(mentions[number], "Sorry!", "k", now), Sent)
        assert account.counted == rig.billed == 900_000 + (number + 1) * REPLY
    asked = len(rig.server.asked)
    account.restart()
    with pytest.raises(BudgetSpent):
        account.connector().reply(mentions[10], "Sorry!", "k", now)
    assert len(rig.server.asked) == asked


def test_without_replies_reading_has_the_whole_cap(rig: XRig, opened: Opened) -> None:
    account = opened(rig, DOLLAR, reply=False)
    rig.publish(100)
    read(account)
    assert account.counted == rig.billed == 900_000, "a seventh page may cost more than is left"
    account.connector(page_size=10, users=False).recheck(read(account)[:1] or [], rig.clock.now())
    with pytest.raises(BudgetSpent) as caught:
        next(account.connector().poll("", rig.clock.now()))
    assert "kept for replies" not in str(caught.value)


@pytest.mark.parametrize("seed", range(3))
def test_after_every_call_of_a_long_run_the_ledger_says_what_x_billed(seed: int, rig: XRig, opened: Opened) -> None:
    """Polls, rechecks, replies with and without links, look-backs, counts, streams and restarts, in any order."""
    chance = random.Random(seed)
    account = opened(rig, 2 * DOLLAR)
    rig.publish(12)
    mentions = read(account)
    turns = 0

    def heard() -> None:
        stream = account.connector().stream("", rig.clock.now(), lambda: False)
        try:
            next(stream)
            wanted = len(rig.publish(chance.randint(1, 4)))
            while wanted > 0:
                wanted -= len(next(stream).mentions)
        finally:
            stream.close()  # type: ignore[attr-defined]
            rig.listening.clear()

    def answered() -> None:
        text = chance.choice(["Sorry {}", "See https://acme.example/{} please", "Is it acme.zz, {}?"])
        account.connector().reply(chance.choice(mentions), text.format(turns), "k", rig.clock.now())

    def edited() -> None:
        rig.edit(chance.randrange(len(rig.items)), f"@acme edited {turns}")

    acts: list[Callable[[], object]] = [
        lambda: read(account),
        lambda: account.connector().recheck(mentions, rig.clock.now()),
        lambda: account.connector().find_sent(mentions[0], "Sorry 0", rig.items[0].at, rig.clock.now()),
        lambda: account.connector().estimate(rig.items[0].at, rig.clock.now()),
        lambda: [*account.connector().backfill(rig.items[0].at, rig.clock.now(), "", rig.clock.now())],
        lambda: account.connector().check(),
        answered,
        answered,
        edited,
        heard,
        account.restart,
    ]
    spent = 0
    for turns in range(40):
        rig.clock.sleep(60)
        try:
            chance.choice(acts)()
        except BudgetSpent:
            spent += 1
        assert account.counted == rig.billed, f"after turn {turns}"
        assert rig.billed <= account.cap
    assert spent, "the cap was never reached: this shows too little"


def test_a_stream_ends_where_its_next_posts_would_pass_the_cap(rig: XRig, opened: Opened) -> None:
    account = opened(rig, DOLLAR, reply=False)
    stream = account.connector().stream("", rig.clock.now(), lambda: False)
    heard = len(next(stream).mentions)
    assert account.counted == 20 * (POST + USER), "paid for ahead: nobody can be asked to wait"
    for _ in range(47):
        rig.publish(1)
        heard += len(next(stream).mentions)
    with pytest.raises(BudgetSpent):
        next(stream)
    assert heard * (POST + USER) == rig.billed == account.counted
    assert DOLLAR - account.counted < 20 * (POST + USER), "so much is left for what is on its way when it ends"


def test_the_last_page_before_the_caps_end_is_stored_with_the_stream_already_closed(
    rig: XRig, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came meanwhile would be billed and heard by nobody."""
    closed: list[bool] = []
    real = x_stream.bursts

    def watched(*args: Any, **more: Any) -> Generator[list[str], None, None]:
        try:
            yield from real(*args, **more)
        finally:
            closed.append(True)

    monkeypatch.setattr(x_stream, "bursts", watched)
    account = opened(rig, 20 * (POST + USER))
    account.reply = False
    stream = account.connector().stream("", rig.clock.now(), lambda: False)
    next(stream)
    rig.publish(1)
    assert not closed
    assert next(stream).mentions
    assert closed
    with pytest.raises(BudgetSpent):
        next(stream)


def test_who_stops_listening_gives_back_what_was_paid_ahead(rig: XRig, opened: Opened) -> None:
    account = opened(rig, DOLLAR)
    stream = account.connector().stream("", rig.clock.now(), lambda: False)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert account.counted == 0


def test_no_stream_is_opened_without_money_for_what_it_brings(rig: XRig, opened: Opened) -> None:
    account = opened(rig, 100_000)
    with pytest.raises(BudgetSpent):
        next(account.connector().stream("", rig.clock.now(), lambda: False))
    assert "/2/tweets/search/stream" not in {asked.path for asked in rig.server.asked}


def test_the_mentions_of_the_apps_own_account_cost_a_tenth_of_a_cent(opened: Opened) -> None:
    with (rig := XMentionsRig()).server:
        account = opened(rig, DOLLAR)
        rig.publish(4)
        next(account.connector(own_account=True, users=False).poll("", rig.clock.now()))
    assert account.counted == 4 * 1_000


def test_a_reply_with_a_link_costs_twenty_times_as_much_and_x_says_what_is_one(rig: XRig, opened: Opened) -> None:
    account = opened(rig, DOLLAR)
    rig.publish(2)
    first, second = read(account)
    before, now = account.counted, rig.clock.now()
    account.connector().reply(first, "See https://acme.example/help", "k", now)
    assert account.counted - before == LINKED
    account.connector().reply(second, "So it is with help.is it not", "k", now)
    assert account.counted - before == LINKED + REPLY


def test_a_reply_that_may_have_been_taken_counts_in_full_and_a_refused_one_costs_nothing(
    rig: XRig, opened: Opened
) -> None:
    account = opened(rig, DOLLAR)
    rig.publish(1)
    (mention,) = read(account)
    before = account.counted
    for status, cost in ((503, REPLY), (403, 0), (400, 0)):
        rig.fault_writes(Reply(status=status, body=b'{"detail": "duplicate content"}'))
        with suppress(Exception):
            account.connector().reply(mention, "Sorry!", "k", rig.clock.now())
        assert account.counted - before == cost
        before = account.counted


# how often it may be asked


def test_each_kind_of_call_has_a_window_of_its_own_which_a_restart_keeps(rig: XRig, opened: Opened) -> None:
    account = opened(rig, 100 * DOLLAR)
    rig.publish(2)
    mentions = read(account)
    rest = rig.server.script

    def limited(asked: object) -> Reply:
        busy = getattr(asked, "path", "") == "/2/tweets/search/recent"
        return Reply(status=429, headers={"retry-after": "600"}) if busy else rest(asked)  # type: ignore[arg-type]

    rig.server.script = limited
    with pytest.raises(RateLimited):
        next(account.connector().poll("", rig.clock.now()))
    account.restart()
    asked = len(rig.server.asked)
    with pytest.raises(RateLimited):
        next(account.connector().poll("", rig.clock.now()))
    assert len(rig.server.asked) == asked
    assert account.connector().recheck(mentions, rig.clock.now()), "another kind of call is free to go on"
    assert account.counted == rig.billed


def test_what_answers_say_is_left_is_kept_to_with_a_tenth_for_replies(rig: XRig, opened: Opened) -> None:
    account = opened(rig, 100 * DOLLAR)
    rig.publish(1)
    rest = rig.server.script
    ends = str(int(rig.clock.now().timestamp()) + 600)
    headers = {"x-rate-limit-limit": "10", "x-rate-limit-remaining": "1", "x-rate-limit-reset": ends}
    rig.server.script = lambda asked: Reply(body=rest(asked).body, headers=headers)
    assert read(account)
    with pytest.raises(RateLimited, match="nothing left"):
        next(account.connector().poll("", rig.clock.now()))


def test_credits_used_up_pause_and_a_month_used_up_too(rig: XRig, opened: Opened) -> None:
    account = opened(rig, 100 * DOLLAR)
    capped = b'{"title": "UsageCapExceeded", "type": "https://api.twitter.com/2/problems/usage-capped"}'
    for fault in (Reply(status=402), Reply(status=429, body=capped)):
        rig.server.fault = fault
        asked = len(rig.server.asked)
        for _ in range(3):
            with pytest.raises(RateLimited):
                next(account.connector().poll("", rig.clock.now()))
            rig.clock.sleep(1800)
        assert len(rig.server.asked) == asked + 1
        rig.clock.sleep(6 * 3600)
    assert account.counted == 0
