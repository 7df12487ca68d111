"""Everything in a lake that users, operators and the Dagster UI can read, as texts with their places.

Tables and reports of a run, clean rows, the views of the warehouse, log files, and Dagster's records of its runs. Only
reads; ``patterns.py`` and ``known_values.py`` search.
"""

from __future__ import annotations

import filecmp
import html
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.calendar.quarters import Quarter
from pipeline.lake.database import connected
from pipeline.lake.layout import Lake
from schemas.contract import TABLES
from schemas.expectations.privacy import PSEUDONYM_FORM, pseudonym_columns

RELEASED = "released "
"""Begins the names of released tables, which have the same names as those of the analysts' layer."""
TABLE, REPORT, CLEAN, WAREHOUSE, LOG, EVENTS = "table", "report", "clean", "warehouse", "log", "run history"


class Unreadable(Exception):
    """Something that cannot be looked at, with the reason in words that show nothing of it."""


Place = tuple[str, int]
"""Where a text is first, in words, and in how many rows or lines."""


@dataclass(frozen=True)
class Part:
    """One column of a table, or the lines of a file: the distinct texts, how many cells hold them, and the places of some."""

    column: str
    texts: pl.Series
    cells: int
    locate: Callable[[Sequence[str]], Mapping[str, Place]]


@dataclass(frozen=True)
class Subject:
    """One table, report, log or run history. ``parts`` reads it on demand."""

    kind: str
    name: str
    parts: Callable[[], Iterator[Part]]


def published_subjects(folder: Path) -> list[Subject]:
    """The tables and reports in a run's folder, published or not yet, by name."""
    tables = [Subject(TABLE, path.stem, _table_parts(path)) for path in sorted(folder.glob("*.parquet"))]
    pages = [
        Subject(REPORT, path.relative_to(folder).as_posix(), _page_parts(path))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".parquet" and not path.name.startswith(".")
    ]
    return tables + pages


def released_subjects(folder: Path, whole: Path) -> list[Subject]:
    """The released tables and reports of a run, without tables that are the same in ``whole``, where they are scanned."""
    return [
        Subject(subject.kind, f"{RELEASED}{subject.name}" if subject.kind == TABLE else subject.name, subject.parts)
        for subject in published_subjects(folder)
        if subject.kind != TABLE or not _is_same(folder / f"{subject.name}.parquet", whole / f"{subject.name}.parquet")
    ]


def _is_same(one: Path, other: Path) -> bool:
    return other.is_file() and filecmp.cmp(one, other, shallow=False)


def clean_subjects(lake: Lake, quarters: Iterable[Quarter]) -> list[Subject]:
    """The clean files of these quarters, by quarter and table: all their text, except pseudonyms in the columns made for them."""
    return [
        Subject(CLEAN, f"{name} {quarter}", _clean_parts(path, pseudonym_columns(table)))
        for quarter in quarters
        for name, table in TABLES.items()
        if (path := lake.partition("clean", name, quarter)).is_file()
    ]


def warehouse_subject(lake: Lake) -> list[Subject]:
    """The definitions of the warehouse's views; the rows they show are those of the published tables."""
    return [Subject(WAREHOUSE, lake.warehouse.name, lambda: _warehouse_parts(lake.warehouse))] if lake.warehouse.exists() else []


def portal_subjects(lake: Lake) -> list[Subject]:
    """The pages over all published quarters, beside the folders of the runs."""
    return [Subject(REPORT, path.name, _page_parts(path)) for path in sorted(lake.runs.parent.glob("*.html"))]


def log_subjects(paths: Iterable[Path]) -> list[Subject]:
    """Log files, including those in the given folders. Of a folder, databases and archives next to the logs are left out."""
    named = [path for path in paths if not path.is_dir()]
    found = [file for path in paths if path.is_dir() for file in _files_below(path)]
    subjects = [Subject(LOG, str(file), _log_parts(file)) for file in dict.fromkeys(named)]
    return subjects + [Subject(LOG, str(file), _log_parts(file, skip_binary=True)) for file in dict.fromkeys(found)]


