"""What customers are worth: `listener customers`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.case_acts import As
from listener.cli.exits import Exit
from listener.cli.imports import columns_of
from listener.cli.insight import known_brand, zone_of
from listener.cli.session import Session, session
from listener.reports.rows import write_csv

if TYPE_CHECKING:
    from listener.connectors.customers import CustomerRows
    from listener.domain.loyalty import Customer, CustomersSaved, Person, Saying
    from listener.domain.worth import Unresolved, WorthLine, WorthList

    Lister = Callable[[Sequence[Saying], Mapping[int, Person], Sequence[Unresolved]], WorthList]

customers_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Customers' value: import it, and whose custom is in danger."
)

COLUMNS = ("id", "accounts", "value", "percentile", "tier", "since", "no_contact")
WORTH_COLUMNS = ("brand", "customer", "account", "value", "percentile", "tier", "reasons", "case", "last")

Brand = Annotated[str, typer.Option("--brand", help="Only this brand; else all of ours.")]
Days = Annotated[int, typer.Option("--days", min=1, max=3660, help="How many days are looked back.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a row.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Comma-separated, safe to open in a spreadsheet.")]


@customers_app.command("import")
def import_customers(
    file: Annotated[Path, typer.Argument(help="Customers, CSV with a header or one JSON object a line.")],
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=COLUMN", help="Where id, handle, platform, value, tier, since or no_contact stands."
        ),
    ] = None,
    platform: Annotated[str, typer.Option(help="Platform of handles that don't name theirs, such as x.")] = "",
    decimal: Annotated[str, typer.Option(help="Decimal mark of values: . or ,")] = ".",
    date_format: Annotated[str, typer.Option(help="How days are written, such as %d.%m.%Y.")] = "",
    encoding: Annotated[str, typer.Option(help="One of Python's, such as cp1252; found out if not given.")] = "auto",
    delimiter: Annotated[str, typer.Option(help="What separates CSV columns; found out if not given.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Forget customers that aren't in the file.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would become of it.")] = False,
    as_agent: As = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Read what customers are worth; rows that can't be read are told and left out, the others come in all together."""
    from listener.connectors.customers import CustomerFile, CustomerRows
    from listener.triage.worth import bring_in, rerank

    with session() as ours:
        wanted = CustomerFile(
            path=file,
            today=ours.clock.now().astimezone(zone_of(ours)).date(),
            columns=columns_of(column or []),
            platform=platform,
            decimal=decimal,
            date_format=date_format,
            encoding=encoding,
            delimiter=delimiter,
        )
        rows = CustomerRows(wanted)
        agent = "" if dry_run else as_agent or ours.agent()
        saved = bring_in(
            ours.store,
            rows,
            agent,
            ours.clock,
            replace=replace,
            rehearse=dry_run,
            fault=lambda saved: _fault(rows, saved, replace=replace),
        )
        moved = 0 if dry_run else rerank(ours.store, ours.settings.triage, ours.clock)
    _report(rows, saved, moved, dry_run=dry_run, as_json=as_json)


@customers_app.command("list")
def list_customers(as_csv: AsCsv = False, as_json: AsJson = False) -> None:
    """All imported customers, with what each is worth among them."""
    with session() as ours:
        rows = map(_row, _imported(ours))
        _emit(COLUMNS, rows, as_csv=as_csv, as_json=as_json)


@customers_app.command()
def forget(
    ref: Annotated[str, typer.Argument(help="The customer's id, as the import had it.")],
    as_agent: As = "",
) -> None:
    """Erase a customer: value, tier and whose accounts were theirs. What they posted in public stays."""
    from listener.triage import worth

    with session() as ours:
        worth.forget(ours.store, ref, as_agent or ours.agent(), ours.clock)
        moved = worth.rerank(ours.store, ours.settings.triage, ours.clock)
    show.say(f"Forgotten; {_cases(moved)}. The next import brings them back if the file still names them.")


