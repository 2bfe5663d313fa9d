"""`listener inbox`, `next` and `case VERB` as agents type them, on a real store."""

import webbrowser
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from listener.domain.mention import MentionKey
from listener.domain.verdict import Label
from tests.builders import author, verdict
from tests.cli.office import Counter, counter
from tests.journeys.terminal import on_a_terminal
from tests.triage.builders import CHATTER, UNSURE


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """Three cases: 1 a complaint, 2 a question, 3 a fire."""
    at = counter(tmp_path / "settings", monkeypatch)
    with at.hears() as office:
        office.hears("@acme my parcel is late", by="ann", thread="a")
        office.hears("@acme do you ship on Sundays?", by="ben", thread="b", said=verdict(Label.QUESTION))
        office.hears("@acme the kettle caught fire", by="cat", thread="c")
    return at


def test_the_inbox_lists_the_most_pressing_first(desk: Counter) -> None:
    seen = desk.types("inbox")
    lines = [line.split("\t") for line in seen.out.splitlines()]
    assert lines[0] == [
        "id", "band", "points", "queue", "age", "due", "holder", "platform", "author", "reason", "headline",
    ]  # fmt: skip
    assert [line[0] for line in lines[1:]] == ["3", "1", "2"]
    assert lines[1][1] == "urgent!"
    assert seen.err == "3 shown · 3 open, 3 of them free (safety 1, support 2)\n"


def test_the_inbox_announces_what_it_leaves_out(desk: Counter) -> None:
    seen = desk.types("inbox", "--limit", "2", "--json")
    assert [row["id"] for row in seen.rows] == [3, 1]
    assert "2 shown, more wait: raise --limit" in seen.err


def test_json_has_the_case_and_what_depends_on_now(desk: Counter) -> None:
    fire = desk.types("inbox", "--queue", "safety", "--json").one
    assert (fire["band"], fire["holder"], fire["escalated"], fire["state"]) == ("urgent", "", True, "open")
    assert fire["due_at"].endswith("Z")
    assert sum(fire["terms"].values()) == pytest.approx(fire["priority"])


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (("--queue", "support"), [1, 2]),
        (("--brand", "Zeta"), []),
        (("--platform", "x"), [3, 1, 2]),
        (("--state", "resolved"), [2]),
        (("--mine",), [1]),
        (("--unassigned",), [3]),
    ],
)
def test_the_inbox_narrows(desk: Counter, words: tuple[str, ...], ids: list[int]) -> None:
    desk.types("case", "claim", "1")
    if words != ("--queue", "support") and words != ("--platform", "x"):
        desk.types("case", "resolve", "2")
    assert [row["id"] for row in desk.types("inbox", *words, "--json").rows] == ids


def test_mine_and_unassigned_exclude_each_other(desk: Counter) -> None:
    assert desk.types("inbox", "--mine", "--unassigned").code == 2


def test_next_takes_the_most_pressing_and_shows_its_card(desk: Counter) -> None:
    card = desk.types("next").out
    assert card.startswith("Case 3 URGENT")
    assert "@acme the kettle caught fire" in card
    assert "ada has it until" in card
    assert 'case reply 3 "…"' in card
    assert desk.types("next", "--queue", "support", "--json", agent="bob").one["case"]["id"] == 1


def test_next_says_when_nothing_waits(desk: Counter) -> None:
    seen = desk.types("next", "--queue", "billing", "--queue", "press")
    assert (seen.code, seen.out, seen.err) == (0, "", "Nothing waits in billing, press.\n")


def test_without_a_name_nobody_acts(desk: Counter) -> None:
    seen = desk.types("next", agent="")
    assert seen.code == 2
    assert "--as NAME" in seen.err
    assert desk.types("inbox", agent="").code == 0


def test_the_commands_own_as_wins_over_the_global_one(desk: Counter) -> None:
    desk.types("case", "claim", "1", "--as", "bob", agent="ada")
    assert desk.types("case", "show", "1", "--json").one["case"]["assignee"] == "bob"


