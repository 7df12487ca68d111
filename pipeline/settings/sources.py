"""``sources.yaml``: how files that are not written by the contract become its tables.

The configuration only, validated strictly; no delivered file is opened here. Every key is optional; without the file
each table is taken from ``<table>.csv`` (or .tsv, .txt, .parquet, .xlsx, with or without .gz) or from the folder
``<table>/`` under the landing folder. Unknown keys, tables and columns are errors, named by path and line. All values
are text as written (``01`` stays ``01``); ``null`` means nothing. ::

    defaults:                       # hold for every table
      enterprise_id: ACME           # any contract column: its value in tables whose files do not deliver it
      encoding: gb18030             # of text files: a Python codec name; else UTF-8 or GB18030, found out per file
      delimiter: ","                # of text files: one character; else "," and a tab for .tsv
      timezone: Asia/Shanghai       # of times without an offset; they become Asia/Shanghai wall time
      null_values: ["NULL", "?"]    # texts that mean "no value", beside the empty one
    tables:
      service_requests:
        files: ["incidents*.csv.gz"]   # globs under the landing folder, read in the order of their names
        format:
          type: csv                 # csv | parquet | xlsx; else by the file's name
          delimiter: "\\t"
          quote: "'"                # else "; "" = nothing is quoted
          encoding: cp949
          sheet: "2024"             # of a workbook: name or position; else the first
          header_row: 3             # the record that holds the header; else 1
          names: [id, opened, note] # names of the columns; the file then has no header unless header_row is given too
          timezone: Europe/Lisbon
          null_values: ["?"]        # instead of the defaults'
        where: "outcome <> 'PHANTOM'"  # rows for which this is false are left out, and counted
        latest_by: {key: [number], order_by: [sys_mod_count]}   # keep the last row per key; numbers sort as numbers
        unpivot:                    # a wide row becomes one row per entry of rows
          name: question_id         # new source column that holds the entry's name
          rows:
            q1: {expectation: "1-1. E", score: "1-2. P"}        # new source column: source column it is taken from
        columns:                    # contract column: where it comes from; else the source column of the same name
          request_id: number        # another name
          description: null         # left empty on purpose
          channel: {from: contact_type, values: {Phone: phone, "": online}, otherwise: outlet}
          requested_at: {from: opened, date_format: "%d/%m/%Y %H:%M"}   # or a list of formats, tried in order
          region_code: {constant: R1}
          complexity: {expression: "case when priority like '1%' then 'complex' else 'general' end"}
      survey_questions:
        rows:                       # a small register written here instead of in a file
          - {survey_id: K1, question_id: q1, survey_type: satisfaction, wording: ..., scale_min: 1, scale_max: 7}

Source columns are named as in the header, with runs of white space made one space; a name that comes twice is ``name
(2)`` the second time, a column without name is ``column 5``. They match exactly, else whatever their case. In
``values`` the key ``""`` stands for an empty cell; a value that is not listed stays as it is unless ``otherwise``
says what it becomes. ``where``, ``expression`` and entries ``{expression: ...}`` of ``order_by`` are DuckDB SQL over
one record's source columns (text, trimmed, null where empty) and ``_origin_file``, ``_origin_row``; the order of work
is where, latest_by, unpivot, columns. No subqueries, aggregates, window functions, clock or random numbers. After
latest_by and unpivot, origin file and row stay those of the source record. ``known_dirt`` counts records of a file as it came,
before any of that, and may use window functions; it changes nothing.
"""

from __future__ import annotations

import codecs
import zoneinfo
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.calendar.quarters import TIME_ZONE
from pipeline.errors import UsageError
from pipeline.settings.documents import Document, LocatedYaml, YamlPath, dotted, read_yaml
from pipeline.settings.suggestions import did_you_mean, listed
from schemas.contract import TABLES, Column, Table

KINDS = ("csv", "parquet", "xlsx")


