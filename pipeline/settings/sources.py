"""``sources.yaml``: how files that are not written by the contract become its tables.

The configuration only, validated strictly; no delivered file is opened here. Every key is optional; without the file
each table is taken from ``<table>.csv`` (or .tsv, .txt, .parquet, or a workbook such as .xlsx) or from the folder
``<table>/`` under the landing folder. docs/bring-your-own-data.md explains every key. ::

    config = load_sources(Path("landing/sources.yaml"))
    config.table("service_requests").columns["channel"].values

A key is one field of a model below. Names of tables and columns and closed sets of values are held against the contract by
``_contract_problems``, names of source columns against the header of a file by ``extract``.
"""

from __future__ import annotations

import codecs
import copy
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PrivateAttr,
    WithJsonSchema,
    computed_field,
    field_validator,
    model_validator,
)
from pydantic_core import CoreSchema

from pipeline.calendar.quarters import TIME_ZONE
from pipeline.errors import UsageError
from pipeline.settings import documents
from pipeline.settings.documents import Document, LocatedYaml, Problem, SettingsModel, YamlPath, expected, wrong
from pipeline.settings.fields import SCALAR, AnyText, Cell, NullIsDefault, Omissible, OneOrMore, Written, one_of, text, whole_number
from pipeline.settings.landing_paths import is_control
from pipeline.settings.suggestions import did_you_mean
from schemas.answer_scales import answer_scales
from schemas.contract import TABLES, Column, Table

KINDS = ("csv", "parquet", "xlsx")
_ORIGINS = ("from", "constant", "expression")
_COLUMNS = tuple(dict.fromkeys(column.name for table in TABLES.values() for column in table.columns))
_TEXT = {"type": "string"}
# tables, a table, columns, a column
_DEEPEST_KEY = 4


@lru_cache(maxsize=1)
def _zones() -> set[str]:
    """They are read from the disk every time they are asked for."""
    return zoneinfo.available_timezones()


_LONGEST_PATTERN = 1_000


def _lies_within(pattern: str) -> bool:
    parts = PurePosixPath(pattern).parts
    is_writable = not any(map(is_control, pattern)) and len(pattern) <= _LONGEST_PATTERN
    # ** stands for any number of folders, and for nothing within a name.
    return (
        is_writable
        and bool(pattern.strip())
        and bool(parts)
        and not pattern.startswith("/")
        and ".." not in parts
        and not any("**" in part and part != "**" for part in parts)
        and parts.count("**") <= 2
    )


# They turn text into other text or bytes, or read it as a program's: no file is delivered in them.
_NO_FILE_IS_IN = frozenset(("idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"))


def _text_codec(name: str) -> str:
    """The codec's own name; raises LookupError for one that reads no text from bytes piece by piece."""
    found = codecs.lookup(name)
    if found.name.replace("_", "-") in _NO_FILE_IS_IN or not found._is_text_encoding or found.incrementaldecoder is None:
        raise LookupError(name)
    return found.name


_CHARACTER = 'one ASCII character (a tab is "\\t", in double quotes)'
Character = Annotated[str, text(_CHARACTER, lambda one: len(one) == 1 and one.isascii(), schema=_TEXT)]
Quote = Annotated[str, text(_CHARACTER, lambda one: len(one) <= 1 and one.isascii(), schema=_TEXT)]
_CODEC = "an encoding Python knows (for example utf-8, gb18030, cp949, utf-16)"
Codec = Annotated[str, text(_CODEC, read=_text_codec, schema=_TEXT)]
_ZONE = "a time zone name such as Asia/Shanghai"
Zone = Annotated[str, text(_ZONE, lambda name: name in _zones(), schema=_TEXT)]
ISO, EPOCH, EPOCH_MS, EXCEL = "iso", "epoch", "epoch_ms", "excel"
DATE_WORDS = (ISO, EPOCH, EPOCH_MS, EXCEL)
"""Among ``date_format``: ISO 8601, as dates are read without any format; seconds and milliseconds since 1970 (UTC); the days that a
spreadsheet counts from 1900."""
_FORMAT = f"a strptime format such as %Y-%m-%d %H:%M:%S, or {', '.join(DATE_WORDS)}"
DateFormat = Annotated[str, text(_FORMAT, lambda form: "%" in form or form in DATE_WORDS, schema=_TEXT)]
Pattern = Annotated[str, text("a file or a pattern inside the landing folder", _lies_within, schema=_TEXT)]


