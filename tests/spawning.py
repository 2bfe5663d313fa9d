"""Processes that have the slow imports in memory already: one server forks them all, whoever wants them."""

import multiprocessing
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext


def spawner(*modules: str) -> ForkServerContext:
    """Where such processes come from. The server is one a test process, so what each user needs is added up."""
    context = multiprocessing.get_context("forkserver")
    known = forkserver._forkserver._preload_modules  # type: ignore[attr-defined]
    context.set_forkserver_preload(list(dict.fromkeys([*known, *modules])))
    return context
