"""The SHA-256 of every file of records in the lake, kept in ``checksums/`` beside the zones, so that damage is found.

A byte that flips in a data page may still be decoded, as another value: only what was written can say. The checksum is written
before its file is put in place and beside that of the file it replaces, so that a killed process leaves no file that looks damaged.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.lake.digest import sha256_of
from pipeline.lake.layout import STAGES

FOLDER = "checksums"
_HEXADECIMAL = 64


def place_of(path: Path) -> tuple[Path, Path] | None:
    """(lake, path within it) of a zone's file of records; None for any other file."""
    if path.suffix != ".parquet":
        return None
    if path.parent.name == "landing":
        root = path.parents[1]
    elif path.parent.name.startswith("quarter=") and len(path.parents) > 3 and path.parents[2].name in STAGES:
        root = path.parents[3]
    else:
        return None
    return root, path.relative_to(root)


def put_in_place(temporary: Path, path: Path) -> None:
    """``os.replace`` that keeps the checksum of a zone's file."""
    place = place_of(path)
    if place is None:
        os.replace(temporary, path)
        return
    digest = sha256_of(temporary)
    note = _note(*place)
    with _locked(note.parent):
        before = _read(note)
        if before != {digest}:
            _write(note, {digest, *before})
        os.replace(temporary, path)
        if before - {digest}:
            _write(note, {digest})


def is_as_written(path: Path) -> bool | None:
    """Whether a zone's file still has the contents that were written; None if no checksum was kept."""
    place = place_of(path)
    if place is None:
        return None
    note = _note(*place)
    known = _read(note)
    if not known:
        return None
    if sha256_of(path) in known:
        return True
    # It may have been replaced meanwhile.
    with _locked(note.parent):
        return sha256_of(path) in _read(note)


def keep_published(root: Path, run: Path) -> None:
    """Keep the checksums of a published run's tables of one layer; its folder never changes."""
    note = _note_of_run(root, run)
    with _locked(note.parent):
        _write(note, {f"{sha256_of(path)}  {path.name}" for path in run.glob("*.parquet")})


def is_as_published(root: Path, path: Path) -> bool | None:
    """Whether a published table still has the contents that were published; None if no checksum was kept."""
    try:
        lines = _note_of_run(root, path.parent).read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    known = {name: digest for digest, _, name in (line.partition("  ") for line in lines) if len(digest) == _HEXADECIMAL}
    return sha256_of(path) == known[path.name] if path.name in known else None


def _note_of_run(root: Path, run: Path) -> Path:
    """By layer: ``published/runs/<run>`` and ``analyst/runs/<run>``."""
    return root / FOLDER / run.parents[1].name / f"{run.name}.sha256"


def keep(path: Path) -> None:
    """Keep the checksum of a file of an earlier version, which kept none."""
    place = place_of(path)
    if place is not None:
        note = _note(*place)
        with _locked(note.parent):
            _write(note, {sha256_of(path)})


def _note(root: Path, path: Path) -> Path:
    kept = path.parent if path.parent.name.startswith("quarter=") else path
    return root / FOLDER / kept.with_name(f"{kept.name}.sha256")


def _read(note: Path) -> set[str]:
    try:
        found = set(note.read_text(encoding="ascii").split())
    except (FileNotFoundError, UnicodeDecodeError):
        return set()
    # Half a note, of a machine that lost power, says nothing.
    return found if all(len(each) == _HEXADECIMAL for each in found) else set()


def _write(note: Path, lines: set[str]) -> None:
    fresh = note.with_name(f".{note.name}.{uuid.uuid4().hex}.tmp")
    try:
        fresh.write_text("\n".join(sorted(lines)) + "\n", encoding="utf-8")
        fresh.chmod(0o600)
        os.replace(fresh, note)
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    for missing in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        # Only its owner may enter, whatever the umask.
        missing.mkdir(mode=0o700, exist_ok=True)
        missing.chmod(0o700)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