class TextFormat(SettingsModel):
    """Options of text files that may apply to all tables; None: detected per file."""

    encoding: Omissible[Codec] = Field(None, description="A Python codec; left out: UTF-8 or GB18030, found out.")
    delimiter: Omissible[Character] = Field(None, description="One character; left out: a comma, a tab for .tsv.")
    timezone: Zone = Field(TIME_ZONE, description="Of times without an offset.")
    null_values: OneOrMore[AnyText] = Field((), description='Texts that mean "no value", beside the empty one.')


class Format(TextFormat):
    """The format of a table's files; None: detected per file."""

    type: Omissible[Annotated[str, one_of(KINDS)]] = Field(None, description="Left out: by the file's name.")
    quote: Quote = Field('"', description='One character; "": nothing is quoted.')
    sheet: Omissible[OneOrMore[Written]] = Field(
        None, description="Of a workbook: names or positions, or all; left out: the first."
    )
    names: Omissible[OneOrMore[Written]] = Field(None, description="Names of the columns, instead of a header.")
    # None, which cannot be written: the file has no header.
    header_row: Omissible[Annotated[int, whole_number(1)]] = Field(
        default_factory=lambda given: None if given.get("names") else 1,
        description="The record that holds the header; left out: 1.",
    )

    def over(self, base: TextFormat) -> Format:
        """This format, completed from ``base``."""
        given = {name: getattr(each, name) for each in (base, self) for name in each.model_fields_set}
        return Format(**{name: value for name, value in given.items() if name in Format.model_fields})


class ColumnSource(SettingsModel):
    """The origin of a contract column: exactly one of source, constant and expression, or none."""

    sources: Omissible[OneOrMore[Written]] = Field(
        None,
        alias="from",
        description="A source column, or its names in files of different age; left out: that of the same name.",
    )
    constant: Omissible[Written] = Field(None, description="The same text in every row.")
    expression: Omissible[Written] = Field(None, description="DuckDB SQL over the columns of one record.")
    values: NullIsDefault[dict[Annotated[str, AfterValidator(str.strip)], Cell]] = Field(
        {}, description='Other words for values; "" is an empty cell.'
    )
    scale: Omissible[Annotated[str, one_of(answer_scales())]] = Field(
        None, description="A named scale of answers: its words become numbers; values adds to it."
    )
    otherwise: Cell = Field(None, description="What a value becomes that is not listed; left out: it stays.")
    date_formats: OneOrMore[DateFormat] = Field(
        (), alias="date_format", description=f"Such as %Y-%m-%d, or {', '.join(DATE_WORDS)}; tried in order."
    )

    @computed_field  # type: ignore[prop-decorator]
    @property
    def has_otherwise(self) -> bool:
        """Whether values that are not listed are replaced, possibly by nothing."""
        return "otherwise" in self.model_fields_set

    @property
    def is_empty(self) -> bool:
        """The column is left empty on purpose."""
        return self.sources is None and self.constant is None and self.expression is None

    @model_validator(mode="before")
    @classmethod
    def _one_origin(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return {"from": given} if isinstance(given, str | list) else {} if given is None else given
        origins = [key for key in _ORIGINS if key in given]
        if len(origins) > 1:
            raise wrong(f"takes one of {', '.join(origins)}")
        if "constant" in given and len(given) > 1:
            raise wrong("a constant takes no values, scale, otherwise or date_format")
        if isinstance(words := answer_scales().get(str(given.get("scale"))), Mapping):
            given = given | {"values": {**words, **(given.get("values") or {})}}
        if "otherwise" in given and "values" not in given:
            raise wrong("otherwise goes with values")
        return given

    @field_validator("date_formats", mode="after")
    @classmethod
    def _one_order(cls, formats: tuple[str, ...]) -> tuple[str, ...]:
        """Day and month in one order: 1/5/2025 would be read by whichever format comes first."""
        counted = [each for each in formats if each in DATE_WORDS and each != ISO]
        if len(set(counted)) > 1:
            raise wrong(f"{' and '.join(dict.fromkeys(counted))} read the same numbers: name one of them")
        plain = [each.replace("%-", "%") for each in formats]
        for place, one in enumerate(plain):
            for other in plain[place + 1 :]:
                if "%d" in one and "%m" in one and one.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m") == other:
                    raise wrong(f"{one} and {other} read 1/5 as two days: name the one order in which this column is written")
        return formats

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [SCALAR, {"type": "array", "items": SCALAR, "minItems": 1}, {"type": "null"}, handler(schema)]}


