"""The day or week in at most five plain sentences: what changed, what about, what the desk did, what to distrust."""

from listener.domain.digest import BrandLine, Cycle, Digest
from listener.domain.phrases import changed, compared, counted, lasting, listed, signed, stretch

NAMED = 3
"""Brands or reasons named in one sentence."""


def tell(digest: Digest) -> tuple[str, ...]:
    """Each sentence stands by itself; those with nothing to say are left out."""
    if digest.mentions == 0:
        return tuple(filter(None, (_silence(digest), _desk(digest), _last(digest))))
    sentences = (
        _complaints(digest),
        _brands(digest) or _praise(digest),
        _reasons(digest),
        _desk(digest),
        _last(digest),
    )
    return tuple(filter(None, sentences))


def _about(digest: Digest) -> str:
    return digest.brand or "our brands"


def _silence(digest: Digest) -> str:
    so_far = " so far" if digest.partial else ""
    return f"Nothing was heard about {_about(digest)} {stretch(digest.cycle, digest.day)}{so_far}."


def _complaints(digest: Digest) -> str:
    figure = digest.complaints
    so_far = " so far" if digest.partial else ""
    people = counted(figure.people, "person", "people")
    return (
        f"{people} complained about {_about(digest)} {stretch(digest.cycle, digest.day)}{so_far}: {compared(figure)}."
    )


def _brands(digest: Digest) -> str:
    """Where several brands are ours: which of them stand out."""
    ours = [line for line in digest.brands if not line.competitor]
    if digest.brand:
        return ""
    out = sorted((line for line in ours if changed(line.complaints)), key=_rise, reverse=True)
    if not out:
        usual = "days" if digest.cycle is Cycle.DAILY else "weeks"
        return f"No brand's complaints stand out against its own usual {usual}."
    named = "; ".join(f"{line.brand} {line.complaints.people}, {compared(line.complaints)}" for line in out[:NAMED])
    return f"What stands out: {named}."


def _rise(line: BrandLine) -> float:
    return abs(line.complaints.people - (line.complaints.usual or 0.0))


def _praise(digest: Digest) -> str:
    balance = digest.balance
    praise = f"{counted(digest.praise.people, 'person praised', 'people praised')}, {compared(digest.praise)}"
    if not balance.telling:
        return f"{praise}; too few spoke up (n = {balance.n}) to tell an advocacy balance."
    return (
        f"{praise}; the advocacy balance is {signed(balance.points)} points"
        f" (95 % interval {signed(balance.low)} to {signed(balance.high)}, n = {balance.n})."
    )


def _reasons(digest: Digest) -> str:
    named = [f"“{reason.words}” ({reason.people})" for reason in digest.reasons[:NAMED]]
    return f"What complaints talk of more than usual: {listed(named)}." if named else ""


def _desk(digest: Digest) -> str:
    """Whether complainers came round stands before how much was done."""
    return " ".join(filter(None, (digest.loyal.recovery, _cases(digest))))


def _last(digest: Digest) -> str:
    return " ".join(filter(None, (_stake(digest), _loyalty(digest), _caveat(digest))))


def _stake(digest: Digest) -> str:
    stake = digest.loyal.stake
    if stake is None or not (stake.customers or stake.unknown):
        return ""
    unknown = f", and {counted(stake.unknown, 'person', 'people')} of unknown value" if stake.unknown else ""
    named = f"{counted(stake.customers, 'customer')} with an open complaint or leaving"
    return f"At stake: {stake.value:,.0f} {digest.loyal.currency} a year of {named}{unknown}."


def _loyalty(digest: Digest) -> str:
    """Only what moved by more than luck."""
    moved = [one for one in digest.loyal.scores if one.changed and one.before is not None]
    told = [
        f"{one.factor.replace('-', ' ')}{'' if digest.brand else f' of {one.brand}'} {one.score:.0f}"
        f" ({one.low:.0f} to {one.high:.0f}), {one.before:.0f} the week before"
        for one in sorted(moved, key=lambda one: -abs(one.score - (one.before or 0.0)))[:NAMED]
    ]
    return f"Loyalty moved: {'; '.join(told)}." if told else ""


def _cases(digest: Digest) -> str:
    cases = digest.cases
    parts = [f"{counted(cases.opened, 'case')} opened", f"{cases.answered:,} answered"]
    if cases.median_first_response is not None:
        parts[-1] += f" (median first answer after {lasting(cases.median_first_response)})"
    parts.append(f"{cases.resolved:,} resolved")
    late = f"{counted(cases.breached, 'promise')} of a timely answer broken" if cases.breached else "no promise broken"
    return f"{', '.join(parts)}; {late}."


def _caveat(digest: Digest) -> str:
    """Alerts, and what makes the figures too low."""
    told = []
    if digest.alerts:
        told.append(f"{counted(len(digest.alerts), 'alert')} went out")
    if digest.blind:
        length = "day" if digest.cycle is Cycle.DAILY else "week"
        sources = sorted({blind.source for blind in digest.blind})
        told.append(f"{listed(sources)} could not be heard all {length}, so the figures are too low")
    if digest.sentiments.unscored:
        told.append(f"{counted(digest.sentiments.unscored, 'post')} not yet classified")
    return f"{'; '.join(told)}." if told else ""
