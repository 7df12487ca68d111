"""Splits one table's quarter into accepted and refused rows, and checks that none was lost.

The rules are in ``schemas/``; ``row_rules`` and ``table_rules`` run them. ``assets.py`` connects this stage to Dagster.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import duckdb
import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.errors import AsqError, DataRefused
from pipeline.lake.files import linked, make_private, pinned, private_path, work_folder
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import read_metadata
from pipeline.lake.provenance import (
    CORRECTIONS,
    FINGERPRINT,
    PARENTS,
    UNDATED,
    delivered_rows,
    delivery_marks,
    is_purged,
    parents_fingerprint,
    undated_rows,
    validated_with,
)
from pipeline.lake.row_key import joined_values
from pipeline.lake.sql import literal, parquet, quoted
from pipeline.validate.apply_corrections import (
    Outcome,
    add_set_aside,
    find_cells,
    outcome_of,
    write_corrected,
    write_corrected_values,
)
from pipeline.validate.corrections import Correction, corrections_fingerprint
from pipeline.validate.delivered import DeliveredKeys, is_marked_delivered
from pipeline.validate.masking import masked_keys, masked_values
from pipeline.validate.merged_rows import merged_into_nothing
from pipeline.validate.other_quarters import compare_with_other_quarters
from pipeline.validate.row_rules import BROKEN_SCHEMA, UnfitRawPartition, broken_row_rules
from pipeline.validate.table_rules import broken_table_rules
from schemas.contract import Table

# If a whole delivery is refused, this many causes are named; the quarantine file has them all.
_CAUSES_NAMED = 3
OUTCOME = "corrections"
"""Mark of a quarantine file: the outcome of the corrections of its table and quarter (``Outcome`` as JSON)."""


class TooManyRefusedRows(DataRefused):
    """More rows of a table's quarter break a rule than its limit allows: the whole delivery must be examined."""


_QUARANTINE_SCHEMA = pl.Schema(
    dict.fromkeys(("table", "quarter", "origin_file"), pl.String)
    | {"origin_row": pl.Int64}
    | dict.fromkeys(("row_key", "rule", "column", "value_masked"), pl.String)
    | {"_row_id": pl.Int64}
)


class RowsLost(AsqError):
    """Accepted and refused rows do not add up to the rows that were extracted."""


@dataclass(frozen=True)
class ValidationResult:
    """The result for one table's quarter; ``extracted = accepted + quarantined`` always holds."""

    table: str
    quarter: Quarter
    extracted: int
    accepted: int
    quarantined: int
    """Refused rows; a row that breaks several rules counts once."""
    undated: int
    """Those of them that belong to no quarter, and are refused in every one."""
    rule_counts: dict[str, int]
    """Rows that break each rule."""
    delivered: bool
    corrections: Outcome = field(default_factory=Outcome)


def validate_quarter(
    table: Table,
    quarter: Quarter,
    lake: Lake,
    limit: float,
    delivered_keys: DeliveredKeys | None = None,
    corrections: Sequence[Correction] = (),
) -> ValidationResult:
    """Write the accepted and the quarantine partition of a table's quarter from its raw partition.

    ``limit``: the largest acceptable share (0–1) of refused rows. ``delivered_keys``: pass the same object for all tables of
    a run, so that parent keys are read once; it holds the corrections of all tables. ``corrections``: used without
    ``delivered_keys``. Raw stays as it came; the corrected rows are validated and accepted.

    If the records were purged, nothing is validated again: the earlier result is returned.

    Raises TooManyRefusedRows above the limit: then the quarantine partition is written and the accepted one stays as it was.
    Raises UnfitRawPartition when the raw partition is missing or was not written by extract for this contract.
    """
    if delivered_keys is None:
        with DeliveredKeys(lake, corrections, quarter) as keys:
            return validate_quarter(table, quarter, lake, limit, keys)
    partition = lake.partition("raw", table.name, quarter)
    if not partition.is_file():
        raise UnfitRawPartition(f"{table.name} {quarter}: {partition} does not exist: extract the quarter first")
    with pinned(lake, [partition]) as (raw,):
        return _divided(table, quarter, raw, lake, limit, delivered_keys)


