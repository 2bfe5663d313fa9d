"""The full run, from a file to the queue, with the shipped model: posts a second, memory, and the model's share."""

import json
import random
import resource
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from listener import app, judging
from listener.domain.brand import Brand
from listener.domain.policy import AlertPolicy, ClassifierChoice, Settings, SourceConfig, TriagePolicy
from listener.store import open_store

POSTS = 5_000
HOURS = 96


def run() -> dict[str, object]:
    """Plays generated posts (about 20 words, half of them complaints) hour by hour into a fresh store."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        source = SourceConfig(
            name="bench", connector="file", options={"path": str(_posts(root / "posts.jsonl")), "hourly": True}
        )
        settings = _settings(root)
        texts = [json.loads(line)["text"] for line in (root / "posts.jsonl").read_text(encoding="utf-8").splitlines()]
        classify = _seconds(lambda: judging.LazyClassifier(settings.classifier).classify(texts))
        store = open_store(settings.database)
        whole = _seconds(lambda: app.replay(settings, store, source))
        with store.read() as reads:
            stored = reads.stats().mentions
        store.close()
    return {
        "posts": stored,
        "posts a second, whole run": round(stored / whole, 1),
        "posts a second, model alone": round(POSTS / classify, 1),
        "model's share of the run": round(classify / whole, 2),
        "peak memory (MB)": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _seconds(work: object) -> float:
    start = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - start


def _posts(path: Path) -> Path:
    """Posts by 3,000 authors, from a fixed seed."""
    chance = random.Random(7)
    words = ("my", "parcel", "app", "driver", "late", "broken", "again", "waiting", "lost", "thanks", "great", "help")
    begin = datetime(2026, 3, 2, tzinfo=UTC)
    with path.open("w", encoding="utf-8") as stream:
        for n in range(POSTS):
            post = {
                "id": str(n),
                "created_at": (begin + timedelta(hours=HOURS * n / POSTS)).isoformat(),
                "platform": "x",
                "author": f"author{chance.randrange(3000)}",
                "text": "@acme " + " ".join(chance.choices(words, k=chance.randrange(8, 32))),
            }
            stream.write(json.dumps(post) + "\n")
    return path


def _settings(root: Path) -> Settings:
    return Settings(
        root=root,
        database=root / "bench.sqlite",
        timezone="UTC",
        brands=(Brand(name="Acme", handles=("acme",)),),
        sources=(),
        triage=TriagePolicy(),
        alerts=AlertPolicy(),
        classifier=ClassifierChoice(),
    )
