"""What an import would read of a file: counts, columns, the first rows as they would be stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from listener.connectors.columns import Columns
from listener.connectors.lines import Layout, Row
from listener.domain.mention import Mention, Reject

_PREVIEWED = 5
_SHOWN_REJECTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePreview:
    """What an import would read, found without storing anything."""

    format: str
    encoding: str
    told_by: str
    """What tells the encoding."""
    readable: int
    rejected: int
    columns: Mapping[str, str]
    """Our field → the column that fills it, as far as any row does."""
    unused: tuple[str, ...]
    """Columns that nothing is read from."""
    absent: Mapping[str, str]
    """Our field → the column named for it that the file doesn't have."""
    first: datetime | None
    last: datetime | None
    """When the earliest and the latest readable row were posted."""
    samples: tuple[Mention, ...]
    rejects: tuple[Reject, ...]
    """The first twenty."""


class Survey:
    """Counts rows of a preview without keeping them."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._absent = {field: column for field, column in columns.given.items() if column}
        self._used: dict[str, str] = {}
        self._seen: dict[str, None] = {}
        self._samples: list[Mention] = []
        self._rejects: list[Reject] = []
        self._instants: list[datetime] = []
        self._readable = self._rejected = 0

    def add(self, row: Row, read: Mention | Reject) -> None:
        if isinstance(read, Mention):
            self._readable += 1
            self._samples += [read][: _PREVIEWED - len(self._samples)]
            instants = [*self._instants, read.created_at]
            self._instants = [min(instants), max(instants)]
        else:
            self._rejected += 1
            self._rejects += [read][: _SHOWN_REJECTS - len(self._rejects)]
        self._seen.update(dict.fromkeys(row.values))
        if self._absent and row.values:
            still = self._columns.absent([row.values])
            self._absent = {field: column for field, column in self._absent.items() if field in still}
        self._used = self._columns.sources(row.values) | self._used

    def result(self, layout: Layout) -> FilePreview:
        used = {column.partition(".")[0] for column in self._used.values()} | set(self._used.values())
        return FilePreview(
            format=layout.format,
            encoding=layout.encoding,
            told_by=layout.told_by,
            readable=self._readable,
            rejected=self._rejected,
            columns={field: column for field, column in self._used.items() if field not in self._absent},
            unused=tuple(column for column in self._seen if column not in used),
            first=self._instants[0] if self._instants else None,
            last=self._instants[1] if self._instants else None,
            absent=self._absent,
            samples=tuple(self._samples),
            rejects=tuple(self._rejects),
        )