def examine_quarter(table: Table, quarter: Quarter, lake: Lake, delivered_keys: DeliveredKeys) -> Examined | None:
    """What ``validate_quarter`` would find in a table's raw partition; accepts and quarantines nothing.

    None if the records were purged: they are not validated again.
    """
    with pinned(lake, [lake.partition("raw", table.name, quarter)]) as (raw,):
        if is_purged(raw):
            return None
        with delivered_keys.cursor() as connection, _examined(table, quarter, raw, lake, connection, delivered_keys) as examined:
            return examined


def _divided(
    table: Table, quarter: Quarter, raw: Path, lake: Lake, limit: float, delivered_keys: DeliveredKeys
) -> ValidationResult:
    is_delivered = is_marked_delivered(raw)
    if is_purged(raw):
        return _validated_before(table, quarter, lake, is_delivered)
    with delivered_keys.cursor() as connection:
        with _examined(table, quarter, raw, lake, connection, delivered_keys) as examined:
            shares, outcome, quarantine = examined.shares, examined.outcome, examined.quarantine
            rows, refused, undated = shares.rows, shares.refused, shares.undated
            facts = {
                "delivered": str(is_delivered).lower(),
                "extracted": str(rows),
                "accepted": str(rows - refused),
                "quarantined": str(refused),
                UNDATED: str(undated),
            }
            if outcome.by_status or outcome.set_aside:
                facts[OUTCOME] = json.dumps(asdict(outcome), sort_keys=True)
            quarantine_file = lake.partition("quarantine", table.name, quarter)
            make_private(lake.root / "quarantine")
            if shares.largest > limit:
                _write_quarantine(quarantine, quarantine_file, facts, connection)
                raise TooManyRefusedRows(_explain(table, quarter, shares, limit, quarantine, quarantine_file))
            make_private(lake.root / "accepted")
            accepted = lake.partition("accepted", table.name, quarter)
            add_set_aside(table, quarter, raw, examined.set_aside, lake, connection)
            _write_accepted(table, quarter, examined.corrected, rows, refused, examined.set_aside, accepted, connection)
        # These marks mean that the accepted partition exists, so they are written last.
        marks = {FINGERPRINT: read_metadata(raw).get(FINGERPRINT, ""), PARENTS: parents_fingerprint(table, lake)}
        if applied := corrections_fingerprint(table, quarter, delivered_keys.corrections):
            marks[CORRECTIONS] = applied
        _write_quarantine(quarantine, quarantine_file, facts | marks, connection)
    rule_counts = _rule_counts(examined.broken)
    return ValidationResult(table.name, quarter, rows, rows - refused, refused, undated, rule_counts, is_delivered, outcome)


@dataclass(frozen=True)
class Examined:
    """What the rules say of a table's quarter, before anything is written."""

    corrected: Path
    """The rows that were examined; gone when the examination ends if values were corrected."""
    shares: Shares
    broken: pl.DataFrame
    """One row per broken rule, in file order, with the values as delivered: personal data."""
    quarantine: pl.DataFrame
    """The same rows with their origin and without personal data."""
    undated: pl.Series
    """The ``_row_id`` of refused rows that belong to no quarter."""
    set_aside: pl.DataFrame
    """Values that are read as none, because what they refer to does not count (``BROKEN_SCHEMA``)."""
    outcome: Outcome


@contextmanager
def _examined(
    table: Table, quarter: Quarter, raw: Path, lake: Lake, connection: duckdb.DuckDBPyConnection, delivered_keys: DeliveredKeys
) -> Iterator[Examined]:
    """Run every rule; the connection's temporary table ``refused`` then has the refused rows."""
    rows = _checked_rows(table, quarter, raw, connection)
    with _corrected_rows(table, quarter, raw, lake, connection, delivered_keys) as (corrected, outcome):
        broken = _broken_rules(table, quarter, corrected, rows, undated_rows(raw), lake, connection, delivered_keys)
        set_aside = merged_into_nothing(table, quarter, corrected, lake, connection, delivered_keys)
        undated = _undated_refused(raw, connection)
        shares = Shares(rows, broken["_row_id"].n_unique(), len(undated), delivered_rows(raw))
        quarantine = _quarantine(table, quarter, raw, broken, connection)
        outcome = replace(outcome, set_aside=_rule_counts(set_aside))
        yield Examined(corrected, shares, broken, quarantine, undated, set_aside, outcome)


