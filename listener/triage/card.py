"""A case on one screen: who, how urgent, what they said, how sure the model is, what to type next.

A line is pieces of text, each with a style, for the command line and the desk alike; every stranger's word is made
visible before it becomes a piece.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from listener.domain.brand import SOURCE, Match
from listener.domain.case import Case, CaseEvent, CaseState, EventKind
from listener.domain.policy import TriagePolicy
from listener.domain.sending import SendState
from listener.domain.stored import CaseCard, StoredMention
from listener.domain.text import visible, visible_lines
from listener.domain.verdict import Language, Tone, Verdict
from listener.triage.card_words import PROMISED, language_name, local, span, who
from listener.triage.priority import band, points_now
from listener.triage.sending_words import stand
from listener.triage.sla import Pressing, pressing
from listener.triage.undo import taken_back
from listener.triage.why import explain

Line = tuple[tuple[str, str], ...]
"""(text, style) pairs; a style is words such as `bold red`, `dim` or `reverse`."""

Span = tuple[int, int, str]
"""(start, end, style) in a text."""

POST_LINES = 8
POST_CHARS = 560
"""Of the latest post on the first screen: seven lines of 80 columns; `case show` has the rest below."""
EVENTS = 3
INDENT = ("  ", "")
"""Before the words of an author, also where the terminal wraps them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """For whom and when a card is drawn."""

    policy: TriagePolicy
    now: datetime
    zone: tzinfo
    agent: str = ""
    on_desk: bool = False
    """Cards come up as the cursor passes, so abuse in them is covered where the settings say so."""
    uncovered: frozenset[int] = frozenset()
    """Cases whose words the agent asked to see all the same."""

    def covers(self, case_id: int) -> bool:
        """Whether abuse in this case is covered."""
        return self.policy.hide_abuse and self.on_desk and case_id not in self.uncovered

    def at(self, instant: datetime) -> str:
        return local(instant, self.now, self.zone)


def first_screen(card: CaseCard, reader: Reader) -> Iterator[Line]:
    """What matters first, in at most 24 lines of 80 columns for a post of usual length."""
    yield title(card.case, reader)
    yield promise(card.case, reader)
    yield author_line(card)
    yield from ties_line(card)
    yield from sends_line(card, reader)
    yield ()
    standing = [post for post in card.mentions if not post.deleted]
    if standing:
        yield from post_lines(standing[-1], card.case.brand, reader, lines=POST_LINES, chars=POST_CHARS)
        yield model_line(standing[-1].verdict)
    elif card.case.merged_into is not None:
        yield ((f"Its posts are in case {card.case.merged_into} now.", "yellow"),)
    else:
        yield (("The author has deleted every post of this case.", "yellow"),)
    if len(card.mentions) > 1:
        yield ((f"Heaviest of {len(card.mentions)} posts: ", "dim"), (visible(card.case.headline, 200), ""))
    yield points_line(card, reader)
    yield ()
    gone = taken_back(card.events)
    yield from (event_line(event, reader, undone=event.id in gone) for event in card.events[-EVENTS:])
    if standing and not standing[-1].mention.can_reply:
        note = standing[-1].mention.reply_note or "the platform doesn't say that a reply can be sent"
        yield (("A reply may not get through: ", "yellow"), (visible(note, 200), "yellow"))
    yield (("Next: ", "dim"), (next_commands(card.case, reader), ""))


def whole(card: CaseCard, reader: Reader) -> Iterator[Line]:
    """The first screen, then the posts and the history that didn't fit on it."""
    yield from first_screen(card, reader)
    if len(card.mentions) > 1 or any(_is_long(post.mention.text) for post in card.mentions):
        yield ()
        yield (("Posts, oldest first", "bold"),)
        for post in card.mentions:
            yield from post_lines(post, card.case.brand, reader)
            yield model_line(post.verdict)
    if len(card.events) > EVENTS:
        yield ()
        yield (("History", "bold"),)
        gone = taken_back(card.events)
        yield from (event_line(event, reader, undone=event.id in gone) for event in card.events)


COVERED = "  sounds abusive: v shows the words"


def is_abusive(verdict: Verdict | None) -> bool:
    """Whether the classifier hears abuse."""
    return verdict is not None and Tone.OFFENSIVE in verdict.tones


def post_lines(
    post: StoredMention,
    brand: str,
    reader: Reader,
    *,
    lines: int = 200,
    chars: int = 4096,
    words: Sequence[Span] = (),
    post_case: int = 0,
) -> Iterator[Line]:
    """A post's time and address, its text with the matched words and `words` marked, and why it is here.

    Abuse is covered on the desk, in a case (`post_case`) whose words the agent didn't ask to see.
    """
    mention = post.mention
    head = f"{span(reader.now - mention.created_at)} ago, {reader.at(mention.created_at)}, post {post.id}"
    yield ((head, "dim"), (f"  {visible(mention.url, 200)}", "dim"))
    if post.deleted:
        yield (("  deleted by its author", "yellow"),)
        return
    if reader.covers(post_case) and is_abusive(post.verdict):
        yield ((COVERED, "yellow"),)
        return
    matches = [match for match in post.matches if match.brand == brand]
    found = [(match.start, match.end, "reverse") for match in matches[:1]]
    marked = marked_lines(mention.text[:chars], [*found, *words])
    for line in marked[:lines]:
        yield (INDENT, *line)
    if len(marked) > lines or len(mention.text) > chars:
        yield ((f"  … of {len(mention.text):,} characters", "dim"),)
    for match in matches[:1]:
        more = f" and {len(matches) - 1} more" if len(matches) > 1 else ""
        yield ((f"Here because {_why(match)} {visible(match.brand, 80)}{more}.", "dim"),)


