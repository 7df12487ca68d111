"""Measures a process: wall seconds, CPU seconds, peak resident memory and, from its progress lines, seconds per stage.

Which processes are run is decided in ``__main__``.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_LAST_LINES = 20


@dataclass(frozen=True)
class Cost:
    """The resources of one process as counted by the operating system."""

    wall_seconds: float
    cpu_seconds: float
    peak_gib: float
    stages: dict[str, float]
    """Wall seconds from each progress line to the next; ``start`` is the time before the first."""


def measured(command: Sequence[str], environment: Mapping[str, str], progress: str = "") -> Cost:
    """Run a command to its end; lines that begin with ``progress`` name the stage that starts.

    Raises CalledProcessError with the last lines of its output when it fails.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        env={**environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout is not None
    marks = [("start", started)]
    lines: list[str] = []
    for line in process.stdout:
        lines = [*lines[-_LAST_LINES:], line]
        if progress and line.startswith(progress):
            marks.append((line.removeprefix(progress).strip(), time.perf_counter()))
    process.stdout.close()
    # wait4 reports the resources of this child alone; getrusage(RUSAGE_CHILDREN) would sum all children so far.
    _, status, usage = os.wait4(process.pid, 0)
    ended = time.perf_counter()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command), "".join(lines))
    moments = [at for _, at in marks[1:]] + [ended]
    return Cost(
        wall_seconds=ended - started,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_gib=usage.ru_maxrss / 2**20,
        stages={stage: until - since for (stage, since), until in zip(marks, moments, strict=True)},
    )
