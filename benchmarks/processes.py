"""Measures a command with all processes that it starts: wall and CPU seconds, peak memory, CPU seconds per stage.

Run as a file, it is the supervisor: it becomes the reaper of every process below it, whether its parent waits for it or not, so
that the kernel's own count of each is added up. Which commands are measured is decided in ``measurements``.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LAST_LINES = 20
_SAMPLE_SECONDS = 0.2
# <sys/prctl.h>
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Cost:
    """The resources of a command and of every process below it."""

    wall_seconds: float
    cpu_seconds: float
    peak_gib: float
    """The largest sum of the memory of all processes (PSS: pages that several share count once), looked at every 0.2 s; or the
    kernel's own figure for the largest process, if that is more."""
    stages: dict[str, float]
    """CPU seconds from each progress line to the next; ``start`` is the time before the first."""


def measured(command: Sequence[str], environment: Mapping[str, str], progress: str = "") -> Cost:
    """Run a command and all that it starts to their end; lines that begin with ``progress`` name the stage that starts.

    Raises CalledProcessError with the last lines of its output when the command fails.
    """
    reading, writing = os.pipe()
    supervisor = subprocess.Popen(
        [sys.executable, str(Path(__file__).resolve()), str(writing), *command],
        env={**environment, "PYTHONUNBUFFERED": "1"},
        pass_fds=[writing],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    os.close(writing)
    assert supervisor.stdout is not None
    marks = [("start", 0.0)]
    lines: list[str] = []
    for line in supervisor.stdout:
        lines = [*lines[-_LAST_LINES:], line]
        if progress and line.startswith(progress):
            marks.append((line.removeprefix(progress).strip(), _cpu_below(supervisor.pid)))
    supervisor.stdout.close()
    with os.fdopen(reading, encoding="utf-8") as report:
        told = report.read()
    if supervisor.wait() or not told:
        raise RuntimeError(f"{' '.join(command)} could not be measured:\n{''.join(lines)}")
    found = json.loads(told)
    if found["status"]:
        raise subprocess.CalledProcessError(found["status"], list(command), "".join(lines))
    stages: dict[str, float] = {}
    spent = [until for _, until in marks[1:]] + [found["cpu_seconds"]]
    for (stage, since), until in zip(marks, spent, strict=True):
        stages[stage] = stages.get(stage, 0.0) + until - since
    return Cost(found["wall_seconds"], found["cpu_seconds"], found["peak_gib"], stages)


def _cpu_below(supervisor: int) -> float:
    """The CPU seconds so far of the processes below the supervisor and of those that they have waited for."""
    return sum(sum(map(int, fields[11:15])) for fields in _below(supervisor).values()) / os.sysconf("SC_CLK_TCK")


def _below(ancestor: int) -> dict[int, list[str]]:
    """The processes below a process: what proc(5) tells of each in ``stat``, from the third field on."""
    told: dict[int, list[str]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdecimal():
            with suppress(OSError), open(f"/proc/{entry.name}/stat", "rb") as file:
                # The second field, a name in parentheses, may hold anything.
                told[int(entry.name)] = file.read().rpartition(b")")[2].decode("ascii").split()
    children: dict[int, list[int]] = {}
    for pid, fields in told.items():
        children.setdefault(int(fields[1]), []).append(pid)
    found, waiting = {}, list(children.get(ancestor, ()))
    while waiting:
        pid = waiting.pop()
        found[pid] = told[pid]
        waiting += children.get(pid, ())
    return found


# --- the supervisor ------------------------------------------------------------------------------------------------------


def _supervise(command: Sequence[str]) -> dict[str, Any]:
    """Run the command and reap every process that it leaves behind."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "this process cannot adopt the processes that its children leave behind")
    ended = threading.Event()
    sampled = [0]
    watch = threading.Thread(target=_watch_memory, args=(ended, sampled))
    started = time.perf_counter()
    child = subprocess.Popen(command)
    watch.start()
    cpu, largest, status, wall = 0.0, 0, 0, 0.0
    # A process that was waited for below is in its parent's figures; all others are reaped here, each once.
    with suppress(ChildProcessError):
        while True:
            pid, found, usage = os.wait4(-1, 0)
            cpu += usage.ru_utime + usage.ru_stime
            largest = max(largest, usage.ru_maxrss * 1024)
            if pid == child.pid:
                status, wall = os.waitstatus_to_exitcode(found), time.perf_counter() - started
                child.returncode = status
    ended.set()
    watch.join()
    return {"wall_seconds": wall, "cpu_seconds": cpu, "peak_gib": max(largest, sampled[0]) / 2**30, "status": status}


def _watch_memory(ended: threading.Event, sampled: list[int]) -> None:
    while not ended.wait(_SAMPLE_SECONDS):
        sampled[0] = max(sampled[0], sum(map(_memory_of, _below(os.getpid()))))


def _memory_of(pid: int) -> int:
    """The PSS of a process in bytes; 0 if it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


if __name__ == "__main__":
    with os.fdopen(int(sys.argv[1]), "w", encoding="utf-8") as report:
        # The pipe belongs to this process alone: whoever reads it must not wait for a process that was left behind.
        os.set_inheritable(report.fileno(), False)
        json.dump(_supervise(sys.argv[2:]), report)
