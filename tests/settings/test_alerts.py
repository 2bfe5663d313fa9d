"""alerts.toml: how much of a hurry, whom to tell, who is on call, when nobody is told."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from listener.domain.alert import AlertKind, Severity
from listener.domain.on_call import Person
from listener.domain.policy import AlertPolicy, DigestPolicy
from tests.settings.folders import folder, loaded, problems

WHOLE = """
[severity]
silence = "page"
[severity.brand.Acme]
spike = "notice"
[sending]
escalate_after = "5m"
cool_down = "1h"
[[target]]
name = "hook"
kind = "webhook"
min_severity = "page"
flood = 7
[[target]]
name = "ana"
url = "console:"
on_call = true
quiet_hours = { zone = "Europe/Berlin", workdays = ["00:00-07:00"] }
[[rota]]
name = "support"
people = ["ana", "ben"]
targets = { ben = "hook" }
handover = "friday 17:30"
zone = "Europe/Berlin"
weeks = 2
starts = 2026-03-02
[[rota.stand_in]]
person = "ben"
from = 2026-12-24T09:00:00
until = 2026-12-27T09:00:00+02:00
[[window]]
name = "sale"
from = 2026-11-27T00:00:00
until = 2026-11-28T00:00:00
zone = "Europe/Berlin"
brands = ["Acme"]
[[window]]
name = "backup"
weekly = { zone = "UTC", sunday = ["02:00-04:00"] }
sources = ["x"]
"""
SECRETS = {"LISTENER_SECRET_TARGET_HOOK": "https://example.com/t0ken", "LISTENER_SECRET_TARGET_HOOK_SIGNING": "k"}


def alerts(at: Path, text: str = WHOLE) -> AlertPolicy:
    return loaded(folder(at, alerts=text), SECRETS).alerts


def test_severities_are_a_brands_own_or_everybodys(tmp_path: Path) -> None:
    found = alerts(tmp_path)
    assert found.severities[AlertKind.SILENCE] is Severity.PAGE
    assert found.severities[AlertKind.BLIND] is Severity.NOTICE
    assert found.brand_severities == {"Acme": {"spike": Severity.NOTICE}}
    assert (found.escalate_after, found.cool_down) == (timedelta(minutes=5), timedelta(hours=1))


def test_a_web_hook_has_its_address_and_key_from_where_secrets_are(tmp_path: Path) -> None:
    hook, _ = alerts(tmp_path).targets
    assert hook.is_webhook
    assert (hook.url.reveal(), hook.signing.reveal()) == ("webhook+https://example.com/t0ken", "k")
    assert (hook.min_severity, hook.flood, hook.allow_private) == (Severity.PAGE, 7, False)


def test_rota_and_stand_ins_are_read_by_the_wall_clock_of_their_zone(tmp_path: Path) -> None:
    (rota,) = alerts(tmp_path).rotas
    assert rota.people == (Person(name="ana", target="ana"), Person(name="ben", target="hook"))
    assert (rota.weekday, rota.at, rota.weeks, rota.starts) == (4, time(17, 30), 2, date(2026, 3, 2))
    (stand_in,) = rota.stand_ins
    assert (stand_in.since, stand_in.until) == (
        datetime(2026, 12, 24, 8, tzinfo=UTC), datetime(2026, 12, 27, 7, tzinfo=UTC),
    )  # fmt: skip


def test_windows_are_a_stretch_or_hours_of_the_week(tmp_path: Path) -> None:
    sale, backup = alerts(tmp_path).windows
    assert (sale.since, sale.weekly, sale.brands) == (datetime(2026, 11, 26, 23, tzinfo=UTC), None, ("Acme",))
    assert (backup.since, backup.sources) == (None, ("x",))
    assert backup.weekly is not None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('silence = "page"', 'silence = "loud"', 'severity.silence: "loud" is none of the choices'),
        ("brand.Acme", "brand.Nobody", "severity.brand.Nobody: no brand is named so"),
        ('kind = "webhook"', 'kind = "hook"', 'target[1].kind: "hook" is none of the choices'),
        ("flood = 7", "flood = 0", "target[1].flood: "),
        (', workdays = ["00:00-07:00"]', "", "target[2].quiet_hours: never end"),
        ('people = ["ana", "ben"]', 'people = ["cem", "ben"]', 'no target is named "cem"'),
        ('people = ["ana", "ben"]', 'people = ["ben"]', "target[2].on_call: no rota names this target"),
        ('people = ["ana", "ben"]', "people = []", "rota[1].people: nobody is there"),
        ("friday 17:30", "weekend", 'rota[1].handover: "weekend" is no time of the week'),
        ('zone = "Europe/Berlin"\nweeks', 'zone = "Berlin"\nweeks', 'rota[1].zone: "Berlin" is no time zone'),
        ("starts = 2026-03-02", 'starts = "monday"', "rota[1].starts: expected a date, found text"),
        ('person = "ben"', 'person = "eve"', 'rota[1].stand_in[1].person: "eve" is none of'),
        ("until = 2026-11-28T00:00:00", "until = 2026-11-26T00:00:00", "window[1].until: lies before it begins"),
        ("until = 2026-11-28T00:00:00", "", "window[1].until: missing"),
        ("from = 2026-11-27T00:00:00", 'from = "friday"', "window[1].from: expected a date and time, found text"),
        ('brands = ["Acme"]', 'brands = ["Nobody"]', "window[1].brands"),
        (', sunday = ["02:00-04:00"]', "", "window[2].weekly: never ends"),
        ('name = "backup"', 'name = "backup"\nfrom = 2026-11-27T00:00:00', "beside [window.weekly]"),
        ('name = "backup"', "", "window[2].name: missing"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in WHOLE
    found = problems(folder(tmp_path, alerts=WHOLE.replace(old, new, 1)), SECRETS)
    assert said in "\n".join(map(str, found))


@pytest.mark.parametrize(
    ("secrets", "said"),
    [
        ({"LISTENER_SECRET_TARGET_HOOK": "https://example.com/t0ken"}, "there is no key"),
        ({**SECRETS, "LISTENER_SECRET_TARGET_HOOK": "http://example.com/t0ken"}, "unencrypted"),
        ({**SECRETS, "LISTENER_SECRET_TARGET_HOOK": "ftp://example.com/t0ken"}, "is no http(s) address"),
    ],
)
def test_a_web_hook_that_can_not_be_is_told_without_its_address(
    tmp_path: Path, secrets: dict[str, str], said: str
) -> None:
    found = "\n".join(map(str, problems(folder(tmp_path, alerts=WHOLE), secrets)))
    assert said in found
    assert "t0ken" not in found


DIGEST = """
[digest]
daily_at = "8:00"
weekly_on = "Monday 08:30"
brands = ["Acme"]
[[target]]
name = "lead"
url = "console:"
kinds = ["digest"]
"""


def test_digests_are_read_and_go_to_nobody_who_does_not_ask_for_them(tmp_path: Path) -> None:
    policy = loaded(folder(tmp_path, alerts=DIGEST)).alerts
    assert policy.digest == DigestPolicy(daily_at=time(8), weekly_on=(0, time(8, 30)), brands=("Acme",))
    plain = loaded(folder(tmp_path, alerts='[[target]]\nname = "a"\nurl = "console:"')).alerts
    assert plain.digest == DigestPolicy()
    assert "digest" not in plain.targets[0].kinds


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"8:00"', '"25:00"', 'digest.daily_at: "25:00" is no time of day'),
        ('"Monday 08:30"', '"soon"', 'digest.weekly_on: "soon" is no time of the week'),
        ('["Acme"]', '["Nobody"]', 'digest.brands[1]: no brand is named "Nobody"'),
        ('kinds = ["digest"]', "", "digest.daily_at: no target takes digests"),
    ],
)
def test_a_digest_that_can_not_be_sent_is_told_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in DIGEST
    assert said in "\n".join(map(str, problems(folder(tmp_path, alerts=DIGEST.replace(old, new, 1)))))
