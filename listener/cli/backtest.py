"""`listener alerts backtest`: what the spike rule would have said of the past, and how loud to set it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.session import Session, load_settings, session
from listener.errors import ConfigError, NotFound

if TYPE_CHECKING:
    from listener.cli.series import Row
    from listener.domain.policy import SpikePolicy
    from listener.insight.backtest import Outcome, Replay
    from listener.insight.spikes import Reading
    from listener.ports import Reads

COLUMNS = ("at", "ended", "window", "observed", "usual", "ratio", "p", "novelty")
SHOWN_WRONG = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """What is replayed."""

    name: str
    width: timedelta
    replay: Replay
    rows: Sequence[tuple[Row, int]] = ()
    """A file's rows and each one's place among the bins."""
    windows: Sequence[tuple[datetime, datetime]] | None = None


def backtest(
    file: Annotated[
        Path | None, typer.Argument(help="CSV with columns timestamp,value; bins of any one width.")
    ] = None,
    brand: Annotated[str, typer.Option(help="Instead of a file: this brand's own complaints, hour by hour.")] = "",
    since: Annotated[str, typer.Option(help="With --brand, from when: 2026-03-01, or 8w ago; else all of it.")] = "",
    preset: Annotated[str, typer.Option(help="balanced or sensitive; else what alerts.toml says.")] = "",
    windows: Annotated[
        Path | None, typer.Option(help="JSON of labelled windows: tells hits, delays, false alarms.")
    ] = None,
    scores: Annotated[
        bool, typer.Option("--scores", help="A row a bin: timestamp,value,score; 1 or more is an alarm.")
    ] = False,
    per_week: Annotated[
        float | None, typer.Option(min=0.0, help="Find the setting that gave at most so many alarms a week.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object an alarm.")] = False,
) -> None:
    """Replay history through the spike rule: each alarm it would have raised, and how many a week."""
    if (file is None) == (not brand):
        raise ConfigError("name a file or a brand", next_step="listener alerts backtest SERIES.csv, or --brand NAME")
    told = _Told(scores=scores, per_week=per_week, as_json=as_json)
    if file is not None:
        _tell(_of_file(file, windows), _policy(load_settings().alerts.spike, preset), told)
        return
    with session() as ours, ours.store.read() as reads:
        _tell(_of_brand(ours, reads, brand, since), _policy(ours.settings.alerts.spike, preset), told)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What is asked for."""

    scores: bool
    per_week: float | None
    as_json: bool


def _tell(past: _Past, policy: SpikePolicy, told: _Told) -> None:
    if told.per_week is not None:
        _set_dial(past, policy, told.per_week)
        return
    readings = past.replay(policy)
    if told.scores:
        _emit_scores(past, readings)
    else:
        show.emit_rows(COLUMNS, _alarms(readings, as_json=told.as_json), as_json=told.as_json)
    _summarise(past, readings)


def _policy(configured: SpikePolicy, preset: str) -> SpikePolicy:
    from listener.domain.policy import PRESETS

    if not preset:
        return configured
    if preset not in PRESETS:
        raise ConfigError(f"there is no preset {preset!r}", next_step=f"one of: {', '.join(PRESETS)}")
    return PRESETS[preset]


def _of_file(file: Path, windows: Path | None) -> _Past:
    from listener.cli.series import read_counts, read_windows
    from listener.insight.backtest import replay

    counts = read_counts(file)
    for problem in counts.wrong[:SHOWN_WRONG]:
        show.say(problem)
    if len(counts.wrong) > SHOWN_WRONG:
        show.say(f"and {len(counts.wrong) - SHOWN_WRONG:,} lines more were left out")
    try:
        series, places = counts.series()
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}", next_step=error.next_step) from error
    return _Past(
        name=file.name,
        width=series.width,
        replay=lambda policy: replay(series, policy),
        rows=list(zip(counts.rows, places, strict=True)),
        windows=None if windows is None else read_windows(windows, file),
    )


def _of_brand(ours: Session, reads: Reads, name: str, since: str) -> _Past:
    from listener.cli.backfill import instant_of
    from listener.insight.backtest import replay_brand
    from listener.insight.spikes import HOUR

    known = {brand.name for brand in ours.settings.brands}
    if name not in known:
        raise NotFound(f"no brand is named {name!r}", next_step=f"one of: {', '.join(sorted(known)) or 'none yet'}")
    first = reads.first_mention_hour(name)
    if first is None:
        raise NotFound(f"nothing was ever heard of {name}", next_step="listener poll")
    begin = max(first, instant_of(ours, since)) if since else first
    now = ours.clock.now()
    return _Past(name=name, width=HOUR, replay=lambda policy: replay_brand(reads, name, policy, begin, now))


def _alarms(readings: Sequence[Reading], *, as_json: bool) -> Iterator[dict[str, object]]:
    """Each with the end of its spike: the alarm opens it, the first calm bin closes it."""
    for n, reading in enumerate(readings):
        if reading.alarm:
            ended = next((later.at for later in readings[n:] if later.closed), None)
            yield {
                "at": reading.at,
                "ended": ended,
                "window": _length(reading.window),
                "observed": reading.observed,
                "usual": round(reading.usual, 2),
                "ratio": round(reading.ratio, 1) if reading.usual else None,
                "p": float(f"{reading.p:.2g}") if as_json else f"{reading.p:.1g}",
                "novelty": round(reading.novelty, 2) if as_json else f"{reading.novelty:.2f}",
            }


def _emit_scores(past: _Past, readings: Sequence[Reading]) -> None:
    from listener.insight.backtest import score

    show.out("timestamp,value,score")
    if past.rows:
        for row, place in past.rows:
            show.out(f"{row.timestamp},{row.value},{score(readings[place]):.6g}")
        return
    for reading in readings:
        show.out(f"{reading.at:%Y-%m-%d %H:%M:%S},{reading.count},{score(reading):.6g}")


def _summarise(past: _Past, readings: Sequence[Reading]) -> None:
    from listener.insight.backtest import alarms_a_week, judged

    cold = sum(reading.cold for reading in readings)
    alarms = sum(reading.alarm for reading in readings)
    show.say(
        f"{past.name}: {alarms:,} alarms in {_length(len(readings) * past.width)} of {_length(past.width)} bins,"
        f" {alarms_a_week(readings, past.width):.2f} a week"
        f" after {_length(cold * past.width)} of warming up"
    )
    if past.windows is not None:
        _tell_outcome(judged(readings, past.width, past.windows))


def _tell_outcome(found: Outcome) -> None:
    late = "" if found.median_delay is None else f", median delay {_length(found.median_delay)} after a window begins"
    show.say(f"labelled windows found: {len(found.delays)} of {found.labelled}{late}")
    show.say(f"false alarms: {found.false_alarms}, {found.false_a_week:.2f} a week outside windows")


def _set_dial(past: _Past, policy: SpikePolicy, per_week: float) -> None:
    from listener.insight.backtest import DIAL, dial

    found = dial(past.replay, policy, per_week, past.width)
    if found is None:
        raise NotFound(
            f"even novelty = {DIAL[-1]} gave more than {per_week:g} alarms a week on {past.name}",
            next_step="raise min_count in alerts.toml, or allow more",
        )
    novelty, had = found
    show.out(f"novelty = {novelty}")
    show.say(f"gave {had:.2f} alarms a week on {past.name}; put it under [spike] in alerts.toml")


def _length(length: timedelta) -> str:
    hours = length.total_seconds() / 3600
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.1f} hours" if hours >= 2 else f"{hours * 60:.0f} min"
