"""Who speaks up for us, and what they were given for it: `listener advocates`."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.case_acts import As, one_id
from listener.cli.insight import known_brand, zone_of
from listener.cli.session import Session, session
from listener.errors import ConfigError
from listener.lists.advocates import COLUMNS, DEFAULT_DAYS, Next, found
from listener.reports.rows import write_csv

if TYPE_CHECKING:
    from listener.domain.loyalty import LoyaltyPolicy
    from listener.triage.rewarding import Entry, Rewarding

advocates_app = typer.Typer(
    invoke_without_command=True, rich_markup_mode=None, help="Who recommends us; thanks, rewards, invitations."
)

LEDGER = ("id", "at", "brand", "account", "gift", "what", "cost", "why", "post", "agent", "taken back")


Handle = Annotated[str, typer.Argument(help="As @ann, or as x:ann where several are called so.")]
Why = Annotated[str, typer.Option("--why", help="For what; colleagues read it in the ledger.")]
Post = Annotated[str, typer.Option("--post", metavar="ID", help="The post it is for; their best of late if not given.")]
Brand = Annotated[str, typer.Option("--brand", help="Only this brand; else all of ours.")]
GiveBrand = Annotated[str, typer.Option("--brand", help="For which of our brands, if there are several.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a row.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Comma-separated, safe to open in a spreadsheet.")]


@advocates_app.callback(invoke_without_command=True)
def advocates(
    context: typer.Context,
    brand: Brand = "",
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help="How many days are looked back.")] = DEFAULT_DAYS,
    next_for: Annotated[
        Next | None, typer.Option("--next", help="Only those who may be given this now: the queue to work through.")
    ] = None,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """Who recommends us, how often, and how far it carries; the furthest-carrying first."""
    if context.invoked_subcommand is not None:
        return
    from listener.insight.advocates import FORMULA

    with session() as ours, ours.store.read() as reads:
        rows, kept = found(ours.settings, reads, known_brand(ours, brand), days, next_for, ours.clock.now())
    _emit(COLUMNS, rows, as_csv=as_csv, as_json=as_json)
    show.say(f"Score: {FORMULA}. Followers are an upper bound of who saw it.")
    if next_for is not None:
        show.say(
            f"Left out: {kept['had_already']} had it within the window, {kept['opted_out']} asked not to be contacted,"
            f" {kept['not_allowed']} can't be answered by their platform's terms."
        )


@advocates_app.command()
def thank(
    handle: Handle,
    why: Why,
    what: Annotated[str, typer.Option("--what", help="How.")] = "a public thank-you",
    brand: GiveBrand = "",
    post: Post = "",
    as_agent: As = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Note that an advocate is thanked, so that nobody thanks them twice; write to them under their post."""
    _give(handle, Next.THANKS, what, 0, why, brand, post, as_agent, as_json=as_json)


@advocates_app.command()
def reward(
    handle: Handle,
    what: Annotated[str, typer.Option("--what", help="What they get.")],
    cost: Annotated[float, typer.Option("--cost", min=0, max=1e7, help="In the currency of loyalty.toml.")],
    why: Why,
    brand: GiveBrand = "",
    post: Post = "",
    as_agent: As = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Give an advocate something of worth: refused beyond the budget, or if they were rewarded of late."""
    if not math.isfinite(cost) or abs(cost * 100 - round(cost * 100)) > 1e-6:
        raise ConfigError(f"--cost {cost:g} is no amount of money", next_step="at most two decimals, such as 12.50")
    _give(handle, Next.REWARD, what, round(cost * 100), why, brand, post, as_agent, as_json=as_json)


@advocates_app.command()
def invite(
    handle: Handle,
    what: Annotated[str, typer.Option("--what", help="To what: a beta, a panel, an event.")],
    why: Why,
    brand: GiveBrand = "",
    post: Post = "",
    as_agent: As = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Ask an advocate to take part in something."""
    _give(handle, Next.INVITATION, what, 0, why, brand, post, as_agent, as_json=as_json)


@advocates_app.command()
def undo(
    entry: Annotated[str, typer.Argument(metavar="ID", help="The entry, as the ledger shows it.")],
    as_agent: As = "",
) -> None:
    """Take a gift back: it counts neither as given nor as spent; the ledger keeps it, struck out."""
    with session() as ours:
        _rewarding(ours).undo(one_id(entry), as_agent or ours.agent())
    show.say(f"Entry {one_id(entry)} is taken back.")


@advocates_app.command()
def ledger(
    brand: Brand = "",
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help="How many days are looked back.")] = 365,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """Who got what, when and why, and what the month's budget has left."""
    with session() as ours:
        since = ours.clock.now() - timedelta(days=days)
        entries = _rewarding(ours).ledger(known_brand(ours, brand), since)
        month, policy = _rewarding(ours).spent(), ours.settings.loyalty
    _emit(LEDGER, map(_entry, entries), as_csv=as_csv, as_json=as_json)
    show.say(
        f"{month.month}: {_money(month.spent_cents, policy)} spent of {_money(month.budget_cents, policy)},"
        f" {_money(month.left_cents, policy)} left."
    )


