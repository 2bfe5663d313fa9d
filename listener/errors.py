"""One tree of expected failures, grouped by what the caller should do about them.

Raising is choosing a policy: the runner retries `Retry`, waits out `RateLimited`, switches a source off on
`Reauthorize`, quarantines on `SkipRecord`; the command line turns each into its exit code.
"""

from datetime import datetime

from listener.redaction import hide


class ListenerError(Exception):
    """An expected failure; `next_step` is what a person can do now. Others' words are in it, so secrets are hidden."""

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(hide(message))
        self.next_step = hide(next_step)


class Retry(ListenerError):
    """Likely to heal by itself: try again later."""


class RateLimited(Retry):
    """The platform asked us to wait until an instant."""

    def __init__(self, message: str, *, until: datetime, next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.until = until


class BudgetSpent(RateLimited):
    """Our own cap on money is reached until an instant; no call was made."""


class Uncertain(ListenerError):
    """It may have happened although no answer came: look before doing it again."""


class BadCursor(ListenerError):
    """The platform refuses our cursor: start again from the time window and record a gap."""


class Reauthorize(ListenerError):
    """Credentials are missing, expired or refused: a person must act."""


class NotPermitted(ListenerError):
    """The account may not use this call: switch the feature off and say so."""


class SkipRecord(ListenerError):
    """This one record can't be read: quarantine it and go on."""


class ConfigError(ListenerError):
    """Settings or arguments are wrong: nothing was done."""


class ClassifierError(ListenerError):
    """The model can't be loaded or answered nonsense: store mentions unscored and go on."""


class StoreError(ListenerError):
    """The database can't be used (locked, full, foreign, newer than this program)."""


class DiskFull(StoreError):
    """No space is left for the database, or its disk failed; what was being written is undone."""


class Conflict(ListenerError):
    """Somebody changed the case first; the message says who and when."""


class NotFound(ListenerError):
    """No such case, mention, alert or agent."""