@dataclass(frozen=True)
class Shares:
    """Refused rows of a table's quarter as the limit sees them.

    Those with a date are a share of the quarter's rows; those without belong to no quarter, so they are a share of the delivery.
    """

    rows: int
    refused: int
    undated: int
    delivered: int

    @property
    def largest(self) -> float:
        return max(self.of_quarter, self.of_delivery)

    @property
    def of_quarter(self) -> float:
        dated = self.rows - self.undated
        return (self.refused - self.undated) / dated if dated else 0.0

    @property
    def of_delivery(self) -> float:
        return self.undated / self.delivered if self.undated else 0.0

    def __str__(self) -> str:
        if self.of_delivery > self.of_quarter:
            return f"{self.undated} of the {self.delivered} delivered rows have no readable date ({self.of_delivery:.1%})"
        dated = self.rows - self.undated
        return f"{self.refused - self.undated} of {dated} rows refused ({self.of_quarter:.1%})"


def read_outcome(lake: Lake, table: str, quarter: Quarter) -> Outcome:
    """The outcome of a table's corrections, and the values set aside, when its quarter was last validated."""
    found = read_metadata(lake.partition("quarantine", table, quarter)).get(OUTCOME)
    if found is None:
        return Outcome()
    stored = json.loads(found)
    by_status = {status: tuple(origins) for status, origins in stored["by_status"].items()}
    return Outcome(stored["values"], stored["rows"], by_status, stored.get("set_aside", {}))


@contextmanager
def _corrected_rows(
    table: Table,
    quarter: Quarter,
    raw: Path,
    lake: Lake,
    connection: duckdb.DuckDBPyConnection,
    delivered_keys: DeliveredKeys,
) -> Iterator[tuple[Path, Outcome]]:
    """The rows to validate: the raw file itself if nothing is corrected, else a copy, removed when the block ends."""
    corrections = delivered_keys.corrections_of(table)
    if corrections is None:
        lake.partition("corrected", table.name, quarter).unlink(missing_ok=True)
        yield raw, Outcome()
        return
    cells = find_cells(corrections, raw, quarter, connection)
    found = set(cells["number"])
    is_complete = len(found) == len(corrections.corrections) or not table.has_quarters
    elsewhere = set() if is_complete else delivered_keys.corrected_somewhere(table) - found
    outcome = outcome_of(corrections, quarter, cells, elsewhere)
    write_corrected_values(corrections, raw, quarter, cells, lake, connection)
    if not outcome.values:
        yield raw, outcome
        return
    with work_folder(lake.scratch, "corrected") as folder:
        corrected = folder / "rows.parquet"
        write_corrected(corrections, raw, cells, corrected, connection)
        yield corrected, outcome


def _validated_before(table: Table, quarter: Quarter, lake: Lake, is_delivered: bool) -> ValidationResult:
    quarantine = lake.partition("quarantine", table.name, quarter)
    marks = read_metadata(quarantine)
    if not validated_with(table, quarter, lake) or not lake.partition("accepted", table.name, quarter).is_file():
        raise UnfitRawPartition(f"{table.name} {quarter}: its records were purged before they were validated: deliver them again")
    rows = pl.read_parquet(quarantine)
    counts = rows.group_by("rule").agg(pl.col("_row_id").n_unique().alias("rows"))
    extracted, accepted, quarantined = (int(marks[name]) for name in ("extracted", "accepted", "quarantined"))
    undated = int(marks.get(UNDATED, "0"))
    by_rule = dict(counts.sort("rows", "rule", descending=[True, False]).iter_rows())
    return ValidationResult(
        table.name,
        quarter,
        extracted,
        accepted,
        quarantined,
        undated,
        by_rule,
        is_delivered,
        read_outcome(lake, table.name, quarter),
    )


