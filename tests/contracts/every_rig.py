"""The rigs by name, each with its server running."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.contracts.rigs import FeedRig, FileRig, HackerNewsRig, RedditRig, Rig, XByIdRig, XMentionsRig, XRig
from tests.contracts.rigs_fediverse import MastodonMentionsRig, MastodonRig
from tests.contracts.rigs_youtube import YouTubeRig

KINDS: dict[str, type[Rig]] = {
    kind.name: kind
    for kind in (
        XRig,
        XMentionsRig,
        XByIdRig,
        RedditRig,
        MastodonRig,
        MastodonMentionsRig,
        YouTubeRig,
        HackerNewsRig,
        FeedRig,
    )
}
RIGS = (*KINDS, "file")


@contextmanager
def rig_named(name: str, folder: Path) -> Iterator[Rig]:
    """A rig with its server running."""
    rig = FileRig(folder) if name == "file" else KINDS[name]()
    with rig.server:
        yield rig
