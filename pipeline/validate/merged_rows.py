"""Rows merged into a row that does not count: the claim is set aside, and the row counts by itself.

Which column names the other row is declared in ``schemas/`` (``MergedInto``). The whole delivery is looked through, so that the
answer does not depend on the quarter that is run (D-99): a row of another quarter counts if it meets its rules and is the first
with its key. Rows that were merged into nothing are accepted; nothing is refused here.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
from pipeline.lake.provenance import landed
from pipeline.lake.sql import parquet, quoted
from pipeline.validate.delivered import DeliveredKeys
from pipeline.validate.other_quarters import Partition, insert_sound_rows
from pipeline.validate.row_rules import BROKEN_SCHEMA
from schemas.base import MergedInto
from schemas.contract import Table

# A row and the row it names; ``is_out``: it does not count whatever it names.
_NODE = "enterprise_id, id, target, is_out"


def merged_into_nothing(
    table: Table,
    quarter: Quarter,
    raw: Path,
    lake: Lake,
    connection: duckdb.DuckDBPyConnection,
    delivered_keys: DeliveredKeys,
) -> pl.DataFrame:
    """The rows to accept whose chain of merged rows ends at no row that counts (``BROKEN_SCHEMA``); none are refused.

    Reads the refused rows of the partition from the temporary table ``refused(_row_id)``, which must be complete.
    """
    declared = table.merged_into
    if declared is None or not _find_own(declared, raw, connection):
        return pl.DataFrame(schema=BROKEN_SCHEMA)
    if _leaves_the_partition(connection):
        _find_others(Partition(table, quarter, raw, lake, connection, delivered_keys), declared)
    # From the rows that count back to those merged into them. Nothing of a circle is ever found.
    found = connection.execute(
        """
        with recursive counting as (
            select enterprise_id, id from nodes where target is null and not is_out
            union
            select nodes.enterprise_id, nodes.id
            from counting join nodes on nodes.enterprise_id = counting.enterprise_id and nodes.target = counting.id
        )
        select _row_id, $rule as rule, $column as "column", target as value
        from nodes anti join counting using (enterprise_id, id)
        where _row_id is not null and target is not null
        order by _row_id
        """,
        {"rule": declared.rule, "column": declared.column},
    ).pl()
    return found.cast(BROKEN_SCHEMA)


def told(rows: int, rule: str) -> str:
    """What is said of so many rows that ``merged_into_nothing`` found."""
    return f"{rows} rows are merged into a record that does not count ({rule}): they count by themselves"


def _node(declared: MergedInto) -> str:
    return (
        f"enterprise_id, {quoted(declared.into)} as id, {quoted(declared.column)} as target, "
        f"coalesce({quoted(declared.unless)}, false) as is_out"
    )


def _find_own(declared: MergedInto, raw: Path, connection: duckdb.DuckDBPyConnection) -> bool:
    """Make the temporary table ``nodes``: rows to accept that were merged, or that one was merged into; returns whether any was."""
    accepted = f"(select * from {parquet('$raw')} anti join refused using (_row_id))"
    merged = f"select enterprise_id, {quoted(declared.column)} as id from {accepted} where {quoted(declared.column)} is not null"
    connection.execute(
        f"""
        create or replace temp table nodes as
        with named as materialized (select distinct enterprise_id, id from ({merged}))
        select {_node(declared)}, _row_id from {accepted}
        where {quoted(declared.column)} is not null or (enterprise_id, {quoted(declared.into)}) in (from named)
        """,
        {"raw": str(raw)},
    )
    found = connection.execute("select count(*) from nodes where target is not null").fetchone()
    return bool(found and found[0])


def _leaves_the_partition(connection: duckdb.DuckDBPyConnection) -> bool:
    """Make the temporary table ``sought``: rows that rows of the partition name and that are not in it; returns whether any is."""
    connection.execute(
        """
        create or replace temp table sought as
        select distinct enterprise_id, target as id from nodes
        where target is not null and (enterprise_id, target) not in (select enterprise_id, id from nodes)
        """
    )
    found = connection.execute("select count(*) from sought").fetchone()
    return bool(found and found[0])


def _find_others(this: Partition, declared: MergedInto) -> None:
    """Add to ``nodes`` the rows of other quarters to which the chains lead, those that count there or were merged there."""
    connection, node = this.connection, _node(declared)
    relations = []
    if files := this.earlier_files:
        # A partition purged by an earlier version lacks the columns.
        lacking = f"select null::varchar as {quoted(declared.column)}, null::boolean as {quoted(declared.unless)} where false"
        relations.append(f"(from ({lacking}) union all by name from {parquet(files)})")
    now = landed(this.table, this.lake)
    snapshot = this.delivered_keys.pin(now.path) if now else None
    if snapshot:
        delivered = this.delivered_keys.rows_sql(this.table, [snapshot])
        # Of the rows without a date only corrected ones belong to a quarter.
        belongs = f"coalesce(quarter, {this.table.quarter_expression})" if this.table.quarter_expression else "quarter"
        others = f"(select * from {delivered} where {belongs} not in ({this.elsewhere}))"
        relations.append(others)
    steps = " union all ".join(f"select {node} from {each} where {quoted(declared.column)} is not null" for each in relations)
    if not steps:
        return
    connection.execute(f"create or replace temp table steps as {steps}")
    connection.execute(
        """
        create or replace temp table reached as
        with recursive walked as (
            from sought
            union
            select next.enterprise_id, next.target
            from walked join (from steps union all select enterprise_id, id, target, is_out from nodes where target is not null)
                as next on next.enterprise_id = walked.enterprise_id and next.id = walked.id
        )
        from walked
        """
    )
    wanted = f"(enterprise_id, {quoted(declared.into)}) in (from reached)"
    # A chain may lead through another quarter back into the partition.
    connection.execute(
        f"insert into nodes select {node}, _row_id from {parquet('$raw')} anti join refused using (_row_id) "
        f"where {wanted} and (enterprise_id, {quoted(declared.into)}) not in (select enterprise_id, id from nodes)",
        {"raw": str(this.raw)},
    )
    connection.execute(f"create or replace temp table others as select {_NODE}, null::bigint as place from nodes where false")
    if files:
        connection.execute(f"insert into others select {node}, -1 from {relations[0]} where {wanted}")
    if snapshot:
        places = connection.execute(f"select _row_id from {others} where {wanted} order by _row_id").fetchnumpy()["_row_id"]
        insert_sound_rows(this, snapshot, places, "others", node)
    # The first row with a key is accepted, so a row of this partition precedes the others.
    connection.execute(
        f"""
        insert into nodes
        select {_NODE}, null from others anti join nodes using (enterprise_id, id)
        qualify row_number() over (partition by enterprise_id, id order by place) = 1
        """
    )
