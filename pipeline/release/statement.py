"""The table ``anonymity``: for every published table of a quarter, how far it identifies single records or persons.

Measured on the files to be published; nothing is changed here. Levels of GB/T 42460-2023: 1 directly identifying, 2 direct
identifiers removed, 3 also the risk of re-identification below the threshold, 4 aggregates.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.errors import DataRefused
from pipeline.lake.database import connected
from pipeline.lake.run_folder import RunFolder
from pipeline.lake.sql import literal, parquet, quoted
from pipeline.privacy.anonymity import LEFT_OUT_MARK, classes_of
from pipeline.settings.plan import PrivacyLimits
from schemas.expectations.privacy import (
    AGGREGATE,
    INTERNAL,
    INTERNAL_TABLES,
    PERSON_SCOPE,
    RECORD_TABLES,
    RELEASED,
    RELEASED_LAYER,
    UNDECLARED,
    RecordTable,
    undeclared,
)
from schemas.expectations.release import SUBJECTS, THINGS, WITHHELD_COLUMN, column_classes, released_tables

TABLE = "anonymity"
LAYER = "released layer"
"""Stands for all released tables together."""


class NotAnonymous(DataRefused):
    """A table of the run would identify records or persons, so nothing is published."""


SCHEMA = {
    "table": pl.String,
    "quarter": pl.String,
    "enterprise_id": pl.String,
    "kind": pl.String,
    "quasi_identifiers": pl.String,
    "sensitive_columns": pl.String,
    "k_required": pl.Int64,
    "k_reached": pl.Int64,
    "l_required": pl.Int64,
    "l_reached": pl.Int64,
    "rows": pl.Int64,
    "generalised": pl.Int64,
    "suppressed": pl.Int64,
    "left_out": pl.Int64,
    "reidentification_risk": pl.Float64,
    "gbt_42460_level": pl.Int64,
    "is_kept": pl.Boolean,
}


def write_anonymity(run: RunFolder, tables: Iterable[str], limits: PrivacyLimits) -> pl.DataFrame:
    """Measure the run's tables, write ``anonymity`` into its folder and return it.

    One row per enterprise of each shareable record-level table, one per other table, one for the released layer. ``is_kept`` is
    false if a shareable table misses k or l, if an undeclared table identifies records or persons, or if a number shown to readers
    is about fewer than k people.
    """
    rows: list[dict[str, Any]] = []
    with connected(run.lake.scratch) as connection:
        for name in sorted(tables):
            for row in _statement(connection, run, name, limits):
                rows.append({"table": name, "quarter": run.quarter.label} | row)
    rows.append({"table": LAYER, "quarter": run.quarter.label} | _layer(run, limits.k))
    measured = pl.DataFrame(rows, schema=SCHEMA).sort("table", "enterprise_id", nulls_last=True)
    return run.write(TABLE, measured)


def _statement(connection: duckdb.DuckDBPyConnection, run: RunFolder, name: str, limits: PrivacyLimits) -> Iterator[dict[str, Any]]:
    relation = parquet(run.table(name))
    columns = [column for column, *_ in connection.execute(f"describe from {relation}").fetchall()]
    identifying = undeclared(name, columns)
    rows = _number(connection, f"select count(*) from {relation}")
    if identifying:
        yield {
            "kind": UNDECLARED,
            "quasi_identifiers": ";".join(identifying),
            "rows": rows,
            "gbt_42460_level": 1,
            "is_kept": False,
        }
    elif name in RECORD_TABLES:
        yield from _released(connection, relation, literal(run.table(name)), RECORD_TABLES[name], limits)
    elif name in INTERNAL_TABLES:
        keys = ", ".join(map(quoted, INTERNAL_TABLES[name]))
        smallest = connection.execute(f"select min(n) from (select count(*) as n from {relation} group by {keys})").fetchone()
        k = smallest[0] if smallest else None
        yield {
            "kind": INTERNAL,
            "quasi_identifiers": ";".join(INTERNAL_TABLES[name]),
            "k_reached": k,
            "rows": rows,
            "reidentification_risk": None if k is None else 1 / k,
            "gbt_42460_level": 2,
            "is_kept": True,
        }
    else:
        of_persons = [
            name
            for scope, name in (("scope_type", "scope_id"), ("dimension", "member"))
            if {scope, name} <= set(columns)
            and _number(connection, f"select count(*) from {relation} where {scope} = '{PERSON_SCOPE}'")
        ]
        # Such a row is about one service person under a pseudonym.
        yield {
            "kind": AGGREGATE,
            "quasi_identifiers": ";".join(of_persons) or None,
            "rows": rows,
            "gbt_42460_level": 2 if of_persons else 4,
            "is_kept": True,
        }


def _released(
    connection: duckdb.DuckDBPyConnection, relation: str, file: str, declared: RecordTable, limits: PrivacyLimits
) -> Iterator[dict[str, Any]]:
    found = connection.execute(
        f"select decode(value) from parquet_kv_metadata({file}) where decode(key) = '{LEFT_OUT_MARK}'"
    ).fetchone()
    left_out = {tuple(group[:-1]): group[-1] for group in json.loads(found[0])} if found else {}
    classes = {each.within: each for each in classes_of(connection, relation, declared)}
    for group in sorted(classes.keys() | left_out.keys(), key=str):
        each = classes.get(group)
        k = each.smallest if each else None
        diversity = each.least_diverse if each else None
        has_k = k is None or k >= limits.k
        has_l = diversity is None or diversity >= limits.diversity
        yield {
            "enterprise_id": group[declared.within.index("enterprise_id")],
            "kind": RELEASED,
            "quasi_identifiers": ";".join(declared.quasi_identifiers),
            "sensitive_columns": ";".join(declared.sensitive) or None,
            "k_required": limits.k,
            "k_reached": k,
            "l_required": limits.diversity if declared.sensitive else None,
            "l_reached": diversity,
            "rows": each.rows if each else 0,
            "generalised": each.generalised if each else 0,
            "suppressed": each.suppressed if each else 0,
            "left_out": left_out.get(group, 0),
            "reidentification_risk": None if k is None else 1 / k,
            "gbt_42460_level": 3 if has_k and has_l else 2,
            "is_kept": has_k and has_l,
        }


def _layer(run: RunFolder, k: int) -> dict[str, Any]:
    """The released layer as a whole, measured on its files: the smallest number of people or of their records that is shown."""
    smallest, shown, withheld = None, 0, 0
    for name in released_tables():
        path = run.released_table(name)
        counted = [column for column in _counts_of_people(name) if path.is_file()]
        if counted:
            rows = pl.read_parquet(path, columns=[*counted, WITHHELD_COLUMN, *_indicator_of(path)])
            if "indicator_id" in rows.columns:
                rows = rows.filter(pl.col("indicator_id").replace_strict(SUBJECTS, default=None) != THINGS)
            numbers = pl.concat([rows[column].cast(pl.Int64) for column in counted]).drop_nulls()
            numbers = numbers.filter(numbers > 0)
            shown += numbers.len()
            withheld += rows.filter(pl.col(WITHHELD_COLUMN).is_not_null()).height
            if numbers.len():
                least = int(numbers.min())  # type: ignore[arg-type]
                smallest = least if smallest is None else min(smallest, least)
    is_kept = smallest is None or smallest >= k
    return {
        "kind": RELEASED_LAYER,
        "k_required": k,
        "k_reached": smallest,
        "rows": shown,
        "suppressed": withheld,
        "reidentification_risk": None if smallest is None else 1 / smallest,
        "gbt_42460_level": 4 if is_kept else 2,
        "is_kept": is_kept,
    }


def _counts_of_people(table: str) -> list[str]:
    """Columns that say how many people or records a row is about; a numerator counts those of them that meet a condition."""
    kinds = column_classes()[table]
    return [name for name, kind in kinds.items() if kind == "people" and name not in ("numerator", "denominator")]


def _indicator_of(path: Path) -> list[str]:
    return [name for name in ("indicator_id",) if name in pl.read_parquet_schema(path)]


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    found = connection.execute(query).fetchone()
    return int(found[0]) if found else 0


def not_anonymous(quarter: Quarter, measured: pl.DataFrame, limits: PrivacyLimits) -> NotAnonymous:
    """The error of a run with broken limits: which tables, and what to do."""
    broken = measured.filter(~pl.col("is_kept"))
    undeclared_tables = set(broken.filter(pl.col("kind") == UNDECLARED)["table"])
    said = [
        f"the released layer has numbers about fewer than {limits.k} people"
        if name == LAYER
        else f"{name} has columns that identify records or persons and is not declared in schemas/expectations/privacy.py"
        if name in undeclared_tables
        else f"{name} does not reach k = {limits.k} and l = {limits.diversity}"
        for name in broken["table"].unique().sort()
    ]
    return NotAnonymous(
        f"{quarter}: check k_anonymous failed: {'; '.join(said)}. Nothing was published; "
        "what readers see is the publication before. Run the whole quarter again: `asq run` makes these tables anonymous"
    )
