"""Saving mentions: repeats are harmless, edits are kept as versions, verdicts follow the present text."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from listener.domain.brand import Match
from listener.domain.mention import MentionKey, Metrics
from listener.domain.text import clean, text_digest
from listener.domain.verdict import Label, Sentiment
from listener.errors import NotFound
from listener.ports import Store
from listener.store.tables import mention_versions
from tests.builders import NOON, author, minutes, scored, verdict
from tests.store.steps import save, write

KEY = MentionKey(platform="x", native_id="1")


def test_a_mention_reads_back_as_it_was_saved(store: Store) -> None:
    sent = scored(
        author=author("ann", name="Ann Ă.", followers=12),
        thread="t",
        parent="p",
        lang="en",
        version="v1",
        metrics=Metrics(likes=1, replies=2, reposts=3),
        can_reply=True,
        reply_note="may",
        raw='{"id": 1}',
        created_at=datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC),
    )
    (saved,) = save(store, sent)
    with store.read() as reads:
        stored = reads.mention(saved.id)
        assert reads.author(saved.author_id) == sent.mention.author
    assert (saved.is_new, saved.scored) == (True, sent)
    assert (stored.mention, stored.matches, stored.verdict) == (sent.mention, sent.matches, sent.verdict)
    assert not stored.deleted


def test_a_repeat_changes_nothing(store: Store) -> None:
    save(store)
    assert save(store, scored(said=verdict(Label.PRAISE, model="other@2"))) == []


def test_a_key_seen_twice_on_a_page_is_saved_once_as_last_seen(store: Store) -> None:
    (saved,) = save(store, scored("first"), scored("second"))
    with store.read() as reads:
        assert reads.mention(saved.id).mention.text == "second"


def test_an_edit_keeps_the_old_text_as_a_version(store: Store) -> None:
    (first,) = save(store, scored("late parcel"))
    (second,) = save(store, scored("parcel arrived", said=verdict(Label.PRAISE)), now=NOON + minutes(5))
    assert (second.id, second.is_new) == (first.id, False)
    with store.read() as reads:
        stored = reads.mention(first.id)
    assert stored.mention.text == "parcel arrived"
    assert stored.verdict
    assert stored.verdict.labels == {Label.PRAISE}
    assert _versions(store) == [(first.id, 1, "late parcel", NOON + minutes(5))]


def test_a_new_version_of_the_same_text_is_an_edit_without_an_old_text(store: Store) -> None:
    save(store, scored(version="a"))
    (saved,) = save(store, scored(version="b"))
    assert not saved.is_new
    assert _versions(store) == []


def test_an_edit_may_be_about_another_brand(store: Store) -> None:
    save(store)
    (saved,) = save(store, scored("@bolt is late", brand="Bolt"))
    with store.read() as reads:
        assert [match.brand for match in reads.mention(saved.id).matches] == ["Bolt"]


def test_an_unscored_mention_waits_and_its_verdict_counts_as_an_edit(store: Store) -> None:
    unscored = replace(scored(), verdict=None)
    (first,) = save(store, unscored)
    with store.read() as reads:
        (waiting,) = reads.unscored(10)
        assert reads.known([KEY])[KEY].scored_by == ""
    assert (waiting.id, waiting.verdict) == (first.id, None)
    assert save(store, unscored) == []
    (again,) = save(store, scored())
    assert (again.id, again.is_new) == (first.id, False)
    with store.read() as reads:
        assert reads.unscored(10) == []
        assert reads.mention(first.id).verdict == scored().verdict


def test_an_edit_without_a_verdict_leaves_the_mention_unscored(store: Store) -> None:
    (saved,) = save(store, scored("before"))
    save(store, replace(scored("after"), verdict=None))
    with store.read() as reads:
        assert reads.mention(saved.id).verdict is None
        assert [waiting.id for waiting in reads.unscored(10)] == [saved.id]


def test_known_tells_repeats_from_edits(store: Store) -> None:
    (saved,) = save(store, scored(version="v1"))
    with store.read() as reads:
        known = reads.known([KEY, MentionKey(platform="x", native_id="2"), MentionKey(platform="y", native_id="1")])
    assert list(known) == [KEY]
    assert known[KEY].mention_id == saved.id
    assert (known[KEY].digest, known[KEY].version) == (text_digest(scored().mention.text), "v1")
    assert known[KEY].scored_by == "test@1"


def test_an_agents_correction_outranks_the_model_until_the_text_changes(store: Store) -> None:
    (saved,) = save(store)
    correction = verdict(Label.PRAISE, model="agent:ben", sentiment=Sentiment.POSITIVE)
    write(store, lambda tx: tx.save_verdict(saved.id, correction, NOON))
    write(store, lambda tx: tx.save_verdict(saved.id, verdict(Label.QUESTION, model="test@2"), NOON + minutes(1)))
    save(store, scored(version="same text"), now=NOON + minutes(2))
    with store.read() as reads:
        assert reads.mention(saved.id).verdict == correction
    save(store, scored("another text"), now=NOON + minutes(3))
    with store.read() as reads:
        stored = reads.mention(saved.id).verdict
    assert stored
    assert stored.model == "test@1"


def test_of_two_models_the_later_is_in_force(store: Store) -> None:
    (saved,) = save(store)
    for minute, model in ((1, "test@2"), (2, "test@1"), (3, "test@3")):
        write(store, lambda tx, m=minute, n=model: tx.save_verdict(saved.id, verdict(model=n), NOON + minutes(m)))
        with store.read() as reads:
            stored = reads.mention(saved.id).verdict
        assert stored
        assert stored.model == model


def test_a_verdict_on_no_mention_is_refused(store: Store) -> None:
    with pytest.raises(NotFound, match="mention 7"):
        write(store, lambda tx: tx.save_verdict(7, verdict(), NOON))


def test_an_authors_handle_and_followers_follow_the_latest_post(store: Store) -> None:
    save(store, scored(author=author("ann", native_id="7", followers=5)))
    (saved,) = save(store, scored(native_id="2", author=author("anna", native_id="7")))
    with store.read() as reads:
        found = reads.author(saved.author_id)
    assert (found.handle, found.followers) == ("anna", 5)


def test_a_post_about_two_brands_is_one_mention(store: Store) -> None:
    both = scored("@acme or @bolt?")
    both = replace(both, matches=(*both.matches, Match(brand="Bolt", term="@bolt", start=9, end=14)))
    (saved,) = save(store, both)
    with store.read() as reads:
        assert reads.mention(saved.id).matches == both.matches
        assert {cell.brand for cell in reads.tallies(NOON, NOON + minutes(60))} == {"Acme", "Bolt"}


def test_the_same_id_on_two_platforms_is_two_mentions(store: Store) -> None:
    assert len(save(store, scored(platform="x"), scored(platform="reddit"))) == 2


def test_an_empty_page_is_nothing(store: Store) -> None:
    assert write(store, lambda tx: tx.save_mentions([], NOON)) == []


def test_a_naive_instant_is_refused(store: Store) -> None:
    with pytest.raises(Exception, match="naive"):
        save(store, scored(created_at=datetime(2026, 3, 2)))  # noqa: DTZ001


def test_more_mentions_than_one_statement_takes_parameters_for(store: Store) -> None:
    many = [scored(f"post {n}", str(n), author=author(f"a{n}")) for n in range(1200)]
    assert len(save(store, *many)) == 1200
    edited = [scored(f"edited {n}", str(n), author=author(f"a{n}")) for n in range(1200)]
    assert [one.is_new for one in save(store, *edited)] == [False] * 1200
    assert len(_versions(store)) == 1200


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=[]), max_size=200))
def test_D5_any_cleaned_text_comes_back_as_it_went_in(store: Store, text: str) -> None:
    cleaned = clean(f"\ud800\x00 {text} end")
    (saved,) = save(store, scored(cleaned, native_id=str(uuid4())))
    with store.read() as reads:
        assert reads.mention(saved.id).mention.text == cleaned


def test_D5_control_one_uncleaned_text_would_poison_its_page(store: Store) -> None:
    with pytest.raises(UnicodeEncodeError):
        save(store, scored("\ud800"), scored(native_id="2"))


def _versions(store: Store) -> list[tuple[object, ...]]:
    v = mention_versions.c
    with store.read() as reads:
        rows = reads._db.execute(select(v.mention_id, v.revision, v.text, v.replaced_at))
        return [tuple(row) for row in rows]


def test_a_post_may_be_answered_once_any_source_says_that_its_author_wrote_to_us(store: Store) -> None:
    found = scored(can_reply=False, reply_note="open it in a browser")
    (saved,) = save(store, found)
    told = replace(found.mention, can_reply=True, reply_note="", ref="t1_9")
    stranger = replace(told, key=MentionKey(platform="x", native_id="unknown"))
    write(store, lambda tx: tx.note_answerable([told, stranger]))
    with store.read() as reads:
        stored = reads.mention(saved.id).mention
    assert (stored.can_reply, stored.reply_note, stored.ref) == (True, "", "t1_9")
    save(store, replace(found, mention=replace(found.mention, text="@acme still late", version="2")))
    with store.read() as reads:
        assert reads.mention(saved.id).mention.can_reply
