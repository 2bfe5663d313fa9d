"""The digest as a message: short lines for a chat or a phone; the whole page is one command away."""

from listener.domain.digest import Cycle, Digest, Figure
from listener.domain.digest_parts import ActList, ToDo
from listener.domain.phrases import compared, counted
from listener.reports.escaping import line, link
from listener.reports.phrasing import TITLES, said_balance, said_trust


def render_message(digest: Digest, *, page: str) -> str:
    """`page` is the command that prints the whole digest. Lines of a stranger begin with `> `."""
    parts = (
        [*digest.story, *_unheard(digest)],
        [_figure(figure) for figure in (digest.complaints, digest.praise, digest.questions)],
        [
            f"Mentions: {digest.mentions:,}, reposts apart: {digest.reposts:,}.",
            f"Advocacy balance: {said_balance(digest.balance)}.",
        ],
        *([*_act(one)] for one in digest.lists),
        [f"Usual: {digest.basis}.", *said_trust(digest.trust)],
        [f"Rows behind the figures: {digest.command('complaints.people')}", f"The whole page: {page}"],
    )
    return "\n\n".join("\n".join(line(row, 700) for row in part) for part in parts if part)


def _unheard(digest: Digest) -> list[str]:
    length = "day" if digest.cycle is Cycle.DAILY else "week"
    return [f"The {length} is not over."] if digest.partial else []


def _figure(figure: Figure) -> str:
    return (
        f"{figure.name.capitalize()}: {figure.people:,} people ({counted(figure.posts, 'post')}), {compared(figure)}."
    )


def _act(one: ActList) -> list[str]:
    return [f"{TITLES[one.act]}: {one.chosen}.", *(row for todo in one.lines for row in _todo(todo))]


def _todo(todo: ToDo) -> list[str]:
    said = ": ".join(part for part in (line(todo.who, 120), todo.why) if part)
    where = todo.command or link(todo.url)
    quoted = [f"> {line(todo.words, 140)}"] if todo.words else []
    return [f"- {said}{f' ({where})' if where else ''}", *quoted]
