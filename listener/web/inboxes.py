"""For whom events are taken: the sources whose platform tells by webhook, and where each one's events are kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from listener.app import private_folder
from listener.connectors.spool import Spool
from listener.domain.policy import Secret, Settings, SourceConfig
from listener.errors import ConfigError

OBJECTS = {"facebook": ("page", "page_id"), "instagram": ("instagram", "account_id")}
"""By connector: what Meta calls it, and the option that holds its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """One source's events."""

    source: str
    platform: str
    kind: str
    """What Meta calls the object that events are about."""
    account: str
    """Its id there."""
    app_secret: Secret
    verify_token: Secret
    spool: Spool = field(repr=False)


def inboxes(settings: Settings) -> list[Inbox]:
    """Those of all enabled sources that can be told. Raises `ConfigError` where there is none."""
    found = [_inbox(source, settings) for source in _told(settings.sources)]
    if not found:
        raise ConfigError(
            "no enabled source takes a webhook's events",
            next_step="give a facebook or instagram source the secrets app_secret and verify_token",
        )
    return found


def _told(sources: Sequence[SourceConfig]) -> Iterator[SourceConfig]:
    for source in sources:
        secrets = source.secrets
        if source.enabled and source.connector in OBJECTS and secrets.get("app_secret") and secrets.get("verify_token"):
            yield source


def _inbox(source: SourceConfig, settings: Settings) -> Inbox:
    kind, option = OBJECTS[source.connector]
    return Inbox(
        source=source.name,
        platform=source.connector,
        kind=kind,
        account=str(source.options.get(option, "")),
        app_secret=source.secrets["app_secret"],
        verify_token=source.secrets["verify_token"],
        spool=Spool(private_folder(settings.database), source.name),
    )
