"""Which posts are about a brand, and the reason kept with each."""

import pytest

from listener.domain.brand import Brand, Match
from listener.errors import ConfigError
from listener.matching import Matcher
from tests.builders import author, mention

UNITED = Brand(name="United", handles=("united",), own_accounts=("united",))


def found(brand: Brand, text: str, platform: str = "x") -> list[str]:
    """The words of the post that made it a match."""
    return [text[one.start : one.end] for one in Matcher([brand]).match(mention(text, platform=platform))]


@pytest.mark.parametrize(
    "text",
    [
        "@united hello",
        "hello @UNITED",
        "(@united)",
        ".@united",
        "thanks,@united!",
        "@united's crew",
        "@united.Great",
        "＠united",
        "日本@unitedは",
        "❤️@united",
        "@other @united",
    ],
)
def test_a_handle_is_found_between_anything_but_letters(text: str) -> None:
    assert [word.casefold().replace("＠", "@") for word in found(UNITED, text)] == ["@united"]


@pytest.mark.parametrize(
    "text",
    [
        "@unitedkingdom",
        "a@united.com",
        "é@united.com",
        "e\u0301@united.com",
        "@united_ops",
        "@united2",
        "united",
        "@united@mastodon.example",
        "u/united",
        "@unite",
        "@united\u0301",
        "",
    ],
)
def test_a_handle_is_not_found_inside_other_words(text: str) -> None:
    assert found(UNITED, text) == []


def test_on_reddit_an_account_is_also_named_with_u() -> None:
    assert found(UNITED, "ask u/United or /u/united", platform="reddit") == ["u/United"]
    assert found(UNITED, "ask u/united-air, you/united", platform="reddit") == []


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("Acme", "Is ACME's parcel late?", ["ACME"]),
        ("Acme", "acmes macme acme_x", []),
        ("Acme Air", "acme\n  AIR is late", ["acme\n  AIR"]),
        ("a a", "ba a a", ["a a"]),
        ("C++", "I use c++.", ["c++"]),
        ("Straße", "die STRASSE hier", ["STRASSE"]),
        ("STRASSE", "ßß Straße", ["Straße"]),
        ("s", "ß", []),
        ("İstanbul", "ISTANBUL", []),
        ("İstanbul", "İİ İstanbul", ["İstanbul"]),
        ("i", "İ", []),
        ("Nestlé", "my Nestle\u0301!", ["Nestle\u0301"]),
        ("Nestle\u0301", "ßß my Nestlé", ["Nestlé"]),
        ("Nestle", "Nestle\u0301", []),
        ("ソニー", "私はソニーが好き", ["ソニー"]),
        ("ソニ", "ソニー", []),
        ("東芝", "東芝製品", ["東芝"]),
        ("한국", "ßß 한국", ["한국"]),
        ("Acme", "❤️Acme", ["Acme"]),
        ("😡", "so 😡😡", ["😡"]),
    ],
)
def test_a_name_is_found_as_whole_words_and_its_span_points_into_the_original(
    name: str, text: str, words: list[str]
) -> None:
    assert found(Brand(name="B", names=(name,)), text) == words


def test_every_brand_and_term_that_points_to_a_post_is_kept_once_with_its_first_place() -> None:
    acme = Brand(name="Acme", handles=("acme",), names=("Acme",), queries=("late parcel",))
    rival = Brand(name="Rival", names=("rival",), competitor=True)
    assert Matcher([acme, rival]).match(mention("rival beats @acme @acme parcel late")) == (
        Match(brand="Acme", term="@acme", start=12, end=17),
        Match(brand="Acme", term="Acme", start=13, end=17),
        Match(brand="Acme", term="late parcel", start=24, end=30),
        Match(brand="Rival", term="rival", start=0, end=5),
    )


def test_a_term_configured_twice_in_one_brand_matches_once() -> None:
    matches = Matcher([Brand(name="A", names=("acme",), queries=("acme",))]).match(mention("acme"))
    assert [one.term for one in matches] == ["acme"]


def test_a_query_without_words_of_its_own_matches_nowhere_in_particular() -> None:
    brand = Brand(name="A", queries=("author:ann NOT late",))
    assert Matcher([brand]).match(mention("hello")) == (Match(brand="A", term="author:ann NOT late", start=-1, end=-1),)
    assert Matcher([brand]).match(mention("late")) == ()


def test_the_place_of_a_query_is_of_words_that_made_it_true() -> None:
    assert found(Brand(name="A", queries=("(one AND two) OR three",)), "one three") == ["three"]


def test_an_excluded_post_is_not_about_the_brand_but_may_be_about_another() -> None:
    acme = Brand(name="Acme", names=("acme",), exclude=("cartoon OR lang:xx",))
    rival = Brand(name="Rival", names=("acme",))
    assert [one.brand for one in Matcher([acme, rival]).match(mention("acme cartoon"))] == ["Rival"]
    assert Matcher([acme]).match(mention("acme", lang="xx")) == ()


@pytest.mark.parametrize(
    ("query", "lang", "holds"),
    [("lang:en", "en-GB", True), ("lang:EN-gb", "en-GB", True), ("lang:en-GB", "en", False), ("lang:en", "eng", False)],
)
def test_a_language_includes_its_regions(query: str, lang: str, holds: bool) -> None:
    assert bool(Matcher([Brand(name="A", queries=(query,))]).match(mention("x", lang=lang))) is holds


def test_A9_what_the_brand_itself_posts_is_its_own() -> None:
    matcher = Matcher([Brand(name="United", handles=("united",), own_accounts=("@United", "İstanbul"))])
    assert matcher.is_own(mention(author=author("UNITED")))
    assert matcher.is_own(mention(author=author("İSTANBUL".casefold())))
    assert not matcher.is_own(mention(author=author("united2")))


def test_no_brands_match_nothing() -> None:
    assert Matcher([]).match(mention("anything")) == ()
    assert not Matcher([]).is_own(mention())


def test_a_broken_query_is_refused_when_the_matcher_is_built() -> None:
    with pytest.raises(ConfigError, match="column 3"):
        Matcher([Brand(name="A", exclude=("a )",))])
