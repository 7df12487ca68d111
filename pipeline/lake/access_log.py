"""Who read personal data and who removed them: one line of JSON an event in ``log/access.jsonl`` of the lake.

Only who, when, what and why belong here; never a value of the data. Lines are only ever appended. This is a log: the one
place beside the marks of purged files where the wall clock is written down; no number is made from it.
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
    """The file; there is none before the first event."""
    return lake.root / "log" / "access.jsonl"


def entry(command: str, action: str, **facts: Any) -> Entry:
    """An event of now and of the user this process runs as; facts that are None are left out.

    ``action``: ``read`` (a stage reads records), ``export`` (records leave the lake), ``purge`` (records are removed).
    """
    now = dt.datetime.now(zoneinfo.ZoneInfo(TIME_ZONE)).isoformat(timespec="seconds")
    known = {name: fact for name, fact in facts.items() if fact is not None}
    return {"at": now, "user": _user(), "command": command, "action": action, **known}


def log_reading(lake: Lake, command: str, zone: str, quarter: Quarter, tables: Iterable[str], run_id: str) -> None:
    """Say that a stage is about to read a quarter's records in a zone, and of its look-back quarters what is newer there."""
    append(lake, [entry(command, "read", zone=zone, quarter=quarter.label, tables=list(tables), run_id=run_id)])


def append(lake: Lake, entries: Iterable[Mapping[str, Any]]) -> None:
    """Add events as whole lines, whoever else is writing, and see them on the disk before returning."""
    lines = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in entries).encode()
    if not lines:
        return
    path = access_log(lake)
    make_private(path.parent)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    with open(descriptor, "r+b", buffering=0) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        # A process that was killed may have left half a line; the next one must not be lost to it.
        is_torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        remaining = memoryview(b"\n" + lines if is_torn else lines)
        while remaining:
            remaining = remaining[os.write(descriptor, remaining) :]
        os.fsync(descriptor)


def events(lake: Lake) -> Iterator[Entry]:
    """The events in the order in which they were logged; half a line of a killed process is passed over."""
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
    # Not the environment's LOGNAME, which anybody can set.
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid {os.geteuid()}"
