"""Instagram: what its connector reads, needs, costs and can do."""

from listener.connectors.catalogue.calls import DEADLINE, TIMEOUT
from listener.connectors.catalogue.facebook import API_BASE, FIRST, FOR_WEBHOOK, OLD_POSTS, OVERLAP, VERSION
from listener.connectors.options import ConnectorInfo, Kind, Option
from listener.domain.platform import Capabilities

INFO = ConnectorInfo(
    name="instagram",
    summary="comments on an account's posts, posts that tag it and, by webhook, where others name it",
    needs="a professional account joined to a Facebook page, a Meta app that passed review, a long-lived token; free",
    secrets={"access_token": "a long-lived token of the page that the account is joined to, or of its user"},
    optional_secrets=FOR_WEBHOOK,
    options=(
        Option(key="account_id", help="the account's id, a number that begins with 17841", required=True),
        Option(
            key="read",
            help="of comments, tagged; empty where a webhook tells of everything",
            kind=Kind.TEXTS,
            default=("comments", "tagged"),
        ),
        Option(key="page_size", help="posts a call (at most 50)", kind=Kind.WHOLE, default=25, low=1, high=50),
        Option(
            key="shown",
            help="comments that come with each post; the others are asked for",
            kind=Kind.WHOLE,
            default=25,
            low=1,
            high=50,
        ),
        Option(
            key="reply_days",
            help="days of comments that are read again for late replies, where a post's number of them changed",
            kind=Kind.NUMBER,
            default=3.0,
            low=0,
            high=60,
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
        reply_needs="instagram_manage_comments; not to hidden comments, nor where the account is only tagged",
        recheck=True,
        cost="free, within a share of calls that grows with how many people see the account",
    ),
    setup=(
        "Make the account a professional one, and join it to a Facebook page of yours.",
        "At developers.facebook.com make an app of the type Business, and have your business verified: free.",
        "Ask for the permissions instagram_basic, instagram_manage_comments, pages_show_list, pages_read_engagement.",
        "App review: a film of what you do with each permission. It takes days to weeks.",
        "Sign in as somebody who may moderate the page, and exchange the token for a long-lived one.",
        "Ask /me/accounts with it: the page's access_token there doesn't run out. Put it into the secret access_token.",
        "Ask /{page}?fields=instagram_business_account, and put that id into options.account_id.",
        "Where others name the account is told only by webhook (pages_manage_metadata): docs/webhooks.md.",
        "Stories, and what private accounts write, are told of by nothing.",
    ),
)
