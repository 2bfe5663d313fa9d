"""Bluesky: what its connector reads, needs, costs and can do."""

from listener.connectors.catalogue.calls import DEADLINE, TIMEOUT
from listener.connectors.options import ConnectorInfo, Kind, Option
from listener.domain.platform import Capabilities

INFO = ConnectorInfo(
    name="bluesky",
    summary="Bluesky: who mentions, answers or quotes an account, or every post that names a phrase",
    needs="free; mentions need an account's handle and an app password, phrases need nothing",
    extra="bluesky",
    optional_secrets={
        "handle": "the account's, such as acme.bsky.social",
        "app_password": "made under Settings, Privacy and security, App passwords; never the account's own",
    },
    options=(
        Option(key="mentions", help="read what mentions, answers or quotes the account", kind=Kind.FLAG, default=False),
        Option(key="phrases", help="words or phrases; each public post that names one is read", kind=Kind.TEXTS),
        Option(key="first_hours", help="hours read on the first run", kind=Kind.NUMBER, default=24.0, low=0, high=720),
        Option(
            key="replay_hours",
            help="the same with phrases: hours of the whole network's posts, a few hundred MB each",
            kind=Kind.NUMBER,
            default=1.0,
            low=0,
            high=72,
        ),
        Option(key="page_size", help="posts a page (at most 100)", kind=Kind.WHOLE, default=100, low=1, high=100),
        Option(key="pds", help="the server that the account signs in at", default="https://bsky.social"),
        Option(
            key="appview", help="the server asked about single posts and names", default="https://public.api.bsky.app"
        ),
        Option(
            key="jetstream",
            help="the server that tells every post, with phrases",
            default="wss://jetstream2.us-east.bsky.network",
        ),
        Option(
            key="kept_hours",
            help="hours for which that server keeps posts",
            kind=Kind.NUMBER,
            default=72.0,
            low=1,
            high=87_600,
        ),
        TIMEOUT,
        DEADLINE,
    ),
    capabilities=Capabilities(
        stream=True,
        backfill=True,
        reply=True,
        reply_needs="to any post whose author lets the account reply; at most 300 characters",
        recheck=True,
        live_deletes=True,
        edits=True,
        cost="free",
    ),
    setup=(
        "sign in at https://bsky.app with the account that is to listen and answer",
        "open Settings, Privacy and security, App passwords, and add one for this program",
        "give the account's handle and that app password as secrets; no approval is needed and nothing is paid",
        "for posts that merely name the brand, add a second source with options.phrases: it needs no account",
    ),
    keyless="keyword listening: with options.phrases every public post that names a phrase, as it appears (Jetstream)",
)