class OrderKey(SettingsModel):
    """One column, or one expression, that ``latest_by`` orders by."""

    column: Omissible[Written] = None
    expression: Omissible[Written] = None

    @model_validator(mode="before")
    @classmethod
    def _one(cls, given: Any) -> Any:
        if isinstance(given, dict) and list(given) == ["expression"]:
            return given
        if not isinstance(given, str):
            raise expected("a source column or {expression: ...}", given)
        return {"column": given}


_EXPRESSION = {"type": "object", "properties": {"expression": SCALAR}, "required": ["expression"]}
_ORDER_KEY = {"anyOf": [SCALAR, {**_EXPRESSION, "additionalProperties": False}]}
_ORDER_BY = {"anyOf": [*_ORDER_KEY["anyOf"], {"type": "array", "items": _ORDER_KEY, "minItems": 1}]}


def _order_keys(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


class LatestBy(SettingsModel):
    """Keep the last row per key."""

    key: OneOrMore[Written] = Field(description="Source columns; of rows in which they are the same the last stays.")
    order_by: Annotated[OneOrMore[OrderKey], BeforeValidator(_order_keys), WithJsonSchema(_ORDER_BY)] = Field(
        description="Source columns; numbers sort as numbers."
    )


class Unpivot(SettingsModel):
    """One source record becomes several rows: one per entry of ``rows`` (entry → {new source column: source column}), or one per
    column of ``columns``."""

    name: Written = Field(description="New source column that holds the entry's name; with columns, the column's name.")
    rows: dict[str, Annotated[dict[str, Written], Field(min_length=1)]] = Field(
        {}, description="Entry: {new source column: source column}."
    )
    columns: OneOrMore[Written] = Field((), description="Source columns: names, patterns (Q*) or ranges (Q1..Q9).")
    value: Written = Field("value", description="With columns: new source column that holds the cell.")

    @model_validator(mode="before")
    @classmethod
    def _one_way(cls, given: Any) -> Any:
        if isinstance(given, dict) and bool(given.get("rows")) == bool(given.get("columns")):
            raise wrong("takes one of rows and columns")
        if isinstance(given, dict) and given.get("rows") and "value" in given:
            raise wrong("value goes with columns")
        return given

    @property
    def value_columns(self) -> tuple[str, ...]:
        """The new source columns, in the order in which they first appear."""
        return tuple(dict.fromkeys(name for entry in self.rows.values() for name in entry)) or (self.value,)


class Headers(SettingsModel):
    """The rows are names of columns of delivered files: source columns ``header`` and ``position``."""

    files: OneOrMore[Pattern] = Field(description="Globs under the landing folder.")
    columns: OneOrMore[Written] = Field(description="Source columns: names, patterns (Q*) or ranges (Q1..Q9).")
    format: NullIsDefault[Format] = Field(default_factory=Format, description="How these files are written, if otherwise.")


class PreparedFiles(SettingsModel):
    """Delivered files that a query reads as one relation."""

    files: OneOrMore[Pattern] = Field(description="Globs under the landing folder.")
    format: NullIsDefault[Format] = Field(default_factory=Format, description="How these files are written, if otherwise.")

    @model_validator(mode="before")
    @classmethod
    def _patterns(cls, given: Any) -> Any:
        return {"files": given} if isinstance(given, str | list) else given

    @field_validator("format", mode="after")
    @classmethod
    def _zone_of_the_table(cls, form: Format) -> Format:
        if "timezone" in form.model_fields_set:
            raise wrong("the times of the result are read in the timezone of the table: put it into the table's format")
        return form

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [SCALAR, {"type": "array", "items": SCALAR, "minItems": 1}, handler(schema)]}


