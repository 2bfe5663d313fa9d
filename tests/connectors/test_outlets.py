"""Through which source an answer goes out."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from listener.connectors.outlets import ReplyOutlets, chosen, lease_of
from listener.domain.policy import SourceConfig
from listener.domain.sending import NO_OUTLET
from listener.errors import ConfigError
from listener.ports import Connector
from tests.triage.postbox import Postbox


def source(name: str = "one", connector: str = "mastodon", **more: object) -> SourceConfig:
    return SourceConfig(name=name, connector=connector, **{"reply": True, **more})  # type: ignore[arg-type]


class Reader:
    """Can only read."""

    platform = "forum"


class Forum(Postbox):
    platform = "forum"


def outlets(*sources: SourceConfig, built: list[str] | None = None, made: Callable[[], object] = Forum) -> ReplyOutlets:
    def build(config: SourceConfig) -> Connector:
        if built is not None:
            built.append(config.name)
        return made()  # type: ignore[return-value]

    return ReplyOutlets(sources, build)


class TestTheChoice:
    def test_one_that_names_no_brand_answers_for_all(self) -> None:
        assert chosen([source()], "Acme").source == "one"

    def test_one_that_names_the_brand_goes_before_it(self) -> None:
        assert chosen([source(), source("two", reply_for=("Acme",))], "Acme").source == "two"

    def test_one_that_names_others_answers_for_them_alone(self) -> None:
        assert chosen([source(reply_for=("Zeta",))], "Acme") == NO_OUTLET

    @pytest.mark.parametrize("brands", [(), ("Acme",)])
    def test_two_that_could_are_none(self, brands: tuple[str, ...]) -> None:
        found = chosen([source(reply_for=brands), source("two", reply_for=brands)], "Acme")
        assert found.source == ""
        assert found.why_not.startswith("one and two could all send it")
        assert "reply_for" in found.why_not

    def test_says_on_what_condition(self) -> None:
        assert chosen([source(connector="x")], "Acme").needs

    def test_of_nobody_is_nobody(self) -> None:
        assert chosen([], "Acme") == NO_OUTLET


class TestSources:
    def test_only_enabled_ones_that_are_to_reply(self) -> None:
        idle = [source("a", reply=False), source("b", enabled=False)]
        assert outlets(*idle).outlet("mastodon", "Acme") == NO_OUTLET

    def test_of_the_post_s_platform(self) -> None:
        assert outlets(source()).outlet("x", "Acme") == NO_OUTLET
        assert outlets(source()).outlet("mastodon", "Acme").source == "one"

    def test_nothing_is_built_to_find_out_who_would_send(self) -> None:
        """A platform's library takes half a second to load."""
        built: list[str] = []
        assert outlets(source(), source("two", "x"), built=built).outlet("mastodon", "Acme").source == "one"
        assert built == []

    def test_but_a_third_party_s_which_says_itself_what_it_reads(self) -> None:
        built: list[str] = []
        found = outlets(source("theirs", "their-forum"), built=built)
        assert found.outlet("forum", "Acme").source == "theirs"
        assert found.outlet("news", "Acme") == NO_OUTLET
        assert built == ["theirs"], "once"

    def test_one_that_can_t_be_built_sends_nothing_and_says_why_when_asked(self) -> None:
        def broken() -> object:
            raise ConfigError("its library isn't installed")

        found = outlets(source("theirs", "their-forum"), made=broken)
        assert found.outlet("forum", "Acme") == NO_OUTLET
        with pytest.raises(ConfigError, match="isn't installed"):
            found.line("theirs")


class TestLines:
    def test_a_source_that_is_gone_is_named(self) -> None:
        with pytest.raises(ConfigError, match="source 'two' sends no replies any more"):
            outlets(source()).line("two")

    def test_one_that_can_only_read_too(self) -> None:
        with pytest.raises(ConfigError, match="can only read"):
            outlets(source(), made=Reader).line("one")

    def test_one_that_lacks_something_says_what(self) -> None:
        def mute() -> object:
            return Forum(cannot="no access token")

        with pytest.raises(ConfigError, match="no access token"):
            outlets(source(), made=mute).line("one")

    def test_a_sending_counts_as_dead_only_after_all_its_calls_could_have_ended(self) -> None:
        assert lease_of(source()) == timedelta(minutes=4)
        assert lease_of(source(options={"deadline": 300})) == timedelta(minutes=31)
        assert lease_of(source(options={"deadline": "soon"})) == timedelta(minutes=4)
