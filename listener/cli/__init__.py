"""The command line: one Typer app, every command imported only when it runs."""

import sys

import typer

from listener.errors import ListenerError

app = typer.Typer(
    name="listener", no_args_is_help=True, add_completion=True, rich_markup_mode=None, pretty_exceptions_enable=False
)


def main() -> None:
    """Run the command line; an expected error is one line on stderr and its exit code."""
    from listener.cli.exits import code_of

    try:
        app()
    except ListenerError as error:
        sys.stderr.write(f"listener: {error}\n")
        sys.exit(code_of(error))
