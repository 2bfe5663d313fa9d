"""Rules of time: what they look at when enough of it has passed, once in each stretch of waiting.

A case is looked at when a rule's time is up, and again whenever something happens to it afterwards: nothing else can
make a rule hold. So each look reads, by the index of events, only the cases whose time came up or to which something
happened since the last look. Time is the clock on the wall: a promise in business hours belongs into sla.toml.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from listener.domain.alert import Notice
from listener.domain.case import PROGRAM, Case, CaseEvent, EventKind, Reason
from listener.domain.policy import TriagePolicy
from listener.domain.rules import PostText, Rule, RuleAct
from listener.ports import Transaction
from listener.triage import ruling
from listener.triage.facts import Measured, measured, takes_in
from listener.triage.rule_notices import HOUR, Bell, hour_of, more
from listener.triage.rules import Subject, consider, of_time, subject_of
from listener.triage.undo import taken_back

MARK = "rules of time"
"""The bookmark: which rules were looked at, and when."""
OVERLAP = timedelta(minutes=5)
LOOK_BACK = timedelta(days=7)
"""How far back a rule is looked at that is new, or after a long silence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Since when a case's clocks of rules run."""

    born: datetime | None = None
    """When it was opened, or last reopened by its author's return."""
    unanswered: datetime | None = None
    """When the first post came that we haven't answered; None while our word is the last."""


def follow(waiting: Waiting, event: CaseEvent) -> Waiting:
    """After one more event."""
    theirs = event.agent == PROGRAM
    if event.kind is EventKind.OPENED or (event.kind is EventKind.REOPENED and theirs):
        return Waiting(born=event.at, unanswered=event.at)
    if event.kind is EventKind.REPLIED:
        return replace(waiting, unanswered=None)
    if event.kind in (EventKind.SEND_FAILED, EventKind.SEND_CANCELLED) and waiting.unanswered is None:
        return replace(waiting, unanswered=event.at)
    if event.kind in (EventKind.ATTACHED, EventKind.WOKE) and takes_in(event) and waiting.unanswered is None:
        # Thanks and small talk wait for no answer.
        asks = event.detail.get("reason", "") not in ("", Reason.PRAISE)
        return replace(waiting, unanswered=event.at) if asks else waiting
    return waiting


def due(rule: Rule, waiting: Waiting) -> datetime | None:
    """When the rule's time is up; None while it doesn't run."""
    ends = [None if at is None else at + span for at, span in _clocks(rule, waiting)]
    return max((end for end in ends if end is not None), default=None) if None not in ends else None


def stretch(rule: Rule, waiting: Waiting) -> datetime | None:
    """When the stretch of waiting began in which the rule acts once."""
    return max((at for at, _ in _clocks(rule, waiting) if at is not None), default=None)


def may_act(rule: Rule, waiting: Waiting, last: datetime | None) -> bool:
    """Whether it hasn't acted in this stretch; `last` is when it last did."""
    began = stretch(rule, waiting)
    return began is not None and (last is None or last < began)


def _clocks(rule: Rule, waiting: Waiting) -> list[tuple[datetime | None, timedelta]]:
    pairs = ((waiting.born, rule.when.older_than), (waiting.unanswered, rule.when.no_reply_for))
    return [(at, span) for at, span in pairs if span is not None]


def look(tx: Transaction, policy: TriagePolicy, now: datetime) -> list[Notice]:
    """Let the rules of time act on what came due, and tell what an hour that is over left untold."""
    rules = of_time(policy.rules)
    tellers = [rule for rule in policy.rules if rule.enabled and rule.then.notify]
    if not rules and not tellers:
        return []
    mark = _Mark.read(tx.mark(MARK))
    bell = Bell(reads=tx, now=now)
    if rules:
        looked = mark.at if mark.at is not None and mark.rules == _fingerprint(rules) else now - LOOK_BACK
        tx.log_rules(_act(tx, rules, _came_up(tx, rules, max(looked, now - LOOK_BACK), now), policy, bell))
    notices = [*bell.notices, *_untold(tx, tellers, mark.at or now, now)]
    tx.set_mark(MARK, _Mark(rules=_fingerprint(rules), at=now).written())
    return notices


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """The last look: at which rules, and when."""

    rules: str = ""
    at: datetime | None = None

    @classmethod
    def read(cls, text: str) -> "_Mark":
        if not text:
            return cls()
        said = json.loads(text)
        return cls(rules=said["rules"], at=datetime.fromisoformat(said["at"]))

    def written(self) -> str:
        assert self.at is not None, "a look has its time"
        return json.dumps({"rules": self.rules, "at": self.at.isoformat()})


