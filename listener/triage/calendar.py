"""Business time as the desk counts it: `listener.worktime`, which alerts count by as well."""

from listener.worktime import LONGEST_WALK, add, between, is_open

__all__ = ["LONGEST_WALK", "add", "between", "is_open"]
