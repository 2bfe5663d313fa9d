"""What `python -m classifiers.train` does: labelled files → a model to ship.

    data → train → calibrate → export to ONNX → quantise → evaluate → model card

A training that was cut short goes on with `--resume`. What is to be shipped is
`OUT/int8`; copy it over `classifiers/model`, or name it in `listener.toml`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from tokenizers import Tokenizer

from classifiers import artefact, evaluate
from classifiers.train import artefacts, asking, card, data, own, plan_file
from classifiers.train.batches import Gaps, encode
from classifiers.train.loop import Trainer
from classifiers.train.network import Network, pretrained
from classifiers.train.plan import Plan

_FAULTS_SHOWN = 20


class UsageError(ValueError):
    """What was asked can't be done; the message says what to do instead."""


def main(arguments: list[str] | None = None) -> int:
    """Run every step; 0 if it came to the end, 2 with one line where something asked for makes no sense."""
    asked = _parser().parse_args(arguments)
    try:
        _run(asked)
    except (UsageError, plan_file.PlanError, own.OwnError, data.DataError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped; the same command with --resume goes on from the last checkpoint", file=sys.stderr)
        return 130
    return 0


def _run(asked: argparse.Namespace) -> None:
    plan = _plan(asked)
    _check_base(asked.base)
    _check_device(asked.device)
    splits = data.load(asked.data, without=asked.without, own=_own(asked.own))
    if splits.missing:
        print(f"not in {asked.data}, so left out: {', '.join(splits.missing)}", file=sys.stderr)
    asked.out.mkdir(parents=True, exist_ok=True)
    network, tokenizer = pretrained(asked.base, dropout=plan.dropout), asked.base / artefact.TOKENIZER
    measured = run(
        network,
        tokenizer,
        splits,
        plan,
        asked.out,
        resume=asked.resume,
        device=asked.device,
        left_out=(*asked.without, *splits.missing),
    )
    print("\n".join(summary(measured)))
    print(f"\nto ship: {asked.out / 'int8'}")


def run(
    network: Network,
    tokenizer: Path,
    splits: data.Splits,
    plan: Plan,
    out: Path,
    *,
    resume: bool = False,
    device: str = "cpu",
    left_out: Sequence[str] = (),
) -> list[artefacts.Measured]:
    """Train `network` by `plan` and write both model folders, figures.json and the card under `out`."""
    trainer = Trainer(network, plan, out, device=device)
    if resume and trainer.resume():
        print(f"resumed at step {trainer.progress.step}", file=sys.stderr)
    pieces = Tokenizer.from_file(str(tokenizer))
    gaps = Gaps(share=plan.holes, mask=pieces.token_to_id("[MASK]") or 0, vocabulary=pieces.get_vocab_size())
    if trainer.progress.step < plan.steps:
        trainer.run(encode(splits.train, pieces, plan=plan), gaps)
    with trainer.averaged() as averaged:
        asking.refit(averaged, [row for rows in splits.train.values() for row in rows], pieces, plan)
        measured = artefacts.make(averaged, tokenizer, splits.held_out, out)
    _write_figures(measured, out)
    dropped = {name: splits.dropped.get(name, 0) for name in splits.train}
    training = card.Training(
        plan=f"{trainer.progress.step:,} steps of {plan.batch} texts, seed {plan.seed}",
        counts={name: len(rows) for name, rows in splits.train.items() if name != data.UNLABELLED},
        dropped=dropped,
        set_aside=splits.set_aside,
        left_out=left_out,
    )
    (out / "int8" / "README.md").write_text(card.write(measured, training), encoding="utf8")
    return measured


def summary(measured: Sequence[artefacts.Measured]) -> list[str]:
    """Return the card's table of figures, for the terminal."""
    as_float, as_int8 = measured
    head = ["| set | figure | n | float32 | int8 |", "|---|---|---|---|---|"]
    return [
        f"{as_int8.model_id}, in hundredths, 95 % interval",
        "",
        *head,
        *card.rows(as_float.figures, as_int8.figures),
    ]


def _plan(asked: argparse.Namespace) -> Plan:
    plan = Plan() if asked.config is None else plan_file.read(asked.config)
    if asked.steps is not None:
        plan = replace(plan, steps=asked.steps)
    return replace(plan, threads=asked.threads) if asked.threads else plan


def _own(files: Sequence[Path]) -> data.Own:
    found: dict[str, tuple[list[data.Row], list[data.Row]]] = {}
    for file in files:
        read = own.read(file)
        if read.name in found:
            raise UsageError(f"two files given with --own are called {file.stem}; rename one")
        found[read.name] = read.halves()
        for fault in read.faults[:_FAULTS_SHOWN]:
            print(fault, file=sys.stderr)
        train, held = (len(rows) for rows in found[read.name])
        told = f"{file}: {train:,} rows to train on, {held:,} held out, {len(read.faults):,} left out as faulty"
        print(told, file=sys.stderr)
    return found


def _check_base(base: Path) -> None:
    """A base is weights that can be trained: a shipped model's int8 ONNX can't."""
    if (base / artefact.MANIFEST).exists():
        raise UsageError(
            f"{base} is a finished model in ONNX, which can't be trained further; give --base the folder of"
            " all-MiniLM-L6-v2 (model.safetensors, config.json, tokenizer.json), and your rows with --own"
        )
    missing = [name for name in ("config.json", "model.safetensors", artefact.TOKENIZER) if not (base / name).is_file()]
    if missing:
        raise UsageError(f"{base} lacks {', '.join(missing)}; give --base a folder of all-MiniLM-L6-v2 in safetensors")


def _check_device(device: str) -> None:
    if device != "cpu" and not torch.cuda.is_available():
        raise UsageError(
            f"--device {device}: torch finds no such accelerator here; leave it out to train on the processor"
        )


def _write_figures(measured: list[artefacts.Measured], out: Path) -> None:
    report = {
        one.folder.name: {name: evaluate.as_json(found) for name, found in one.figures.items()} for one in measured
    }
    (out / "figures.json").write_text(json.dumps(report, indent=1) + "\n")


def _positive(written: str) -> int:
    if not written.isdecimal() or int(written) < 1:
        raise argparse.ArgumentTypeError(f"{written!r} is no number from 1 on")
    return int(written)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m classifiers.train", description="From labelled files to a model to ship."
    )
    parser.add_argument("--config", type=Path, metavar="PLAN.toml", help="the plan; the shipped one if left out")
    parser.add_argument("--data", type=Path, required=True, help="folder of the labelled JSON-lines files")
    parser.add_argument("--base", type=Path, required=True, help="folder of all-MiniLM-L6-v2 (safetensors, tokenizer)")
    parser.add_argument("--out", type=Path, required=True, help="where checkpoints and model folders go")
    parser.add_argument("--own", type=Path, action="append", default=[], metavar="FILE", help="your own CSV or .jsonl")
    parser.add_argument("--without", action="append", default=[], metavar="SET", choices=data.TRAINING_SETS)
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"), help="what to train on")
    parser.add_argument("--steps", type=_positive, help="instead of the plan's; the checkpoint's own if it is further")
    parser.add_argument("--threads", type=_positive, help="instead of the plan's")
    return parser
