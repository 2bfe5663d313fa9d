"""`python -m classifiers.train --data DIR --base DIR --out DIR`: from labelled files to a trained network."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

from tokenizers import Tokenizer

from classifiers.train import data
from classifiers.train.batches import encode
from classifiers.train.loop import Trainer
from classifiers.train.network import pretrained
from classifiers.train.plan import Plan


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m classifiers.train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--without", action="append", default=[])
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--steps", type=int)
    asked = parser.parse_args()
    plan = Plan() if asked.steps is None else dataclasses.replace(Plan(), steps=asked.steps)
    splits = data.load(asked.data, without=asked.without)
    print({name: len(rows) for name, rows in splits.train.items()}, splits.dropped, file=sys.stderr)
    trainer = Trainer(pretrained(asked.base, dropout=plan.dropout), plan, asked.out)
    if asked.resume:
        print(f"resumed at step {trainer.progress.step}" if trainer.resume() else "nothing to resume", file=sys.stderr)
    trainer.run(encode(splits.train, Tokenizer.from_file(str(asked.base / "tokenizer.json")), plan=plan))


if __name__ == "__main__":
    main()
