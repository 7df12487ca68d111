"""A day comes as single calls or as totals: what counts as a day with calls, and when totals are looked at again (D-104)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.lake.provenance import FINGERPRINT, PARENTS, parents_fingerprint
from pipeline.validate.corrections import Correction
from pipeline.validate.delivered import DeliveredKeys
from pipeline.validate.look_back import quarters_to_validate
from schemas.contract import TABLES

TOTALS, CALLS = "hotline_daily_totals", "hotline_calls"
QUARTER, BEFORE = Quarter(2025, 1), Quarter(2024, 4)
DAY = dt.date(2025, 1, 6)
REFUSED = [(0, "day_has_single_calls", "called_on")]


def totals(writer, **changes: Any) -> dict[str, Any]:
    return writer.good(TOTALS, called_on=DAY, **changes)


def call(writer, hour: int = 9, day: dt.date = DAY, number: int = 0, **changes: Any) -> dict[str, Any]:
    queued_at = dt.datetime.combine(day, dt.time(hour))
    return writer.good(CALLS, number, queued_at=queued_at, answered_at=None, ended_at=None, outcome="abandoned", **changes)


def refused(writer) -> list[tuple[int, str, str | None]]:
    writer.validate(TOTALS)
    return writer.refused(TOTALS)


def test_totals_of_a_day_without_calls_are_accepted(writer) -> None:
    writer.raw(TOTALS, [totals(writer)])
    assert refused(writer) == []
    # Midnight belongs to the day that begins.
    other_days = [call(writer, 23, DAY - dt.timedelta(days=1)), call(writer, 0, DAY + dt.timedelta(days=1), 1)]
    writer.raw(CALLS, [*other_days, call(writer, number=2, enterprise_id="E2")])
    assert refused(writer) == []


@pytest.mark.parametrize("hour", [0, 9, 23])
def test_one_call_is_enough_whatever_its_queue(writer, hour: int) -> None:
    writer.raw(TOTALS, [totals(writer, queue="A")])
    writer.raw(CALLS, [call(writer, hour, queue="B", in_service_hours=False)])
    assert refused(writer) == REFUSED


def test_a_refused_call_is_a_call_of_its_day(writer) -> None:
    writer.raw(TOTALS, [totals(writer)])
    writer.raw(CALLS, [call(writer) | {"outcome": "unheard-of"}])
    assert refused(writer) == REFUSED


def test_calls_of_a_table_that_did_not_come_are_none(writer) -> None:
    writer.raw(TOTALS, [totals(writer)])
    writer.raw(CALLS, [], delivered=False)
    assert refused(writer) == []


def test_of_a_purged_quarter_every_day_may_have_had_calls(writer) -> None:
    writer.raw(TOTALS, [totals(writer), totals(writer, enterprise_id="E2")])
    # The purge leaves the keys of each row and its quarter.
    writer.raw(CALLS, [call(writer, day=dt.date(2025, 3, 3)) | {"queued_at": None}])
    assert refused(writer) == REFUSED


def test_calls_count_on_the_day_that_a_correction_gives_them(writer, lake_writer) -> None:
    given = ("2025-01-07 09:00:00", "2025-01-06 09:00:00")
    moved = Correction(CALLS, "E1|call_id-0", "queued_at", *given, "clock", "WG", dt.date(2025, 6, 30), 2)
    writer.raw(TOTALS, [totals(writer)])
    writer.raw(CALLS, [call(writer, day=DAY + dt.timedelta(days=1))])
    assert refused(writer) == []
    with DeliveredKeys(writer.lake, [moved], QUARTER) as keys:
        assert refused(lake_writer(writer.lake, keys)) == REFUSED


def test_totals_of_an_earlier_delivery_give_way_to_calls_that_come_later(writer) -> None:
    table = TABLES[TOTALS]
    writer.deliver(TOTALS, [(BEFORE, writer.good(TOTALS, called_on=dt.date(2024, 12, 30)))], fingerprint="first")
    writer.deliver(TOTALS, [(QUARTER, totals(writer))], fingerprint="second")
    writer.validate(TOTALS, BEFORE)
    assert writer.refused(TOTALS, BEFORE) == []
    assert quarters_to_validate(table, QUARTER, writer.lake) == []
    writer.deliver(CALLS, [(BEFORE, call(writer, day=dt.date(2024, 12, 30)))], fingerprint="later")
    assert parents_fingerprint(table, writer.lake) == "later"
    assert quarters_to_validate(table, QUARTER, writer.lake) == [BEFORE]
    writer.validate(TOTALS, BEFORE)
    assert writer.refused(TOTALS, BEFORE) == REFUSED
    marks = pl.read_parquet_metadata(writer.lake.partition("quarantine", TOTALS, BEFORE))
    assert marks[PARENTS] == "later"
    assert marks[FINGERPRINT] == "first"
    assert quarters_to_validate(table, QUARTER, writer.lake) == []
