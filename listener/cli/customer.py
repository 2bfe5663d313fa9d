"""The customer behind the accounts: `listener customer`."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from listener.cli import show
from listener.cli.case_acts import As, Json, acting, one_id
from listener.cli.case_card import print_lines
from listener.cli.case_read import reader_of
from listener.cli.session import Session, session
from listener.domain.customer import Basis
from listener.errors import ConfigError
from listener.lists.cases import case_json

if TYPE_CHECKING:
    from listener.triage.customers import CustomerCard, Customers

customer_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="One customer: accounts, posts, cases, stand."
)

HANDLE = "As @ann, or as x:ann where several are called so."


@customer_app.command("show")
def show_customer(
    handle: Annotated[str, typer.Argument(help=HANDLE)] = "",
    case_id: Annotated[str, typer.Option("--case", metavar="ID", help="Whoever wrote what this case holds.")] = "",
    platform: Annotated[str, typer.Option(help="Where the handle is.")] = "",
    as_json: Json = False,
) -> None:
    """All we know of a customer: accounts, posts by brand and month, cases and their outcome, notes."""
    if bool(handle) == bool(case_id):
        raise ConfigError("name a handle or a case", next_step="listener customer show @ann, or --case 12")
    with session() as ours:
        known = _customers(ours)
        card = known.of_case(one_id(case_id)) if case_id else known.named(handle, platform)
        _print(ours, card, as_json=as_json)


@customer_app.command()
def link(
    handle: Annotated[str, typer.Argument(help=HANDLE)],
    other: Annotated[str, typer.Argument(help="The other account of the same customer.")],
    basis: Annotated[Basis, typer.Option("--because", help="How you know: they told us, or a public profile says so.")],
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """Say that two accounts are one customer's; refused where a platform's terms forbid it."""
    with acting(as_agent) as at:
        card = _customers(at.ours).link(handle, other, basis, at.agent)
        _print(at.ours, card, as_json=as_json)
    show.say("Linked. Cases stay as they are: none is joined by it. Undo: listener customer unlink HANDLE")


@customer_app.command()
def unlink(
    handle: Annotated[str, typer.Argument(help=HANDLE)],
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """Take an account out of the customer it was linked to."""
    with acting(as_agent) as at:
        card = _customers(at.ours).unlink(handle, at.agent)
        _print(at.ours, card, as_json=as_json)
    show.say("This account stands alone again.")


def _customers(ours: Session) -> "Customers":
    from listener.triage.customers import Customers

    return Customers(ours.store, ours.settings.triage, ours.clock, ZoneInfo(ours.settings.timezone))


def _print(ours: Session, card: "CustomerCard", *, as_json: bool) -> None:
    if as_json:
        show.emit_json(_json(ours, card))
        return
    from listener.triage.customer_card import lines

    print_lines(lines(card, reader_of(ours, "")))


def _json(ours: Session, card: "CustomerCard") -> dict[str, object]:
    """Everything; time spans in minutes."""
    now, policy, answered = ours.clock.now(), ours.settings.triage, card.answered
    minutes = {
        name: None if length is None else length.total_seconds() / 60
        for name, length in (("median_minutes", answered.median), ("longest_minutes", answered.longest))
    }
    return {
        "accounts": [asdict(account) for account in card.facts.accounts],
        "value_percentile": card.value_percentile,
        "value": card.value,
        "tier": card.tier,
        "talk": [asdict(talk) for talk in card.talk],
        "months": [asdict(month) for month in card.months],
        "cases": [case_json(case, policy, now) for case in card.facts.cases],
        "answered": {"cases": answered.cases, "unanswered": answered.unanswered, **minutes},
        "notes": [asdict(note) for note in card.facts.notes],
    }
