"""What is wrong with the settings: all of it at once, each with its place and its fix."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from listener.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to mend."""

    file: str
    """Name of the file in the settings folder, or `environment`."""
    line: int
    """From 1; 0 where there is no line to point at."""
    key: str
    """Dotted path; items of lists are counted from 1: `brand[1].handles[2]`."""
    message: str
    """Never holds the value of a secret."""
    fix: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        parts = [place, self.key, self.message] if self.key else [place, self.message]
        return ": ".join(parts) + (f" → {self.fix}" if self.fix else "")


class ConfigProblems(ConfigError):
    """Every problem found in one reading of the settings; `str()` gives each its line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        lines = "\n".join(str(problem) for problem in problems)
        super().__init__(f"{count} in the settings\n{lines}", next_step="mend them, then: listener doctor")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A question naming the closest known word, or the list of all of them."""
    words = sorted(known)
    close = get_close_matches(word, words, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    return f"known: {', '.join(words)}" if words else ""
