"""`listener import`: posts from a file, after a look at what would be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.exits import Exit
from listener.cli.session import flags, session
from listener.errors import ConfigError

if TYPE_CHECKING:
    from listener.connectors.file_survey import FilePreview
    from listener.domain.mappings import FileMapping
    from listener.domain.mention import Mention
    from listener.domain.policy import SourceConfig


def import_file(
    file: Annotated[Path, typer.Argument(help="Posts, one JSON object a line or CSV with a header.")],
    mapping: Annotated[str, typer.Option(metavar="NAME", help="Read it by a mapping of mappings.toml.")] = "",
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=COLUMN", help="Where a field stands, such as text=message or author=user.name."),
    ] = None,
    platform: Annotated[str, typer.Option(help="Platform of rows that don't name theirs; file if not given.")] = "",
    zone: Annotated[str, typer.Option(help="Zone of times that bear none, such as UTC or Europe/Berlin.")] = "",
    date_format: Annotated[str, typer.Option(help="How times are written, such as %d/%m/%Y %H:%M.")] = "",
    permalink: Annotated[str, typer.Option(help="Where a post stands: an address with {id} in it.")] = "",
    format: Annotated[str, typer.Option(help="jsonl or csv; found out if not given.")] = "",  # noqa: A002 - the flag's name
    encoding: Annotated[str, typer.Option(help="One of Python's, such as cp1252; found out if not given.")] = "",
    delimiter: Annotated[str, typer.Option(help="What separates CSV columns; found out if not given.")] = "",
    save: Annotated[str, typer.Option(metavar="NAME", help="Keep how this file is read, for --mapping NAME.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be read, and store nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Read posts from a file through the whole run; reading the same file again adds nothing."""
    if save and dry_run:
        raise ConfigError("--dry-run writes nothing", next_step="leave --save out until the columns are right")
    given = {
        "platform": platform,
        "zone": zone,
        "date_format": date_format,
        "permalink": permalink,
        "format": format,
        "encoding": encoding,
        "delimiter": delimiter,
    }
    columns = columns_of(column or [])
    wanted = mapped(mapping, {key: value for key, value in given.items() if value}, columns)
    _refuse_misfit(file, wanted, columns)
    if dry_run:
        from listener.connectors.file import preview

        _report(preview(file, wanted.options()), as_json=as_json)
        return
    if save:
        from listener import settings

        kept = settings.save_mapping(flags.config, replace(wanted, name=save))
        show.say(f"kept in {kept}: next time, --mapping {save}")
    _import(source_of(file, wanted.options()), as_json=as_json)


def mapped(name: str, given: dict[str, str], columns: dict[str, str]) -> FileMapping:
    """The mapping of a name with what the command line says instead. Raises `ConfigError`."""
    from listener import settings
    from listener.domain.mappings import FileMapping

    base = settings.find_mapping(flags.config, name) if name else FileMapping(name="")
    return replace(base, **given, columns={**base.columns, **columns})


def columns_of(pairs: list[str]) -> dict[str, str]:
    """`FIELD=COLUMN` pairs as a mapping. Raises `ConfigError`."""
    split = [pair.partition("=") for pair in pairs]
    wrong = [pair for pair, (field, _, column) in zip(pairs, split, strict=True) if not field or not column]
    if wrong:
        raise ConfigError(f"--column {wrong[0]!r} is not FIELD=COLUMN", next_step="for example --column text=message")
    return {field: column for field, _, column in split}


def _refuse_misfit(file: Path, wanted: FileMapping, columns: Mapping[str, str]) -> None:
    """Before anything is read: a column that isn't there would set every row aside."""
    from listener.connectors.file import misfit

    found = misfit(file, wanted.options())
    if found is not None:
        instead = f"--column {found.field}=COLUMN"
        if found.field in columns:
            raise ConfigError(f"{file.name}: --column takes {found}", next_step=f"name one of those: {instead}")
        own = f"correct {found.field} under [{wanted.name}.columns] ({wanted.origin}), or " if wanted.origin else ""
        raise ConfigError(
            f"{file.name}: mapping {wanted.name} takes {found}",
            next_step=f"{own}add {instead}, and --save NAME to keep it",
        )


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
                "told_by": found.told_by,
                "readable": found.readable,
                "rejected": found.rejected,
                "first": found.first,
                "last": found.last,
                "columns": dict(found.columns),
                "unused": found.unused,
                "absent": dict(found.absent),
                "samples": [
                    {
                        "platform": one.key.platform,
                        "id": one.key.native_id,
                        "created_at": one.created_at,
                        "author": one.author.handle,
                        "text": one.text,
                        "url": one.url,
                    }
                    for one in found.samples
                ],
                "rejects": [{"position": one.position, "reason": one.reason} for one in found.rejects],
            }
        )
    else:
        _report_in_words(found)
    if found.rejected:
        raise typer.Exit(Exit.PARTIAL)


def _words(one: Mention) -> str:
    return f"{one.author.handle or '(nameless)'}: {one.text[:100]}"


def _report_in_words(found: FilePreview) -> None:
    how = f"{found.format}, {found.encoding} {found.told_by}"
    show.out(f"{found.readable:,} rows can be read, {found.rejected:,} can't ({how})")
    if found.first is not None:
        show.out(f"posted from {show.cell(found.first)} to {show.cell(found.last)} UTC")
    columns = ", ".join(f"{field} from {column}" for field, column in found.columns.items())
    show.out(f"columns: {columns or 'none has a usual name: say --column FIELD=COLUMN'}")
    if found.absent:
        show.out("not in the file: " + ", ".join(f"{column} for {field}" for field, column in found.absent.items()))
    if found.unused:
        show.out("not read: " + ", ".join(found.unused))
    for one in found.samples:
        show.out(f"  {one.key.platform} {one.key.native_id}  {show.cell(one.created_at)}  {_words(one)}")
    for reject in found.rejects:
        show.out(f"  {reject.position}: {reject.reason}")
    if found.rejected > len(found.rejects):
        show.out(f"  … and {found.rejected - len(found.rejects):,} more")
