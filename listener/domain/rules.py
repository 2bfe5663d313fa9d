"""A team's rules: what must hold, and what is then done."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of rules.toml."""

    name: str
