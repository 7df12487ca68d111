"""Accounts for every delivered row: the tables ``row_accounting``, ``row_accounting_by_enterprise`` and ``quarantine``.

Counts the output of the stages before; no rule is evaluated here.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipeline.calendar.quarters import Quarter
from pipeline.lake.database import connected
from pipeline.lake.layout import Lake
from pipeline.lake.provenance import UNDATED
from pipeline.lake.run_folder import RunFolder
from pipeline.lake.sql import parquet, quoted
from pipeline.validate.delivered import is_marked_delivered
from pipeline.validate.quarter import RowsLost
from schemas.contract import TABLES


def write_accounting(lake: Lake, quarter: Quarter, run: RunFolder) -> dict[str, dict[str, int]]:
    """Write the quarter's tables into the run's folder; returns by table the rows extracted, accepted, quarantined, …

    Resolved are refused rows whose key an accepted row of the quarter has: the record was delivered again without the fault
    and is counted. Rows refused as duplicates of an accepted row, and rows with an incomplete key, are not resolved.

    Undated are the quarantined rows that belong to no quarter, for want of a readable date: they are in the account of every one.

    Raises RowsLost if rows in ≠ accepted + quarantined, or if desensitizing changed the number of rows.
    """
    counts: dict[str, dict[str, int]] = {}
    with connected(lake.scratch) as connection:
        connection.execute(
            'create table row_accounting ("table" varchar, quarter varchar, extracted bigint, accepted bigint, '
            "quarantined bigint, resolved bigint, delivered boolean, undated bigint)"
        )
        for name in TABLES:
            extracted, accepted, clean = (_rows(connection, lake, stage, name, quarter) for stage in ("raw", "accepted", "clean"))
            quarantined = int(_mark(connection, lake.partition("quarantine", name, quarter), "quarantined") or 0)
            if extracted != accepted + quarantined or clean != accepted:
                raise RowsLost(
                    f"{name} {quarter}: {extracted} rows extracted, {accepted} accepted, {quarantined} quarantined, {clean} clean"
                )
            undated = int(_mark(connection, lake.partition("quarantine", name, quarter), UNDATED) or 0)
            resolved = _resolved(connection, lake, name, quarter) if quarantined else 0
            counts[name] = {
                "extracted": extracted,
                "accepted": accepted,
                "quarantined": quarantined,
                "resolved": resolved,
                "undated": undated,
            }
            connection.execute(
                "insert into row_accounting values (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    name,
                    quarter.label,
                    extracted,
                    accepted,
                    quarantined,
                    resolved,
                    is_marked_delivered(lake.partition("raw", name, quarter)),
                    undated,
                ],
            )
        assign_to_enterprises(connection, lake, quarter)
        for table, query in (
            ("row_accounting", "select * from row_accounting"),
            ("row_accounting_by_enterprise", _BY_ENTERPRISE),
            ("quarantine", "from owned_refusals"),
        ):
            run.write_query(table, connection, query)
    return counts


# A refused row may break several rules but counts once; rows made of one record count each. Rows without a readable enterprise are
# only in row_accounting.
_BY_ENTERPRISE = """
select "table", quarter, enterprise_id, sum(accepted + quarantined)::bigint as extracted,
    sum(accepted)::bigint as accepted, sum(quarantined)::bigint as quarantined
from (
    select "table", quarter, enterprise_id, accepted, 0 as quarantined from accepted_rows
    union all
    select "table", quarter, enterprise_id, 0, count(distinct _row_id)
    from owned_refusals where enterprise_id is not null group by all
)
group by "table", quarter, enterprise_id
"""


def assign_to_enterprises(connection: duckdb.DuckDBPyConnection, lake: Lake, quarter: Quarter) -> None:
    """Temporary tables ``accepted_rows`` (counts by table and enterprise) and ``owned_refusals`` (quarantine, with enterprise_id).

    A refused row belongs to an enterprise if accepted rows of the quarter have its enterprise_id: any other value may be
    misread, even personal data. A line that could not be split into columns belongs to none.
    """
    named = [name for name, table in TABLES.items() if any(column.name == "enterprise_id" for column in table.columns)]
    accepted = " union all ".join(
        f"select '{name}' as \"table\", '{quarter.label}' as quarter, enterprise_id, count(*) as accepted "
        f"from {parquet(lake.partition('accepted', name, quarter))} "
        "where enterprise_id is not null group by enterprise_id"
        for name in named
    )
    connection.execute(f"create temp table accepted_rows as {accepted}")
    refusals = parquet(lake.partition("quarantine", name, quarter) for name in TABLES)
    connection.execute(f"create temp table refusals as select * from {refusals}")
    connection.execute('create temp table owners ("table" varchar, _row_id bigint, enterprise_id varchar)')
    refused = {name for (name,) in connection.execute('select distinct "table" from refusals').fetchall()}
    for name in (name for name in named if name in refused):
        connection.execute(
            "insert into owners select $table, _row_id, enterprise_id "
            f"from {parquet(lake.partition('raw', name, quarter))} "
            "semi join (select _row_id from refusals "
            'where "table" = $table group by all having bool_and("column" is not null)) using (_row_id) '
            "where enterprise_id in (select enterprise_id from accepted_rows)",
            {"table": name},
        )
    connection.execute(
        "create temp table owned_refusals as select refusals.*, owners.enterprise_id from refusals "
        'left join owners using ("table", _row_id)'
    )


def _resolved(connection: duckdb.DuckDBPyConnection, lake: Lake, name: str, quarter: Quarter) -> int:
    key = ", ".join(map(quoted, TABLES[name].unique_key))
    raw, accepted, refusals = (parquet(lake.partition(stage, name, quarter)) for stage in ("raw", "accepted", "quarantine"))
    found = connection.execute(
        f"""
        with accepted as (select _row_id, {key} from {accepted}),
        refused as (select _row_id, {key} from {raw} as came anti join accepted using (_row_id)),
        repeated as (select _row_id from {refusals} where rule = 'unique_key')
        select count(*)
        from refused semi join accepted using ({key})
        where _row_id not in (from repeated)
        """
    ).fetchone()
    assert found is not None
    return int(found[0])


def _mark(connection: duckdb.DuckDBPyConnection, path: Path, key: str) -> str | None:
    found = connection.execute(
        "select decode(value) from parquet_kv_metadata($path) where decode(key) = $key", {"path": str(path), "key": key}
    ).fetchone()
    return found[0] if found else None


def _rows(connection: duckdb.DuckDBPyConnection, lake: Lake, stage: str, table: str, quarter: Quarter) -> int:
    found = connection.execute(
        "select num_rows from parquet_file_metadata($path)", {"path": str(lake.partition(stage, table, quarter))}
    ).fetchone()
    return int(found[0]) if found else 0
