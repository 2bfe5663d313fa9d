"""What the agent does: a key, perhaps a question, a verb of the desk, and what came of it."""

import asyncio
import webbrowser
from collections.abc import Callable, Coroutine
from datetime import timedelta
from functools import partial

from textual.worker import Worker

from listener.domain.case import Case
from listener.domain.text import visible
from listener.domain.verdict import Label
from listener.errors import ListenerError
from listener.triage.card import Line
from listener.triage.card_words import headline_of
from listener.triage.drafting import latest_post
from listener.tui import pages
from listener.tui.asking import Question
from listener.tui.clerk import Clerk, Outcome, Seat, Verb
from listener.tui.help import HELP
from listener.tui.screen import DeskScreen
from listener.tui.view import View

RECENT = timedelta(days=30)
"""How far back another case of the same author may be merged into."""
SENDING = 1.0
"""Seconds between two looks whether an answer is to be sent."""
LABELS = {"c": Label.COMPLAINT, "p": Label.PRAISE, "q": Label.QUESTION, "n": None}


class WorkScreen(DeskScreen):
    """The verbs. Each runs off the screen's thread, one after the other, on the version of the case that is shown."""

    def __init__(self, seat: Seat, view: View) -> None:
        super().__init__(seat, view)
        self.clerk = Clerk(seat)
        self.drafts: dict[int, str] = {}
        """Replies begun and left, by case."""
        self._done: list[int] = []
        """Cases acted on, the latest last: what undo goes through."""
        self._turn = asyncio.Lock()
        self._ours: dict[tuple[int, int], int] = {}
        """Case and a version of it that was shown → the version that our own act made of exactly that."""
        self._acted_on: tuple[int, int] | None = None
        self._post_at: dict[int, str] = {}
        self._sending = False

    def on_mount(self) -> None:
        if self.seat.sender is not None:
            self.set_interval(SENDING, self.send_due)

    def send_due(self) -> None:
        """Let go what has waited long enough; one platform at a time, off the screen's thread."""
        if not self._sending:
            self._sending = True
            _: Worker[None] = self.run_worker(self._send_due, group="sending")

    async def _send_due(self) -> None:
        try:
            told = await asyncio.to_thread(self.clerk.send_due)
        except ListenerError as error:
            self.complain(error)
        else:
            for said in told:
                self.tell(said)
        finally:
            self._sending = False

    def do(self, verb: Verb, *, undoable: bool = True) -> None:
        """Start a verb; its effect is shown when it is in the store."""
        doing: Callable[[], Coroutine[None, None, None]] = partial(self._do, verb, undoable=undoable)
        _: Worker[None] = self.run_worker(doing, group="verbs")

    async def _do(self, verb: Verb, *, undoable: bool) -> None:
        async with self._turn:
            self._acted_on = None
            try:
                outcome = await asyncio.to_thread(verb)
            except ListenerError as error:
                self.complain(error)
                self.reload()
                return
            self._remember(outcome)
        if outcome is None:
            where = f" in {visible(self.view.queue, 40)}" if self.view.queue else ""
            self.tell(f"Nothing waits{where}.")
            return
        self._came_of(outcome, undoable=undoable)

    def _came_of(self, outcome: Outcome, *, undoable: bool) -> None:
        if undoable:
            self._done.append(outcome.case.id)
        if outcome.url:
            self._post_at[outcome.case.id] = outcome.url
        self.can_undo = bool(self._done)
        self.tell(outcome.said)
        if not outcome.keeps:
            self.pinned = None
        self.reload(outcome.case.id if outcome.keeps else None)

    def _seen(self, case: Case) -> int:
        """The version an act goes by: the one shown, or what we ourselves have made of it since."""
        version = case.version
        while (case.id, version) in self._ours:
            version = self._ours[case.id, version]
        self._acted_on = case.id, version
        return version

    def _remember(self, outcome: Outcome | None) -> None:
        """What our act made of the version it went by, if it changed that case."""
        if outcome is None or self._acted_on is None:
            return
        case_id, version = self._acted_on
        if outcome.case.id == case_id and outcome.case.version > version:
            self._ours[case_id, version] = outcome.case.version

    def _on_chosen(self, act: Callable[[Case], object]) -> None:
        case = self.chosen
        if case is None:
            self.told.tell((" No case is chosen.", "bold yellow"))
        else:
            act(case)

    def _ask_line(
        self, title: str, verb: Callable[[str], Outcome], *, given: str = "", lines: tuple[Line, ...] = ()
    ) -> None:
        self.prompt.ask(
            Question(title=title, given=given, lines=lines, answered=lambda text: self.do(lambda: verb(text)))
        )

    # verbs without a question

    def action_next_case(self) -> None:
        queue = self.view.queue
        self.do(lambda: self.clerk.next(queue))

    def action_claim(self) -> None:
        self._on_chosen(lambda case: self.do(lambda: self.clerk.claim(case.id, self._seen(case))))

    def action_release(self) -> None:
        self._on_chosen(lambda case: self.do(lambda: self.clerk.release(case.id, self._seen(case))))

    def action_reopen(self) -> None:
        self._on_chosen(lambda case: self.do(lambda: self.clerk.reopen(case.id, self._seen(case))))

    def action_undo(self) -> None:
        """The last thing done here; then the one before; with nothing done here, on the chosen case."""
        if self._done:
            self.do(partial(self._undone, self._done[-1]), undoable=False)
        else:
            self._on_chosen(lambda case: self.do(lambda: self.clerk.undo(case.id), undoable=False))

    def _undone(self, case_id: int) -> Outcome:
        outcome = self.clerk.undo(case_id)
        self._done.pop()
        return outcome

    # verbs with one

    def action_note(self) -> None:
        self._on_chosen(
            lambda case: self._ask_line(
                f"Note on case {case.id}, for the team only", lambda text: self.clerk.note(case.id, text)
            )
        )

    def action_snooze(self) -> None:
        lines: tuple[Line, ...] = ((("30m, 2h, 3d, tomorrow, 17:30 or 2026-03-02 09:00", "dim"),),)
        self._on_chosen(
            lambda case: self._ask_line(
                f"Hide case {case.id} until when?",
                lambda text: self.clerk.snooze(case.id, self._seen(case), text),
                given="2h",
                lines=lines,
            )
        )

    def action_escalate(self) -> None:
        self._on_chosen(
            lambda case: self._ask_line(
                f"Why does case {case.id} go before all others?",
                lambda text: self.clerk.escalate(case.id, self._seen(case), text),
            )
        )

    def action_resolve(self) -> None:
        self._on_chosen(
            lambda case: self._ask_line(
                f"How was case {case.id} settled? Enter resolves it",
                lambda text: self.clerk.resolve(case.id, self._seen(case), text),
                given="done",
            )
        )

    def action_assign(self) -> None:
        self._on_chosen(
            lambda case: self._ask_line(
                f"To whom does case {case.id} go?", lambda text: self.clerk.assign(case.id, self._seen(case), text)
            )
        )

    def action_tag(self) -> None:
        self._on_chosen(
            lambda case: self._ask_line(
                f"Tags of case {case.id}: add one, take one away with -",
                lambda text: self.clerk.tag(case.id, self._seen(case), text),
                lines=(((" ".join(visible(tag, 60) for tag in case.tags) or "none so far", "dim"),),),
            )
        )

    def action_reply(self) -> None:
        self._on_chosen(self._write_reply)

    def _write_reply(self, case: Case) -> None:
        def answered(text: str) -> None:
            self.drafts[case.id] = text
            self.do(lambda: self._replied(case, text))

        ready: list[tuple[str, str]] = []
        way: list[str] = []
        self.prompt.ask(
            Question(
                title=f"Reply to @{visible(case.handle, 30)}, case {case.id}",
                given=self.drafts.get(case.id, ""),
                many_lines=True,
                changed=lambda text: self._length(case, text, ready),
                told=lambda: tuple(((f" {line}", "bold"),) for line in way if line),
                answered=answered,
                left=lambda text: self._keep_draft(case, text),
                filled=lambda text: _next_ready(text, ready),
            )
        )
        self.start("ready", partial(self._fetch_ready, case, ready, way))

    async def _fetch_ready(self, case: Case, ready: list[tuple[str, str]], way: list[str]) -> None:
        try:
            ready += await asyncio.to_thread(self.clerk.ready_answers, case.id)
            way.append(await asyncio.to_thread(self.clerk.way_out, case.id))
        except ListenerError as error:
            self.complain(error)
        self.prompt.retell()

    def _length(self, case: Case, text: str, ready: list[tuple[str, str]]) -> Line:
        said, too_long = self.clerk.measured(case, text)
        offer = (f"  Ctrl+T: {len(ready)} ready answers", "dim") if ready else ("", "")
        return ((f"  {said} characters{', too long' if too_long else ''}", "bold yellow" if too_long else ""), offer)

    def _replied(self, case: Case, text: str) -> Outcome:
        outcome = self.clerk.reply(case.id, self._seen(case), text)
        self.drafts.pop(case.id, None)
        return outcome

    def _keep_draft(self, case: Case, text: str) -> None:
        if text.strip():
            self.drafts[case.id] = text
            self.told.tell((f" The draft to case {case.id} is kept until you leave: r goes on with it.", "bold"))
        else:
            self.drafts.pop(case.id, None)

    def action_relabel(self) -> None:
        self._on_chosen(self._relabel)

    def _relabel(self, case: Case) -> None:
        post = latest_post(self.card) if self.card and self.card.case.id == case.id else None
        if post is None:
            self.told.tell((" Its posts are gone: there is nothing to label.", "bold yellow"))
            return

        def answered(key: str) -> None:
            self.do(lambda: self.clerk.relabel(case.id, self._seen(case), LABELS[key], post.id))

        self.prompt.ask(
            Question(
                title=f"What is the latest post of case {case.id} (post {post.id})?",
                lines=(((visible(post.mention.text, 200), ""),),),
                keys=(("c", "complaint"), ("p", "praise"), ("q", "question"), ("n", "none of these")),
                answered=answered,
            )
        )

    def action_merge(self) -> None:
        self._on_chosen(lambda case: self.start("merge", partial(self._ask_merge, case)))

    async def _ask_merge(self, case: Case) -> None:
        try:
            others = await asyncio.to_thread(pages.siblings, self.seat.store, case, self.seat.clock.now() - RECENT)
        except ListenerError as error:
            self.complain(error)
            return
        reader = self.seat.reader()
        lines: tuple[Line, ...] = tuple(
            (
                (f"  {one.id} {one.state}, {visible(one.queue, 30)}: ", "bold"),
                (visible(headline_of(one, covered=reader.covers(one.id)), 200), ""),
            )
            for one in others[:4]
        ) or ((("The author has no other case on this brand.", "dim"),),)
        self._ask_line(
            f"Into which case does case {case.id} go?",
            lambda text: self.clerk.merge(case.id, self._seen(case), text),
            given=str(others[0].id) if others else "",
            lines=lines,
        )

    def action_uncover(self) -> None:
        """Words that sound abusive, shown after all or covered again."""
        self._on_chosen(self._turn_cover)

    def _turn_cover(self, case: Case) -> None:
        self.seat.uncovered.symmetric_difference_update({case.id})
        self.reload()

    def action_open_post(self) -> None:
        self._on_chosen(lambda case: self.start("open", partial(self._open, self._post_at.get(case.id) or case.url)))

    async def _open(self, url: str) -> None:
        """In the browser, and only a web page: a stranger's address could name any program."""
        if not url.startswith(("https://", "http://")) or visible(url, 2000) != url:
            self.told.tell((f" Not opened: {visible(url, 200) or 'there is no address'}", "bold yellow"))
        elif self.app.is_web:
            self.app.open_url(url)
        elif _has_browser() and await asyncio.to_thread(webbrowser.open, url):
            self.tell(f"Opened {url}")
        else:
            self.app.copy_to_clipboard(url)
            self.tell(f"No browser here; copied where the terminal allows: {url}")

    def action_help(self) -> None:
        self.app.push_screen(HELP)


def _next_ready(text: str, ready: list[tuple[str, str]]) -> str:
    """The ready answer after the one that stands there; own words are kept before the first."""
    texts = [answer for _, answer in ready]
    for at, answer in enumerate(texts):
        if text.endswith(answer):
            return text.removesuffix(answer) + texts[(at + 1) % len(texts)]
    return f"{text.rstrip()}\n{texts[0]}".lstrip() if texts else text


def _has_browser() -> bool:
    """One with a window of its own: a text browser would write over the desk."""
    try:
        found = webbrowser.get()
    except webbrowser.Error:
        return False
    return type(found) is not webbrowser.GenericBrowser
