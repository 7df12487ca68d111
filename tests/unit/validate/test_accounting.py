"""Rows counted for their enterprise, and for nobody where it cannot be read; the run's account has them all."""

from __future__ import annotations

import datetime as dt
import shutil

import duckdb

from pipeline.account.accounting import write_accounting
from pipeline.calendar.quarters import Quarter
from pipeline.lake.run_folder import RunFolder
from schemas.contract import TABLES

Q1 = Quarter(2025, 1)
BEFORE_THE_ORDER = dt.datetime(2025, 1, 1)


def accounted(writer, tables: dict[str, list[dict]], defects: dict | None = None) -> dict[str, list[dict]]:
    """What the account of a quarter says when only these tables came."""
    for table in TABLES:
        writer.raw(table, tables.get(table, []), delivered=table in tables, defects=(defects or {}).get(table))
    for table in TABLES:
        writer.validate(table)
        clean = writer.lake.partition("clean", table, Q1)
        clean.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(writer.lake.partition("accepted", table, Q1), clean)
    run = RunFolder(writer.lake, Q1, "r1")
    run.path.mkdir(parents=True)
    write_accounting(writer.lake, Q1, run)
    names = ("row_accounting", "row_accounting_by_enterprise", "quarantine")
    return {name: duckdb.execute("from read_parquet($1)", [str(run.table(name))]).pl().to_dicts() for name in names}


def test_rows_are_counted_for_their_enterprise(writer) -> None:
    good = [writer.good("parts_orders", number) for number in range(4)]
    other = [writer.good("parts_orders", number, enterprise_id="E2") for number in range(3)]
    rows = [
        *good,
        *other,
        # Breaks two rules, counts once.
        writer.good("parts_orders", 10, enterprise_id="E2", received_at=BEFORE_THE_ORDER, ordered_at=None),
        writer.good("parts_orders", 11, shipped_at=BEFORE_THE_ORDER),
        writer.good("parts_orders", 12, enterprise_id=None),
        # Whatever this is, it is no enterprise.
        writer.good("parts_orders", 13, enterprise_id="13800138000", shipped_at=BEFORE_THE_ORDER),
        writer.good("parts_orders", 14),
    ]
    split = {"parts_orders": {11: [("too_many_fields", None, "a,b,c")]}}  # the last line did not fit its columns
    found = accounted(writer, {"parts_orders": rows}, split)
    by_enterprise = {
        row["enterprise_id"]: (row["extracted"], row["accepted"], row["quarantined"])
        for row in found["row_accounting_by_enterprise"]
    }
    assert by_enterprise == {"E1": (5, 4, 1), "E2": (4, 3, 1)}
    (whole,) = (row for row in found["row_accounting"] if row["table"] == "parts_orders")
    # 12 rows came: 5 + 4 have an owner, three are nobody's.
    assert (whole["extracted"], whole["accepted"], whole["quarantined"]) == (12, 7, 5)
    owners = {(row["origin_row"], row["enterprise_id"]) for row in found["quarantine"]}
    assert owners == {(9, "E2"), (10, "E1"), (11, None), (12, None), (13, None)}


def test_nothing_refused_is_an_empty_quarantine(writer) -> None:
    found = accounted(writer, {"parts_orders": [writer.good("parts_orders")]})
    assert found["quarantine"] == []
    assert [row["enterprise_id"] for row in found["row_accounting_by_enterprise"]] == ["E1"]


def test_a_refused_row_that_came_again_and_right_is_resolved(writer) -> None:
    rows = [
        writer.good("parts_orders", 1, shipped_at=BEFORE_THE_ORDER),  # refused, and corrected below
        writer.good("parts_orders", 2, shipped_at=BEFORE_THE_ORDER),  # refused, and never seen again
        writer.good("parts_orders", 3),
        writer.good("parts_orders", 3),  # refused, but only because the row before it was accepted
        writer.good("parts_orders", 4, order_id=None),  # no key: nobody can tell
        writer.good("parts_orders", 1),
    ]
    found = accounted(writer, {"parts_orders": rows})
    (whole,) = (row for row in found["row_accounting"] if row["table"] == "parts_orders")
    counts = {name: whole[name] for name in ("extracted", "accepted", "quarantined", "resolved")}
    assert counts == {"extracted": 6, "accepted": 2, "quarantined": 4, "resolved": 1}
    (nothing,) = (row for row in found["row_accounting"] if row["table"] == "staff")
    assert nothing["resolved"] == 0
