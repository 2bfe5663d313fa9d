"""The shipped classifier: texts a second on one core and on two, seconds to the first answer, memory.

Each measurement is a process of its own: loading is part of what people wait for, and memory is counted from nothing.
"""

import json
import random
import resource
import subprocess
import sys
import time
from statistics import median
from typing import TYPE_CHECKING

from listener.clock import monotonic

if TYPE_CHECKING:
    from classifiers.embedded import EmbeddedClassifier

TEXTS = 1_000
LINE = "@acme my parcel is late again and nobody answers the phone since Monday, the app says delivered. "
_ROUNDS = 3
_THINGS = ("parcel", "refund", "app", "driver", "invoice", "delivery", "account", "router", "ticket", "support chat")
_SAID = (
    "is late again",
    "never came",
    "works now",
    "made my day",
    "can't be reached",
    "charges me twice",
    "is brilliant",
)
_MORE = (
    "since Monday",
    "and nobody answers",
    "thanks to your team",
    "what do I do now?",
    "for the third time",
    "😡",
    "❤️",
)


def run() -> dict[str, object]:
    """Medians of several processes."""
    one = [_process(threads=1) for _ in range(_ROUNDS)]
    two = [_process(threads=2) for _ in range(_ROUNDS)]
    return {
        "texts": TEXTS,
        "texts_per_second_1_thread": round(median(found["rate"] for found in one)),
        "texts_per_second_2_threads": round(median(found["rate"] for found in two)),
        "first_answer_seconds": median(found["first"] for found in one + two),
        "a_million_characters_over_two_thousand": round(median(found["long"] for found in one), 2),
        "peak_memory_mb": round(max(found["memory"] for found in one + two)),
    }


def _process(*, threads: int) -> dict[str, float]:
    code = f"from benchmarks import bench_classifier as b; b.measure({threads})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measure(threads: int) -> None:
    """Load, answer once, then answer TEXTS distinct texts; print what it took."""
    started = monotonic()
    from classifiers.embedded import EmbeddedClassifier

    model = EmbeddedClassifier.load(threads=threads)
    model.classify(["@acme my parcel is late"])
    first = monotonic() - started
    asked = texts()
    started = monotonic()
    model.classify(asked)
    rate = TEXTS / (monotonic() - started)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rate": rate, "first": first, "memory": memory, "long": _long(model)}))


def _long(model: "EmbeddedClassifier") -> float:
    """Processor time of a million characters over that of two thousand."""

    def cost(length: int) -> float:
        taken = []
        for number in range(5):
            asked = f"{(LINE * (length // len(LINE) + 1))[:length]}{number}"
            begun = time.process_time()
            model.classify([asked])
            taken.append(time.process_time() - begun)
        return median(taken)

    return cost(1_000_000) / cost(2_000)


def texts(count: int = TEXTS, seed: int = 5) -> list[str]:
    """Distinct texts of about a post's length (25 word pieces)."""
    chance = random.Random(seed)

    def one(number: int) -> str:
        parts = [f"{chance.choice(_THINGS)} {chance.choice(_SAID)} {chance.choice(_MORE)}" for _ in range(3)]
        return f"@acme {number} my {', my '.join(parts)}"

    return [one(number) for number in range(count)]


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
