"""A query cut into tokens, each with the column it begins at."""

import re
from dataclasses import dataclass
from enum import StrEnum

from listener.errors import ConfigError

MAX_LENGTH = 8192
"""Code points of one query: twice what the most generous platform takes."""

_SHOWN = 60


class QueryError(ConfigError):
    """A query that can't be read: `column` counts code points from 1, `where` is the sentence without the query."""

    def __init__(self, query: str, column: int, what: str) -> None:
        self.column = column
        self.where = f"column {column}: {what}"
        shown = query if len(query) <= _SHOWN else query[: _SHOWN - 1] + "…"
        super().__init__(f"query {shown!r}: {self.where}")


class Kind(StrEnum):
    WORD = "word"
    PHRASE = "phrase"
    HANDLE = "handle"
    FIELD = "field"
    OPEN = "("
    CLOSE = ")"
    AND = "AND"
    OR = "OR"
    NOT = "NOT"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str
    """A field's name, a handle without @, a phrase without its quotes."""
    column: int


_LEXEME = re.compile(
    r"""\s*(?:
      (?P<open>\() | (?P<close>\))
    | "(?P<phrase>(?:[^"\\]|\\.)*)(?P<shut>"?)
    | (?P<field>[A-Za-z_]+):(?=[^\s:/]|\Z|\s)
    | (?P<word>[^\s()"]+)
    )""",
    re.VERBOSE | re.DOTALL,
)
_SIGNS = {"-": "write NOT before what must be absent", "|": "write OR", "&": "write AND", "+": "every word is required"}


def tokens(query: str) -> list[Token]:
    """All tokens, closed by an END just past the text. Raises `QueryError`."""
    if len(query) > MAX_LENGTH:
        raise QueryError(query, MAX_LENGTH + 1, f"longer than {MAX_LENGTH} characters")
    found: list[Token] = []
    end = len(query.rstrip())
    at = 0
    while at < end:
        lexeme = _LEXEME.match(query, at, end)
        assert lexeme is not None  # the last branch takes whatever the others leave
        found.append(_token(query, lexeme))
        at = lexeme.end()
    return [*found, Token(Kind.END, "", end + 1)]


def _token(query: str, lexeme: re.Match[str]) -> Token:
    group = lexeme.lastgroup or ""
    column = lexeme.start("phrase" if group == "shut" else group) + 1
    match group:
        case "open":
            return Token(Kind.OPEN, "(", column)
        case "close":
            return Token(Kind.CLOSE, ")", column)
        case "field":
            return Token(Kind.FIELD, lexeme["field"].lower(), column)
        case "shut":
            return _phrase(query, lexeme, column - 1)
        case _:
            return _word(query, lexeme["word"], column)


def _phrase(query: str, lexeme: re.Match[str], column: int) -> Token:
    if not lexeme["shut"]:
        raise QueryError(query, column, "this quote is never closed")
    text = re.sub(r"\\(.)", r"\1", lexeme["phrase"], flags=re.DOTALL)
    if not text.strip():
        raise QueryError(query, column, "expected words between the quotes")
    return Token(Kind.PHRASE, text, column)


def _word(query: str, text: str, column: int) -> Token:
    if text in ("AND", "OR", "NOT"):
        return Token(Kind[text], text, column)
    if text[0] in _SIGNS:
        raise QueryError(query, column, f'"{text[0]}" is no operator: {_SIGNS[text[0]]}, or put quotes around the text')
    if "*" in text:
        raise QueryError(
            query, column + text.index("*"), '"*" is no wildcard: write the forms out with OR, or use quotes'
        )
    if text[0] in "@＠":
        if len(text) == 1:
            raise QueryError(query, column + 1, "expected a handle after @")
        return Token(Kind.HANDLE, text[1:], column)
    return Token(Kind.WORD, text, column)
