"""What was erased stays erased, also where an older copy of the database was put in its place."""

from collections.abc import Collection
from datetime import datetime

from listener.ports import Store
from listener.store.base import in_chunks


def erase_again(store: Store, erased: Collection[str], now: datetime) -> int:
    """Erase the posts and people whose hashes these are, and keep the hashes; how many posts were there."""
    with store.read() as reads:
        people, posts = reads.people_among(erased), reads.posts_among(erased)
    with store.write() as tx:
        tx.empty_histories(people)
        tx.bury(erased, now)
    for page in in_chunks(posts):
        with store.write() as tx:
            tx.delete_mentions(page, now)
    return len(posts)
