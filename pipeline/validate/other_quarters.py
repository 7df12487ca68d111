"""Rows of a quarter that a row of another quarter excludes: the same key delivered twice.

A delivery is validated as a whole, in file order, whichever of its quarters were run. Accepted rows of an earlier delivery, in
quarters that the landing folder does not replace, precede all of it (D-39). ``table_rules`` holds the rules within the
partition. Most deliveries repeat nothing across quarters, which costs one aggregate per table; only rows that share a key are
examined further.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.calendar.quarters import Quarter
from pipeline.lake.files import work_folder
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import open_parquet, read_metadata
from pipeline.lake.provenance import FINGERPRINT, earlier_partitions, landed
from pipeline.lake.sql import literal, parquet, quoted
from pipeline.validate.apply_corrections import APPLIED, find_cells, write_corrected
from pipeline.validate.delivered import DeliveredKeys, hashed
from pipeline.validate.row_rules import broken_row_rules
from schemas.contract import Table

# Positions in the order of arrival: rows of the snapshot count from 0; a partition cut from an older one precedes them, and
# rows of an earlier delivery accepted in another quarter precede that.
_OLDER, _ACCEPTED_BEFORE = -(1 << 40), -(1 << 60)


@dataclass(frozen=True)
class Partition:
    """The partition being validated, and what it is compared with."""

    table: Table
    quarter: Quarter
    raw: Path
    lake: Lake
    connection: duckdb.DuckDBPyConnection
    delivered_keys: DeliveredKeys

    @cached_property
    def earlier(self) -> dict[Quarter, Path]:
        """The accepted partitions of other quarters that the landing folder does not replace."""
        return {
            quarter: self.lake.partition("accepted", self.table.name, quarter)
            for quarter in earlier_partitions(self.table, self.lake)
            if quarter != self.quarter
        }

    @property
    def elsewhere(self) -> str:
        """SQL: the quarters whose rows in the landing snapshot are none of other quarters."""
        return ", ".join(literal(quarter.label) for quarter in (self.quarter, *self.earlier))

    @property
    def earlier_files(self) -> list[Path]:
        return [self.delivered_keys.pin(path) for path in self.earlier.values() if path.is_file()]

    @property
    def columns(self) -> str:
        """All columns by which rows are compared."""
        return _listed(self.table.unique_key)

    @property
    def key(self) -> str:
        return hashed(self.table.unique_key)


def compare_with_other_quarters(
    table: Table,
    quarter: Quarter,
    raw: Path,
    lake: Lake,
    connection: duckdb.DuckDBPyConnection,
    delivered_keys: DeliveredKeys,
) -> None:
    """Fill the temporary table ``key_taken(_row_id)``.

    It holds the partition's rows whose key belongs to an earlier row in another quarter. Rows that break a rule of their own take
    no key, in any quarter.
    """
    connection.execute("create or replace temp table key_taken (_row_id bigint)")
    if not table.has_quarters:
        return
    repeats = delivered_keys.in_several_quarters(table, table.unique_key)
    if repeats is None:
        return
    this = Partition(table, quarter, raw, lake, connection, delivered_keys)
    if not _find_own_rows(this, repeats):
        return
    _find_rivals(this)
    same_key = _same("own", "first", table.unique_key)
    connection.execute(
        f"""
        insert into key_taken
        select own._row_id
        from own join (
            select {_listed(table.unique_key)}, min(place) as place from rivals group by {_listed(table.unique_key)}
        ) as first on {same_key}
        where own.place > first.place
        """
    )


def _find_own_rows(this: Partition, repeats: str) -> bool:
    """Make the temporary table ``own``: the partition's rows that another quarter may exclude; returns whether there are any."""
    this.connection.execute(
        f"""
        create or replace temp table own as
        select _row_id, {this.columns}, cast(null as bigint) as place
        from {parquet("$1")} where {this.key} in (from {repeats})
        """,
        [str(this.raw)],
    )
    rows = this.connection.execute("select _row_id from own").fetchnumpy()["_row_id"]
    if not rows.size:
        return False
    places = pa.table({"_row_id": rows, "place": _places(this)[rows]})
    this.connection.register("places", places)
    this.connection.execute("update own set place = places.place from places where own._row_id = places._row_id")
    this.connection.unregister("places")
    return True


