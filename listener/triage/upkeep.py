"""What happens to cases though nobody touches them: they wake, come due, meet rules of time, are given out.

Runs inside one transaction, every half minute and after each round; each part selects by an index what is due, and
changes nothing where nothing is.
"""

from datetime import datetime

from listener.domain.alert import Notice
from listener.domain.policy import TriagePolicy
from listener.ports import Transaction
from listener.triage import rule_timing
from listener.triage.alarms import sound
from listener.triage.gathering import gather
from listener.triage.sharing_out import share_out
from listener.triage.waking import wake


def keep_up(tx: Transaction, policy: TriagePolicy, now: datetime) -> list[Notice]:
    """All of it, in this order; what is to be told of it."""
    wake(tx, policy, now)
    notices = sound(tx, policy, now)
    notices += rule_timing.look(tx, policy, now)
    share_out(tx, policy, now)
    return notices + gather(tx, policy, now)
