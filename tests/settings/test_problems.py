"""Everything that is wrong is listed at once, each with file, line, key and what to do."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from listener import settings
from listener.errors import ConfigError
from listener.matching.query import fault
from listener.settings import Checks, ConfigProblems
from tests.settings.folders import BRANDS, folder, loaded, problems

CHECKS = Checks(query=fault, connectors=["feed", "hackernews", "x"])


ELSEWHERE = "set LISTENER_SECRET_TARGET_CHAT, or put it under [target] in secrets.toml (chmod 600)"
QUERIES = "queries = [\n  'fine',\n  'a AND (b',\n]\n"
TARGET = "[[target]]\nname = 'a'\nurl = 'console:'\n"


def lines(root: Path, environ: dict[str, str] | None = None) -> list[str]:
    return [str(problem) for problem in problems(root, environ, CHECKS)]


def test_all_problems_of_all_files_come_at_once_in_the_order_of_the_files(tmp_path: Path) -> None:
    root = folder(
        tmp_path,
        listener='databse = "x"\ntimezone = "Mars/One"\n[[source]]\nname = "x"\nconnector = "y"\ninterval = "soon"\n',
        brands=f"[[brand]]\nname = 'A'\nhandels = ['a']\n{QUERIES}[[brand]]\nname = 'A'\n",
        routing=b'default_queue = "\xff"\n',
        sla="a = [1,\n2",
        alerts='[[target]]\nname = "chat"\nurl = "slack://tok/en"\n',
    )
    with pytest.raises(ConfigProblems) as raised:
        settings.load(root, environ={"LISTENER_AGNT": "zoe"}, checks=CHECKS)
    assert str(raised.value).splitlines() == [
        "12 problems in the settings",
        "listener.toml:1: databse: unknown key → did you mean database?",
        'listener.toml:2: timezone: "Mars/One" is no time zone → use an IANA name, such as "Europe/Berlin"',
        'listener.toml:5: source[1].connector: no connector is named "y" → known: feed, hackernews, x',
        'listener.toml:6: source[1].interval: expected a time span, found text → write it like this: interval = "5m"',
        "brands.toml:3: brand[1].handels: unknown key → did you mean handles?",
        "brands.toml:6: brand[1].queries[2]: query 'a AND (b': column 9: expected \")\", found the end → mend it",
        "brands.toml:8: brand[2]: has no term to find it by → add handles, names or queries",
        'brands.toml:8: brand[2]: a second brand is named "A" → give each its own name',
        "routing.toml:1: not UTF-8 text → save the file as UTF-8",
        "sla.toml:2: not valid TOML at column 1: unclosed array at the end of the file → mend the syntax",
        f"alerts.toml:3: target[1].url: may hold a token, and this file is no place for one → {ELSEWHERE}",
        "environment: LISTENER_AGNT: no such setting → did you mean LISTENER_AGENT?",
    ]


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("listener", "agent = 5", "listener.toml:1: agent: expected text in quotes, found a number"),
        ("listener", 'x_monthly_cap_usd = "5"', "x_monthly_cap_usd: expected a number, found text"),
        ("listener", "x_monthly_cap_usd = nan", "x_monthly_cap_usd: expected a number, found a number"),
        ("listener", "x_monthly_cap_usd = -1", "x_monthly_cap_usd: -1 is out of range → use 0 to 1e+06"),
        ("listener", 'log_level = "LOUD"', 'log_level: "LOUD" is none of the choices → known: DEBUG, ERROR'),
        ("listener", "classifier = 1", "classifier: expected a table, found a number"),
        (
            "listener",
            '[classifier]\nkind = "hubb"',
            'classifier.kind: "hubb" is none of the choices → did you mean hub?',
        ),
        ("listener", '[classifier]\nkind = "hub"', "listener.toml:1: classifier.model: missing"),
        ("listener", "[classifier]\nthreads = 0", "classifier.threads: out of range → use 1 or more"),
        (
            "listener",
            "[classifier]\nthreads = true",
            "classifier.threads: expected a whole number, found true or false",
        ),
        ("listener", "source = 1", "source: expected tables, found a number"),
        ("listener", "source = [1]", "source: expected tables, found a list"),
        ("listener", "[[source]]", "listener.toml:1: source[1].connector: missing"),
        ("listener", '[[source]]\nconnector = "fed"', 'no connector is named "fed" → did you mean feed?'),
        ("listener", '[[source]]\nconnector = "x"\n[[source]]\nconnector = "x"', 'a second source is named "x"'),
        ("listener", '[[source]]\nconnector = "x"\nname = "target"', 'source[1].name: "target" is taken'),
        (
            "listener",
            '[[source]]\nconnector = "x"\nenabled = "yes"',
            "source[1].enabled: expected true or false, found text",
        ),
        ("listener", '[[source]]\nconnector = "x"\ninterval = "0s"', "source[1].interval: out of range"),
        ("listener", '[[source]]\nconnector = "x"\ninterval = "9999999999w"', "source[1].interval: out of range"),
        ("listener", 'a = "', "listener.toml:1: not valid TOML at column"),
        ("listener", "a = 1\na = 2", "listener.toml:2: not valid TOML at column"),
        ("listener", "a = " + "9" * 5000, "listener.toml:1: not valid TOML at column 1"),
        ("listener", "a = " + "[" * 5000, "listener.toml: brackets nested too deep"),
        ("listener", "#" * (1 << 20) + "#", "listener.toml: larger than 1 MiB"),
        ("brands", "", "brands.toml: no brand: nobody to listen for"),
        ("brands", "[[brand]]\nhandles = ['a']", "brands.toml:1: brand[1].name: missing"),
        ("brands", "[[brand]]\nname = 'A'\nhandles = 'a'", "brand[1].handles: expected a list, found text"),
        ("brands", "[[brand]]\nname = 'A'\nhandles = ['a', 5]", "brand[1].handles[2]: expected text, found a number"),
        ("brands", "[[brand]]\nname = 'A'\nhandles = ['a', ' ']", "brand[1].handles[2]: empty text"),
        ("brands", "[[brand]]\nname = 'A'\nhandles = ['a', 'a']", 'brand[1].handles[2]: "a" stands here twice'),
        ("brands", "[[brand]]\nname = 'A'\nhandles = ['a', '@b c']", 'brand[1].handles[2]: "@b c" is no handle'),
        ("brands", "[[brand]]\nname = 'A'\nhandles = []", "brands.toml:1: brand[1]: has no term to find it by"),
        (
            "brands",
            "[[brand]]\nname = 'A'\nnames = ['a']\nexclude = ['x:y']",
            "brand[1].exclude[1]: query 'x:y': column 1",
        ),
        ("routing", "[[route]]", "routing.toml:1: route[1].queue: missing"),
        ("routing", "[[route]]\nqueue = 'q'\nbrands = ['Acne']", '"Acne" is none of the choices → did you mean Acme?'),
        (
            "routing",
            "[[route]]\nqueue = 'q'\nreasons = ['anger']",
            'route[1].reasons[1]: "anger" is none of the choices',
        ),
        (
            "routing",
            "[[route]]\nqueue = 'q'\nmin_severity = 2",
            "route[1].min_severity: 2 is out of range → use 0 to 1",
        ),
        ("routing", "open_for = ['complaints']", "did you mean complaint?"),
        ("routing", "[weights]\nsevrity = 1", "weights.sevrity: unknown key → did you mean severity?"),
        ("routing", "lease = 15", 'lease: expected a time span, found a number → write it like this: lease = "5m"'),
        (
            "sla",
            "[first_response]\nurgent = 1979-05-27",
            "first_response.urgent: expected a time span, found a date or time",
        ),
        ("sla", "[bands]\nhuge = 1", "bands.huge: unknown key"),
        ("alerts", "[[target]]\nurl = 'console:'", "target[1].name: missing"),
        ("alerts", "[[target]]\nname = 'a'", "target[1].url: missing → write url = "),
        ("alerts", TARGET * 2, 'a second target is named "a"'),
        (
            "alerts",
            "[[target]]\nname = 'a'\nurl = 'console:'\nkinds = ['spikes']",
            'target[1].kinds[1]: "spikes" is none of the choices',
        ),
        ("alerts", "[spike]\nmax_p = 0.9", "spike.max_p: 0.9 is out of range"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, file: str, content: str, said: str) -> None:
    (line,) = lines(folder(tmp_path, **{file: content}))
    assert said in line


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("LISTENER_CLASSIFIER_THREADS", "two", "environment: LISTENER_CLASSIFIER_THREADS: expected a whole number"),
        ("LISTENER_LOG_LEVEL", "LOUD", 'environment: LISTENER_LOG_LEVEL: "LOUD" is none of the choices'),
        ("LISTENER_ROUTING_LEASE", "15", "environment: LISTENER_ROUTING_LEASE: expected a time span"),
        ("LISTENER_ALERTS_SPIKE_MAX_P", "many", "environment: LISTENER_ALERTS_SPIKE_MAX_P: expected a number"),
        ("LISTENER_TIMEZONE", "Mars", 'environment: LISTENER_TIMEZONE: "Mars" is no time zone'),
        ("LISTENER_TIMEZON", "UTC", "environment: LISTENER_TIMEZON: no such setting → did you mean LISTENER_TIMEZONE?"),
    ],
)
def test_a_variable_is_blamed_for_what_it_set(tmp_path: Path, name: str, value: str, said: str) -> None:
    (line,) = lines(folder(tmp_path), {name: value})
    assert said in line


def test_a_missing_required_file_is_one_problem_and_a_missing_optional_one_is_none(tmp_path: Path) -> None:
    root = folder(tmp_path)
    (root / "brands.toml").unlink()
    (line,) = lines(root)
    assert line.startswith("brands.toml: missing → listener init ")


def test_routes_to_brands_are_not_doubted_while_brands_can_not_be_read(tmp_path: Path) -> None:
    (line,) = lines(folder(tmp_path, brands="[[", routing="[[route]]\nqueue = 'q'\nbrands = ['Acme']"))
    assert line.startswith("brands.toml:1: not valid TOML")


def test_without_checks_queries_and_connectors_stay_unjudged(tmp_path: Path) -> None:
    root = folder(tmp_path, listener='[[source]]\nconnector = "own"\n', brands=BRANDS + 'queries = ["a AND ("]\n')
    assert loaded(root).sources[0].connector == "own"


@examples(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["listener", "brands", "routing", "sla", "alerts", "secrets"]),
    st.one_of(
        st.binary(max_size=60),
        st.text(max_size=60).map(str.encode),
        st.lists(
            st.sampled_from(
                [
                    "[[source]]",
                    "[[brand]]",
                    "[[route]]",
                    "[[target]]",
                    "[spike]",
                    "[classifier]",
                    "\n",
                    "name",
                    "url",
                    "=",
                    '"a"',
                    "['a']",
                    "1",
                    "{a = 1}",
                    "connector",
                    "handles",
                    "lease",
                    '"5m"',
                    "options",
                    "true",
                    ".",
                    "[",
                    "]",
                ]
            ),
            max_size=25,
        ).map(lambda words: " ".join(words).replace("] ", "]\n").encode()),
    ),
)
def test_L3_any_file_is_settings_or_a_config_error(tmp_path: Path, file: str, content: bytes) -> None:
    root = folder(tmp_path, **{file: content})
    (root / f"{file}.toml").chmod(0o600)
    with suppress(ConfigError):
        loaded(root, checks=CHECKS)
    (root / f"{file}.toml").unlink()
