"""Google Play reviews: what its connector reads, needs, costs and can do."""

from datetime import timedelta

from listener.connectors.catalogue.calls import DEADLINE, TIMEOUT
from listener.connectors.options import ConnectorInfo, Kind, Option
from listener.domain.platform import Capabilities

INFO = ConnectorInfo(
    name="googleplay",
    summary="reviews of your own app on Google Play that bear words, of the last 7 days",
    needs="a service account that may reply to reviews; free: 200 reads an hour and 2,000 replies a day for each app",
    extra="reviews",
    optional_secrets={"service_account": "the whole JSON file of the service account's key, from Google Cloud"},
    options=(
        Option(key="package", help="the app's name, such as com.example.app", required=True),
        Option(
            key="service_account_file",
            help="path of the JSON file, readable by its owner alone, instead of the secret service_account",
        ),
        Option(key="page_size", help="reviews a call (at most 100)", kind=Kind.WHOLE, default=100, low=1, high=100),
        Option(
            key="overlap_minutes",
            help="minutes before the latest known change that are read again, for what appears late",
            kind=Kind.NUMBER,
            default=60.0,
            low=0,
            high=10_080,
        ),
        Option(key="api_base", help="another host that speaks the API, such as a test server"),
        Option(key="token_base", help="another host that gives tokens, such as a test server"),
        TIMEOUT,
        DEADLINE,
    ),
    capabilities=Capabilities(
        backfill=True,
        reach=timedelta(days=7),
        reply=True,
        reply_needs="one reply a review, up to 350 characters",
        recheck=True,
        edits=True,
    ),
    setup=(
        "in Google Cloud, choose or make a project and enable the Google Play Android Developer API",
        "there, under IAM, Service accounts, make a service account and for it a key of type JSON",
        "in Play Console, Users and permissions, invite its e-mail address to the app",
        "give it there View app information and Reply to reviews; it may take a day until that holds",
        "give the JSON file's text as the secret service_account, or its path as options.service_account_file",
        "read it at least daily (interval): the API shows 7 days and nothing before",
    ),
    keyless="",
)
