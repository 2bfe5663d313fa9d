"""A plan in TOML → Plan, with every fault named by file and key."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from classifiers.train.plan import Plan

_LEAST = {"steps": 1, "batch": 2, "max_tokens": 8, "threads": 1, "checkpoint_every": 1}
_SHARES = frozenset({"warmup", "decay", "dropout", "smoothing", "ema", "holes", "unlabelled_until"})
_BELOW_ONE = frozenset({"dropout", "smoothing", "ema", "holes"})


class PlanError(ValueError):
    """A plan can't be used; the message names file, key and fix."""


def read(file: Path) -> Plan:
    """Return the plan in a TOML file; a key that it lacks is the shipped plan's."""
    try:
        given = tomllib.loads(file.read_text(encoding="utf8"))
    except OSError as error:
        raise PlanError(f"{file} can't be read: {error.strerror}") from error
    except ValueError as error:  # not TOML, or not UTF-8
        raise PlanError(f"{file} isn't TOML: {error}") from error
    shipped = asdict(Plan())
    for key, value in given.items():
        fault = _fault(key, value, shipped)
        if fault:
            raise PlanError(f"{file}: {fault}")
    chosen = {field.name: given[field.name] for field in fields(Plan) if field.name in given}
    for key, value in chosen.items():
        if isinstance(shipped[key], float):
            chosen[key] = float(value)
    if "shares" in chosen:
        chosen["shares"] = {name: float(share) for name, share in chosen["shares"].items()}
    return Plan(**chosen)


def _fault(key: str, value: object, shipped: Mapping[str, Any]) -> str:
    if key not in shipped:
        return f"{key}: unknown key; {_near(key, shipped)}"
    if key == "shares":
        return _shares_fault(value, shipped["shares"])
    if isinstance(shipped[key], int) and (not isinstance(value, int) or isinstance(value, bool)):
        return f"{key}: expected a whole number, found {value!r}; write {key} = {shipped[key]}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"{key}: expected a number, found {value!r}; write {key} = {shipped[key]}"
    return _range_fault(key, float(value))


def _range_fault(key: str, value: float) -> str:
    least, most = float(_LEAST.get(key, 0)), 1.0 if key in _SHARES else 1e9
    if not least <= value <= most:
        return f"{key}: {value:g} is out of range; use {least:g} to {most:g}"
    return f"{key}: {value:g} is out of range; use less than 1" if key in _BELOW_ONE and value == 1 else ""


def _shares_fault(value: object, known: Mapping[str, float]) -> str:
    if not isinstance(value, dict):
        return f"shares: expected a table, found {value!r}; write [shares] on a line of its own"
    for name, share in value.items():
        if name not in known:
            return f"shares.{name}: unknown set; {_near(name, known)}"
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1000:
            return f"shares.{name}: expected a number from 0 to 1000, found {share!r}; write {name} = {known[name]}"
    return ""


def _near(name: str, known: Mapping[str, Any]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"one of: {', '.join(known)}"