def _files_below(folder: Path) -> Iterator[Path]:
    """Every file below a folder; a folder that cannot be listed is yielded itself, and not read as empty."""
    unlisted: list[Path] = []
    for parent, folders, names in os.walk(folder, onerror=lambda error: unlisted.append(Path(error.filename))):
        folders.sort()
        yield from (path for name in sorted(names) if (path := Path(parent) / name).is_file())
    yield from unlisted


def dagster_subjects(quarters: Iterable[Quarter] | None) -> list[Subject]:
    """What the Dagster instance of ``DAGSTER_HOME`` keeps: runs with tags, events, captured output; none if it is not set.

    ``quarters`` None: of all runs.
    """
    if not os.environ.get("DAGSTER_HOME"):
        return []
    import dagster as dg

    from pipeline.stage.partitions import QUARTER_TAG

    wanted = None if quarters is None else {quarter.label for quarter in quarters}
    subjects = []
    with dg.DagsterInstance.get() as instance:
        for record in sorted(instance.get_run_records(), key=lambda record: record.storage_id):
            run = record.dagster_run
            if wanted is None or run.tags.get(QUARTER_TAG) in wanted:
                subjects.append(Subject(EVENTS, run.run_id, _run_parts(run.run_id)))
    storage = Path(os.environ["DAGSTER_HOME"]) / "storage"
    chosen = {subject.name for subject in subjects}
    captured = [path for path in sorted(storage.glob("*")) if path.name in chosen or wanted is None]
    return subjects + log_subjects(captured)


# --- tables -------------------------------------------------------------------------------------------------------------


def _table_parts(path: Path) -> Callable[[], Iterator[Part]]:
    def parts() -> Iterator[Part]:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            holds_text = [field.name for field in schema if _holds_text(field.type)]
            marks = file.metadata.metadata or {}
        said = [
            *schema.names,
            *(text for key, value in marks.items() if key != b"ARROW:schema" for text in _mark(key, value)),
        ]
        yield _lines("column names and file marks", said, lambda _: path.name)
        yield from _column_parts(path, holds_text)()

    return parts


def _clean_parts(path: Path, pseudonyms: Set[str]) -> Callable[[], Iterator[Part]]:
    def parts() -> Iterator[Part]:
        names = [field.name for field in pq.read_schema(path) if _holds_text(field.type)]
        for part in _column_parts(path, names)():
            if part.column in pseudonyms:
                others = part.texts.filter(~part.texts.str.contains(PSEUDONYM_FORM))
                yield Part(part.column, others, part.cells, part.locate)
            else:
                yield part

    return parts


def _column_parts(path: Path, columns: Iterable[str]) -> Callable[[], Iterator[Part]]:
    def parts() -> Iterator[Part]:
        # Parquet stores a column's distinct values; reading those avoids decoding every row's text.
        names, schema = list(columns), pq.read_schema(path)
        flat = [name for name in names if not pa.types.is_nested(schema.field(name).type)]
        with pq.ParquetFile(path, read_dictionary=flat) as file:
            for name in names:
                texts = _distinct(file.read(columns=[name]).column(name))
                yield Part(name, texts, file.metadata.num_rows, partial(_rows_of, path, name))

    return parts


def _mark(key: bytes, value: bytes) -> list[str]:
    return [key.decode("utf-8", "replace"), value.decode("utf-8", "replace")]


_TEXTS = (
    *(pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view),
    *(pa.types.is_binary, pa.types.is_large_binary),
)


def _holds_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _holds_text(kind.value_type)
    if pa.types.is_nested(kind):
        return any(_holds_text(kind.field(index).type) for index in range(kind.num_fields))
    return any(is_kind(kind) for is_kind in _TEXTS)


