"""`[incidents]` of routing.toml: how alike complaints must be to be one incident."""

from listener.domain.incident import IncidentPolicy, Themes
from listener.settings.table import Table


def incidents(top: Table) -> IncidentPolicy:
    """The whole table."""
    base = IncidentPolicy()
    policy = IncidentPolicy(
        alike=top.switch("alike", default=base.alike),
        likeness=top.number("likeness", base.likeness, least=50, most=100),
        min_cases=top.whole("min_cases", base.min_cases, least=2),
        within=top.duration("within", base.within),
        themes=Themes(top.choice("themes", base.themes, tuple(Themes))),
        min_people=top.whole("min_people", base.min_people, least=2),
        rise=top.number("rise", base.rise, least=1),
        ignore=top.texts("ignore", base.ignore),
        second_person=top.switch("second_person", default=base.second_person),
        returns_within=top.duration("returns_within", base.returns_within),
    )
    top.done()
    return policy
