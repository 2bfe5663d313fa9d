"""What rules tell the team: a notice a case, but no more an hour than each rule may send; the rest in one."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from listener.domain.alert import Notice
from listener.domain.case import Case
from listener.domain.rules import Rule
from listener.domain.text import visible, visible_lines
from listener.ports.rules import RulesReads
from listener.triage.rules import Fired, in_words

HOUR = timedelta(hours=1)
QUOTED = 280
"""Code points of the post that a notice quotes."""


@dataclass(slots=True, kw_only=True)
class Bell:
    """Rings for rules in one transaction. What it counts was logged by earlier ones, so log after ringing."""

    reads: RulesReads
    now: datetime
    notices: list[Notice] = field(default_factory=list)
    _rung: Counter[str] = field(default_factory=Counter)

    def ring(self, fired: Fired, case: Case, occasion: str) -> None:
        """A notice of this act, if the rule gives one and has one left this hour; `occasion` makes it unique."""
        rule = fired.rule
        if "notify" not in fired.did:
            return
        if rule.name not in self._rung:
            hour = hour_of(self.now)
            self._rung[rule.name] = self.reads.rule_notices(rule.name, hour, hour + HOUR)
        self._rung[rule.name] += 1
        if self._rung[rule.name] <= rule.then.notices_per_hour:
            self.notices.append(_notice(fired, case, occasion))


def more(reads: RulesReads, rule: Rule, hour: datetime) -> Notice | None:
    """How many acts of a past hour were not told one by one; None if all were."""
    acts = reads.rule_notices(rule.name, hour, hour + HOUR)
    left = acts - rule.then.notices_per_hour
    if left <= 0:
        return None
    return Notice(
        key=f"rule|{rule.name}|more|{hour:%Y-%m-%dT%H}",
        title=f"Rule “{visible(rule.name, 80)}”: … and {left} more between {hour:%H:%M} and {hour + HOUR:%H:%M} UTC",
        body=f"It acted {acts} times in that hour.\nlistener rules log --rule “{visible(rule.name, 80)}”",
        targets=frozenset(rule.then.notify),
    )


def hour_of(at: datetime) -> datetime:
    """The clock hour that an instant lies in."""
    return at.replace(minute=0, second=0, microsecond=0)


def _notice(fired: Fired, case: Case, occasion: str) -> Notice:
    quoted = [f"> {line}" for line in visible_lines(case.headline, QUOTED, 6)]
    done = {name: value for name, value in fired.did.items() if name != "notify"}
    lines = [*([f"Done: {in_words(done)}"] if done else []), *quoted, f"listener case show {case.id}"]
    return Notice(
        key=f"rule|{fired.rule.name}|case:{case.id}|{occasion}",
        title=f"Rule “{visible(fired.rule.name, 80)}”: case {case.id}, {case.reason} about {visible(case.brand, 80)}",
        body="\n".join(lines),
        targets=frozenset(fired.rule.then.notify),
    )