def _distinct(column: pa.ChunkedArray) -> pl.Series:
    """The distinct texts of a column, including those inside nested values."""
    found: list[pl.Series] = []
    waiting: list[pa.Array | pa.ChunkedArray] = [column]
    while waiting:
        array = waiting.pop()
        kind = array.type
        if pa.types.is_dictionary(kind):
            waiting += [chunk.dictionary for chunk in _chunks(array)]
        elif pa.types.is_map(kind):
            waiting += [part for chunk in _chunks(array) for part in (chunk.keys, chunk.items)]
        elif pa.types.is_struct(kind):
            waiting += [part for chunk in _chunks(array) for part in chunk.flatten()]
        elif pa.types.is_nested(kind):
            waiting.append(pc.list_flatten(array))
        elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            found.append(pl.Series("text", [value.decode("utf-8", "replace") for value in pc.unique(array).to_pylist() if value]))
        elif _holds_text(kind):
            found.append(pl.Series("text", pl.from_arrow(pc.cast(array, pa.large_string()))))
    if not found:
        return pl.Series("text", [], dtype=pl.String)
    return pl.concat(found).drop_nulls().unique(maintain_order=True)


def _chunks(array: pa.Array | pa.ChunkedArray) -> list[pa.Array]:
    return array.chunks if isinstance(array, pa.ChunkedArray) else [array]


def _rows_of(path: Path, column: str, texts: Sequence[str]) -> dict[str, Place]:
    """The first row that holds each text, counted from 1, and how many do."""
    values = pq.read_table(path, columns=[column], partitioning=None).column(0)
    wanted = set(texts)
    first: dict[str, int] = {}
    rows: Counter[str] = Counter()
    for number, value in enumerate(values.to_pylist(), 1):
        for text in wanted.intersection((value,) if isinstance(value, str) else _strings(value)):
            first.setdefault(text, number)
            rows[text] += 1
    return {text: (_row(first.get(text), rows[text]), rows[text]) for text in texts}


def _row(first: int | None, rows: int) -> str:
    return "row ?" if first is None else f"row {first}{f' and {rows - 1} more' if rows > 1 else ''}"


# --- files, views, runs -------------------------------------------------------------------------------------------------


def _lines(column: str, texts: Iterable[str], place: Callable[[int], str]) -> Part:
    """Texts by their position, counted from 1."""
    first: dict[str, int] = {}
    lines: Counter[str] = Counter()
    for number, text in enumerate(texts, 1):
        lines[text] += 1
        first.setdefault(text, number)

    def locate(found: Sequence[str]) -> dict[str, Place]:
        return {text: (place(first[text]), lines[text]) for text in found}

    return Part(column, pl.Series("text", list(first), dtype=pl.String), lines.total(), locate)


