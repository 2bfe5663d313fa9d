"""Lets the rules act on a page of posts: remembers who acted on which case, writes what they decide, and logs it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from listener.domain.alert import Notice
from listener.domain.case import Case, CaseChange, CaseState, EventKind
from listener.domain.policy import TriagePolicy
from listener.domain.rules import Rule, RuleAct
from listener.domain.stored import SavedMention
from listener.ports import Transaction
from listener.triage import ruling
from listener.triage.assess import Assessment
from listener.triage.rule_notices import Bell
from listener.triage.rules import Fired, consider, of_posts


@dataclass(slots=True, kw_only=True)
class Ruler:
    """Of one transaction; costs two reads a page where there are rules, and nothing where there are none."""

    tx: Transaction
    policy: TriagePolicy
    now: datetime
    rules: tuple[Rule, ...]
    acted: dict[int, set[str]]
    """By case id."""
    bell: Bell
    acts: list[RuleAct] = field(default_factory=list)

    @classmethod
    def of(cls, tx: Transaction, policy: TriagePolicy, now: datetime, case_ids: Collection[int]) -> "Ruler":
        """For a page whose posts may join these cases."""
        rules = of_posts(policy.rules)
        acted = tx.rules_acted(case_ids) if rules and case_ids else {}
        return cls(tx=tx, policy=policy, now=now, rules=rules, acted=acted, bell=Bell(reads=tx, now=now))

    def on_new(self, brand: str, one: SavedMention, found: Assessment) -> list[Fired]:
        """What they make of a post that opens a case."""
        if not self.rules:
            return []
        mention = one.scored.mention
        subject, stand = ruling.subject_of_post(mention, found), ruling.new_stand(brand, mention, found)
        return consider(self.rules, subject, stand, (), self.policy, self.now)

    def opened(self, case: Case, fired: Sequence[Fired], mention_id: int) -> Case:
        """The case of such a post, now that it stands."""
        if fired:
            change = ruling.to_sleep(case, fired, self.policy, self.now)
            case = case if change is None else self.tx.change_case(case.id, case.version, change)
            self._note(case, fired, mention_id)
        return case

    def on_change(self, case: Case, made: CaseChange, one: SavedMention, found: Assessment) -> Case:
        """The case after the rules have seen what a post did to it."""
        if made.kind is EventKind.REOPENED:
            self.acted.pop(case.id, None)
        if not self.rules or case.state is CaseState.RESOLVED:
            return case
        subject = ruling.subject_of_post(one.scored.mention, found)
        stand, acted = ruling.stand_of(case, self.now), self.acted.get(case.id, set())
        fired = consider(self.rules, subject, stand, acted, self.policy, self.now, moved="queue" in made.set)
        for act in fired:
            change = ruling.ruled(case, act, self.policy, self.now)
            case = self.tx.change_case(case.id, case.version, change)
        self._note(case, fired, one.id)
        return case

    def done(self) -> tuple[Notice, ...]:
        """Log everything; what is to be told."""
        if self.acts:
            self.tx.log_rules(self.acts)
        return tuple(self.bell.notices)

    def _note(self, case: Case, fired: Sequence[Fired], mention_id: int) -> None:
        for one in fired:
            self.acted.setdefault(case.id, set()).add(one.rule.name)
            self.acts.append(
                RuleAct(rule=one.rule.name, case_id=case.id, mention_id=mention_id, at=self.now, did=one.did)
            )
            self.bell.ring(one, case, str(mention_id))