@customers_app.command()
def valuable(brand: Brand = "", days: Days = 30, as_csv: AsCsv = False, as_json: AsJson = False) -> None:
    """Valuable customers who are unhappy: they complained, or have an unresolved case."""
    from listener.insight import worth

    with session() as ours:
        floor = ours.settings.loyalty.valuable
        _lists(ours, brand, days, lambda *known: worth.unhappy(*known, floor=floor), as_csv=as_csv, as_json=as_json)
        show.say(f"Listed: {worth.UNHAPPY.format(floor=floor)}; {days} days.")
        _say_stake(ours, brand, days)


@customers_app.command("at-risk")
def at_risk(brand: Brand = "", days: Days = 30, as_csv: AsCsv = False, as_json: AsJson = False) -> None:
    """Who may leave: they say so, or complain again and again with a case unresolved."""
    from listener.insight import worth

    with session() as ours:
        many = ours.settings.loyalty.repeated
        _lists(ours, brand, days, lambda *known: worth.at_risk(*known, repeated=many), as_csv=as_csv, as_json=as_json)
        show.say(f"Listed: {worth.RISK.format(repeated=many)}; {days} days.")
        _say_stake(ours, brand, days)


@customers_app.command()
def stake(
    brand: Brand = "",
    days: Days = 30,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """What distinct customers with an unresolved complaint, or who talk of leaving, are worth together."""
    with session() as ours:
        found = _stake(ours, brand, days)
    if as_json:
        show.emit_json(found)
    else:
        show.out(_stake_words(found))


def _fault(rows: CustomerRows, saved: CustomersSaved, *, replace: bool) -> str:
    """Why nothing may change: a row that is left out would forget somebody."""
    bad = rows.refused + saved.clashed
    if replace and (bad or not saved.customers):
        first = next((f": line {one.line}: {one.reason}" for one in (*rows.problems, *saved.clashes)), "")
        return f"{bad:,} rows can't be taken, and --replace would forget their customers{first}"
    return ""


def _report(rows: CustomerRows, saved: CustomersSaved, moved: int, *, dry_run: bool, as_json: bool) -> None:
    """What became of the file; exit 6 where rows were left out."""
    told = sorted([*rows.problems, *saved.clashes], key=lambda one: one.line)
    counts = {
        "rows": rows.rows,
        "customers": saved.customers,
        "new": saved.new,
        "accounts": saved.accounts,
        "moved": saved.moved,
        "refused": rows.refused + saved.clashed,
        "accounts_refused": rows.accounts_refused,
        "cases_revalued": moved,
    }
    layout = {"encoding": rows.layout.encoding, "told_by": rows.layout.told_by} if rows.layout else {}
    if as_json:
        problems = [{"line": one.line, "reason": one.reason} for one in told]
        show.emit_json({**counts, **layout, "columns": dict(rows.columns), "dry_run": dry_run, "problems": problems})
    else:
        _report_in_words(counts, rows, dry_run=dry_run)
        for one in told:
            show.out(f"  line {one.line}: {one.reason}")
        if (more := int(counts["refused"]) + rows.accounts_refused - len(told)) > 0:
            show.out(f"  … and {more:,} more")
    if counts["refused"]:
        raise typer.Exit(Exit.PARTIAL)


def _report_in_words(counts: Mapping[str, int], rows: CustomerRows, *, dry_run: bool) -> None:
    done = "would be" if dry_run else "were"
    show.out(
        f"{counts['customers']:,} customers {done} imported, {counts['new']:,} of them new, with {counts['accounts']:,}"
        f" accounts; {counts['refused']:,} rows {done} left out"
    )
    show.out("columns: " + ", ".join(f"{name} from {column}" for name, column in rows.columns.items()))
    if rows.layout is not None:
        show.out(f"read as {rows.layout.encoding}, {rows.layout.told_by}")
    if counts["moved"]:
        show.out(f"{counts['moved']:,} accounts {done} another customer's before")
    if not dry_run:
        show.out(_cases(counts["cases_revalued"]))


def _cases(moved: int) -> str:
    return f"{moved:,} unresolved case{'' if moved == 1 else 's'} changed priority"


def _imported(ours: Session) -> Iterator[Customer]:
    after = ""
    while True:
        with ours.store.read() as reads:
            page = reads.imported(after)
        yield from page
        if not page:
            return
        after = page[-1].ref


def _row(one: Customer) -> dict[str, object]:
    return {
        "id": one.ref,
        "accounts": [f"{platform}:{handle}" for platform, handle in one.accounts],
        "value": one.value,
        "percentile": one.percentile,
        "tier": one.tier,
        "since": one.since.isoformat() if one.since else None,
        "no_contact": bool(one.no_contact),
    }


def _emit(
    columns: tuple[str, ...], rows: Iterator[dict[str, object]], *, as_csv: bool, as_json: bool, wide: str = ""
) -> None:
    if as_csv:
        write_csv(sys.stdout, columns, rows)
    elif as_json:
        show.emit_rows(columns, rows, as_json=True)
    else:
        shown = ({name: _cell(value) for name, value in row.items()} for row in rows)
        show.emit_rows(columns, shown, as_json=False, wide=wide)


def _cell(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _brands(ours: Session, brand: str) -> list[str]:
    named = known_brand(ours, brand)
    return [named] if named else [entry.name for entry in ours.settings.brands if not entry.competitor]


def _lists(ours: Session, brand: str, days: int, listed: Lister, *, as_csv: bool, as_json: bool) -> None:
    from listener.insight.worth import authors_in

    now = ours.clock.now()
    rows: list[dict[str, object]] = []
    unnamed = 0
    with ours.store.read() as reads:
        for name in _brands(ours, brand):
            sayings = reads.sayings(name, now - timedelta(days=days), now)
            cases = reads.unresolved(name)
            found = listed(sayings, reads.people(sorted(authors_in(sayings, cases))), cases)
            rows += [_worth_row(name, line) for line in found.lines]
            unnamed += found.unnamed
    _emit(WORTH_COLUMNS, iter(rows), as_csv=as_csv, as_json=as_json)
    if unnamed:
        show.say(f"{unnamed} more asked not to be contacted and aren't named.")


def _worth_row(brand: str, line: WorthLine) -> dict[str, object]:
    person = line.person
    return {
        "brand": brand,
        "customer": person.customer,
        "account": f"{person.platform}:{person.handle}",
        "value": person.value,
        "percentile": person.percentile,
        "tier": person.tier,
        "reasons": [str(reason) for reason in line.reasons],
        "complaints": line.complaints,
        "leaving": line.leaving,
        "case": line.case_id,
        "cases": line.cases,
        "last": line.last_at,
        "post": line.last_post,
    }


def _stake(ours: Session, brand: str, days: int) -> dict[str, object]:
    from listener.insight.worth import at_stake, authors_in

    now = ours.clock.now()
    with ours.store.read() as reads:
        names = _brands(ours, brand)
        sayings = [one for name in names for one in reads.sayings(name, now - timedelta(days=days), now)]
        cases = [one for name in names for one in reads.unresolved(name)]
        found = at_stake(sayings, reads.people(sorted(authors_in(sayings, cases))), cases)
    return {
        "value": found.value,
        "currency": ours.settings.loyalty.currency,
        "customers": found.customers,
        "unknown": found.unknown,
        "days": days,
    }


def _stake_words(found: Mapping[str, object]) -> str:
    return (
        f"At stake: {found['value']:,.0f} {found['currency']} a year, of {found['customers']} customers with an"
        f" unresolved complaint or who talk of leaving; {found['unknown']} more people of unknown value."
    )


def _say_stake(ours: Session, brand: str, days: int) -> None:
    show.say(_stake_words(_stake(ours, brand, days)))
