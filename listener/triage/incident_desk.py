"""The desk of incidents: every verb on many cases with one cause. Screens and commands speak these verbs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from listener.clock import Clock
from listener.domain.case import CaseChange, CaseState, EventKind
from listener.domain.incident import (
    Incident,
    IncidentChange,
    IncidentDraft,
    IncidentKind,
    IncidentState,
    Member,
    Theme,
)
from listener.domain.policy import TriagePolicy
from listener.errors import ConfigError, Conflict, ListenerError, NotFound
from listener.ports import Reads, Store, Transaction
from listener.triage import moves
from listener.triage.desk import named
from listener.triage.gathering import reopening
from listener.triage.incident_answers import (
    Due,
    Passed,
    Recorded,
    Sent,
    answered,
    digest,
    follow_up,
    refuse_unapproved,
    template,
    why_not,
)
from listener.triage.proposals import brands_heard, group, open_theme, proposals
from listener.triage.sending_handover import BY_HAND, WayOut, hand_over
from listener.triage.themes import rooted

MAX_TITLE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Which stretch of time themes are looked for in."""

    until: datetime | None = None
    """None: now."""
    within: timedelta | None = None
    """None: as the settings say."""


NOW = Look()


class IncidentDesk:
    """Where agents work incidents.

    Every verb is one transaction, but for `send` and `close`, which take one a case: what stops in the middle is
    finished by doing it again. Unknown incidents and cases raise `NotFound`.
    """

    def __init__(self, store: Store, policy: TriagePolicy, clock: Clock, way_out: WayOut = BY_HAND) -> None:
        self._store = store
        self._policy = policy
        self._clock = clock
        self._way_out = way_out

    def propose(self, brand: str = "", *, look: Look = NOW, usual_too: bool = False) -> list[Theme]:
        """Themes of the last hours, brand by brand."""
        with self._store.read() as reads:
            brands = [brand] if brand else brands_heard(reads)
            return [theme for one in brands for theme in self._themes(reads, one, look, usual_too=usual_too)]

    def _themes(self, reads: Reads, brand: str, look: Look, *, usual_too: bool) -> list[Theme]:
        mine = self._policy.incidents
        policy = replace(mine, within=look.within or mine.within)
        return proposals(reads, brand, policy, look.until or self._clock.now(), usual_too=usual_too)

    def open_themes(
        self, brand: str, keys: Sequence[str], agent: str, *, title: str = "", look: Look = NOW
    ) -> Incident:
        """One incident of these themes, each named by any of its words. Raises `NotFound` for one not proposed."""
        name, now = named(agent), self._clock.now()
        with self._store.write() as tx:
            offered = self._themes(tx, brand, look, usual_too=True)
            chosen = [_named_theme(offered, key, brand) for key in keys]
            return open_theme(tx, list(dict.fromkeys(chosen)), _title(title, empty=True), name, now)

    def open_cases(self, case_ids: Sequence[int], title: str, agent: str) -> Incident:
        """One incident of cases that a person named; they must be of one brand."""
        name, now, said = named(agent), self._clock.now(), _title(title)
        with self._store.write() as tx:
            cases = [tx.case(case_id) for case_id in case_ids]
            brands = {case.brand for case in cases}
            if len(brands) != 1:
                raise ConfigError(
                    f"an incident is one brand's: these cases are of {', '.join(sorted(brands)) or 'none'}"
                )
            draft = IncidentDraft(brand=brands.pop(), title=said, kind=IncidentKind.BY_HAND, owner=name)
            incident = tx.open_incident(draft, name, now)
            _add(tx, incident, case_ids, name, now)
            return incident

    def add(self, incident_id: int, case_ids: Sequence[int], agent: str) -> Incident:
        """Cases join by hand."""
        name, now = named(agent), self._clock.now()
        with self._store.write() as tx:
            incident = tx.incident(incident_id)
            _add(tx, incident, case_ids, name, now)
            back = incident.apart & frozenset(case_ids)
            if not back:
                return incident
            return tx.change_incident(incident_id, incident.version, _apart(incident.apart - back, name, now))

    def remove(self, incident_id: int, case_ids: Sequence[int], agent: str) -> Incident:
        """Cases leave, and don't join again by themselves."""
        name, now = named(agent), self._clock.now()
        with self._store.write() as tx:
            incident = tx.incident(incident_id)
            for case_id in case_ids:
                case = tx.case(case_id)
                if case.incident_id != incident_id:
                    raise Conflict(f"case {case_id} is not in incident {incident_id}")
                detail = {"incident": str(incident_id)}
                change = CaseChange(
                    kind=EventKind.UNGROUPED, agent=name, at=now, detail=detail, set={"incident_id": None}
                )
                tx.change_case(case_id, case.version, change)
            apart = incident.apart | frozenset(case_ids)
            return tx.change_incident(incident_id, incident.version, _apart(apart, name, now))

    def own(self, incident_id: int, to: str, agent: str) -> Incident:
        """One person answers for it."""
        owner = named(to)
        return self._change(incident_id, agent, "owned", lambda _: ({"to": owner}, {"owner": owner}))

    def retitle(self, incident_id: int, title: str, agent: str) -> Incident:
        """Give it a name that colleagues understand."""
        said = _title(title)
        return self._change(incident_id, agent, "titled", lambda _: ({"title": said}, {"title": said}))

    def answer(self, incident_id: int, text: str, agent: str) -> Incident:
        """Write the answer for all; a new one needs approval again."""
        said, name = template(text), named(agent)

        def decide(incident: Incident) -> tuple[dict[str, str], dict[str, object]]:
            _refuse_closed(incident)
            return {"text": said}, {"answer": said, "answer_by": name, "approved_by": ""}

        return self._change(incident_id, agent, "answered", decide)

    def approve(self, incident_id: int, agent: str) -> Incident:
        """Agree to the answer; its writer can't where the settings ask for a second person."""
        name = named(agent)

        def decide(incident: Incident) -> tuple[dict[str, str], dict[str, object]]:
            _refuse_closed(incident)
            if not incident.answer:
                raise Conflict(f"incident {incident_id} has no answer to approve")
            if self._policy.incidents.second_person and incident.answer_by == name:
                raise Conflict(
                    f"the answer is {name}'s own: somebody else must approve it",
                    next_step="second_person = false under [incidents] of routing.toml lifts this",
                )
            return {"answer": digest(incident.answer)}, {"approved_by": name}

        return self._change(incident_id, agent, "approved", decide)

    def reopen(self, incident_id: int, why: str, agent: str) -> Incident:
        """The cause is back; its answer must be approved again."""
        name, now = named(agent), self._clock.now()
        with self._store.write() as tx:
            incident = tx.incident(incident_id)
            if incident.state is IncidentState.OPEN:
                raise Conflict(f"incident {incident_id} is open")
            return tx.change_incident(incident_id, incident.version, reopening(name, now, why.strip()))

    def send(self, incident_id: int, agent: str, *, by_hand: bool = False) -> Sent:
        """Answer every case it reaches, through a source or by record; `by_hand` also where only you can post it."""
        name = named(agent)
        with self._store.read() as reads:
            incident, members = reads.incident(incident_id), reads.incident_members(incident_id)
        refuse_unapproved(incident, self._policy)
        agreed = incident.approved_by not in ("", incident.answer_by)
        sent = self._record(incident, incident.answer, members, name, by_hand=by_hand, agreed=agreed)
        detail = {
            "recorded": str(len(sent.recorded)),
            "passed": str(len(sent.passed)),
            "answer": digest(incident.answer),
        }
        return self._noted(sent, "sent", name, detail) if sent.recorded else sent

    def close(self, incident_id: int, fixed: str, agent: str, *, by_hand: bool = False) -> Sent:
        """Tell every case that it is fixed, settle those whose author we then wait for, leave the rest; close it.

        Without words nobody is told, and only cases that wait for their author are settled.
        """
        said, name = template(fixed) if fixed.strip() else "", named(agent)
        with self._store.read() as reads:
            incident, members = reads.incident(incident_id), reads.incident_members(incident_id)
        _refuse_closed(incident)
        sent = Sent(incident=incident, recorded=(), before=0, passed=())
        if said:
            sent = self._record(incident, said, members, name, by_hand=by_hand, agreed=False)
        settled = self._settle(incident, name)
        closed = {"state": IncidentState.CLOSED, "closed_at": self._clock.now()}
        detail = {"fixed": said, "told": str(len(sent.recorded)), "resolved": str(len(settled))}
        done = self._change(incident_id, agent, "closed", lambda _: (detail, closed))
        return Sent(
            incident=done, recorded=sent.recorded, before=sent.before, passed=sent.passed, resolved=tuple(settled)
        )

    def follow_up(self, incident_id: int) -> list[Due]:
        """Who still needs something."""
        with self._store.read() as reads:
            return follow_up(reads.incident(incident_id), reads.incident_members(incident_id))

    def _record(
        self, incident: Incident, text: str, members: Sequence[Member], agent: str, *, by_hand: bool, agreed: bool
    ) -> Sent:
        """Case by case, so that nobody else waits long and one refusal stops no other."""
        recorded, passed, mark = list[Recorded](), list[Passed](), digest(text)
        fresh = [member for member in members if mark not in member.answered]
        for member in fresh:
            now = self._clock.now()
            why = why_not(member, agent, now, by_hand=by_hand)
            try:
                if not why:
                    recorded.append(self._record_one(incident, text, member, agent, now, agreed=agreed))
            except ListenerError as error:
                why = str(error)
            if why:
                passed.append(Passed(case=member.case.id, why=why, url=member.url))
        before = len(members) - len(fresh)
        return Sent(incident=incident, recorded=tuple(recorded), before=before, passed=tuple(passed))

    def _record_one(
        self, incident: Incident, text: str, member: Member, agent: str, now: datetime, *, agreed: bool
    ) -> Recorded:
        outlet = self._way_out.of(member.case.platform, member.case.brand)
        with self._store.write() as tx:
            draft = tx.waiting_draft(member.case.id)
            if draft is not None:
                raise Conflict(f"an answer by {draft.agent} waits for approval on case {member.case.id}")
            card = tx.case_card(member.case.id)
            change = answered(incident, text, card, agent, self._policy, now, agreed=agreed)
            # As it was read: whoever wrote or acted since comes first.
            made = hand_over(tx, card, member.case.version, change, outlet, now + self._way_out.grace)
            said = change.detail["text"]
            return Recorded(case=member.case.id, url=member.url, text=said, send=made.send)

    def _settle(self, incident: Incident, agent: str) -> list[int]:
        """Resolve the cases that wait for their author."""
        with self._store.read() as reads:
            members = reads.incident_members(incident.id)
        settled = []
        for member in members:
            case, now = member.case, self._clock.now()
            waits = case.awaits_author and member.wrote_again_at is None and case.state is not CaseState.RESOLVED
            if not waits or case.holder(now) not in ("", agent):
                continue
            with self._store.write() as tx:
                change = moves.decide_resolve(case, f"fixed with incident {incident.id}", agent, self._policy, now)
                tx.change_case(case.id, case.version, change)
            settled.append(case.id)
        return settled

    def _noted(self, sent: Sent, kind: str, agent: str, detail: dict[str, str]) -> Sent:
        done = self._change(sent.incident.id, agent, kind, lambda _: (detail, {}))
        return Sent(incident=done, recorded=sent.recorded, before=sent.before, passed=sent.passed)

    def _change(
        self,
        incident_id: int,
        agent: str,
        kind: str,
        decide: Callable[[Incident], tuple[dict[str, str], dict[str, object]]],
    ) -> Incident:
        name, now = named(agent), self._clock.now()
        with self._store.write() as tx:
            incident = tx.incident(incident_id)
            detail, values = decide(incident)
            change = IncidentChange(kind=kind, agent=name, at=now, detail=detail, set=values)
            return tx.change_incident(incident_id, incident.version, change)


