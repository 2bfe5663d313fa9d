"""Every key of the desk, once: its action, what help says of it, and the command that does the same."""

from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One thing a key does."""

    id: str
    """Stable, for whoever maps keys anew."""
    keys: str
    """As Textual names them, separated by commas."""
    shown: str
    action: str
    words: str
    help: str
    command: str = ""
    """The same in plain commands."""


MOVING = (
    Key(id="down", keys="j,down", shown="j", action="move(1)", words="next line", help="Down one case"),
    Key(id="up", keys="k,up", shown="k", action="move(-1)", words="line above", help="Up one case"),
    Key(id="first", keys="g,home", shown="g", action="edge(-1)", words="first", help="The first case"),
    Key(id="last", keys="G,end", shown="G", action="edge(1)", words="last", help="The last case loaded"),
    Key(
        id="read_on",
        keys="space,pagedown",
        shown="space",
        action="read(1)",
        words="read on",
        help="Scroll the card down; J one line",
    ),
    Key(
        id="read_back",
        keys="backspace,pageup",
        shown="bksp",
        action="read(-1)",
        words="read back",
        help="Scroll the card up; K one line",
    ),
    Key(
        id="scope",
        keys="tab",
        shown="Tab",
        action="turn(1)",
        words="all/mine/free",
        help="All cases, mine, unassigned",
        command="listener inbox --mine",
    ),
    Key(
        id="filter",
        keys="slash",
        shown="/",
        action="filter",
        words="filter",
        help="Words, queue:… brand:… platform:… is:…",
        command="listener inbox --queue NAME",
    ),
)

WORKING = (
    Key(
        id="next",
        keys="n",
        shown="n",
        action="next_case",
        words="take next",
        help="Take the most pressing free case",
        command="listener next",
    ),
    Key(
        id="claim",
        keys="c",
        shown="c",
        action="claim",
        words="claim",
        help="Take this case",
        command="listener case claim ID",
    ),
    Key(
        id="release",
        keys="x",
        shown="x",
        action="release",
        words="give back",
        help="Give it back to its queue",
        command="listener case release ID",
    ),
    Key(
        id="reply",
        keys="r",
        shown="r",
        action="reply",
        words="reply",
        help="Write an answer; Ctrl+S sends it",
        command='listener case reply ID "…"',
    ),
    Key(
        id="note",
        keys="N",
        shown="N",
        action="note",
        words="note",
        help="A note for the team only",
        command='listener case note ID "…"',
    ),
    Key(
        id="snooze",
        keys="s",
        shown="s",
        action="snooze",
        words="snooze",
        help="Hide it until later",
        command="listener case snooze ID --until 2h",
    ),
    Key(
        id="escalate",
        keys="e",
        shown="e",
        action="escalate",
        words="escalate",
        help="Before all others, with a reason",
        command='listener case escalate ID "why"',
    ),
    Key(
        id="resolve",
        keys="d",
        shown="d",
        action="resolve",
        words="done",
        help="Resolve it, and say how",
        command='listener case resolve ID --how "…"',
    ),
    Key(
        id="reopen",
        keys="b",
        shown="b",
        action="reopen",
        words="bring back",
        help="Reopen a snoozed or resolved one",
        command="listener case reopen ID",
    ),
    Key(
        id="undo",
        keys="u",
        shown="u",
        action="undo",
        words="undo",
        help="Take back what you did last",
        command="listener case undo ID",
    ),
    Key(
        id="relabel",
        keys="l",
        shown="l",
        action="relabel",
        words="label",
        help="Correct the model's label",
        command="listener case relabel ID --label …",
    ),
    Key(
        id="tag",
        keys="t",
        shown="t",
        action="tag",
        words="tag",
        help="Tags: vip adds it, -vip removes it",
        command="listener case tag ID --add NAME",
    ),
    Key(
        id="assign",
        keys="a",
        shown="a",
        action="assign",
        words="assign",
        help="Give it to a colleague",
        command="listener case assign ID --to NAME",
    ),
    Key(
        id="merge",
        keys="m",
        shown="m",
        action="merge",
        words="merge",
        help="Into another case of this author",
        command="listener case merge ID --into ID",
    ),
    Key(
        id="uncover",
        keys="v",
        shown="v",
        action="uncover",
        words="view words",
        help="Show words that sound abusive",
        command="listener case show ID",
    ),
    Key(
        id="open",
        keys="o",
        shown="o",
        action="open_post",
        words="open",
        help="Open the post, or copy its address",
        command="listener case reply ID … --open",
    ),
)

OTHER = (
    Key(id="help", keys="question_mark", shown="?", action="help", words="help", help="This page"),
    Key(
        id="palette",
        keys="colon",
        shown=":",
        action="app.command_palette",
        words="commands",
        help="Everything by name (also Ctrl+P)",
    ),
    Key(id="leave", keys="escape", shown="Esc", action="leave", words="back", help="Close a prompt; clear the filter"),
    Key(id="quit", keys="q", shown="q", action="app.quit", words="quit", help="Leave; cases you hold stay yours"),
)

KEYS = (*MOVING, *WORKING, *OTHER)


def bindings() -> list[Binding]:
    """For the desk's screen."""
    made = [
        Binding(key.keys, key.action, key.words, key_display=key.shown, tooltip=key.help, id=f"desk.{key.id}")
        for key in KEYS
    ]
    return [
        *made,
        Binding("J", "line(1)", "read on", show=False, id="desk.line_down"),
        Binding("K", "line(-1)", "read back", show=False, id="desk.line_up"),
        Binding("shift+tab", "turn(-1)", "scope back", show=False, id="desk.scope_back"),
    ]