# For editors: a letter first; then no blank and no mark of ASCII but the underscore.
_NAME_OF_SQL = r"^[^\s\d!-/:-@\[-`{-~][^\s!-/:-@\[-^`{-~]*$"


class Prepare(SettingsModel):
    """One query over delivered files, whose rows are read instead of the files."""

    files: dict[str, PreparedFiles] = Field(
        min_length=1, description="Name in the query: its files.", json_schema_extra={"propertyNames": {"pattern": _NAME_OF_SQL}}
    )
    select: Written = Field(description="One DuckDB SELECT over these names; it may give _origin_file and _origin_row.")

    @field_validator("files", mode="after")
    @classmethod
    def _names_of_sql(cls, files: dict[str, PreparedFiles]) -> dict[str, PreparedFiles]:
        for name in files:
            if not name.isidentifier() or name.startswith("_"):
                raise wrong(f"'{name}' is no name for SQL: use letters, digits and _, a letter first")
        if len({name.casefold() for name in files}) < len(files):
            raise wrong("two names differ by case only, which SQL does not tell apart")
        return files

    def over(self, base: Format) -> Prepare:
        """The same with the formats completed from the table's."""
        files = {name: each.model_copy(update={"format": each.format.over(base)}) for name, each in self.files.items()}
        return self.model_copy(update={"files": files})


class TableSource(SettingsModel):
    """The configuration of one table."""

    files: Omissible[OneOrMore[Pattern]] = Field(None, description="Globs under the landing folder.")
    format: NullIsDefault[Format] = Field(default_factory=Format, description="How the files are written.")
    prepare: Prepare | None = Field(None, description="A query that makes the rows of the files, instead of files.")
    where: Omissible[Written] = Field(None, description="Rows for which this SQL is false are left out, and counted.")
    latest_by: LatestBy | None = Field(None, description="Of rows with the same key only the last stays.")
    unpivot: Unpivot | None = Field(None, description="One wide record becomes several rows.")
    known_issues: NullIsDefault[dict[str, Written]] = Field({}, description="Name: SQL; such records are counted.")
    known_dirt: NullIsDefault[dict[str, Written]] = Field(
        {}, description="The old name of known_issues.", json_schema_extra={"deprecated": True}
    )
    columns: NullIsDefault[dict[str, ColumnSource]] = Field({}, description="Contract column: where it comes from.")
    rows: Omissible[tuple[dict[str, Cell], ...]] = Field(None, description="The rows themselves, instead of files.")
    headers: Headers | None = Field(None, description="Names of columns of a file are the rows, instead of files.")
    _constants: Mapping[str, str] = PrivateAttr(default_factory=dict)

    @property
    def defaults(self) -> Mapping[str, str]:
        """Constants of contract columns the files do not deliver."""
        return self._constants

    @property
    def patterns(self) -> tuple[str, ...] | None:
        """The globs of all files that feed the table; None: it is found by its name, or has rows."""
        if self.prepare is not None:
            return tuple(pattern for each in self.prepare.files.values() for pattern in each.files)
        if self.headers is not None:
            return self.headers.files
        return self.files

    @property
    def has_sql(self) -> bool:
        """Whether SQL of the configuration runs on the table's records."""
        orders = self.latest_by.order_by if self.latest_by else ()
        expressions = (*(each.expression for each in self.columns.values()), *(each.expression for each in orders))
        return bool(self.where or self.known_issues or self.known_dirt or self.prepare or any(expressions))

    @property
    def issues_key(self) -> str:
        """The name under which the file has ``known_issues``."""
        return "known_dirt" if "known_dirt" in self.model_fields_set else "known_issues"

    @field_validator("columns", mode="before")
    @classmethod
    def _own_names(cls, columns: Any) -> Any:
        """A column with only ``values`` or the like comes from the source column of the same name."""
        if not isinstance(columns, dict):
            return columns
        lacking = {name for name, item in columns.items() if isinstance(item, dict) and item.keys().isdisjoint(_ORIGINS)}
        return columns | {name: {"from": name, **columns[name]} for name in lacking}

    def over(self, defaults: Defaults) -> TableSource:
        """This configuration with the defaults of all tables applied."""
        issues = self.known_issues or self.known_dirt
        form = self.format.over(defaults)
        prepare = self.prepare and self.prepare.over(form)
        headers = self.headers and self.headers.model_copy(update={"format": self.headers.format.over(form)})
        applied = self.model_copy(update={"format": form, "known_issues": issues, "prepare": prepare, "headers": headers})
        applied._constants = defaults.constants
        return applied

    def described(self) -> dict[str, Any]:
        """Plain data that differs whenever the configuration does."""
        return self.model_dump(mode="json", exclude={"known_dirt"}) | {"defaults": dict(self.defaults)}


