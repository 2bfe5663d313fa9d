"""Facebook pages: what their connector reads, needs, costs and can do."""

from listener.connectors.catalogue.calls import DEADLINE, TIMEOUT
from listener.connectors.options import ConnectorInfo, Kind, Option
from listener.domain.platform import Capabilities

TAGGED, RATINGS = "tagged", "ratings"

VERSION = Option(key="version", help="of the Graph API; each is good for about two years", default="v25.0")
API_BASE = Option(key="api_base", help="another host that speaks the API, such as a test server")
OVERLAP = Option(
    key="overlap_minutes",
    help="minutes before the newest that are read again",
    kind=Kind.NUMBER,
    default=15.0,
    low=0,
    high=1440,
)
OLD_POSTS = Option(
    key="old_posts_days",
    help="how old a post may be for new comments on it to be found; a webhook tells of all",
    kind=Kind.NUMBER,
    default=28.0,
    low=0,
    high=365,
)
FIRST = Option(key="first_hours", help="hours read on the first run", kind=Kind.NUMBER, default=72.0, low=0, high=8760)
FOR_WEBHOOK = {
    "app_secret": "the app's secret, under App settings, Basic: proves calls, and signs what the webhook tells",
    "verify_token": "for the webhook: any long word of your own, which you also type into the app's dashboard",
}

INFO = ConnectorInfo(
    name="facebook",
    summary="comments and visitors' posts on a page, posts that tag it, recommendations",
    needs="a Meta app that passed review, a verified business, and a long-lived token of the page; free",
    secrets={"access_token": "a long-lived token of the page, from a user who may moderate it"},
    optional_secrets=FOR_WEBHOOK,
    options=(
        Option(key="page_id", help="the page's id, a number: under About, Page transparency", required=True),
        Option(
            key="read",
            help="of comments, tagged, ratings; empty where a webhook tells of everything",
            kind=Kind.TEXTS,
            default=("comments", "tagged"),
        ),
        Option(key="page_size", help="posts a call (at most 100)", kind=Kind.WHOLE, default=25, low=1, high=100),
        Option(
            key="shown",
            help="comments that come with each post; the others are asked for",
            kind=Kind.WHOLE,
            default=25,
            low=1,
            high=100,
        ),
        FIRST,
        OVERLAP,
        OLD_POSTS,
        VERSION,
        API_BASE,
        TIMEOUT,
        DEADLINE,
    ),
    capabilities=Capabilities(
        backfill=True,
        reply=True,
        reply_needs="pages_manage_engagement; under comments and posts that Facebook lets the page answer",
        recheck=True,
        live_deletes=True,
        edits=True,
        cost="free, within a share of calls that grows with how many people the page engages",
    ),
    setup=(
        "At developers.facebook.com make an app of the type Business, and have your business verified: free.",
        "Ask for the permissions pages_show_list, pages_read_engagement and pages_read_user_content.",
        "To reply also ask for pages_manage_engagement, and for the webhook for pages_manage_metadata.",
        "App review: a film of what you do with each permission. It takes days to weeks.",
        "Until it is passed, the app reads only what people with a role in it wrote.",
        "Sign in as somebody who may moderate the page, and exchange the token for a long-lived one.",
        "Ask /me/accounts with it: the page's access_token there doesn't run out. Put it into the secret access_token.",
        "Put the page's id into options.page_id.",
        "For the webhook, which also tells of edits, deletions and comments on old posts: docs/webhooks.md.",
        'Recommendations (read = ["ratings"]): Meta\'s reference says that versions from v22.0 on may answer error 12.',
    ),
)
