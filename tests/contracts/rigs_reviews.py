"""The two app stores as rigs. No answers of theirs are recorded: bodies follow the documented schemas.

App Store Connect: JSON:API, newest first, a link to the next page, one response a review, tokens signed ES256. The
public feed: ten pages a country. Google Play: newest change first, a token for the next page, one reply a review,
tokens given for a signed request.
"""

import json
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from listener import connectors
from listener.domain.policy import Secret, SourceConfig
from listener.ports import Connector
from tests.contracts.rigs import SECRET, Item, Rig
from tests.contracts.server import Asked, Reply

APP = "1234567890"
PACKAGE = "com.acme.app"
EMAIL = "listener@acme.iam.gserviceaccount.com"
_E = 65537
_PRIMES = (
    (
        "fe66757904ec5c1b65809a8dbbd73018b3e067252070756518bc46e7c3a4b73ce422c745e1b3c2684e6b9176da3d5766"
        "eec1697a2da60f6ce5a9fc0a00d763ee8e5de51dfc3f6b1fcc69794965923693dc3855e42b0bc82829199ad0f9381266"
        "b2b37d93c21fd17c8b3c08870996815a5599b19b40b1abb23fe43d968150f393"
    ),
    (
        "f005dd363e09739f0644269d787eeb6a175bdc415d2cf6b3860e8f2266a174c268c2917ad13de74a35b2318b03f9691d"
        "0a4456e43a117bd911a663d70971821e3013d26d1d8ee074b5d3e6317770fc948da6fbebbc1fd97ceb50e2086d70a0fb"
        "e39f3f5d339aae430da98d5e7f85ba9d5d01ebb4ac67bb3791eb26e2c932e35b"
    ),
)


@cache
def apple_key() -> ec.EllipticCurvePrivateKey:
    """The same in every process: a rig's connector may run in another than its server."""
    return ec.derive_private_key(20260302, ec.SECP256R1())


@cache
def google_key() -> rsa.RSAPrivateKey:
    """The same in every process; it opens nothing but this rig."""
    p, q = int(_PRIMES[0], 16), int(_PRIMES[1], 16)
    d = rsa.rsa_recover_private_exponent(_E, p, q)
    rest = {"dmp1": rsa.rsa_crt_dmp1(d, p), "dmq1": rsa.rsa_crt_dmq1(d, q), "iqmp": rsa.rsa_crt_iqmp(p, q)}
    public = rsa.RSAPublicNumbers(e=_E, n=p * q)
    return rsa.RSAPrivateNumbers(p=p, q=q, d=d, **rest, public_numbers=public).private_key()


def pem_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def account_json() -> str:
    """What Google gives out, as far as it is needed."""
    told = {
        "type": "service_account",
        "client_email": EMAIL,
        "private_key_id": "k1",
        "private_key": pem_of(google_key()),
    }
    return json.dumps(told)


class ReviewRig(Rig):
    """What both stores have in common."""

    tokens = True
    options: dict[str, object]
    secrets: dict[str, str]

    def __init__(self) -> None:
        super().__init__()
        self.standing_replies: dict[int, str] = {}
        """Number of a review → the developer's words under it."""
        self.replied_at: dict[int, datetime] = {}
        self.edited_at: dict[int, datetime] = {}

    def connector(self) -> Connector:
        sized = {"page_size": self.page} if "page_size" in self.options else {}
        options = {**self.options, **sized, "api_base": self.server.base, **self.limits}
        secrets = {name: Secret(value) for name, value in self.secrets.items()}
        config = SourceConfig(name=self.name, connector=self.name.partition("-")[0], options=options, secrets=secrets)
        return connectors.build(config, ledger=self.purse, clock=self.clock, x_cap_micro_usd=10**12)

    def edit(self, number: int, text: str) -> None:
        self.edited_at[number] = self.clock.now()
        super().edit(number, text)

    def changed(self, item: Item) -> datetime:
        return self.edited_at.get(item.number, item.at)

    def newest_first(self) -> list[Item]:
        return sorted(self.standing(), key=lambda item: (self.changed(item), item.number), reverse=True)

    def respond(self, number: int, text: str) -> None:
        """The developer answers, here or by another program."""
        self.standing_replies[number] = text
        self.replied_at[number] = self.clock.now()

    def found(self, native_id: str) -> Item | None:
        return next((item for item in self.standing() if self.native_id(item.number) == native_id), None)

    def claims(self, token: str, key: Any, algorithm: str, audience: str, longest: int) -> dict[str, Any]:
        """What a token says, if it is signed and its times are within what the platform takes."""
        told = jwt.decode(
            token, key.public_key(), [algorithm], audience=audience, options={"verify_exp": False, "verify_iat": False}
        )
        now = self.clock.now().timestamp()
        assert told["iat"] - 60 <= now < told["exp"] <= told["iat"] + longest, "a token out of its time"
        return dict(told)

    @staticmethod
    def json(body: Any, status: int = 200) -> Reply:
        text = body if isinstance(body, str) else json.dumps(body)
        return Reply(status=status, body=text.encode(), headers={"content-type": "application/json"})


