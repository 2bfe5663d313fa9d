"""`python -m classifiers.train --data DIR --base DIR --out DIR`: from labelled files to a model that can be shipped.

    data → train → calibrate → export to ONNX → quantise → evaluate → model card

Needs the extra `train`. A training that was cut short goes on with `--resume`. What is to be shipped is
`OUT/int8`; copy it over `classifiers/model`.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

from tokenizers import Tokenizer

from classifiers import artefact, evaluate
from classifiers.train import artefacts, card, data
from classifiers.train.batches import Gaps, encode
from classifiers.train.loop import Trainer
from classifiers.train.network import Network, pretrained
from classifiers.train.plan import Plan


def main(arguments: list[str] | None = None) -> None:
    """Run every step that is asked for."""
    asked = _parser().parse_args(arguments)
    plan = Plan() if asked.steps is None else replace(Plan(), steps=asked.steps)
    if asked.threads:
        plan = replace(plan, threads=asked.threads)
    asked.out.mkdir(parents=True, exist_ok=True)
    splits = data.load(asked.data, without=asked.without)
    base: Path = asked.base
    run(pretrained(base, dropout=plan.dropout), base / artefact.TOKENIZER, splits, plan, asked.out, resume=asked.resume)


def run(
    network: Network, tokenizer: Path, splits: data.Splits, plan: Plan, out: Path, *, resume: bool = False
) -> list[artefacts.Measured]:
    """Train `network` by `plan` and write both model folders, figures.json and the card under `out`."""
    trainer = Trainer(network, plan, out)
    if resume and trainer.resume():
        print(f"resumed at step {trainer.progress.step}", file=sys.stderr)
    pieces = Tokenizer.from_file(str(tokenizer))
    gaps = Gaps(share=plan.holes, mask=pieces.token_to_id("[MASK]") or 0, vocabulary=pieces.get_vocab_size())
    trainer.run(encode(splits.train, pieces, plan=plan), gaps)
    with trainer.averaged() as averaged:
        measured = artefacts.make(averaged, tokenizer, splits.held_out, out)
    _write_figures(measured, out)
    counts = {name: len(rows) for name, rows in splits.train.items()}
    trained = f"{trainer.progress.step:,} steps of {plan.batch} texts, seed {plan.seed}"
    text = card.write(measured, plan=trained, counts=counts, dropped=splits.dropped)
    (out / "int8" / "README.md").write_text(text, encoding="utf8")
    return measured


def _write_figures(measured: list[artefacts.Measured], out: Path) -> None:
    report = {
        one.folder.name: {name: evaluate.as_json(found) for name, found in one.figures.items()} for one in measured
    }
    (out / "figures.json").write_text(json.dumps(report, indent=1) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m classifiers.train", description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the labelled JSON-lines files")
    parser.add_argument("--base", type=Path, required=True, help="folder of all-MiniLM-L6-v2 (safetensors, tokenizer)")
    parser.add_argument("--out", type=Path, required=True, help="where checkpoints and model folders go")
    parser.add_argument("--without", action="append", default=[], metavar="SET", choices=data.TRAINING_SETS)
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--steps", type=int, help="instead of the plan's; the checkpoint's own if it is further")
    parser.add_argument("--threads", type=int)
    return parser


if __name__ == "__main__":
    main()
