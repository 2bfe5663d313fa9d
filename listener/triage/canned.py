"""Filling in canned replies. Pure: an answer and a case in, the text to post out.

What a stranger chose (name, handle, address) goes into what a brand says in public. It can't break out of its line,
hide characters, address or tag anybody, become a link or mark-up, or be read as a template again.
"""

import re
from collections.abc import Iterable

from listener.domain.answers import Answer, Variable, pieces, platform_key
from listener.domain.case import Case
from listener.domain.stored import CaseCard
from listener.domain.text import visible
from listener.errors import ConfigError

MAX_NAME = 50
"""Code points of a name or handle."""
MAX_LINK = 500

_READ = 400
"""Code points looked at: the rest of a longer name is never shown."""

_SCHEME = re.compile(r"\b[a-z][a-z0-9+.-]*:/+|:?/{2,}|\b(?:mailto|javascript|data|tel|sms|file)\s*:", re.IGNORECASE)
# A dot between a word and two letters or more makes a link of "evil.com"; "J.R." and "Ann B." keep theirs.
_DOT = re.compile(r"(?<=\w)[.．。｡](?=\w{2})")
# Addressing (@, u/ and r/ on Reddit), tagging (#, $ before a letter) and mark-up.
_CALLS = re.compile(r"[@＠﹫#＃﹟]|\$(?=[A-Za-z])|(?<![\w])/?[ur]/(?=\w)")
_MARK_UP = re.compile(r"[\[\]<>{}*~^|\\`]")

_HANDLES = {
    "x": re.compile(r"\w{1,50}", re.ASCII),
    "reddit": re.compile(r"[\w-]{1,50}", re.ASCII),
    "bluesky": re.compile(r"[\w.-]{1,253}", re.ASCII),
    "mastodon": re.compile(r"\w[\w.-]*(?:@[\w.-]+)?", re.ASCII),
    "instagram": re.compile(r"[\w.]{1,50}", re.ASCII),
}
"""What a handle can look like where its dots and its second @ belong to it; anything else is treated as a name."""


def render(answer: Answer, card: CaseCard, agent: str) -> str:
    """The text for this case. Raises `ConfigError` where the case lacks what the answer names."""
    return "".join(piece if not isinstance(piece, Variable) else _value(piece, card, agent) for piece in _read(answer))


def offered(answers: Iterable[Answer], case: Case, lang: str) -> list[Answer]:
    """Those meant for a case like this, in their order; `lang` is its latest post's."""
    return [answer for answer in answers if _fits(answer, case, lang)]


def safe_name(text: str) -> str:
    """A display name that can only be read; empty if nothing readable is left."""
    plain = _one_line(text)
    # Again and again: what is taken out may leave the same behind ("htthttp://p://").
    for _ in range(_READ):
        cleaned = _MARK_UP.sub("", _CALLS.sub("", _DOT.sub(" ", _SCHEME.sub("", plain))))
        if cleaned == plain:
            break
        plain = cleaned
    return visible(" ".join(plain.split())[:MAX_NAME].strip())


def safe_handle(handle: str, platform: str) -> str:
    """A handle as its platform writes them, without the leading @; one that can't be such a handle is a name."""
    bare = handle.strip().removeprefix("@")
    grammar = _HANDLES.get(platform_key(platform))
    if grammar is not None and len(bare) <= MAX_LINK and grammar.fullmatch(bare):
        return bare
    return safe_name(bare)


def safe_link(url: str) -> str:
    """An address of the web, as it stands; empty if it is anything else, or hides a character."""
    fine = url.startswith(("https://", "http://")) and len(url) <= MAX_LINK and not re.search(r"\s", url)
    return url if fine and visible(url) == url and not re.search(r"[<>\[\]()\"'`\\]", url) else ""


def lang_of(card: CaseCard) -> str:
    """Of the author's latest post that still stands."""
    return next((post.mention.lang for post in reversed(card.mentions) if not post.deleted), "")


def _read(answer: Answer) -> list[str | Variable]:
    try:
        return list(pieces(answer.text))
    except ValueError as error:
        raise ConfigError(f"the answer {answer.name!r} can't be filled in: {error}") from error


def _value(variable: Variable, card: CaseCard, agent: str) -> str:
    found = _values(variable, card, agent)
    if not found:
        raise ConfigError(
            f"case {card.case.id} has nothing to put in the place of {{{variable}}}",
            next_step=f'write the answer yourself: listener case reply {card.case.id} "…"',
        )
    return found


def _values(variable: Variable, card: CaseCard, agent: str) -> str:
    author = card.author
    match variable:
        case Variable.NAME:
            return safe_name(author.name) or safe_handle(author.handle, author.platform)
        case Variable.HANDLE:
            return safe_handle(author.handle, author.platform)
        case Variable.BRAND:
            return _one_line(card.case.brand)
        case Variable.AGENT:
            return _one_line(agent)
        case Variable.CASE:
            return str(card.case.id)
        case Variable.LINK:
            return next((safe_link(post.mention.url) for post in reversed(card.mentions) if not post.deleted), "")


def _one_line(text: str) -> str:
    """Without what `visible` would have to spell out: `<1B>` is for our own eyes, not for the public."""
    return "".join(_shown(char) for char in text[:_READ])


def _shown(char: str) -> str:
    seen = visible(char)
    return seen if seen in (char, " ") else ""


def _fits(answer: Answer, case: Case, lang: str) -> bool:
    return (
        (not answer.brands or case.brand in answer.brands)
        and (not answer.queues or case.queue in answer.queues)
        and (not answer.reasons or case.reason in answer.reasons)
        and (not answer.langs or not lang or any(_speaks(lang, one) for one in answer.langs))
    )


def _speaks(lang: str, wanted: str) -> bool:
    """`de-AT` is German."""
    return lang.casefold() == wanted or lang.casefold().startswith(f"{wanted}-")
