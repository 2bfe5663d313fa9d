"""A file of counts (columns timestamp,value) and its labelled windows, as `listener alerts backtest` reads them."""

import csv
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from listener.connectors.instants import parse_instant
from listener.errors import ConfigError
from listener.insight.backtest import Bin, Series

MOST_BINS = 20_000_000
"""Of a file with gaps filled: two hundred years of five minutes."""
_HIGHEST = 1e12


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the file, as it stands there."""

    line: int
    at: datetime
    timestamp: str
    value: str
    count: int | None
    """None where the value is empty or NaN: nobody counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountsFile:
    """The rows that could be read, and what was wrong with the others."""

    rows: Sequence[Row]
    wrong: Sequence[str]

    def series(self) -> tuple[Series, list[int]]:
        """All bins from the first row to the last, and each row's place in them; a bin without a row wasn't counted."""
        width = self._width()
        places = [self._place(row, width) for row in self.rows]
        if places[-1] >= MOST_BINS:
            raise ConfigError(f"its bins of {width} would be {places[-1]:,}", next_step="is a year mistyped?")
        known = dict(zip(places, self.rows, strict=True))
        start = self.rows[0].at
        bins = [Bin(at=start + n * width, count=known[n].count if n in known else None) for n in range(places[-1] + 1)]
        return Series(bins=bins, width=width), places

    def _width(self) -> timedelta:
        if len(self.rows) < 2:
            raise ConfigError("it holds fewer than two bins", next_step="one line a bin: timestamp,value")
        steps = Counter(later.at - earlier.at for earlier, later in pairwise(self.rows))
        return min(steps, key=lambda step: (-steps[step], step))

    def _place(self, row: Row, width: timedelta) -> int:
        place, off = divmod(row.at - self.rows[0].at, width)
        if off:
            raise ConfigError(
                f"line {row.line}: {row.timestamp} doesn't stand {width} or a multiple after the first line",
                next_step="all bins must be of one width; leave out those that nobody counted",
            )
        return place


def read_counts(file: Path) -> CountsFile:
    """The file's rows, in order of time. Raises `ConfigError` where it can't be read, lacks a column or goes back."""
    rows: list[Row] = []
    wrong: list[str] = []
    for line, raw in _lines(file):
        try:
            row = _row(line, raw)
        except ValueError as error:
            wrong.append(f"{file}:{line}: {error}; left out")
            continue
        if rows and row.at <= rows[-1].at:
            raise ConfigError(
                f"{file}:{line}: {row.timestamp} doesn't come after {rows[-1].timestamp}",
                next_step="sort the file by timestamp, one line a bin",
            )
        rows.append(row)
    return CountsFile(rows=rows, wrong=wrong)


def _lines(file: Path) -> Iterator[tuple[int, Mapping[str, str | None]]]:
    try:
        with file.open(encoding="utf-8-sig", errors="replace", newline="") as text:
            reader = csv.DictReader(text)
            missing = {"timestamp", "value"} - set(reader.fieldnames or ())
            if missing:
                raise ConfigError(
                    f"{file} has no column {' or '.join(sorted(missing))}", next_step="its first line: timestamp,value"
                )
            for raw in reader:
                yield reader.line_num, raw
    except OSError as error:
        raise ConfigError(f"{file} can't be read: {error.strerror}") from error
    except csv.Error as error:
        raise ConfigError(f"{file} is no CSV: {error}") from error


def _row(line: int, raw: Mapping[str, str | None]) -> Row:
    timestamp, value = raw["timestamp"] or "", raw["value"] or ""
    return Row(line=line, at=parse_instant(timestamp), timestamp=timestamp, value=value, count=_count(value))


def _count(value: str) -> int | None:
    try:
        number = float(value) if value.strip() else math.nan
    except ValueError:
        raise ValueError(f"not a number: {value!r:.40}") from None
    if math.isnan(number):
        return None
    if not 0 <= number <= _HIGHEST:
        raise ValueError(f"not a count: {value!r:.40}")
    return round(number)


def read_windows(file: Path, series: Path) -> list[tuple[datetime, datetime]]:
    """Labelled windows for a file: JSON [[from, to], …], or such lists by file name. Raises `ConfigError`."""
    try:
        found = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{file} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{file} isn't JSON: {error}") from error
    if isinstance(found, dict):
        names = {Path(name).name: name for name in found}
        if series.name not in names:
            raise ConfigError(f"{file} labels no file named {series.name}", next_step=f"it labels {', '.join(names)}")
        found = found[names[series.name]]
    try:
        return [(parse_instant(since), parse_instant(until)) for since, until in found]
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{file}: windows must be [[from, to], …]: {error}") from error
