"""sla.toml: promises by band and queue, hours by name."""

from datetime import time, timedelta
from pathlib import Path

import pytest

from listener.domain.calendar import WorkingHours
from listener.domain.sla import Promise, SlaPolicy
from tests.settings.folders import folder, loaded, problems

WHOLE = """
working_hours = "office"
warn_before = "30m"
escalate_on_breach = false
pause_while_snoozed = false
pause_while_waiting = false
[first_response]
urgent = "30m"
[next_response]
urgent = "1h"
[resolution]
low = "10d"
[warn]
low = "2h"
[hours.office]
zone = "Europe/Berlin"
monday = ["09:00-17:00"]
[hours.night]
zone = "Europe/Berlin"
sunday = ["22:00-24:00"]
[queue.safety]
working_hours = "night"
[queue.safety.first_response]
urgent = "15m"
"""


OFFICE = '[hours.office]\nzone = "UTC"\nmonday = ["09:00-17:00"]\n'


def policy(tmp_path: Path, text: str) -> SlaPolicy:
    return loaded(folder(tmp_path, sla=text)).triage.sla


def test_the_whole_file_is_read(tmp_path: Path) -> None:
    found = policy(tmp_path, WHOLE)
    minute, first = timedelta(minutes=1), Promise.FIRST_RESPONSE
    assert found.promised(first, "urgent", "support") == 30 * minute
    assert found.promised(first, "urgent", "safety") == 15 * minute
    assert found.promised(Promise.NEXT_RESPONSE, "urgent", "safety") == 60 * minute
    assert found.promised(Promise.RESOLUTION, "urgent", "safety") is None
    assert found.promised(Promise.RESOLUTION, "low", "support") == timedelta(days=10)
    assert found.hours_of("support") == WorkingHours(zone="Europe/Berlin", week={0: ((time(9), time(17)),)})
    assert found.hours_of("safety").week == {6: ((time(22), time(0)),)}
    assert found.lead(Promise.RESOLUTION, "low", "support") == timedelta(hours=2)
    assert found.lead(first, "urgent", "support") == 15 * minute, "half of what is promised"
    assert [found.escalate_on_breach, found.pause_while_snoozed, found.pause_while_waiting] == [False] * 3


def test_an_empty_file_promises_nothing_round_the_clock(tmp_path: Path) -> None:
    assert policy(tmp_path, "") == SlaPolicy()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('working_hours = "office"', 'sla.toml:1: working_hours: no hours are named "office" → add [hours.office]'),
        (
            f'working_hours = "ofice"\n{OFFICE}[queue.a]\nworking_hours = "office"',
            "did you mean office?",
        ),
        (
            OFFICE,
            (
                "hours.office: no queue and no agent works these hours → "
                'write working_hours = "office" above the first table'
            ),
        ),
        ('[resolution]\nlow = "400d"', "resolution.low: longer than a year"),
        (
            'working_hours = "w"\n[resolution]\nlow = "12d"\n[hours.w]\nzone = "UTC"\nmonday = ["09:00-10:00"]',
            "resolution: takes more than five years of these hours",
        ),
        (
            '[queue.a]\nhours = "x"',
            "queue.a.hours: unknown key → known: first_response, next_response, resolution, working_hours",
        ),
        ('[queue.a.first_response]\nhuge = "5m"', "queue.a.first_response.huge: unknown key"),
        ('[warn]\nurgent = "soon"', "warn.urgent: expected a time span"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    assert said in "\n".join(str(problem) for problem in problems(folder(tmp_path, sla=text)))
