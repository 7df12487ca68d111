"""Corrections applied to raw rows: which cells they change, what they cannot change, and what is written down."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.desensitize.look_back import quarters_to_desensitize
from pipeline.lake.layout import Lake
from pipeline.validate.apply_corrections import APPLIED, BEFORE_DIFFERS, ELSEWHERE, EXPIRED, NO_SUCH_ROW, OTHER_QUARTER, OVERRULED
from pipeline.validate.corrections import Correction
from pipeline.validate.look_back import quarters_to_validate
from pipeline.validate.quarter import ValidationResult, read_outcome, validate_quarter
from schemas.contract import TABLES

QUARTER = Quarter(2025, 1)

REQUESTS = "service_requests"


def correction(column: str, after: str | None, **changes: object) -> Correction:
    plain = Correction(
        table=REQUESTS,
        key=None,
        column=column,
        before=None,
        after=after,
        reason="call back 13912345678",
        author="Li",
        expires_on=dt.date(2025, 12, 31),
        origin=f"{column} to {after}",
    )
    return dataclasses.replace(plain, **changes)


def key(number: int) -> str:
    return f"E1|request_id-{number}"


def validate(writer: Any, corrections: Sequence[Correction], table: str = REQUESTS, quarter: Quarter = QUARTER) -> ValidationResult:
    return validate_quarter(TABLES[table], quarter, writer.lake, 1.0, corrections=corrections)


def logged(writer: Any, table: str = REQUESTS) -> list[tuple[int, str, str | None, str | None]]:
    """(row number, column, before, after) of every corrected value, as it is shown."""
    return [
        (row["origin_row"] - 2, row["column"], row["before_masked"], row["after_masked"]) for row in writer.read("corrected", table)
    ]


def corrected_file(lake: Lake, table: str = REQUESTS) -> Path:
    return lake.partition("corrected", table, QUARTER)


def good(writer: Any, count: int, **changes: object) -> list[dict]:
    return [writer.good(REQUESTS, number, **changes) for number in range(count)]


def days_earlier(row: dict, days: int) -> dict:
    return {name: value - dt.timedelta(days=days) if isinstance(value, dt.datetime) else value for name, value in row.items()}


def test_a_refused_value_is_mended_and_raw_stays_what_came(writer):
    rows = good(writer, 3)
    rows[1]["channel"] = "fone"
    raw = writer.raw(REQUESTS, rows)
    before = raw.read_bytes()
    result = validate(writer, [correction("channel", "phone", key=key(1), before="fone")])
    assert (result.extracted, result.accepted, result.quarantined) == (3, 3, 0)
    assert [row["channel"] for row in writer.read("accepted", REQUESTS)] == ["phone", "phone", "phone"]
    assert raw.read_bytes() == before
    assert logged(writer) == [(1, "channel", "fone", "phone")]
    (row,) = writer.read("corrected", REQUESTS)
    assert (row["author"], row["reason"], row["row_key"]) == ("Li", "call back [电话]", key(1))


def test_a_value_is_mended_in_every_row_and_only_there(writer):
    rows = good(writer, 5, region_code="R1")
    for number in (0, 3):
        rows[number]["region_code"] = "R1x"
    writer.raw(REQUESTS, rows)
    result = validate(writer, [correction("region_code", "R9", before="R1x")])
    assert [row["region_code"] for row in writer.read("accepted", REQUESTS)] == ["R9", "R1", "R1", "R9", "R1"]
    assert (result.corrections.values, result.corrections.rows) == (2, 2)


def test_one_row_may_be_an_exception_to_a_value(writer):
    writer.raw(REQUESTS, good(writer, 2, region_code="R1x"))
    corrections = [correction("region_code", "R1", before="R1x"), correction("region_code", "R2", key=key(1))]
    result = validate(writer, corrections)
    assert [row["region_code"] for row in writer.read("accepted", REQUESTS)] == ["R1", "R2"]
    assert result.corrections.values == 2


def test_corrections_do_not_build_on_each_other(writer):
    rows = good(writer, 2)
    rows[0]["region_code"], rows[1]["region_code"] = "A", "B"
    writer.raw(REQUESTS, rows)
    validate(writer, [correction("region_code", "B", before="A"), correction("region_code", "C", before="B")])
    assert [row["region_code"] for row in writer.read("accepted", REQUESTS)] == ["B", "C"]


def test_an_unreadable_cell_becomes_readable(writer):
    rows = good(writer, 2)
    rows[1]["resolved_at"] = rows[1]["quoted_amount"] = None
    defects = {1: [("type", "resolved_at", "2025-99-01"), ("type", "quoted_amount", "abc")]}
    writer.raw(REQUESTS, rows, defects=defects)
    resolved = rows[0]["resolved_at"]
    mended = correction("resolved_at", str(resolved), before="2025-99-01")
    validate(writer, [mended])
    # The other cell is still unreadable, and the row is refused for it alone.
    assert writer.refused(REQUESTS) == [(1, "type", "quoted_amount")]
    result = validate(writer, [mended, correction("quoted_amount", None, key=key(1), before="abc")])
    assert result.quarantined == 0
    row = writer.read("accepted", REQUESTS)[1]
    assert (row["resolved_at"], row["quoted_amount"], row["_defects"]) == (resolved, None, [])


def test_of_a_line_that_could_not_be_split_nothing_is_corrected(writer):
    rows = good(writer, 1)
    writer.raw(REQUESTS, rows, defects={0: [("too_many_fields", None, "a,b,c")]})
    result = validate(writer, [correction("channel", "online", key=key(0))])
    assert result.corrections.by_status == {NO_SUCH_ROW: ("channel to online",)}


def test_a_row_that_is_corrected_may_still_be_refused(writer):
    rows = good(writer, 1)
    rows[0]["channel"], rows[0]["urgency"] = "fone", "later"
    writer.raw(REQUESTS, rows)
    result = validate(writer, [correction("channel", "phone", before="fone")])
    assert (result.quarantined, result.corrections.values) == (1, 1)
    assert writer.refused(REQUESTS) == [(0, "allowed_values", "urgency")]


def test_every_type_is_put_in(writer):
    writer.raw(REQUESTS, good(writer, 1))
    wanted = {"paused_seconds": "7", "quoted_amount": "12.5", "customer_confirmed": "否", "performance_ratio": "0.25"}
    validate(writer, [correction(column, after, key=key(0)) for column, after in wanted.items()])
    row = writer.read("accepted", REQUESTS)[0]
    assert [str(row[column]) for column in wanted] == ["7", "12.50", "False", "0.25"]


def test_what_does_not_apply_is_said(writer):
    writer.raw(REQUESTS, good(writer, 3))
    result = validate(
        writer,
        [
            correction("channel", "online", key=key(0), before="outlet"),
            correction("region_code", "R2", key=key(9)),
            correction("region_code", "R3", before="nowhere"),
            correction("region_code", "R4", key=key(1), expires_on=dt.date(2024, 12, 31)),
            correction("requested_at", "2025-04-01 00:00", key=key(2)),
        ],
    )
    assert result.corrections.by_status == {
        BEFORE_DIFFERS: ("channel to online",),
        NO_SUCH_ROW: ("region_code to R2", "region_code to R3"),
        EXPIRED: ("region_code to R4",),
        OTHER_QUARTER: ("requested_at to 2025-04-01 00:00",),
    }
    assert result.corrections.values == 0
    assert read_outcome(writer.lake, REQUESTS, QUARTER) == result.corrections
    assert not corrected_file(writer.lake).exists()
    # Nothing was corrected: the accepted file is the raw one.
    assert writer.lake.partition("accepted", REQUESTS, QUARTER).samefile(writer.lake.partition("raw", REQUESTS, QUARTER))


def test_a_correction_of_a_value_that_another_one_overrules_everywhere(writer):
    writer.raw(REQUESTS, good(writer, 1, region_code="R1x"))
    result = validate(writer, [correction("region_code", "R1", before="R1x"), correction("region_code", "R2", key=key(0))])
    assert result.corrections.by_status == {APPLIED: ("region_code to R2",), OVERRULED: ("region_code to R1",)}


def test_a_row_of_another_quarter_is_no_warning(writer):
    earlier = Quarter(2024, 4)
    moved = days_earlier(writer.good(REQUESTS, 1), 92)
    writer.deliver(REQUESTS, [(QUARTER, writer.good(REQUESTS, 0)), (earlier, moved)])
    result = validate(writer, [correction("channel", "online", key=key(1))])
    assert result.corrections.by_status == {ELSEWHERE: ("channel to online",)}
    assert result.corrections.unapplied == {}
    assert validate(writer, [correction("channel", "online", key=key(1))], quarter=earlier).corrections.values == 1


def test_a_date_within_the_quarter_is_corrected(writer):
    writer.raw(REQUESTS, good(writer, 1))
    validate(writer, [correction("requested_at", "2025-01-01 00:00", key=key(0))])
    assert writer.read("accepted", REQUESTS)[0]["requested_at"] == dt.datetime(2025, 1, 1)


def test_a_key_that_is_mended_takes_its_place_among_the_keys(writer):
    rows = good(writer, 3)
    writer.raw(REQUESTS, rows)
    result = validate(writer, [correction("request_id", "request_id-0", key=key(2))])
    assert result.quarantined == 1
    assert writer.refused(REQUESTS) == [(2, "unique_key", "enterprise_id|request_id")]


def test_children_find_the_corrected_parent_and_no_other(writer):
    visits = "onsite_visits"
    writer.parents(visits)
    writer.raw(REQUESTS, [writer.good(REQUESTS, 0, request_id="SR1x")])
    writer.raw(visits, [writer.good(visits, number, request_id=name) for number, name in enumerate(("SR1", "SR1x"))])
    assert validate(writer, [], visits).quarantined == 1
    assert writer.refused(visits) == [(0, "foreign_key", "request_id")]
    validate(writer, [correction("request_id", "SR1", key="E1|SR1x")], visits)
    assert writer.refused(visits) == [(1, "foreign_key", "request_id")]


def test_a_key_of_another_quarter_that_is_mended_stands_in_the_way_no_more(writer):
    earlier = Quarter(2024, 4)
    first = days_earlier(writer.good(REQUESTS, 0), 92)
    writer.deliver(REQUESTS, [(earlier, first), (QUARTER, writer.good(REQUESTS, 0))])
    assert validate(writer, []).quarantined == 1
    # Both rows have the key; the one dated before the quarter is told apart by its date.
    dated = correction("request_id", "other", key=key(0), expires_on=dt.date(2024, 12, 31))
    assert validate(writer, [dated]).quarantined == 0


def test_personal_data_are_masked(writer):
    table = "customers"
    row = writer.good(table, 0, name="王小明", phone="13800138000")
    writer.raw(table, [row])
    unique = "|".join("" if row[name] is None else str(row[name]) for name in TABLES[table].unique_key)
    corrections = [
        correction("phone", "13900139000", table=table, key=unique, before="13800138000", origin="row 2"),
        correction("name", "王大明", table=table, key=unique, origin="row 3"),
    ]
    result = validate(writer, corrections, table)
    assert result.corrections.values == 2
    shown = str(writer.read("corrected", table))
    assert not any(text in shown for text in ("13800138000", "13900139000", "王小明", "王大明"))
    assert sorted((column, before[0]) for _, column, before, _ in logged(writer, table)) == [
        ("name", "王"),
        ("phone", "1"),
    ]


def test_files_of_many_row_groups_are_corrected_in_place_and_order(writer):
    rows = good(writer, 10)
    raw = writer.raw(REQUESTS, rows)
    frame, marks = pl.read_parquet(raw), {"delivered": "true", "fingerprint": "f"}
    raw.unlink()
    frame.write_parquet(raw, row_group_size=3, metadata=marks)
    validate(writer, [correction("region_code", "R9", key=key(number)) for number in (2, 3, 9)])
    accepted = writer.read("accepted", REQUESTS)
    assert [row["_row_id"] for row in accepted] == list(range(10))
    assert [number for number, row in enumerate(accepted) if row["region_code"] == "R9"] == [2, 3, 9]
    assert pl.read_parquet_metadata(writer.lake.partition("accepted", REQUESTS, QUARTER))["fingerprint"] == "f"
    assert not list(writer.lake.scratch.glob("corrected-*"))


def test_corrections_that_are_taken_back_leave_nothing(writer):
    rows = good(writer, 2)
    rows[1]["channel"] = "fone"
    writer.raw(REQUESTS, rows)
    validate(writer, [correction("channel", "phone", before="fone")])
    assert validate(writer, []).quarantined == 1
    assert not corrected_file(writer.lake).exists()
    assert read_outcome(writer.lake, REQUESTS, QUARTER).by_status == {}


def test_neighbours_are_judged_and_desensitized_again_when_their_corrections_change(writer):
    table, later = TABLES[REQUESTS], QUARTER.shift(1)
    writer.deliver(REQUESTS, [(QUARTER, writer.good(REQUESTS, 0))])
    mending = correction("channel", "online", key=key(0))
    validate(writer, [mending])
    assert quarters_to_validate(table, later, writer.lake, [mending]) == []
    assert quarters_to_validate(table, later, writer.lake, []) == [QUARTER]
    assert quarters_to_validate(table, later, writer.lake, [dataclasses.replace(mending, after="outlet")]) == [QUARTER]
    expired_then = dataclasses.replace(mending, expires_on=dt.date(2024, 12, 31))
    assert quarters_to_validate(table, later, writer.lake, [expired_then]) == [QUARTER]
    assert quarters_to_desensitize(table, later, writer.lake, "k") == [QUARTER]


@pytest.mark.parametrize("table", ["outlets", "staff"])
def test_a_register_is_corrected_by_its_whole_key(writer, table):
    writer.parents(table)
    row = writer.good(table, 0, valid_from=dt.date(2024, 1, 1))
    writer.raw(table, [row])
    unique = "|".join(str(row[name]) for name in TABLES[table].unique_key)
    assert unique.endswith("|2024-01-01")
    column = next(
        column for column in TABLES[table].columns if column.type == "date" and column.name not in TABLES[table].unique_key
    )
    result = validate(writer, [correction(column.name, "2024-02-03", table=table, key=unique)], table)
    assert result.corrections.values == 1
