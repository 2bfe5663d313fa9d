"""How a post is said, and in which language: what routes, rules, the card and the list make of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from listener.domain.policy import Route, TriagePolicy
from listener.domain.rules import Rule, Then, When
from listener.domain.verdict import Label, Language, Verdict, agreed
from listener.triage.assess import Post, assess
from listener.triage.card import model_line
from listener.triage.card_words import ABUSE, headline_of
from listener.triage.facts import facts_text, measured
from listener.triage.severity import PRIOR_COMPLAINT, severity
from tests.builders import mention, verdict
from tests.triage.builders import POLICY, case, office

SHARP = {"offensive": 0.4, "irony": 0.6}


def said(*labels: Label, language: Language | None = None, **tones: float) -> Verdict:
    plain = verdict(*labels)
    scores = replace(plain.scores, tones=tones, language=language or Language())
    return replace(plain, scores=scores, thresholds={**plain.thresholds, **SHARP})


def unread(code: str = "de") -> Verdict:
    plain = verdict(sentiment=None)
    language = Language(code=code, chance=0.97 if code else 0.0, read=False)
    return replace(plain, scores=replace(plain.scores, labels={}, language=language))


def words(found: Verdict) -> str:
    return "".join(text for text, _ in model_line(found))


def test_sarcasm_lowers_confidence_and_is_shown() -> None:
    plain, ironic = said(Label.PRAISE), said(Label.PRAISE, irony=0.71)
    assert ironic.confidence < plain.confidence
    assert "sounds sarcastic 71%" in words(ironic)
    assert "sarcastic" not in words(said(Label.PRAISE, irony=0.5))


def test_a_route_can_ask_for_a_tone() -> None:
    policy = TriagePolicy(routes=(Route(name="abuse", queue="seniors", tones=("offensive",)),))
    rude = assess(Post(brand="Acme", mention=mention(), verdict=said(Label.COMPLAINT, offensive=0.8)), policy)
    civil = assess(Post(brand="Acme", mention=mention(), verdict=said(Label.COMPLAINT, offensive=0.3)), policy)
    assert (rude.routing.queue, civil.routing.queue) == ("seniors", "support")


def test_so_can_a_rule_and_it_sees_the_same_when_it_looks_back(tmp_path: Path) -> None:
    rule = Rule(name="abuse", when=When(tones=("offensive",)), then=Then(tag=("abuse",)))
    with office(tmp_path, replace(POLICY, rules=(rule,))) as made:
        made.hears(by="ann", thread="t1", said=said(Label.COMPLAINT, offensive=0.8))
        made.hears(by="bob", thread="t2", said=said(Label.COMPLAINT))
        assert [one.tags for one in made.cases()] == [("abuse",), ()]
        kept = measured(made.card(1).events[0])
        assert kept is not None
        assert kept.standing.tones == ("offensive",)


def test_facts_without_tone_or_language_are_as_they_always_were() -> None:
    found = assess(Post(brand="Acme", mention=mention(), verdict=said(Label.COMPLAINT)), POLICY)
    assert not {"tones", "lang"} & set(facts_text(found.standing, found.routing).split('"'))


@pytest.mark.parametrize(
    ("stated", "identified", "tag"),
    [("en", "de", "de"), ("en-GB", "en", "en-GB"), ("fr", "", "fr"), ("", "ja", "ja"), ("", "", "")],
)
def test_what_is_identified_goes_before_what_the_platform_states(stated: str, identified: str, tag: str) -> None:
    assert agreed(stated, identified) == tag


def test_routes_by_language_go_by_what_the_words_are_in() -> None:
    policy = TriagePolicy(routes=(Route(name="german", queue="berlin", langs=("de",)),))
    post = Post(brand="Acme", mention=mention(lang="en"), verdict=unread())
    assert assess(post, policy).routing.queue == "berlin"


def test_a_post_that_no_model_reads_is_unsure_weighs_as_an_unread_one_and_says_why() -> None:
    found = assess(Post(brand="Acme", mention=mention(), verdict=unread()), POLICY)
    assert found.reason == "unsure"
    assert found.severity == severity(None, repeats=0, severe_word="") == pytest.approx(PRIOR_COMPLAINT * 0.4)
    assert words(unread()) == "The model: not read, in German (de) by 97%, which it wasn't trained on; read it yourself"
    assert "in no language that it knows" in words(unread(""))


def test_language_and_tones_come_back_from_the_store(tmp_path: Path) -> None:
    with office(tmp_path) as made:
        made.hears(by="ann", said=unread())
        stored = made.card(1).mentions[0].verdict
        assert stored is not None
        assert (stored.unread, stored.scores.language.code, stored.scores.labels) == (True, "de", {})


def test_a_correction_keeps_the_language_and_is_no_longer_unread() -> None:
    from listener.triage.corrections import Correction, corrected

    told = corrected(unread(), Correction(labels=frozenset({Label.COMPLAINT})), "bob")
    assert (told.unread, told.scores.language.code) == (False, "de")


def test_the_store_says_which_case_shows_abuse(tmp_path: Path) -> None:
    with office(tmp_path) as made:
        made.hears(by="ann", thread="t1", said=said(Label.COMPLAINT, offensive=0.4))
        made.hears(by="bob", thread="t2", said=said(Label.COMPLAINT, offensive=0.39))
        made.hears(by="cat", thread="t3", said=verdict(Label.COMPLAINT))
        made.hears(by="dan", thread="t4", said=None)
        assert [one.abusive for one in made.cases()] == [True, False, False, False]


def test_abuse_is_covered_only_where_the_settings_say_so() -> None:
    rude = case(abusive=True)
    assert headline_of(rude, covered=True) == ABUSE
    assert headline_of(rude, covered=False) == rude.headline
    assert headline_of(case(), covered=True) == case().headline
