"""Which queue, and by which rule."""

from typing import Any

import pytest

from listener.domain.policy import Route, TriagePolicy
from listener.triage.route import Routing, Subject, decide_route, holds


def subject(**more: Any) -> Subject:
    defaults: dict[str, Any] = {
        "brand": "Acme",
        "platform": "x",
        "reason": "complaint",
        "lang": "en-GB",
        "text": "I want a refund",
        "confidence": 0.8,
        "followers": 500,
        "severity": 0.5,
    }
    return Subject(**{**defaults, **more})


def route(**more: Any) -> Route:
    return Route(**{"name": "rule", "queue": "q", **more})


@pytest.mark.parametrize(
    ("meets", "misses"),
    [
        ({"brands": ("acme",)}, {"brands": ("Zeta",)}),
        ({"platforms": ("x", "reddit")}, {"platforms": ("reddit",)}),
        ({"reasons": ("complaint",)}, {"reasons": ("praise",)}),
        ({"langs": ("en",)}, {"langs": ("en-US",)}),
        ({"langs": ("EN-gb",)}, {"langs": ("e",)}),
        ({"words": ("lawyer", "refund")}, {"words": ("fund",)}),
        ({"min_confidence": 0.8}, {"min_confidence": 0.81}),
        ({"min_followers": 500}, {"min_followers": 501}),
        ({"min_severity": 0.5}, {"min_severity": 0.51}),
    ],
)
def test_each_condition_lets_its_own_through_and_stops_others(meets: dict[str, Any], misses: dict[str, Any]) -> None:
    assert holds(route(**meets), subject())
    assert not holds(route(**misses), subject())


def test_a_rule_without_conditions_takes_everything() -> None:
    assert holds(route(), subject(lang="", text="", followers=0))


def test_the_first_rule_that_holds_decides() -> None:
    policy = TriagePolicy(
        routes=(
            route(name="no", queue="a", brands=("Zeta",)),
            route(name="yes", queue="b", escalate=True),
            route(name="late", queue="c"),
        )
    )
    assert decide_route(subject(), policy) == Routing(queue="b", escalate=True, rule="yes")


def test_where_no_rule_holds_the_default_queue_takes_the_case() -> None:
    policy = TriagePolicy(routes=(route(brands=("Zeta",)),), default_queue="front-desk")
    assert decide_route(subject(), policy) == Routing(queue="front-desk", escalate=False, rule="default")