def test_the_card_says_who_how_sure_and_why_it_is_here(desk: Counter) -> None:
    card = desk.types("case", "show", "1").out
    for said in (
        "complaint about Acme · queue support",
        "Answer due in",
        "nobody has it",
        "@ann · x id-ann · followers unknown",
        "1 complaints, 0 praises in 1 posts",
        "Here because “@acme” points to Acme.",
        "The model: complaint 90%, negative 90%",
        "Rule “default” chose the queue.",
        "https://example.com/1",
        "A reply may not get through",
        "Next: listener case claim 1",
    ):
        assert said in card


def test_the_card_says_in_words_when_the_model_abstained(desk: Counter) -> None:
    with desk.hears() as office:
        office.hears("@acme ok", by="dan", thread="d", said=UNSURE)
        office.hears("@acme ok", by="eve", thread="e", said=None)
    assert "too unsure to say: read it yourself" in desk.types("case", "show", "4").out
    assert "not asked yet (unscored)" in desk.types("case", "show", "5").out


def test_the_card_follows_the_cases_state(desk: Counter) -> None:
    desk.types("case", "reply", "1", "sorry")
    desk.types("case", "resolve", "1", "--how", "refunded")
    card = desk.types("case", "show", "1").out
    assert "RESOLVED" in card
    assert "First answered" in card
    assert "resolved: refunded" in card
    assert "Next: listener case reopen 1" in card
    desk.types("case", "snooze", "2", "--until", "2h")
    assert "asleep until" in desk.types("case", "show", "2").out
    desk.types("case", "claim", "3", agent="bob")
    assert "case assign 3 --to NAME" in desk.types("case", "show", "3").out


def test_a_long_case_is_cut_on_the_first_screen_and_whole_below(desk: Counter) -> None:
    with desk.hears(ago=timedelta(minutes=1)) as office:
        office.hears("@acme " + "very " * 200 + "late", by="ann", thread="a")
    shown = desk.types("case", "show", "1").out
    assert "… of 1,010 characters" in shown
    assert "very late" in shown
    assert "Posts, oldest first" in shown
    assert "very late" not in desk.types("next", "--queue", "support").out


def test_a_handle_of_two_scripts_is_flagged(desk: Counter) -> None:
    with desk.hears() as office:
        office.hears(author=author("\u0430cme", native_id="77"), thread="z")
    assert "[mixes Cyrillic and Latin letters]" in desk.types("case", "show", "4").out


def test_why_prints_a_sum_that_is_right(desk: Counter) -> None:
    printed = desk.types("case", "why", "3").out.splitlines()
    points = [line for line in printed if line[:7].strip()[:1].isdigit() or line[:7].strip().startswith("-")]
    *terms, total = [float(line.split()[0]) for line in points]
    assert sum(terms) == pytest.approx(total)
    assert "Queue safety by the rule “safety and law”." in printed
    as_json = desk.types("case", "why", "3", "--json").one
    assert as_json["case"] == 3
    assert sum(term["points"] for term in as_json["terms"]) == pytest.approx(as_json["points"])


def test_every_verb_says_what_it_did(desk: Counter) -> None:
    assert desk.types("case", "claim", "1").out == "1 claimed by ada\n"
    assert desk.types("case", "note", "1", "-", stdin="from a pipe\n").out == "1 noted\n"
    assert desk.types("case", "release", "1").out == "1 released\n"
    assert desk.types("case", "assign", "#1", "--to", "bob").out == "1 assigned to bob\n"
    assert desk.types("case", "escalate", "1", "press", agent="bob").out == "1 escalated\n"
    assert desk.types("case", "resolve", "1", agent="bob").out == "1 resolved\n"
    assert desk.types("case", "reopen", "1", "--why", "wrong order").out == "1 reopened\n"
    assert desk.types("case", "snooze", "1", "--for", "2h").out.startswith("1 snoozed until ")
    assert desk.types("case", "relabel", "1", "--label", "question").out == "1 relabelled: question\n"
    events = desk.types("case", "show", "1", "--json").one["events"]
    assert [(event["kind"], event["agent"]) for event in events] == [
        ("opened", "listener"),
        ("claimed", "ada"),
        ("noted", "ada"),
        ("released", "ada"),
        ("assigned", "ada"),
        ("escalated", "bob"),
        ("resolved", "bob"),
        ("reopened", "ada"),
        ("snoozed", "ada"),
        ("relabelled", "ada"),
    ]
    assert events[2]["detail"] == {"text": "from a pipe"}


