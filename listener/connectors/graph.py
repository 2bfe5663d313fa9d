"""Meta's Graph API: its calls, what its refusals mean, and what it says of how much may still be asked.

A refusal is told by `error.code`, not by its status. The token goes into a header, since an address is logged by every
proxy on its way. How much may be asked is told as a percentage of a rolling window; what a call takes of it isn't, so
each answer corrects what the last one said.

Paging cursors end with whatever they point at, so none outlives the run that it was given to.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from listener.connectors.boundary import name_of
from listener.connectors.budget import credential_of
from listener.connectors.graph_refusals import Refusal, refusal_of, to_error
from listener.connectors.graph_usage import UsageBudget
from listener.connectors.http import Answer, Limits
from listener.connectors.jsons import rows, table
from listener.connectors.options import Options
from listener.connectors.wire import Wire
from listener.domain.budget import Purpose
from listener.domain.policy import Secret
from listener.errors import ConfigError, ListenerError, NotPermitted, Retry

if TYPE_CHECKING:
    from listener.connectors import Tools

BASE = "https://graph.facebook.com"
BUCKET = "calls"
NO_MORE_LISTS = 26
"""From this version on `/?ids=` is refused, and objects are asked for one by one."""
MOST_IDS = 50
"""That one call may name."""
_FOLLOWED = ("after", "until", "offset", "__paging_token")
"""What is taken over from the address of a next page; nothing else of it is believed."""
_VERSION = re.compile(r"v([0-9]{1,3})\.[0-9]{1,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A page of a listing."""

    records: list[object]
    following: Mapping[str, str] | None
    """What to ask with for the next page; None at the end."""


def listed(answer: object) -> Listed:
    """A page, by itself or inside another answer. Raises `Retry` where it is none."""
    said = table(answer)
    if not isinstance(said.get("data"), list):
        raise Retry("Meta answered without a list")
    following = table(said.get("paging")).get("next")
    return Listed(records=rows(said.get("data")), following=_query(following) if isinstance(following, str) else None)


def _query(address: str) -> Mapping[str, str] | None:
    try:
        found = dict(parse_qsl(urlsplit(address).query))
    except ValueError as error:
        raise Retry("Meta gave an address that is none") from error
    kept = {name: found[name] for name in _FOLLOWED if found.get(name)}
    if not kept:
        raise Retry("Meta gave a next page without saying where it is")
    return kept


class Graph:
    """The calls of one token."""

    def __init__(self, options: Options, secrets: Mapping[str, Secret], tools: "Tools", who: str) -> None:
        """Raises `ConfigError` for a version that is none."""
        version = options.text("version")
        if not (found := _VERSION.fullmatch(version)):
            raise ConfigError(f"options.version is {version!r}: write it as v25.0")
        self._lists = int(found[1]) < NO_MORE_LISTS
        self.who = who
        self.refused: Refusal | None = None
        """What the last call was refused with; None if it wasn't."""
        token, secret = secrets["access_token"], secrets.get("app_secret")
        self._proof = _proof(token, secret) if secret else {}
        self._wire = Wire(
            f"{options.text('api_base') or BASE}/{version}",
            who=who,
            limits=Limits(timeout=options.number("timeout"), deadline=options.number("deadline")),
            budget=UsageBudget(tools.ledger, tools.clock, credential_of("meta", token.reveal()), who),
            clock=tools.clock,
            headers=lambda: {"Authorization": f"Bearer {token.reveal()}"},
            refuse=self._refusal,
        )

    def get(
        self, path: str, query: Mapping[str, str] | None = None, purpose: Purpose = Purpose.READ
    ) -> Mapping[str, object]:
        """An object. Raises as `Wire.get` does, and `Retry` where none came."""
        self.refused = None
        asked = {**(query or {}), **self._proof}
        # What a call takes isn't told, only what all calls together have taken: hence no units.
        answer = self._wire.get(path, asked, bucket=BUCKET, purpose=purpose, units=0)
        if not isinstance(answer, dict) or not answer or "error" in answer:
            raise Retry(f"{self.who} answered something other than was asked for")
        return answer

    def list(self, path: str, query: Mapping[str, str], purpose: Purpose = Purpose.READ) -> Listed:
        """A page of a listing. Raises as `get` does."""
        return listed(self.get(path, query, purpose))

    def pages(
        self, path: str, query: Mapping[str, str], first: Listed | None = None, purpose: Purpose = Purpose.READ
    ) -> Iterator[Listed]:
        """A listing page by page, from its newest or one in hand. Raises `Retry` where it leads in a circle."""
        page, met = first or self.list(path, query, purpose), set[tuple[tuple[str, str], ...]]()
        while True:
            yield page
            if page.following is None:
                return
            token = tuple(sorted(page.following.items()))
            if token in met:
                raise Retry(f"{self.who} gave the same page twice")
            met.add(token)
            page = self.list(path, {**query, **page.following}, purpose)

    def post(self, path: str, form: Mapping[str, str]) -> Mapping[str, object]:
        """Write something. Raises as `Wire.post` does."""
        self.refused = None
        return table(self._wire.post(path, form={**form, **self._proof}, bucket=BUCKET, units=0))

    def one(self, native_id: str, fields: str, purpose: Purpose) -> Mapping[str, object] | None:
        """An object by its id; None where it is said to be none. Raises as `get` does."""
        try:
            return self.get(f"/{native_id}", {"fields": fields}, purpose)
        except (ConfigError, NotPermitted):
            if self.refused is not None and self.refused.gone:
                return None
            raise

    def several(
        self, native_ids: Sequence[str], fields: str, purpose: Purpose
    ) -> dict[str, Mapping[str, object] | None]:
        """Objects by their ids, None for those said to be none; raises as `get` does.

        A call that names one such fails as a whole: it is then asked again by halves, down to the one.
        """
        if len(native_ids) == 1 or not self._lists:
            return {one: self.one(one, fields, purpose) for one in native_ids}
        found: dict[str, Mapping[str, object] | None] = {}
        for start in range(0, len(native_ids), MOST_IDS):
            found |= self._together(native_ids[start : start + MOST_IDS], fields, purpose)
        return found

    def _together(
        self, native_ids: Sequence[str], fields: str, purpose: Purpose
    ) -> dict[str, Mapping[str, object] | None]:
        if len(native_ids) == 1:
            return {native_ids[0]: self.one(native_ids[0], fields, purpose)}
        try:
            answer = self.get("/", {"ids": ",".join(native_ids), "fields": fields}, purpose)
        except (ConfigError, NotPermitted):
            if self.refused is None or not self.refused.spoils_all:
                raise
            half = len(native_ids) // 2
            return {
                **self._together(native_ids[:half], fields, purpose),
                **self._together(native_ids[half:], fields, purpose),
            }
        if not answer.keys() <= set(native_ids):
            raise Retry(f"{self.who} showed other objects than were asked for")
        return {one: table(answer[one]) for one in native_ids if isinstance(answer.get(one), dict)}

    def _refusal(self, answer: Answer, now: datetime) -> ListenerError:
        self.refused = refusal_of(answer)
        return to_error(self.refused, answer, now, who=self.who)


def said_of(graph: Graph) -> str:
    """Meta's own words for the last refusal."""
    return name_of(graph.refused.message) if graph.refused else ""


def _proof(token: Secret, secret: Secret) -> Mapping[str, str]:
    """Shows that who holds the token also holds the app's secret; worth nothing without the token."""
    digest = hmac.new(secret.reveal().encode(), token.reveal().encode(), hashlib.sha256).hexdigest()
    return {"appsecret_proof": digest}
