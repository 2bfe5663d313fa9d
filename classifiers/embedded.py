"""The shipped model: a small fine-tuned transformer run by onnxruntime. No torch, no transformers, no network."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers import artefact, vectors
from classifiers.artefact import Artefact
from classifiers.base import EMOTION_FLOOR, SENTIMENTS, Classification, ModelError, Scores, decide, unread
from classifiers.calibration import along
from classifiers.languages import identify
from classifiers.normalise import normalise
from classifiers.vectors import WordVectors

Logits = NDArray[np.float32]

MEANING = "meaning"
"""The output that isn't the network's: where a text's words lie."""
MAX_WINDOWS = 4
"""A long text is read in this many windows of `max_tokens`; what follows them is not read."""
MAX_READ = 4_000
"""Characters cut into word pieces; the windows hold some 2,500 of English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedClassifier:
    """A TextClassifier over a model folder; safe to use from several threads."""

    artefact: Artefact
    tokenizer: Any
    session: Any
    threads: int
    """Texts read side by side."""
    vectors: WordVectors | None = None

    @classmethod
    def load(cls, model_dir: Path | None = None, threads: int | None = None) -> EmbeddedClassifier:
        """Load the shipped model or the one in `model_dir`, after checking its files' SHA-256.

        `threads` is how many cores one call may use; None means all. Raises ModelError.
        """
        described = artefact.read(model_dir or artefact.SHIPPED)
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors only: stderr is for people
        try:
            session = onnxruntime.InferenceSession(str(described.network), options, providers=["CPUExecutionProvider"])
            tokenizer = Tokenizer.from_file(str(described.folder / artefact.TOKENIZER))
        except Exception as error:  # both libraries raise bare Exceptions of their own
            raise ModelError(f"the model in {described.folder} can't be loaded: {error}") from error
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return cls(
            artefact=described,
            tokenizer=tokenizer,
            session=session,
            threads=threads or os.cpu_count() or 1,
            vectors=vectors.read(described.network, tokenizer),
        )

    @property
    def model_id(self) -> str:
        """Name and hash of the model."""
        return self.artefact.model_id

    @property
    def thresholds(self) -> Mapping[str, float]:
        """Fitted on held-out rows; see the model card."""
        return self.artefact.thresholds

    def classify(self, texts: Sequence[str]) -> list[Classification]:
        """One answer a text, in order; equal texts are read once. Raises ModelError if the network answers NaN.

        A text in a language the model wasn't trained on isn't read at all: it abstains and says why.
        """
        languages = {text: identify(text, self.artefact.languages) for text in dict.fromkeys(texts)}
        cleaned = {text: normalise(text) for text, language in languages.items() if language.read}
        distinct = list(dict.fromkeys(cleaned.values()))
        found = dict(zip(distinct, self.judge(self.logits(distinct)), strict=True)) if distinct else {}
        return [
            replace(found[cleaned[text]], language=languages[text])
            if text in cleaned
            else unread(self.artefact.labels, languages[text], self.model_id)
            for text in texts
        ]

    def logits(self, texts: Sequence[str]) -> dict[str, Logits]:
        """Return raw outputs for normalised texts, N×K by head; of a long text, its most complaining window's.

        MEANING is of all its words.
        """
        encoded = [encoding.ids for encoding in self.tokenizer.encode_batch([text[:MAX_READ] for text in texts])]
        windows = [self._windows(ids) for ids in encoded]
        owners = [i for i, own in enumerate(windows) for _ in own]
        found = self._run([window for own in windows for window in own])
        deciding = _most_complaining(owners, found["labels"][:, self.artefact.labels.index("complaint")])
        told = {name: values[deciding] for name, values in found.items()}
        return told if self.vectors is None else {**told, MEANING: self.vectors(encoded)}

    def meanings(self, texts: Sequence[str]) -> Logits | None:
        """Return where texts' words lie among meanings, N×D, without running the network; None if it isn't known."""
        if self.vectors is None:
            return None
        encoded = self.tokenizer.encode_batch([normalise(text)[:MAX_READ] for text in texts])
        return self.vectors([encoding.ids for encoding in encoded])

    def _windows(self, ids: list[int]) -> list[list[int]]:
        """Cut one text's ids, which begin and end with a marker, into windows that do so too."""
        longest = self.artefact.max_tokens
        if len(ids) <= longest:
            return [ids]
        first, *inner, last = ids
        step = longest - 2
        starts = range(0, min(len(inner), MAX_WINDOWS * step), step)
        return [[first, *inner[start : start + step], last] for start in starts]

    def _run(self, rows: Sequence[Sequence[int]]) -> dict[str, Logits]:
        """Run the network over rows of token ids, each by itself; arrays by output, in the rows' order.

        One text at a time on each thread is the faster way here, since nothing is padded, and the only one in which
        a text's scores can't depend on its neighbours: the int8 network takes its ranges from what it is given.
        """
        names = [output.name for output in self.session.get_outputs()]

        def answer(row: Sequence[int]) -> list[Logits]:
            found: list[Logits] = self.session.run(names, {"ids": np.array([row], dtype=np.int64)})
            return found

        with ThreadPoolExecutor(self.threads) as pool:
            answers = list(pool.map(answer, rows))
        found = {name: np.concatenate(values) for name, values in zip(names, zip(*answers, strict=True), strict=True)}
        for name, values in found.items():
            if not np.isfinite(values).all():
                raise ModelError(f"model {self.model_id} answered NaN or infinity in its {name} head")
        return found

    def judge(self, logits: Mapping[str, Logits]) -> list[Classification]:
        """Return what raw outputs (N×K by head) mean: calibrated scores and the verdict, N of them."""
        chances = self._calibrated(logits)
        rows = zip(chances["sentiment"], chances["labels"], chances["emotions"], _meanings(logits), strict=True)
        return [self._classification(*row) for row in rows]

    def _calibrated(self, logits: Mapping[str, Logits]) -> dict[str, list[list[float]]]:
        """Turn logits (N×K by head) into probabilities of the same shape, as plain floats."""
        fitted = self.artefact.calibration
        return {
            "sentiment": fitted.sentiment(logits["sentiment"], logits["labels"]).tolist(),
            "labels": along(logits["labels"], [fitted.labels[name] for name in self.artefact.labels]).tolist(),
            "emotions": along(logits["emotions"], [fitted.emotions[name] for name in self.artefact.emotions]).tolist(),
        }

    def _classification(
        self, sentiment: Sequence[float], labels: Sequence[float], emotions: Sequence[float], meaning: bytes | None
    ) -> Classification:
        felt = sorted(zip(self.artefact.emotions, emotions, strict=True), key=lambda pair: -pair[1])
        scores = Scores(
            sentiment=dict(zip(SENTIMENTS, sentiment, strict=True)),
            labels=dict(zip(self.artefact.labels, labels, strict=True)),
            emotions={name: chance for name, chance in felt if chance >= EMOTION_FLOOR},
        )
        verdict = decide(scores, self.thresholds)
        return Classification(scores=scores, verdict=verdict, model=self.model_id, meaning=meaning)


def _meanings(logits: Mapping[str, Logits]) -> list[bytes] | list[None]:
    if MEANING not in logits:
        return [None] * len(logits["labels"])
    return [row.tobytes() for row in logits[MEANING]]


def _most_complaining(owners: Sequence[int], complaint: Logits) -> list[int]:
    """Return each text's deciding row: of a long text, the window most like a complaint."""
    best: dict[int, int] = {}
    for row, owner in enumerate(owners):
        if owner not in best or complaint[row] > complaint[best[owner]]:
            best[owner] = row
    return [best[owner] for owner in sorted(best)]