def test_a_reply_prints_the_address_alone_on_stdout(desk: Counter) -> None:
    seen = desk.types("case", "reply", "1", "sorry")
    assert seen.out == "https://example.com/1\n"
    assert "not sent: post it yourself" in seen.err
    assert "A reply may not get through" in seen.err
    assert desk.types("case", "reply", "1", "again", "--json").one["url"] == "https://example.com/1"


def test_a_reply_opens_the_page_only_when_asked_and_only_a_web_page(
    desk: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    with desk.hears() as office:
        office.hears(by="eve", thread="e", url="")
    desk.types("case", "reply", "1", "sorry")
    assert opened == []
    desk.types("case", "reply", "1", "sorry", "--open")
    assert opened == ["https://example.com/1"]
    assert "Not opened" in desk.types("case", "reply", "4", "sorry", "--open").err
    assert len(opened) == 1


def test_C6_of_many_cases_the_exact_subset_is_named(desk: Counter) -> None:
    the_exact_subset_is_named(desk)


def test_C6_control_refusals_that_nobody_hears_of_are_caught(desk: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("listener.cli.case_acts._refused", lambda *_, **__: None)
    with pytest.raises(AssertionError):
        the_exact_subset_is_named(desk)


def the_exact_subset_is_named(desk: Counter) -> None:
    desk.types("case", "claim", "2", agent="bob")
    seen = desk.types("case", "resolve", "1", "2", "99", "3", "--json")
    assert seen.code == 6
    assert [(row["id"], row["ok"]) for row in seen.rows] == [(1, True), (2, False), (99, False), (3, True)]
    assert "held by bob" in seen.rows[1]["error"]
    assert seen.err.endswith("2 of 4 cases resolved; 2 refused\n")


def test_ids_come_from_stdin_each_once(desk: Counter) -> None:
    seen = desk.types("case", "assign", "-", "--to", "bob", stdin="1\n2 #1\n")
    assert seen.out == "1 assigned to bob\n2 assigned to bob\n"
    assert desk.types("case", "release", "-", stdin=" ").code == 2


def test_one_bad_number_among_many_changes_nothing(desk: Counter) -> None:
    seen = desk.types("case", "resolve", "1", "two")
    assert seen.code == 2
    assert "'two' is no case number" in seen.err
    assert len(desk.types("inbox", "--json").rows) == 3


def test_a_refusal_has_a_next_step_and_an_exit_code(desk: Counter) -> None:
    desk.types("case", "claim", "1", agent="bob")
    for words in (("resolve", "1"), ("resolve", "1", "1"), ("reply", "1", "sorry")):
        seen = desk.types("case", *words)
        assert (seen.code, seen.out) == (5, "")
        assert "held by bob until" in seen.err
        assert "→ ask bob to release it" in seen.err
    assert desk.types("case", "show", "99").code == 2
    everything = desk.types("case", "resolve", "98", "99")
    assert everything.code == 2
    assert "none of the 2 cases could be changed" in everything.err


def test_C2_what_changed_since_it_was_seen_is_refused(desk: Counter) -> None:
    version = str(desk.types("case", "show", "1", "--json").one["case"]["version"])
    desk.types("case", "note", "1", "looking", agent="bob")
    seen = desk.types("case", "reply", "1", "sorry", "--seen", version)
    assert seen.code == 5
    assert "changed by bob" in seen.err


def test_relabelled_to_nothing_the_case_stays_open_and_says_so(desk: Counter) -> None:
    seen = desk.types("case", "relabel", "1", "--label", "none")
    assert "stays open until you resolve it" in seen.err
    assert "ada says: negative 100%" in desk.types("case", "show", "1").out


def test_praise_is_positive_unless_the_agent_says_otherwise(desk: Counter) -> None:
    desk.types("case", "relabel", "1", "--label", "praise")
    assert "ada says: praise 100%, positive 100%" in desk.types("case", "show", "1").out
    desk.types("case", "relabel", "1", "--label", "praise", "--sentiment", "negative")
    assert "ada says: praise 100%, negative 100%" in desk.types("case", "show", "1").out


def test_the_card_tells_what_its_author_deleted(desk: Counter) -> None:
    with desk.hears(ago=timedelta(minutes=1)) as office:
        office.hears("@acme and my other parcel", by="ann", thread="a", native_id="again")
    for native_id, said in (("1", "deleted by its author"), ("again", "The author has deleted every post")):
        with desk.hears() as office, office.store.write() as tx:
            tx.delete_mentions([MentionKey(platform="x", native_id=native_id)], office.clock.now())
        assert said in desk.types("case", "show", "1").out
    assert "(erased)" in desk.types("case", "show", "1").out
    assert "(erased)" in desk.types("inbox").out
    assert desk.types("case", "why", "1").code == 0


def test_the_card_shows_a_breach_and_the_heaviest_of_several_posts(desk: Counter) -> None:
    with desk.hears(ago=timedelta(days=3)) as office:
        furious = verdict(Label.COMPLAINT)
        furious = replace(furious, scores=replace(furious.scores, emotions={"annoyance": 0.8}))
        office.hears("@acme I am furious", by="zoe", thread="z", said=furious)
    with desk.hears(ago=timedelta(minutes=1)) as office:
        office.hears("@acme hello?", by="zoe", thread="z", said=CHATTER)
    card = desk.types("case", "show", "4").out
    assert "OVERDUE by 2d" in card
    assert "Heaviest of 2 posts: @acme I am furious" in card
    assert "annoyance 80%" in card
    assert "annoyance, weighed 0.40" in desk.types("case", "why", "4").out


@pytest.mark.parametrize("words", [(), ("--label", "rant"), ("--label", "none", "--label", "praise")])
def test_a_correction_must_say_something_known(desk: Counter, words: tuple[str, ...]) -> None:
    assert desk.types("case", "relabel", "1", *words).code == 2


def test_a_snooze_must_be_understood(desk: Counter) -> None:
    seen = desk.types("case", "snooze", "1", "--until", "later")
    assert seen.code == 2
    assert "Say 30m, 2h, 3d, tomorrow" in seen.err


def test_undo_says_what_it_took_back_and_what_it_cant(desk: Counter) -> None:
    desk.types("case", "reply", "1", "sorry")
    seen = desk.types("case", "undo", "1")
    assert (seen.code, seen.out) == (0, "1 undone: replied\n")
    assert "can't be called back" in seen.err
    assert "replied: sorry (taken back)" in desk.types("case", "show", "1").out
    again = desk.types("case", "undo", "1")
    assert (again.code, again.out) == (5, "")
    assert "ada has done nothing on case 1 that still stands" in again.err


def test_many_are_undone_from_stdin(desk: Counter) -> None:
    desk.types("case", "resolve", "1", "2")
    seen = desk.types("case", "undo", "-", "--json", stdin="1\n2\n")
    assert [(row["id"], row["did"], row["case"]["state"]) for row in seen.rows] == [
        (1, "undone: resolved", "open"),
        (2, "undone: resolved", "open"),
    ]


def test_merged_cases_are_named_and_lead_to_the_one_that_stays(desk: Counter) -> None:
    seen = desk.types("case", "merge", "1", "2", "99", "--into", "3", "--json")
    assert seen.code == 6
    assert [(row["id"], row["ok"]) for row in seen.rows] == [(1, True), (2, True), (99, False)]
    assert [row["case"]["id"] for row in seen.rows[:2]] == [3, 3]
    assert "holds the posts of case 1, 2" in desk.types("case", "show", "3").out
    gone = desk.types("case", "show", "1").out
    assert "Its posts are in case 3 now." in gone
    assert "Next: listener case show 3" in gone
    assert desk.types("case", "why", "1").code == 0
    assert desk.types("case", "show", "1", "--json").one["case"]["merged_into"] == 3
    assert desk.types("case", "undo", "1").out == "1 undone: merged\n"
    assert "merged: into case 3 (taken back)" in desk.types("case", "show", "1").out


def test_a_split_names_the_new_case(desk: Counter) -> None:
    with desk.hears(ago=timedelta(minutes=1)) as office:
        office.hears("@acme and my other parcel", by="ann", thread="a")
    assert desk.types("case", "split", "1", "--mention", "4").out == "1 split: case 4 is new\n"
    assert "split with case 4" in desk.types("case", "show", "1").out
    refused = desk.types("case", "split", "1", "--mention", "1")
    assert (refused.code, "one post at least must stay" in refused.err) == (2, True)


def test_links_and_tags_stand_on_the_card(desk: Counter) -> None:
    assert desk.types("case", "link", "1", "2", "3").out == "1 linked with 3\n2 linked with 3\n"
    assert desk.types("case", "link", "-", "--to", "2", stdin="1").out == "1 linked with 2\n"
    assert desk.types("case", "tag", "1", "--add", "VIP", "--add", "late").out == "1 tags: late, vip\n"
    assert desk.types("case", "tag", "1", "--remove", "late", "--json").one["case"]["tags"] == ["vip"]
    assert "tags: vip · see also case 2, 3" in desk.types("case", "show", "1").out
    links = desk.types("case", "show", "3", "--json").one["links"]
    assert [(link["other_id"], link["kind"], link["agent"]) for link in links] == [
        (1, "related", "ada"),
        (2, "related", "ada"),
    ]
    assert desk.types("case", "tag", "1", "--add", "two words").code == 2
    assert desk.types("case", "link", "1").code == 2


def test_C2_every_verb_can_be_fenced_by_what_was_seen(desk: Counter) -> None:
    desk.types("case", "note", "1", "looking", agent="bob")
    for words in (
        ("claim", "1"),
        ("assign", "1", "--to", "eve"),
        ("note", "1", "hm"),
        ("snooze", "1", "--for", "2h"),
        ("escalate", "1", "press"),
        ("resolve", "1"),
        ("relabel", "1", "--label", "question"),
        ("merge", "1", "--into", "2"),
        ("tag", "1", "--add", "vip"),
    ):
        seen = desk.types("case", *words, "--seen", "1")
        assert (seen.code, "changed by bob" in seen.err) == (5, True), words
    assert desk.types("case", "resolve", "1", "2", "--seen", "1").code == 2


def test_notes_escalations_and_corrections_go_to_many_from_stdin(desk: Counter) -> None:
    assert desk.types("case", "note", "-", "storm", stdin="1 2").out == "1 noted\n2 noted\n"
    assert desk.types("case", "escalate", "-", "press", stdin="1 2").out == "1 escalated\n2 escalated\n"
    assert desk.types("case", "relabel", "-", "--label", "question", stdin="1 2").out == (
        "1 relabelled: question\n2 relabelled: question\n"
    )
    assert desk.types("case", "note", "-", "-", stdin="1 2").code == 2


def test_the_cards_first_screen_fits_80_by_24(desk: Counter) -> None:
    with desk.hears(ago=timedelta(minutes=1)) as office:
        who = author("ann", name="Annabel Okonkwo-Smith", followers=128_400)
        office.hears("@acme " + "it is late and nobody answers. " * 60, author=who, thread="a")
    for note in ("known customer", "asked the depot", "depot says Friday"):
        desk.types("case", "note", "1", note)
    seen = on_a_terminal(
        "--config", str(desk.folder), "--as", "ada", "next", "--queue", "support", cwd=desk.folder, rows=24, columns=80
    )
    assert seen.code == 0
    assert seen.lines[0].startswith("Case 1 ")
    assert any(line.startswith("Next: ") for line in seen.lines)


def test_the_inbox_leaves_the_headline_room_on_a_narrow_terminal(desk: Counter) -> None:
    narrow = on_a_terminal("--config", str(desk.folder), "inbox", cwd=desk.folder, rows=24, columns=80)
    assert "holder" not in narrow.text
    assert "the kettle caught" in narrow.text
    wide = on_a_terminal("--config", str(desk.folder), "inbox", cwd=desk.folder, rows=24, columns=140)
    assert "holder" in wide.text
