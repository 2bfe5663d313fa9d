"""What every format of the digest says alike."""

from listener.domain.digest import Balance, Digest, Sentiments, Share
from listener.domain.phrases import signed, weekday
from listener.reports.escaping import line

BIAS = "inferred from public talk, not from a survey: few customers post, and mostly the delighted and the angry"


def title(digest: Digest) -> str:
    return f"{line(digest.brand, 80) or 'All our brands'}, {weekday(digest.day)}"


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


def said_balance(balance: Balance) -> str:
    if not balance.telling:
        return f"too few to tell (n = {balance.n})"
    return f"{signed(balance.points)} points ({signed(balance.low)} to {signed(balance.high)}, n = {balance.n})"
