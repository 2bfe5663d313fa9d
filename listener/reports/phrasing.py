"""What every format of the digest says alike."""

from listener.domain.comparing import Compared
from listener.domain.digest import Balance, Cycle, Digest, Sentiments, Share
from listener.domain.digest_parts import ActOn, Estimate, LoyaltyScore, Measured, Survey, Touchpoint, Trust
from listener.domain.phrases import counted, listed, signed, week, weekday
from listener.reports.escaping import line

BIAS = "inferred from public talk, not from a survey: few customers post, and mostly the delighted and the angry"


def title(digest: Digest) -> str:
    said = weekday(digest.day) if digest.cycle is Cycle.DAILY else week(digest.day)
    return f"{line(digest.brand, 80) or 'All our brands'}, {said}"


def said_usual(usual: float | None, cycle: Cycle) -> str:
    """`, 3.5 on a usual day`; nothing where history is lacking."""
    if usual is None:
        return ""
    return f", {usual:.1f} {'on a usual day' if cycle is Cycle.DAILY else 'in a usual week'}"


def said_trust(trust: Trust) -> list[str]:
    """What stands between the figures and the truth, a sentence each."""
    unsure = said_share(trust.unsure)
    told = [f"Unsure: {unsure}{f', n = {trust.unsure.whole:,}' if trust.unsure.telling else ''} of the posts read"]
    told += [_measured(one) for one in trust.measured]
    if trust.unmeasured:
        told.append(f"Accuracy not measured for {listed(trust.unmeasured)}: listener review --sample 100")
    if trust.compared is not None:
        told.append(said_compared(trust.compared))
    if trust.backlog:
        told.append(f"{counted(trust.backlog, 'post')} waiting for a verdict now")
    return [f"{sentence}." for sentence in told]


def said_compared(one: Compared) -> str:
    """`Compared this week with what 3 sources list: 1,204 posts, 2 of them were missing (1 in 602)`."""
    missing = "none was missing"
    if one.one_in is not None:
        missing = f"{one.missing:,} {'was' if one.missing == 1 else 'were'} missing (1 in {one.one_in:,})"
    listed_by = counted(one.sources, "source lists", "sources list")
    return f"Compared this week with what {listed_by}: {counted(one.posts, 'post')}, {missing}"


def _measured(one: Measured) -> str:
    named = (("right when it says complaint", one.precision), ("finds of all complaints", one.recall))
    parts = [f"{said} {_estimate(value)}" for said, value in named if value is not None]
    return (
        f"Accuracy for {one.brand}, {counted(one.checked, 'post')} of the sample of"
        f" {one.drawn_at:%Y-%m-%d} checked: {', '.join(parts) or 'nothing to tell from'}"
    )


def _estimate(value: Estimate) -> str:
    if not value.telling:
        return f"too few to tell (n = {value.n})"
    return f"{100 * value.value:.0f} % ({100 * value.low:.0f}–{100 * value.high:.0f}, n = {value.n})"


def said_touchpoint(one: Touchpoint) -> str:
    return f"{counted(one.people, 'person', 'people')}: {one.complain:,} complain, {one.praise:,} praise"


def said_score(one: LoyaltyScore) -> str:
    """`41 (30–52), 53 the week before`."""
    before = "" if one.before is None else f", {one.before:.0f} the week before"
    return f"{one.score:.0f} ({one.low:.0f}–{one.high:.0f}){before}{', more than luck' if one.changed else ''}"


def said_factor(one: LoyaltyScore, brand: str) -> str:
    name = one.factor.replace("-", " ").capitalize()
    return name if brand else f"{name}, {one.brand}"


def said_place(one: Touchpoint, brand: str) -> str:
    return one.name if brand else f"{one.name} ({one.brand})"


TITLES = {
    ActOn.WIN_BACK: "Win back",
    ActOn.THANK: "Thank",
    ActOn.ANSWER: "Answer",
    ActOn.FIX: "Fix",
}


def said_moods(moods: Sentiments) -> str:
    """`12 negative, 3 neutral, …`; what is nought and rare is left out."""
    parts = [f"{moods.negative:,} negative", f"{moods.neutral:,} neutral", f"{moods.positive:,} positive"]
    parts += [f"{moods.unsure:,} unsure"] if moods.unsure else []
    parts += [f"{moods.unscored:,} not yet classified"] if moods.unscored else []
    parts += [f"{moods.aside:,} that speak to another brand"] if moods.aside else []
    return ", ".join(parts)


def said_share(share: Share) -> str:
    """`34 % (31–37)`, or that there are too few."""
    if not share.telling:
        return f"too few to tell (n = {share.whole})"
    return f"{100 * share.value:.0f} % ({100 * share.low:.0f}–{100 * share.high:.0f})"


def said_survey(survey: Survey) -> str:
    """`+32 points (+20 to +44, n = 210 who answered in 90 days: average to above average), +28 (n = 190) before`."""
    found = survey.nps
    if not found.telling:
        return f"too few to tell (n = {found.n} who answered in {survey.days} days)"
    ends, bands = f"{signed(found.low)} to {signed(found.high)}", dict.fromkeys((found.bands[0], found.bands[-1]))
    said = f"{signed(found.points)} points ({ends}, n = {found.n:,} who answered in {survey.days} days)"
    was = survey.before
    before = f", {signed(was.points)} (n = {was.n:,}) in the {survey.days} days before" if was and was.telling else ""
    return f"{said}: {' to '.join(bands)}{before}"


def said_balance(balance: Balance) -> str:
    if not balance.telling:
        return f"too few to tell (n = {balance.n})"
    return f"{signed(balance.points)} points ({signed(balance.low)} to {signed(balance.high)}, n = {balance.n})"
