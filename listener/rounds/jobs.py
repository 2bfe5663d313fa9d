"""A source with what reads it."""

from dataclasses import dataclass, field

from listener.domain.platform import Capabilities
from listener.domain.policy import SourceConfig
from listener.ports import Connector
from listener.ports.connectors import Streams


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A source with the connector that reads it."""

    source: SourceConfig
    connector: Connector
    can: Capabilities = field(default_factory=Capabilities)
    """What its connector says of itself."""

    @property
    def streams(self) -> bool:
        """Whether it is to be heard live, and can be."""
        return self.source.stream and isinstance(self.connector, Streams)
