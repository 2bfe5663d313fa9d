"""The query language: text → tokens → frozen tree, and the tree printed back.

    query  = and { "OR" and }
    and    = not { ["AND"] not }
    not    = "NOT" not | primary
    primary= "(" query ")" | word | "phrase" | @handle | author:NAME | platform:NAME | lang:TAG

Operators are upper case. Every error is a `QueryError` that names the column (from 1) and what was expected there.
"""

from dataclasses import dataclass

from listener.matching.tokens import Kind, QueryError, Token, tokens
from listener.matching.words import Handle, Words

MAX_DEPTH = 50

FIELDS = ("author", "platform", "lang")


@dataclass(frozen=True, slots=True)
class Field:
    """A condition on the mention rather than on its text."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Not:
    child: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """Two or more, all of them."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Two or more, any of them."""

    parts: tuple["Node", ...]


Node = Words | Handle | Field | Not | And | Or


def parse(query: str) -> Node:
    """The query's tree. Raises `QueryError`."""
    parser = _Parser(query)
    node = parser.any_of(0)
    parser.expect_end()
    return node


def fault(query: str) -> str | None:
    """What is wrong with a query, column first, or None if it parses: for `listener.settings`."""
    try:
        parse(query)
    except QueryError as error:
        return error.where
    return None


def show(node: Node) -> str:
    """The query spelled out: every AND written, every inner group in parentheses; parses to the same tree."""
    match node:
        case Words(text):
            return _quoted(text)
        case Handle(name):
            return f"@{name}"
        case Field(name, value):
            return f"{name}:{_quoted(value)}"
        case Not(child):
            return f"NOT {_inner(child)}"
        case And(parts):
            return " AND ".join(_inner(part) for part in parts)
        case Or(parts):
            return " OR ".join(_inner(part) for part in parts)


def _inner(node: Node) -> str:
    return f"({show(node)})" if isinstance(node, (And, Or)) else show(node)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class _Parser:
    """Recursive descent over the tokens of one query; one method per line of the grammar."""

    def __init__(self, query: str) -> None:
        self._query = query
        self._tokens = tokens(query)
        self._at = 0

    @property
    def _now(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._now
        self._at += 1
        return token

    def _fail(self, what: str, *, column: int = 0) -> QueryError:
        return QueryError(self._query, column or self._now.column, what)

    def expect_end(self) -> None:
        if self._now.kind is not Kind.END:
            raise self._fail('unexpected ")"')

    def any_of(self, depth: int) -> Node:
        parts = [self._all_of(depth)]
        while self._now.kind is Kind.OR:
            self._take()
            parts.append(self._all_of(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all_of(self, depth: int) -> Node:
        parts = [self._negated(depth)]
        while self._now.kind not in (Kind.OR, Kind.CLOSE, Kind.END):
            if self._now.kind is Kind.AND:
                self._take()
            parts.append(self._negated(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _negated(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self._fail(f"nested deeper than {MAX_DEPTH} levels")
        if self._now.kind is Kind.NOT:
            self._take()
            return Not(self._negated(depth + 1))
        return self._primary(depth)

    def _primary(self, depth: int) -> Node:
        match self._now.kind:
            case Kind.OPEN:
                return self._group(depth)
            case Kind.WORD | Kind.PHRASE:
                return Words(" ".join(self._take().text.split()))
            case Kind.HANDLE:
                return Handle(self._take().text)
            case Kind.FIELD:
                return self._field()
            case _:
                raise self._fail('expected a word, a phrase, a field or "("' + self._found())

    def _group(self, depth: int) -> Node:
        self._take()
        node = self.any_of(depth + 1)
        if self._now.kind is not Kind.CLOSE:
            raise self._fail('expected ")"' + self._found())
        self._take()
        return node

    def _field(self) -> Node:
        name = self._now.text
        if name not in FIELDS:
            known = ", ".join(f"{field}:" for field in FIELDS)
            raise self._fail(f'unknown field "{name}:", expected one of {known} or quotes around the text')
        after = self._take().column + len(name) + 1
        value = self._now
        if value.kind not in (Kind.WORD, Kind.PHRASE, Kind.HANDLE) or value.column != after:
            raise self._fail(f"expected a value right after {name}:", column=after)
        return Field(name, " ".join(self._take().text.split()))

    def _found(self) -> str:
        return f", found {self._now.text}" if self._now.kind is not Kind.END else ", found the end"
