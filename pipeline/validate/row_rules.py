"""Phase 1: rules that concern one row by itself, run lazily by pandera on the raw Parquet file.

A rule that needs another table reads a helper column made here by DuckDB. ``table_rules`` holds rules that compare rows of
the table.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from pandera.errors import SchemaErrors

from pipeline.errors import DataRefused
from pipeline.lake.sql import parquet, quoted
from pipeline.validate.delivered import QUESTION_SCALES, SURVEYS_OF_RESPONSES, DeliveredKeys, hashed
from schemas.base import HAS_RECORDS, SCALE_MAX, SCALE_MIN, parent_found
from schemas.contract import TABLES, Table

BROKEN_SCHEMA = pl.Schema({"_row_id": pl.Int64, "rule": pl.String, "column": pl.String, "value": pl.String})
"""One row per broken rule; ``column`` is null if a whole line could not be read."""


_ROWS_AT_ONCE = 1 << 20


class UnfitRawPartition(DataRefused):
    """A raw partition is not in the form that extract writes, so its rows cannot be validated."""


def broken_row_rules(
    table: Table, raw: Path, rows: int, connection: duckdb.DuckDBPyConnection, delivered_keys: DeliveredKeys
) -> pl.DataFrame:
    """Every rule that a row of the partition breaks by itself (``BROKEN_SCHEMA``).

    ``raw``: the partition, ``rows``: its number of rows, in the order of ``_row_id``. An unreadable cell is not checked by
    further rules, nor is any cell of a line that could not be split. Raises UnfitRawPartition when a column has a wrong
    type.
    """
    unreadable = _unreadable(raw, connection)
    frame = pl.scan_parquet(raw)
    helpers = _helper_columns(table, raw, rows, connection, delivered_keys)
    if helpers:
        frame = pl.concat([frame, pl.LazyFrame(helpers)], how="horizontal")
    # Pandera keeps whole columns; a part of the rows at a time, so that it takes no more memory for more rows. Without rows it
    # still checks the types.
    parts = [_broken_by_pandera(table, frame, first, rows) for first in range(0, max(rows, 1), _ROWS_AT_ONCE)]
    broken = pl.concat(parts)
    if unreadable.is_empty():
        return broken
    lines = unreadable.filter(pl.col("column").is_null())
    broken = broken.join(lines, on="_row_id", how="anti").join(unreadable, on=["_row_id", "column"], how="anti")
    return pl.concat([unreadable, broken])


def _unreadable(raw: Path, connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    found = connection.execute(
        'select _row_id, defect.rule, defect."column", defect.value from ('
        f"    select _row_id, unnest(_defects) as defect from {parquet('$1')}"
        "    where len(_defects) > 0"
        ")",
        [str(raw)],
    ).pl()
    return found.cast(BROKEN_SCHEMA)


def _broken_by_pandera(table: Table, frame: pl.LazyFrame, first: int, rows: int) -> pl.DataFrame:
    """The rules broken by ``_ROWS_AT_ONCE`` of the rows from the ``first`` on."""
    # The exception holds values of the data, personal data included: it must not become the context of another one.
    cases: pl.DataFrame | None = None
    try:
        validate = table.model.validate if rows else table.model.validate_types
        validate(frame.slice(first, _ROWS_AT_ONCE), lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
    if cases is None:
        return pl.DataFrame(schema=BROKEN_SCHEMA)
    unplaced = cases.filter(pl.col("index").is_null())
    if not unplaced.is_empty():
        faults = sorted({_fault(*row) for row in unplaced.select("check", "column", "failure_case").iter_rows()})
        raise UnfitRawPartition(f"{table.name}: the raw partition cannot be validated: {'; '.join(faults)}. Extract it again.")
    return (
        cases.select(
            _row_id=pl.col("index").cast(pl.Int64) + first,
            rule=pl.col("check").replace("not_nullable", "required"),
            column="column",
            value="failure_case",
        )
        .unique(["_row_id", "rule", "column"])
        .cast(BROKEN_SCHEMA)
    )


def _fault(check: str, column: str, case: str) -> str:
    if check.startswith("dtype("):
        return f"column {column} has the type {case}"
    return f"the rule {check} of column {column} could not be run"


def _helper_columns(
    table: Table, raw: Path, rows: int, connection: duckdb.DuckDBPyConnection, delivered_keys: DeliveredKeys
) -> dict[str, pl.Series]:
    """Columns that rules of this table read about other tables, one value per row in file order."""
    helpers = {}
    for column, (parent, parent_column) in table.references.items():
        orphans = _orphans(table, raw, column, parent, parent_column, connection, delivered_keys)
        if orphans is not None:
            found = np.ones(rows, dtype=bool)
            found[orphans] = False
            helpers[parent_found(column)] = pl.Series(found)
    if any(rule == "score_outside_scale" for rule, _ in table.rules):
        helpers |= _scales(raw, connection, delivered_keys)
    if table.totals_of and (days := delivered_keys.days(TABLES[table.totals_of])) is not None:
        helpers[HAS_RECORDS] = _beside_records(table, raw, days, connection)
    return helpers


def _beside_records(table: Table, raw: Path, days: str, connection: duckdb.DuckDBPyConnection) -> pl.Series:
    """Whether single records of a row's enterprise and day were delivered; of a purged quarter: of the enterprise and quarter."""
    day = f"cast(totals.{quoted(table.dated_column)} as date)"
    found: np.ndarray = connection.execute(
        f"select exists (from {days} as records where records.enterprise_id = totals.enterprise_id "
        f"and records.quarter = totals.quarter and (records.day = {day} or records.day is null)) as has_records "
        f"from {parquet('$1')} as totals order by totals._row_id",
        [str(raw)],
    ).fetchnumpy()["has_records"]
    return pl.Series(found)


