"""The desk's questions, above the list: a line, several lines, or one key of a few."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, TextArea

from listener.domain.text import visible
from listener.triage.card import Line
from listener.tui.drawing import Drawn
from listener.tui.hints import hint_line

TEXT_LINES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, and what to do with the answer."""

    title: str
    answered: Callable[[str], object]
    """Gets the line, the text or the key."""
    lines: tuple[Line, ...] = ()
    """Shown above where one writes."""
    given: str = ""
    """Stands there already; a line's is selected, so that typing replaces it."""
    many_lines: bool = False
    keys: tuple[tuple[str, str], ...] = ()
    """(key, words): with these there is nothing to write."""
    changed: Callable[[str], Line | None] = field(default=lambda _: None)
    """Called at every change; a line it returns stands beside the title."""
    told: Callable[[], tuple[Line, ...]] = field(default=tuple)
    """More lines, known only after a while: `Prompt.retell` shows them."""
    left: Callable[[str], None] = field(default=lambda _: None)
    """Called with what was written when the question is left without an answer."""
    filled: Callable[[str], str] | None = None
    """What Ctrl+T makes of what is written."""

    @property
    def hints(self) -> tuple[tuple[str, str], ...]:
        """How to answer it and how not to."""
        if self.keys:
            return (*self.keys, ("Esc", "leave it as it is"))
        return (
            (("Ctrl+S", "send"), ("Esc", "keep it as a draft"))
            if self.many_lines
            else (("Enter", "do it"), ("Esc", "leave it"))
        )


class _Said(Drawn):
    """The title, the lines, and for a question of keys the keys."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[Line, ...] = ()
        self.can_focus = False

    def show(self, lines: tuple[Line, ...]) -> None:
        self._lines = lines
        self.styles.height = len(lines)
        self.refresh()

    def line(self, y: int) -> Line:
        return self._lines[y] if y < len(self._lines) else ()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """All that can be typed is an answer or nothing: no key of the desk works behind a question."""
        return character is not None and character.isprintable()


class _Line(Input):
    """A line whose paste holds nothing that a terminal would obey."""

    def _on_paste(self, event: events.Paste) -> None:
        super()._on_paste(_harmless(event, keep_lines=False))


class _Text(TextArea):
    """The same for several lines."""

    async def _on_paste(self, event: events.Paste) -> None:
        await super()._on_paste(_harmless(event, keep_lines=True))


def _harmless(event: events.Paste, *, keep_lines: bool) -> events.Paste:
    text = event.text.replace("\r\n", "\n").replace("\r", "\n")
    lines = [visible(line, 10_000) for line in text.split("\n")]
    event.text = "\n".join(lines) if keep_lines else " ".join(lines).strip()
    return event


class Prompt(Vertical):
    """One question at a time; hidden while there is none."""

    class Turned(Message):
        """A question was opened or closed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f2", "send", "send", id="desk.send", tooltip="Send what you wrote"),
        Binding("ctrl+t", "fill", "ready answer", id="desk.ready", tooltip="The next ready answer"),
    ]

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self._said = _Said()
        self._line = _Line(compact=True)
        self._text = _Text(soft_wrap=True, compact=True)
        self._text.styles.height = TEXT_LINES
        self.question: Question | None = None

    def compose(self) -> ComposeResult:
        yield self._said
        yield self._line
        yield self._text

    def on_mount(self) -> None:
        self.display = False

    def ask(self, question: Question) -> None:
        """Open, and take the keyboard."""
        self.question = question
        self._said.can_focus = bool(question.keys)
        self._line.display = not question.keys and not question.many_lines
        self._text.display = question.many_lines
        if question.many_lines:
            self._text.load_text(question.given)
            self._text.move_cursor(self._text.document.end)
        elif not question.keys:
            self._line.value = question.given
            self._line.action_select_all()
        self._tell(question.given)
        self.display = True
        (self._said if question.keys else self._text if question.many_lines else self._line).focus()
        self.post_message(self.Turned())

    def close(self) -> None:
        """Hide; the keyboard goes back to the desk."""
        self.question = None
        self.display = False
        self.screen.set_focus(None)
        self.post_message(self.Turned())

    def leave(self) -> None:
        """Close without an answer."""
        question, written = self.question, self.written
        self.close()
        if question is not None:
            question.left(written)

    @property
    def written(self) -> str:
        if self.question is None or self.question.keys:
            return ""
        return self._text.text if self.question.many_lines else self._line.value

    def _tell(self, written: str) -> None:
        question = self.question
        if question is None:
            return
        title = ((f" {question.title} ", "bold reverse"), *(question.changed(written) or ()))
        keys = (hint_line(question.keys, self.screen.size.width),) if question.keys else ()
        self._said.show((title, *question.lines, *question.told(), *keys))

    def retell(self) -> None:
        """Something that `changed` speaks of has changed by itself."""
        self._tell(self.written)

    def action_fill(self) -> None:
        """Put something ready there."""
        if self.question is not None and self.question.filled is not None:
            self._text.load_text(self.question.filled(self._text.text))
            self._text.move_cursor(self._text.document.end)

    def action_send(self) -> None:
        """Take what is written for the answer."""
        question, written = self.question, self.written
        if question is not None and not question.keys:
            self.close()
            question.answered(written)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_send()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._tell(event.value)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        event.stop()
        self._tell(event.text_area.text)

    def on_key(self, event: events.Key) -> None:
        question = self.question
        if question is None or not question.keys or event.character is None:
            return
        event.stop()
        if event.character in dict(question.keys):
            self.close()
            question.answered(event.character)