def _fingerprint(rules: Sequence[Rule]) -> str:
    """Another one as soon as a rule of time is another: then it is looked at anew."""
    return sha256(repr(rules).encode()).hexdigest()[:16]


def _came_up(tx: Transaction, rules: Sequence[Rule], since: datetime, now: datetime) -> list[int]:
    """Open cases whose time came up since, or to which something happened."""
    # A page in the making may commit events that are a little older than the last look.
    found = set(tx.touched_cases(since - OVERLAP, now))
    spans = {span for rule in rules for span in (rule.when.older_than, rule.when.no_reply_for) if span is not None}
    for span in spans:
        found.update(tx.touched_cases(since - OVERLAP - span, now - span))
    return sorted(found)


def _act(
    tx: Transaction, rules: Sequence[Rule], case_ids: Sequence[int], policy: TriagePolicy, bell: Bell
) -> list[RuleAct]:
    if not case_ids:
        return []
    found, last = tx.timelines_of(case_ids), _last_acts(tx.rule_acts_of(case_ids))
    acts: list[RuleAct] = []
    for timeline in found.cases:
        waiting, latest = followed(timeline.events)
        up = [rule for rule in rules if (at := due(rule, waiting)) is not None and at <= bell.now]
        done = {r.name for r in up if not may_act(r, waiting, last.get((timeline.case_id, r.name)))}
        subject = None if latest is None else seen(latest, found.posts)
        if subject is not None and len(done) < len(up):
            acts += _rule(tx, tx.case(timeline.case_id), up, done, subject, policy, bell)
    return acts


def _rule(
    tx: Transaction,
    case: Case,
    rules: Sequence[Rule],
    done: set[str],
    subject: Subject,
    policy: TriagePolicy,
    bell: Bell,
) -> list[RuleAct]:
    acts = []
    for fired in consider(rules, subject, ruling.stand_of(case, bell.now), done, policy, bell.now):
        case = tx.change_case(case.id, case.version, ruling.ruled(case, fired, policy, bell.now))
        bell.ring(fired, case, f"{bell.now:%Y-%m-%dT%H:%M:%S}")
        acts.append(RuleAct(rule=fired.rule.name, case_id=case.id, mention_id=None, at=bell.now, did=fired.did))
    return acts


def followed(events: Sequence[CaseEvent]) -> tuple[Waiting, Measured | None]:
    """Since when a case waits, and the latest of its posts that was measured; what was taken back never was."""
    waiting, latest, gone = Waiting(), None, taken_back(events)
    for event in events:
        if event.id not in gone:
            waiting, latest = follow(waiting, event), measured(event) or latest
    return waiting, latest


def seen(post: Measured, posts: Mapping[int, tuple[PostText, ...]], at: datetime | None = None) -> Subject | None:
    """What rules see of a post, with its words as of then, or as of now; None if it was erased."""
    texts = posts.get(post.mention_id)
    if not texts:
        return None
    words = next((one for one in texts if at is not None and one.until is not None and one.until > at), texts[-1])
    return subject_of(post.reason, post.standing, words.text, words.lang)


def _last_acts(acts: Iterable[RuleAct]) -> dict[tuple[int, str], datetime]:
    return {(act.case_id, act.rule): act.at for act in acts}


def _untold(tx: Transaction, tellers: Sequence[Rule], since: datetime, now: datetime) -> list[Notice]:
    """Of the hours that ended since."""
    hour, found = max(hour_of(since), hour_of(now - LOOK_BACK)), []
    while hour + HOUR <= now and tellers:
        found += [notice for rule in tellers if (notice := more(tx, rule, hour)) is not None]
        hour += HOUR
    return found