class Defaults(TextFormat):
    """Defaults of every table; other keys are contract columns with a constant for files that do not deliver them."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"propertyNames": {"enum": [*TextFormat.model_fields, *_COLUMNS]}})
    __pydantic_extra__: dict[str, AnyText]

    @property
    def constants(self) -> dict[str, str]:
        return dict(self.__pydantic_extra__)


def _tables_schema(schema: dict[str, Any]) -> None:
    """The names of the contract's tables and columns."""
    of_any = schema.pop("additionalProperties")
    names = {table: [column.name for column in TABLES[table].columns] for table in TABLES}
    schema["properties"] = {
        table: {**of_any, "properties": {"columns": {"propertyNames": {"enum": columns}}}} for table, columns in names.items()
    }
    schema["additionalProperties"] = False


class SourcesFile(SettingsModel):
    """``sources.yaml``: how files that are not written by the contract become its tables."""

    defaults: NullIsDefault[Defaults] = Field(default_factory=Defaults, description="What holds for every table.")
    tables: NullIsDefault[dict[str, Annotated[TableSource, BeforeValidator(lambda value: {} if value is None else value)]]] = Field(
        {}, description="Contract table: where its rows come from.", json_schema_extra=_tables_schema
    )


@dataclass(frozen=True)
class SourceConfig:
    """``sources.yaml`` as a run uses it; without arguments: every table as the contract writes it.

    name       what messages and the origin of rows call the file
    document   what was read; None: there is no file
    """

    name: str = "sources.yaml"
    document: Document | None = None
    defaults: TableSource = field(default_factory=TableSource)
    tables: Mapping[str, TableSource] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    located: LocatedYaml = field(default_factory=LocatedYaml, compare=False, repr=False)

    def table(self, name: str) -> TableSource:
        """The configuration of a table, defaults applied."""
        return self.tables.get(name, self.defaults)

    def error(self, path: YamlPath, problem: str) -> SourceConfigError:
        """The error that a place in the file is wrong."""
        return SourceConfigError(f"{self.name}: {self.located.placed(path, problem)}")


class SourceConfigError(UsageError):
    """``sources.yaml`` is wrong; every line names the place in the file."""


def load_sources(source: Path | Document | None) -> SourceConfig:
    """Read and validate ``sources.yaml`` (None: nothing is configured).

    Raises SourceConfigError that lists every mistake by path and line.
    """
    config = read_sources(source)
    if config.problems:
        raise SourceConfigError("\n".join(f"{config.name}: {problem}" for problem in config.problems))
    return config


