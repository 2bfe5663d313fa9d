"""Options that every connector to a network has."""

from listener.connectors.options import Kind, Option

TIMEOUT = Option(
    key="timeout",
    help="seconds of silence before a call is given up",
    kind=Kind.NUMBER,
    default=10.0,
    low=0.05,
    high=300,
)
DEADLINE = Option(
    key="deadline", help="seconds one call may take in all", kind=Kind.NUMBER, default=30.0, low=0.05, high=300
)
