"""What an account's webhook tells: comments on its posts, and where somebody else named it.

Of a mention the event brings only ids, and nothing lists mentions: what is named there is asked for at once.
"""

from listener.connectors.boundary import id_of, optional_id
from listener.connectors.graph_events import NOTHING, Event, Told
from listener.connectors.instagram_answers import Answers
from listener.connectors.instagram_posts import read_comment, read_mentioned, read_post
from listener.connectors.jsons import table
from listener.domain.budget import Purpose
from listener.errors import SkipRecord

NO_MENTION = (
    "story_insights",
    "messages",
    "messaging_handover",
    "messaging_postbacks",
    "messaging_referral",
    "messaging_seen",
    "message_reactions",
    "message_edit",
    "standby",
)
"""Numbers, and what is private."""
GONE = "what names the account is gone, or not shown to it"


class Events:
    """The events of one account."""

    def __init__(self, answers: Answers, account: str) -> None:
        self._answers = answers
        self._account = account

    def tell(self, event: Event) -> Told:
        """What it brings. Raises `SkipRecord` for what isn't known, and as `Graph.get` does."""
        if event.field in NO_MENTION:
            return NOTHING
        if event.field in ("comments", "live_comments"):
            return self._comment(event)
        if event.field == "mentions":
            return self._mention(event)
        raise SkipRecord(f"no event of {event.field:.40} is known")

    def _comment(self, event: Event) -> Told:
        said = table(event.value)
        who = table(said.get("from"))
        if optional_id(who.get("id")) == self._account or who.get("self_ig_scoped_id") is not None:
            return NOTHING
        return Told(mention=read_comment({"timestamp": event.at.isoformat(), **said}, said.get("media")))

    def _mention(self, event: Event) -> Told:
        said = table(event.value)
        post = id_of(said.get("media_id"), "media_id")
        comment = optional_id(said.get("comment_id"))
        if not _plain(post) or (comment and not _plain(comment)):
            raise SkipRecord("an id that is no number")
        if comment:
            record = self._answers.mentioned_comment(comment, Purpose.READ)
            found = read_mentioned(record, post) if table(record) else None
        else:
            record = self._answers.mentioned_post(post, Purpose.READ)
            found = read_post(record, named=True) if table(record) else None
        if found is None:
            raise SkipRecord(GONE)
        return Told(mention=found)


def _plain(native_id: str) -> bool:
    """Ids are put between brackets and into paths: nothing else may come along."""
    return native_id.isascii() and native_id.isdigit()
