"""`listener web`: pages for leads, read-only. Request → guard → View → Sheet → HTML, CSV or JSON lines."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import IO

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

from listener.clock import Clock
from listener.domain.listing import ERASURES
from listener.domain.policy import Settings
from listener.errors import ConfigError, ListenerError, NotFound, StoreError
from listener.ports import Store
from listener.reports.rows import csv_lines, json_lines
from listener.web.drawing import FOLDER, HTMX, SHOWN, Drawing
from listener.web.guard import COOKIE, Guard, harden
from listener.web.keeping import Keeping
from listener.web.registry import BOARD, FILES, NAV, Entry
from listener.web.serving import Serving, ShortLived, bounded
from listener.web.view import View

MOST_AT_ONCE = 50
IN_MEMORY = 4_000_000
"""Bytes of a download above which it is laid on disk."""
BLOCK = 64_000
DOWNLOADED = 500
"""Rows read at once for a download."""
KINDS = {"csv": ("text/csv; charset=utf-8", csv_lines), "json": ("application/jsonl", json_lines)}
MOST_TYPED = 4_000
"""Bytes of a form."""


class Reading:
    """A store held open for reading, opened anew where another file stands in its place; a server's has no path."""

    def __init__(self, path: Path | None, open_store: Callable[[], Store]) -> None:
        self._path = path
        self._open = open_store
        self._lock = Lock()
        self._held: tuple[tuple[int, int], Store] | None = None
        self.when_replaced: Callable[[], None] = lambda: None

    def store(self) -> Store:
        """Raises `StoreError`."""
        with self._lock:
            which = _which(self._path) if self._path else (0, 0)
            if self._held is None or self._held[0] != which:
                self.close()
                self.when_replaced()
                self._held = (which, self._open())
            return self._held[1]

    def close(self) -> None:
        if self._held is not None:
            self._held[1].close()
            self._held = None


