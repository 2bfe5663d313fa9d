"""Taking the next case: first what the program gave to the agent, then what waits and their skills allow."""

from collections.abc import Sequence
from datetime import datetime

from listener.domain.case import Case
from listener.domain.policy import TriagePolicy
from listener.domain.roster import AgentProfile
from listener.errors import ConfigError
from listener.ports import Transaction
from listener.triage import moves


def take_next(tx: Transaction, agent: str, queues: Sequence[str], policy: TriagePolicy, now: datetime) -> Case | None:
    """Claim the best case for this agent, of these queues or of all; None if there is none.

    Who isn't named in agents.toml may take any. Raises `ConfigError` for queues that the agent doesn't work.
    """
    profile = policy.roster.agent(agent)
    if profile is None:
        return tx.claim_next(agent, queues, now, policy.lease)
    _refuse_foreign(profile, queues)
    in_hand = tx.next_in_hand(agent, queues) if policy.roster.pushes else None
    if in_hand is not None:
        case = tx.case(in_hand)
        return tx.change_case(case.id, case.version, moves.decide_claim(case, agent, policy, now))
    return tx.claim_next(agent, queues, now, policy.lease, profile.skills)


def _refuse_foreign(profile: AgentProfile, queues: Sequence[str]) -> None:
    works = profile.skills.queues
    if works and queues and not set(queues) & set(works):
        raise ConfigError(
            f"{profile.name} doesn't work {', '.join(queues)}, but {', '.join(works)} (agents.toml)",
            next_step="name another queue, or none",
        )
