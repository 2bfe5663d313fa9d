"""What board and audit need of the store. Nothing here is ever written by them."""

from collections.abc import Iterator
from typing import Protocol

from listener.domain.audit import Act, ActFilter, Anchor, Sealed, Unsealed
from listener.domain.board import BoardBy, BoardCase, BoardView, Figure, Flow, Standing


class OversightReads(Protocol):
    """Questions. Those that yield stream in bounded memory: read them within the snapshot they were asked of."""

    def standings(self, view: BoardView, by: BoardBy) -> list[Standing]:
        """How each line stands now, those with an open or snoozed case, by key."""
        ...

    def flow(self, view: BoardView, by: BoardBy) -> Flow:
        """What passed through in the view's stretch; merged cases count in the case that took them over."""
        ...

    def board_cases(self, view: BoardView, figure: Figure | None = None) -> Iterator[BoardCase]:
        """The cases behind a figure, by id; without one, every case behind any figure of the board."""
        ...

    def acts(self, want: ActFilter, limit: int) -> list[Act]:
        """What people did, newest first."""
        ...

    def sealed(self) -> Iterator[Sealed]:
        """The whole chain in order, each row with the event it seals."""
        ...

    def unsealed(self, limit: int) -> list[Unsealed]:
        """Events by people that ought to be in the audit and aren't: those since its first act."""
        ...

    def acts_before_audit(self) -> int:
        """Events by people from before the audit's first act: an upgraded store has them."""
        ...

    def anchor(self) -> Anchor:
        """Where the chain ends; an empty one has no acts and the link before the first."""
        ...
