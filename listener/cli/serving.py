"""What the commands that listen share: a server runs until it is told to end."""

from __future__ import annotations

import signal
from ipaddress import ip_address
from typing import TYPE_CHECKING

from listener.errors import ConfigError

if TYPE_CHECKING:
    from listener.web.serving import Serving

INSTALL = "pip install 'social-support-listener[{extra}]'"


def serve(serving: Serving, host: str, port: int) -> None:
    """Until it is told to end. uvicorn leaves with a code of its own where it can't listen, and raises the signal that
    ended it once more: by then all is done."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
    try:
        serving.run()
    except SystemExit as left:
        raise ConfigError(f"can't listen on {host}:{port}", next_step="is the port taken? Try --port") from left
    if not serving.started:
        raise ConfigError(f"can't listen on {host}:{port}", next_step="is the port taken? Try --port")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def lacking(error: ModuleNotFoundError, extra: str = "webhook") -> ConfigError:
    """What to install. Raises the error itself where it is another module that is missing."""
    if (error.name or "").partition(".")[0] not in ("starlette", "uvicorn"):
        raise error
    return ConfigError("listening needs libraries that aren't installed", next_step=INSTALL.format(extra=extra))
