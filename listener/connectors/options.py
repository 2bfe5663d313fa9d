"""What a connector may be told: its option keys, checked all at once, read back with their types."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import isnan
from typing import assert_never

from listener.domain.platform import Capabilities
from listener.domain.policy import Secret, SourceConfig
from listener.errors import ConfigError


class Kind(StrEnum):
    """The shape of an option's value in TOML."""

    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    FLAG = "true or false"
    TEXTS = "list of texts"
    TABLE = "table of texts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One key under `options`."""

    key: str
    help: str
    kind: Kind = Kind.TEXT
    default: object = None
    """None: no value unless one is given."""
    required: bool = False
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorInfo:
    """What a connector reads, needs and costs, known without importing its library."""

    name: str
    summary: str
    needs: str
    """What it takes and what it costs, in one line."""
    options: tuple[Option, ...] = ()
    secrets: Mapping[str, str] | None = None
    """Required secrets, name → where to get it."""
    optional_secrets: Mapping[str, str] | None = None
    extra: str = ""
    """The install extra that brings its library; empty if none is needed."""
    any_option: bool = False
    """A third party's connector that checks its own options."""
    capabilities: Capabilities = field(default_factory=Capabilities)
    setup: tuple[str, ...] = ()
    """How a person gets access today, step by step: approval, price, scopes."""
    keyless: str = ""
    """What works without a key; empty if nothing does."""


class Options:
    """Validated options with defaults filled in."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def text(self, key: str) -> str:
        value = self._values.get(key)
        return value if isinstance(value, str) else ""

    def whole(self, key: str) -> int:
        return int(self.number(key))

    def number(self, key: str) -> float:
        value = self._values[key]
        assert isinstance(value, (int, float))
        return value

    def flag(self, key: str) -> bool:
        return self._values.get(key) is True

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._values.get(key)
        return tuple(value) if isinstance(value, (list, tuple)) else ()

    def table(self, key: str) -> dict[str, str]:
        value = self._values.get(key)
        return dict(value) if isinstance(value, Mapping) else {}


def checked(info: ConnectorInfo, config: SourceConfig) -> Options:
    """The options of a source with defaults. Raises `ConfigError` that lists every problem with its key and fix."""
    found = problems(info, config)
    if found:
        raise ConfigError(
            f"source {config.name!r}: " + "; ".join(found), next_step=f"see `{info.name}` in listener.toml"
        )
    defaults = {option.key: option.default for option in info.options if option.default is not None}
    return Options({**defaults, **config.options})


def problems(info: ConnectorInfo, config: SourceConfig) -> list[str]:
    """Everything wrong with a source's options and secrets, one sentence each."""
    return [*_option_problems(info, config.options), *_secret_problems(info, config.secrets)]


def _option_problems(info: ConnectorInfo, given: Mapping[str, object]) -> Iterator[str]:
    known = {option.key: option for option in info.options}
    for key in given:
        if key not in known and not info.any_option:
            yield f"options.{key} is unknown: remove it, or use one of {', '.join(sorted(known))}"
    for option in info.options:
        if option.key not in given:
            if option.required:
                yield f"options.{option.key} is missing: add {option.help}"
        elif wrong := _wrong(option, given[option.key]):
            yield f"options.{option.key} {wrong}"


def _secret_problems(info: ConnectorInfo, given: Mapping[str, Secret]) -> Iterator[str]:
    for name, where in (info.secrets or {}).items():
        if not given.get(name):
            yield f"secret {name} is missing: {where}"


def _wrong(option: Option, value: object) -> str:
    """What is wrong with a value; empty if nothing is."""
    if not _fits(option.kind, value):
        return f"must be a {option.kind}, not {value!r:.60}"
    if option.required and not value:
        return f"is empty: add {option.help}"
    if option.choices and value not in option.choices:
        return f"is {value!r}: use one of {', '.join(option.choices)}"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _out_of_range(option, value)
    return ""


def _out_of_range(option: Option, value: float) -> str:
    if isnan(value):
        return "is not a number"
    if option.low is not None and value < option.low:
        return f"is {value}: use {option.low:g} or more"
    if option.high is not None and value > option.high:
        return f"is {value}: use {option.high:g} or less"
    return ""


def _fits(kind: Kind, value: object) -> bool:
    match kind:
        case Kind.TEXT:
            return isinstance(value, str)
        case Kind.WHOLE:
            return isinstance(value, int) and not isinstance(value, bool)
        case Kind.NUMBER:
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case Kind.FLAG:
            return isinstance(value, bool)
        case Kind.TEXTS:
            return isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value)
        case Kind.TABLE:
            return isinstance(value, Mapping) and all(isinstance(one, str) for one in (*value, *value.values()))
        case _:
            assert_never(kind)
