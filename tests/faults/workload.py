"""A short day's work through the store: what a power cut may interrupt."""

from datetime import timedelta

from listener.domain.case import CaseChange, CaseDraft, EventKind, Reason
from listener.domain.mention import MentionKey
from listener.ports import Store
from tests.builders import NOON, author, scored

PAGES = 6
POSTS = 8


def a_day(store: Store, pages: int = PAGES) -> None:
    """Pages of posts with cases and their cursor; each case answered and resolved; some posts deleted."""
    for page in range(pages):
        at = NOON + timedelta(minutes=5 * page)
        with store.write() as tx:
            posts = [
                scored(native_id=f"{page}-{n}", author=author(f"a{page}-{n}"), created_at=at) for n in range(POSTS)
            ]
            saved = tx.save_mentions(posts, at)
            case = tx.open_case(_draft(saved[0].id, saved[0].author_id, page, at))
            tx.save_cursor("x", str(page), at)
        with store.write() as tx:
            change = CaseChange(kind=EventKind.REPLIED, agent="ada", at=at, set={"first_reply_at": at})
            case = tx.change_case(case.id, case.version, change)
        with store.write() as tx:
            done = CaseChange(kind=EventKind.RESOLVED, agent="ada", at=at, set={"resolved_at": at})
            tx.change_case(case.id, case.version, done)
        with store.write() as tx:
            tx.delete_mentions([MentionKey(platform="x", native_id=f"{page}-{n}") for n in (1, 2)], at)


def _draft(mention: int, writer: int, page: int, at: object) -> CaseDraft:
    return CaseDraft(
        brand="Acme",
        author_id=writer,
        thread=f"t{page}",
        mention_id=mention,
        queue="support",
        reason=Reason.COMPLAINT,
        priority=20.0,
        terms={"severity": 20.0},
        escalated=False,
        due_at=None,
        opened_at=at,  # type: ignore[arg-type]
    )
