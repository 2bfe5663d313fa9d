"""Lists as rows: what `listener mentions`, `cases`, `alerts` and the like print, and what the web shows and lets
people download. A module a subject; `asking` reads which brand and days are meant.

settings, reads, now → rows of named cells, strangers' words as they wrote them: every surface escapes for itself.
"""

Row = dict[str, object]
"""Column → value."""
