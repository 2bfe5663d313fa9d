"""Instagram, the other way: an answer under a comment on our own post, or where somebody else named us.

Who answers a reply answers in the thread it hangs in. What stands under a post of somebody else is shown only as far
as Instagram pleases: our answer may be found there, but that it isn't there can't be told.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from listener.connectors.boundary import optional_id
from listener.connectors.graph import Graph, listed, said_of
from listener.connectors.graph_lookup import looked_up, own_answer, rechecked
from listener.connectors.graph_refusals import BLOCKED, DUPLICATE
from listener.connectors.instagram_posts import (
    COMMENT,
    COMMENT_FIELDS,
    HIDDEN,
    MENTION,
    MENTIONED,
    MENTIONED_FIELDS,
    ONLY_TAGGED,
    PLATFORM,
    POST_FIELDS,
    TAG,
    read_comment,
    read_mentioned,
    read_post,
    written,
)
from listener.connectors.jsons import table
from listener.connectors.recognise import same_words
from listener.domain.answers import LIMITS
from listener.domain.budget import Purpose
from listener.domain.mention import Mention, MentionKey
from listener.domain.platform import Fate, Rechecked, Refused, Sent
from listener.errors import ConfigError, NotPermitted, Uncertain

LONGEST = LIMITS["instagram"]
GONE = "the comment is gone, or not shown to the account"
SKEW = timedelta(minutes=5)
TAG_PAGES = 20
"""Of 50 tags each, looked through for some that are stored."""
_OWN_FIELDS = "id,text,timestamp,username,from,user"
_NEWEST = {"fields": "comments.limit(10){id,username,user}", "limit": "10"}


class Answers:
    """Answers as one account."""

    def __init__(self, graph: Graph, account: str, ours: Callable[[object], bool]) -> None:
        self._graph = graph
        self._account = account
        self._ours = ours

    def reply(self, to: Mention, text: str) -> Sent | Refused:
        if len(text) > LONGEST:
            return Refused(reason=f"longer than the {LONGEST:,} characters that Instagram takes")
        if to.ref == TAG or not to.can_reply:
            return Refused(reason=to.reply_note or ONLY_TAGGED)
        path, form = self._call(to)
        try:
            made = self._graph.post(path, {**form, "message": text})
        except (ConfigError, NotPermitted):
            if why := self._refused(to):
                return Refused(reason=why)
            raise
        native_id = optional_id(made.get("id"))
        if not native_id:
            raise Uncertain("Instagram answered something other than the comment that was made")
        return _sent(native_id, to)

    def _call(self, to: Mention) -> tuple[str, dict[str, str]]:
        if to.ref.startswith(MENTIONED):
            return f"/{self._account}/mentions", {"media_id": _post_of(to), "comment_id": to.key.native_id}
        if to.ref == MENTION:
            return f"/{self._account}/mentions", {"media_id": to.key.native_id}
        return f"/{_thread(to)}/replies", {}

    def _refused(self, to: Mention) -> str:
        """Why this one reply is never taken; empty where the refusal isn't about it."""
        said = self._graph.refused
        if said is None or not said.code:
            return ""
        if said.gone:
            return GONE
        if said.code in (BLOCKED, DUPLICATE):
            return said_of(self._graph) or "Instagram doesn't take it"
        if to.ref != COMMENT or not (said.code in (10, 100) or 200 <= said.code < 300):
            return ""
        found = self._graph.one(_thread(to), "id,hidden", Purpose.REPLY)
        if found is None:
            return GONE
        return HIDDEN if found.get("hidden") is True else ""

    def find_sent(self, to: Mention, text: str, since: datetime) -> Sent | None:
        if to.ref == COMMENT:
            found = own_answer(
                self._graph,
                f"/{_thread(to)}/replies",
                {"fields": _OWN_FIELDS, "limit": "50"},
                ours=self._ours,
                at=written,
                words=("text", text),
                since=since,
            )
            return _sent(found, to) if found else None
        return self._elsewhere(to, text, since)

    def _elsewhere(self, to: Mention, text: str, since: datetime) -> Sent:
        """Under somebody else's post. Raises `NotPermitted` where it isn't shown, since nothing can be said then."""
        shown = self._mentioned_post(_post_of(to), f"id,comments{{{_OWN_FIELDS}}}", Purpose.REPLY)
        comments = table(shown).get("comments")
        for record in listed(comments).records if comments else ():
            said = table(record).get("text")
            recent = (written(record) or since) >= since - SKEW
            if self._ours(record) and recent and isinstance(said, str) and same_words(said, text):
                return _sent(optional_id(table(record).get("id")), to)
        raise NotPermitted(
            "Instagram doesn't show all that stands under somebody else's post",
            next_step="look at the post, then say what came of the answer",
        )

    # What names us elsewhere

    def mentioned_comment(self, native_id: str, purpose: Purpose) -> object:
        """A comment that names us; None where it is gone. Raises as `Graph.get` does."""
        return self._named(f"mentioned_comment.comment_id({native_id}){{{MENTIONED_FIELDS}}}", purpose)

    def mentioned_post(self, native_id: str, purpose: Purpose) -> object:
        """A post that names us; None where it is gone. Raises as `Graph.get` does."""
        return self._mentioned_post(native_id, POST_FIELDS, purpose)

    def _mentioned_post(self, native_id: str, fields: str, purpose: Purpose) -> object:
        return self._named(f"mentioned_media.media_id({native_id}){{{fields}}}", purpose)

    def _named(self, field: str, purpose: Purpose) -> object:
        found = self._graph.one(self._account, field, purpose)
        return found.get(field.partition(".")[0]) if found is not None else None

    # Looking again

    def recheck(self, mentions: Sequence[Mention]) -> list[Rechecked]:
        """That something is gone counts only from an account that sees another one of its kind."""
        own = [mention for mention in mentions if (mention.ref or COMMENT) == COMMENT]
        told = looked_up(self._graph, own, COMMENT_FIELDS, _again, self._standing)
        elsewhere = [mention for mention in mentions if mention.ref == MENTION or mention.ref.startswith(MENTIONED)]
        found = [(mention, self._shown(mention)) for mention in elsewhere]
        seen = [rechecked(mention, table(record) or None, _again) for mention, record in found]
        return [*told, *_sure(seen), *_sure(self._tags([mention for mention in mentions if mention.ref == TAG]))]

    def _tags(self, mentions: Sequence[Mention]) -> list[Rechecked]:
        """Posts that only tag us can't be asked for: they are looked for in the list, and gone if all of it is read."""
        asked = {mention.key.native_id: mention for mention in mentions}
        told: list[Rechecked] = []
        query = {"fields": POST_FIELDS, "limit": "50"}
        pages = self._graph.pages(f"/{self._account}/tags", query, purpose=Purpose.RECHECK) if asked else iter(())
        for number, page in enumerate(pages, 1):
            by_id = {optional_id(table(one).get("id")): one for one in page.records}
            shown = {native_id: one for native_id, one in by_id.items() if native_id in asked}
            told += [rechecked(asked.pop(native_id), table(one), _again) for native_id, one in shown.items()]
            if page.following is None:
                return told + [rechecked(mention, None, _again) for mention in asked.values()]
            if not asked or number == TAG_PAGES:
                break
        return told

    def _shown(self, mention: Mention) -> object:
        native_id = mention.key.native_id
        if mention.ref == MENTION:
            return self.mentioned_post(native_id, Purpose.RECHECK)
        return self.mentioned_comment(native_id, Purpose.RECHECK)

    def _standing(self) -> Iterator[str]:
        """Comments by others that our newest posts show now."""
        newest = self._graph.list(f"/{self._account}/media", _NEWEST, Purpose.RECHECK)
        for post in newest.records:
            shown = table(post).get("comments")
            for comment in listed(shown).records if shown else ():
                if not self._ours(comment) and (found := optional_id(table(comment).get("id"))):
                    yield found


def _sure(found: list[Rechecked]) -> list[Rechecked]:
    """Without what is said to be gone, where nothing is shown at all."""
    alive = any(one.fate is Fate.ALIVE for one in found)
    return [one for one in found if alive or one.fate is not Fate.DELETED]


def _again(record: object, mention: Mention) -> Mention:
    """As it reads now."""
    if mention.ref in (MENTION, TAG):
        return read_post(record, named=mention.ref == MENTION)
    if mention.ref.startswith(MENTIONED):
        return read_mentioned(record, _post_of(mention))
    return read_comment(record, {})


def _post_of(mention: Mention) -> str:
    """The post of somebody else that a mention stands under, or is."""
    return mention.ref.removeprefix(MENTIONED) if mention.ref.startswith(MENTIONED) else mention.key.native_id


def _thread(mention: Mention) -> str:
    """The comment that a thread hangs on."""
    in_thread = mention.parent and mention.parent != mention.thread
    return mention.parent if in_thread else mention.key.native_id


def _sent(native_id: str, to: Mention) -> Sent:
    return Sent(key=MentionKey(platform=PLATFORM, native_id=native_id), url=to.url)