def _checked_rows(table: Table, quarter: Quarter, raw: Path, connection: duckdb.DuckDBPyConnection) -> int:
    """The number of rows; raises UnfitRawPartition unless columns and order are those that extract writes."""
    described = connection.execute(f"describe from {parquet('$1')}", [str(raw)]).fetchall()
    present = {name for name, *_ in described}
    missing = [name for name in ("quarter", "_origin_file", "_origin_row", "_row_id", "_defects") if name not in present]
    missing += [column.name for column in table.columns if column.name not in present]
    if missing:
        raise UnfitRawPartition(f"{table.name} {quarter}: the raw partition has no column {', '.join(missing)}: extract it again")
    # Failures are found by position in the file and written by _row_id, so the two must be equal.
    counted = connection.execute(
        f"select count(*), coalesce(bool_and(_row_id = file_row_number), true) from {parquet('$1', row_number=True)}",
        [str(raw)],
    ).fetchone()
    assert counted is not None
    rows, in_order = counted
    if not in_order:
        raise UnfitRawPartition(
            f"{table.name} {quarter}: the rows of the raw partition are not numbered in file order: extract it again"
        )
    return int(rows)


def _broken_rules(
    table: Table,
    quarter: Quarter,
    raw: Path,
    rows: int,
    undated: int,
    lake: Lake,
    connection: duckdb.DuckDBPyConnection,
    delivered_keys: DeliveredKeys,
) -> pl.DataFrame:
    alone = broken_row_rules(table, raw, rows, connection, delivered_keys)
    _refuse(alone, connection)
    if not rows:
        return alone
    if undated:
        alone = pl.concat([alone, _belonging_nowhere(table, quarter, raw, connection)])
        _refuse(alone, connection)
    compare_with_other_quarters(table, quarter, raw, lake, connection, delivered_keys)
    broken = pl.concat([alone, broken_table_rules(table, raw, connection)])
    if broken.is_empty():
        return broken
    order = {column.name: place for place, column in enumerate(table.columns)}
    return broken.sort(
        "_row_id",
        pl.col("column").replace_strict(order, default=len(order), return_dtype=pl.Int64),
        "rule",
        maintain_order=True,
    )


def _refuse(broken: pl.DataFrame, connection: duckdb.DuckDBPyConnection) -> None:
    """The temporary table ``refused`` has their rows."""
    connection.register("alone", broken.select(pl.col("_row_id").unique()).to_arrow())
    connection.execute("create or replace temp table refused as select _row_id from alone")
    connection.unregister("alone")


def _undated_refused(raw: Path, connection: duckdb.DuckDBPyConnection) -> pl.Series:
    """The ``_row_id`` of refused rows that belong to no quarter."""
    if not undated_rows(raw):
        return pl.Series("_row_id", [], pl.Int64)
    query = f"select _row_id from {parquet('$1')} semi join refused using (_row_id) where quarter is null"
    return connection.execute(query, [str(raw)]).pl()["_row_id"]