def _give(
    handle: str,
    kind: Next,
    what: str,
    cents: int,
    why: str,
    brand: str,
    post: str,
    as_agent: str,
    *,
    as_json: bool,
) -> None:
    from listener.domain.advocates import Giving
    from listener.domain.loyalty import Gift

    with session() as ours:
        agent, named = as_agent or ours.agent(), known_brand(ours, brand)
        mention_id = one_id(post) if post else _best_post(ours, handle, named)
        named = named or _own_brand(ours, mention_id)
        giving = Giving(gift=Gift(kind.value), what=what, cost_cents=cents, why=why, mention_id=mention_id, brand=named)
        made = _rewarding(ours).give(handle, giving, agent)
        with ours.store.read() as reads:
            url = reads.mention(mention_id).mention.url
        policy = ours.settings.loyalty
    if as_json:
        show.emit_json(_entry(made))
        return
    cost = f", {_money(cents, policy)}" if cents else ""
    show.out(f"Entry {made.reward.id}: {giving.gift} for {_account(made)}{cost}: {made.reward.what}")
    show.say(f"Nothing was sent. Write to them under {url or f'post {mention_id}'}")
    show.say(f"If it comes to nothing: listener advocates undo {made.reward.id}")


def _best_post(ours: Session, handle: str, brand: str) -> int:
    """Their best post of late on a brand of ours. Raises `ConfigError`."""
    from listener.insight.advocates import LOOKED_BACK, best_of
    from listener.triage.customers import account_named

    own = [brand] if brand else [entry.name for entry in ours.settings.brands if not entry.competitor]
    with ours.store.read() as reads:
        author_id = account_named(reads, handle).id
        found = [best_of(reads, name, author_id, ours.clock.now()) for name in own]
    best = max((one for one in found if one is not None), key=lambda one: one.score, default=None)
    if best is None:
        raise ConfigError(
            f"in {LOOKED_BACK.days} days, their latest word on us isn't for us",
            next_step="name the post it is for: --post ID, as `listener advocates` shows it",
        )
    return best.best_post


def _own_brand(ours: Session, mention_id: int) -> str:
    """Which of our brands the post is about. Raises `ConfigError`."""
    with ours.store.read() as reads:
        about = {match.brand for match in reads.mention(mention_id).matches}
    own = [entry.name for entry in ours.settings.brands if not entry.competitor and entry.name in about]
    if not own:
        raise ConfigError(f"post {mention_id} is about no brand of ours", next_step="name another: --post ID")
    return own[0]


def _rewarding(ours: Session) -> Rewarding:
    from listener.triage.rewarding import Rewarding

    return Rewarding(ours.store, ours.settings.loyalty, ours.clock, zone_of(ours))


def _entry(entry: Entry) -> dict[str, object]:
    one = entry.reward
    return {
        "id": one.id,
        "at": one.at,
        "brand": one.brand,
        "account": _account(entry),
        "gift": str(one.gift),
        "what": one.what,
        "cost": f"{one.cost_cents / 100:.2f}",
        "why": one.why,
        "post": one.mention_id,
        "agent": one.agent,
        "taken back": one.undone_at,
    }


def _account(entry: Entry) -> str:
    return f"{entry.person.platform}:{entry.person.handle}" if entry.person else "(erased)"


def _money(cents: int, policy: LoyaltyPolicy) -> str:
    from listener.triage.rewarding import money

    return money(cents, policy)


def _emit(columns: tuple[str, ...], rows: Iterable[Mapping[str, object]], *, as_csv: bool, as_json: bool) -> None:
    if as_csv:
        write_csv(sys.stdout, columns, rows)
    else:
        show.emit_rows(columns, rows, as_json=as_json)