def _why(match: Match) -> str:
    if match.term.startswith(SOURCE):
        return f"all that “{visible(match.term.removeprefix(SOURCE), 80)}” brings is about"
    return f"“{visible(match.term, 80)}” points to"


def _is_long(text: str) -> bool:
    return len(text) > POST_CHARS or len(visible_lines(text)) > POST_LINES


def marked_lines(text: str, spans: Sequence[Span] = ()) -> list[Line]:
    """Visible lines; each span in its style, however many lines it runs over. Where spans overlap the first counts."""
    lines: list[list[tuple[str, str]]] = [[]]
    for start, end, style in _pieces(spans, len(text)):
        first, *rest = visible_lines(text[start:end], lines=len(text) + 1)
        lines[-1].append((first, style))
        lines += [[(line, style)] for line in rest]
    return [tuple(line) for line in lines]


def _pieces(spans: Sequence[Span], length: int) -> Iterator[Span]:
    """All of a text, in pieces of one style each, one at least."""
    at = 0
    kept: list[Span] = []
    for start, end, style in spans:
        if 0 <= start < end and all(end <= other[0] or start >= other[1] for other in kept):
            kept.append((start, end, style))
    for start, end, style in sorted(kept):
        yield at, start, ""
        yield start, end, style
        at = end
    yield at, length, ""


def title(case: Case, reader: Reader) -> Line:
    name = band(case.priority, reader.policy)
    style = {"urgent": "bold red", "high": "bold yellow"}.get(name, "bold")
    raised = " · ESCALATED" if case.escalated else ""
    state = "" if case.state is CaseState.OPEN else f" · {case.state.upper()}"
    return (
        (f"Case {case.id} ", "bold"),
        (f"{name.upper()} {points_now(case, reader.now, reader.policy):.1f}{raised}{state}", style),
        (f" · {case.reason} about {visible(case.brand, 60)} · queue {visible(case.queue, 60)}", ""),
    )


def promise(case: Case, reader: Reader) -> Line:
    owed = pressing(case, reader.policy, reader.now)
    late = owed is not None and owed.due_at is not None and owed.due_at <= reader.now
    first = _owed(owed, reader) if owed else "No answer owed"
    if owed is None and case.first_reply_at is not None:
        first = f"First answered {reader.at(case.first_reply_at)}"
    return ((first, "bold red" if late else ""), (f" · {_holding(case, reader)} · version {case.version}", ""))


def _owed(owed: Pressing, reader: Reader) -> str:
    """The promise that presses most, and how long is left of it in working hours."""
    what, left = PROMISED[owed.promise].capitalize(), span(abs(owed.left))
    if owed.due_at is None:
        return f"{what} paused, {left} {'left' if owed.left >= timedelta(0) else 'over'}"
    if owed.due_at > reader.now:
        return f"{what} due in {left} ({reader.at(owed.due_at)})"
    return f"{what} OVERDUE by {left} ({reader.at(owed.due_at)})".replace("Answer OVERDUE", "OVERDUE")


def _holding(case: Case, reader: Reader) -> str:
    if case.state is CaseState.RESOLVED and case.resolved_at is not None:
        return f"resolved {reader.at(case.resolved_at)} by {visible(case.assignee or 'the program', 60)}"
    asleep = f"asleep until {reader.at(case.snoozed_until)} · " if case.snoozed_until is not None else ""
    holder = case.holder(reader.now)
    if not holder:
        return f"{asleep}nobody has it"
    lease = f" until {reader.at(case.lease_until)}" if case.lease_until is not None else ""
    return f"{asleep}{visible(holder, 60)} has it{lease}"


def author_line(card: CaseCard) -> Line:
    author = card.author
    own = [post.mention.author.native_id for post in card.mentions if post.author_id == author.author_id]
    native = own[-1] if own else ""
    followers = "followers unknown" if author.followers is None else f"{author.followers:,} followers"
    history = (
        f"{author.complaints} complaints, {author.praises} praises in {author.mentions} posts"
        f" since {author.first_seen:%Y-%m-%d}; {author.cases} cases, {author.open_cases} open"
    )
    return (
        (who(author), "bold"),
        (f" · {visible(author.platform, 40)} {visible(native, 60)} · {followers} · {history}", ""),
    )


TONE_WORDS = {"irony": "sarcastic", "offensive": "abusive"}


def language_words(language: Language) -> str:
    """Why a post wasn't read: `in German (de) by 99%, which it wasn't trained on`."""
    if not language.code:
        return "in no language that it knows"
    return f"in {language_name(language.code)} by {language.chance:.0%}, which it wasn't trained on"


