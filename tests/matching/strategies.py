"""Small worlds in which queries and texts often meet, full of letters whose folding changes lengths."""

from hypothesis import strategies as st

from listener.domain.brand import Brand
from listener.domain.mention import Author, Mention
from listener.matching.query import And, Field, Node, Not, Or
from listener.matching.words import Handle, Words
from tests.builders import author, mention

WORDS = [
    "ab",
    "AB",
    "b",
    "ß",
    "ss",
    "SS",
    "s",
    "i̇",
    "İ",
    "i",
    "é",
    "e\u0301",
    "e",
    "ソニ",
    "日本",
    "b_a",
    "c++",
    "1",
    "ﬀ",
    "ff",
]
GLUE = ["", " ", " ", " ", "\n ", ".", "@", "＠", "_", "-", "/", "u/", "(", "\u2764\ufe0f", "\u0301"]
HANDLES = ["ab", "İb", "ß", "b_a"]
PLATFORMS = ["x", "reddit"]

texts = st.lists(st.one_of(st.sampled_from(WORDS), st.sampled_from(GLUE)), max_size=9).map("".join)
phrases = st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(" ".join)
fields = st.one_of(
    st.builds(Field, st.just("author"), st.sampled_from(["ann", "@ANN", "bob"])),
    st.builds(Field, st.just("platform"), st.sampled_from(["x", "X", "reddit"])),
    st.builds(Field, st.just("lang"), st.sampled_from(["en", "EN", "en-GB", "pt"])),
)
leaves: st.SearchStrategy[Node] = st.one_of(
    st.builds(Words, phrases), st.builds(Words, phrases), st.builds(Handle, st.sampled_from(HANDLES)), fields
)


def _inner(children: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(children, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(Not, children), st.builds(And, several), st.builds(Or, several))


nodes: st.SearchStrategy[Node] = st.recursive(leaves, _inner, max_leaves=6)

authors: st.SearchStrategy[Author] = st.sampled_from(["ann", "Ann", "bob"]).map(author)
mentions: st.SearchStrategy[Mention] = st.builds(
    lambda text, by, platform, lang: mention(text, author=by, platform=platform, lang=lang),
    texts,
    authors,
    st.sampled_from(PLATFORMS),
    st.sampled_from(["", "en", "en-GB", "pt"]),
)


def brands(queries: st.SearchStrategy[str]) -> st.SearchStrategy[list[Brand]]:
    """One to three brands; `queries` gives their boolean terms and exclusions."""
    one = st.builds(
        Brand,
        name=st.sampled_from(["A", "B", "C"]),
        handles=st.lists(st.sampled_from(HANDLES), max_size=2).map(tuple),
        names=st.lists(phrases, max_size=2).map(tuple),
        queries=st.lists(queries, max_size=2).map(tuple),
        exclude=st.lists(queries, max_size=1).map(tuple),
    )
    return st.lists(one, min_size=1, max_size=3, unique_by=lambda brand: brand.name)
