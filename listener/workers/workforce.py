"""Who works, and what waits for them: asked by monitors and people, so it only reads."""

from datetime import timedelta
from typing import Any

import psycopg

from listener.domain.gauges import QueueLoad, Workforce
from listener.store.server import explained, libpq_address
from listener.workers.board import DEAD_AFTER, SCHEMA
from listener.workers.hints import Queue

_OPEN = "SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = %s"
_ALIVE = f"""
    SELECT count(*) FROM {SCHEMA}.procrastinate_workers
    WHERE last_heartbeat > now() - make_interval(secs => {DEAD_AFTER})
"""  # noqa: S608 - names of ours
# One that is tried again later can be done from then on.
_JOBS = f"""
    SELECT j.queue_name,
           count(*) FILTER (WHERE j.status = 'todo'),
           count(*) FILTER (WHERE j.status = 'doing'),
           coalesce(max(now() - greatest(e.at, j.scheduled_at)) FILTER (WHERE j.status = 'todo'), interval '0')
    FROM {SCHEMA}.procrastinate_jobs j
    LEFT JOIN LATERAL (
        SELECT max(at) AS at FROM {SCHEMA}.procrastinate_events
        WHERE job_id = j.id AND type IN ('deferred', 'deferred_for_retry')
    ) e ON true
    WHERE j.status IN ('todo', 'doing')
    GROUP BY 1
"""  # noqa: S608 - names of ours


def workforce(address: str) -> Workforce | None:
    """None where no worker ever was, or this login may not look. Raises `StoreError` where the server refuses."""
    with explained("the job board"), psycopg.connect(libpq_address(address), connect_timeout=10) as server:
        server.read_only = True
        if server.execute(_OPEN, (SCHEMA,)).fetchone() != (True,):
            return None
        (alive,) = server.execute(_ALIVE).fetchone() or (0,)
        rows = {str(row[0]): row[1:] for row in server.execute(_JOBS)}
    return Workforce(alive=alive, queues=[_load(queue, rows.get(queue)) for queue in Queue])


def _load(queue: Queue, row: Any) -> QueueLoad:
    waiting, in_hand, oldest = row or (0, 0, timedelta())
    return QueueLoad(queue=queue.value, waiting=waiting, in_hand=in_hand, oldest=max(oldest, timedelta()))
