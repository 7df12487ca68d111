"""The SELECT that turns one file's records into rows of a contract table: types, defects, quarter, origin.

Builds SQL over a relation of records. ``stream`` reads the files and runs the SQL; ``casting`` holds the SQL of single
values.

Long because it is one class: every part of the SELECT asks for the columns that the others have found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import duckdb
import pyarrow as pa

from pipeline.extract.errors import DuplicateColumn, MissingRequiredColumn
from pipeline.extract.mapping.casting import Style, Value, accepted, as_text, is_native, reading
from pipeline.extract.mapping.engine import columns_of_expression
from pipeline.extract.readers.headers import ORIGIN_FILE, ORIGIN_ROW, SEQUENCE, chosen_names, find_name, is_repeated
from pipeline.extract.readers.records import RECORD_FIELDS
from pipeline.lake.sql import literal, quoted
from pipeline.settings.documents import YamlPath
from pipeline.settings.sources import ColumnSource, OrderKey, SourceConfig, SourceConfigError, TableSource
from pipeline.settings.suggestions import did_you_mean, listed
from schemas.contract import Column, Table

DIGITS_LOST = "digits_lost"
"""Rule of a key that a spreadsheet wrote with an exponent (2.025E+13)."""

_EXPONENT = "[+-]?[0-9]+(\\.[0-9]+)?[eE]\\+[0-9]+"
CONSTANT, EXPRESSION, UNIQUE_KEY = "constant", "expression", "unique_key"
ASSUMED_KINDS = (CONSTANT, EXPRESSION, UNIQUE_KEY)
"""Why the values of a column are not measured: they are the same in every row, they come of an expression that reads nothing
of the record, or the customer is the record itself.
"""

_SHAPE = "record_shape"


@dataclass(frozen=True)
class DeliveredColumns:
    """What mapping must know about one file's records."""

    name: str
    """Origin file, relative to the landing folder."""
    schema: pa.Schema
    is_worksheet: bool = False
    elsewhere: tuple[str, ...] = ()
    """Columns that the table's other files have."""
    unmeasured: frozenset[str] = frozenset()
    """Columns that rest on nothing of a delivered record."""


@dataclass
class _Column:
    """A contract column on its way through the levels of the SELECT."""

    column: Column
    source: ColumnSource
    origin: Value
    raw: Value = field(init=False)


