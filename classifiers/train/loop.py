"""The training loop: seeded, resumable, averaged (EMA), with a line of progress on stderr."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from classifiers.train.batches import Gaps, Sets, stream
from classifiers.train.network import Batch, Network, loss
from classifiers.train.plan import Plan

CHECKPOINT = "checkpoint.pt"


@dataclass(slots=True, kw_only=True)
class Progress:
    """Where a training stands."""

    step: int = 0
    samples: int = 0
    started: float = field(default_factory=time.monotonic)
    begun: int = 0
    """The step at which this process took it up."""
    recent: deque[dict[str, float]] = field(default_factory=lambda: deque(maxlen=100))


def rate(step: int, plan: Plan) -> float:
    """Return the learning rate's factor at a step: warm-up, plateau, linear to zero."""
    warm, falling = plan.warmup * plan.steps, (1 - plan.decay) * plan.steps
    if step < warm:
        return (step + 1) / warm
    return 1.0 if step < falling else max((plan.steps - step) / (plan.steps - falling), 0.0)


def optimiser(network: Network, plan: Plan) -> torch.optim.AdamW:
    """Return AdamW with the heads at their own rate; biases and norms aren't decayed."""
    groups: dict[tuple[bool, bool], list[Tensor]] = {}
    for name, value in network.named_parameters():
        groups.setdefault((not name.startswith("encoder."), value.ndim > 1), []).append(value)
    return torch.optim.AdamW(
        [
            {
                "params": values,
                "base": plan.head_rate if head else plan.encoder_rate,
                "weight_decay": plan.weight_decay if decayed else 0.0,
            }
            for (head, decayed), values in groups.items()
        ],
        lr=plan.encoder_rate,
        betas=(0.9, 0.98),
        fused=True,
    )


class Trainer:
    """A network in training: step by step, saved and resumed as a whole."""

    def __init__(self, network: Network, plan: Plan, out: Path, *, device: str = "cpu") -> None:
        torch.manual_seed(plan.seed)
        torch.set_num_threads(plan.threads)
        self.device = torch.device(device)
        self.network, self.plan, self.out = network.to(self.device), plan, out
        self.optimiser = optimiser(network, plan)
        self.average = {name: value.detach().clone() for name, value in network.state_dict().items()}
        self.progress = Progress()
        self.bfloat16 = plan.batch >= 32 and faster_in_bfloat16(self.device)

    def run(self, sets: Sets, gaps: Gaps) -> None:
        """Train to the plan's last step, saving on the way."""
        self.network.train()
        self.progress.begun = self.progress.step
        for batch in stream(sets, self.plan, gaps, start=self.progress.step):
            self._step(batch.on(self.device))
            if self.progress.step % self.plan.checkpoint_every == 0:
                self.save()
            if self.progress.step % 10 == 0:
                self._tell()
        self.save()

    def _step(self, batch: Batch) -> None:
        for group in self.optimiser.param_groups:
            group["lr"] = group["base"] * rate(self.progress.step, self.plan)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
            hidden = self.network.read(batch.ids, batch.mask)
            logits = self.network.judged(hidden, batch.mask)
            logits["words"] = self.network.guessed(hidden, batch.words >= 0)
        total, parts = loss(logits, batch, smoothing=self.plan.smoothing)
        self.optimiser.zero_grad()
        total.backward()  # type: ignore[no-untyped-call, unused-ignore]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.plan.clip)
        self.optimiser.step()
        self._average()
        self.progress.step += 1
        self.progress.samples += len(batch.ids)
        self.progress.recent.append(parts)

    def _average(self) -> None:
        """Move the averaged weights towards the current ones; early on, faster, so they don't remember the start."""
        keep = min(self.plan.ema, (1 + self.progress.step) / (10 + self.progress.step))
        with torch.no_grad():
            for name, value in self.network.state_dict().items():
                if value.is_floating_point():
                    self.average[name].lerp_(value, 1 - keep)

    @contextmanager
    def averaged(self) -> Iterator[Network]:
        """Give the network with its averaged weights, and put the current ones back afterwards."""
        current = {name: value.clone() for name, value in self.network.state_dict().items()}
        self.network.load_state_dict(self.average)
        self.network.eval()
        try:
            yield self.network
        finally:
            self.network.load_state_dict(current)
            self.network.train()

    def save(self) -> None:
        """Write the whole state to disk in one rename."""
        state: dict[str, Any] = {
            "network": self.network.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "step": self.progress.step,
            "samples": self.progress.samples,
            "random": torch.get_rng_state(),
            "bfloat16": self.bfloat16,
        }
        partial = self.out / f"{CHECKPOINT}.part"
        torch.save(state, partial)
        partial.replace(self.out / CHECKPOINT)

    def resume(self) -> bool:
        """Take up the saved state if there is one."""
        file = self.out / CHECKPOINT
        if not file.exists():
            return False
        state = torch.load(
            file, map_location="cpu", weights_only=True
        )  # tensors and numbers only: no code is unpickled
        self.network.load_state_dict(state["network"])
        self.average = {name: value.to(self.device) for name, value in state["average"].items()}
        self.optimiser.load_state_dict(state["optimiser"])
        self.progress.step, self.progress.samples = state["step"], state["samples"]
        self.bfloat16 = state.get("bfloat16", self.bfloat16)  # as it began, so that it ends as if never interrupted
        torch.set_rng_state(state["random"])
        return True

    def _tell(self) -> None:
        done, recent = self.progress, self.progress.recent
        if not sys.stderr.isatty() and done.step % 50:
            return
        parts = " ".join(f"{name} {sum(r[name] for r in recent) / len(recent):.3f}" for name in recent[0])
        end = "\n" if done.step % 100 == 0 or not sys.stderr.isatty() else "\r"
        spent = time.monotonic() - done.started
        print(f"{bar(done, self.plan, spent)}  {parts}", end=end, file=sys.stderr, flush=True)


def bar(done: Progress, plan: Plan, spent: float) -> str:
    """Return how far a training is, how fast it goes and how long it has to go; `spent` is this process's seconds."""
    width = 20 * done.step // plan.steps
    pace = (done.step - done.begun) / max(spent, 1e-9)
    left = timedelta(seconds=round((plan.steps - done.step) / max(pace, 1e-9)))
    drawn = "█" * width + "·" * (20 - width)
    return f"{drawn} {done.step}/{plan.steps}  {pace * plan.batch:.0f} texts/s  {left} left"


def faster_in_bfloat16(device: torch.device) -> bool:
    """Return whether products as large as the encoder's take less time in bfloat16 here, by taking it.

    Processors without AMX or AVX-512 BF16 emulate them, several times slower; an accelerator is asked instead.
    """
    if device.type != "cpu":
        return bool(device.type == "cuda" and torch.cuda.is_bf16_supported())
    if not torch.backends.mkldnn.is_available():
        return False
    spent = {}
    for kind in (torch.float32, torch.bfloat16):
        one, other = torch.ones(1024, 384, dtype=kind), torch.ones(384, 1536, dtype=kind)
        times = []
        for _ in range(8):
            began = time.perf_counter()
            torch.mm(one, other)
            times.append(time.perf_counter() - began)
        spent[kind] = min(times)
    return spent[torch.bfloat16] < spent[torch.float32]
