"""Which fault of the machine an exception comes from: the disk is full, rights are missing, a file is damaged or gone.

pyarrow, polars, DuckDB, SQLite, dbt and Great Expectations each word the same fault in their own way and Dagster wraps them all;
this is the one place that tells them apart. ``damaged`` finds out which file of the lake is at fault and what becomes of it.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from pipeline.errors import AsqError, DataRefused, UsageError


class Kind(Enum):
    """The kinds of faults."""

    FULL = auto()
    READ_ONLY = auto()
    NO_RIGHTS = auto()
    BROKEN_DEVICE = auto()
    MISSING = auto()
    UNREADABLE = auto()
    """A library could not make sense of a file, or was used wrongly: only a look at the files can tell."""


_BY_NUMBER: dict[int, Kind] = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), Kind.FULL),
    errno.EROFS: Kind.READ_ONLY,
    **dict.fromkeys((errno.EACCES, errno.EPERM), Kind.NO_RIGHTS),
    **dict.fromkeys((errno.EIO, errno.ESTALE, errno.ENODEV), Kind.BROKEN_DEVICE),
    **dict.fromkeys((errno.ENOENT, errno.ENOTDIR), Kind.MISSING),
}
# What libraries pass on of the system's message, and what DuckDB and SQLite say of their own.
_BY_TEXT: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (
        re.compile(
            r"No space left on device|Disk quota exceeded|File too large|database or disk is full|max_temp_directory_size|"
            r"failed to offload data block|Errno (?:27|28|122)\b"
        ),
        Kind.FULL,
    ),
    (re.compile(r"Read-only file system|attempt to write a readonly database"), Kind.READ_ONLY),
    (re.compile(r"Permission denied|Operation not permitted"), Kind.NO_RIGHTS),
    (re.compile(r"Input/output error|Stale file handle"), Kind.BROKEN_DEVICE),
    (re.compile(r"No such file or directory|No files found that match the pattern"), Kind.MISSING),
)
# In quotation marks or, as polars writes it, at the end.
_PATH = re.compile(r"""["'](/[^"'\n]+)["']|: (/\S+)$""")
# Packages whose errors may come of a file that is not what it should be.
_READERS = {"pyarrow", "polars", "duckdb", "_duckdb", "sqlite3"}


class MachineFault(AsqError):
    """A fault of the machine: a full disk, missing rights, a file that cannot be read. The data and the command may be right."""

    exit_code = 2


@dataclass(frozen=True)
class Fault:
    """What happened, and at which path if that is known."""

    kind: Kind
    path: Path | None = None


def fault_of(error: BaseException) -> Fault | None:
    """The fault of the machine behind an exception, whoever wrapped it; None if there is none."""
    found: Fault | None = None
    for each in _chain(error):
        fault = _fault(each)
        if fault is not None and fault.kind != Kind.UNREADABLE:
            return fault
        found = found or fault
    return found


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and all those that it comes from, each once."""
    waiting, seen = [error], set[int]()
    while waiting:
        each = waiting.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        if isinstance(each, DataRefused | UsageError | MachineFault):
            # Explained: what they were made from says less.
            continue
        context = None if each.__suppress_context__ else each.__context__
        waiting += [of for of in (each.__cause__, context) if of is not None]
        waiting += each.exceptions if isinstance(each, BaseExceptionGroup) else ()


def _fault(error: BaseException) -> Fault | None:
    if isinstance(error, DataRefused | UsageError | MachineFault):
        return None
    text = str(error)
    if isinstance(error, OSError) and error.errno in _BY_NUMBER:
        named = error.filename2 or error.filename
        return Fault(_BY_NUMBER[error.errno], Path(os.fsdecode(named)) if isinstance(named, str | bytes) else _path_in(text))
    is_of_reader = type(error).__module__.partition(".")[0] in _READERS
    if isinstance(error, OSError) or is_of_reader or isinstance(error, AsqError):
        for pattern, kind in _BY_TEXT:
            if pattern.search(text):
                return Fault(kind, _path_in(text))
    if is_of_reader or (isinstance(error, OSError) and error.errno is None):
        return Fault(Kind.UNREADABLE, _path_in(text))
    return None


def _path_in(text: str) -> Path | None:
    found = _PATH.search(text)
    return Path(found[1] or found[2]) if found else None


def explained_fault(fault: Fault, place: Path | None = None, needed: int | None = None, beside: Path | None = None) -> str | None:
    """A fault in a line for the user, with what to do; None for one that only a look at the files can explain.

    place   the folder in use (the lake), for faults that name no path
    needed  about how many bytes are needed in all
    beside  what is written elsewhere, for a disk that is full
    """
    path = fault.path or place
    where = f"{path}: " if path else ""
    if fault.kind == Kind.FULL:
        return _full(fault, place, needed, beside)
    if fault.kind == Kind.READ_ONLY:
        return f"{where}cannot be written to: the file system is mounted read-only. Choose another place, or mount it writable"
    if fault.kind == Kind.NO_RIGHTS:
        return f"{where}no right to read or write it: ask its owner for the rights, or run as its owner"
    if fault.kind == Kind.BROKEN_DEVICE:
        return f"{where}the device reports an error: have the disk or the network share examined, then run again"
    if fault.kind == Kind.MISSING:
        return f"{where}no such file or folder: it was removed, or its disk is not mounted"
    return None


def _full(fault: Fault, place: Path | None, needed: int | None, beside: Path | None) -> str:
    # The user's own folder, rather than one of those in it.
    is_within = fault.path is not None and place is not None and fault.path.is_relative_to(place)
    folder = _fullest([place if is_within else fault.path, place, beside, Path(tempfile.gettempdir())])
    free = shutil.disk_usage(folder).free
    wants = f", and about {in_words(needed)} are needed" if needed else ""
    return (
        f"the disk is full (or a quota or limit is reached): {folder} has {in_words(free)} free{wants}. "
        "Make room there and run again"
    )


def _fullest(paths: list[Path | None]) -> Path:
    """The folder where the disk is full: that of the fault, else the one with the least room."""
    named, *others = (_standing(path) if path else None for path in paths)
    if named is not None:
        return named
    return min((each for each in others if each is not None), key=lambda folder: shutil.disk_usage(folder).free)


def _standing(path: Path) -> Path:
    """The nearest folder above a path that there is."""
    return next(folder for folder in path.absolute().parents if folder.is_dir()) if not path.is_dir() else path


def in_words(size: int) -> str:
    """A number of bytes for people: exactly, and in a larger unit beside it."""
    for unit, power in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if size >= 1 << power:
            return f"{size:,} bytes ({size / (1 << power):.1f} {unit})"
    return f"{size:,} bytes"
