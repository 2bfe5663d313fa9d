"""What erasing by age needs of the store."""

from datetime import datetime
from typing import Protocol


class AgingWrites(Protocol):
    """Changes."""

    def age_out(self, stored_before: datetime, at_rest_since: datetime, limit: int, now: datetime) -> int:
        """Erase the posts stored longest ago, but for those in cases that aren't resolved or were touched since;
        how many. Counts of posts stay; of authors without other posts nothing does, nor what was said in their cases.
        """
        ...

    def drop_rejects(self, before: datetime) -> int:
        """Forget records that couldn't be read; how many."""
        ...

    def drop_counts(self, before: datetime) -> int:
        """Forget how many posts there were in hours before that; how many counts."""
        ...
