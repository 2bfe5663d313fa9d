"""YouTube: what its connector reads, needs, costs and can do."""

from listener.connectors.catalogue.calls import DEADLINE, TIMEOUT
from listener.connectors.options import ConnectorInfo, Kind, Option
from listener.domain.platform import Capabilities

INFO = ConnectorInfo(
    name="youtube",
    summary="comments on all videos of a channel, or on one video",
    needs="an API key of Google Cloud; a page of 100 comments costs 1 of 10,000 free units a day, a reply 50",
    secrets={
        "api_key": "create a project at console.cloud.google.com, enable the YouTube Data API v3, make an API key"
    },
    optional_secrets={
        "client_id": "to reply: of an OAuth client of the same project",
        "client_secret": "to reply: of the same client",
        "refresh_token": "to reply: from signing in as the channel once, with the scope youtube.force-ssl",
    },
    options=(
        Option(key="channel_id", help="the channel's id (UC…): all its videos are read"),
        Option(key="video_id", help="one video's id, instead of a channel"),
        Option(key="query", help="only comments that contain these words"),
        Option(key="page_size", help="threads a call (at most 100)", kind=Kind.WHOLE, default=100, low=1, high=100),
        Option(key="first_hours", help="hours read on the first run", kind=Kind.NUMBER, default=72.0, low=0, high=8760),
        Option(
            key="recheck_days",
            help="days looked through now and then for replies and edits",
            kind=Kind.NUMBER,
            default=3.0,
            low=0,
            high=60,
        ),
        Option(key="recheck_every", help="every how many polls that is", kind=Kind.WHOLE, default=12, low=1),
        Option(key="api_base", help="another host that speaks the API, such as a test server"),
        Option(key="oauth_base", help="another host that gives access tokens, such as a test server"),
        TIMEOUT,
        DEADLINE,
    ),
    capabilities=Capabilities(
        backfill=True,
        reply=True,
        reply_needs="a sign-in as a channel; 50 of the day's 10,000 units each, so 200 a day at the most",
        recheck=True,
        edits=True,
        cost="free within 10,000 units a day: 1 a page of 100 comments, 1 for 50 looked up again, 50 a reply",
    ),
    setup=(
        "At console.cloud.google.com create a project and enable the YouTube Data API v3: free, without approval.",
        "Under Credentials make an API key, restrict it to that API, and put it into the secret api_key.",
        "Copy the channel's id (UC…) from the channel's page, About, Share.",
        "To reply: in the same project set up the consent screen and make an OAuth client of the kind Desktop app.",
        "Publish the consent screen: while it is in testing, a refresh token ends after 7 days.",
        "Sign in as the channel: scope https://www.googleapis.com/auth/youtube.force-ssl, access_type=offline.",
        "Put client_id, client_secret and refresh_token into their secrets.",
        "More than 10,000 units a day need Google's audit of how the API is used.",
    ),
)