def read_sources(source: Path | Document | None) -> SourceConfig:
    """Read the valid part of ``sources.yaml``; ``problems`` holds the rest."""
    if source is None:
        return SourceConfig()
    path = source.path if isinstance(source, Document) else source
    try:
        document = Document.of(source)
    except UsageError as error:
        return SourceConfig(path.name, problems=(str(error).removeprefix(f"{path}: "),))
    located = documents.read_yaml(document, path.name)
    # What is wrong is left out, by whole keys of a table, until the rest is right.
    content = copy.deepcopy(located.content)
    file, problems = documents.attempted(SourcesFile, content)
    left = problems
    while file is None:
        content = content if _leave_out(left, content) else None
        file, left = documents.attempted(SourcesFile, content)
    found = list(_contract_problems(file))
    if _leave_out([problem for problem in found if len(problem[0]) <= _DEEPEST_KEY], content):
        file = SourcesFile.model_validate(content)
    tables = {name: table.over(file.defaults) for name, table in file.tables.items() if name in TABLES}
    return SourceConfig(
        path.name,
        document,
        TableSource().over(file.defaults),
        tables,
        tuple(located.all_placed([*problems, *found])),
        located,
    )


def _leave_out(problems: Iterable[Problem], content: Any) -> bool:
    """Remove the keys that problems lie in; whether there were any."""
    is_less = False
    for path, _ in problems:
        *parents, last = [*takewhile(lambda part: not part.startswith("["), path[:_DEEPEST_KEY])] or [""]
        here = content
        for key in parents:
            here = here.get(key, {})
        if isinstance(here, dict) and last in here:
            is_less = True
            del here[last]
    return is_less


def _contract_problems(file: SourcesFile) -> Iterator[Problem]:
    for name in file.defaults.constants:
        if name not in _COLUMNS:
            yield ("defaults", name), f"no such column{did_you_mean(name, (*_COLUMNS, *TextFormat.model_fields))}"
    for name, source in file.tables.items():
        if name not in TABLES:
            yield ("tables", name), f"the contract has no such table{did_you_mean(name, TABLES)}"
            continue
        for path, problem in _table_problems(TABLES[name], source):
            yield ("tables", name, *path), problem


def _table_problems(table: Table, source: TableSource) -> Iterator[Problem]:
    if {"known_dirt", "known_issues"} <= source.model_fields_set:
        yield ("known_dirt",), "is the old name of known_issues, which is given too"
    if source.rows is not None:
        for key in sorted(source.model_fields_set - {"rows"}):
            yield (key,), "rows are written here, so there is no file to describe"
    for own in ("prepare", "headers"):
        others = [key for key in ("files", "prepare", "headers") if key != own and getattr(source, key) is not None]
        if getattr(source, own) is not None and others:
            yield (own,), f"names its own files: leave out {' and '.join(others)}"
    columns = {column.name: column for column in table.columns}
    named: list[tuple[YamlPath, str | ColumnSource | None]] = [
        *((("rows", f"[{place}]", name), cell) for place, row in enumerate(source.rows or (), 1) for name, cell in row.items()),
        *((("columns", name), column) for name, column in source.columns.items()),
    ]
    for path, content in named:
        column = columns.get(path[-1])
        if column is None:
            yield path, f"{table.name} has no such column{did_you_mean(path[-1], columns)}"
        elif isinstance(content, ColumnSource):
            yield from _column_problems(column, content, path)
        else:
            yield from _value_problems(column, content, path)


def _column_problems(column: Column, source: ColumnSource, path: YamlPath) -> Iterator[Problem]:
    if source.is_empty and column.required:
        yield path, "the contract requires this column, it cannot be left empty"
    if source.date_formats and column.type not in ("date", "timestamp"):
        yield (*path, "date_format"), f"{column.name} is a {column.type}"
    yield from _value_problems(column, source.constant, (*path, "constant"))
    yield from _value_problems(column, source.otherwise, (*path, "otherwise"))
    for key, value in source.values.items():
        yield from _value_problems(column, value, (*path, "values", key))


def _value_problems(column: Column, value: str | None, path: YamlPath) -> Iterator[Problem]:
    """A text that the configuration writes into a column with a closed set must be one of the set."""
    if value is not None and column.values and value.strip() not in column.values:
        hint = did_you_mean(value, column.values)
        yield path, f"'{value}' is none of the values of {column.name}: {', '.join(column.values)}{hint}"
