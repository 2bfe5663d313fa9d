"""The card on the desk: its lines, and the widget that scrolls them."""

from collections.abc import Iterator, Sequence

from listener.domain.case import EventKind
from listener.domain.stored import CaseCard
from listener.domain.text import visible
from listener.triage import card as drawn
from listener.triage.card import Line, Reader
from listener.triage.drafting import latest_post
from listener.tui.drawing import Drawn, wrapped

POSTS = 20
"""Of a long thread, the latest; `listener case show` has all."""
EVENTS = 60
TELLING = 0.3
"""Log-odds below which a word moved nothing to speak of."""
WORDS = 5

Weighed = Sequence[tuple[int, int, float]]
"""(start, end, log-odds) of words."""


def card_lines(card: CaseCard, reader: Reader, weighed: Weighed = ()) -> Iterator[Line]:
    """What matters first: how urgent, who, what they say last; then the thread, the notes and what happened."""
    yield drawn.title(card.case, reader)
    yield drawn.promise(card.case, reader)
    yield drawn.author_line(card)
    yield from drawn.sends_line(card, reader)
    yield ()
    yield from _latest(card, reader, weighed)
    yield drawn.points_line(card, reader)
    notes = [event for event in card.events if event.kind is EventKind.NOTED]
    if notes:
        yield ()
        yield (("Notes", "bold"),)
        yield from (drawn.event_line(event, reader) for event in notes)
    yield from _thread(card, reader)
    yield ()
    yield (("History, newest first", "bold"),)
    yield from (drawn.event_line(event, reader) for event in reversed(card.events[-EVENTS:]))


def _latest(card: CaseCard, reader: Reader, weighed: Weighed) -> Iterator[Line]:
    post = latest_post(card)
    if post is None:
        yield (("The author has deleted every post of this case.", "yellow"),)
        return
    telling = sorted((one for one in weighed if abs(one[2]) >= TELLING), key=lambda one: -abs(one[2]))[:WORDS]
    words = [(start, end, "bold underline" if weight > 0 else "underline") for start, end, weight in telling]
    yield from drawn.post_lines(post, card.case.brand, reader, words=words, post_case=card.case.id)
    yield drawn.model_line(post.verdict)
    if telling and not (reader.covers(card.case.id) and drawn.is_abusive(post.verdict)):
        yield _moved_by(post.mention.text, telling)
    if not post.mention.can_reply:
        note = post.mention.reply_note or "the platform doesn't say that a reply can be sent"
        yield (("A reply may not get through: ", "yellow"), (visible(note, 200), "yellow"))


def _moved_by(text: str, telling: Weighed) -> Line:
    said = ", ".join(f"“{visible(text[start:end], 40)}” {weight:+.1f}" for start, end, weight in telling)
    return (("Underlined words decided: ", "dim underline"), (f"{said} (log-odds)", "dim"))


def _thread(card: CaseCard, reader: Reader) -> Iterator[Line]:
    if len(card.mentions) < 2:
        return
    yield ()
    yield ((f"The whole thread: {len(card.mentions)} posts, oldest first", "bold"),)
    if len(card.mentions) > POSTS:
        yield ((f"… {len(card.mentions) - POSTS} earlier ones: listener case show {card.case.id}", "dim"),)
    for post in card.mentions[-POSTS:]:
        yield from drawn.post_lines(post, card.case.brand, reader, post_case=card.case.id)
        yield drawn.model_line(post.verdict)


class CardView(Drawn):
    """Lines that scroll, under a rule that says how far one has read."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self._lines: Sequence[Line] = ()
        self._folded: list[Line] = []
        self._top = 0

    def show(self, lines: Sequence[Line], *, from_top: bool) -> None:
        """Other lines; of the same card one goes on reading where one was."""
        self._lines = lines
        self._fold()
        self.scroll_lines(0 if not from_top else -self._top)

    def scroll_lines(self, by: int) -> None:
        """Down, or up for a negative number."""
        self._top = min(max(0, self._top + by), max(0, len(self._folded) - self._room))
        self.refresh()

    def scroll_pages(self, by: int) -> None:
        self.scroll_lines(by * max(1, self._room - 2))

    @property
    def _room(self) -> int:
        return max(1, self.size.height - 1)

    def _fold(self) -> None:
        self._folded = [folded for line in self._lines for folded in (wrapped(line, self.size.width - 1) or [()])]

    def on_resize(self) -> None:
        self._fold()
        self.scroll_lines(0)

    def on_mouse_scroll_down(self) -> None:
        self.scroll_lines(2)

    def on_mouse_scroll_up(self) -> None:
        self.scroll_lines(-2)

    def line(self, y: int) -> Line:
        if y == 0:
            return self._rule()
        at = self._top + y - 1
        return self._folded[at] if at < len(self._folded) else ()

    def _rule(self) -> Line:
        end = min(len(self._folded), self._top + self._room)
        below = len(self._folded) - end
        said = f" {below} more lines: space " if below else " end " if self._top else ""
        return (("─" * max(0, self.size.width - len(said) - 3), "dim"), (said, "bold"), ("───", "dim"))
