"""A scripted connector and a keyword classifier: what a run needs, with every failure on order."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from listener import app
from listener.clock import Clock, VirtualClock
from listener.domain.brand import Brand
from listener.domain.mention import Mention, Page
from listener.domain.policy import AlertPolicy, ClassifierChoice, Secret, Settings, SourceConfig, Target, TriagePolicy
from listener.domain.verdict import Label, Sentiment, Verdict
from listener.errors import ClassifierError
from listener.pipeline import Stages
from listener.ports import Store
from tests.builders import NOON, verdict

SOURCE = SourceConfig(name="x-acme", connector="scripted")

Step = Page | Exception


@dataclass
class Scripted:
    """Plays its steps from the cursor on: a page is yielded, an exception raised once."""

    steps: list[Step]
    platform: str = "x"
    polled_from: list[str] = field(default_factory=list)

    def check(self) -> str:
        return "scripted"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        self.polled_from.append(cursor)
        at = int(cursor or 0)
        for index, step in enumerate(list(self.steps)):
            if isinstance(step, Exception):
                self.steps.remove(step)
                raise step
            if index >= at:
                yield step


@dataclass
class Keywords:
    """`late` is a complaint, `thanks` is praise; can be told to fail."""

    failing: bool = False
    seen: list[str] = field(default_factory=list)
    model_id: str = "keywords@1"

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        if self.failing:
            raise ClassifierError("no model today")
        self.seen += texts
        return [_judge(text) for text in texts]


def _judge(text: str) -> Verdict:
    if "late" in text:
        return verdict(Label.COMPLAINT, model="keywords@1")
    if "thanks" in text:
        return verdict(Label.PRAISE, sentiment=Sentiment.POSITIVE, model="keywords@1")
    return verdict(sentiment=Sentiment.NEUTRAL, model="keywords@1")


def page(*mentions: Mention, cursor: int, done: bool = False, **more: object) -> Page:
    return Page(mentions=mentions, cursor=str(cursor), done=done, **more)  # type: ignore[arg-type]


def settings(folder: Path) -> Settings:
    return Settings(
        root=folder,
        database=folder / "listener.sqlite",
        timezone="UTC",
        brands=(Brand(name="Acme", handles=("acme",), own_accounts=("acme",)),),
        sources=(SOURCE,),
        triage=TriagePolicy(),
        alerts=AlertPolicy(targets=(Target(name="console", url=Secret("console:")),)),
        classifier=ClassifierChoice(),
    )


def stages(
    store: Store,
    folder: Path,
    *,
    clock: Clock | None = None,
    classifier: Keywords | None = None,
    stopping: Callable[[], bool] = app.never,
) -> Stages:
    return app.compose(
        settings(folder),
        store,
        clock or VirtualClock(NOON),
        classifier=classifier or Keywords(),
        stopping=stopping,
    )
