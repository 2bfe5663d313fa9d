"""Near-duplicates become an incident by themselves, on a real store."""

from datetime import timedelta
from pathlib import Path

import pytest

from listener.domain.incident import IncidentKind, IncidentPolicy
from listener.triage.gathering import gather
from tests.triage.builders import Office

SAID = (
    "@acme the locker at the station has swallowed my parcel, no code came",
    "The locker at the station swallowed my parcel @acme!! No code came. #acme",
    "@ACME locker at the station has swallowed my parcel and no code came https://t.co/x",
)


def gathers(office: Office, **more: object) -> list[str]:
    from dataclasses import replace

    policy = replace(office.policy, incidents=IncidentPolicy(**more))  # type: ignore[arg-type]
    with office.store.write() as tx:
        return [notice.title for notice in gather(tx, policy, office.clock.now())]


def hear(office: Office, *texts: str, start: int = 0) -> None:
    for n, text in enumerate(texts, start=start):
        office.hears(text, by=f"p{n}", thread=f"t{n}")


def test_three_people_who_say_the_same_are_one_incident(desk_office: Office) -> None:
    hear(desk_office, *SAID, "@acme why is the app so slow today, it takes a minute to open")
    assert gathers(desk_office) == ["Incident 1 3 people say nearly the same about Acme"]
    assert [one.incident_id for one in desk_office.cases()] == [1, 1, 1, None]
    assert desk_office.kinds(1)[-1] == "grouped"
    with desk_office.store.read() as reads:
        assert reads.incident(1).kind is IncidentKind.ALIKE
