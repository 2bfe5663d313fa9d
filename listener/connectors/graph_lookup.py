"""Posts looked up again by their ids, and our own answers found among what stands under one.

Meta says with the same words that an object is gone and that it isn't for us to see. So its word is taken only from a
token that sees something of the same kind at that moment: another of those asked for, or else one that surely stands.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from listener.connectors.boundary import optional_id
from listener.connectors.graph import Graph
from listener.connectors.jsons import table
from listener.connectors.recognise import same_words
from listener.domain.budget import Purpose
from listener.domain.mention import Mention
from listener.domain.platform import Fate, Rechecked
from listener.errors import Retry, SkipRecord

SKEW = timedelta(minutes=5)
"""Between Meta's clock and ours."""
OWN_PAGES = 20
"""Of 100 comments each, looked through for one answer."""

Read = Callable[[object, Mention], Mention]


def looked_up(
    graph: Graph, mentions: Sequence[Mention], fields: str, read: Read, standing: Callable[[], Iterator[str]]
) -> list[Rechecked]:
    """What became of them; those that nothing can be said of are left out. `standing` gives ids that surely stand."""
    asked = {mention.key.native_id: mention for mention in mentions}
    found = graph.several(list(asked), fields, Purpose.RECHECK) if asked else {}
    if found and not any(found.values()):
        other = next((one for one in standing() if one not in asked), "")
        if not other or graph.one(other, fields, Purpose.RECHECK) is None:
            return []
    return [rechecked(asked[one], record, read) for one, record in found.items()]


def rechecked(mention: Mention, record: Mapping[str, object] | None, read: Read) -> Rechecked:
    """What a record, or None for one that is said to be none, tells of a mention."""
    if record is None:
        return Rechecked(key=mention.key, fate=Fate.DELETED)
    if optional_id(record.get("id")) != mention.key.native_id:
        return Rechecked(key=mention.key, fate=Fate.UNAVAILABLE)
    try:
        now = read(record, mention)
    except (SkipRecord, ValueError):
        return Rechecked(key=mention.key, fate=Fate.ALIVE)
    # What an object doesn't say of itself stays as its listing said it.
    known = replace(now, thread=now.thread or mention.thread, parent=now.parent or mention.parent)
    return Rechecked(key=mention.key, fate=Fate.ALIVE, mention=replace(known, url=now.url or mention.url))


def own_answer(
    graph: Graph,
    path: str,
    query: Mapping[str, str],
    *,
    ours: Callable[[object], bool],
    at: Callable[[object], datetime | None],
    words: tuple[str, str],
    since: datetime,
) -> str:
    """The id of our own comment that says so; empty if there surely is none. `words` are (field, text)."""
    field, text = words
    for number, page in enumerate(graph.pages(path, query, purpose=Purpose.REPLY)):
        if number == OWN_PAGES:
            break
        for record in page.records:
            shown = table(record).get(field)
            recent = (at(record) or since) >= since - SKEW
            if ours(record) and recent and isinstance(shown, str) and same_words(shown, text):
                return optional_id(table(record).get("id"))
        if page.following is None:
            return ""
    raise Retry("too much stands under this post to tell whether the answer was sent")
