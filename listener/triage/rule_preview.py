"""What rules would have done: the stored histories of a stretch of time, lived through again with the rules in force.

Nothing is written. A case that began before the stretch is told from its beginning, as if the rules had stood there
already; only what falls into the stretch is counted.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from listener.domain.case import EventKind
from listener.domain.policy import TriagePolicy
from listener.domain.rules import Rule, RuleAct, Timeline, Timelines
from listener.ports.rules import RulesReads
from listener.triage.facts import Measured, measured, takes_in
from listener.triage.rule_story import Seen, Story, Surroundings
from listener.triage.rules import of_posts, of_time

SAMPLES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One act, to be read by a person."""

    case_id: int
    at: datetime
    hit: str
    """The word that it found."""
    text: str
    """The post that it looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePreview:
    """What one rule would have done."""

    rule: str
    acts: int
    cases: int
    did: dict[str, int]
    """How often it did each thing it does."""
    passed_over: int
    """How often it held and wasn't reached, because a rule above it says `stop`."""
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What all of them would have done, in their order."""

    since: datetime
    until: datetime
    posts: int
    """Taken into cases in the stretch, and looked at."""
    cases: int
    unknown: int
    """Cases left out: a post of theirs was taken in before its facts were kept, or was erased."""
    strayed: int
    """Posts that opened a case while a rule would have had another of their author's asleep: they would have joined
    that one, and it isn't followed any further."""
    rules: tuple[RulePreview, ...]
    acts: tuple[RuleAct, ...]
    """Oldest first, cases in order."""


def preview(
    reads: RulesReads, rules: Sequence[Rule], policy: TriagePolicy, since: datetime, until: datetime
) -> Preview:
    """Of these rules, those that are off left out, in [since, until]."""
    found = reads.timelines(since, until)
    facts = {event.id: post for line in found.cases for event in line.events if (post := measured(event)) is not None}
    shadowed: Counter[str] = Counter()
    here = Surroundings(
        of_posts=of_posts(rules),
        of_time=of_time(rules),
        policy=policy,
        posts=found.posts,
        measured=facts,
        passed_over=lambda rule: shadowed.update((rule.name,)),
    )
    known = [timeline for timeline in found.cases if _is_known(timeline, found, facts)]
    stories = [Story(timeline=timeline, here=here) for timeline in known]
    seen = [one for story in stories for one in story.live(until) if one.act.at >= since]
    by_rule: dict[str, list[Seen]] = {rule.name: [] for rule in rules if rule.enabled}
    for one in seen:
        by_rule[one.act.rule].append(one)
    return Preview(
        since=since,
        until=until,
        posts=sum(takes_in(event) and since <= event.at <= until for line in known for event in line.events),
        cases=len(known),
        unknown=len(found.cases) - len(known),
        strayed=_strayed(stories),
        rules=tuple(_of_rule(name, acts, shadowed[name]) for name, acts in by_rule.items()),
        acts=tuple(sorted((one.act for one in seen), key=lambda act: (act.at, act.case_id))),
    )


def _is_known(timeline: Timeline, found: Timelines, facts: Mapping[int, Measured]) -> bool:
    posts = [facts.get(event.id) for event in timeline.events if takes_in(event)]
    return bool(posts) and all(post is not None and post.mention_id in found.posts for post in posts)


def _of_rule(name: str, acts: Sequence[Seen], passed_over: int) -> RulePreview:
    did = Counter(_thing(key, value) for one in acts for key, value in one.act.did.items())
    first_of_case = {one.act.case_id: one for one in reversed(acts)}
    few = sorted(first_of_case.values(), key=lambda one: (one.act.at, one.act.case_id))[:SAMPLES]
    return RulePreview(
        rule=name,
        acts=len(acts),
        cases=len(first_of_case),
        did=dict(did.most_common()),
        passed_over=passed_over,
        samples=tuple(Sample(case_id=one.act.case_id, at=one.act.at, hit=one.fired.hit, text=one.text) for one in few),
    )


def _thing(key: str, value: str) -> str:
    """Until when a case sleeps differs from case to case."""
    return key if key in ("snooze", "escalate") else f"{key} {value}"


def _strayed(stories: Iterable[Story]) -> int:
    """Openings that would not have been."""
    naps: dict[tuple[str, int], list[tuple[datetime, datetime]]] = {}
    stories = list(stories)
    for story in stories:
        if story.naps:
            naps.setdefault((story.timeline.brand, story.timeline.author_id), []).extend(story.naps)
    openings = (
        (naps.get((story.timeline.brand, story.timeline.author_id), ()), event.at)
        for story in stories
        for event in story.timeline.events
        if naps and event.kind is EventKind.OPENED
    )
    return sum(any(start < at < end for start, end in spans) for spans, at in openings)
