"""`listener worker`, and judging anew what is stored."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.narrate import log_lines
from listener.cli.run import stop_on_signals
from listener.cli.session import Session, session
from listener.domain.phrases import counted
from listener.errors import ConfigError

if TYPE_CHECKING:
    from listener import reclassifying
    from listener.workers import Queue

THREADS = 4


def worker(
    queues: Annotated[
        str, typer.Option(help="What this worker keeps to: poll, classify, notify, with commas between.")
    ] = "poll,classify,notify",
    threads: Annotated[int, typer.Option(help="Jobs at a time.", min=1, max=64)] = THREADS,
    status: Annotated[bool, typer.Option("--status", help="Tell what waits and who is alive, and end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --status: one JSON object a queue.")] = False,
) -> None:
    """Take a share of the run, on any number of machines with one PostgreSQL; Ctrl-C ends it after the page in hand.

    Instead of `listener run`: while that goes on, workers wait.
    """
    from listener import app

    with session() as ours, log_lines(ours.settings.log_level):
        address = _address(ours)
        if status:
            _tell(address, as_json=as_json)
            return
        from listener.workers import serve
        from listener.workers.board import Board
        from listener.workers.sweep import Sweep
        from listener.workers.work import Work

        chosen = _queues(queues)
        stop_on_signals(ours.clock)
        crew = app.crew(ours.settings, ours.store, ours.clock, stopping=lambda: ours.clock.stopped)
        board = Board(address, Work(crew.stages, crew.jobs, crew.notifiers))
        show.say(f"working at {', '.join(chosen)} with {threads} threads, for {board.shown}")
        serve(board, Sweep(crew.stages, crew.jobs), ours.store, ours.clock, queues=chosen, threads=threads)


def _tell(address: str, *, as_json: bool) -> None:
    from listener.workers.workforce import workforce

    found = workforce(address)
    if found is None:
        show.say("no worker has been here yet")
        return
    rows = [
        {
            "queue": one.queue,
            "waiting": one.waiting,
            "in_hand": one.in_hand,
            "oldest_s": round(one.oldest.total_seconds()),
        }
        for one in found.queues
    ]
    show.emit_rows(("queue", "waiting", "in_hand", "oldest_s"), rows, as_json=as_json)
    show.say(f"{found.alive} {'worker' if found.alive == 1 else 'workers'} alive")
    for fault in found.faults:
        show.say(fault)


def _queues(asked: str) -> list[Queue]:
    from listener.workers import Queue

    names = list(dict.fromkeys(name.strip().casefold() for name in asked.split(",") if name.strip()))
    if not names or set(names) - {*Queue}:
        raise ConfigError(f"no such queues: {asked!r}", next_step=f"some of: {', '.join(Queue)}")
    return [Queue(name) for name in names]


def _address(ours: Session) -> str:
    if ours.settings.server is None:
        raise ConfigError(
            "workers share a PostgreSQL server, and this store is a file",
            next_step="`listener run` does it all on one machine; for several, see docs/scale.md",
        )
    if find_spec("procrastinate") is None:
        raise ConfigError("workers need the extra `pg`", next_step="pip install 'social-support-listener[pg]'")
    return ours.settings.server.address()


reclassify_app = typer.Typer(
    help="Judge stored posts anew, by the model in use now; their cases stay as they are.", no_args_is_help=True
)
Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@reclassify_app.command("plan")
def plan(as_json: Json = False) -> None:
    """How many posts there are to judge, and about how long this machine takes, by a sample; changes nothing."""
    from listener import reclassifying

    with session() as ours:
        found = reclassifying.plan(ours.settings, ours.store, ours.clock.now())
    if as_json:
        show.emit_json(
            {
                "begun": found.begun.isoformat() if found.begun else None,
                "posts": found.posts,
                "ranges": found.ranges,
                "posts_a_second": found.posts_a_second,
                "hours": found.hours,
            }
        )
        return
    if found.begun:
        show.say(f"begun at {found.begun:%Y-%m-%d %H:%M} UTC; `run` goes on with it")
    speed = f"{found.posts_a_second:,.0f} posts a second" if found.posts_a_second else "no posts to try it on"
    takes = f"{speed}, about {found.hours:,.1f} hours here"
    show.out(f"{found.posts:,} posts to judge, in {counted(found.ranges, 'range')}; {takes}")


@reclassify_app.command("run")
def reclassify(
    by_workers: Annotated[bool, typer.Option("--by-workers", help="Leave it to `listener worker` processes.")] = False,
    anew: Annotated[bool, typer.Option("--anew", help="From the beginning, also where one is open.")] = False,
    as_json: Json = False,
) -> None:
    """Judge them, range by range; what is stopped goes on where it was. Counts and digests follow at once."""
    from listener import reclassifying

    with session() as ours, log_lines(ours.settings.log_level):
        stop_on_signals(ours.clock)
        begun = reclassifying.begin(ours.store, ours.clock.now(), anew=anew)
        if by_workers:
            new = asyncio.run(_hang_up(_address(ours), begun))
            show.say(f"{counted(new, 'range')} left to workers, on the queue `classify`")
            return
        done = reclassifying.run(ours.settings, ours.store, ours.clock, begun, _say_range)
        left = reclassifying.left(ours.store, begun)
    if as_json:
        show.emit_json({"judged": done, "left": left})
    else:
        show.out(f"{done:,} posts judged, {left:,} left" + (": `listener reclassify run` goes on" if left else ""))


async def _hang_up(address: str, begun: reclassifying.Begun) -> int:
    from listener.workers.board import Board
    from listener.workers.hints import judge_anew

    board = Board(address)
    async with board.app.open_async():
        return await board.hang_up(judge_anew(begun.since, begun.until))


def _say_range(last: int, until: int) -> None:
    show.say(f"  up to {last:,} of {until:,}")
