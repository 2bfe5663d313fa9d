"""Mastodon's posts as mentions, and what their ids tell."""

from dataclasses import dataclass
from datetime import UTC, datetime

from listener.connectors.boundary import id_of, lang_of, link_of, name_of, optional_id
from listener.connectors.instants import parse_instant
from listener.connectors.jsons import count, raw_text, rows, table
from listener.connectors.markup import to_text
from listener.domain.mention import Author, Mention, MentionKey, Metrics, Reject
from listener.domain.text import clean
from listener.errors import SkipRecord

LEAST_TIMED_ID = 1 << 50
"""Ids from here on tell their time (Mastodon's since 2017); smaller ones are running numbers."""
TIME_BITS = 16
PUBLIC = ("public", "unlisted")

NO_ACCOUNT = "no account is signed in at this instance: open the post in a browser"
NOT_TO_US = "it doesn't mention the account that is signed in, and nobody is answered unasked: open it in a browser"


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks at posts, and where: a post has another id on each instance."""

    host: str
    signed_in: bool = False
    account_id: str = ""
    """Our account's id there; empty while it isn't known."""


def read_status(record: object, viewer: Viewer, *, told: bool = False) -> Mention:
    """One post; `told`: the instance notified us of it. Raises `SkipRecord` or `ValueError` with the reason."""
    if not isinstance(record, dict):
        raise SkipRecord(f"post is a {type(record).__name__}")
    account = table(record.get("account"))
    acct = name_of(account.get("acct"))
    handle = acct if "@" in acct or not acct else f"{acct}@{viewer.host}"
    local = optional_id(record.get("id"))
    note = _why_not(record, viewer, told=told)
    return Mention(
        # The same post has another id on each instance; its address is one.
        key=MentionKey(platform="mastodon", native_id=id_of(record.get("uri"), "uri")),
        author=Author(
            platform="mastodon",
            native_id=optional_id(account.get("uri")) or optional_id(account.get("url")) or handle,
            handle=handle,
            name=name_of(account.get("display_name")),
            followers=count(account.get("followers_count")) if "followers_count" in account else None,
        ),
        text=words_of(record),
        created_at=parse_instant(record.get("created_at")),
        url=link_of(record.get("url")) or link_of(record.get("uri")),
        thread=optional_id(record.get("in_reply_to_id")) or local,
        parent=optional_id(record.get("in_reply_to_id")),
        lang=lang_of(record.get("language")),
        is_repost=record.get("reblog") is not None,
        version=name_of(record.get("edited_at")),
        metrics=Metrics(
            likes=count(record.get("favourites_count")),
            replies=count(record.get("replies_count")),
            reposts=count(record.get("reblogs_count")),
        ),
        can_reply=not note,
        reply_note=note,
        ref=f"{viewer.host}:{local}" if local else "",
        raw=raw_text(record),
    )


def words_of(record: object) -> str:
    """A post's words, its warning before them. Raises `SkipRecord` where it has none."""
    parts = [table(record).get("spoiler_text"), table(record).get("content")]
    text = clean("\n\n".join(to_text(part) for part in parts if isinstance(part, str) and part))
    if not text:
        raise SkipRecord("post has no text")
    return text


def _why_not(record: dict[str, object], viewer: Viewer, *, told: bool) -> str:
    """Why it can't be answered from here; empty if it can."""
    if not viewer.signed_in:
        return NO_ACCOUNT
    return "" if told or mentions_account(record, viewer.account_id) else NOT_TO_US


def mentions_account(record: object, account_id: str) -> bool:
    named = [optional_id(table(one).get("id")) for one in rows(table(record).get("mentions"))]
    return bool(account_id) and account_id in named


def status_of(record: object) -> object:
    """The post itself: a notification holds one."""
    status = table(record).get("status")
    return record if status is None else status


def is_public(record: object) -> bool:
    """Whether everybody may read it; what doesn't say so is left for the reader to judge."""
    visibility = table(status_of(record)).get("visibility")
    return visibility in PUBLIC or not isinstance(visibility, str)


def not_public(record: object) -> Reject:
    """A message to us that isn't for the public: told of, not kept."""
    status = table(status_of(record))
    where = link_of(status.get("url")) or link_of(status.get("uri"))
    reason = f"not public ({name_of(status.get('visibility'))}): read it at {where or 'its instance'}"
    return Reject(reason=reason, raw="", native_id=optional_id(status.get("uri")))


def local_id(record: object) -> str:
    return optional_id(table(record).get("id"))


def _rank(native_id: str) -> tuple[int, str]:
    """Order of ids: numbers by value; others, such as ULIDs, as text of one length."""
    return len(native_id), native_id


def newest(ids: list[str]) -> str:
    return max(ids, key=_rank, default="")


def oldest(ids: list[str]) -> str:
    return min((native_id for native_id in ids if native_id), key=_rank, default="")


def is_after(native_id: str, other: str) -> bool:
    return _rank(native_id) > _rank(other)


def timed(native_id: str) -> bool:
    """Whether an id tells when its post was written."""
    return native_id.isdigit() and native_id.isascii() and int(native_id) >= LEAST_TIMED_ID


def first_id_at(instant: datetime) -> str:
    """The least id of a post written at an instant, where ids tell their time."""
    return str(round(instant.timestamp() * 1000) << TIME_BITS)


def earlier(native_id: str, minutes: float) -> str:
    """An id of some minutes before, where ids tell their time; else the same."""
    if not timed(native_id):
        return native_id
    return str(max(0, int(native_id) - (round(minutes * 60_000) << TIME_BITS)))


def plausible(native_id: str, now: datetime) -> str:
    """The id, unless it lies in the future: nothing would ever be newer, and calm would hide a loss."""
    if len(native_id) > 64 or optional_id(native_id) != native_id:
        return ""
    if timed(native_id) and int(native_id) >> TIME_BITS > (now.timestamp() + 3600) * 1000:
        return ""
    return native_id


def written(record: object, unknown: datetime) -> datetime:
    """When a post was written."""
    return _at(status_of(record), unknown)


def listed_at(record: object, unknown: datetime) -> datetime:
    """What a timeline sorts a record by: a notification's own time, else when the post was written."""
    return _at(record, unknown)


def _at(record: object, unknown: datetime) -> datetime:
    try:
        return parse_instant(table(record).get("created_at"))
    except ValueError:
        return unknown.astimezone(UTC)
