"""Log of who read and who removed personal data: one line of JSON per event in ``log/access.jsonl`` of the lake.

Only who, when, what and why belong here; never a value of the data. Lines are only appended. Apart from the marks of purged
files, only this log records the wall clock; no number depends on it.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import pwd
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.calendar.quarters import TIME_ZONE, Quarter
from pipeline.lake.files import make_private
from pipeline.lake.layout import Lake

Entry = dict[str, Any]


def access_log(lake: Lake) -> Path:
    """The log file; it does not exist before the first event."""
    return lake.root / "log" / "access.jsonl"


def entry(command: str, action: str, **facts: Any) -> Entry:
    """An event at the current time by this process's user; facts that are None are left out.

    ``action``: ``read`` (a stage reads records), ``export`` (records leave the lake), ``query`` (somebody asked
    the analysts' layer), ``purge`` (records are removed).
    """
    now = dt.datetime.now(zoneinfo.ZoneInfo(TIME_ZONE)).isoformat(timespec="seconds")
    known = {name: fact for name, fact in facts.items() if fact is not None}
    return {"at": now, "user": _user(), "command": command, "action": action, **known}


def log_reading(lake: Lake, command: str, zone: str, quarter: Quarter, tables: Iterable[str], run_id: str) -> None:
    """Log that a stage is about to read a quarter's records in a zone, and the newer look-back quarters there."""
    append(lake, [entry(command, "read", zone=zone, quarter=quarter.label, tables=list(tables), run_id=run_id)])


def append(lake: Lake, entries: Iterable[Mapping[str, Any]]) -> None:
    """Append events as whole lines, safely with other writers, and return when they are on the disk."""
    lines = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in entries).encode()
    if not lines:
        return
    path = access_log(lake)
    make_private(path.parent)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    with open(descriptor, "r+b", buffering=0) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        # A killed process may have left half a line; the next line must not be lost with it.
        is_torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        remaining = memoryview(b"\n" + lines if is_torn else lines)
        while remaining:
            remaining = remaining[os.write(descriptor, remaining) :]
        os.fsync(descriptor)


def events(lake: Lake) -> Iterator[Entry]:
    """The events in logging order; half lines of killed processes are skipped."""
    path = access_log(lake)
    if not path.is_file():
        return
    with path.open(encoding="utf-8", errors="replace") as handle:
        for line in handle:
            try:
                event = json.loads(line)
            except json.JSONDecodeError:
                continue
            if isinstance(event, dict):
                yield event


def _user() -> str:
    # Not the environment's LOGNAME, which anyone can set.
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid {os.geteuid()}"