def _places(this: Partition) -> np.ndarray:
    """The position of each row of the partition, in its order."""
    now = landed(this.table, this.lake)
    if now is not None and read_metadata(this.raw).get(FINGERPRINT) == now.fingerprint:
        found: np.ndarray = this.connection.execute(
            f"select _row_id from {parquet('$1')} where quarter = $2 or quarter is null order by _row_id",
            [str(now.path), this.quarter.label],
        ).fetchnumpy()["_row_id"]
        return found
    return np.arange(pq.read_metadata(this.raw).num_rows, dtype=np.int64) + _OLDER


def _find_rivals(this: Partition) -> None:
    """Make the temporary table ``rivals``: rows of other quarters that meet all row rules, with their positions."""
    connection = this.connection
    now = landed(this.table, this.lake)
    connection.execute(f"create or replace temp table wanted_keys as select distinct {this.key} as wanted from own")
    connection.execute(f"create or replace temp table rivals as select {this.columns}, place from own where false")
    if now is not None:
        snapshot = this.delivered_keys.pin(now.path)
        rows = this.delivered_keys.rows_sql(this.table, [snapshot])
        others = f"{rows} where quarter not in ({this.elsewhere})"
        places = connection.execute(f"select _row_id from {others} and {_wanted(this)} order by _row_id").fetchnumpy()
        insert_sound_rows(this, snapshot, places["_row_id"], "rivals", this.columns)
    if files := this.earlier_files:
        connection.execute(
            f"insert into rivals select {this.columns}, {_ACCEPTED_BEFORE} from {parquet(files)} where {_wanted(this)}"
        )


def insert_sound_rows(this: Partition, snapshot: Path, places: np.ndarray, into: str, columns: str) -> None:
    """Add the rows at these positions of the snapshot, and the positions, to a table; not those that break a row rule."""
    if not places.size:
        return
    with work_folder(this.lake.scratch, "rivals") as folder:
        copied = folder / "rows.parquet"
        _copy_rows(snapshot, places, copied)
        copied = _corrected(this, copied, folder / "corrected.parquet")
        broken = broken_row_rules(this.table, copied, len(places), this.connection, this.delivered_keys)
        sound = np.ones(len(places), dtype=bool)
        sound[broken["_row_id"].unique().to_numpy()] = False
        numbers = np.flatnonzero(sound)
        this.connection.register("sound", pa.table({"_row_id": numbers, "place": places[numbers]}))
        this.connection.execute(
            f"insert into {into} select {columns}, place from {parquet('$1')} join sound using (_row_id)",
            [str(copied)],
        )
        this.connection.unregister("sound")


def _corrected(this: Partition, copied: Path, corrected: Path) -> Path:
    corrections = this.delivered_keys.corrections_of(this.table)
    if corrections is None:
        return copied
    cells = find_cells(corrections, copied, this.quarter, this.connection)
    if APPLIED not in cells["status"]:
        return copied
    write_corrected(corrections, copied, cells, corrected, this.connection)
    return corrected


def _copy_rows(snapshot: Path, places: np.ndarray, copied: Path) -> None:
    """Write the rows at these positions, numbered from 0; only row groups that hold one are read."""
    written = first = 0
    with (
        open_parquet(snapshot) as parquet,
        pq.ParquetWriter(copied, parquet.schema_arrow, store_schema=False) as writer,
    ):
        for group in range(parquet.num_row_groups):
            end = first + parquet.metadata.row_group(group).num_rows
            within = places[np.searchsorted(places, first) : np.searchsorted(places, end)] - first
            if within.size:
                rows = parquet.read_row_group(group).take(pa.array(within))
                numbers = pa.array(np.arange(written, written + within.size, dtype=np.int64))
                place = rows.schema.get_field_index("_row_id")
                writer.write_table(rows.set_column(place, rows.schema.field(place), numbers))
                written += within.size
            first = end


def _wanted(this: Partition) -> str:
    return f"{this.key} in (from wanted_keys)"


def _listed(columns: tuple[str, ...]) -> str:
    return ", ".join(map(quoted, columns))


def _same(one: str, other: str, columns: tuple[str, ...]) -> str:
    return " and ".join(f"{one}.{quoted(name)} = {other}.{quoted(name)}" for name in columns)
