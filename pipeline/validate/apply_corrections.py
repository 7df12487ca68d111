"""Applies corrections to raw rows before validation: the affected cells, the corrected file, the outcome of each correction.

Raw files stay as they came. Tables without corrections cost nothing; in others only the corrected columns are examined, and the
file is copied in its order. ``pipeline/validate/corrections.py`` defines corrections and reads their file.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.calendar.quarters import Quarter
from pipeline.lake.files import make_private, private_path
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import file_format, open_parquet
from pipeline.lake.row_key import joined_values
from pipeline.lake.sql import literal, parquet, quoted
from pipeline.redact.redaction import redact_column
from pipeline.validate.corrections import Correction, typed_texts
from pipeline.validate.masking import masked_keys, masked_values
from schemas.contract import Table

APPLIED = "applied"
EXPIRED = "expired"
BEFORE_DIFFERS = "before differs"
OTHER_QUARTER = "would move the row to another quarter"
OVERRULED = "overruled by one with a key"
NO_SUCH_ROW = "no such row"
ELSEWHERE = "in other quarters"
UNAPPLIED = (EXPIRED, BEFORE_DIFFERS, OTHER_QUARTER, OVERRULED, NO_SUCH_ROW)
"""Statuses that deserve a warning; corrections of rows in other quarters do not."""

CORRECTED_SCHEMA = pl.Schema(
    {
        "table": pl.String,
        "quarter": pl.String,
        "origin_file": pl.String,
        "origin_row": pl.Int64,
        "_row_id": pl.Int64,
        "row_key": pl.String,
        "column": pl.String,
        "before_masked": pl.String,
        "after_masked": pl.String,
        "reason": pl.String,
        "author": pl.String,
        "correction": pl.String,
    }
)
"""One row per value that was corrected or set aside, without personal data; ``row_key`` as delivered, ``correction``: where it is
written, or the rule that set the value aside."""
SET_ASIDE_BY = "rule"
"""The ``author`` of values that a rule set aside."""
_SET_ASIDE_BECAUSE = {"merged_into_nothing": "it leads to no counted record; the record counts by itself"}


@dataclass(frozen=True)
class Outcome:
    """What happened to a table's corrections in one quarter, and to values of it that no correction concerns."""

    values: int = 0
    """Corrected cells."""
    rows: int = 0
    """Rows with a corrected cell."""
    by_status: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Status → the origins of the corrections that have it."""
    set_aside: dict[str, int] = field(default_factory=dict)
    """Rule → accepted rows of which it set a value aside."""

    @property
    def unapplied(self) -> dict[str, tuple[str, ...]]:
        return {status: self.by_status[status] for status in UNAPPLIED if status in self.by_status}


class TableCorrections:
    """The corrections of one table, in a DuckDB table next to the delivered keys.

    Of several corrections of one cell, one with a key overrules one by value, so that a single row can be an exception. All
    compare with the delivered value; they do not build on each other.
    """

    def __init__(self, table: Table, corrections: Sequence[Correction], connection: duckdb.DuckDBPyConnection) -> None:
        self.table = table
        self.corrections = tuple(corrections)
        self.columns = tuple(dict.fromkeys(correction.column for correction in corrections))
        self._typed = typed_texts(corrections)
        self._relation = f"corrections_of_{table.name}"
        rows = {
            "number": pa.array(range(len(corrections)), pa.int64()),
            "column": [correction.column for correction in corrections],
            "key": pa.array([correction.key for correction in corrections], pa.string()),
            "before_text": pa.array([correction.before for correction in corrections], pa.string()),
            "before_typed": pa.array([texts.before for texts in self._typed], pa.string()),
            "after": pa.array([texts.after for texts in self._typed], pa.string()),
            # A quarter begins on or before a day if it is not later than the day's quarter.
            "until": [Quarter.of(correction.expires_on).label for correction in corrections],
        }
        connection.register("given_corrections", pa.table(rows))
        connection.execute(f"create table {self._relation} as from given_corrections")
        connection.unregister("given_corrections")

    def found_sql(self, files: str, as_of: Quarter | None) -> str:
        """SQL: filename, _row_id, column, number, text (as delivered) and status of every cell that a correction concerns.

        ``files``: the SQL of a list of files; ``as_of``: the quarter in which a register's rows without one are read. Every
        cell has at most one row with the status ``applied``.
        """
        read = parquet(files, union_by_name=True, filename=True)
        label = literal(as_of.label) if as_of else "'9999-Q4'"
        branches = " union all ".join(branch for column in self.columns for branch in self._branches(column, read, label))
        dated = [name for name in self.table.dated_by if name in self.columns]
        ranked = (
            f"with candidates as materialized ({branches}), ranked as ("
            'select *, row_number() over (partition by filename, _row_id, "column" order by matches desc, is_wide, number) '
            "as place from candidates), "
            f"marked as materialized (select * exclude (matches, is_wide, place), case when not matches then '{BEFORE_DIFFERS}' "
            f"when place > 1 then '{OVERRULED}' else '{APPLIED}' end as status from ranked)"
        )
        if not dated or not self.table.quarter_expression:
            return f"{ranked} select * from marked"
        moved = self.corrected_sql(
            f"(select * from {read} semi join (select filename, _row_id from marked) using (filename, _row_id))",
            f"(select marked.*, given.after from marked join {self._relation} as given using (number) where status = '{APPLIED}')",
            tuple(dated),
        )
        names = ", ".join(map(literal, dated))
        return (
            f"{ranked}, moved as (select filename, _row_id from {moved} where {self.table.quarter_expression} <> quarter) "
            "select marked.* exclude (status), case when moved._row_id is not null and status = "
            f"'{APPLIED}' and \"column\" in ({names}) then '{OTHER_QUARTER}' else status end as status "
            "from marked left join moved using (filename, _row_id)"
        )

    def _branches(self, column: str, read: str, label: str) -> list[str]:
        name = quoted(column)
        unread = f'list_filter(_defects, lambda d: d."column" = {literal(column)})[1]."value"'
        # Nothing in a line that could not be split can be trusted.
        whole = 'len(list_filter(_defects, lambda d: d."column" is null)) = 0'
        cells = (
            f"(select filename, _row_id, coalesce(quarter, {label}) as quarter, {joined_values(self.table.unique_key)} as row_key, "
            f"cast({name} as varchar) as typed, case when len(_defects) > 0 then {unread} end as unread "
            f"from {read} where len(_defects) = 0 or {whole}) as cell"
        )
        given = f'(select * from {self._relation} where "column" = {literal(column)} and key is {{}}) as given'
        selected = (
            f'select filename, _row_id, {literal(column)} as "column", number, coalesce(typed, unread) as text, '
            "{matches} as matches, {is_wide} as is_wide from "
        )
        in_force = "cell.quarter <= given.until"
        branches = []
        of_column = [correction for correction in self.corrections if correction.column == column]
        if any(correction.key is not None for correction in of_column):
            matches = "(before_text is null or coalesce(typed = before_typed, false) or coalesce(unread = before_text, false))"
            branches.append(
                selected.format(matches=matches, is_wide="false")
                + f"{cells} join {given.format('not null')} on cell.row_key = given.key and {in_force}"
            )
        if any(correction.key is None for correction in of_column):
            for own, theirs in (("typed", "before_typed"), ("unread", "before_text")):
                branches.append(
                    selected.format(matches="true", is_wide="true")
                    + f"{cells} join {given.format('null')} on cell.{own} = given.{theirs} and {in_force}"
                )
        return branches

    def corrected_sql(self, rows: str, patches: str, columns: Sequence[str] | None = None) -> str:
        """SQL: the rows with their corrected values; both sides are matched by filename and _row_id.

        ``patches``: the rows of ``found_sql`` with the status ``applied``, with the corrections' ``after``.
        """
        wanted = [name for name in self.columns if columns is None or name in columns]
        joins, values = [], []
        for place, name in enumerate(wanted):
            joins.append(
                f'left join (select filename, _row_id, number, after from {patches} where "column" = {literal(name)}) '
                f"as patch_{place} on patch_{place}.filename = came.filename and patch_{place}._row_id = came._row_id"
            )
            sql_type = self.table.column(name).sql_type
            values.append(
                f"case when patch_{place}.number is null then came.{quoted(name)} "
                f"else cast(patch_{place}.after as {sql_type}) end as {quoted(name)}"
            )
        replaced = f" replace ({', '.join(values)})" if values else ""
        return f"(select came.*{replaced} from {rows} as came {' '.join(joins)})"

    def applied_sql(self, found: str) -> str:
        """SQL: from a table with ``found_sql``'s rows those that apply, with the corrections' ``after``."""
        return (
            f"(select found.*, given.after from {found} as found join {self._relation} as given using (number) "
            f"where found.status = '{APPLIED}')"
        )

    def after_values(self, column: str, connection: duckdb.DuckDBPyConnection) -> dict[int, object]:
        """Correction number → the value it puts into the column."""
        sql_type = self.table.column(column).sql_type
        return dict(
            connection.execute(
                f'select number, cast(after as {sql_type}) from {self._relation} where "column" = {literal(column)}'
            ).fetchall()
        )


def find_cells(corrections: TableCorrections, raw: Path, quarter: Quarter, connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """_row_id, column, number, text and status of every cell of a file that a correction concerns, in file order."""
    found = connection.execute(corrections.found_sql(f"[{literal(raw)}]", quarter)).pl()
    order = {name: place for place, name in enumerate(corrections.columns)}
    return (
        found.select("_row_id", "column", "number", "text", "status")
        .with_columns(pl.col("column").replace_strict(order, return_dtype=pl.Int64).alias("place"))
        .sort("_row_id", "place", "number")
        .drop("place")
    )


def write_corrected(
    corrections: TableCorrections, raw: Path, cells: pl.DataFrame, path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    """Copy a file in its order with the applied ``cells`` corrected; a corrected unreadable cell loses its defect."""
    applied = cells.filter(pl.col("status") == APPLIED)
    by_column = {str(name): rows for (name,), rows in applied.group_by("column")}
    patches: dict[str, tuple[np.ndarray, list[object]]] = {}
    for name, rows in by_column.items():
        after = corrections.after_values(name, connection)
        patches[name] = (rows["_row_id"].to_numpy(), [after[number] for number in rows["number"]])
    mended: dict[int, set[str]] = defaultdict(set)
    for row_id, name in applied.select("_row_id", "column").iter_rows():
        mended[row_id].add(name)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with open_parquet(raw) as source:
        schema = source.schema_arrow.remove_metadata()
        with pq.ParquetWriter(path, schema, **file_format(schema)) as writer:
            metadata = source.metadata.metadata or {}
            writer.add_key_value_metadata(
                {key.decode(): value.decode() for key, value in metadata.items() if key != b"ARROW:schema"}
            )
            first = 0
            for group in range(source.num_row_groups):
                rows = source.read_row_group(group).replace_schema_metadata(None)
                writer.write_table(_patched(rows, first, patches, mended), row_group_size=max(rows.num_rows, 1))
                first += rows.num_rows


def _patched(
    rows: pa.Table, first: int, patches: dict[str, tuple[np.ndarray, list[object]]], mended: dict[int, set[str]]
) -> pa.Table:
    end = first + rows.num_rows
    touched = False
    for name, (places, values) in patches.items():
        low, high = np.searchsorted(places, [first, end])
        if low == high:
            continue
        touched = True
        place = rows.schema.get_field_index(name)
        kind = rows.schema.field(place).type
        mask = np.zeros(rows.num_rows, dtype=bool)
        mask[places[low:high] - first] = True
        replaced = pc.replace_with_mask(rows.column(place).combine_chunks(), mask, pa.array(values[low:high], kind))
        rows = rows.set_column(place, rows.schema.field(place), replaced)
    if not touched:
        return rows
    place = rows.schema.get_field_index("_defects")
    defects = rows.column(place).combine_chunks()
    filled = np.flatnonzero(pc.greater(pc.fill_null(pc.list_value_length(defects), 0), 0).to_numpy(zero_copy_only=False))
    wanted = [number for number in filled.tolist() if first + number in mended]
    if not wanted:
        return rows
    mask = np.zeros(rows.num_rows, dtype=bool)
    mask[wanted] = True
    left = [[defect for defect in defects[number].as_py() if defect["column"] not in mended[first + number]] for number in wanted]
    # Arrow cannot replace lists in place: the rows before and after each are taken as they are.
    kept = pa.array(left, defects.type)
    order = np.arange(rows.num_rows)
    order[mask] = rows.num_rows + np.arange(len(wanted))
    return rows.set_column(place, rows.schema.field(place), pa.concat_arrays([defects, kept]).take(pa.array(order)))


def outcome_of(corrections: TableCorrections, quarter: Quarter, cells: pl.DataFrame, elsewhere: set[int]) -> Outcome:
    """The outcome of each correction; ``elsewhere``: the numbers of those that concern a row of another quarter."""
    statuses: dict[int, set[str]] = defaultdict(set)
    for number, status in cells.select("number", "status").unique().iter_rows():
        statuses[number].add(status)
    by_status: dict[str, list[str]] = defaultdict(list)
    for number, correction in enumerate(corrections.corrections):
        for status in _statuses(statuses[number], correction.is_in_force(quarter), number in elsewhere):
            by_status[status].append(correction.origin)
    applied = cells.filter(pl.col("status") == APPLIED)
    return Outcome(
        values=applied.height,
        rows=applied["_row_id"].n_unique(),
        by_status={status: tuple(by_status[status]) for status in (APPLIED, *UNAPPLIED, ELSEWHERE) if status in by_status},
    )


def _statuses(found: set[str], is_in_force: bool, is_elsewhere: bool) -> list[str]:
    if not is_in_force:
        return [EXPIRED]
    if not found:
        return [ELSEWHERE if is_elsewhere else NO_SUCH_ROW]
    # Moving a row deserves a warning even if the correction mends other rows; a different value does not (keys may repeat).
    kept = [status for status in (APPLIED, OTHER_QUARTER) if status in found]
    return kept or sorted(found)


def write_corrected_values(
    corrections: TableCorrections,
    raw: Path,
    quarter: Quarter,
    cells: pl.DataFrame,
    lake: Lake,
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """Write every corrected value (``CORRECTED_SCHEMA``), or remove the file of an earlier validation."""
    table = corrections.table
    path = lake.partition("corrected", table.name, quarter)
    applied = cells.filter(pl.col("status") == APPLIED)
    if applied.is_empty():
        path.unlink(missing_ok=True)
        return
    origins = _origins(applied, table, raw, connection)
    given = pl.DataFrame(
        {
            "number": pl.Series(range(len(corrections.corrections)), dtype=pl.Int64),
            "after": pl.Series([correction.after for correction in corrections.corrections], dtype=pl.String),
            "reason": redact_column(pl.Series([correction.reason for correction in corrections.corrections])),
            "author": [correction.author for correction in corrections.corrections],
            "correction": [correction.origin for correction in corrections.corrections],
        }
    )
    logged = applied.join(given, on="number", how="left", maintain_order="left").join(
        origins, on="_row_id", how="left", maintain_order="left"
    )
    shown = {
        name: masked_values(logged.select(rule=pl.lit("corrected"), column="column", value=source), table)
        for name, source in (("before_masked", "text"), ("after_masked", "after"))
    }
    written = logged.with_columns(
        table=pl.lit(table.name),
        quarter=pl.lit(quarter.label),
        before_masked=shown["before_masked"],
        after_masked=shown["after_masked"],
    ).select(pl.col(name).cast(kind) for name, kind in CORRECTED_SCHEMA.items())
    _write_values(written, path, lake)


def add_set_aside(
    table: Table, quarter: Quarter, raw: Path, set_aside: pl.DataFrame, lake: Lake, connection: duckdb.DuckDBPyConnection
) -> None:
    """Add the values that a rule set aside (_row_id, rule, column, value) to those written by ``write_corrected_values``."""
    if set_aside.is_empty():
        return
    path = lake.partition("corrected", table.name, quarter)
    added = set_aside.join(_origins(set_aside, table, raw, connection), on="_row_id", how="left", maintain_order="left").select(
        table=pl.lit(table.name),
        quarter=pl.lit(quarter.label),
        origin_file="origin_file",
        origin_row="origin_row",
        _row_id="_row_id",
        row_key="row_key",
        column="column",
        before_masked=masked_values(set_aside, table),
        after_masked=pl.lit(None, pl.String),
        reason=pl.col("rule").replace_strict(_SET_ASIDE_BECAUSE, return_dtype=pl.String),
        author=pl.lit(SET_ASIDE_BY),
        correction="rule",
    )
    before = [pl.read_parquet(path)] if path.is_file() else []
    _write_values(pl.concat([*before, added.cast(CORRECTED_SCHEMA)]), path, lake)


def _origins(cells: pl.DataFrame, table: Table, raw: Path, connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    connection.register("cells", cells.select("_row_id").unique().to_arrow())
    origins = connection.execute(
        f"select _row_id, _origin_file as origin_file, _origin_row as origin_row, {joined_values(table.key)} as row_key "
        f"from {parquet('$1')} semi join cells using (_row_id)",
        [str(raw)],
    ).pl()
    connection.unregister("cells")
    return origins.with_columns(row_key=masked_keys(origins["row_key"]))


def _write_values(values: pl.DataFrame, path: Path, lake: Lake) -> None:
    make_private(lake.root / "corrected")
    with private_path(path) as temporary:
        values.write_parquet(temporary, compression="zstd", statistics=False)


def corrections_by_table(corrections: Sequence[Correction]) -> dict[str, list[Correction]]:
    """Table → its corrections, in the given order."""
    found: dict[str, list[Correction]] = defaultdict(list)
    for correction in corrections:
        found[correction.table].append(correction)
    return dict(found)


def unapplied_counts(outcome: Outcome) -> dict[str, int]:
    """Status → the number of corrections with it, for metadata."""
    return dict(Counter({status: len(origins) for status, origins in outcome.by_status.items()}))
