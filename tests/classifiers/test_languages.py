"""Which language a text is in, and what becomes of one that no model reads."""

import json
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifiers import languages, romanised
from classifiers.base import LABELS, Classification, Language, ModelError, Scores, as_json, decide, unread
from classifiers.embedded import EmbeddedClassifier
from classifiers.languages import guess, identify
from classifiers.multilingual import ByLanguage, Identified

KNOWN = ("en",)
FOREIGN = {
    "Mein Paket ist seit zwei Wochen verschwunden und keiner antwortet": "de",
    "Warum geht die App schon wieder nicht?": "de",
    "Merci pour votre aide, c'est réglé": "fr",
    "¿Cómo puedo cambiar mi dirección?": "es",
    "Obrigado pela ajuda!": "pt",
    "Il mio ordine non è mai arrivato": "it",
    "Bedankt voor de snelle hulp": "nl",
    "Siparişim hâlâ gelmedi": "tr",
    "注文した商品がまだ届きません": "ja",
    "服务太差了": "zh",
    "최악의 서비스": "ko",
    "Мой заказ так и не пришёл": "ru",
    "طلبي لم يصل بعد ولا أحد يرد": "ar",
    "मदद के लिए धन्यवाद": "hi",
}
READ = [
    "@acme my order is two weeks late and nobody answers",
    "Das ist so unfair, my order is two weeks late and nobody answers",
    "Gracias guys, the new update is amazing",
    "c'est la vie, order lost again and nobody cares",
    "Im not tho 😭😭💔💔",
    "Im glad to hear it !!!",
    "THANK YOU SO MUCH!! http://t.co/tGSB1DfPS3",
    "ok",
    "lol",
    "ur app suxxx",
    "mi goreng is life",
]
SILENT = [
    "",
    " \n\t",
    "😡",
    "👍🏽🇺🇸",
    "https://example.org/a",
    "@acme",
    "#fail",
    "404 !!! 12:30",
    "\ud800\udfff",
    "\u200b\u202e",
]


@pytest.mark.parametrize(("text", "code"), FOREIGN.items())
def test_a_sentence_in_another_language_is_named_and_not_read(text: str, code: str) -> None:
    found = identify(text, KNOWN)
    assert (found.code, found.read) == (code, False)
    assert languages.SURE <= found.chance <= 1


@pytest.mark.parametrize("text", READ)
def test_english_is_read_also_where_it_is_short_or_half_of_the_post(text: str) -> None:
    assert identify(text, KNOWN).read


@pytest.mark.parametrize("text", SILENT, ids=ascii)
def test_what_has_no_words_has_no_language_and_is_read(text: str) -> None:
    assert identify(text, KNOWN) == Language()


def test_words_of_no_language_that_can_be_named_are_not_read() -> None:
    """Romanised Hindi: six words, none English, and nothing the model could name."""
    found = identify("mera order abhi tak nahi aaya bhai yaar", KNOWN)
    assert (found.code, found.read) == ("", False)


@pytest.mark.parametrize(
    "text",
    [
        "koi jawab nahi",
        "bohat ghatiya service",
        "aap ka shukriya",
        "meri baat suno",
        "shukran jazilan",
        "wein el talabiye",
        "gde moy zakaz",
        "zakaz ne prishel",
        "spasibo bolshoe",
    ],
)
def test_a_short_phrase_in_latin_letters_that_is_no_english_is_not_read(text: str) -> None:
    assert not identify(text, KNOWN).read


@pytest.mark.parametrize(
    "text",
    ["mesh wifi drops", "brass band", "net neutrality", "told ya", "oh hi", "yaar that was awful"],
)
def test_english_that_shares_a_word_with_them_is_read(text: str) -> None:
    assert identify(text, KNOWN).read


def test_no_word_of_theirs_is_a_common_english_one() -> None:
    assert not romanised.WORDS & languages.COMMON


def test_a_model_that_knows_the_language_reads_it() -> None:
    assert identify("Bedankt voor de snelle hulp", ("en", "nl")).read


def test_accounts_tags_and_addresses_say_nothing_of_the_language() -> None:
    assert guess("@KundenserviceDeutschland #Verspätung https://beispiel.de/warum") == guess("")


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=200)
@given(st.text(alphabet=st.characters(codec=None), max_size=200))
def test_any_string_gets_an_answer(text: str) -> None:
    found = identify(text, KNOWN)
    assert found.code == "" or languages.SURE <= found.chance <= 1


