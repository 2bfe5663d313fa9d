"""A list of customers from a CSV or JSON-lines file, row by row: what can't be read is told by line, and left out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from listener.connectors.customer_fields import accounts_of, amount_of, day_of, ref_of, truth_of
from listener.connectors.lines import SNIFFED, Layout, Row, csv_rows, json_rows, sniff
from listener.domain.loyalty import Clash, Customer
from listener.domain.platform import terms_of
from listener.domain.text import clean_name
from listener.errors import ConfigError, SkipRecord

GUESSES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "customer_id", "customer", "account_id", "crm_id", "contact_id"),
    "handle": ("handle", "handles", "username", "screen_name", "social_handle", "account", "accounts"),
    "platform": ("platform", "network", "channel"),
    "value": ("value", "clv", "ltv", "lifetime_value", "customer_value", "annual_value", "revenue", "spend"),
    "tier": ("tier", "level", "segment", "status", "plan"),
    "since": ("since", "customer_since", "member_since", "joined", "signup_date", "created_at"),
    "no_contact": ("no_contact", "do_not_contact", "dnc", "opt_out", "opted_out", "optout", "unsubscribed"),
}
"""Our field → columns that hold it in customer lists as people have them; the first that the file has is taken."""

NEEDED = ("id", "handle")
_LOOKED_AT = 50
"""Rows that tell which columns a file has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFile:
    """Which file, and how it is to be read; what is empty is found out."""

    path: Path
    today: date
    columns: Mapping[str, str] = field(default_factory=dict)
    platform: str = ""
    """Of handles that name none."""
    decimal: str = "."
    date_format: str = ""
    encoding: str = "auto"
    format: str = "auto"
    delimiter: str = ""


class CustomerRows:
    """One reading of a file: customers as they come, and afterwards what was refused."""

    SHOWN = 20

    def __init__(self, file: CustomerFile) -> None:
        unknown = sorted(set(file.columns) - set(GUESSES))
        if unknown:
            raise ConfigError(
                f"--column names {', '.join(unknown)}, which no customer has",
                next_step=f"name one of {', '.join(GUESSES)}",
            )
        if file.decimal not in (".", ","):
            raise ConfigError(f"--decimal is {file.decimal!r}", next_step="use . or ,")
        self._file = file
        self._currency = ""
        self.rows = self.refused = self.accounts_refused = 0
        self.problems: list[Clash] = []
        """The first of the rows that were refused, and of accounts that were left out."""
        self.columns: Mapping[str, str] = {}
        self.layout: Layout | None = None

    def __iter__(self) -> Iterator[Customer]:
        """Raises `ConfigError` before the first row where the file can't be read or lacks a column."""
        with _opened(self._file.path) as handle:
            self.layout = layout = _layout(handle, self._file)
            seen = [row.values for row in islice(_rows(handle, layout), _LOOKED_AT) if row.values]
            present = tuple(dict.fromkeys(column for row in seen for column in row))
            if not present:
                raise ConfigError(f"{self._file.path.name} holds no row that can be read", next_step="check the file")
            self.columns = _columns(self._file, present)
            width = len(present) if layout.format == "csv" else 0
            for row in _rows(handle, layout):
                self.rows += 1
                try:
                    yield self._customer(row, width)
                except (SkipRecord, ValueError, TypeError, RecursionError) as error:
                    self.refused += 1
                    self._note(row.line, str(error))

    def _customer(self, row: Row, width: int) -> Customer:
        if row.problem:
            raise SkipRecord(row.problem)
        if len(row.values) < width:
            raise SkipRecord(f"half a row: {len(row.values)} of {width} columns")
        cell = {name: _text(row.values.get(column)) for name, column in self.columns.items()}
        value, currency = amount_of(cell.get("value", ""), self._file.decimal)
        if currency and self._currency and currency != self._currency:
            raise SkipRecord(f"value is in {currency}, and in {self._currency} in the rows before")
        self._currency = self._currency or currency
        return Customer(
            ref=ref_of(cell["id"]),
            accounts=self._accounts(row.line, cell),
            value=value,
            tier=clean_name(cell.get("tier", "")),
            since=day_of(cell.get("since", ""), self._file.date_format, self._file.today),
            no_contact=truth_of(cell.get("no_contact", "")),
            line=row.line,
        )

    def _accounts(self, line: int, cell: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """Without those that a platform's terms forbid to tie to a customer."""
        named = accounts_of(cell["handle"], cell.get("platform", "").strip() or self._file.platform)
        allowed = tuple(one for one in named if terms_of(one[0]).link_accounts)
        for platform, handle in named:
            if (platform, handle) not in allowed:
                self.accounts_refused += 1
                self._note(line, f"{platform}:{handle} is left out: {terms_of(platform).why}")
        return allowed

    def _note(self, line: int, reason: str) -> None:
        if len(self.problems) < self.SHOWN:
            self.problems.append(Clash(line=line, reason=clean_name(reason)))


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}", next_step="name another file") from error


def _layout(handle: BinaryIO, file: CustomerFile) -> Layout:
    return sniff(
        handle.read(SNIFFED), name=file.path.name, encoding=file.encoding, form=file.format, delimiter=file.delimiter
    )


def _rows(handle: BinaryIO, layout: Layout) -> Iterator[Row]:
    reading = json_rows if layout.format == "jsonl" else csv_rows
    return reading(handle, layout, layout.start, 0)


def _columns(file: CustomerFile, present: Sequence[str]) -> dict[str, str]:
    """Our field → the file's column. Raises `ConfigError` where a needed or named one isn't there."""
    known = {_plain(column): column for column in present}
    found = {name: next((known[guess] for guess in guesses if guess in known), "") for name, guesses in GUESSES.items()}
    found |= {name: known.get(_plain(column), "") for name, column in file.columns.items()}
    for name in (*file.columns, *NEEDED):
        if not found[name]:
            wanted = f"column {file.columns[name]!r} for {name}" if name in file.columns else f"column for {name}"
            raise ConfigError(
                f"{file.path.name} has no {wanted}; it has {', '.join(present)}", next_step=f"--column {name}=COLUMN"
            )
    return {name: column for name, column in found.items() if column}


def _plain(column: str) -> str:
    return column.strip().casefold().replace(" ", "_").replace("-", "_")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ";".join(map(str, value))
    return "" if value is None else str(value)
