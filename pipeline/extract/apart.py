"""Runs work on delivered files in a process of its own, which may fail without bringing the run down.

Libraries that read workbooks and Parquet end the process on some damaged files, and DuckDB does not stop within a value. The
process says what it is at (``Place``), by which is named what runs out of memory or time. As many processes as tables are read at
once are kept for the next work. Which files are read so is decided by those who call.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from typing import IO, Any, ParamSpec, TypeVar

from pipeline.errors import AsqError, UsageError
from pipeline.extract import limits
from pipeline.extract.errors import UnreadableFile
from pipeline.extract.files import SourceFile
from pipeline.lake.memory import MEMORY_VARIABLE, TABLES_AT_ONCE, in_mebibytes

Given = ParamSpec("Given")
Result = TypeVar("Result")

_SETTINGS = "ASQ_"
# How often the memory of a process at work is looked at, in seconds.
_EVERY = 0.05
# DuckDB is interrupted at the limit of time; a process that does not end by itself is ended so much later.
_GRACE = 3.0
# Beside what work may take: threads and allocators reserve addresses that they do not use.
_RESERVED = 2 << 30
_OUT_OF_MEMORY = (b"memory allocation of", b"bad_alloc", b"MemoryError", b"out of memory", b"capacity overflow")
_READY, _STAGE, _DONE, _FAILED, _NO_MEMORY, _BROKEN = "ready", "stage", "done", "failed", "no memory", "broken"


@dataclass(frozen=True)
class Place:
    """What is being worked on."""

    table: str
    file: str
    sql: str | None = None
    """Where ``sources.yaml`` has the SQL that is running; None: the file is being read."""
    state: _State | None = None
    """Of the file, if it is opened here."""

    @classmethod
    def reading(cls, file: SourceFile) -> Place:
        """That a file is opened."""
        return cls(file.table, file.name, state=_state_of(file))

    def error(self, problem: str) -> AsqError:
        """That this file, or SQL, cannot be worked on."""
        if self.sql is None:
            return UnreadableFile(problem, table=self.table, file=self.file)
        return UsageError(f"{self.sql}: {problem} (on {self.file})")


_State = tuple[str, int, int]
"""A file and what changes when it does: path, size, time of change."""


def _state_of(file: SourceFile) -> _State:
    found = file.path.stat()
    return str(file.path), found.st_size, found.st_mtime_ns


def at(place: Place) -> None:
    """Say what comes next; in the process that the user started, nothing is said."""
    if _ANSWERS is not None and place is not None:
        _ANSWERS.send((_STAGE, place))


def call(work: Callable[Given, Result], /, *given: Given.args, **named: Given.kwargs) -> Result:
    """What a function of a module returns, or raises if it is an AsqError. ::

        rows = apart.call(count_rows, file)

    Function, arguments and result are pickled. Raises UnreadableFile, or UsageError for SQL of the configuration, by the last
    ``Place`` when the process takes more memory or time than ``limits`` allows, or ends.
    """
    if _ANSWERS is not None:
        return work(*given, **named)
    for file in _files_among([*given, *named.values()]):
        if problem := _refused.get(_state_of(file)):
            raise UnreadableFile(problem, table=file.table, file=file.name)
    with _borrowed() as process:
        found: Result = process.run(work, given, named)
        return found


def call_if(is_apart: bool, work: Callable[Given, Result], /, *given: Given.args, **named: Given.kwargs) -> Result:
    """The same in a process of its own or, where that is not needed, here."""
    return call(work, *given, **named) if is_apart else work(*given, **named)


_ANSWERS: Connection | None = None
"""In a process of its own: to the one that asked."""
_idle: list[_Process] = []
_lock = threading.Lock()
_refused: dict[_State, str] = {}
"""What is wrong with files that ended a process: they are not read a second time."""


def _files_among(values: Iterable[object]) -> Iterator[SourceFile]:
    for value in values:
        if isinstance(value, SourceFile):
            yield value
        elif isinstance(value, list | tuple):
            yield from _files_among(value)


@contextmanager
def _borrowed() -> Iterator[_Process]:
    with _lock:
        process = _idle.pop() if _idle else None
    if process is None or not process.is_alive:
        process = _Process()
    try:
        yield process
    finally:
        with _lock:
            is_kept = process.is_alive and not process.is_large and len(_idle) < TABLES_AT_ONCE
            if is_kept:
                _idle.append(process)
        if not is_kept:
            process.end()


class _Process:
    """A process that waits for work."""

    def __init__(self) -> None:
        self._connection, theirs = Pipe()
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 closed by end()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pipeline.extract.apart", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    @property
    def is_large(self) -> bool:
        """Whether what earlier work left in its memory would be missing to later work."""
        return self._resident() > limits.memory() // 2

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._connection.close()
        self._errors.close()

    def run(self, work: Callable[..., Any], given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        settings = {name: value for name, value in os.environ.items() if name.startswith(_SETTINGS)}
        seconds, memory = limits.seconds(), limits.memory()
        watch = _Watch(seconds, memory)
        finished = False
        try:
            self._connection.send_bytes(pickle.dumps((settings, memory, work, given, named)))
            kind, content = self._answer(watch)
            finished = True
        finally:
            # Also where the user interrupts: what it does is not asked for any more.
            if not finished:
                self._process.kill()
                self._process.wait()
        if kind == _DONE:
            return content
        if kind == _FAILED:
            raise content
        if kind == _NO_MEMORY:
            raise watch.too_large()
        if watch.place is None:
            raise AsqError(f"reading files fails ({content})")
        raise watch.refusal(f"is damaged: reading it fails ({content})")

    def _answer(self, watch: _Watch) -> tuple[str, Any]:
        while True:
            try:
                if self._connection.poll(_EVERY):
                    kind, content = self._connection.recv()
                    if kind == _READY:
                        watch.begins()
                    elif kind == _STAGE:
                        watch.goes_to(content)
                    else:
                        return kind, content
                    continue
            except (EOFError, ConnectionError):
                raise self._died(watch) from None
            if watch.is_late():
                raise watch.too_slow()
            if self._resident() > watch.memory:
                raise watch.too_large()

    def _resident(self) -> int:
        """Bytes of memory that the process has in use; 0 where the system does not tell."""
        try:
            with open(f"/proc/{self._process.pid}/statm", "rb") as statm:
                return int(statm.read().split()[1]) * resource.getpagesize()
        except (OSError, IndexError, ValueError):
            return 0

    def _died(self, watch: _Watch) -> Exception:
        code = self._process.wait()
        self._errors.seek(0)
        said = self._errors.read()[-4096:]
        # The system ends what takes the memory of all others.
        if code == -signal.SIGXCPU:
            return watch.too_slow()
        if any(word in said for word in _OUT_OF_MEMORY) or code == -signal.SIGKILL:
            return watch.too_large()
        if watch.place is None:
            return AsqError(f"the process that reads files ended with {code}: {said.decode(errors='replace')}")
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return watch.refusal(f"is damaged: the library that reads it fails ({name}): save it anew, or as CSV")


class _Watch:
    """Where a process is, since when, and what it may take."""

    def __init__(self, seconds: float, memory: int) -> None:
        self.seconds, self.memory = seconds, memory
        self.place: Place | None = None
        self._since: float | None = None
        self._spent: dict[Place, float] = {}
        self._states: dict[str, _State | None] = {}

    def begins(self) -> None:
        """The process has started: on a busy machine that takes longer than reading a file may."""
        self._since = time.monotonic()

    def goes_to(self, place: Place) -> None:
        now = time.monotonic()
        if self.place is not None and self._since is not None:
            self._spent[self.place] = self._spent.get(self.place, 0.0) + now - self._since
        self.place, self._since = place, now
        if place.state is not None:
            self._states[place.file] = place.state

    def is_late(self) -> bool:
        if self._since is None:
            return False
        before = self._spent.get(self.place, 0.0) if self.place is not None else 0.0
        return before + time.monotonic() - self._since > self.seconds + _GRACE

    def too_slow(self) -> Exception:
        said = f"takes longer than {self.seconds:g} seconds"
        if self.place is None:
            return AsqError(f"reading files {said}")
        return self.refusal(f"{said}: {self._less()}, or set {limits.SECONDS_VARIABLE} to more")

    def too_large(self) -> Exception:
        said = f"takes more than {in_mebibytes(self.memory)} of memory"
        if self.place is None:
            return AsqError(f"reading files {said}")
        return self.refusal(f"{said}: {self._less()}, or set {MEMORY_VARIABLE} to more (one file may take half of it)")

    def refusal(self, problem: str) -> AsqError:
        """The error of the place; a file is remembered with it."""
        assert self.place is not None
        # Sheets are called staff.xlsx#May.
        state = self.place.state or self._states.get(self.place.file.partition("#")[0])
        if self.place.sql is None and state is not None:
            _refused[state] = problem
        return self.place.error(problem)

    def _less(self) -> str:
        if self.place is not None and self.place.sql is not None:
            return "let the SQL make less"
        return "delete what is empty, divide the file, or save it as CSV"


def main() -> None:
    """Do what is asked for until nobody asks any more."""
    global _ANSWERS
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_after, args=(os.getppid(),), daemon=True).start()
    answers = _ANSWERS = Connection(int(sys.argv[1]))
    # Nobody is left to answer to.
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            work = pickle.loads(answers.recv_bytes())
            answers.send((_READY, None))
            answers.send(_answered(*work))


def _end_after(parent: int) -> None:
    """End when the process that started this one has ended, whatever is at work."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _answered(
    settings: dict[str, str], memory: int, work: Callable[..., Any], given: tuple[Any, ...], named: dict[str, Any]
) -> tuple[str, Any]:
    for name in [name for name in os.environ if name.startswith(_SETTINGS)]:
        del os.environ[name]
    os.environ.update(settings)
    _limit(memory)
    try:
        return _DONE, work(*given, **named)
    except AsqError as error:
        return _FAILED, error
    except ConnectionError:
        raise
    # A library in Rust panics with what is no Exception.
    except BaseException as error:
        if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryException":
            return _NO_MEMORY, None
        return _BROKEN, type(error).__name__


def _limit(memory: int) -> None:
    """What the process may ask for at once: the one that started it looks at what is in use."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = _addresses() + memory + _RESERVED
    # A library that lets nothing else run in its process is ended by the system, should nobody be left to do it.
    used = resource.getrusage(resource.RUSAGE_SELF)
    processors = os.cpu_count() or 1
    most = int(used.ru_utime + used.ru_stime + (limits.seconds() + _GRACE) * processors) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _addresses() -> int:
    """Bytes of addresses that this process has reserved; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as statm:
            return int(statm.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


if __name__ == "__main__":
    # The module that work is pickled with, not this one.
    from pipeline.extract import apart

    apart.main()
