"""What a check of `listener doctor` has to say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from listener.cli.exits import Exit, code_of

if TYPE_CHECKING:
    from listener.domain.policy import Settings
    from listener.errors import ListenerError


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check saw."""

    level: Level
    area: str
    message: str
    fix: str = ""
    code: Exit = Exit.OK
    """How the command ends because of it."""


def good(area: str, message: str) -> Finding:
    return Finding(level=Level.OK, area=area, message=message)


def doubtful(area: str, message: str, fix: str) -> Finding:
    return Finding(level=Level.WARN, area=area, message=message, fix=fix)


def bad(area: str, message: str, fix: str, code: Exit) -> Finding:
    return Finding(level=Level.FAIL, area=area, message=message, fix=fix, code=code)


def failed(area: str, error: ListenerError) -> Finding:
    return bad(area, str(error), error.next_step, code_of(error))


Check = Callable[["Settings"], Iterator[Finding]]
