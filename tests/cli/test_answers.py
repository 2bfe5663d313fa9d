"""`listener answers`, `listener approvals` and what `case reply` does with both."""

from pathlib import Path

import pytest

from tests.cli.office import Counter, counter

ANSWERS = """
[approval]
queues = ["billing"]

[[answer]]
name = "late"
text = "Hi {name}, sorry! {agent}"
langs = ["en"]

[[answer]]
name = "german"
text = '''Hallo {name},
das tut uns leid. {link}'''
langs = ["de"]
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """Case 1 is Ben's, in German; case 2 is in the queue that needs a second person."""
    at = counter(tmp_path / "settings", monkeypatch)
    (at.folder / "answers.toml").write_text(ANSWERS)
    with at.hears() as office:
        office.hears("@acme zu spät", by="ben", lang="de", reply_note="only mentions")
        office.hears("@acme refund me", by="cleo", thread="t2")
    return at


class TestCannedReplies:
    def test_are_listed_with_where_they_are_offered(self, desk: Counter) -> None:
        seen = desk.types("answers", "list")
        assert seen.out.splitlines()[1].startswith("late\ten\t\t\t\tHi {name}, sorry! {agent}")
        assert "2 of 2 canned replies" in seen.err
        assert [row["name"] for row in desk.types("answers", "list", "--case", "1", "--json").rows] == ["german"]

    def test_are_shown_filled_in_with_their_length(self, desk: Counter) -> None:
        seen = desk.types("answers", "show", "german", "--case", "#1")
        assert seen.out == "Hallo ben,\ndas tut uns leid. https://example.com/1\n"
        assert seen.err == "52 of 280 on x\n"
        assert desk.types("answers", "show", "german", "--case", "1", "--json").one["length"] == 52

    def test_are_shown_as_written_without_a_case(self, desk: Counter) -> None:
        assert desk.types("answers", "show", "late").out == "Hi {name}, sorry! {agent}\n"

    def test_may_be_used_where_they_aren_t_meant_and_it_is_said(self, desk: Counter) -> None:
        assert "late isn't meant for a case like this" in desk.types("answers", "show", "late", "--case", "1").err

    def test_are_piped_into_a_reply(self, desk: Counter) -> None:
        words = desk.types("answers", "show", "german", "--case", "1").out
        assert desk.types("case", "reply", "1", "-", stdin=words).code == 0
        said = [
            event for event in desk.types("case", "show", "1", "--json").one["events"] if event["kind"] == "replied"
        ]
        assert said[0]["detail"]["text"] == words.strip()

    def test_an_unknown_one_is_answered_with_those_there_are(self, desk: Counter) -> None:
        seen = desk.types("answers", "show", "nope", "--case", "1")
        assert (seen.code, "known: late, german" in seen.err) == (2, True)


class TestReplying:
    def test_with_a_canned_reply_records_it_and_says_what_to_post(self, desk: Counter) -> None:
        seen = desk.types("case", "reply", "1", "--canned", "late")
        assert (seen.code, seen.out) == (0, "https://example.com/1\n")
        assert seen.err.splitlines() == [
            "18 of 280 on x",
            "Recorded on case 1, not sent: post it yourself at that address.",
            "  Hi ben, sorry! ada",
            "A reply may not get through: only mentions",
        ]
        again = desk.types("case", "reply", "1", "--canned", "late", "--json").one
        assert (again["ok"], again["text"]) == (True, "Hi ben, sorry! ada")

    @pytest.mark.parametrize("words", [(), ("sorry", "--canned", "late"), ("",)])
    def test_needs_words_or_a_canned_reply_and_not_both(self, desk: Counter, words: tuple[str, ...]) -> None:
        seen = desk.types("case", "reply", "1", *words)
        assert (seen.code, "--canned NAME; not both" in seen.err) == (2, True)

    def test_too_long_is_refused_with_what_to_do(self, desk: Counter) -> None:
        seen = desk.types("case", "reply", "1", "x" * 281)
        assert (seen.code, seen.out) == (2, "")
        assert "281 of 280 on x" in seen.err
        assert "1 too long" in seen.err
        assert "[limits]" in seen.err

    def test_a_limit_of_one_s_own_holds(self, desk: Counter) -> None:
        (desk.folder / "answers.toml").write_text(f"{ANSWERS}\n[limits]\nx = 25000\n")
        assert desk.types("case", "reply", "1", "x" * 281).code == 0

    def test_after_the_author_wrote_again_is_refused_with_their_words(self, desk: Counter) -> None:
        version = desk.types("case", "show", "1", "--json").one["case"]["version"]
        with desk.hears() as office:
            office.hears("@acme still nothing", by="ben")
        seen = desk.types("case", "reply", "1", "sorry", "--seen", str(version))
        assert seen.code == 5
        assert "@ben wrote again at" in seen.err
        assert "“@acme still nothing”" in seen.err


