"""A real store for every test here, and no waiting between tries."""

from tests.pipeline.conftest import _no_waiting_between_tries, store

__all__ = ["_no_waiting_between_tries", "store"]
