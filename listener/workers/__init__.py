"""The run on several machines: the same stages as jobs, taken by any number of `listener worker` processes.

    tables → sweep → hints on Procrastinate's board → whichever worker is free → the same commit as in the run → tables

A job is a hint that work seems to wait; the tables say what is to be done. So a job that is lost is found again by the
next sweep, one done twice does nothing the second time, and the board may be thrown away at any time.
"""

from listener.workers.hints import Queue
from listener.workers.worker import serve

__all__ = ["Queue", "serve"]
