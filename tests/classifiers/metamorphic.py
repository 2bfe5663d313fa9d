"""How many complaint verdicts change when a post is disguised, or tells the model what to say.

python -m tests.classifiers.metamorphic --n 10000 [--data ../shared/data] [--kinds "zero-width;bidi"]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from classifiers.base import TextClassifier
from tests.classifiers.variants import KINDS, variant

FILES = ("complaints.train.jsonl", "airline.train.jsonl")
MOST = 0.01
"""Share of verdicts that may change."""
_BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Of one kind: verdicts changed, of how many; `low` and `high` bound the share's 95 % interval (Wilson)."""

    kind: str
    changed: int
    n: int
    hidden: int
    """Of those changed: complaints that were no longer taken for one."""

    @property
    def share(self) -> float:
        """Changed of all."""
        return self.changed / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """95 %."""
        return wilson(self.changed, self.n)


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share."""
    z, p = 1.96, hits / n
    middle, half = p + z * z / (2 * n), z * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def rates(classifier: TextClassifier, texts: Sequence[str], kinds: Iterable[str] = KINDS) -> list[Rate]:
    """One rate a kind over the same texts; asked with their variants, since equal ones are read once."""
    asked, changed, hidden = list(kinds), Counter[str](), Counter[str]()
    for start in range(0, len(texts), _BATCH):
        own = texts[start : start + _BATCH]
        disguised = [variant(kind, text) for kind in asked for text in own]
        found = ["complaint" in one.verdict.labels for one in classifier.classify([*own, *disguised])]
        plain = found[: len(own)]
        for place, kind in enumerate(asked, start=1):
            pairs = list(zip(plain, found[place * len(own) : (place + 1) * len(own)], strict=True))
            changed[kind] += sum(one != other for one, other in pairs)
            hidden[kind] += sum(one and not other for one, other in pairs)
    return [Rate(kind=kind, changed=changed[kind], n=len(texts), hidden=hidden[kind]) for kind in asked]


def table(found: Iterable[Rate]) -> str:
    """One line a kind."""
    lines = [f"{'kind':28} {'changed':>8} {'of':>7} {'share':>8}   95 % interval     complaints lost"]
    for rate in found:
        low, high = rate.interval
        lines.append(
            f"{rate.kind:28} {rate.changed:8,} {rate.n:7,} {rate.share:8.2%}   "
            f"{low:.2%} to {high:.2%}    {rate.hidden:,}"
        )
    return "\n".join(lines)


def posts(folder: Path, n: int) -> list[str]:
    """`n` of the posts in the data sets, drawn with a seed."""
    texts = [
        str(json.loads(line)["text"])
        for name in FILES
        for line in (folder / name).read_text(encoding="utf8").splitlines()
    ]
    distinct = list(dict.fromkeys(texts))
    return random.Random(7).sample(distinct, min(n, len(distinct)))


def main() -> int:
    """Print the table; 1 where a kind changes more than it may."""
    parser = argparse.ArgumentParser(prog="tests.classifiers.metamorphic", description=__doc__)
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[3] / "shared" / "data")
    parser.add_argument("--model", type=Path, default=None)
    parser.add_argument("--kinds", default=";".join(KINDS), help="with ; between: " + "; ".join(KINDS))
    given = parser.parse_args()
    from classifiers.embedded import EmbeddedClassifier

    classifier = EmbeddedClassifier.load(given.model)
    found = rates(classifier, posts(given.data, given.n), given.kinds.split(";"))
    sys.stdout.write(f"{classifier.model_id}\n{table(found)}\n")
    return int(any(rate.share > MOST for rate in found))


if __name__ == "__main__":
    sys.exit(main())
