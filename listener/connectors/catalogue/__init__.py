"""The connectors that ship, one page each: what it reads, needs, costs and can do, without any platform's library.

A page's name is its connector's, and its connector's module: `catalogue/feed.py` describes `connectors/feed.py`.
"""

from importlib import import_module
from pkgutil import iter_modules

from listener.connectors.options import ConnectorInfo

_NOT_A_PAGE = "calls"


def _pages() -> dict[str, ConnectorInfo]:
    names = [module.name for module in iter_modules(__path__) if module.name != _NOT_A_PAGE]
    return {name: import_module(f"{__name__}.{name}").INFO for name in names}


BUILT_IN = _pages()
