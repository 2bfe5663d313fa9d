"""What rules did, and what they look at: the log, and the histories of cases."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Select, and_, func, insert, select

from listener.domain.case import PROGRAM, CaseEvent, CaseState, EventKind
from listener.domain.rules import PostText, RuleAct, RuleCount, Timeline, Timelines
from listener.store.base import Part, in_chunks
from listener.store.desk_tables import case_events, case_mentions, cases
from listener.store.tables import mention_versions, mentions
from listener.store.team_tables import rule_log

_E, _L = case_events.c, rule_log.c


class Rules(Part):
    """What is asked."""

    def rules_acted(self, case_ids: Collection[int]) -> dict[int, set[str]]:
        found: dict[int, set[str]] = {}
        for chunk in in_chunks(sorted(case_ids)):
            reopened = {row.case_id: row.at for row in self._db.execute(_reopenings(chunk))}
            wanted = select(_L.case_id, _L.rule, func.max(_L.at).label("at")).where(_L.case_id.in_(chunk))
            for row in self._db.execute(wanted.group_by(_L.case_id, _L.rule)):
                if row.case_id not in reopened or row.at >= reopened[row.case_id]:
                    found.setdefault(row.case_id, set()).add(row.rule)
        return found

    def rule_acts_of(self, case_ids: Collection[int]) -> list[RuleAct]:
        found = []
        for chunk in in_chunks(sorted(case_ids)):
            found += list(self._db.execute(select(rule_log).where(_L.case_id.in_(chunk))))
        return [_act(row) for row in sorted(found, key=lambda row: row.id)]

    def rule_log(
        self, *, rule: str = "", case_id: int | None = None, since: datetime | None = None, limit: int = 100
    ) -> list[RuleAct]:
        wanted = select(rule_log)
        if rule:
            wanted = wanted.where(_L.rule == rule)
        if case_id is not None:
            wanted = wanted.where(_L.case_id == case_id)
        if since is not None:
            wanted = wanted.where(_L.at >= since)
        return [_act(row) for row in self._db.execute(wanted.order_by(_L.at.desc(), _L.id.desc()).limit(limit))]

    def rule_counts(self, since: datetime) -> list[RuleCount]:
        counts = (
            select(
                _L.rule,
                func.count().label("acts"),
                func.count(_L.case_id.distinct()).label("cases"),
                func.max(_L.at).label("last"),
            )
            .where(_L.at >= since)
            .group_by(_L.rule)
            .order_by(_L.rule)
        )
        return [RuleCount(**row._mapping) for row in self._db.execute(counts)]

    def rule_notices(self, rule: str, since: datetime, until: datetime) -> int:
        told = _L.did["notify"].as_string().is_not(None)
        count = select(func.count()).select_from(rule_log).where(_L.rule == rule, _L.at >= since, _L.at < until, told)
        return int(self._db.scalars(count).one())

    def touched_cases(self, since: datetime, until: datetime) -> list[int]:
        touched = select(_E.case_id).where(_E.at > since, _E.at <= until)
        wanted = select(cases.c.id).where(cases.c.id.in_(touched), cases.c.state == CaseState.OPEN)
        return list(self._db.scalars(wanted.order_by(cases.c.id)))

    def timelines_of(self, case_ids: Collection[int]) -> Timelines:
        parts = [self._timelines(select(cases.c.id).where(cases.c.id.in_(c))) for c in in_chunks(sorted(case_ids))]
        return Timelines(
            cases=tuple(case for part in parts for case in part.cases),
            posts={mention_id: texts for part in parts for mention_id, texts in part.posts.items()},
        )

    def timelines(self, since: datetime, until: datetime) -> Timelines:
        return self._timelines(select(_E.case_id).where(_E.at >= since, _E.at <= until).distinct())

    def _timelines(self, wanted: Select[tuple[int]]) -> Timelines:
        c = cases.c
        about = select(c.id, c.author_id, c.brand, c.platform).where(c.id.in_(wanted))
        known = {row.id: row for row in self._db.execute(about)}
        events = select(_E.id, _E.case_id, _E.at, _E.agent, _E.kind, _E.detail)
        rows = self._db.execute(events.where(_E.case_id.in_(wanted)).order_by(_E.case_id, _E.id))
        found = [
            Timeline(
                case_id=case_id,
                author_id=known[case_id].author_id,
                brand=known[case_id].brand,
                platform=known[case_id].platform,
                events=tuple(_event(row) for row in group),
            )
            for case_id, group in groupby(rows, key=lambda row: row.case_id)
        ]
        return Timelines(cases=tuple(found), posts=self._posts(wanted))

    def _posts(self, wanted: Select[tuple[int]]) -> dict[int, tuple[PostText, ...]]:
        held = select(case_mentions.c.mention_id).where(case_mentions.c.case_id.in_(wanted))
        old: dict[int, list[PostText]] = {}
        v = mention_versions.c
        # Few posts are ever edited.
        for row in self._db.execute(
            select(v.mention_id, v.text, v.replaced_at).where(v.mention_id.in_(held)).order_by(v.mention_id, v.revision)
        ):
            old.setdefault(row.mention_id, []).append(PostText(text=row.text, lang="", until=row.replaced_at))
        m = mentions.c
        now = self._db.execute(select(m.id, m.text, m.lang).where(m.id.in_(held), m.deleted_at.is_(None)))
        return {
            row.id: (*_in_language(old.get(row.id, ()), row.lang), PostText(text=row.text, lang=row.lang))
            for row in now
        }


class RulesWrites(Rules):
    """What is written."""

    def log_rules(self, acts: Sequence[RuleAct]) -> None:
        if acts:
            self._db.execute(
                insert(rule_log),
                [
                    {"rule": a.rule, "case_id": a.case_id, "mention_id": a.mention_id, "at": a.at, "did": dict(a.did)}
                    for a in acts
                ],
            )


def _reopenings(case_ids: Sequence[int]) -> Select[tuple[int, datetime]]:
    """When each case's author last returned to it; what an agent reopens goes on as it was."""
    theirs = and_(_E.case_id.in_(case_ids), _E.kind == EventKind.REOPENED, _E.agent == PROGRAM)
    return select(_E.case_id, func.max(_E.at).label("at")).where(theirs).group_by(_E.case_id)


def _act(row: Any) -> RuleAct:
    return RuleAct(rule=row.rule, case_id=row.case_id, mention_id=row.mention_id, at=row.at, did=row.did)


def _event(row: Any) -> CaseEvent:
    return CaseEvent(
        id=row.id,
        case_id=row.case_id,
        at=row.at,
        agent=row.agent,
        kind=EventKind(row.kind),
        detail=row.detail,
    )


def _in_language(texts: Iterable[PostText], lang: str) -> Iterator[PostText]:
    """The language of earlier words isn't kept: it is taken to be the same."""
    return (PostText(text=one.text, lang=lang, until=one.until) for one in texts)
