"""What the agent sees and where they are: the list, one case, what is new."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.worker import Worker

from listener.domain.case import Case
from listener.domain.stored import CaseCard
from listener.domain.text import visible
from listener.errors import ClassifierError, ListenerError, NotFound
from listener.triage.card import Line
from listener.triage.drafting import latest_post
from listener.tui import pages
from listener.tui.asking import Prompt, Question
from listener.tui.case_list import CaseList
from listener.tui.case_text import CardView, Weighed, card_lines
from listener.tui.clerk import Seat
from listener.tui.drawing import Bar
from listener.tui.hints import hint_line, hints
from listener.tui.keys import bindings
from listener.tui.singly import Singly
from listener.tui.view import ROUND, View, narrowed, shows, spelled, turned

LOOK = 1.0
"""Seconds between two looks whether anything changed."""
AGES = 15
"""Looks between two redrawings of ages and dues."""
REST = 0.25
"""Seconds on a case before the model is asked which words decided."""
KEPT_WORDS = 500
"""Posts whose words are remembered."""


class DeskScreen(Screen[None]):
    """Moving, reading, narrowing; it changes nothing in the store."""

    AUTO_FOCUS = ""  # the keyboard is the desk's until something is asked
    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (150, "-wide")]  # noqa: RUF012 - an instance variable to Textual

    def __init__(self, seat: Seat, view: View) -> None:
        super().__init__()
        self.seat = seat
        self.view = view
        self.list = CaseList(id="list")
        self.card_view = CardView(id="card")
        self.prompt = Prompt(id="prompt")
        self.top, self.told, self.hint_bar = Bar(id="top"), Bar(id="told"), Bar(id="hints")
        self.card: CaseCard | None = None
        self.pinned: int | None = None
        """Stays listed while it is chosen, whatever the view says: what the agent has just taken."""
        self.can_undo = False
        self._page = pages.Page(cases=(), more=False, event=-1, at=seat.clock.now())
        self._anchors: list[pages.Key] = []
        """Where the earlier pages began, for going back up."""
        self._step = 0
        """How far the cursor goes on once the page it asked for is there."""
        self._known: set[int] | None = None
        self._counts: Mapping[str, tuple[int, int]] = {}
        self._looks = 0
        self._singly = Singly()
        self._words: dict[tuple[int, str], Weighed] = {}

    def compose(self) -> ComposeResult:
        yield self.top
        with Vertical(id="body"):
            with Vertical(id="left"):
                yield self.prompt
                yield self.list
            yield self.card_view
        yield self.told
        yield self.hint_bar

    def on_mount(self) -> None:
        self.told.tell((" Most pressing first: n takes the best free case, ? explains the rest.", "bold"))
        self.reload()
        self.set_interval(LOOK, self._look)

    def on_unmount(self) -> None:
        self._singly.close()

    # what is listed

    def reload(self, choose: int | None = None) -> None:
        """Read the page again; the chosen case stays chosen, or `choose` becomes it."""
        self.start("list", partial(self._reload, choose))

    def start(self, group: str, doing: Callable[[], Coroutine[None, None, None]]) -> None:
        """Begin something that reads or asks; what its group had begun before is given up."""
        _: Worker[None] = self.run_worker(doing, group=group, exclusive=True)

    async def _reload(self, choose: int | None) -> None:
        seat, after = self.seat, self._anchors[-1] if self._anchors else None
        if choose is not None:
            self.pinned = choose
        try:
            page = await self._singly(
                pages.read_page, seat.store, self.view, seat.agent, seat.clock.now(), after=after, pinned=self.pinned
            )
        except ListenerError as error:
            self._step = 0
            self.complain(error)
            return
        self._show_page(page, choose)
        try:
            self._counts = await self._singly(pages.read_counts, seat.store, seat.clock.now())
        except ListenerError as error:
            self.complain(error)
        self.tell_where()

    def _show_page(self, page: pages.Page, choose: int | None) -> None:
        before = self.list.chosen
        wanted = choose if choose is not None else before.id if before else None
        ids = [case.id for case in page.cases]
        if self._known is not None:
            # Not those that only moved up from the page behind.
            came = {case.id for case in page.cases if case.updated_at >= self._page.at}
            self.list.mark(came - self._known)
        self._known = set(ids)
        self._page = page
        at = ids.index(wanted) + self._step if wanted in ids else self.list.cursor
        self._step = 0
        self.list.show(page.cases, at, self.seat.reader())
        self.chose()

    async def _look(self) -> None:
        """Cheap enough for every second; a page is read only if some case changed."""
        self._looks += 1
        try:
            event = await asyncio.to_thread(pages.latest_event, self.seat.store)
        except ListenerError as error:
            self.complain(error)
            return
        if event != self._page.event:
            self.reload()
        elif self._looks % AGES == 0:
            self.list.show(self.list.cases, self.list.cursor, self.seat.reader())

    # the chosen case

    @property
    def chosen(self) -> Case | None:
        """As the card shows it, if it does: what the agent has looked at."""
        listed = self.list.chosen
        return self.card.case if self.card and listed and self.card.case.id == listed.id else listed

    def chose(self) -> None:
        """Another case is under the cursor, or the same one may have changed."""
        case = self.list.chosen
        if case is None:
            self.card = None
            self.card_view.show(self._nothing(), from_top=True)
        else:
            self.list.fresh.discard(case.id)
            self.pinned = case.id if case.id == self.pinned else None
            self.start("card", partial(self._read_card, case.id))
        self.tell_where()
        self.tell_next()

    async def _read_card(self, case_id: int) -> None:
        try:
            card = await asyncio.to_thread(pages.read_card, self.seat.store, case_id)
        except NotFound:
            self.reload()
            return
        except ListenerError as error:
            self.complain(error)
            return
        self._show_card(card)
        self.tell_next()
        await self._ask_model(card)

    def _show_card(self, card: CaseCard) -> None:
        other = self.card is None or self.card.case.id != card.case.id
        self.card = card
        self.card_view.show(tuple(card_lines(card, self.seat.reader(), self._weighed(card))), from_top=other)

    def _weighed(self, card: CaseCard) -> Weighed:
        post = latest_post(card)
        return self._words.get((post.id, post.mention.text), ()) if post else ()

    async def _ask_model(self, card: CaseCard) -> None:
        """Which words decided: after a rest, since the model takes longer than a card may."""
        post = latest_post(card)
        if post is None or post.verdict is None or post.verdict.model.startswith("agent:"):
            return
        key = (post.id, post.mention.text)
        if key in self._words:
            return
        await asyncio.sleep(REST)
        try:
            found = await asyncio.to_thread(pages.deciding, self.seat.settings.classifier, post.mention.text)
        except ClassifierError:
            # The verdict stands without it; `listener doctor` says what is wrong with the model.
            found = []
        if len(self._words) >= KEPT_WORDS:
            self._words.pop(next(iter(self._words)))
        self._words[key] = found
        if found and self.card is card:
            self._show_card(card)

    def _nothing(self) -> tuple[Line, ...]:
        if self._page.event < 0:
            return ((("Reading the queue …", "dim"),),)
        if self.view.narrowed:
            what = f"No case matches “{visible(spelled(self.view), 60)}” among {self.view.scope} cases."
            return ((), ((what, "bold"),), (("Esc clears the filter, / changes it.", ""),))
        said = {
            "all": ("Nothing waits: every case is done.", "New posts come by themselves while `listener run` runs."),
            "mine": ("You hold no case.", "n takes the most pressing free one; Tab shows what others hold."),
            "unassigned": ("No case is free.", "Tab shows those that colleagues hold."),
        }[self.view.scope]
        return ((), ((said[0], "bold"),), ((said[1], ""),))

    # moving

    def action_move(self, by: int) -> None:
        self.go_to(self.list.cursor + by)

    def action_edge(self, end: int) -> None:
        self.go_to(len(self.list.cases) - 1 if end > 0 else 0)

    def on_case_list_chosen(self, message: CaseList.Chosen) -> None:
        self.go_to(message.index)

    def go_to(self, index: int) -> None:
        """The cursor on another line, and past the page's end on the next page."""
        last = len(self.list.cases) - 1
        if index > last and self._page.more and last >= 0:
            middle = self.list.cases[last // 2]
            self._turn_page([*self._anchors, pages.place(middle)], 1)
        elif index < 0 and self._anchors:
            self._turn_page(self._anchors[:-1], -1)
        else:
            self.list.go_to(index)
            self.chose()

    def _turn_page(self, anchors: list[pages.Key], step: int) -> None:
        """The page that overlaps this one by half; a key held down waits for it."""
        if self._step == 0:
            self._anchors, self._step, self._known = anchors, step, None
            self.reload()

    def action_read(self, pages: int) -> None:
        self.card_view.scroll_pages(pages)

    def action_line(self, by: int) -> None:
        self.card_view.scroll_lines(by)

    # narrowing

    def show_view(self, view: View) -> None:
        """Other cases, from the top."""
        if view == self.view:
            return
        self.view, self.pinned, self._known, self._step = view, None, None, 0
        self._anchors.clear()
        # What is at hand already is narrowed at once; the store is asked for the rest.
        self.list.show([case for case in self._page.cases if shows(case, view)], self.list.cursor, self.seat.reader())
        self.tell_where()
        self.reload()

    def action_turn(self, steps: int) -> None:
        self.show_view(turned(self.view, steps))

    def action_filter(self) -> None:
        before = self.view

        def changed(text: str) -> Line:
            try:
                self.show_view(narrowed(before, text))
            except ListenerError as error:
                return ((f"  {error}", "yellow"),)
            return ()

        self.prompt.ask(
            Question(
                title="Which cases?",
                lines=((("words, queue:billing, brand:…, platform:x, is:mine, is:snoozed, is:resolved", "dim"),),),
                given=spelled(before),
                changed=changed,
                answered=changed,
                left=lambda _: self.show_view(before),
            )
        )

    def on_prompt_turned(self) -> None:
        self.tell_next()

    def action_leave(self) -> None:
        if self.prompt.question is not None:
            self.prompt.leave()
        elif self.view.narrowed:
            self.show_view(View(scope=self.view.scope))
        else:
            self.list.fresh.clear()
            self.list.refresh()
            self.tell_where()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a question is open the desk's keys rest, but for leaving it and for reading on."""
        return self.prompt.question is None or action not in _DESK or action in ("leave", "read")

    # telling

    def tell(self, said: str) -> None:
        """What was done, in the line above the keys."""
        self.told.tell((f" {said}", "bold"), ("  u undoes it" if self.can_undo else "", "dim"))

    def complain(self, error: ListenerError) -> None:
        """What stopped it, and what to do now."""
        step = f" → {visible(error.next_step, 200)}" if error.next_step else ""
        self.told.tell((" ! ", "bold reverse"), (f" {visible(str(error), 400)}{step}", "bold yellow"))

    def tell_where(self) -> None:
        """Who, whose cases, how many, which filter, what is new."""
        open_, free = (sum(pair[i] for pair in self._counts.values()) for i in (0, 1))
        scopes = [
            (f"[{one}]" if one is self.view.scope else f" {one} ", "bold" if one is self.view.scope else "")
            for one in ROUND
        ]
        at = f"  {self.list.cursor + 1} of {len(self.list.cases)}{'+' if self._page.more else ''}"
        pieces = [(f" {visible(self.seat.agent, 30)} ", "bold reverse"), (" ", ""), *scopes]
        pieces.append((at if self.list.cases else "", ""))
        pieces.append((f"  {len(self.list.fresh)} new" if self.list.fresh else "", "bold"))
        if self.view.narrowed:
            partly = f" (first {pages.SEARCHED:,} cases)" if self._page.partly else ""
            pieces.append((f"  filter: {visible(spelled(self.view), 60)}{partly}", "bold"))
        pieces.append((f"  {open_:,} open, {free:,} free" if self._counts else "", ""))
        self.top.tell(*pieces)

    def tell_next(self) -> None:
        """The keys that matter now."""
        asked = self.prompt.question
        shown = (
            asked.hints if asked else hints(self.chosen, self.seat.agent, self.seat.clock.now(), can_undo=self.can_undo)
        )
        self.hint_bar.tell(*hint_line(shown, self.size.width))


_DESK = frozenset(str(binding.action).partition("(")[0] for binding in bindings())
