"""A digest in which every string a stranger could have chosen is an attack."""

from datetime import UTC, date, datetime, timedelta

from listener.domain.comparing import Compared
from listener.domain.digest import (
    AlertLine,
    Balance,
    Blind,
    BrandLine,
    CaseCounts,
    CaseLine,
    DaySentiment,
    Digest,
    Figure,
    HourPoint,
    Quote,
    Sentiments,
    Share,
    TopReason,
)
from listener.domain.digest_parts import (
    ActList,
    ActOn,
    Behind,
    Estimate,
    Loyal,
    LoyaltyScore,
    Measured,
    Survey,
    ToDo,
    Touchpoint,
    Trust,
)
from listener.domain.nps import Nps

ATTACKS = (
    "<script>document.title='pwned'</script>",
    "<img src=x onerror=\"document.title='pwned'\">",
    "\"><svg/onload=document.title='pwned'>",
    "' onmouseover='document.title=1' x='",
    "javascript:document.title='pwned'",
    "</style><script>document.title='pwned'</script>",
    "{{ 7*7 }}{% include 'x' %}",
    "]]><!-- -->",
    "![x](http://evil.example/x.png) [y](javascript:alert(1)) **b** `c` | d | # e",
    "\x1b]0;pwned\x07\x1b[31mred\u202eevil\u2066\x00",
    '=HYPERLINK("http://evil.example")',
    "a\n\n# heading\r\n- item\n> quote\n\n---",
    "&lt;script&gt; &amp; \\<b>",
)
BAD_LINKS = (
    "javascript:document.title='pwned'",
    "data:text/html,<script>1</script>",
    "http://x.com@evil.example/",
    'https://evil.example/"onmouseover="x',
    "https://аpple.example/",
    "//evil.example/x",
    "http://[::1",
)
SINCE = datetime(2026, 3, 30, tzinfo=UTC)


def digest(evil: str, url: str = "https://example.com/p/1", **more: object) -> Digest:
    """`evil` in every field of text, `url` in every link; enough data for every part of the page to show."""
    quote = Quote(brand=evil, platform=evil, handle=evil, text=evil, url=url, followers=1200, engagement=3)
    figure = Figure(name="complaints", people=40, posts=50, measured=40, usual=20.0, command="listener inbox")
    share = Share(part=40, whole=100, low=0.3, high=0.5)
    moods = Sentiments(negative=50, neutral=20, positive=20, unsure=5, unscored=3, aside=2)
    lines = (
        BrandLine(brand=evil, competitor=False, mentions=40, reposts=1, complaints=figure, praise=figure, voice=share),
        BrandLine(
            brand="Rival", competitor=True, mentions=60, reposts=0, complaints=figure, praise=figure, voice=share
        ),
    )
    fields: dict[str, object] = {
        "day": date(2026, 3, 30),
        "timezone": "Europe/Berlin",
        "since": SINCE,
        "until": SINCE + timedelta(days=1),
        "made_at": SINCE + timedelta(days=2),
        "brand": evil,
        "story": (evil, "A second sentence."),
        "basis": evil,
        "complaints": figure,
        "praise": figure,
        "questions": figure,
        "mentions": 100,
        "reposts": 1,
        "sentiments": moods,
        "balance": Balance(promoters=10, passives=10, detractors=20, unknown=1, low=-45.0, high=-5.0),
        "brands": lines,
        "reasons": (TopReason(words=evil, people=12, usual=3.5, quote=quote),),
        "praises": (quote,),
        "thanks": (quote,),
        "cases": CaseCounts(opened=5, answered=4, breached=1, resolved=3, median_first_response=timedelta(minutes=42)),
        "slowest": (
            CaseLine(id=7, brand=evil, handle=evil, headline=evil, url=url, waited=timedelta(hours=5), answered=False),
        ),
        "alerts": (AlertLine(opened_at=SINCE, closed_at=None, title=evil, level=2),),
        "blind": (Blind(source=evil, since=SINCE, until=SINCE + timedelta(hours=1), reason=evil),),
        "hours": tuple(
            HourPoint(hour=SINCE + timedelta(hours=n), complaints=n, usual=3.0, upper=7.0, blind=n == 0)
            for n in range(24)
        ),
        "week": tuple(DaySentiment(day=date(2026, 3, 23 + n), sentiments=moods) for n in range(8)),
        "lists": tuple(
            ActList(act=act, chosen=evil, lines=(ToDo(who=evil, why=evil, words=evil, url=url, command="listener x"),))
            for act in ActOn
        ),
        "loyal": Loyal(
            recovery=evil,
            survey=Survey(
                nps=Nps(promoters=60, passives=20, detractors=40, low=5.0, high=28.0),
                before=Nps(promoters=50, passives=20, detractors=40, low=-5.0, high=20.0),
                days=90,
                command=evil,
            ),
            touchpoints=(Touchpoint(brand=evil, name=evil, people=4, complain=3, praise=1),),
            scores=(LoyaltyScore(brand=evil, factor=evil, score=40.0, low=30.0, high=50.0, before=55.0, command=evil),),
        ),
        "trust": Trust(
            unsure=share,
            backlog=7,
            measured=(
                Measured(
                    brand=evil,
                    drawn_at=SINCE,
                    checked=100,
                    precision=Estimate(value=0.9, low=0.8, high=0.95, n=60),
                    recall=Estimate(value=0.8, low=0.5, high=0.9, n=12),
                ),
            ),
            unmeasured=(evil,),
            compared=Compared(sources=3, posts=1204, missing=2),
        ),
        "behind": (Behind(figure=evil, number=40, command=evil),),
    }
    return Digest(**{**fields, **more})  # type: ignore[arg-type]
