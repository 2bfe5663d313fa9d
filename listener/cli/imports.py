"""`listener import`: posts from a file, after a look at what would be read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.exits import Exit
from listener.cli.session import session
from listener.errors import ConfigError

if TYPE_CHECKING:
    from listener.connectors.file import FilePreview
    from listener.domain.policy import SourceConfig


def import_file(
    file: Annotated[Path, typer.Argument(help="Posts, one JSON object a line or CSV with a header.")],
    platform: Annotated[str, typer.Option(help="Platform of rows that don't name theirs.")] = "file",
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=COLUMN", help="Where a field stands, such as text=message or author=user.name."),
    ] = None,
    format: Annotated[str, typer.Option(help="auto, jsonl or csv.")] = "auto",  # noqa: A002 - the flag's name
    encoding: Annotated[str, typer.Option(help="auto, or one of Python's, such as utf-16 or cp1252.")] = "auto",
    delimiter: Annotated[str, typer.Option(help="What separates CSV columns; found out if not given.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be read, and store nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Read posts from a file through the whole run; reading the same file again adds nothing."""
    options: dict[str, object] = {
        "platform": platform,
        "columns": mapping(column or []),
        "format": format,
        "encoding": encoding,
        **({"delimiter": delimiter} if delimiter else {}),
    }
    if dry_run:
        from listener.connectors.file import preview

        _report(preview(file, options), as_json=as_json)
        return
    _import(source_of(file, options), as_json=as_json)


def mapping(pairs: list[str]) -> dict[str, str]:
    """`FIELD=COLUMN` pairs as a mapping. Raises `ConfigError`."""
    split = [pair.partition("=") for pair in pairs]
    wrong = [pair for pair, (field, _, column) in zip(pairs, split, strict=True) if not field or not column]
    if wrong:
        raise ConfigError(f"--column {wrong[0]!r} is not FIELD=COLUMN", next_step="for example --column text=message")
    return {field: column for field, _, column in split}


def source_of(file: Path, options: dict[str, object]) -> SourceConfig:
    """The source that reads this file; its place in the file is kept under the file's name."""
    from listener.domain.policy import SourceConfig

    return SourceConfig(
        name=f"import:{file.name}", connector="file", options={**options, "path": str(file.expanduser().resolve())}
    )


def _import(source: SourceConfig, *, as_json: bool) -> None:
    from listener import app
    from listener.cli.narrate import log_lines
    from listener.cli.run import finish

    with session() as ours, log_lines(ours.settings.log_level):
        report = app.import_source(ours.settings, ours.store, source)
    rejected = sum(one.rejected for one in report.sources)
    if rejected:
        show.say(f"{rejected:,} rows were set aside; --dry-run says why")
    finish(report, as_json=as_json)


def _report(found: FilePreview, *, as_json: bool) -> None:
    """What an import would do; exit 6 where rows can't be read."""
    if as_json:
        show.emit_json(
            {
                "format": found.format,
                "encoding": found.encoding,
                "readable": found.readable,
                "rejected": found.rejected,
                "first": found.first,
                "last": found.last,
                "columns": dict(found.columns),
                "unused": found.unused,
                "rejects": [{"position": one.position, "reason": one.reason} for one in found.rejects],
            }
        )
    else:
        _report_in_words(found)
    if found.rejected:
        raise typer.Exit(Exit.PARTIAL)


def _report_in_words(found: FilePreview) -> None:
    show.out(f"{found.readable:,} rows can be read, {found.rejected:,} can't ({found.format}, {found.encoding})")
    if found.first is not None:
        show.out(f"posted from {show.cell(found.first)} to {show.cell(found.last)} UTC")
    show.out("columns: " + ", ".join(f"{field} from {column}" for field, column in found.columns.items()))
    if found.unused:
        show.out("not read: " + ", ".join(found.unused))
    for mention in found.samples:
        show.out(f"  {show.cell(mention.created_at)}  {mention.author.handle or '(nameless)'}: {mention.text[:100]}")
    for reject in found.rejects:
        show.out(f"  {reject.position}: {reject.reason}")
    if found.rejected > len(found.rejects):
        show.out(f"  … and {found.rejected - len(found.rejects):,} more")
