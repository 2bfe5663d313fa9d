"""A plan in TOML is the shipped one where it is silent, and every fault in it is named."""

from dataclasses import asdict
from pathlib import Path

import pytest

from classifiers.train import plan_file
from classifiers.train.plan import Plan

SHIPPED = Path(plan_file.__file__).with_name("plan.toml")


def test_the_plan_that_ships_is_the_plan_in_the_code() -> None:
    assert plan_file.read(SHIPPED) == Plan()


def test_the_plan_that_ships_names_every_key() -> None:
    text = SHIPPED.read_text(encoding="utf8")
    assert all(f"\n{key} = " in text or f"[{key}]" in text for key in asdict(Plan()))


def test_what_a_plan_does_not_say_is_as_shipped(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("steps = 60\nclip = 2\n[shares]\nairline = 1\n")
    plan = plan_file.read(file)
    assert (plan.steps, plan.clip, plan.batch) == (60, 2.0, Plan().batch)
    assert plan.shares == {"airline": 1.0}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("stesp = 1", "stesp: unknown key; did you mean steps?"),
        ("zzz = 1", "zzz: unknown key; one of: steps"),
        ('steps = "60"', "steps: expected a whole number, found '60'; write steps = 3600"),
        ("steps = 1.5", "steps: expected a whole number, found 1.5"),
        ("steps = true", "steps: expected a whole number"),
        ("steps = 0", "steps: 0 is out of range; use 1 to"),
        ("dropout = true", "dropout: expected a number"),
        ("warmup = 3", "warmup: 3 is out of range; use 0 to 1"),
        ("ema = 1.0", "ema: 1 is out of range; use less than 1"),
        ("clip = nan", "clip: nan is out of range"),
        ("shares = 3", "shares: expected a table"),
        ("[shares]\nairlines = 1", "shares.airlines: unknown set; did you mean airline?"),
        ("[shares]\nairline = -1", "shares.airline: expected a number from 0 to 1000, found -1"),
        ("steps = ", "isn't TOML"),
    ],
)
def test_a_fault_names_file_key_and_fix(tmp_path: Path, written: str, said: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(written)
    with pytest.raises(plan_file.PlanError) as raised:
        plan_file.read(file)
    assert "mine.toml" in str(raised.value)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_plan_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(plan_file.PlanError, match=r"gone\.toml can't be read"):
        plan_file.read(tmp_path / "gone.toml")
    (tmp_path / "bytes.toml").write_bytes(b"steps = \xff")
    with pytest.raises(plan_file.PlanError, match=r"bytes\.toml"):
        plan_file.read(tmp_path / "bytes.toml")