@pytest.mark.parametrize("piece", ["a\u0300", "\u0315\u0300", "word ", "ж", "😀", "ا", "\u202e", "#aB", "\\u0061"])
def test_a_million_characters_are_looked_at_no_further_than_the_cap(piece: str) -> None:
    much = piece * (1_000_000 // len(piece))
    assert identify(much, KNOWN) == identify(much[: languages.MAX_CHARS], KNOWN)


def test_an_altered_language_model_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    altered = tmp_path / "lid.176.ftz"
    altered.write_bytes(languages.MODEL.read_bytes()[:-1] + b"x")
    monkeypatch.setattr(languages, "MODEL", altered)
    languages._loaded.cache_clear()
    try:
        with pytest.raises(ModelError, match=r"lid\.176\.ftz is not the one"):
            identify("hello there", KNOWN)
    finally:
        languages._loaded.cache_clear()


def test_the_shipped_model_abstains_from_what_it_cannot_read_and_says_so(shipped: EmbeddedClassifier) -> None:
    german, english = shipped.classify(["Warum geht die App schon wieder nicht?", "@acme why is the app down again?"])
    assert german == unread(shipped.artefact.labels, german.language, shipped.model_id)
    assert as_json("", german)["verdict"] == {"sentiment": None, "labels": [], "abstained": True}
    told = as_json("", german)["language"]
    assert isinstance(told, dict)
    assert (told["code"], told["read"]) == ("de", False)
    assert (english.language.code, english.language.read) == ("en", True)
    json.dumps(as_json("", english))


def test_only_texts_that_are_read_reach_the_network(shipped: EmbeddedClassifier) -> None:
    class Untouchable:
        def get_outputs(self) -> list[object]:
            raise AssertionError("asked")

    deaf = replace(shipped, session=Untouchable())
    assert all(not found.language.read for found in deaf.classify(list(FOREIGN)))


@dataclass
class Fixed:
    """Says the same of whatever it is asked."""

    model_id: str
    complaint: float = 0.9
    cut: float = 0.5
    reads: bool = True
    asked: list[str] = field(default_factory=list)

    @property
    def thresholds(self) -> dict[str, float]:
        return dict.fromkeys((*LABELS, "sentiment"), self.cut)

    def classify(self, texts: list[str]) -> list[Classification]:
        self.asked += texts
        if not self.reads:
            return [unread(LABELS, identify(text, KNOWN), self.model_id) for text in texts]
        scores = Scores(
            sentiment={"negative": 0.8, "neutral": 0.1, "positive": 0.1},
            labels={"complaint": self.complaint, "praise": 0.0, "question": 0.0},
            emotions={},
        )
        return [
            Classification(scores=scores, verdict=decide(scores, self.thresholds), model=self.model_id) for _ in texts
        ]


def test_a_model_configured_for_the_language_takes_over() -> None:
    first, other = Fixed("first@1", reads=False), Fixed("multi@2", cut=0.7)
    loads: list[int] = []

    def load() -> Fixed:
        loads.append(1)
        return other

    both = ByLanguage(first=first, others={"de": load, "fr": load})
    german, french, japanese = both.classify(
        ["Warum geht die App schon wieder nicht?", "Merci pour votre aide, c'est réglé", "最悪のサービス"]
    )
    assert [german.model, french.model, japanese.model] == ["multi@2", "multi@2", "first@1"]
    assert german.verdict.labels == ("complaint",)
    assert (german.language.code, german.language.read, japanese.language.read) == ("de", True, False)
    assert both.thresholds_of("multi@2")["complaint"] == 0.7
    assert both.thresholds_of("first@1")["complaint"] == 0.5
    assert len(loads) == 1
    assert len(other.asked) == 2


def test_a_hub_model_is_asked_about_every_language_and_each_is_named() -> None:
    (found,) = Identified(inner=Fixed("hub@1")).classify(["Warum geht die App schon wieder nicht?"])
    assert (found.language.code, found.language.read, found.verdict.labels) == ("de", True, ("complaint",))


DENIED = """
import socket
class Refused(socket.socket):
    def __init__(self, *a, **k):
        raise AssertionError("a socket was opened")
socket.socket = Refused
socket.create_connection = socket.getaddrinfo = Refused
seen = []
sys.addaudithook(lambda event, args: seen.append(event) if event.startswith("socket.") else None)
from classifiers.embedded import EmbeddedClassifier
found = EmbeddedClassifier.load(threads=1).classify(["my parcel is late", "Warum geht die App schon wieder nicht?"])
assert [one.language.code for one in found] == ["en", "de"], found
assert not seen, seen
"""


def test_F2_loading_and_classifying_work_where_sockets_are_denied() -> None:
    done = subprocess.run([sys.executable, "-c", f"import sys{DENIED}"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_F2_they_work_in_a_namespace_without_a_network() -> None:
    cage = ["unshare", "--net", "--map-root-user"]
    try:
        allowed = subprocess.run([*cage, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        allowed = False
    if not allowed:
        pytest.skip("this machine lets nobody make a network namespace")
    code = (
        "from classifiers.embedded import EmbeddedClassifier\n"
        "print(EmbeddedClassifier.load(threads=1).classify(['my parcel is late'])[0].language.code)"
    )
    done = subprocess.run([*cage, sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "en", done.stderr