@dataclass(frozen=True)
class Format:
    """How a table's files are written; None: found out from the file."""

    type: str | None = None
    delimiter: str | None = None
    quote: str = '"'
    encoding: str | None = None
    sheet: str | None = None
    header_row: int | None = 1
    """Record number of the header; None: the file has none."""
    names: tuple[str, ...] | None = None
    timezone: str = TIME_ZONE
    null_values: tuple[str, ...] = ()


@dataclass(frozen=True)
class ColumnSource:
    """Where a contract column comes from: exactly one of source, constant and expression, or nothing at all."""

    source: str | None = None
    constant: str | None = None
    expression: str | None = None
    values: dict[str, str | None] = field(default_factory=dict)
    otherwise: str | None = None
    has_otherwise: bool = False
    date_formats: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """The column is left empty on purpose."""
        return self.source is None and self.constant is None and self.expression is None


@dataclass(frozen=True)
class OrderKey:
    """One column, or one expression, that ``latest_by`` orders by."""

    column: str | None = None
    expression: str | None = None


@dataclass(frozen=True)
class LatestBy:
    """Keep the last row per key."""

    key: tuple[str, ...]
    order_by: tuple[OrderKey, ...]


@dataclass(frozen=True)
class Unpivot:
    """One source record becomes one row per entry of ``rows``: entry → {new source column: source column}."""

    name: str
    rows: dict[str, dict[str, str]]

    @property
    def value_columns(self) -> tuple[str, ...]:
        """The new source columns, in the order in which they first appear."""
        return tuple(dict.fromkeys(name for entry in self.rows.values() for name in entry))


@dataclass(frozen=True)
class TableSource:
    """The configuration of one table, defaults applied."""

    files: tuple[str, ...] | None = None
    format: Format = Format()
    where: str | None = None
    latest_by: LatestBy | None = None
    unpivot: Unpivot | None = None
    known_dirt: dict[str, str] = field(default_factory=dict)
    """Name → SQL condition: records for which it is true are counted; nothing becomes of them by it."""
    columns: dict[str, ColumnSource] = field(default_factory=dict)
    rows: tuple[dict[str, str | None], ...] | None = None
    defaults: dict[str, str | None] = field(default_factory=dict)
    """Constants of contract columns the files do not deliver."""

    def described(self) -> dict[str, Any]:
        """Plain data that differs whenever the configuration does."""
        return asdict(self)


@dataclass(frozen=True)
class SourceConfig:
    """The whole of ``sources.yaml``; without arguments: every table as the contract writes it."""

    path: Path | None = None
    defaults: TableSource = TableSource()
    tables: dict[str, TableSource] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    located: LocatedYaml = field(default_factory=LocatedYaml, compare=False, repr=False)

    @property
    def name(self) -> str:
        return self.path.name if self.path else "sources.yaml"

    def table(self, name: str) -> TableSource:
        """The configuration of a table."""
        return self.tables.get(name, self.defaults)

    def error(self, path: YamlPath, problem: str) -> SourceConfigError:
        """The error that a place in the file is wrong."""
        return SourceConfigError(f"{self.name}: {_placed(self.located, path, problem)}")


def load_sources(given: Path | Document | None) -> SourceConfig:
    """Read and validate ``sources.yaml`` (None: nothing is configured).

    Raises SourceConfigError that lists every mistake by path and line.
    """
    config = read_sources(given)
    if config.problems:
        raise SourceConfigError("\n".join(f"{config.name}: {problem}" for problem in config.problems))
    return config


def read_sources(given: Path | Document | None) -> SourceConfig:
    """Read ``sources.yaml`` as far as it is right; ``problems`` holds the rest."""
    if given is None:
        return SourceConfig()
    if not isinstance(given, Document) and not given.is_file():
        return SourceConfig(path=given, problems=("no such file",))
    document = Document.of(given)
    path = document.path
    located = read_yaml(document)
    reader = _Reader(located, list(located.problems))
    defaults, tables = reader.document()
    return SourceConfig(path=path, defaults=defaults, tables=tables, problems=tuple(reader.problems), located=located)