class TestApprovals:
    def test_a_draft_waits_until_a_colleague_approves_it(self, desk: Counter) -> None:
        seen = desk.types("case", "reply", "2", "We will pay.")
        assert (seen.code, seen.out) == (0, "draft 1 waits\n")
        assert "because of the queue billing a second person must approve it" in seen.err
        listed = desk.types("approvals", "list").out.splitlines()
        assert listed[1].split("\t")[0:2] == ["1", "2"]
        assert listed[1].endswith("ada\tbilling\t@cleo\t12 of 280\tWe will pay.")
        own = desk.types("approvals", "approve", "1")
        assert (own.code, "your own" in own.err) == (5, True)
        done = desk.types("approvals", "approve", "1", agent="bob")
        assert (done.code, done.out) == (0, "https://example.com/2\n")
        assert "  We will pay." in done.err
        assert desk.types("approvals", "list", "--json").rows == []
        late = desk.types("approvals", "approve", "1", agent="eve")
        assert (late.code, "approved by bob" in late.err) == (5, True)

    def test_json_tells_a_script_that_it_waits_and_that_it_was_let_out(self, desk: Counter) -> None:
        waits = desk.types("case", "reply", "2", "We will pay.", "--json").one
        assert (waits["ok"], waits["waiting"], waits["url"]) == (True, 1, "")
        listed = desk.types("approvals", "list", "--json").one
        assert (listed["draft"]["text"], listed["case"]["id"]) == ("We will pay.", 2)
        done = desk.types("approvals", "approve", "1", "--json", agent="bob").one
        assert (done["draft"], done["url"], done["text"]) == (1, "https://example.com/2", "We will pay.")

    def test_a_draft_is_read_beside_the_post_it_answers(self, desk: Counter) -> None:
        desk.types("case", "reply", "2", "We will\npay.")
        seen = desk.types("approvals", "show", "1", agent="bob")
        assert "  @acme refund me" in seen.out
        assert "Draft 1 by ada, waiting since" in seen.out
        assert seen.out.endswith("  We will\n  pay.\n")
        assert "approvals approve 1" in seen.err

    def test_declined_it_goes_back_with_the_reason(self, desk: Counter) -> None:
        desk.types("case", "reply", "2", "We will pay.")
        seen = desk.types("approvals", "decline", "1", "name no sum", agent="bob")
        assert (seen.code, seen.out) == (0, "1 declined by bob\n")
        assert "declined by bob" in desk.types("approvals", "show", "1").out
        assert "declined: name no sum" in desk.types("case", "show", "2").out

    def test_its_writer_takes_it_back(self, desk: Counter) -> None:
        desk.types("case", "reply", "2", "We will pay.")
        other = desk.types("approvals", "withdraw", "1", agent="bob")
        assert (other.code, "is ada's" in other.err) == (5, True)
        assert desk.types("approvals", "withdraw", "1", "--json").one["draft"]["state"] == "withdrawn"

    def test_the_author_who_wrote_meanwhile_stops_it_unless_anyway(self, desk: Counter) -> None:
        desk.types("case", "reply", "2", "We will pay.")
        with desk.hears() as office:
            office.hears("@acme forget it", by="cleo", thread="t2")
        seen = desk.types("approvals", "approve", "1", agent="bob")
        assert (seen.code, "“@acme forget it”" in seen.err, "--anyway" in seen.err) == (5, True, True)
        assert desk.types("approvals", "approve", "1", "--anyway", agent="bob").code == 0

    @pytest.mark.parametrize("verb", [("approve", "9"), ("decline", "9", "no"), ("withdraw", "9"), ("show", "9")])
    def test_an_unknown_draft_is_one_line_and_what_to_do(self, desk: Counter, verb: tuple[str, ...]) -> None:
        seen = desk.types("approvals", *verb)
        assert (seen.code, seen.out) == (2, "")
        assert seen.err == "listener: there is no draft 9\n  → listener approvals list\n"

    def test_many_that_wait_are_cut_and_it_is_said(self, desk: Counter) -> None:
        with desk.hears() as office:
            office.hears("@acme refund", by="dan", thread="t3")
        for case in ("2", "3"):
            desk.types("case", "reply", case, "We will pay.")
        seen = desk.types("approvals", "list", "--limit", "1")
        assert len(seen.out.splitlines()) == 2
        assert "more wait: raise --limit" in seen.err
