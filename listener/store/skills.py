"""Which cases somebody's skills allow, as conditions on `cases`."""

from sqlalchemy import ColumnElement, func, or_, select

from listener.domain.roster import Skills
from listener.store.desk_tables import cases
from listener.store.tables import mentions


def allowed(skills: Skills) -> list[ColumnElement[bool]]:
    """One condition for each kind of skill that is restricted; none for who can work anything.

    All but the language stand in `ix_cases_queue_order`; a case's row, and its post's, is visited only where these
    hold and the language is restricted too.
    """
    columns = (
        (cases.c.queue, skills.queues),
        (cases.c.brand, skills.brands),
        (cases.c.platform, skills.platforms),
        (cases.c.reason, skills.reasons),
    )
    found: list[ColumnElement[bool]] = [column.in_(wanted) for column, wanted in columns if wanted]
    return [*found, _in_language(skills.langs)] if skills.langs else found


def _in_language(langs: tuple[str, ...]) -> ColumnElement[bool]:
    """Of the post that stands for the case: a language of these, or one that nobody stated."""
    tag = func.lower(mentions.c.lang)
    spoken = [condition for want in langs for condition in (tag == want, tag.like(f"{want}-%"))]
    fits = select(1).where(mentions.c.id == cases.c.headline_id, or_(mentions.c.lang == "", *spoken))
    return fits.exists()