def _orphans(
    table: Table,
    raw: Path,
    column: str,
    parent: str,
    parent_column: str,
    connection: duckdb.DuckDBPyConnection,
    delivered_keys: DeliveredKeys,
) -> np.ndarray | None:
    """The _row_id of rows whose parent never came; None if the parent table did not come at all."""
    pairs = {column: parent_column}
    if "enterprise_id" in TABLES[parent].polars_schema and "enterprise_id" in table.polars_schema:
        pairs = {"enterprise_id": "enterprise_id", **pairs}
    keys = delivered_keys.keys(parent, tuple(pairs.values()))
    if keys is None:
        return None
    given = " and ".join(f"{quoted(mine)} is not null" for mine in pairs)
    orphans: np.ndarray = connection.execute(
        f"select _row_id from {parquet('$1')} where {given} and {hashed(tuple(pairs))} not in (from {keys})",
        [str(raw)],
    ).fetchnumpy()["_row_id"]
    return orphans


def _scales(raw: Path, connection: duckdb.DuckDBPyConnection, delivered_keys: DeliveredKeys) -> dict[str, pl.Series]:
    """The scale of each answer's question in the survey its response belongs to.

    If the response did not come: the widest scale that any survey gives the question, so that nothing is refused on a guess.
    """
    questions = delivered_keys.relation(*QUESTION_SCALES)
    if questions is None:
        return {}
    responses = delivered_keys.relation(*SURVEYS_OF_RESPONSES)
    if responses is None:
        responses = "(select null as enterprise_id, null as response_id, null as survey_id where false)"
    scales = connection.execute(
        f"""
        with usable as (select * from {questions} where scale_max > scale_min),
        own as (
            select survey_id, question_id, min(scale_min) as low, max(scale_max) as high
            from usable group by survey_id, question_id
        ),
        widest as (select question_id, min(scale_min) as low, max(scale_max) as high from usable group by question_id),
        response as (
            select enterprise_id, response_id, min(survey_id) as survey_id
            from {responses} group by enterprise_id, response_id having count(distinct survey_id) = 1
        )
        select coalesce(own.low, widest.low) as {SCALE_MIN}, coalesce(own.high, widest.high) as {SCALE_MAX}
        from {parquet("$1")} as answer
        left join response using (enterprise_id, response_id)
        left join own on own.survey_id = response.survey_id and own.question_id = answer.question_id
        left join widest on widest.question_id = answer.question_id
        order by answer._row_id
        """,
        [str(raw)],
    ).pl()
    return {name: scales[name] for name in (SCALE_MIN, SCALE_MAX)}
