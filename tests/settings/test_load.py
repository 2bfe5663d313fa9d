"""From files and environment to settings: what outranks what, and where the folder is looked for."""

from datetime import timedelta
from pathlib import Path

import pytest

from listener import settings
from listener.domain.policy import AlertPolicy, SpikePolicy, TriagePolicy
from listener.domain.rereading import ComparePolicy, GapPolicy, RecheckPolicy
from listener.domain.sla import Promise
from listener.errors import ConfigError
from tests.settings.folders import folder, loaded


def test_a_folder_with_nothing_but_a_brand_gives_the_defaults(tmp_path: Path) -> None:
    found = loaded(folder(tmp_path))
    assert found.root == tmp_path
    assert found.database == tmp_path / "listener.db"
    assert (found.timezone, found.agent, found.log_level) == ("UTC", "", "INFO")
    assert found.triage == TriagePolicy()
    assert found.alerts == AlertPolicy()
    assert [brand.name for brand in found.brands] == ["Acme"]


def test_a_file_outranks_the_default(tmp_path: Path) -> None:
    root = folder(
        tmp_path,
        listener='timezone = "Europe/Berlin"\nagent = "zoe"\ndatabase = "data/a.db"\nx_monthly_cap_usd = 5\n'
        '[classifier]\nkind = "hub"\nmodel = "org/m"\nrevision = "abc"\nlabel_map = {NEG = "negative"}\n',
        routing='lease = "1h30m"\ndefault_queue = "desk"\nopen_for = ["complaint"]\nsevere_words = ["fire"]\n'
        "[weights]\nseverity = 1\n"
        '[[route]]\nqueue = "safety"\nbrands = ["Acme"]\nmin_severity = 0.5\nescalate = true\n',
        sla='[first_response]\nurgent = "15m"\n[bands]\nurgent = 70\n',
        alerts='[spike]\nmin_count = 9\nwarm_up = "1d"\n[[target]]\nname = "here"\nurl = "console:"\n',
    )
    found = loaded(root)
    assert (found.timezone, found.agent, found.x_monthly_cap_usd) == ("Europe/Berlin", "zoe", 5.0)
    assert found.database == tmp_path / "data/a.db"
    assert (found.classifier.kind, dict(found.classifier.label_map)) == ("hub", {"NEG": "negative"})
    assert found.triage.lease == timedelta(minutes=90)
    assert found.triage.open_for == {"complaint"}
    assert found.triage.weights == {**TriagePolicy().weights, "severity": 1.0}
    assert found.triage.sla.targets[Promise.FIRST_RESPONSE] == {"urgent": timedelta(minutes=15)}
    assert found.triage.bands["urgent"] == 70.0
    (route,) = found.triage.routes
    assert (route.name, route.queue, route.brands, route.min_severity, route.escalate) == (
        "safety", "safety", ("Acme",), 0.5, True,
    )  # fmt: skip
    assert found.alerts.spike == SpikePolicy(min_count=9, warm_up=timedelta(days=1))
    assert [target.url.reveal() for target in found.alerts.targets] == ["console:"]


def test_sources_carry_their_options_and_spans(tmp_path: Path) -> None:
    root = folder(
        tmp_path,
        listener='[[source]]\nconnector = "feed"\nname = "blog"\n'
        'interval = "90s"\nsilent_after = "2w"\nenabled = false\n'
        '[source.options]\nurl = "https://example.com/feed"\n[[source]]\nconnector = "hackernews"\n',
    )
    blog, news = loaded(root).sources
    assert (blog.name, blog.connector, blog.enabled) == ("blog", "feed", False)
    assert (blog.interval, blog.silent_after) == (timedelta(seconds=90), timedelta(days=14))
    assert blog.options == {"url": "https://example.com/feed"}
    assert news.name == "hackernews"


def test_the_environment_outranks_the_file_and_the_flag_outranks_both(tmp_path: Path) -> None:
    root = folder(tmp_path, listener='database = "file.db"\nagent = "file"\n')
    environ = {"LISTENER_DATABASE": "env.db", "LISTENER_AGENT": "env"}
    assert loaded(root).database == tmp_path / "file.db"
    assert loaded(root, environ).database == tmp_path / "env.db"
    flagged = settings.load(root, database=tmp_path / "flag.db", environ=environ)
    assert (flagged.database, flagged.agent) == (tmp_path / "flag.db", "env")


