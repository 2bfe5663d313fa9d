"""Who works the queue: skills, hours, how much at a time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentProfile:
    """One agent of agents.toml."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Everybody who works the queue, and how cases are given out."""

    agents: tuple[AgentProfile, ...] = ()
