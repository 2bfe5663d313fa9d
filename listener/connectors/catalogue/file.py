"""Files: what its connector reads, needs, costs and can do."""

from listener.connectors.options import ConnectorInfo, Kind, Option

INFO = ConnectorInfo(
    name="file",
    summary="posts from a JSON-lines or CSV file",
    needs="only the file; free",
    options=(
        Option(key="path", help="the file's path", required=True),
        Option(key="platform", help="the name for rows without a platform of their own", default="file"),
        Option(
            key="columns",
            help="which column holds what, such as {text = 'message', author = 'user.name'}",
            kind=Kind.TABLE,
        ),
        Option(key="zone", help="the time zone of times that bear none, such as UTC or Europe/Berlin"),
        Option(key="date_format", help="how times are written, such as %d/%m/%Y %H:%M; found out if not given"),
        Option(key="permalink", help="where a post stands, such as https://example.com/reviews/{id}"),
        Option(key="format", help="jsonl or csv", default="auto", choices=("auto", "jsonl", "csv")),
        Option(key="encoding", help="such as utf-8, utf-16 or cp1252", default="auto"),
        Option(key="delimiter", help="what separates CSV columns, if it isn't , ; or tab"),
        Option(key="page_size", help="rows a page", kind=Kind.WHOLE, default=256, low=1, high=10_000),
        Option(key="hourly", help="end a page with each clock hour, as a replay needs", kind=Kind.FLAG, default=False),
    ),
)
