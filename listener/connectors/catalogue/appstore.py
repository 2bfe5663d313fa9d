"""App Store reviews: what its connector reads, needs, costs and can do."""

from listener.connectors.catalogue.calls import DEADLINE, TIMEOUT
from listener.connectors.options import ConnectorInfo, Kind, Option
from listener.domain.platform import Capabilities

INFO = ConnectorInfo(
    name="appstore",
    summary="reviews of your own app on Apple's App Store; without a key, any app's public feed, country by country",
    needs="a key of App Store Connect, free for members of the Apple Developer Program; feed = true needs none",
    extra="reviews",
    optional_secrets={
        "private_key": "the .p8 file's whole text, from App Store Connect, Users and Access, Integrations",
        "key_id": "the key's id, beside it in that list",
        "issuer_id": "above that list",
    },
    options=(
        Option(key="app_id", help="the app's number: in its address, behind id", required=True),
        Option(key="feed", help="read the public feed instead, without a key", kind=Kind.FLAG, default=False),
        Option(
            key="countries",
            help="of the public feed: two letters each; a feed shows one country's reviews",
            kind=Kind.TEXTS,
            default=("us",),
        ),
        Option(key="page_size", help="reviews a call (at most 200)", kind=Kind.WHOLE, default=200, low=1, high=200),
        Option(key="first_days", help="days read on the first run", kind=Kind.NUMBER, default=30.0, low=0, high=3650),
        Option(
            key="overlap_hours",
            help="hours before the newest known review that are read again, for edits and what appears late",
            kind=Kind.NUMBER,
            default=24.0,
            low=0,
            high=720,
        ),
        Option(key="api_base", help="another host that speaks the API, such as a test server"),
        TIMEOUT,
        DEADLINE,
    ),
    capabilities=Capabilities(
        backfill=True,
        reply=True,
        reply_needs="one response a review, up to 5,970 characters; it shows in the store after some hours",
        recheck=True,
        edits=True,
    ),
    setup=(
        "join the Apple Developer Program (99 US dollars a year), or be invited to the team that owns the app",
        "as Account Holder or Admin, open App Store Connect, Users and Access, Integrations, App Store Connect API",
        "make a team key with the role Customer Support: it reads reviews and answers them, and does nothing else",
        "download its .p8 file, which can be done once, and note the key's id and the issuer id",
        "give them as the secrets private_key, key_id and issuer_id; the key's line breaks may be written as \\n",
    ),
    keyless=(
        "feed = true reads the public feed of each country named: the last 500 reviews there, without answers; "
        "Apple's feed has been empty for many apps, which is told as a gap. Its reviews bear other ids than the "
        "API's: don't read one app both ways"
    ),
)
