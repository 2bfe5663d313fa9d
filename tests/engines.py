"""`pytest --engine postgresql`: the whole suite, with every store on a throwaway PostgreSQL."""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from listener.store import open_store
from tests import postgres
from tests.on_postgres import sitecustomize
from tests.on_postgres.sitecustomize import SERVER, TEMPLATE


def serve(config: pytest.Config) -> None:
    """For this process and all that it starts, until the tests end. Raises `UsageError` without PostgreSQL."""
    # Tests leave stores to the collector, of whose open connections the driver warns.
    for category in ("ResourceWarning", "pytest.PytestUnraisableExceptionWarning"):
        config.addinivalue_line("filterwarnings", f"ignore::{category}")
    if SERVER in os.environ:  # the process that started this one did the rest
        return
    tools = postgres.binaries()
    if tools is None:
        raise pytest.UsageError("PostgreSQL's binaries (initdb) are not on this machine")
    ends = ExitStack()
    config.add_cleanup(ends.close)
    server = ends.enter_context(postgres.running(tools))
    template = server.create()
    open_store(server.address(template)).close()
    here = str(Path(sitecustomize.__file__).parent)
    os.environ.update({SERVER: str(server.folder), TEMPLATE: template})
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH"))))
    sitecustomize.install()


def beside() -> dict[str, str]:
    """What a process with an environment of its own needs of ours, to find its stores where they are."""
    return {name: os.environ[name] for name in (SERVER, TEMPLATE, "PYTHONPATH") if SERVER in os.environ}
