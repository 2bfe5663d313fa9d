"""Whom a post speaks to, when it names several brands."""

import pytest

from listener.domain.brand import Match, addressed


def found(*terms: str) -> tuple[Match, ...]:
    """Matches in order of the text; a term's brand is its name without @."""
    return tuple(Match(brand=term.strip("@"), term=term, start=10 * n, end=10 * n + 5) for n, term in enumerate(terms))


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (["@acme"], {"acme"}),
        (["@acme", "@rival"], {"acme"}),
        (["@rival", "@acme"], {"rival"}),
        (["acme", "rival"], {"acme", "rival"}),
        (["@rival", "acme"], {"rival", "acme"}),
        (["@rival", "@acme", "acme"], {"rival", "acme"}),
        ([], set()),
    ],
)
def test_a_post_speaks_to_the_brand_it_calls_first_and_to_those_it_names(terms: list[str], expected: set[str]) -> None:
    assert addressed(found(*terms)) == expected
