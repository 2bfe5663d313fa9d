"""`listener …` as a process of its own, without the half second of imports: forked off one that has them in memory.

    tests → a socket: words, folder, environment, three streams → fork → `listener.cli.main` → its exit code

Most of what the tests of the command line took was Python reading our modules again and again. What must be seen as
people start it (on a terminal, under limits, without a network, start-up itself) doesn't come here.
"""

import atexit
import gc
import importlib
import json
import os
import pkgutil
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

SLOW = ("holidays.countries.united_states", "numpy", "sqlalchemy.dialects.sqlite.pysqlite", "tokenizers")
"""What our modules import only when they need it; not onnxruntime, which starts a thread: better not to fork those."""
LEFT_OUT = ("listener.__main__", "listener.store.migrations.", "listener.demo")
STREAMS = 3
CLIENT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as s:
    s.connect({path!r})
    asked = json.dumps({{"words": sys.argv[1:], "cwd": os.getcwd(), "env": dict(os.environ)}})
    socket.send_fds(s, [asked.encode() + b"\\n"], [0, 1, 2])
    code = int(s.makefile().readline() or 1)
os._exit(code if code >= 0 else 128 - code)
"""


@cache
def server() -> Path:
    """The socket of this test process's server; a program `listener` that asks it lies beside."""
    folder = Path(tempfile.mkdtemp(prefix="listener-warm-"))
    path, program = folder / "socket", folder / "listener"
    program.write_text(CLIENT.format(python=sys.executable, path=str(path)))
    program.chmod(0o700)
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.warm", path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # nor does numpy then
    )

    def end() -> None:
        assert started.stdin is not None
        assert started.stdout is not None
        started.stdin.close()
        started.wait(30)
        started.stdout.close()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    assert started.stdout is not None
    started.stdout.readline()
    return path


def run(words: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run` with captured output; raises `TimeoutError`."""
    with (
        socket.socket(socket.AF_UNIX) as asking,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        Path(os.devnull).open("rb") as nothing,
    ):
        asking.settimeout(timeout)
        asking.connect(str(server()))
        asked = json.dumps({"words": list(words), "cwd": str(cwd), "env": dict(env)}).encode() + b"\n"
        socket.send_fds(asking, [asked], [nothing.fileno(), out.fileno(), err.fileno()])
        code = int(asking.makefile().readline() or 1)
        said = [_read(stream.fileno()) for stream in (out, err)]
    return subprocess.CompletedProcess(["listener", *words], code, *said)


def _read(descriptor: int) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    with open(descriptor, encoding="utf-8", newline=None, closefd=False) as stream:  # as `text=True` reads
        return stream.read()


def _serve(path: str) -> None:
    """One child for each who asks, until our input ends."""
    _warm_up()
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen(64)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    if (parent := os.getpid()) and os.fork() == 0:
        sys.stdin.read()  # ends with the tests
        os.kill(parent, signal.SIGKILL)
        os._exit(0)
    sys.stdin.close()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        asking, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            _answer(asking)
        asking.close()


def _warm_up() -> None:
    import listener

    ours = (found.name for found in pkgutil.walk_packages(listener.__path__, "listener."))
    for name in (*SLOW, *(name for name in ours if not name.startswith(LEFT_OUT))):
        with suppress(ImportError):  # of an extra that isn't installed
            importlib.import_module(name)
    gc.freeze()  # or each child's collector would walk, and so copy, all of it


def _answer(asking: socket.socket) -> None:
    """Run the command in a child, and tell how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    asked, streams, _, _ = socket.recv_fds(asking, 1 << 20, STREAMS)
    while not asked.endswith(b"\n"):
        asked += asking.recv(1 << 20)
    if (child := os.fork()) == 0:
        asking.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        _become(**json.loads(asked))
    for stream in streams:
        os.close(stream)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    asking.sendall(f"{code}\n".encode())
    os._exit(0)


def _become(words: list[str], cwd: str, env: dict[str, str]) -> None:
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    sys.argv = ["listener", *words]
    sys.modules["__main__"].__package__ = ""  # it is called by its own name, not as a module
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as the process lives
    code: object = 0
    try:
        from listener.cli import main

        main()
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001 - as Python itself ends
        sys.excepthook(*sys.exc_info())
        code = 1
    with suppress(BrokenPipeError, ValueError):
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1 if code else 0)


if __name__ == "__main__":
    _serve(sys.argv[1])
