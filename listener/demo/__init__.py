"""Sample posts by invented people about invented brands, and the settings they are replayed with; data, no code.

`posts.jsonl` holds eight days, 3 to 10 March 2026, one post a line in the file connector's own field names. Six days
are ordinary; on Monday the 9th, 08:40 to 12:00 UTC, the parcel service Fernpost's app and lockers fail. Five posts
carry hostile text on purpose: escape codes, bidi overrides, markup, a spreadsheet formula, stacked marks with a NUL.
"""
