"""The matrix as docs/postgresql.md shows it."""

from listener.store.rights import MATRIX, VERBS, Right, Rows, Rule

WORDS = {"r": "read", "a": "add", "w": "change", "d": "remove"}


def table() -> str:
    head = "| table | agent | lead | on-call | admin | rows of an agent |\n|---|---|---|---|---|---|\n"
    return head + "".join(_line(name, rule) for name, rule in MATRIX.items())


def _line(name: str, rule: Rule) -> str:
    cells = [", ".join(WORDS[letter] for letter in VERBS if VERBS[letter] in rule.verbs(right)) for right in Right]
    rows = "of its queues" if rule.rows is not Rows.ALL else ""
    return f"| `{name}` | {' | '.join(cells)} | {rows} |\n"
