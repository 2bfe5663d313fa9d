"""A row of the contract that can't apply to a connector, with the reason."""


class Exempt(Exception):
    """Raised by a check; the scorecard prints the reason."""
