"""How often the 95 % intervals hold the truth, on simulated customers: `python -m tests.insight.coverage`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from listener.domain.drivers import Outcome
from listener.domain.recovery import AGAIN
from listener.insight.connection import connection
from listener.insight.drivers import drivers
from listener.insight.intervals import wilson
from listener.insight.recovery import recovery
from listener.insight.windows import Window
from tests.builders import NOON
from tests.insight import simulated_customers as simulated


@dataclass
class Tally:
    """What was looked at in all runs, and how often the interval held the truth."""

    held: Counter[str] = field(default_factory=Counter)
    looked: Counter[str] = field(default_factory=Counter)
    called: Counter[str] = field(default_factory=Counter)
    """Runs in which a theme was called important."""
    runs: int = 0
    quiet: int = 0
    """Runs in which nothing that moves nobody was called important."""

    def note(self, name: str, low: float, truth: float, high: float) -> None:
        self.looked[name] += 1
        self.held[name] += low <= truth <= high

    def rate(self, begin: str) -> tuple[int, int]:
        names = [name for name in self.looked if name.startswith(begin)]
        return sum(self.held[name] for name in names), sum(self.looked[name] for name in names)


def run(seed: int, tally: Tally, *, authors: int = 1500, complainers: int = 300) -> None:
    """One draw of customers, every estimate of it against the truth."""
    rng = np.random.default_rng(seed)
    truth = simulated.truth()
    sayings = simulated.sayings(rng, authors)
    found = drivers("Acme", sayings, Outcome.RECOMMEND, {})
    important = set()
    for one in found.drivers:
        tally.note(f"driver {one.tag}", one.low, truth.derived[one.tag], one.high)
        tally.called[one.tag] += one.important
        important |= {one.tag} if one.important else set()
    share = connection("Acme", sayings, {}).connected
    tally.note("connected", share.low, truth.connected, share.high)
    _recover(rng, tally, complainers)
    tally.runs += 1
    tally.quiet += not any(simulated.EFFECTS[name][1] == 0.0 for name in important)


def _recover(rng: np.random.Generator, tally: Tally, complainers: int) -> None:
    resolved, posts = simulated.complainers(rng, complainers)
    window = Window(since=NOON, until=NOON + timedelta(days=1))
    line = recovery(resolved, posts, brands=("Acme",), window=window, now=window.until + AGAIN).whole
    tally.note("recovered", line.recovered.low, simulated.RECOVERED, line.recovered.high)
    low, high = line.time.low or timedelta(0), line.time.high or timedelta.max
    tally.looked["half turned"] += 1
    tally.held["half turned"] += low <= simulated.HALF_TURNED <= high


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--authors", type=int, default=1500)
    asked = parser.parse_args()
    tally = Tally()
    for seed in range(asked.seed, asked.seed + asked.runs):
        run(seed, tally, authors=asked.authors)
    for name in sorted(tally.looked):
        _say(name, tally.held[name], tally.looked[name])
    for name in ("driver ", "connected", "recovered", "half turned"):
        _say(f"all of {name.strip()}", *tally.rate(name))
    for name, (_, effect) in simulated.EFFECTS.items():
        sys.stdout.write(f"called important: {name} (effect {effect:+.1f}) {tally.called[name]} of {tally.runs}\n")
    _say("nothing idle called important", tally.quiet, tally.runs)


def _say(name: str, part: int, whole: int) -> None:
    low, high = wilson(part, whole)
    sys.stdout.write(
        f"{name}: {part} of {whole}, {100 * part / max(whole, 1):.1f} % ({100 * low:.1f} to {100 * high:.1f})\n"
    )


if __name__ == "__main__":
    main()