def _placed(located: LocatedYaml, path: YamlPath, problem: str) -> str:
    line = located.line(path)
    return (f"line {line}: " if line else "") + (f"{dotted(path)}: " if path else "") + problem


class _Reader:
    """Turns the document into dataclasses; what is wrong goes to ``problems`` and is left out."""

    def __init__(self, located: LocatedYaml, problems: list[str]) -> None:
        self.located, self.problems = located, problems

    def wrong(self, path: YamlPath, problem: str) -> None:
        self.problems.append(_placed(self.located, path, problem))

    # Shapes

    def mapping(self, value: Any, path: YamlPath, known: tuple[str, ...] | None = None) -> dict[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.wrong(path, "must be a mapping (key: value)")
            return {}
        if known is None:
            return value
        for key in value:
            if key not in known:
                self.wrong((*path, key), f"unknown key{did_you_mean(key, known)} (known: {listed(known, 30)})")
        return {key: value[key] for key in value if key in known}

    def text(self, value: Any, path: YamlPath) -> str | None:
        if isinstance(value, str) and value.strip():
            return value
        self.wrong(path, "must be a text")
        return None

    def texts(self, value: Any, path: YamlPath, empty_allowed: bool = False) -> tuple[str, ...]:
        items = value if isinstance(value, list) else [value]
        if not all(isinstance(item, str) and (item.strip() or empty_allowed) for item in items) or not items:
            self.wrong(path, "must be a text or a list of texts (quote null)")
            return ()
        return tuple(items)

    # Parts

    def document(self) -> tuple[TableSource, dict[str, TableSource]]:
        top = self.mapping(self.located.document, (), ("defaults", "tables"))
        given = self.mapping(top.get("defaults"), ("defaults",))
        settings = ("encoding", "delimiter", "timezone", "null_values")
        form = self.format({key: given[key] for key in given if key in settings}, ("defaults",), Format())
        contract_columns = {column.name: column for table in TABLES.values() for column in table.columns}
        constants: dict[str, str | None] = {}
        for name, value in given.items():
            if name in settings:
                continue
            if name not in contract_columns:
                self.wrong(("defaults", name), f"no such column{did_you_mean(name, (*contract_columns, *settings))}")
            elif not isinstance(value, str):
                self.wrong(("defaults", name), "must be a text")
            else:
                constants[name] = value
        defaults = TableSource(format=form, defaults=constants)
        tables: dict[str, TableSource] = {}
        for name, value in self.mapping(top.get("tables"), ("tables",)).items():
            if name in TABLES:
                tables[name] = self.table(TABLES[name], value, ("tables", name), defaults)
            else:
                self.wrong(("tables", name), f"the contract has no such table{did_you_mean(name, TABLES)}")
        return defaults, tables

    def table(self, table: Table, value: Any, path: YamlPath, defaults: TableSource) -> TableSource:
        known = ("files", "format", "where", "latest_by", "unpivot", "known_dirt", "columns", "rows")
        given = self.mapping(value, path, known)
        if "rows" in given:
            for key in given:
                if key != "rows":
                    self.wrong((*path, key), "rows are written here, so there is no file to describe")
            return replace(defaults, rows=self.rows(table, given["rows"], (*path, "rows")))
        source = replace(defaults, format=self.format(given.get("format"), (*path, "format"), defaults.format))
        if "files" in given:
            patterns = self.texts(given["files"], (*path, "files"))
            for pattern in patterns:
                parts = PurePosixPath(pattern).parts
                if pattern.startswith("/") or ".." in parts:
                    self.wrong((*path, "files"), f"'{pattern}' leads out of the landing folder")
            source = replace(source, files=patterns)
        if "where" in given:
            source = replace(source, where=self.text(given["where"], (*path, "where")))
        if given.get("latest_by") is not None:
            source = replace(source, latest_by=self.latest_by(given["latest_by"], (*path, "latest_by")))
        if given.get("unpivot") is not None:
            source = replace(source, unpivot=self.unpivot(given["unpivot"], (*path, "unpivot")))
        dirt = self.mapping(given.get("known_dirt"), (*path, "known_dirt"))
        conditions = {name: self.text(condition, (*path, "known_dirt", name)) for name, condition in dirt.items()}
        source = replace(source, known_dirt={name: text for name, text in conditions.items() if text is not None})
        return replace(source, columns=self.columns(table, given.get("columns"), (*path, "columns")))

    def format(self, value: Any, path: YamlPath, base: Format) -> Format:
        given = self.mapping(value, path, tuple(part.name for part in fields(Format)))
        checks: dict[str, Callable[[Any, YamlPath], Any]] = {
            "type": self.kind,
            "delimiter": self.character,
            "quote": partial(self.character, empty_allowed=True),
            "encoding": self.codec,
            "sheet": self.text,
            "header_row": self.positive,
            "names": self.texts,
            "timezone": self.zone,
            "null_values": partial(self.texts, empty_allowed=True),
        }
        read = {key: checks[key](item, (*path, key)) for key, item in given.items()}
        if "names" in read and "header_row" not in read:
            read["header_row"] = None
        return replace(base, **{key: item for key, item in read.items() if item is not None or key == "header_row"})

    def kind(self, value: Any, path: YamlPath) -> str | None:
        if value in KINDS:
            return str(value)
        self.wrong(path, f"must be one of {', '.join(KINDS)}")
        return None

    def character(self, value: Any, path: YamlPath, empty_allowed: bool = False) -> str | None:
        if isinstance(value, str) and (len(value) == 1 or (empty_allowed and value == "")) and value.isascii():
            return value
        self.wrong(path, 'must be one ASCII character (a tab is "\\t", in double quotes)')
        return None

    def codec(self, value: Any, path: YamlPath) -> str | None:
        try:
            return codecs.lookup(value).name
        except (LookupError, TypeError):
            self.wrong(path, "is not an encoding Python knows (for example utf-8, gb18030, cp949, utf-16)")
            return None

    def zone(self, value: Any, path: YamlPath) -> str | None:
        if value in zoneinfo.available_timezones():
            return str(value)
        self.wrong(path, "is not a time zone name such as Asia/Shanghai")
        return None

    def positive(self, value: Any, path: YamlPath) -> int | None:
        if isinstance(value, str) and value.isdecimal() and int(value) >= 1:
            return int(value)
        self.wrong(path, "must be a whole number from 1")
        return 1

    def latest_by(self, value: Any, path: YamlPath) -> LatestBy | None:
        given = self.mapping(value, path, ("key", "order_by"))
        for name in ("key", "order_by"):
            if name not in given:
                self.wrong(path, f"needs {name}")
        if len(given) < 2:
            return None
        order: list[OrderKey] = []
        entries = given["order_by"] if isinstance(given["order_by"], list) else [given["order_by"]]
        for index, entry in enumerate(entries, start=1):
            place = (*path, "order_by", f"[{index}]")
            if isinstance(entry, dict):
                expression = self.text(self.mapping(entry, place, ("expression",)).get("expression"), place)
                order.append(OrderKey(expression=expression))
            else:
                order.append(OrderKey(column=self.text(entry, place)))
        return LatestBy(key=self.texts(given["key"], (*path, "key")), order_by=tuple(order))

    def unpivot(self, value: Any, path: YamlPath) -> Unpivot | None:
        given = self.mapping(value, path, ("name", "rows"))
        name = self.text(given.get("name"), (*path, "name"))
        rows: dict[str, dict[str, str]] = {}
        for entry, columns in self.mapping(given.get("rows"), (*path, "rows")).items():
            place = (*path, "rows", entry)
            found = {key: self.text(item, (*place, key)) for key, item in self.mapping(columns, place).items()}
            rows[entry] = {key: item for key, item in found.items() if item is not None}
            if not rows[entry]:
                self.wrong(place, "must name at least one column: {score: source column}")
        if not rows:
            self.wrong(path, "needs rows")
        return Unpivot(name=name, rows=rows) if name and rows else None

    def columns(self, table: Table, value: Any, path: YamlPath) -> dict[str, ColumnSource]:
        names = tuple(column.name for column in table.columns)
        found: dict[str, ColumnSource] = {}
        for name, item in self.mapping(value, path).items():
            place = (*path, name)
            if name not in names:
                self.wrong(place, f"{table.name} has no such column{did_you_mean(name, names)}")
                continue
            source = self.column(table.column(name), item, place)
            if source is not None:
                found[name] = source
        return found

    def column(self, column: Column, value: Any, path: YamlPath) -> ColumnSource | None:
        if value is None:
            if column.required:
                self.wrong(path, "the contract requires this column, it cannot be left empty")
                return None
            return ColumnSource()
        if isinstance(value, str):
            return ColumnSource(source=self.text(value, path))
        known = ("from", "constant", "expression", "values", "otherwise", "date_format")
        given = self.mapping(value, path, known)
        origins = [key for key in ("from", "constant", "expression") if key in given]
        if len(origins) > 1:
            self.wrong(path, f"takes one of {', '.join(origins)}")
            return None
        if "constant" in given and len(given) > 1:
            self.wrong(path, "a constant takes no values, otherwise or date_format")
            return None
        if "otherwise" in given and "values" not in given:
            self.wrong(path, "otherwise goes with values")
        if "date_format" in given and column.type not in ("date", "timestamp"):
            self.wrong((*path, "date_format"), f"{column.name} is a {column.type}")
        source = ColumnSource(
            source=self.text(given.get("from", column.name), (*path, "from")) if origins in ([], ["from"]) else None,
            constant=self.text(given["constant"], (*path, "constant")) if "constant" in given else None,
            expression=self.text(given["expression"], (*path, "expression")) if "expression" in given else None,
            values=self.values(column, given.get("values"), (*path, "values")),
            otherwise=given.get("otherwise"),
            has_otherwise="otherwise" in given,
            date_formats=self.formats(given["date_format"], (*path, "date_format")) if "date_format" in given else (),
        )
        self.allowed(column, source.constant, (*path, "constant"))
        self.allowed(column, source.otherwise, (*path, "otherwise"))
        return None if source.is_empty else source

    def formats(self, value: Any, path: YamlPath) -> tuple[str, ...]:
        texts = self.texts(value, path)
        for text in texts:
            if "%" not in text:
                self.wrong(path, f"'{text}' is no strptime format: write it like %Y-%m-%d %H:%M:%S")
        return texts

    def values(self, column: Column, value: Any, path: YamlPath) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for key, item in self.mapping(value, path).items():
            if isinstance(item, dict | list):
                self.wrong((*path, key), "must be a text or null")
                continue
            self.allowed(column, item, (*path, key))
            found[key.strip()] = item
        return found

    def allowed(self, column: Column, value: Any, path: YamlPath) -> None:
        """A text the configuration writes into a column with a closed set must be one of the set."""
        if isinstance(value, dict | list):
            self.wrong(path, "must be a text or null")
        elif value is not None and column.values and value.strip() not in column.values:
            hint = did_you_mean(value, column.values)
            self.wrong(path, f"'{value}' is none of the values of {column.name}: {', '.join(column.values)}{hint}")

    def rows(self, table: Table, value: Any, path: YamlPath) -> tuple[dict[str, str | None], ...]:
        if not isinstance(value, list):
            self.wrong(path, "must be a list of rows: - {column: value}")
            return ()
        names = tuple(column.name for column in table.columns)
        rows: list[dict[str, str | None]] = []
        for index, item in enumerate(value, start=1):
            place = (*path, f"[{index}]")
            row = self.mapping(item, place)
            for name, cell in row.items():
                if name not in names:
                    self.wrong((*place, name), f"{table.name} has no such column{did_you_mean(name, names)}")
                else:
                    self.allowed(table.column(name), cell, (*place, name))
            rows.append(row)
        return tuple(rows)


class SourceConfigError(UsageError):
    """``sources.yaml`` is wrong; every line names the place in the file."""
