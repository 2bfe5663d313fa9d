"""Where the database is, if it isn't a file."""

from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit, urlunsplit

from listener.domain.policy import Secret

SCHEMES = ("postgresql", "postgres")


def is_address(text: str) -> bool:
    """Whether a database is named by a PostgreSQL address instead of a file."""
    return text.startswith(tuple(f"{scheme}://" for scheme in SCHEMES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A PostgreSQL database."""

    url: str
    """Without a password."""
    password: Secret = field(default_factory=lambda: Secret(""))

    def address(self) -> str:
        """With it: for whoever connects alone."""
        if not self.password:
            return self.url
        parts = urlsplit(self.url)
        user, _, host = parts.netloc.rpartition("@")
        return urlunsplit(parts._replace(netloc=f"{user}:{quote(self.password.reveal(), safe='')}@{host}"))
