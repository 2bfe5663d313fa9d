"""The shipped classifier beside what people would use instead: a `transformers` pipeline of a model as large as
RoBERTa-base, in float32 and in bfloat16, over the same texts in the same run on two threads.

The peer's weights are random: how fast it runs doesn't depend on what it has learnt. It is asked for one head, ours
answers six. Without torch and transformers there is no peer, and nothing is compared.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.bench_classifier import texts
from listener.clock import monotonic

THREADS = 2
OURS, PEERS = 1_000, 128
"""Texts a round."""
ROUNDS = 3
BATCH = 32


def run() -> dict[str, object]:
    """Texts a second, in turns, so that whatever else the machine does slows all alike."""
    if not (find_spec("torch") and find_spec("transformers")):
        return {"left out": "torch and transformers aren't installed"}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bench_pipeline"], capture_output=True, text=True, check=True
    )
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure() -> dict[str, object]:
    """Rates of the three, and ours over each of the others, medians of several rounds."""
    import torch

    from classifiers.embedded import EmbeddedClassifier

    torch.set_num_threads(THREADS)
    model = EmbeddedClassifier.load(threads=THREADS)
    ways: dict[str, tuple[int, Callable[[list[str]], object]]] = {
        "ours, int8": (OURS, model.classify),
        "pipeline, float32": (PEERS, _pipeline(torch.float32)),
        "pipeline, bfloat16": (PEERS, _pipeline(torch.bfloat16)),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for round_ in range(1 + ROUNDS):
        for name, (count, answer) in ways.items():
            asked = texts(count, seed=round_)
            begun = monotonic()
            answer(asked)
            if round_:  # the first warms up
                rates[name].append(count / (monotonic() - begun))
    told = {name: median(found) for name, found in rates.items()}
    ours = told["ours, int8"]
    return {
        **{f"{name} (texts/s)": round(rate, 1) for name, rate in told.items()},
        "ours / float32": round(ours / told["pipeline, float32"], 1),
        "ours / bfloat16": round(ours / told["pipeline, bfloat16"], 1),
        "processor's matrix units": _units(),
    }


def _pipeline(dtype: Any) -> Callable[[list[str]], object]:
    """125 million weights and the shipped model's own word pieces; batches sorted by length."""
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast, RobertaConfig, RobertaForSequenceClassification, pipeline

    from classifiers import artefact

    pieces = Tokenizer.from_file(str(artefact.SHIPPED / artefact.TOKENIZER))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=pieces, pad_token="[PAD]", model_max_length=512)
    config = RobertaConfig(vocab_size=50_265, max_position_embeddings=514, type_vocab_size=1, num_labels=3)
    network = RobertaForSequenceClassification(config).to(dtype).eval()
    answers = pipeline("text-classification", model=network, tokenizer=tokenizer, device="cpu", batch_size=BATCH)
    return lambda asked: answers(sorted(asked, key=len), truncation=True)


def _units() -> str:
    """What speeds small numbers up: without AMX, bfloat16 is no faster than it looks."""
    flags = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    known = [name for name in ("amx_int8", "amx_bf16", "avx512_vnni", "avx512_bf16") if name in flags]
    return ", ".join(known) or "none known"


if __name__ == "__main__":
    print(json.dumps(measure()))
