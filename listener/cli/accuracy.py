"""`listener accuracy`: how right the model is for a brand, on what agents know."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.insight import BrandName, day_begins, known_brand
from listener.cli.session import Session, session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from listener.domain.digest import Share
    from listener.insight.accuracy import Account, Figure
    from listener.insight.sampling import Weighted
    from listener.ports import Reads

COLUMNS = ("brand", "from", "of", "measure", "share", "n")
LOOKED_BACK = timedelta(days=28)
SAMPLE, LOOKED_AT, ALL = "sample", "looked at (biased)", "all posts"


def accuracy(
    brand: BrandName = "",
    since: Annotated[str, typer.Option(help="What agents said from this day on, YYYY-MM-DD.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a brand.")] = False,
) -> None:
    """How right the model is, by what agents know: precision and recall by label and mood, abstained, corrected."""
    with session() as ours:
        begin = day_begins(ours, since) if since else None
        wanted = known_brand(ours, brand)
        names = [one.name for one in ours.settings.brands if one.name == wanted or not (wanted or one.competitor)]
        with ours.store.read() as reads:
            accounts = [_account(ours, reads, name, begin) for name in names]
    if as_json:
        show.emit_rows((), map(_json, accounts), as_json=True)
        return
    show.emit_rows(COLUMNS, (row for one in accounts for row in _rows(one)), as_json=False)
    for one in accounts:
        for line in _notes(one):
            show.say(line)


def _account(ours: Session, reads: Reads, brand: str, since: datetime | None) -> Account:
    from listener.insight.accuracy import account
    from listener.insight.intervals import share

    drawn = [one for one in reads.drawn_samples(brand) if since is None or one.at >= since]
    sample, checked = None, []
    for sample in drawn:
        if checked := reads.sampled_truths(sample.id):
            break
    now = ours.clock.now()
    counts = dict.fromkeys(("all", "abstained", "unscored"), 0)
    for cell in reads.tallies(since or now - LOOKED_BACK, now, brand):
        if cell.label in counts:
            counts[cell.label] += cell.mentions
    abstained = share(counts["abstained"], counts["all"] - counts["unscored"])
    return account(brand, reads.truths(brand, since), sample if checked else None, checked, abstained)


def _rows(one: Account) -> Iterator[dict[str, object]]:
    for told_from, figures in ((SAMPLE, one.sampled), (LOOKED_AT, one.biased if one.seen else ())):
        for figure in figures:
            yield _row(one.brand, told_from, figure.of, figure.measure, figure.share)
    yield _row(one.brand, ALL, "all", "abstained", one.abstained)


def _row(brand: str, told_from: str, of: str, measure: str, share: Share | Weighted) -> dict[str, object]:
    return dict(zip(COLUMNS, (brand, told_from, of, measure, _said(share), _n(share)), strict=True))


def _said(share: Share | Weighted) -> str:
    if not share.telling:
        return "too few to tell"
    return f"{100 * share.value:.0f} % ({100 * share.low:.0f}–{100 * share.high:.0f})"


def _n(share: Share | Weighted) -> int:
    from listener.domain.digest import Share

    return share.whole if isinstance(share, Share) else share.n


def _notes(one: Account) -> Iterator[str]:
    if one.sample is None:
        biased = f" the {one.seen:,} posts agents looked at were chosen, not drawn, so their figures are biased;"
        yield f"{one.brand}: no sample is checked yet;{biased if one.seen else ''} for figures to quote: {_next(one)}"
    else:
        whole = (
            f"{one.checked} of {len(one.sample.posts)} checked, drawn by chance from {one.sample.population:,} posts"
        )
        since = f"since {one.sample.since:%Y-%m-%d}"
        yield f"{one.brand}: quote the sample's figures ({whole} {since}); the others are biased."
    named = [f"{model or 'none'} ({n})" for model, n in sorted(one.models.items())]
    if len(named) > 1:
        yield f"{one.brand}: the posts were judged by several models: {', '.join(named)}."


def _next(one: Account) -> str:
    return f'listener review --sample 100 --brand "{one.brand}"'


def _json(one: Account) -> dict[str, object]:
    sample = one.sample
    return {
        "brand": one.brand,
        "sample": None
        if sample is None
        else {
            "id": sample.id,
            "drawn_at": sample.at,
            "since": sample.since,
            "until": sample.until,
            "seed": sample.seed,
            "drawn": len(sample.posts),
            "checked": one.checked,
            "population": sample.population,
            "figures": [_figure(figure) for figure in one.sampled],
        },
        "looked_at": {"n": one.seen, "biased": True, "figures": [_figure(figure) for figure in one.biased]},
        "abstained": _share(one.abstained),
        "models": dict(one.models),
        "next_step": _next(one) if sample is None else "",
    }


def _figure(figure: Figure) -> dict[str, object]:
    return {"of": figure.of, "measure": figure.measure, **_share(figure.share)}


def _share(share: Share | Weighted) -> dict[str, object]:
    return {
        "share": round(share.value, 6) if _n(share) else None,
        "low_95": round(share.low, 6),
        "high_95": round(share.high, 6),
        "n": _n(share),
        "telling": share.telling,
    }
