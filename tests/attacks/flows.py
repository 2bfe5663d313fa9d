"""Every flow that uses a secret, and all that leaves the program meanwhile."""

import logging
from dataclasses import dataclass

from tests.attacks.canaries import Echo, needles
from tests.cli.office import Counter, Typed
from tests.contracts.server import Server
from tests.triage.builders import fresh_store

ASKS: tuple[tuple[str, ...], ...] = (("poll",), ("doctor", "--online"), ("alerts", "test"))
"""What asks somebody."""
TELLS: tuple[tuple[str, ...], ...] = (
    ("sources",),
    ("sources", "--json"),
    ("doctor", "--online", "--json"),
    ("replies", "list", "--json"),
    ("config", "show", "--origin"),
    ("config", "show", "--json"),
    ("coverage",),
    ("backup",),
    ("export", "x:ann"),
    ("digest",),
    ("board",),
)
FAULTS = {
    "401": Echo(status=401),
    "401 at the door": Echo(status=401, lets_in=False),
    "403": Echo(status=403),
    "429": Echo(status=429),
    "500": Echo(status=500),
    "404": Echo(status=404),
    "200": Echo(status=200),
    "broken JSON": Echo(manner="broken"),
    "silence": Echo(manner="hang"),
}
REPLIES = ("x", "reddit", "mastodon", "bluesky", "youtube", "facebook", "instagram", "appstore", "googleplay")


@dataclass
class Seen:
    """Whatever left the program."""

    at: Counter
    kinds: dict[str, str]
    words: list[str]
    revealed: set[str]
    ran: list[str]

    def types(self, *words: str) -> Typed:
        typed = self.at.types(*words)
        self.words += [typed.out, typed.err]
        return typed

    def where(self) -> list[str]:
        """For whoever mends one: the words before each find."""
        told = "\n".join([*self.words, *self.ran])
        found = {text: told.find(text) for text in needles(self.kinds)}
        return [told[told.rfind("\n", 0, at) + 1 :][:200] for at in found.values() if at >= 0]

    def leaks(self) -> set[str]:
        """Kinds found in what was told, logged, run or written, the files that are secret by design left out."""
        told = "\n".join([*self.words, *self.ran]).encode("utf-8", "replace")
        files = [path for path in self.at.folder.rglob("*") if path.is_file()]
        kept = [path for path in files if path.name == "secrets.toml" or path.parent.stat().st_mode & 0o777 == 0o700]
        assert all(path.stat().st_mode & 0o077 == 0 for path in kept)
        held = [told, *(path.read_bytes() for path in files if path not in kept)]
        return {kind for text, kind in needles(self.kinds).items() if any(text.encode() in part for part in held)}


class Ear(logging.Handler):
    """The root logger's, formatted with the exception, as a careless program would."""

    def __init__(self, words: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self.told = words
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith("listener"):  # our own lines are heard where they come out
            self.told.append(self.format(record))


def goes_wrong(seen: Seen, server: Server, echo: Echo, flows: tuple[tuple[str, ...], ...] = ASKS) -> None:
    """Every flow, on a new database."""
    server.script = echo
    seen.kinds.update(echo.minted)
    (seen.at.folder / "listener.db").unlink(missing_ok=True)
    fresh_store(seen.at.folder)
    with seen.at.hears() as office:
        for number, platform in enumerate(REPLIES):
            office.hears(
                "@acme my parcel is late",
                platform=platform,
                native_id=str(number + 7),
                thread=platform,
                by=f"ann{number}",
                can_reply=True,
            )
    for number in range(len(REPLIES)):
        seen.types("case", "reply", str(number + 1), "So sorry, we look into it")
    for words in flows:
        seen.types(*words)
    seen.kinds.update(echo.minted)