class AppStoreRig(ReviewRig):
    name = "appstore"

    def __init__(self) -> None:
        super().__init__()
        self.options = {"app_id": APP, "page_size": self.page}
        self.secrets = {"private_key": pem_of(apple_key()), "key_id": SECRET, "issuer_id": "69a6de7f-iss"}

    def native_id(self, number: int) -> str:
        return f"00000000-aaaa-{number:06d}"

    def answer(self, asked: Asked) -> Reply:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        told = self.claims(token, apple_key(), "ES256", "appstoreconnect-v1", 1200)
        assert told["iss"] == "69a6de7f-iss"
        assert jwt.get_unverified_header(token)["kid"] == SECRET
        if asked.path == f"/v1/apps/{APP}":
            return self.json({"data": {"type": "apps", "id": APP, "attributes": {"name": "Acme"}}})
        if asked.path == f"/v1/apps/{APP}/customerReviews":
            return self.listing(asked)
        if asked.path == "/v1/customerReviewResponses" and asked.method == "POST":
            return self.responded(json.loads(asked.body)["data"])
        item = self.found(unquote(asked.path.removeprefix("/v1/customerReviews/")))
        if item is None:
            return self.error(404, "NOT_FOUND", "There is no resource of type 'customerReviews' with that id")
        return self.json(f'{{"data": {self.record(item)}, "included": {json.dumps(self.included([item]))}}}')

    def listing(self, asked: Asked) -> Reply:
        shown, size = self.newest_first(), int(asked.query["limit"])
        after = asked.query.get("cursor", "p0")
        if not after[1:].isdigit():
            return self.error(400, "PARAMETER_ERROR.INVALID", "'cursor' is not valid")
        start = int(after[1:])
        page = shown[start : start + size]
        records = ",".join(self.record(item) for item in page)
        links = {"self": f"{self.server.base}{asked.path}"}
        if start + size < len(shown):
            following = f"p{start if self.loops and start else start + size}"
            links["next"] = f"{self.server.base}{asked.path}?cursor={following}&limit={size}&sort=-createdDate"
        meta = {"paging": {"total": len(shown), "limit": size}}
        rest = json.dumps({"included": self.included(page), "links": links, "meta": meta})
        return self.json(f'{{"data": [{records}], {rest[1:]}')

    def fields(self, item: Item) -> dict[str, Any]:
        said = {
            "rating": 2,
            "title": "Not again",
            "body": item.text,
            "reviewerNickname": f"user{item.number}",
            "createdDate": self.changed(item).isoformat(),
            "territory": "USA",
        }
        linked = {"type": "customerReviewResponses", "id": f"r{item.number}"}
        response = {"data": linked if item.number in self.standing_replies else None}
        native_id = self.native_id(item.number)
        return {"type": "customerReviews", "id": native_id, "attributes": said, "relationships": {"response": response}}

    def included(self, page: list[Item]) -> list[dict[str, Any]]:
        return [self.response(item.number) for item in page if item.number in self.standing_replies]

    def response(self, number: int) -> dict[str, Any]:
        said = {
            "responseBody": self.standing_replies[number],
            "lastModifiedDate": self.replied_at[number].isoformat(),
            "state": "PENDING_PUBLISH",
        }
        return {"type": "customerReviewResponses", "id": f"r{number}", "attributes": said}

    def responded(self, data: dict[str, Any]) -> Reply:
        native_id = data["relationships"]["review"]["data"]["id"]
        text, item = data["attributes"]["responseBody"], self.found(native_id)
        if item is None:
            return self.error(404, "NOT_FOUND", "There is no such review")
        if len(text) > 5970:
            return self.error(409, "ENTITY_ERROR.ATTRIBUTE.INVALID.TOO_LONG", "The response is too long")
        self.answered.append((native_id, text))
        self.respond(item.number, text)
        return self.json({"data": self.response(item.number)}, status=201)

    def error(self, status: int, code: str, detail: str) -> Reply:
        return self.json({"errors": [{"status": str(status), "code": code, "detail": detail}]}, status=status)


