"""agents.toml."""

import re
from datetime import time, timedelta
from pathlib import Path

import pytest

from listener.domain.roster import Mode, Order, Role, Roster
from listener.settings.starter import shipped
from tests.settings.folders import folder, loaded, problems

ROUTES = '[[route]]\nqueue = "billing"\n'
ANA = '[[agent]]\nname = "ana"\n'


def read(at: Path, text: str, **environ: str) -> Roster:
    return loaded(folder(at, agents=text, routing=ROUTES), environ).triage.roster


def faults(at: Path, text: str) -> list[str]:
    return [str(one) for one in problems(folder(at, agents=text, routing=ROUTES))]


def test_nobody_and_pulling_is_the_default(tmp_path: Path) -> None:
    found = read(tmp_path, "")
    assert found == Roster()
    assert not found.pushes


def test_an_agent_of_a_bare_name_can_do_anything_at_any_time(tmp_path: Path) -> None:
    (ana,) = read(tmp_path, ANA).agents
    assert (ana.name, ana.capacity, ana.role, ana.hours.always) == ("ana", 8, Role.AGENT, True)
    assert ana.skills.queues == ana.skills.langs == ()


def test_skills_are_read_as_they_are_compared(tmp_path: Path) -> None:
    skills = 'queues = ["billing", "support"]\nbrands = ["Acme"]\nplatforms = ["X"]\n'
    skills += 'langs = ["de_AT"]\nlabels = ["praise"]\n'
    (ana,) = read(tmp_path, f'{ANA}{skills}capacity = 0\nrole = "lead"\n').agents
    assert (ana.skills.queues, ana.skills.brands) == (("billing", "support"), ("Acme",))
    assert (ana.skills.platforms, ana.skills.langs, ana.skills.reasons) == (("x",), ("de-at",), ("praise",))
    assert (ana.capacity, ana.role) == (0, Role.LEAD)


def test_hours_are_a_name_or_a_table(tmp_path: Path) -> None:
    text = (
        '[hours.office]\nzone = "Europe/Berlin"\nworkdays = ["09:00-12:30", "13:30-18:00"]\n'
        f'{ANA}hours = "office"\n[[agent]]\nname = "ben"\nhours = {{zone = "UTC", sunday = ["10:00-24:00"]}}\n'
    )
    ana, ben = read(tmp_path, text).agents
    assert ana.hours.zone == "Europe/Berlin"
    assert ana.hours.week[4] == ((time(9), time(12, 30)), (time(13, 30), time(18)))
    assert ben.hours.week == {6: ((time(10), time(0)),)}


def test_a_queue_has_its_own_way_and_the_rest_of_everybodys(tmp_path: Path) -> None:
    text = f'{ANA}[assignment]\norder = "round_robin"\n[assignment.queue.billing]\nmode = "push"\n'
    found = read(tmp_path, text)
    assert found.pushes
    assert (found.way_of("billing").mode, found.way_of("billing").order) == (Mode.PUSH, Order.ROUND_ROBIN)
    assert found.way_of("support").mode is Mode.PULL


def test_spans_and_switches(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        '[assignment]\nsticky = false\nsticky_within = "7d"\ncount_waiting = true\n'
        'return_after = "1h"\nuntouched_after = "2h"\n',
    )
    assert (found.sticky, found.sticky_within, found.count_waiting) == (False, timedelta(days=7), True)
    assert (found.return_after, found.untouched_after) == (timedelta(hours=1), timedelta(hours=2))


def test_a_variable_outranks_the_file(tmp_path: Path) -> None:
    assert read(tmp_path, ANA, LISTENER_AGENTS_ASSIGNMENT_MODE="push").pushes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[agent]]\n", "agents.toml:1: agent[1].name: missing"),
        ('[[agent]]\nname = "listener"\n', "listener is the program's own name"),
        (ANA + ANA, 'agent: "ana" stands here twice'),
        (ANA + 'queues = ["biling"]\n', 'agent[1].queues[1]: nothing goes to "biling" → did you mean billing?'),
        (ANA + 'brands = ["Acne"]\n', "did you mean Acme?"),
        (ANA + 'labels = ["complain"]\n', "did you mean complaint?"),
        (ANA + 'role = "boss"\n', '"boss" is none of the choices'),
        (ANA + "capacity = -1\n", "capacity: out of range"),
        (ANA + 'hours = "office"\n', 'no hours are called "office" → write them under [hours.office]'),
        (ANA + 'hours = {zone = "Mars"}\n', "is no time zone"),
        (ANA + 'skills = ["de"]\n', "skills: unknown key"),
        ('[assignment]\nmode = "shove"\n', '"shove" is none of the choices'),
        ('[assignment]\nmode = "push"\n', "assignment.mode: nobody is there to be given cases"),
        ('[assignment]\nmode = "push"\n' + ANA + 'role = "lead"\n', "nobody is there to be given cases"),
        ('[assignment.queue.biling]\nmode = "pull"\n', "assignment.queue.biling: nothing goes to this queue"),
        ('[assignment.queue.billing]\nmod = "pull"\n', "assignment.queue.billing.mod: unknown key"),
        ('[assignment]\nreturn_after = "0s"\n', "return_after: out of range"),
        ('agent = "ana"\n', "agent: expected tables"),
        ('hours = "office"\n', "hours: expected a table"),
        ("[assignment]\nqueue = 3\n", "assignment.queue: expected a table"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_fix(tmp_path: Path, text: str, said: str) -> None:
    found = faults(tmp_path, text)
    assert any(said in one for one in found), found


def test_the_starters_examples_work_once_uncommented(tmp_path: Path) -> None:
    text = (shipped() / "agents.toml").read_text()
    blocks = re.findall(r"(?m)^# (?:\[assignment\.queue|\[hours|\[\[agent).*(?:\n# ?(?:\w+ = .*)?)*(?=\n|\Z)", text)
    assert len(blocks) == 4
    plain = "\n".join(re.sub(r"(?m)^# ?", "", block) for block in blocks)
    found = read(tmp_path, plain)
    assert [one.name for one in found.agents] == ["ana", "lea"]
    assert found.way_of("billing").order is Order.ROUND_ROBIN
    assert found.agents[0].hours.holidays == "DE-BE"


def test_hours_of_sla_toml_are_known_and_count_as_worked(tmp_path: Path) -> None:
    hours = '[hours.office]\nzone = "Europe/Berlin"\nworkdays = ["09:00-17:00"]\n'
    (ana,) = loaded(folder(tmp_path, agents=f'{ANA}hours = "office"\n', sla=hours)).triage.roster.agents
    assert ana.hours.week[0] == ((time(9), time(17)),)
