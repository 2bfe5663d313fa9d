"""Which cases the list shows, and what may be typed to narrow it. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from listener.domain.case import Case, CaseState
from listener.domain.stored import InboxFilter
from listener.errors import ConfigError

FIELDS = ("queue", "brand", "platform", "is")


class Scope(StrEnum):
    """Whose cases; Tab goes round."""

    ALL = "all"
    MINE = "mine"
    UNASSIGNED = "unassigned"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the list is asked for."""

    scope: Scope = Scope.ALL
    queue: str = ""
    brand: str = ""
    platform: str = ""
    state: CaseState = CaseState.OPEN
    words: tuple[str, ...] = ()
    """Case folded; each must stand in the case's line."""

    @property
    def narrowed(self) -> bool:
        """Whether anything but the scope hides cases."""
        return self != View(scope=self.scope)


ROUND = (Scope.ALL, Scope.MINE, Scope.UNASSIGNED)


def turned(view: View, steps: int = 1) -> View:
    """The same with the next scope."""
    return replace(view, scope=ROUND[(ROUND.index(view.scope) + steps) % len(ROUND)])


def narrowed(view: View, text: str) -> View:
    """This scope, narrowed by what was typed: `refund queue:billing is:mine`.

    Raises `ConfigError` for an `is:` that means nothing.
    """
    asked = View(scope=view.scope)
    words: list[str] = []
    for part in text.split():
        field, colon, value = part.partition(":")
        if colon and field.casefold() in FIELDS:
            asked = _fielded(asked, field.casefold(), value)
        else:
            words.append(part.casefold())
    return replace(asked, words=tuple(words))


def _fielded(view: View, field: str, value: str) -> View:
    if field == "queue":
        return replace(view, queue=value)
    if field == "brand":
        return replace(view, brand=value)
    if field == "platform":
        return replace(view, platform=value)
    meant = value.casefold()
    if meant in set(Scope):
        return replace(view, scope=Scope(meant))
    if meant in set(CaseState):
        return replace(view, state=CaseState(meant))
    if not meant:
        return view
    raise ConfigError(f"is:{value} means nothing: is:mine, is:unassigned, is:all, is:open, is:snoozed or is:resolved")


def spelled(view: View) -> str:
    """What to type for the same narrowing."""
    fields = [f"{name}:{value}" for name in ("queue", "brand", "platform") if (value := getattr(view, name))]
    state = [] if view.state is CaseState.OPEN else [f"is:{view.state}"]
    return " ".join([*view.words, *fields, *state])


def asked_of_store(view: View, agent: str, after: tuple[bool, datetime, int] | None = None) -> InboxFilter:
    """What the store is asked; words it doesn't know of."""
    assignee = {Scope.ALL: None, Scope.MINE: agent, Scope.UNASSIGNED: ""}[view.scope]
    return InboxFilter(
        queue=view.queue,
        brand=view.brand,
        platform=view.platform,
        states=(view.state,),
        assignee=assignee,
        after=after,
    )


def shows(case: Case, view: View) -> bool:
    """Whether all words typed stand in the case's line."""
    if not view.words:
        return True
    text = " ".join((f"#{case.id}", case.handle, case.headline, case.queue, case.brand, case.platform, case.reason))
    text = f"{text} {case.assignee} {' '.join(case.tags)}".casefold()
    return all(word in text for word in view.words)
