"""For other monitors: `/metrics` in Prometheus' format, `/health` whether we live, `/ready` whether to count on us."""

from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from listener.alerts.metrics import CONTENT_TYPE, metrics, unready
from listener.clock import Clock
from listener.domain.gauges import Workforce
from listener.domain.policy import Settings
from listener.errors import ListenerError
from listener.ports import Store
from listener.web.serving import Serving, bounded

MOST_AT_ONCE = 50


class Monitored:
    """The application; it only reads."""

    def __init__(
        self,
        settings: Settings,
        open_store: Callable[[], Store],
        clock: Clock,
        workforce: Callable[[], Workforce | None] = lambda: None,
    ) -> None:
        """Both are called for every answer: a file that was moved away, or upgraded, is noticed."""
        self._settings = settings
        self._open = open_store
        self._clock = clock
        self._workforce = workforce

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/metrics", self.metrics, methods=["GET"]),
                Route("/health", self.health, methods=["GET"]),
                Route("/ready", self.ready, methods=["GET"]),
            ]
        )

    async def metrics(self, request: Request) -> Response:
        """All numbers; 503 while the database can't be read."""
        try:
            return PlainTextResponse(await run_in_threadpool(self._metrics), media_type=CONTENT_TYPE)
        except ListenerError as error:
            return PlainTextResponse(f"{error}\n", status_code=503)

    async def health(self, request: Request) -> Response:
        """That this process answers, and no more."""
        return PlainTextResponse("ok\n")

    async def ready(self, request: Request) -> Response:
        """200, or 503 with what is wrong."""
        try:
            faults = await run_in_threadpool(self._faults)
        except ListenerError as error:
            faults = [str(error)]
        return JSONResponse({"ready": not faults, "faults": faults}, status_code=503 if faults else 200)

    def _metrics(self) -> str:
        store = self._open()
        try:
            with store.read() as reads:
                sources = {source.name for source in self._settings.sources}
                return metrics(reads, self._settings.alerts, sources, self._clock.now(), self._workforce())
        finally:
            store.close()

    def _faults(self) -> list[str]:
        store = self._open()
        try:
            with store.read() as reads:
                return unready(reads, self._clock.now(), self._workforce())
        finally:
            store.close()


def server(monitored: Monitored, *, host: str, port: int) -> Serving:
    """A server that isn't running yet, bounded in how many may speak to it at once and for how long."""
    return uvicorn.Server(bounded(monitored.app(), host=host, port=port, most_at_once=MOST_AT_ONCE))