def _which(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise StoreError(f"{path} can't be read: {error.strerror}") from error
    return found.st_dev, found.st_ino


class Board:
    """The application; it only reads."""

    def __init__(self, settings: Settings, reading: Reading, clock: Clock, guard: Guard) -> None:
        self._settings = settings
        self._reading = reading
        self._clock = clock
        self._guard = guard
        self._drawing = Drawing(nav=NAV, downloads=FILES)
        self._style = self._drawing.style()
        self._keeping = Keeping()
        reading.when_replaced = self._keeping.forget

    def app(self) -> Starlette:
        get = ["GET"]
        return Starlette(
            routes=[
                Route("/", self._guarded(self.home), methods=get),
                Route("/static/board.css", self._guarded(self.style, closed=False), methods=get),
                Route(f"/static/{HTMX}", self._guarded(self.script, closed=False), methods=get),
                Route("/login", self._guarded(self.login, closed=False), methods=["GET", "POST"]),
                Route("/{name}.{kind}", self._guarded(self.download), methods=get),
                Route("/{name}", self._guarded(self.page), methods=get),
            ]
        )

    def _guarded(self, answer: Callable[[Request], object], *, closed: bool = True) -> Callable[[Request], object]:
        """Only who may look gets an answer; and whatever goes wrong, a page says so."""

        async def guarded(request: Request) -> Response:
            if not self._guard.asks_for_us(request):
                refused = "This name is not ours: add it to names under [web] in listener.toml.\n"
                return harden(PlainTextResponse(refused, status_code=421))
            if closed and not self._guard.lets_in(request):
                return harden(await self._turned_away(request))
            return harden(await answer(request))  # type: ignore[misc]

        return guarded

    async def _turned_away(self, request: Request) -> Response:
        if self._guard.cookie and "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(self._drawing.login(wrong=False), status_code=401)
        return PlainTextResponse("Who are you? Send the token.\n", status_code=401)

    async def home(self, request: Request) -> Response:
        return RedirectResponse("/today", status_code=302)

    async def style(self, request: Request) -> Response:
        return PlainTextResponse(self._style, media_type="text/css")

    async def script(self, request: Request) -> Response:
        return FileResponse(FOLDER / "static" / HTMX, media_type="text/javascript")

    async def login(self, request: Request) -> Response:
        """A form for the token; who knows it gets a cookie that no script and no other site can use."""
        if not self._guard.cookie:
            return RedirectResponse("/today", status_code=302)
        if request.method == "GET":
            return HTMLResponse(self._drawing.login(wrong=False))
        typed = b""
        async for part in request.stream():
            typed += part
            if len(typed) > MOST_TYPED:
                return PlainTextResponse("That is too long.\n", status_code=413)
        given = QueryParams(typed.decode("utf-8", "replace")).get("token", "")
        if not self._guard.knows(given):
            return HTMLResponse(self._drawing.login(wrong=True), status_code=401)
        answer = RedirectResponse("/today", status_code=303)
        answer.set_cookie(COOKIE, self._guard.cookie, httponly=True, samesite="strict", path="/")
        return answer

    async def page(self, request: Request) -> Response:
        return await run_in_threadpool(self._page, request.path_params["name"], dict(request.query_params))

    async def download(self, request: Request) -> Response:
        name, kind = request.path_params["name"], request.path_params["kind"]
        return await run_in_threadpool(self._download, name, kind, dict(request.query_params))

    def _page(self, name: str, query: dict[str, str]) -> Response:
        entry = BOARD.get(name)
        try:
            if entry is None:
                raise NotFound(f"there is no page {name[:40]!r}")
            with self._view(query) as view:
                return HTMLResponse(self._drawn(name, entry, view))
        except ListenerError as error:
            return self._fault(error)

    def _drawn(self, name: str, entry: Entry, view: View) -> str:
        def make() -> str:
            return self._drawing.page(name, entry.make(view), view)

        if not entry.costly:
            return make()
        key = (name, *sorted(view.query.items()))
        return self._keeping.page(key, view.reads.mark(ERASURES), view.now, make)

    def _download(self, name: str, kind: str, query: dict[str, str]) -> Response:
        """Laid down whole before it is sent: a slow reader holds nothing open in the database."""
        entry = BOARD.get(name)
        laid: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed once it is sent
        try:
            if entry is None or not entry.files or kind not in KINDS:
                raise NotFound("there is no such file")
            media, lines = KINDS[kind]
            with self._view(query, at_once=DOWNLOADED) as view:
                table = entry.make(view).table
                if table is None:
                    raise NotFound("there are no rows to download")
                laid.writelines(one.encode() for one in lines(table.columns, table.rows))
        except ListenerError as error:
            laid.close()
            return self._fault(error)
        laid.seek(0)
        headers = {"Content-Disposition": f'attachment; filename="listener-{name}.{kind}"'}
        return StreamingResponse(_blocks(laid), media_type=media, headers=headers)

    @contextmanager
    def _view(self, query: dict[str, str], at_once: int = SHOWN + 1) -> Iterator[View]:
        with self._reading.store().read() as reads:
            now = self._clock.now()
            yield View(settings=self._settings, reads=reads, now=now, query=query, at_once=at_once)

    def _fault(self, error: ListenerError) -> Response:
        status = 404 if isinstance(error, NotFound) else 400 if isinstance(error, ConfigError) else 503
        return HTMLResponse(self._drawing.fault(error, self._settings), status_code=status)


def _blocks(laid: IO[bytes]) -> Iterator[bytes]:
    with laid:
        while block := laid.read(BLOCK):
            yield block


class Patient(ShortLived):
    """Pages and downloads to people: a connection may serve them for a while."""

    life = 900.0


def server(board: Board, *, host: str, port: int) -> Serving:
    """A server that isn't running yet, bounded in how many may speak to it at once and for how long."""
    return uvicorn.Server(bounded(board.app(), host=host, port=port, most_at_once=MOST_AT_ONCE, http=Patient, idle=30))