class _Page:
    """The texts of a page, visible and in attributes, with their lines; also sentences that inline tags split, joined again.

    Whatever is not a tag is text, so that nothing of a page is left unread. Python's own parser takes a tenth of a small run.
    """

    # Tags inside a sentence, which split it: 王<b>师傅</b>. Any other tag begins a new one.
    _WITHIN = frozenset(
        ("a", "abbr", "b", "code", "em", "i", "kbd", "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "tspan",
         "u", "var", "wbr")
    )  # fmt: skip
    # Characters of drawing coordinates; an attribute is scanned only if it holds others.
    _FIGURES = frozenset("0123456789.,- +eEMmLlHhVvCcSsQqTtAaZz")
    _DRAWINGS = frozenset(("d", "points", "viewbox", "transform"))
    _TAG = re.compile(r"<(/?)([A-Za-z][^\s/>]*)((?:[^>\"']|\"[^\"]*\"|'[^']*')*+)>|<!--|-->|<![A-Za-z][^>]*>")
    _ATTRIBUTE = re.compile(r"([^\s=/>\"']+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+))")

    def __init__(self, source: str) -> None:
        self.found: list[tuple[int, str]] = []
        self._pieces: dict[tuple[int, int], list[str]] = {}
        self._block = 0
        line, read = 1, 0
        for tag in self._TAG.finditer(source):
            line = self._read(source[read : tag.start()], line)
            closing, name, attributes = tag.groups()
            self._block += name is not None and name.lower() not in self._WITHIN
            if attributes and not closing:
                self._read_attributes(attributes, line)
            line += tag[0].count("\n")
            read = tag.end()
        self._read(source[read:], line)

    @property
    def sentences(self) -> list[tuple[int, str]]:
        """Sentences split by inline tags, joined again, by line."""
        return [(line, "".join(pieces)) for (line, _), pieces in self._pieces.items() if len(pieces) > 1]

    def _read(self, data: str, line: int) -> int:
        """Keep a text that starts on a line; returns the line on which it ends."""
        if data and not data.isspace():
            for number, text in enumerate(html.unescape(data).split("\n"), start=line):
                if text.strip():
                    self.found.append((number, text.strip()))
                    self._pieces.setdefault((number, self._block), []).append(text)
        return line + data.count("\n")

    def _read_attributes(self, attributes: str, line: int) -> None:
        for name, *quoted in self._ATTRIBUTE.findall(attributes):
            value = html.unescape(quoted[0] or quoted[1] or quoted[2])
            if value and not (name.lower() in self._DRAWINGS and self._FIGURES.issuperset(value)):
                self.found.append((line, value))


def _page_parts(path: Path) -> Callable[[], Iterator[Part]]:
    def parts() -> Iterator[Part]:
        yield _lines("file name", [path.stem], lambda _: "name")
        if path.suffix.lower() not in {".html", ".htm", ".svg"}:
            yield from _log_parts(path)()
            return
        page = _Page(path.read_text(encoding="utf-8", errors="replace"))
        texts = [*page.found, *page.sentences]
        yield _lines("page", [text for _, text in texts], lambda number: f"line {texts[number - 1][0]}")

    return parts


def _log_parts(path: Path, skip_binary: bool = False) -> Callable[[], Iterator[Part]]:
    def parts() -> Iterator[Part]:
        content = path.read_bytes()
        # A database or an archive next to the logs is not text.
        if b"\0" in content[:8192]:
            if not skip_binary:
                raise Unreadable("is not text")
        else:
            yield _lines("lines", content.decode("utf-8", "replace").splitlines(), lambda number: f"line {number}")

    return parts


def _warehouse_parts(path: Path) -> Iterator[Part]:
    with connected(file=path, read_only=True) as connection:
        views = connection.execute("select view_name, sql from duckdb_views() where not internal order by all").fetchall()
    yield _lines("views", [sql for _, sql in views], lambda number: f"view {views[number - 1][0]}")


def _run_parts(run_id: str) -> Callable[[], Iterator[Part]]:
    def parts() -> Iterator[Part]:
        import dagster as dg

        with dg.DagsterInstance.get() as instance:
            run, events = instance.get_run_by_id(run_id), instance.all_logs(run_id)
            stored = [
                ("run and tags", dg.serialize_value(run)),
                *((event.step_key or "run", dg.serialize_value(event)) for event in events),
            ]
        # The stored JSON writes Chinese as escapes; its strings are decoded again.
        texts = [(place, text) for place, value in stored for text in _strings(json.loads(value))]
        yield _lines("events", [text for _, text in texts], lambda number: f"event of {texts[number - 1][0]}")

    return parts


def _strings(value: Any) -> Iterator[str]:
    """All texts in nested lists and mappings; texts that are JSON are decoded too."""
    if isinstance(value, bytes):
        yield value.decode("utf-8", "replace")
    elif isinstance(value, str):
        if value[:1] in "{[" and value[-1:] in "}]":
            try:
                yield from _strings(json.loads(value))
            except ValueError:
                pass
            else:
                return
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _strings(key)
            yield from _strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)
