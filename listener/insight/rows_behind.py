"""Which command lists what a number of the digest counts, row for row."""

from shlex import quote

from listener.domain.digest import Balance, BrandLine, CaseCounts, Digest, Figure
from listener.domain.digest_parts import Behind, Touchpoint
from listener.insight.period import Period

MOODS = {"unsure": "abstained"}
"""Moods of the digest that the rows call otherwise."""

CASES = ("opened", "answered", "late", "resolved")
STANCES = {"promoters": "promoter", "passives": "passive", "detractors": "detractor", "unknown": "unknown"}


def posts(period: Period, label: str = "", *, brand: str = "", people: bool = False, more: str = "") -> str:
    """`listener mentions …` of a label; of all own brands where none is named."""
    words = ["listener mentions", period.flag]
    words += [f"--brand {quote(brand)}"] if brand else []
    words += [f"--label {label}"] if label else []
    words += [more] if more else []
    return " ".join([*words, *(["--people"] if people else [])])


def every(digest: Digest, period: Period) -> tuple[Behind, ...]:
    """All numbers that count rows; not shares, means and intervals, which are made of these."""
    brand = digest.brand
    return (
        *_figure(digest.complaints, "complaint", period, brand, "complaints"),
        *_figure(digest.praise, "praise", period, brand, "praise"),
        *_figure(digest.questions, "question", period, brand, "questions"),
        Behind(figure="mentions", number=digest.mentions, command=posts(period, brand=brand)),
        Behind(figure="reposts", number=digest.reposts, command=posts(period, "repost", brand=brand)),
        *_moods(digest, period, brand),
        *_balance(digest.balance, period, brand),
        *_cases(digest.cases, period, brand),
        Behind(figure="alerts", number=len(digest.alerts), command=_alerts(period, brand)),
        *(behind for line in digest.brands for behind in _brand(line, period)),
        *_reasons(digest, period),
        *(behind for one in digest.loyal.touchpoints for behind in _touchpoint(one, period)),
    )


def _figure(figure: Figure, label: str, period: Period, brand: str, name: str) -> tuple[Behind, ...]:
    people, plain = posts(period, label, brand=brand, people=True), posts(period, label, brand=brand)
    return (
        Behind(figure=f"{name}.people", number=figure.people, command=people),
        Behind(figure=f"{name}.posts", number=figure.posts, command=plain),
    )


def _moods(digest: Digest, period: Period, brand: str) -> list[Behind]:
    names = ("negative", "neutral", "positive", "unsure", "unscored", "aside")
    return [
        Behind(
            figure=f"sentiments.{name}",
            number=getattr(digest.sentiments, name),
            command=posts(period, MOODS.get(name, name), brand=brand),
        )
        for name in names
    ]


def _balance(balance: Balance, period: Period, brand: str) -> list[Behind]:
    return [
        Behind(
            figure=f"balance.{name}",
            number=getattr(balance, name),
            command=posts(period, brand=brand, people=True, more=f"--stance {stance}"),
        )
        for name, stance in STANCES.items()
    ]


def _cases(cases: CaseCounts, period: Period, brand: str) -> list[Behind]:
    numbers = (cases.opened, cases.answered, cases.breached, cases.resolved)
    of_brand = f" --brand {quote(brand)}" if brand else ""
    return [
        Behind(figure=f"cases.{what}", number=number, command=f"listener cases {what} {period.flag}{of_brand}")
        for what, number in zip(CASES, numbers, strict=True)
    ]


def _alerts(period: Period, brand: str) -> str:
    return f"listener alerts {period.flag}{f' --brand {quote(brand)}' if brand else ''}"


def _brand(line: BrandLine, period: Period) -> tuple[Behind, ...]:
    name = f"brands.{line.brand}"
    return (
        Behind(figure=f"{name}.mentions", number=line.mentions, command=posts(period, brand=line.brand)),
        Behind(figure=f"{name}.reposts", number=line.reposts, command=posts(period, "repost", brand=line.brand)),
        *_figure(line.complaints, "complaint", period, line.brand, f"{name}.complaints"),
        *_figure(line.praise, "praise", period, line.brand, f"{name}.praise"),
    )


def _touchpoint(one: Touchpoint, period: Period) -> list[Behind]:
    at = f"--tag {quote(f'touchpoint:{one.name}')}"
    numbers = {"": one.people, "complaint": one.complain, "praise": one.praise}
    return [
        Behind(
            figure=f"touchpoints.{one.brand}.{one.name}{f'.{label}' if label else ''}",
            number=number,
            command=posts(period, label, brand=one.brand, people=True, more=at),
        )
        for label, number in numbers.items()
    ]


def _reasons(digest: Digest, period: Period) -> list[Behind]:
    """Where not all complaints were read, the number is an estimate, and rows can't be told."""
    return [
        Behind(
            figure=f"reasons.{n}",
            number=reason.people,
            command=posts(period, brand=reason.quote.brand, people=True, more=f"--words {quote(reason.words)}"),
        )
        for n, reason in enumerate(digest.reasons)
        if not reason.estimated
    ]
