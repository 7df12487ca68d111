"""How files get into the lake complete: permissions, atomic writes, links, and removal of files left by dead processes.

Whatever a command or a run writes is its owner's alone (``private_files``), whatever the umask; what readers may see is opened to
them on purpose: ``open_folder``, ``readable_path``, ``open_to_readers``.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, get_args

from pipeline.lake import checksums
from pipeline.lake.layout import PRIVATE_ZONES, STAGES, Lake

_RIGHTS_OF_OTHERS = 0o077
# Whatever the umask, nobody else may change what is published.
_NEVER_FOR_READERS = 0o022
# The umask that the process was started with, while ``private_files`` holds another one.
_umasks: list[int] = []
# Holds what ``damaged`` took out of these zones.
_SET_ASIDE = "damaged"

WorkKind = Literal["spilled", "undated", "rivals", "corrected", "pinned", "checked", "evaluated", "process"]
"""What a folder below the scratch folder is for; its name begins with it, and what a dead process left is found by it."""

# Folders of unfinished files: temporary files of ``atomic_path`` (with DuckDB's log next to the warehouse's), and DuckDB's
# spill files.
_TEMPORARY = (
    *(".*.tmp*", "landing/.*.tmp"),
    # As earlier versions spilled.
    *("scratch/duckdb_temp*", "scratch/extract-*"),
    *(f"scratch/{kind}-*" for kind in get_args(WorkKind)),
    *(f"{stage}/*/quarter=*/.*.tmp" for stage in STAGES),
    *(f"{checksums.FOLDER}/{place}/.*.tmp" for place in ("landing", "*/*")),
)


@contextmanager
def private_files() -> Iterator[None]:
    """Within it, only the owner may enter and read what this process and those it starts make; may be nested.

    For a whole command or run: the umask is one for all threads of a process.
    """
    if _umasks:
        yield
        return
    _umasks.append(os.umask(_RIGHTS_OF_OTHERS))
    try:
        yield
    finally:
        os.umask(_umasks.pop())


def open_to_readers(folder: Path) -> None:
    """Let readers into a folder and all below it, as the umask that the process was started with allows; never to change it."""
    for parent, _, names in os.walk(folder):
        _open(Path(parent))
        for name in names:
            _open(Path(parent) / name)


def close_to_others(folder: Path) -> None:
    """Leave a folder and all below it to its owner, whatever the process that wrote it had for a umask."""
    for parent, _, names in os.walk(folder):
        for path in (Path(parent), *(Path(parent) / name for name in names)):
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~_RIGHTS_OF_OTHERS)


def open_folder(folder: Path) -> None:
    """Make a folder that readers may enter, and its missing parents too; one that is there keeps its permissions."""
    for missing in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
        _open(missing)


def _open(path: Path) -> None:
    umask = _umasks[0] if _umasks else _umask()
    path.chmod((0o777 if path.is_dir() else 0o666) & ~(umask | _NEVER_FOR_READERS))


def _umask() -> int:
    umask = os.umask(_RIGHTS_OF_OTHERS)
    os.umask(umask)
    return umask


def make_private(folder: Path) -> None:
    """Make a folder that only its owner may enter, whatever the umask; missing parents too."""
    missing = [each for each in folder.parents if not each.exists()]
    for each in (*reversed(missing), folder):
        each.mkdir(mode=0o700, exist_ok=True)
        each.chmod(0o700)


def narrow_rights(lake: Lake) -> None:
    """Remove group and other permissions from the private zones, for lakes made or copied with wider ones.

    Files of another user are left alone: only their owner can change them.
    """
    for zone in (*PRIVATE_ZONES, _SET_ASIDE):
        # From the outside in: once the zone is closed nobody can reach what is below.
        for folder, _, names in os.walk(lake.root / zone):
            for path in (Path(folder), *(Path(folder) / name for name in names)):
                with suppress(FileNotFoundError, PermissionError):
                    found = path.lstat().st_mode
                    if found & _RIGHTS_OF_OTHERS and not stat.S_ISLNK(found):
                        path.chmod(stat.S_IMODE(found) & ~_RIGHTS_OF_OTHERS)


def unlisted(folder: Path) -> list[Path]:
    """The folders at and below a folder that cannot be listed; searches would take them for empty. None if it does not exist."""
    found: list[Path] = []
    if os.path.lexists(folder):
        for _ in os.walk(folder, onerror=lambda error: found.append(Path(error.filename))):
            pass
    return found


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success it becomes ``path`` in one step, on failure nothing changes.

    A killed process leaves its temporary file behind; ``remove_temporary_files`` removes it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    with in_use(path.parent):
        try:
            yield temporary
            with temporary.open("rb") as handle:
                os.fsync(handle.fileno())
            checksums.put_in_place(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
            # DuckDB's log of a database that it could not write.
            temporary.with_name(f"{temporary.name}.wal").unlink(missing_ok=True)


@contextmanager
def private_path(path: Path) -> Iterator[Path]:
    """``atomic_path`` for a file that only its owner may read, whatever the umask; the same holds for folders made for it."""
    if not path.parent.exists():
        make_private(path.parent)
    with atomic_path(path) as temporary:
        yield temporary
        temporary.chmod(0o600)


@contextmanager
def readable_path(path: Path) -> Iterator[Path]:
    """``atomic_path`` for a file that readers may read (``open_to_readers``)."""
    with atomic_path(path) as temporary:
        yield temporary
        _open(temporary)


def linked(present: Path, path: Path) -> bool:
    """Make ``path`` a link to the file at ``present``; False if the file system has no links.

    For partitions with the same rows: files of the lake are never changed in place.
    """
    with suppress(OSError), private_path(path) as temporary:
        os.link(present, temporary)
        return True
    return False


@contextmanager
def work_folder(scratch: Path, kind: WorkKind) -> Iterator[Path]:
    """A folder of this process's own below the scratch folder, where personal data may lie; it is gone at the end.

    A process that is killed leaves it behind: ``remove_temporary_files`` finds it.
    """
    make_private(scratch)
    with in_use(scratch), TemporaryDirectory(prefix=f"{kind}-", dir=scratch) as folder:
        yield Path(folder)


def can_work_in(scratch: Path) -> bool:
    """Whether there can be work folders; not in a lake that is mounted read-only or belongs to somebody else."""
    try:
        make_private(scratch)
    except OSError as error:
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            return False
        raise
    return os.access(scratch, os.W_OK | os.X_OK)


@contextmanager
def pinned(lake: Lake, paths: Iterable[Path]) -> Iterator[list[Path]]:
    """Yield this reader's own links to the files as they are now, in the given order; removed at the end.

    In a lake that cannot be written to, nothing is replaced: there they are the files themselves.

    DuckDB opens a file several times while reading it. A run of another quarter with this one as look-back quarter may replace
    the partition in between: DuckDB would combine the footer of one file with the pages of another.
    """
    if not can_work_in(lake.scratch):
        yield list(paths)
        return
    with work_folder(lake.scratch, "pinned") as folder:
        names = []
        for number, path in enumerate(paths):
            name = folder / f"{number}{path.suffix}"
            try:
                os.link(path, name)
            except FileNotFoundError:
                raise
            except OSError:  # a file system without links
                shutil.copyfile(path, name)
            names.append(name)
        yield names


@contextmanager
def temporary_files_in(lake: Lake) -> Iterator[None]:
    """Temporary files of this process, its libraries and the processes it starts go into the lake's scratch folder.

    They are gone at the end, and those of a process that was killed with the next run (``remove_temporary_files``).
    """
    # Before this process is in the folder itself.
    remove_temporary_files(lake)
    with work_folder(lake.scratch, "process") as folder:
        before, variable = tempfile.tempdir, os.environ.get("TMPDIR")
        tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
        try:
            yield
        finally:
            tempfile.tempdir = before
            if variable is None:
                del os.environ["TMPDIR"]
            else:
                os.environ["TMPDIR"] = variable


@contextmanager
def process_folder(name: str) -> Iterator[Path]:
    """A folder in the system's temporary folder, for work that has no lake; it and all that libraries put beside it go at the end.

    It is called ``<name>-<process id>-…``; those that killed processes of this user left are removed first.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{name}-*-*"):
        process = left.name.removeprefix(f"{name}-").partition("-")[0]
        if process.isdigit() and not Path("/proc", process).exists():
            with suppress(OSError):
                with _opened(left) as descriptor:
                    # Of a process in another container, perhaps.
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if left.stat().st_uid == os.geteuid():
                    shutil.rmtree(left, ignore_errors=True)
    with TemporaryDirectory(prefix=f"{name}-{os.getpid()}-") as folder, in_use(Path(folder)):
        yield Path(folder)


@contextmanager
def in_use(folder: Path) -> Iterator[None]:
    """Lock a folder as holding temporary files of this process; the kernel releases the lock when the process dies.

    Several processes may share a folder. The folder itself is locked, so no lock file can be left behind.
    """
    with _opened(folder) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield


def remove_temporary_files(lake: Lake) -> None:
    """Remove unfinished files of dead processes, which may hold personal data; folders in use are left alone."""
    found = sorted(path for pattern in _TEMPORARY for path in lake.root.glob(pattern))
    for folder, paths in groupby(found, key=lambda path: path.parent):
        with suppress(BlockingIOError, FileNotFoundError, PermissionError), _opened(folder) as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for path in paths:
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
