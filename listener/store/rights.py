"""Who may do what on a PostgreSQL server: one matrix of role, table and verb, and the SQL that enforces it.

A login's name is the agent's name: nothing has to be kept up beside it, and nothing that an agent may write can change
whom it stands for. `session_user` is asked, which SET ROLE doesn't move. The owner of the tables is not restricted.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from listener.domain.case import PROGRAM, EventKind
from listener.store.loyalty_tables import metadata

SCHEMA = "listener_rights"
"""Beside the store's own tables: which agent serves which queue."""

EVERY = "*"
"""In place of a queue: all of them."""


class Right(StrEnum):
    """A group role; logins are members of it."""

    AGENT = "listener_agent"
    LEAD = "listener_lead"
    ONCALL = "listener_oncall"
    ADMIN = "listener_admin"


class Verb(StrEnum):
    READ = "SELECT"
    ADD = "INSERT"
    CHANGE = "UPDATE"
    REMOVE = "DELETE"


VERBS = {"r": Verb.READ, "a": Verb.ADD, "w": Verb.CHANGE, "d": Verb.REMOVE}


class Rows(StrEnum):
    """Which rows an agent sees and writes, as a condition on the row."""

    ALL = ""
    CASE = "listener_rights.serves(queue)"
    OF_CASE = "listener_rights.sees_case(case_id)"
    OF_BOTH = "listener_rights.sees_case(case_id) AND listener_rights.sees_case(other_id)"
    OF_MENTION = "listener_rights.sees_mention(mention_id)"
    MENTION = "listener_rights.sees_mention(id)"
    AUTHOR = "listener_rights.sees_author(id)"
    OF_AUTHOR = "listener_rights.sees_author(author_id)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What each role may do with one table; letters as in `VERBS`."""

    agent: str = ""
    lead: str = "r"
    oncall: str = "r"
    rows: Rows = Rows.ALL
    acts: bool = False
    """Its `agent` says who acted: only the login itself may stand there, or the program for what it does beside."""
    columns: tuple[str, ...] = ()
    """The only ones that may be changed, by anybody but admin; none named: all."""
    changed: str = "true"
    """What must hold of a row that an agent has changed."""

    def verbs(self, right: Right) -> frozenset[Verb]:
        letters = {Right.AGENT: self.agent, Right.LEAD: self.lead, Right.ONCALL: self.oncall, Right.ADMIN: "rawd"}
        return frozenset(VERBS[letter] for letter in letters[right])


_CASE_KEPT = ("id", "brand", "platform", "author_id", "thread", "opened_at")
_CASE_COLUMNS = tuple(one.name for one in metadata.tables["cases"].columns if one.name not in _CASE_KEPT)
_BESIDE = (EventKind.LEASE_EXPIRED, EventKind.WOKE, EventKind.ROUTED)
"""What the program notes in its own name while an agent acts."""

_POST = Rule(agent="r", rows=Rows.OF_MENTION)

MATRIX: Mapping[str, Rule] = {
    "alembic_version": Rule(agent="r"),
    "alert_events": Rule(agent="", lead="ra", oncall="ra", acts=True),
    "alert_mutes": Rule(lead="rawd", oncall="rawd"),
    "alerts": Rule(lead="rw", oncall="rw"),
    # An agent reads what the next link of the chain hangs on, and when somebody acted; not what they did.
    "audit": Rule(agent="ra", lead="ra", oncall="ra", acts=True),
    "author_links": Rule(agent="r", lead="rawd", rows=Rows.OF_AUTHOR),
    "authors": Rule(agent="r", rows=Rows.AUTHOR),
    "case_events": Rule(agent="ra", lead="ra", rows=Rows.OF_CASE, acts=True),
    "case_links": Rule(agent="ra", lead="rad", rows=Rows.OF_BOTH, acts=True),
    "case_mentions": Rule(agent="r", lead="rawd", rows=Rows.OF_CASE),
    "cases": Rule(agent="rw", lead="raw", rows=Rows.CASE, columns=_CASE_COLUMNS),
    "cursors": Rule(agent=""),
    "customer_accounts": Rule(agent="r"),
    "customers": Rule(agent="r"),
    "desk_events": Rule(agent="", lead="ra", oncall="ra", acts=True),
    "gaps": Rule(agent="r"),
    "heads": Rule(agent="r"),
    "incidents": Rule(agent="r", lead="raw"),
    "ledger": Rule(),
    "marks": Rule(agent="raw", lead="raw", oncall="r", columns=("value",)),
    "matches": _POST,
    "mention_versions": _POST,
    "mentions": Rule(agent="rw", lead="rw", rows=Rows.MENTION, columns=("tagger",)),
    "outbox": Rule(),
    "own_posts": Rule(agent="ra", lead="ra"),
    "presence": Rule(agent="r", lead="raw"),
    "quarantine": Rule(),
    "rates": Rule(agent="r"),
    "replies": Rule(
        agent="raw",
        lead="raw",
        rows=Rows.OF_CASE,
        acts=True,
        columns=("state", "decided_by", "decided_at", "why"),
        changed="state IN ('waiting', 'withdrawn')",
    ),
    "rewards": Rule(agent="r", lead="raw", rows=Rows.OF_AUTHOR, acts=True, columns=("undone_at",)),
    "rule_log": Rule(agent="r", rows=Rows.OF_CASE),
    "sample_posts": Rule(lead="ra"),
    "samples": Rule(lead="ra", acts=True),
    "sends": Rule(agent="raw", lead="raw", rows=Rows.OF_CASE, acts=True, columns=("state", "due_at", "done_at")),
    "signatures": Rule(),
    "sources": Rule(agent="r"),
    "survey_answers": Rule(),
    "tags": Rule(agent="rad", lead="rad", rows=Rows.OF_MENTION),
    "tallies": Rule(agent="raw", lead="raw", columns=("mentions", "engagement")),
    "tombstones": Rule(agent="r"),
    "truths": Rule(agent="ra", lead="ra", rows=Rows.OF_MENTION, acts=True),
    "verdicts": Rule(agent="raw", lead="raw", rows=Rows.OF_MENTION),
    "voices": Rule(agent="rawd", lead="rawd", rows=Rows.OF_MENTION),
}

