"""Finds the files delivered for each table by name, and checks by contents that they are whole and differ.

Opens bytes. Records are read in ``readers``, text encodings found in ``encoding``.
"""

from __future__ import annotations

import errno
import gzip
import io
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from itertools import groupby
from pathlib import Path, PurePath
from typing import Any, BinaryIO, cast

from pipeline.errors import UsageError
from pipeline.extract import limits
from pipeline.extract.errors import (
    AmbiguousSource,
    DuplicateFile,
    NothingDelivered,
    PersonalName,
    SourceRefused,
    TruncatedFile,
    UnreadableFile,
)
from pipeline.lake.digest import sha256_of
from pipeline.privacy.hiding import hide
from pipeline.settings import landing_paths
from pipeline.settings.documents import YamlPath
from pipeline.settings.handed_in import FILES
from pipeline.settings.sources import Format, SourceConfig
from pipeline.settings.suggestions import did_you_mean, listed
from schemas.contract import TABLES

_BUFFER, _PIECE = 1 << 16, 1 << 22
_WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
_KIND_OF_SUFFIX = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", **dict.fromkeys(_WORKBOOKS, "xlsx")}
GZIP, _ZIP, _PARQUET, _OLE = b"\x1f\x8b", b"PK\x03\x04", b"PAR1", b"\xd0\xcf\x11\xe0"
_NOT_TEXT = {
    _ZIP: "a ZIP archive or a workbook",
    _PARQUET: "a Parquet file",
    _OLE: "a workbook of an old Excel or of WPS (save it as .xlsx)",
}
# Files beside the data that are not data themselves.
_OTHER_FILES = tuple(file.file for file in FILES)
# People leave notes beside their data; any other file in a table's folder was probably meant to be delivered.
_NOTE_SUFFIXES = (".md", ".yaml", ".yml")
# What `asq schema` and `asq init` write for editors.
_FOR_EDITORS = ".schema.json"
# What programs and systems leave in a folder.
_LEFT_BEHIND = ("thumbs.db", "desktop.ini", "readme", "license")
# What `asq sample` planted in its records, for tests.
_TRUTH = "_truth"
# Pages and pictures, which are no records: they are counted, the others are named.
_PICTURES = (
    *(".pdf", ".doc", ".docx", ".ppt", ".pptx", ".wps", ".rtf", ".odt", ".ofd"),
    *(".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".svg", ".heic"),
    *(".mp3", ".mp4", ".wav", ".amr", ".avi", ".mov"),
)


@dataclass(frozen=True)
class SourceFile:
    """One delivered file."""

    table: str
    """The table it is read for."""
    path: Path
    name: str
    """Relative to the landing folder."""
    kind: str
    """csv (any delimited text), parquet or xlsx (any workbook)."""
    form: Format = field(default_factory=Format)
    """How it is written."""
    relation: str | None = None
    """What the query of ``prepare`` calls it; None: its records are those of the table."""

    @cached_property
    def sha256(self) -> str:
        """Hash of the stored bytes."""
        try:
            return sha256_of(self.path)
        except OSError as error:
            raise self._unreachable(error) from None

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """The stored bytes; raises UnreadableFile where they cannot be reached."""
        try:
            handle = self.path.open("rb")
        except OSError as error:
            raise self._unreachable(error) from None
        with handle:
            yield handle

    def _unreachable(self, error: OSError) -> UnreadableFile:
        return UnreadableFile(f"cannot be read: {(error.strerror or str(error)).lower()}", table=self.table, file=self.name)

    @contextmanager
    def open_text(self) -> Iterator[BinaryIO]:
        """The bytes of a text file, uncompressed.

        Raises UnreadableFile or TruncatedFile, also while the block is still reading.
        """
        with self.opened() as handle:
            first = handle.read(4)
            handle.seek(0)
            if first == b"":
                raise UnreadableFile("is empty, it has not even a header", table=self.table, file=self.name)
            if first in _NOT_TEXT:
                raise UnreadableFile(f"is {_NOT_TEXT[first]}, not text", table=self.table, file=self.name)
            with self._unpacked(handle, first) as unpacked:
                if unpacked is not handle:
                    inner = unpacked.read(4)
                    unpacked.seek(0)
                    if inner[:2] == GZIP or inner in _NOT_TEXT:
                        what = _NOT_TEXT.get(inner, "another gzip file")
                        raise UnreadableFile(f"holds {what}, not text", table=self.table, file=self.name)
                yield cast(BinaryIO, io.BufferedReader(_Bounded(unpacked, self), _BUFFER))

    def whole(self, most: int | None = None) -> BytesIO:
        """The bytes of the file, uncompressed, for formats that are read at random; raises what ``open_text`` does.

        most   so many bytes at most; None: any number
        """
        with self.opened() as handle:
            first = handle.read(4)
            handle.seek(0)
            with self._unpacked(handle, first) as unpacked:
                contents = BytesIO()
                # By pieces: to read a number of bytes takes that much memory beforehand.
                while part := unpacked.read(_PIECE):
                    contents.write(part)
                    if most is not None and contents.tell() > most:
                        problem = f"holds more than {most:,} bytes: divide it or set ASQ_MEMORY to more"
                        raise UnreadableFile(problem, table=self.table, file=self.name)
                contents.seek(0)
                return contents

    @contextmanager
    def _unpacked(self, handle: BinaryIO, first: bytes) -> Iterator[BinaryIO]:
        if first[:2] != GZIP:
            if self.name.lower().endswith(".gz"):
                raise UnreadableFile("is called .gz but is not gzip", table=self.table, file=self.name)
            yield handle
            return
        try:
            yield cast(BinaryIO, gzip.GzipFile(fileobj=handle))
        except EOFError:
            raise TruncatedFile("the gzip stream ends too early", table=self.table, file=self.name) from None
        except (gzip.BadGzipFile, zlib.error):
            raise UnreadableFile("the gzip stream is damaged", table=self.table, file=self.name) from None


class _Bounded(io.RawIOBase):
    """The bytes of a text file, as long as they come in time and are not far more than are stored; raises UnreadableFile."""

    def __init__(self, handle: BinaryIO, file: SourceFile) -> None:
        self._handle, self._file = handle, file
        self._seconds = limits.seconds()
        self._until = time.monotonic() + self._seconds
        self._most = max(limits.UNPACKED_BYTES, limits.UNPACKED_TIMES * file.path.stat().st_size)
        self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = self._handle.read(len(buffer))
        buffer[: len(part)] = part
        self._read += len(part)
        if self._read > self._most:
            raise self._unreadable(
                f"unpacks to more than {self._most:,} bytes, {limits.UNPACKED_TIMES} times what is stored: no table does; unpack it"
            )
        if time.monotonic() > self._until:
            raise self._unreadable(
                f"takes longer than {self._seconds:g} seconds to read: divide it, or set {limits.SECONDS_VARIABLE} to more"
            )
        return len(part)

    def _unreadable(self, problem: str) -> UnreadableFile:
        return UnreadableFile(problem, table=self._file.table, file=self._file.name)


def find_files(table: str, landing: Path, sources: SourceConfig) -> list[SourceFile]:
    """The files delivered for a table, sorted by name; none when the table was not delivered.

    Raises UsageError (no landing folder), SourceConfigError (configured patterns that match nothing), AmbiguousSource,
    DuplicateFile, UnreadableFile (a file of unknown kind in the table's folder), PersonalName.
    """
    if not landing.is_dir():
        raise UsageError(f"{landing}: the landing folder does not exist")
    source = sources.table(table)
    path = ("tables", table)
    if source.rows is not None:
        files = []
    elif source.prepare is not None:
        files = [
            _described(table, found, landing, given.format, name)
            for name, given in source.prepare.files.items()
            for found in _matched(given.files, landing, sources, (*path, "prepare", "files", name))
        ]
    elif source.headers is not None:
        matched = _matched(source.headers.files, landing, sources, (*path, "headers", "files"))
        files = [_described(table, found, landing, source.headers.format) for found in matched]
    elif source.files is not None:
        matched = _matched(source.files, landing, sources, (*path, "files"))
        files = [_described(table, found, landing, source.format) for found in matched]
    else:
        files = [_described(table, found, landing, source.format) for found in _by_name(table, landing)]
    files.sort(key=lambda file: (file.relation or "", file.name))
    for _, of_relation in groupby(files, key=lambda file: file.relation):
        _refuse_duplicates([*of_relation])
    return files


def _matched(patterns: Iterable[str], landing: Path, sources: SourceConfig, path: YamlPath) -> list[Path]:
    paths = sorted({path for pattern in patterns for path in matching(pattern, landing)})
    if not paths:
        tried = ", ".join(f"'{pattern}'" for pattern in patterns)
        raise sources.error(path, f"no file in the landing folder matches {tried}")
    return paths


def matching(pattern: str, landing: Path) -> list[Path]:
    """What is no folder under the landing folder, lies in no lake and matches a glob of ``sources.yaml``."""
    try:
        found = [path for path in landing.glob(pattern) if not path.is_dir() and not _is_hidden(path.relative_to(landing))]
    except OSError as error:
        # No file has a name that is longer than the file system takes.
        if error.errno != errno.ENAMETOOLONG:
            raise
        return []
    in_lake = {folder for folder in {path.parent for path in found} if landing_paths.is_in_lake(folder, landing)}
    return [path for path in found if path.parent not in in_lake]


def require_some_table(landing: Path, sources: SourceConfig) -> None:
    """Raise NothingDelivered, listing what was found, when the landing folder holds no table at all.

    Raises UsageError when there is no landing folder.
    """
    if not landing.is_dir():
        raise UsageError(f"{landing}: the landing folder does not exist")
    if any(source.rows is not None or source.patterns is not None for source in sources.tables.values()):
        return
    if any(_came(table, landing) for table in TABLES):
        return
    found = sorted(landing_paths.shown(entry, landing) + ("/" if entry.is_dir() else "") for entry in landing.iterdir())
    raise NothingDelivered(
        f"{landing}: no table of the contract was delivered; found {listed(found) if found else 'nothing'}. "
        "Files are called like their table (service_requests.csv), or sources.yaml says which table they are"
    )


def unused_files(landing: Path, used: Iterable[Path]) -> list[Path]:
    """Files in the landing folder that feed no table although they may be meant to, sorted: whatever their kind.

    Without notes, and without pages and pictures (``outlets.pdf``) unless they are called almost like a table. A file that is
    left out because its name, or that of its folder, begins with ``_`` is one of them if its kind is read.
    """
    return sorted(path for path in _beside(landing, used) if not _is_picture(path))


def pages_and_pictures(landing: Path, used: Iterable[Path]) -> dict[str, int]:
    """How many files of each kind that holds no records lie in the landing folder, by suffix."""
    return dict(sorted(Counter(path.suffix.lower() for path in _beside(landing, used) if _is_picture(path)).items()))


def is_known_kind(path: Path) -> bool:
    """Whether files with this name are read."""
    return _stem_and_kind(path)[1] is not None


def known_kinds() -> str:
    """The suffixes of files that are read, as text."""
    return ", ".join(_KIND_OF_SUFFIX)


def called(path: Path, landing: Path) -> str:
    """What says which table a file is for: its folder, or its name without ``.csv``, ``.csv.gz`` and the like."""
    parts = path.relative_to(landing).parts
    return parts[0] if len(parts) > 1 else _stem_and_kind(path)[0]


def without_kind(path: PurePath) -> str:
    """The path, or pattern of paths, without ``.csv``, ``.csv.gz`` and the like."""
    return path.with_name(_stem_and_kind(path)[0]).as_posix()


def _is_hidden(relative: Path, begins: tuple[str, ...] = (".", "_", "~$")) -> bool:
    return any(part.startswith(begins) for part in relative.parts)


def _stem_and_kind(path: PurePath) -> tuple[str, str | None]:
    name = path.name
    if name.lower().endswith(".gz"):
        name = name[:-3]
    suffix = Path(name).suffix
    kind = _KIND_OF_SUFFIX.get(suffix.lower())
    return (name.removesuffix(suffix), kind) if kind else (path.name, None)


def _beside(landing: Path, used: Iterable[Path]) -> Iterator[Path]:
    """Every file that is no table's, no note and none that people hand in beside the data."""
    expected = {*used, *(landing / name for name in _OTHER_FILES)}
    for path in landing_paths.walk(landing, landing):
        relative = path.relative_to(landing)
        is_left_out = _is_hidden(relative) and (_is_hidden(relative, (".", "~$")) or not is_known_kind(path))
        if relative.parts[0] == _TRUTH:
            continue
        is_note = path.suffix.lower() in _NOTE_SUFFIXES or path.name.lower() in _LEFT_BEHIND or path.name.endswith(_FOR_EDITORS)
        if path not in expected and not is_left_out and not is_note:
            yield path


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in _PICTURES and not _is_called_like_a_table(path)


def _is_called_like_a_table(path: Path) -> bool:
    name = path.name.lower().removesuffix(".gz")
    is_note = path.suffix.lower() in _NOTE_SUFFIXES
    # Strict, because a picture may have any name.
    return not is_note and bool(did_you_mean(name.partition(".")[0], TABLES, likeness=0.8))


def _came(table: str, landing: Path) -> bool:
    """Whether there are files of the table, also such as are refused: the table itself says why, beside the faults of others."""
    try:
        return bool(_by_name(table, landing))
    except SourceRefused:
        return True


def _by_name(table: str, landing: Path) -> list[Path]:
    found: list[Path] = []
    for entry in sorted(landing.iterdir()):
        name, kind = _stem_and_kind(entry)
        is_folder = entry.is_dir()
        if kind and name.lower() == table and is_folder:
            problem = f"is a folder that is called like a file: call it {table}, or move it away"
            raise UnreadableFile(problem, table=table, file=landing_paths.shown(entry, landing))
        # A link that leads nowhere is neither a file nor a folder.
        if (kind and name.lower() == table) or (entry.name.lower() == table and (is_folder or entry.is_symlink())):
            found.append(entry)
    if len(found) > 1:
        names = ", ".join(landing_paths.shown(path, landing) + ("/" if path.is_dir() else "") for path in found)
        raise AmbiguousSource(f"delivered in several places: {names}; keep one, or name it in sources.yaml", table=table)
    if not found:
        return found
    _require_readable(table, found[0], landing)
    return _in_folder(table, found[0], landing) if found[0].is_dir() else found


def _in_folder(table: str, folder: Path, landing: Path) -> list[Path]:
    paths: list[Path] = []
    same_stem: dict[Path, list[str]] = defaultdict(list)
    for path in sorted(landing_paths.walk(folder, landing)):
        if _is_hidden(path.relative_to(landing)) or path.suffix.lower() in _NOTE_SUFFIXES:
            continue
        _require_readable(table, path, landing)
        name, kind = _stem_and_kind(path)
        if kind is None:
            problem = f"is not one of the known kinds ({known_kinds()}); move it away or name the table's files in sources.yaml"
            raise UnreadableFile(problem, table=table, file=path.relative_to(landing).as_posix())
        same_stem[path.parent / name].append(path.relative_to(landing).as_posix())
        paths.append(path)
    for names in same_stem.values():
        if len(names) > 1:
            raise AmbiguousSource(f"delivered twice under one name: {', '.join(names)}; keep one", table=table)
    return paths


def _described(table: str, path: Path, landing: Path, form: Format, relation: str | None = None) -> SourceFile:
    _require_readable(table, path, landing)
    kind = form.type or _stem_and_kind(path)[1] or "csv"
    name = path.relative_to(landing).as_posix()
    require_impersonal(table, name)
    return SourceFile(table, path, name, kind, form, relation)


def require_impersonal(table: str, name: str) -> None:
    """Raise PersonalName for a file or sheet whose name holds personal data: it stands in messages and beside each record."""
    if (shown := hide(name)) != name:
        problem = "its name holds what looks like personal data, and names stand in messages and beside each record: rename it"
        raise PersonalName(problem, table=table, file=shown)


def _require_readable(table: str, path: Path, landing: Path) -> None:
    if problem := landing_paths.fault(path, landing):
        raise UnreadableFile(problem, table=table, file=landing_paths.shown(path, landing))


def _refuse_duplicates(files: list[SourceFile]) -> None:
    by_size: dict[int, list[SourceFile]] = defaultdict(list)
    for file in files:
        by_size[file.path.stat().st_size].append(file)
    for same_size in by_size.values():
        by_contents: dict[str, list[SourceFile]] = defaultdict(list)
        for file in same_size if len(same_size) > 1 else []:
            by_contents[file.sha256].append(file)
        for same in by_contents.values():
            # Two quarters without records have equal files: just a header each.
            if len(same) > 1 and _has_records(same[0]):
                problem = f"has the same contents as {same[1].name}; its records would count twice"
                raise DuplicateFile(problem, table=same[0].table, file=same[0].name)


def _has_records(file: SourceFile) -> bool:
    if file.kind != "csv":
        return True
    with file.open_text() as handle:
        lines = [line for line in (handle.readline(1 << 20) for _ in range(100)) if line.strip(b" \t\r\n,;\0")]
    return len(lines) > 1