def model_line(verdict: Verdict | None) -> Line:
    if verdict is None:
        return (("The model: not asked yet (unscored)", "dim"),)
    scores = verdict.scores
    if verdict.unread:
        return ((f"The model: not read, {language_words(scores.language)}; read it yourself", "dim"),)
    said = [f"{label} {scores.labels[label]:.0%}" for label in sorted(verdict.labels) if label in scores.labels]
    if verdict.sentiment is not None:
        said.append(f"{verdict.sentiment} {scores.sentiment[verdict.sentiment]:.0%}")
    if verdict.abstained:
        said.append("too unsure to say the mood" if verdict.labels else "too unsure to say: read it yourself")
    felt = sorted(((p, name) for name, p in scores.emotions.items() if p >= 0.2 and name != "neutral"), reverse=True)
    said += [f"{visible(name, 30)} {p:.0%}" for p, name in felt[:2]]
    said += [f"sounds {TONE_WORDS.get(name, name)} {scores.tones[name]:.0%}" for name in verdict.tones]
    by = verdict.model.removeprefix("agent:")
    source = f"{visible(by, 60)} says" if verdict.model.startswith("agent:") else "The model"
    return ((f"{source}: {', '.join(said) or 'nothing that asks for an answer'}", "dim"),)


def points_line(card: CaseCard, reader: Reader) -> Line:
    found = explain(card, reader.policy, reader.now)
    parts = " + ".join(f"{term.name} {term.points:.1f}" for term in found.terms if term.points)
    rule = f" Rule “{visible(found.rule, 60)}” chose the queue." if found.rule else ""
    return ((f"{found.points:.1f} points: {parts or 'none yet'}.{rule}", "dim"),)


def ties_line(card: CaseCard) -> Iterator[Line]:
    """Tags, and what the case belongs together with; no line where there is nothing of it."""
    case, gone = card.case, taken_back(card.events)
    parts = [f"tags: {visible(', '.join(case.tags), 200)}"] if case.tags else []
    if case.incident_id is not None:
        parts.append(f"incident {case.incident_id}")
    if case.merged_into is not None:
        parts.append(f"merged into case {case.merged_into}")
    merges = [one for one in card.events if one.kind is EventKind.MERGED and one.id not in gone]
    took = [one.detail["from"] for one in merges if one.detail.get("from")]
    if took:
        parts.append(f"holds the posts of case {', '.join(took)}")
    for kind, word in (("split", "split with"), ("related", "see also")):
        others = [str(link.other_id) for link in card.links if link.kind == kind]
        if others:
            parts.append(f"{word} case {', '.join(others)}")
    if parts:
        yield ((" · ".join(parts), "dim"),)


def sends_line(card: CaseCard, reader: Reader) -> Iterator[Line]:
    """How far our latest answer came, and any before it that isn't through; no line where none was sent from here."""
    shown = [send for send in card.sends[:-1] if not send.finished] + [*card.sends[-1:]]
    for send in shown:
        style = {SendState.SENT: "dim", SendState.CANCELLED: "dim", SendState.FAILED: "bold yellow"}.get(
            send.state, "bold"
        )
        yield ((f"Answer by {visible(send.agent, 60)}: {stand(send, reader.at)}", style),)


_TOLD = ("text", "why", "how", "to", "until", "labels", "reason", "lapsed", "added", "removed", "url")
"""What of an event's detail a line of history says."""
_TIED = {"into": "into case", "from": "from case", "other": "with case"}


def event_line(event: CaseEvent, reader: Reader, *, undone: bool = False) -> Line:
    detail = event.detail
    ruled = ("rule", "did") if event.kind is EventKind.RULED else ("ruled",)
    told = [detail.get("kind", "") if event.kind is EventKind.UNDONE else ""]
    told += [detail[key] for key in (*_TOLD, *ruled) if detail.get(key)]
    if event.kind in (EventKind.MERGED, EventKind.SPLIT, EventKind.LINKED):
        told += [f"{word} {detail[key]}" for key, word in _TIED.items() if detail.get(key)]
    said = "; ".join(visible(one, 200) for one in told if one)
    text = f"{reader.at(event.at)} {visible(event.agent, 60)} {event.kind}{f': {said}' if said else ''}"
    return ((f"{text} (taken back)", "dim"),) if undone else ((text, ""),)


def next_commands(case: Case, reader: Reader) -> str:
    """What an agent may type now."""
    if case.merged_into is not None:
        return f"listener case show {case.merged_into}"
    if case.state is CaseState.RESOLVED:
        return f"listener case reopen {case.id}"
    holder = case.holder(reader.now)
    if holder and holder != reader.agent:
        return f'listener case note {case.id} "…" · case assign {case.id} --to NAME'
    claim = "" if holder else f"case claim {case.id} · "
    return (
        f'listener {claim}case reply {case.id} "…" · case snooze {case.id} --until 2h'
        f' · case escalate {case.id} "why" · case resolve {case.id} --how "…"'
    )