def test_scalars_of_every_file_and_table_can_be_set_by_a_variable(tmp_path: Path) -> None:
    environ = {
        "LISTENER_CLASSIFIER_THREADS": "1",
        "LISTENER_X_MONTHLY_CAP_USD": "12.5",
        "LISTENER_ROUTING_DEFAULT_QUEUE": "desk",
        "LISTENER_ROUTING_LEASE": "5m",
        "LISTENER_ROUTING_WEIGHTS_AGE": "3",
        "LISTENER_SLA_FIRST_RESPONSE_HIGH": "1h",
        "LISTENER_ALERTS_SPIKE_MAX_P": "1e-6",
    }
    found = loaded(folder(tmp_path, routing='lease = "1h"\n'), environ)
    assert (found.classifier.threads, found.x_monthly_cap_usd) == (1, 12.5)
    assert (found.triage.default_queue, found.triage.lease) == ("desk", timedelta(minutes=5))
    assert (found.triage.weights["age"], found.triage.sla.targets[Promise.FIRST_RESPONSE]) == (
        3.0,
        {"high": timedelta(hours=1)},
    )
    assert found.alerts.spike.max_p == 1e-6


def test_the_origin_of_every_value_is_known(tmp_path: Path) -> None:
    root = folder(tmp_path, listener='agent = "file"\ntimezone = "UTC"\n')
    environ = {"LISTENER_AGENT": "env", "LISTENER_SECRET_NOBODY_KEY": "s", "LISTENER_WHATEVER": "1"}
    found = settings.trace(root, database=Path("x.db"), environ=environ)
    origins = {one.key: one.origin for one in found.traced}
    assert origins["agent"] == "environment LISTENER_AGENT"
    assert origins["timezone"] == "listener.toml:2"
    assert origins["log_level"] == "default"
    assert origins["database"] == "flag"
    assert origins["brand[1].handles"] == "brands.toml:3"
    assert found.unused == ("LISTENER_SECRET_NOBODY_KEY", "LISTENER_WHATEVER")


@pytest.mark.parametrize("raw", [b'\xef\xbb\xbfagent = "zo\xc3\xab"\n', 'agent = "zoë"\r\ntimezone = "UTC"\r\n'])
def test_byte_order_marks_and_windows_line_ends_are_understood(tmp_path: Path, raw: str | bytes) -> None:
    assert loaded(folder(tmp_path, listener=raw)).agent == "zoë"


class TestLookingForTheFolder:
    """Flag, LISTENER_CONFIG, here, ./config, the user's folder, in this order."""

    @pytest.fixture(autouse=True)
    def _here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)

    def put(self, at: Path) -> Path:
        at.mkdir(parents=True, exist_ok=True)
        return folder(at)

    def test_each_place_outranks_the_next(self, tmp_path: Path) -> None:
        environ = {"XDG_CONFIG_HOME": str(tmp_path / "home")}
        places = [tmp_path / "home" / "listener", tmp_path / "config", tmp_path]
        for place in places:
            self.put(place)
            assert settings.load(None, environ=environ).root == place
        environ["LISTENER_CONFIG"] = str(self.put(tmp_path / "variable"))
        assert settings.load(None, environ=environ).root == tmp_path / "variable"
        assert settings.load(self.put(tmp_path / "flag"), environ=environ).root == tmp_path / "flag"

    def test_the_main_file_may_be_named_instead_of_its_folder(self, tmp_path: Path) -> None:
        root = self.put(tmp_path / "team")
        assert settings.load(root / "listener.toml", environ={}).root == root

    def test_nothing_found_says_where_it_looked_and_how_to_begin(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r"config/listener\.toml") as raised:
            settings.load(None, environ={"XDG_CONFIG_HOME": str(tmp_path / "home")})
        assert "listener init" in raised.value.next_step

    def test_a_named_folder_without_settings_is_not_passed_over(self, tmp_path: Path) -> None:
        self.put(tmp_path)
        with pytest.raises(ConfigError, match=r"no listener\.toml in"):
            settings.load(tmp_path / "empty", environ={})


@pytest.mark.parametrize("file", ["sla.toml", "secrets.toml"])
def test_a_file_that_can_not_be_opened_is_told(tmp_path: Path, file: str) -> None:
    (folder(tmp_path) / file).mkdir()
    with pytest.raises(ConfigError, match=f"{file}: can't be read"):
        loaded(tmp_path)


def test_looking_again_and_reading_gaps_are_set_in_the_main_file(tmp_path: Path) -> None:
    root = folder(
        tmp_path,
        listener='[recheck]\nenabled = false\nopen_every = "30m"\nstored_every = "12h"\ndays = 90\n'
        "[gaps]\nheal = false\nmost_usd = 0.25\n"
        '[compare]\nenabled = false\nback = "3d"\nmost_usd = 0.5\n',
    )
    found = loaded(root)
    assert found.rechecks == RecheckPolicy(
        enabled=False,
        open_every=timedelta(minutes=30),
        stored_every=timedelta(hours=12),
        keep_asking=timedelta(days=90),
    )
    assert found.gaps == GapPolicy(heal=False, most_micro_usd=250_000)
    assert found.compares == ComparePolicy(enabled=False, back=timedelta(days=3), most_micro_usd=500_000)
