"""Which columns of the inbox fit where."""

NARROW_COLUMNS = ("id", "band", "points", "queue", "due", "author", "headline")
"""What fits into 80 columns with room for the headline."""
NARROW = 110