READABLE: Mapping[str, tuple[str, ...]] = {"audit": ("id", "at", "agent", "link")}
"""Columns that an agent reads of a table, where it isn't all of them."""

_MARKS_OF_THE_DESK = "name = 'leases by'"


def statements(serving: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """In order; all may be said again, in one transaction. `serving`: agent → queues, none of them for every queue."""
    yield from _roles()
    yield "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    yield from _schema(serving)
    for table, rule in MATRIX.items():
        yield f"REVOKE ALL ON {table} FROM PUBLIC, {', '.join(Right)}"
        for right in Right:
            yield from _grants(table, rule, right)
        yield from _policies(table, rule)
    yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {', '.join(Right)}"


def _roles() -> Iterator[str]:
    for right in Right:
        yield (
            f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{right}')"
            f" THEN CREATE ROLE {right} NOLOGIN; END IF; END $$"
        )


def _schema(serving: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"
    yield f"CREATE TABLE IF NOT EXISTS {SCHEMA}.serving (login text, queue text, PRIMARY KEY (login, queue))"
    yield f"TRUNCATE {SCHEMA}.serving"
    for login, queues in sorted(serving.items()):
        for queue in queues or (EVERY,):
            yield f"INSERT INTO {SCHEMA}.serving VALUES ({_text(login)}, {_text(queue)})"  # noqa: S608 - quoted
    mine = f"SELECT FROM {SCHEMA}.serving s WHERE s.login = session_user AND s.queue IN ('{EVERY}', asked)"
    yield _function("serves", "asked text", f"EXISTS ({mine})")
    seen = f"SELECT FROM public.cases c WHERE c.id = asked AND {SCHEMA}.serves(c.queue)"
    yield _function("sees_case", "asked bigint", f"EXISTS ({seen})")
    held = (
        f"SELECT FROM public.case_mentions h JOIN public.cases c ON c.id = h.case_id"
        f" WHERE h.mention_id = asked AND {SCHEMA}.serves(c.queue)"
    )
    yield _function("sees_mention", "asked bigint", f"EXISTS ({held})")
    wrote = f"SELECT FROM public.mentions m WHERE m.author_id = asked AND {SCHEMA}.sees_mention(m.id)"
    yield _function("sees_author", "asked bigint", f"EXISTS ({wrote})")
    yield f"GRANT USAGE ON SCHEMA {SCHEMA} TO {', '.join(Right)}"


def _function(name: str, asked: str, condition: str) -> str:
    """As the owner, whom no policy restricts: else a policy would ask itself."""
    return (
        f"CREATE OR REPLACE FUNCTION {SCHEMA}.{name}({asked}) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER"
        f" SET search_path = pg_catalog, pg_temp AS $$ SELECT {condition} $$"
    )


def _text(value: str) -> str:
    return "E'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _grants(table: str, rule: Rule, right: Right) -> Iterator[str]:
    for verb in sorted(rule.verbs(right)):
        narrow: Sequence[str] = ()
        if verb is Verb.CHANGE and right is not Right.ADMIN:
            narrow = rule.columns
        elif verb is Verb.READ and right is Right.AGENT:
            narrow = READABLE.get(table, ())
        columns = f" ({', '.join(narrow)})" if narrow else ""
        yield f"GRANT {verb}{columns} ON {table} TO {right}"


def _policies(table: str, rule: Rule) -> Iterator[str]:
    if not restricted(table):
        return
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
    for right in Right:
        for verb in Verb:
            name = f"{right}_{verb.lower()}"
            yield f"DROP POLICY IF EXISTS {name} ON {table}"
            if verb in rule.verbs(right):
                yield f"CREATE POLICY {name} ON {table} FOR {verb} TO {right} {_condition(table, rule, right, verb)}"


def restricted(table: str) -> bool:
    """Whether some of its rows are closed to somebody who may touch others."""
    rule = MATRIX[table]
    return bool(rule.rows) or rule.acts or table == "marks"


def _condition(table: str, rule: Rule, right: Right, verb: Verb) -> str:
    row = (rule.rows or "true") if right is Right.AGENT else "true"
    if table == "marks" and verb is not Verb.READ and right is not Right.ADMIN:
        row = _MARKS_OF_THE_DESK
    added = f"({row}) AND ({_actor(table)})" if rule.acts and right is not Right.ADMIN else row
    changed = f"({row}) AND ({rule.changed})" if right is Right.AGENT else row
    match verb:
        case Verb.ADD:
            return f"WITH CHECK ({added})"
        case Verb.CHANGE:
            return f"USING ({row}) WITH CHECK ({changed})"
        case _:
            return f"USING ({row})"


def _actor(table: str) -> str:
    if table != "case_events":
        return "agent = session_user"
    kinds = ", ".join(f"'{kind}'" for kind in _BESIDE)
    return f"agent = session_user OR (agent = '{PROGRAM}' AND kind IN ({kinds}))"
