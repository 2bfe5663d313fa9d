"""The board that jobs hang on: Procrastinate's tables, in a schema of their own beside the store's."""

import logging
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any

import psycopg
from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.schema import SchemaManager

from listener.errors import ListenerError, StoreError
from listener.store.server import KEEPALIVES, LOCK, THEIR_KEEPALIVES, explained, libpq_address
from listener.workers.hints import Hint, Task
from listener.workers.work import Work

log = logging.getLogger(__name__)

SCHEMA = "listener_jobs"
DEAD_AFTER = 30
"""Seconds without a sign of life after which a worker's jobs are given to others."""
SIGN_OF_LIFE = 5
AGAIN_AFTER = 5
"""Seconds until a range that was broken off, or a classifier that failed, is tried again."""
CONNECTIONS = 4
AT_ONCE = 1_000
"""Jobs hung up in one statement."""

_STANDING = """
    SELECT queueing_lock FROM procrastinate_jobs
    WHERE status IN ('todo', 'doing') AND queueing_lock = ANY(%(keys)s)
"""


class Board:
    """Of one database; its coroutines belong to one event loop, inside `app.open_async()`."""

    def __init__(self, address: str, work: Work | None = None) -> None:
        """Without `work`, it only hangs up jobs. Raises `StoreError` where the server refuses."""
        self.shown = make_ready(address)
        settings = {"search_path": SCHEMA, **THEIR_KEEPALIVES}
        options: dict[str, Any] = {
            "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
            "application_name": "listener worker",
            **KEEPALIVES,
        }
        self.app = App(
            connector=PsycopgConnector(
                conninfo=libpq_address(address), kwargs=options, min_size=1, max_size=CONNECTIONS, timeout=10
            )
        )
        for task in Task:
            retry = RetryStrategy(wait=AGAIN_AFTER) if task is Task.JUDGE_ANEW else False
            # A hint that failed is derived anew from the tables; a range is not, so it stays.
            self.app.task(name=task.value, queue=task.queue.value, retry=retry)(_doing(work, task))

    async def hang_up(self, found: Iterable[Hint]) -> int:
        """Those that don't hang there yet; how many those were."""
        wanted = list({hint.key: hint for hint in found}.values())
        new = 0
        for begin in range(0, len(wanted), AT_ONCE):
            some = wanted[begin : begin + AT_ONCE]
            rows = await self.app.connector.execute_query_all_async(_STANDING, keys=[hint.key for hint in some])
            standing = {row["queueing_lock"] for row in rows}
            new += await self._defer([hint for hint in some if hint.key not in standing])
        return new

    async def _defer(self, some: Sequence[Hint]) -> int:
        try:
            if some:
                await self.app.job_manager.batch_defer_jobs_async([self._job(hint) for hint in some])
        except AlreadyEnqueued:
            # Somebody else found the same in this instant; what is missing now is found again.
            return 0
        return len(some)

    def _job(self, hint: Hint) -> Job:
        return self.app.configure_task(
            hint.task.value,
            lock=hint.key,
            queueing_lock=hint.key,
            priority=hint.priority,
            task_kwargs=dict(hint.args),
        ).job

    async def take_back(self) -> int:
        """Jobs of workers that are dead go back on the board; how many. Call with nobody else at `RUN`."""
        manager = self.app.job_manager
        stalled = list(await manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER))
        for job in stalled:
            try:
                await manager.retry_job(job)
            except ConnectorException:
                # The same work hangs there already, and two may not.
                await manager.finish_job(job, Status.FAILED, delete_job=True)
        return len(stalled)


def _doing(work: Work | None, task: Task) -> Any:
    def act(**args: Any) -> None:
        assert work is not None, "this board only hangs jobs up"
        try:
            getattr(work, task.value)(**args)
        except ListenerError as error:
            log.warning("a job failed", extra={"task": task.value, "error": str(error), "next_step": error.next_step})
            if task is Task.JUDGE_ANEW:
                raise

    return act


def make_ready(address: str) -> str:
    """Put Procrastinate's tables there, of the version in use; the address without its password.

    What hung there is lost where the version is another: the next sweep finds it again. Raises `StoreError`.
    """
    named = f"procrastinate {version('procrastinate')}"
    target = libpq_address(address)
    with explained("the job board"), psycopg.connect(target, connect_timeout=10) as server:
        shown = f"{server.info.dbname} on {server.info.host}"
        server.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (LOCK, SCHEMA))
        found = server.execute(
            "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s", (SCHEMA,)
        ).fetchone()
        if found == (named,):
            return shown
        if found is not None:
            _refuse_company(server, shown, str(found[0]))
        server.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}")
        server.execute(f"SET LOCAL search_path = {SCHEMA}")
        server.execute(SchemaManager.get_schema())
        server.execute(f"COMMENT ON SCHEMA {SCHEMA} IS '{named}'")
    return shown


def _refuse_company(server: "psycopg.Connection[Any]", shown: str, theirs: str) -> None:
    server.execute(f"SET LOCAL search_path = {SCHEMA}")
    alive = server.execute(
        "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '1 minute'"
    ).fetchone()
    if alive is not None and alive[0]:
        raise StoreError(
            f"workers of another version ({theirs}) are at work on {shown}",
            next_step="stop them all, then start this one: no work is lost",
        )
