"""What was erased stays erased, also where an older copy of the database was put in its place."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from listener.domain.mention import MentionKey
from listener.ports import Store

_PAGE = 500


def erase_again(store: Store, erased: Collection[str], now: datetime) -> int:
    """Erase the posts and people whose hashes these are, and keep the hashes; how many posts were there."""
    with store.read() as reads:
        people, posts = reads.people_among(erased), reads.posts_among(erased)
    with store.write() as tx:
        tx.empty_histories(people)
        tx.bury(erased, now)
    for page in _pages(posts):
        with store.write() as tx:
            tx.delete_mentions(page, now)
    return len(posts)


def _pages(keys: Sequence[MentionKey]) -> Iterator[Sequence[MentionKey]]:
    return (keys[start : start + _PAGE] for start in range(0, len(keys), _PAGE))