def _add(tx: Transaction, incident: Incident, case_ids: Sequence[int], agent: str, now: datetime) -> None:
    _refuse_closed(incident)
    for case_id in case_ids:
        case = tx.case(case_id)
        if case.brand != incident.brand:
            raise Conflict(f"case {case_id} is about {case.brand}, incident {incident.id} about {incident.brand}")
        if case.merged_into is not None:
            raise Conflict(f"case {case_id} was merged into case {case.merged_into}")
        if case.incident_id is not None:
            raise Conflict(
                f"case {case_id} is in incident {case.incident_id} already",
                next_step=f"listener incident remove {case.incident_id} {case_id}",
            )
    group(tx, incident.id, case_ids, agent, now, why="by hand")


def _apart(apart: frozenset[int], agent: str, now: datetime) -> IncidentChange:
    detail = {"cases": ", ".join(str(case_id) for case_id in sorted(apart))}
    return IncidentChange(kind="apart", agent=agent, at=now, detail=detail, set={"apart": apart})


def _refuse_closed(incident: Incident) -> None:
    if incident.state is IncidentState.CLOSED:
        raise Conflict(f"incident {incident.id} is closed", next_step=f"listener incident reopen {incident.id}")


def _named_theme(offered: Sequence[Theme], key: str, brand: str) -> Theme:
    """The theme that a person names by one of its words."""
    words = set(rooted(key)) | {key.casefold()}
    found = [theme for theme in offered if words & {*theme.terms, *theme.shown}]
    if not found:
        known = ", ".join(theme.key for theme in offered[:10]) or "none"
        raise NotFound(
            f"no theme of {brand} is called {key!r} now: {known}", next_step="listener incident propose --usual"
        )
    return found[0]


def _title(text: str, *, empty: bool = False) -> str:
    said = " ".join(text.split())
    if (not said and not empty) or len(said) > MAX_TITLE:
        raise ConfigError(f"an incident needs a title of 1 to {MAX_TITLE} characters: --title")
    return said
