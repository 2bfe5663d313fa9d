"""Sign-ins that outlive a run: platforms that count sign-ins would else lock us out by noon.

One file each, readable by its owner alone, beside the database and not in it: a copy of the database that is handed
around holds no key to an account.
"""

import hashlib
from contextlib import suppress
from pathlib import Path

from listener.domain.policy import Secret
from listener.files import PRIVATE, write_whole


class Sessions:
    """Keeps one text per credential; without a folder nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def load(self, credential: str) -> Secret:
        """What was kept; empty if nothing was, or it can't be read."""
        if self._folder is None:
            return Secret("")
        try:
            return Secret(self._file(credential).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return Secret("")

    def save(self, credential: str, session: Secret) -> None:
        """Whole or not at all. Where the folder can't be written, the next run signs in again."""
        if self._folder is None:
            return
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self._file(credential), session.reveal(), PRIVATE)

    def forget(self, credential: str) -> None:
        """The platform refuses it."""
        if self._folder is not None:
            with suppress(OSError):
                self._file(credential).unlink(missing_ok=True)

    def _file(self, credential: str) -> Path:
        assert self._folder is not None
        return self._folder / f"{hashlib.sha256(credential.encode()).hexdigest()[:24]}.session"
