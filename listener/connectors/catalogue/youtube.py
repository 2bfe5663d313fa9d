"""YouTube: what its connector reads, needs, costs and can do."""

from listener.connectors.catalogue.calls import DEADLINE, TIMEOUT
from listener.connectors.options import ConnectorInfo, Kind, Option

INFO = ConnectorInfo(
    name="youtube",
    summary="comments on all videos of a channel, or on one video",
    needs="an API key of Google Cloud; a page of 100 comments costs 1 of 10,000 free units a day",
    secrets={
        "api_key": "create a project at console.cloud.google.com, enable the YouTube Data API v3, make an API key"
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
        TIMEOUT,
        DEADLINE,
    ),
)
