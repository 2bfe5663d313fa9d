"""The rigs by name, each with its server running: every class of `rigs_*.py` that has a name."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from tests import contracts
from tests.contracts.rigs import Rig
from tests.contracts.rigs_web import FileRig


def _kinds() -> dict[str, type[Rig]]:
    modules = [
        import_module(f"tests.contracts.{m.name}")
        for m in iter_modules(contracts.__path__)
        if m.name.startswith("rigs_")
    ]
    classes = [value for module in modules for value in vars(module).values() if isinstance(value, type)]
    return {kind.name: kind for kind in classes if issubclass(kind, Rig) and kind.name and kind is not FileRig}


KINDS = _kinds()
RIGS = (*sorted(KINDS), "file")


@contextmanager
def rig_named(name: str, folder: Path) -> Iterator[Rig]:
    """A rig with its server running."""
    rig = FileRig(folder) if name == "file" else KINDS[name]()
    with rig.server:
        yield rig