def _belonging_nowhere(table: Table, quarter: Quarter, rows: Path, connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Rows without a quarter that no other rule refuses: their parent has no date, or a correction dates them elsewhere."""
    is_here = f"coalesce({table.quarter_expression} = $quarter, false)" if table.quarter_expression else "$quarter = ''"
    found = connection.execute(
        f'select _row_id, $rule as rule, $column as "column", null as value from {parquet("$rows")} '
        f"where quarter is null and not {is_here} and _row_id not in (from refused)",
        {"rows": str(rows), "quarter": quarter.label, "rule": UNDATED, "column": table.dated_column},
    ).pl()
    return found.cast(BROKEN_SCHEMA)


def _rule_counts(broken: pl.DataFrame) -> dict[str, int]:
    counts = broken.group_by("rule").agg(pl.col("_row_id").n_unique()).sort("_row_id", "rule", descending=[True, False])
    return dict(counts.iter_rows())


def _quarantine(
    table: Table, quarter: Quarter, raw: Path, broken: pl.DataFrame, connection: duckdb.DuckDBPyConnection
) -> pl.DataFrame:
    """One row per broken rule, in file order, without personal data."""
    if broken.is_empty():
        return pl.DataFrame(schema=_QUARANTINE_SCHEMA)
    origins = connection.execute(
        f"select _row_id, _origin_file, _origin_row, {joined_values(table.key)} as row_key "
        f"from {parquet('$1')} semi join refused using (_row_id)",
        [str(raw)],
    ).pl()
    # The key columns of a line that could not be split may hold anything.
    lines = broken.filter(pl.col("column").is_null()).select("_row_id").unique()
    origins = origins.with_columns(
        row_key=pl.when(pl.col("_row_id").is_in(lines["_row_id"].implode())).then(None).otherwise(masked_keys(origins["row_key"]))
    )
    return (
        broken.with_columns(value_masked=masked_values(broken, table))
        .join(origins, on="_row_id", how="left", maintain_order="left")
        .select(
            table=pl.lit(table.name),
            quarter=pl.lit(quarter.label),
            origin_file="_origin_file",
            origin_row="_origin_row",
            row_key="row_key",
            rule="rule",
            column="column",
            value_masked="value_masked",
            # Rows made from one record share its origin; this tells them apart, within the lake.
            _row_id="_row_id",
        )
    )


def _write_quarantine(quarantine: pl.DataFrame, path: Path, facts: dict[str, str], connection: duckdb.DuckDBPyConnection) -> None:
    connection.register("quarantine_rows", quarantine.to_arrow())
    with private_path(path) as temporary:
        connection.execute(f"copy (from quarantine_rows) to {literal(temporary)} ({_copy_options(facts)})")
    connection.unregister("quarantine_rows")


def _write_accepted(
    table: Table,
    quarter: Quarter,
    raw: Path,
    rows: int,
    refused: int,
    set_aside: pl.DataFrame,
    path: Path,
    connection: duckdb.DuckDBPyConnection,
) -> None:
    if not refused and not undated_rows(raw) and set_aside.is_empty() and linked(raw, path):
        return
    where, replaced = "", []
    if undated_rows(raw):
        # Corrections have dated them.
        replaced.append(f"coalesce(quarter, {literal(quarter.label)}) as quarter")
    for (column,), of_column in set_aside.group_by("column"):
        connection.register("of_column", of_column.select("_row_id").to_arrow())
        is_set_aside = _bitmap(f"set aside {column}", "of_column", rows, connection)
        connection.unregister("of_column")
        name = quoted(str(column))
        replaced.append(f"case when {is_set_aside} then null else {name} end as {name}")
    if refused:
        where = f"where not {_bitmap('refused', 'refused', rows, connection)}"
    columns = f"* replace ({', '.join(replaced)})" if replaced else "*"
    with private_path(path) as temporary:
        written = connection.execute(
            f"copy (select {columns} from {parquet(raw)} {where}) to {literal(temporary)} ({_copy_options(delivery_marks(raw))})"
        ).fetchone()
        assert written is not None
        if int(written[0]) != rows - refused:
            raise RowsLost(
                f"{table.name} {quarter}: {rows} rows were extracted and {refused} refused, "
                f"but {written[0]} were to be written as accepted"
            )


def _bitmap(name: str, relation: str, rows: int, connection: duckdb.DuckDBPyConnection) -> str:
    """SQL: whether a row of the file is in the relation.

    A bitmap answers while the file streams through in its order; a join would lose the order, and sorting again takes twice the
    time and memory.
    """
    connection.execute(f"set variable {quoted(name)} = (select bitstring_agg(_row_id, 0, {rows - 1}) from {relation})")
    return f"(get_bit(getvariable({literal(name)}), cast(_row_id as integer)) = 1)"


def _copy_options(facts: dict[str, str]) -> str:
    pairs = ", ".join(f"{name}: {literal(value)}" for name, value in facts.items())
    return f"format parquet, compression zstd, kv_metadata {{{pairs}}}"


def _explain(table: Table, quarter: Quarter, share: Shares, limit: float, quarantine: pl.DataFrame, path: Path) -> str:
    causes = (
        quarantine.group_by("rule", "column", maintain_order=True)
        .agg(pl.len().alias("lines"), pl.col("origin_file").first(), pl.col("origin_row").first())
        .sort("lines", descending=True, maintain_order=True)
    )
    named = [
        f"{lines} × {rule}{f' on {column}' if column else ''} (e.g. {file} row {row})"
        for rule, column, lines, file, row in causes.head(_CAUSES_NAMED).iter_rows()
    ]
    more = f"; and {len(causes) - _CAUSES_NAMED} further causes" if len(causes) > _CAUSES_NAMED else ""
    return f"{table.name} {quarter}: {share}, the limit is {limit:.1%}. {'; '.join(named)}{more}. All of them: {path}"