class Mapping:
    """How one file becomes rows of ``table``.

    Raises MissingRequiredColumn, DuplicateColumn, and SourceConfigError for a configuration that does not fit the file.
    """

    def __init__(
        self, table: Table, delivery: DeliveredColumns, sources: SourceConfig, connection: duckdb.DuckDBPyConnection
    ) -> None:
        self.table = self._table = table
        self._delivery, self._sources, self._connection = delivery, sources, connection
        self._source: TableSource = sources.table(table.name)
        self._path: YamlPath = ("tables", table.name)
        self._names: Sequence[str] = delivery.schema.names
        self._used: dict[str, None] = {}
        self.absent: dict[str, None] = {}
        """Columns of the table's other files that expressions read and this file lacks: they are empty."""
        self.expressions: list[tuple[YamlPath, str]] = []
        """Every SQL text of the configuration that is used on this file."""
        self._types = self._register_shape()
        self._unpivoted = self._find_unpivoted()
        self._where = self._checked_where()
        self._issues = self._checked_issues()
        self._order = self._checked_order()
        self._key = self._found_key()
        self._columns = self._find_columns()

    @cached_property
    def delivered(self) -> tuple[str, ...]:
        """The contract columns for which the delivery or its configuration has a source."""
        return tuple(item.column.name for item in self._columns if not item.source.is_empty)

    @cached_property
    def assumed(self) -> dict[str, str]:
        """The contract columns whose values are not measured → why (``ASSUMED_KINDS``)."""
        kinds = {item.column.name: self._assumption(item) for item in self._columns}
        return {name: kind for name, kind in kinds.items() if kind is not None}

    @cached_property
    def filled(self) -> tuple[str, ...]:
        """The contract columns of which ``values`` rewrites nothing but empty cells: if all are empty, it gives a constant."""
        return tuple(
            item.column.name for item in self._columns if item.source.values.keys() == {""} and not item.source.has_otherwise
        )

    @cached_property
    def mapped(self) -> dict[str, str]:
        """Contract columns that ``values`` or ``otherwise`` rewrites → the column of ``rows_sql`` that flags the rewritten rows."""
        return {
            item.column.name: f"_mapped_{place}"
            for place, item in enumerate(self._columns)
            if item.source.values or item.source.has_otherwise
        }

    @property
    def entries(self) -> int:
        """How many rows ``unpivot`` makes of a record; 0: it makes none."""
        return len(self._unpivoted)

    @property
    def needed(self) -> tuple[str, ...]:
        """The source columns to read."""
        return tuple(self._used)

    @cached_property
    def empty_columns(self) -> set[str]:
        """Contract columns without any source."""
        return {item.column.name for item in self._columns if item.source.is_empty}

    @cached_property
    def taken_as_text(self) -> dict[str, str]:
        """Source columns that become text, or go into an expression → the contract column, or their own name."""
        takers: dict[str, list[Column]] = {name: [] for name in self._used}
        for item in self._columns:
            for name in self._delivered_names(item.source):
                if name in takers:
                    takers[name].append(item.column)
        texts = {name: [column.name for column in columns if column.type == "string"] for name, columns in takers.items()}
        return {name: texts[name][0] if columns else name for name, columns in takers.items() if texts[name] or not columns}

    def rows_sql(self, relation: str) -> str:
        """Contract columns, quarter, origin, ``_defects``, ``_sequence`` and ``mapped`` of every row, in the relation's order."""
        columns = self._columns
        passed = ", ".join([SEQUENCE, ORIGIN_FILE, *(item.name for item in RECORD_FIELDS)])
        # Each level is a subquery, so the next one may name its columns several times at no cost.
        origins = self._select(passed, [(f"o{i}", c.origin.sql) for i, c in enumerate(columns)], self._records_sql(relation))
        raws = self._select(passed, [(f"r{i}", c.raw.sql) for i, c in enumerate(columns)] + self._rewritten(), origins)
        passed = ", ".join([passed, *self.mapped.values()])
        raw = [Value(f"r{i}", c.raw.type) for i, c in enumerate(columns)]
        kept_raw = ", ".join(value.sql for value in raw)
        reads = [(f"t{i}", reading(raw[i], c.column, self._style(c.source))) for i, c in enumerate(columns)]
        read = self._select(f"{passed}, {kept_raw}", reads, raws)
        values = [(quoted(c.column.name), accepted(f"t{i}", raw[i], c.column, self._table)) for i, c in enumerate(columns)]
        rows = self._select(f"{passed}, {kept_raw}", values, read)
        names = ", ".join(quoted(c.column.name) for c in columns)
        quarter = self._table.quarter_expression or "NULL::VARCHAR"
        return (
            f"SELECT {names}, {quarter} AS quarter, {ORIGIN_FILE}, {ORIGIN_ROW}, "
            f"{self._defects(raw)} AS _defects, {', '.join([SEQUENCE, *self.mapped.values()])} FROM ({rows})"
        )

    def latest_sql(self, relation: str) -> str:
        """``_sequence``, the key (null: incomplete, so the row is always kept) and the order of each record."""
        complete = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in self._key)
        key = ", ".join(f"{quoted(name)}" for name in self._key)
        position = ", ".join(f"'p{index}': {part}" for index, part in enumerate(self._order))
        return (
            f"SELECT {SEQUENCE}, CASE WHEN {complete} THEN [{key}] END AS key, "
            f"{{{position}}} AS position FROM ({self._chosen_sql(relation)})"
        )

    def count_chosen_sql(self, relation: str) -> str:
        """How many records ``where`` keeps."""
        return f"SELECT count(*) FROM ({self._chosen_sql(relation)})"

    def issues_sql(self, relation: str) -> str | None:
        """How many records of the file meet each condition of ``known_issues``, in its order; None: no conditions."""
        if not self._issues:
            return None
        told = ", ".join(f"(\n{condition}\n) AS d{place}" for place, condition in enumerate(self._issues))
        counted = ", ".join(f"count(*) FILTER (WHERE d{place})" for place in range(len(self._issues)))
        return f"SELECT {counted} FROM (SELECT {told} FROM ({self._source_sql(relation)}))"

    def expression_sql(self, expression: str, relation: str) -> str:
        """Evaluates one expression on every record, to find out which expression fails."""
        return f"SELECT count(({expression})) FROM ({self._records_sql(relation)})"

    # Levels

    def _source_sql(self, relation: str) -> str:
        """Every needed source column as text under its own name, and in its own type next to it if it has one."""
        columns = [SEQUENCE, ORIGIN_FILE, *(item.name for item in RECORD_FIELDS)]
        for name in self._used:
            value = self._native(name, quoted(name))
            columns.append(f"{as_text(value, self._source.format.timezone)} AS {quoted(name)}")
            if not value.is_text:
                columns.append(f"{value.sql} AS {quoted(_own(name))}")
        columns += [f"NULL::VARCHAR AS {quoted(name)}" for name in self.absent]
        return f"SELECT {', '.join(columns)} FROM {relation}"

    def _chosen_sql(self, relation: str) -> str:
        where = self._where_sql()
        source = self._source_sql(relation)
        return source if where is None else f"SELECT * FROM ({source}) WHERE {where}"

    def _where_sql(self) -> str | None:
        # Only a definite false drops a row; one for which the condition is unknown stays and is validated later.
        return None if self._where is None else f"(_field_rule IS NOT NULL OR coalesce((\n{self._where}\n), true))"

    def _records_sql(self, relation: str) -> str:
        chosen = self._chosen_sql(relation)
        unpivot = self._source.unpivot
        if unpivot is None:
            return chosen
        entries = []
        for entry, cells in self._unpivoted.items():
            values = [f"{literal(unpivot.name)}: {literal(entry)}"]
            for name in unpivot.value_columns:
                values.append(f"{literal(name)}: {quoted(cells[name]) if name in cells else literal(None)}")
            entries.append("{" + ", ".join(values) + "}")
        none = ", ".join(f"{literal(name)}: {literal(None)}" for name in (unpivot.name, *unpivot.value_columns))
        rows = f"CASE WHEN _field_rule IS NULL THEN [{', '.join(entries)}] ELSE [{{{none}}}] END"
        answered = " OR ".join(f"{quoted(name)} IS NOT NULL" for name in unpivot.value_columns)
        return (
            f"SELECT * FROM (SELECT *, unnest({rows}, recursive := true) FROM ({chosen})) "
            f"WHERE _field_rule IS NOT NULL OR {answered}"
        )

    def _assumption(self, item: _Column) -> str | None:
        source = item.source
        if source.is_empty or item.column.is_key:
            return None
        if source.constant is not None or _gives_one_value(source):
            return CONSTANT
        if source.expression is not None and not self._reads_record(source.expression):
            return EXPRESSION
        names = self._delivered_names(source) or self._unpivoted_from(source)
        if not self._delivery.unmeasured.isdisjoint(names):
            return EXPRESSION
        # A response of its own customer is measured all the same: only requests are compared with others of their customer.
        is_client = item.column.references == "customers" and self._table.name == "service_requests"
        if is_client and any(self._is_same(source, key.source) for key in self._keys()):
            return UNIQUE_KEY
        return None

    def _unpivoted_from(self, source: ColumnSource) -> list[str]:
        """The columns of the record whose cells a column of ``unpivot`` takes."""
        added = next(filter(None, (find_name(name, self._added_names()) for name in source.sources or ())), None)
        return [cells[added] for cells in self._unpivoted.values() if added in cells]

    def _is_same(self, one: ColumnSource, other: ColumnSource) -> bool:
        """Whether two contract columns are taken from the same columns of this file, by the same expression and words."""
        origin = self._taken_from(one)
        return bool(origin) and origin == self._taken_from(other) and one.values == other.values

    def _taken_from(self, source: ColumnSource) -> list[str] | str:
        """The columns of the file, or an expression of them that is not just a column."""
        if source.expression is None:
            return self._delivered_names(source)
        own = find_name(source.expression.strip().strip('"'), self._names)
        return source.expression if own is None else [own]

    def _keys(self) -> list[_Column]:
        """The key columns of a row within its enterprise."""
        return [item for item in self._columns if item.column.is_key and item.column.name != "enterprise_id"]

    def _reads_record(self, expression: str) -> bool:
        """Whether an expression looks at the record or the name of its file; the record's number says nothing."""
        measured = (name for name in self._names if name not in self._delivery.unmeasured)
        known = {name.casefold() for name in (*measured, *self._added_names(), ORIGIN_FILE)}
        return any(name.casefold() in known for name in columns_of_expression(self._connection, expression, known))

    def _rewritten(self) -> list[tuple[str, str]]:
        return [
            (
                self.mapped[item.column.name],
                f"(_field_rule IS NULL AND {as_text(Value(f'o{place}', item.origin.type))} IS DISTINCT FROM {item.raw.sql})",
            )
            for place, item in enumerate(self._columns)
            if item.column.name in self.mapped
        ]

    @staticmethod
    def _select(passed: str, columns: list[tuple[str, str]], source: str) -> str:
        return f"SELECT {passed}, {', '.join(f'{sql} AS {name}' for name, sql in columns)} FROM ({source})"

    def _defects(self, raw: list[Value]) -> str:
        """What could not be read; the list is built only for rows that have such cells."""
        entry = 'STRUCT(rule VARCHAR, "column" VARCHAR, "value" VARCHAR)'
        line = f"[{{'rule': _field_rule, 'column': NULL::VARCHAR, 'value': _raw_line}}::{entry}]"
        unread: list[str] = []
        entries: list[str] = []
        for value, item in zip(raw, self._columns, strict=True):
            if item.source.constant is not None or item.source.is_empty:
                continue
            name, text = item.column.name, as_text(value)
            if item.column.identifies:
                rule, lost = DIGITS_LOST, f"(contains({text}, '+') AND regexp_full_match({text}, '{_EXPONENT}'))"
            elif item.column.type == "string":
                continue
            else:
                rule, lost = "type", f"({value.sql} IS NOT NULL AND {quoted(name)} IS NULL)"
            found = f"{{'rule': '{rule}', 'column': '{name}', 'value': {text}}}"
            unread.append(lost)
            entries.append(f"CASE WHEN {lost} THEN {found}::{entry} END")
        cases = f"WHEN _field_rule IS NOT NULL THEN {line}"
        if unread:
            cases += f" WHEN {' OR '.join(unread)} THEN list_filter([{', '.join(entries)}], lambda d: d IS NOT NULL)"
        return f"CASE {cases} ELSE []::{entry}[] END"

    # Finding columns

    def _register_shape(self) -> dict[str, str]:
        """Register an empty relation of the file's shape and return the DuckDB types of its columns."""
        fields = [pa.field(SEQUENCE, pa.int64()), *RECORD_FIELDS, *self._delivery.schema]
        self._connection.register(_SHAPE, pa.schema(fields).empty_table())
        described = self._connection.execute(f"DESCRIBE SELECT * FROM {_SHAPE}").fetchall()
        return {row[0]: row[1] for row in described}

    def _native(self, name: str, sql: str) -> Value:
        type_ = self._types[name]
        if type_ in ("DOUBLE", "FLOAT"):
            # Data frames write NaN for "no value".
            return Value(f"CASE WHEN NOT isnan({sql}) THEN {sql} END", type_)
        if type_ == "VARCHAR" or is_native(type_):
            return Value(sql, type_)
        return Value(f"{sql}::VARCHAR", "VARCHAR")

    def _use(self, name: str) -> str:
        self._used[name] = None
        return name

    def _wrong(self, path: YamlPath, problem: str) -> SourceConfigError:
        return self._sources.error(path, f"{self._delivery.name}: {problem}")

    def _find(self, wanted: str | Sequence[str], path: YamlPath) -> str:
        """The first column of the file that is called so."""
        tried = (wanted,) if isinstance(wanted, str) else wanted
        name = next(filter(None, (find_name(each, self._names) for each in tried)), None)
        if name is None:
            hint = did_you_mean(tried[0], self._names)
            raise self._wrong(path, f"has no column {_alternatives(tried)}{hint} ({self._header()})")
        return self._use(name)

    def _find_unpivoted(self) -> dict[str, dict[str, str]]:
        unpivot = self._source.unpivot
        if unpivot is None:
            return {}
        path = (*self._path, "unpivot")
        for name in (unpivot.name, *unpivot.value_columns):
            if find_name(name, self._names):
                raise self._wrong(path, f"already has a column '{name}'; give the new one another name")
        if unpivot.columns:
            try:
                chosen = chosen_names(unpivot.columns, self._names)
            except ValueError as error:
                raise self._wrong((*path, "columns"), f"{error} ({self._header()})") from None
            return {column: {unpivot.value: self._use(column)} for column in chosen}
        return {
            entry: {name: self._find(wanted, (*path, "rows", entry, name)) for name, wanted in cells.items()}
            for entry, cells in unpivot.rows.items()
        }

    def _added_names(self) -> tuple[str, ...]:
        unpivot = self._source.unpivot
        return (unpivot.name, *unpivot.value_columns) if unpivot else ()

    def _expression(self, expression: str, path: YamlPath, added: Sequence[str] = (), windows: bool = False) -> None:
        """Check one SQL text of the configuration and note the columns it reads."""
        try:
            wanted = columns_of_expression(self._connection, expression, (*self._names, *added), windows)
        except ValueError as error:
            raise self._wrong(path, str(error)) from None
        except RecursionError:
            raise self._wrong(path, "is nested too deeply") from None
        by_lower = {name.casefold(): name for name in self._names}
        # A column that the source renamed is in some of the files; an expression of nothing but such columns does not fit this one.
        is_fitting = any(name.casefold() in by_lower for name in wanted)
        elsewhere = {name.casefold(): name for name in self._delivery.elsewhere} if is_fitting else {}
        for name in wanted:
            if name.casefold() in by_lower:
                self._use(by_lower[name.casefold()])
            elif name.casefold() in elsewhere:
                self.absent[elsewhere[name.casefold()]] = None
            elif name.casefold() not in {known.casefold() for known in (*added, ORIGIN_FILE, ORIGIN_ROW)}:
                known = (*self._names, *added)
                # The parser takes a lambda's variable for a column; DuckDB reports a name that is neither.
                if not self._binds(expression, added):
                    raise self._wrong(path, f"has no column '{name}'{did_you_mean(name, known)} ({self._header()})")
        if not windows:
            self.expressions.append((path, expression))

    def _binds(self, expression: str, added: Sequence[str]) -> bool:
        try:
            self._described(expression, added)
        except duckdb.Error:
            return False
        return True

    def _described(self, expression: str, added: Sequence[str]) -> str:
        """The DuckDB type of an expression over the file's columns."""
        shape = [f"{quoted(name)}::VARCHAR AS {quoted(name)}" for name in self._names]
        shape += [f"NULL::VARCHAR AS {quoted(name)}" for name in (*added, *self.absent, ORIGIN_FILE)]
        # The bare column beside it makes an aggregate an error.
        source = f"SELECT {', '.join(shape)}, {ORIGIN_ROW} FROM {_SHAPE}"
        sql = f"DESCRIBE SELECT (\n{expression}\n) AS x, {ORIGIN_ROW} FROM ({source})"
        row = self._connection.execute(sql).fetchone()
        return str(row[1]) if row else "VARCHAR"

    def _type_of(self, expression: str, path: YamlPath, added: Sequence[str] = (), windows: bool = False) -> str:
        self._expression(expression, path, added, windows)
        try:
            return self._described(expression, added)
        except duckdb.Error as error:
            raise self._wrong(path, f"DuckDB says: {str(error).partition(chr(10))[0]}") from None

    def _checked_where(self) -> str | None:
        where = self._source.where
        if where is not None:
            path = (*self._path, "where")
            type_ = self._type_of(where, path)
            if type_ != "BOOLEAN":
                raise self._wrong(path, f"must be true or false for a row, it is a {type_}")
        return where

    def _checked_issues(self) -> list[str]:
        for name, condition in self._source.known_issues.items():
            path = (*self._path, self._source.issues_key, name)
            type_ = self._type_of(condition, path, windows=True)
            if type_ != "BOOLEAN":
                raise self._wrong(path, f"must be true or false for a record, it is a {type_}")
        return list(self._source.known_issues.values())

    def _checked_order(self) -> list[str]:
        latest = self._source.latest_by
        if latest is None:
            return []
        return [
            part
            for index, key in enumerate(latest.order_by, start=1)
            for part in self._order_parts(key, (*self._path, "latest_by", "order_by", f"[{index}]"))
        ]

    def _order_parts(self, key: OrderKey, path: YamlPath) -> tuple[str, ...]:
        """Sort keys, later is larger: missing values first, then numbers by size, then texts."""
        if key.column is not None:
            sql, type_ = quoted(self._find(key.column, path)), "VARCHAR"
        else:
            sql, type_ = f"(\n{key.expression}\n)", self._type_of(key.expression or "", path)
        if type_ == "VARCHAR":
            number = f"try_cast({sql} AS DOUBLE)"
            return f"{sql} IS NOT NULL", f"{number} IS NULL", f"coalesce({number}, 0)", f"coalesce({sql}, '')"
        return f"{sql} IS NOT NULL", sql

    def _found_key(self) -> list[str]:
        latest = self._source.latest_by
        return [self._find(name, (*self._path, "latest_by", "key")) for name in latest.key] if latest else []

    def _find_columns(self) -> list[_Column]:
        missing: list[str] = []
        found: list[_Column] = []
        for column in self._table.columns:
            path = (*self._path, "columns", column.name)
            source = self._source.columns.get(column.name) or self._unconfigured(column)
            if source.is_empty and column.required:
                missing.append(column.name)
                continue
            item = _Column(column, source, self._origin(column, source, path))
            item.raw = self._raw(item, f"o{len(found)}")
            found.append(item)
        if missing:
            raise self._missing(missing)
        return found

    def _unconfigured(self, column: Column) -> ColumnSource:
        name = find_name(column.name, (*self._names, *self._added_names()))
        if name is not None:
            if is_repeated(name, self._names):
                raise DuplicateColumn(
                    f"the header names column '{name}' more than once; choose one in sources.yaml "
                    f"(the second is called '{name} (2)')",
                    table=self._table.name,
                    file=self._delivery.name,
                    column=column.name,
                )
            return ColumnSource.model_validate(name)
        constant = self._source.defaults.get(column.name)
        return ColumnSource() if constant is None else ColumnSource(constant=constant)

    def _origin(self, column: Column, source: ColumnSource, path: YamlPath) -> Value:
        added = self._added_names()
        if source.expression is not None:
            type_ = self._type_of(source.expression, (*path, "expression"), added)
            self._check_formats(source, path)
            sql = f"(\n{source.expression}\n)"
            if is_native(type_):
                return Value(sql, type_)
            return Value(f"nullif(trim({sql}::VARCHAR), '')", "VARCHAR")
        if source.sources is not None:
            names = self._delivered_names(source)
            if not names and (own := next(filter(None, (find_name(name, added) for name in source.sources)), None)):
                return Value(quoted(own), "VARCHAR")
            if column.required and not names:
                raise self._missing([column.name], wanted=source.sources)
            self._check_formats(source, path)
            return self._first_value([self._use(name) for name in names] or [self._find(source.sources, path)])
        if source.constant is not None:
            self._check_constant(column, source.constant, path)
        return Value(literal(source.constant and source.constant.strip()), "VARCHAR")

    def _delivered_names(self, source: ColumnSource) -> list[str]:
        """The columns of this file that a contract column is taken from."""
        found = (find_name(name, self._names) for name in source.sources or ())
        return list(dict.fromkeys(name for name in found if name is not None))

    def _first_value(self, names: Sequence[str]) -> Value:
        """Of the first column that has one; in the columns' own type if they share it."""
        types = {self._types[name] for name in names}
        if len(types) == 1 and is_native(type_ := types.pop()):
            owns = [quoted(_own(name)) for name in names]
        else:
            # Moments as a worksheet writes them, which is read beside any format of the texts.
            type_ = "VARCHAR"
            owns = [
                f"replace({quoted(name)}, ' ', 'T')" if self._types[name].startswith("TIMESTAMP") else quoted(name)
                for name in names
            ]
        return Value(owns[0] if len(owns) == 1 else f"coalesce({', '.join(owns)})", type_)

    def _raw(self, item: _Column, origin: str) -> Value:
        """The origin's value with the value map applied; null in a line that does not fit the header."""
        source, value = item.source, Value(origin, item.origin.type)
        sql = value.sql
        if source.values or source.has_otherwise:
            text = as_text(value)
            rest = literal(source.otherwise) if source.has_otherwise else text
            cases = [f"WHEN {literal(key)} THEN {literal(to)}" for key, to in source.values.items() if key]
            mapped = f"CASE {text} {' '.join(cases)} ELSE {rest} END" if cases else rest
            empty = literal(source.values.get(""))
            sql, value = f"CASE WHEN {origin} IS NULL THEN {empty} ELSE {mapped} END", Value("", "VARCHAR")
        if source.sources is None or source.values:
            sql = f"CASE WHEN _field_rule IS NULL THEN {sql} END"
        return Value(sql, value.type)

    def _missing(self, columns: list[str], wanted: Sequence[str] = ()) -> MissingRequiredColumn:
        hint = did_you_mean(wanted[0] if wanted else columns[0], self._names)
        named = f" ({_alternatives(wanted)} by sources.yaml)" if wanted and [*wanted] != columns else ""
        if columns == ["enterprise_id"]:
            hint = "; name the enterprise in sources.yaml: defaults: {enterprise_id: ...}"
        elif len(self._names) == 1 and not self._delivery.is_worksheet:
            hint = "; the header is one single column: is the delimiter right?"
        word = "column" if len(columns) == 1 else "columns"
        return MissingRequiredColumn(
            f"lacks the required {word} {', '.join(columns)}{named}{hint} ({self._header()})",
            table=self._table.name,
            file=self._delivery.name,
            column=columns[0],
        )

    def _header(self) -> str:
        """The file's column names; hidden if none of them is known, because then they may be a person's record."""
        source = self._source
        wanted = [column.name for column in self._table.columns]
        wanted += [name for column in source.columns.values() for name in column.sources or ()]
        wanted += [name for cells in (source.unpivot.rows.values() if source.unpivot else ()) for name in cells.values()]
        if any(find_name(name, self._names) for name in wanted):
            return f"columns found: {listed((*self._names, *self._added_names()))}"
        return f"none of its {len(self._names)} columns is known: is its first row the header?"

    def _check_constant(self, column: Column, constant: str, path: YamlPath) -> None:
        value = Value("x", "VARCHAR")
        read = f"SELECT x, {reading(value, column, Style())} AS t FROM (SELECT {literal(constant.strip())} AS x)"
        row = self._connection.execute(f"SELECT {accepted('t', value, column, self._table)} FROM ({read})").fetchone()
        if row is None or row[0] is None:
            place = path if column.name in self._source.columns else ("defaults", column.name)
            raise self._sources.error(place, f"the constant cannot be read as {column.type}")

    def _check_formats(self, source: ColumnSource, path: YamlPath) -> None:
        for date_format in source.date_formats:
            try:
                self._connection.execute(f"SELECT try_strptime('', {literal(date_format)})")
            except duckdb.Error:
                raise self._wrong((*path, "date_format"), f"'{date_format}' is not a strptime format") from None

    def _style(self, source: ColumnSource) -> Style:
        types = {self._types[name] for name in self._delivered_names(source)}
        is_mixed = len(types) > 1 and any(type_ == "DATE" or type_.startswith("TIMESTAMP") for type_ in types)
        return Style(source.date_formats, self._source.format.timezone, self._delivery.is_worksheet or is_mixed)


def _gives_one_value(source: ColumnSource) -> bool:
    """Whether value maps make the same of every value."""
    if not source.has_otherwise or source.otherwise is None:
        return False
    return {to for value, to in source.values.items() if value} <= {source.otherwise}


def _alternatives(names: Sequence[str]) -> str:
    return " or ".join(f"'{name}'" for name in names)


def _own(name: str) -> str:
    """Name under which a column keeps the type it was delivered in."""
    return f"own type: {name}"