class AppStoreFeedRig(ReviewRig):
    name = "appstore-feed"
    tokens = False

    def __init__(self) -> None:
        super().__init__()
        self.options = {"app_id": APP, "feed": True, "countries": ["us"]}
        self.secrets = {}
        self.blank = False

    def native_id(self, number: int) -> str:
        return str(10_000 + number)

    def answer(self, asked: Asked) -> Reply:
        page = int(asked.path.partition("page=")[2].partition("/")[0])
        if page > 10:
            return Reply(status=400, body=b"CustomerReviews RSS page depth is limited to 10")
        shown = [] if self.blank else self.newest_first()[(page - 1) * self.page : page * self.page]
        records = [self.record(item) for item in shown]
        entry = f'"entry": {records[0] if len(records) == 1 else "[" + ",".join(records) + "]"}, ' if records else ""
        return self.json(f'{{"feed": {{{entry}"id": {{"label": "feed"}}}}}}')

    def fields(self, item: Item) -> dict[str, Any]:
        return {
            "author": {
                "uri": {"label": f"https://itunes.apple.com/us/reviews/id{item.number}"},
                "name": {"label": f"user{item.number}"},
            },
            "updated": {"label": self.changed(item).isoformat()},
            "im:rating": {"label": "2"},
            "id": {"label": self.native_id(item.number)},
            "title": {"label": "Not again"},
            "content": {"label": item.text, "attributes": {"type": "text"}},
            "link": {"attributes": {"rel": "related", "href": f"https://itunes.apple.com/us/review?id={APP}"}},
        }


class GooglePlayRig(ReviewRig):
    name = "googleplay"

    def __init__(self) -> None:
        super().__init__()
        self.options = {"package": PACKAGE, "page_size": self.page}
        self.secrets = {"service_account": account_json()}
        self.server.spared = "/token"

    def connector(self) -> Connector:
        self.options["token_base"] = self.server.base
        return super().connector()

    def native_id(self, number: int) -> str:
        return f"gp:AOqpTO_{number}"

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/token":
            return self.token(asked)
        assert asked.headers.get("authorization") == f"Bearer {SECRET}"
        base, _, rest = asked.path.removeprefix("/androidpublisher/v3/applications/").partition("/reviews")
        assert base == PACKAGE
        if not rest:
            return self.listing(asked)
        native_id = unquote(rest[1:]).removesuffix(":reply")
        item = self.found(native_id)
        if item is None:
            return self.error(404, "notFound", "The review was not found.")
        if asked.method == "POST":
            return self.replied(native_id, item, json.loads(asked.body)["replyText"])
        return self.json(self.record(item))

    def token(self, asked: Asked) -> Reply:
        form = dict(parse_qsl(asked.body))
        assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        told = self.claims(form["assertion"], google_key(), "RS256", f"{self.server.base}/token", 3600)
        assert told["iss"] == EMAIL
        return self.json({"access_token": SECRET, "expires_in": 3599, "token_type": "Bearer"})

    def listing(self, asked: Asked) -> Reply:
        since = self.clock.now().timestamp() - 7 * 86_400
        shown = [item for item in self.newest_first() if self.changed(item).timestamp() > since]
        after, size = asked.query.get("token", "p0"), int(asked.query["maxResults"])
        if not after[1:].isdigit():
            return self.error(400, "invalid", "Invalid token")
        start = int(after[1:])
        records = ",".join(self.record(item) for item in shown[start : start + size])
        body = f'"reviews": [{records}]' if records else ""
        if start + size < len(shown):
            following = f"p{start if self.loops and start else start + size}"
            body += f', "tokenPagination": {{"nextPageToken": "{following}"}}'
        return self.json(f"{{{body}}}")

    def fields(self, item: Item) -> dict[str, Any]:
        said = {
            "text": f"\t{item.text}",
            "lastModified": self.seconds(self.changed(item)),
            "starRating": 2,
            "reviewerLanguage": "en",
            "thumbsUpCount": 3,
        }
        comments: list[dict[str, Any]] = [{"userComment": said}]
        if item.number in self.standing_replies:
            at = self.seconds(self.replied_at[item.number])
            comments.append({"developerComment": {"text": self.standing_replies[item.number], "lastModified": at}})
        return {"reviewId": self.native_id(item.number), "authorName": "Ann", "comments": comments}

    @staticmethod
    def seconds(instant: datetime) -> dict[str, Any]:
        return {"seconds": str(int(instant.astimezone(UTC).timestamp())), "nanos": 713_000_000}

    def replied(self, native_id: str, item: Item, text: str) -> Reply:
        if len(text) > 350:
            return self.error(400, "replyTooLong", "The reply is too long.")
        self.answered.append((native_id, text))
        # Google Play shows what it was sent with its white space tidied and some characters written as HTML does.
        self.respond(item.number, " ".join(text.split()).replace("'", "&#39;"))
        return self.json({"result": {"replyText": text, "lastEdited": self.seconds(self.clock.now())}})

    def error(self, status: int, reason: str, message: str) -> Reply:
        errors = [{"message": message, "domain": "androidpublisher", "reason": reason}]
        return self.json({"error": {"code": status, "message": message, "errors": errors}}, status=status)
