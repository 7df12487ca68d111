"""Which points are flagged, by hand and beside numpy and scipy: Z, Z of the logarithms, modified Z."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
from pipeline.lake.row_key import key_parts
from pipeline.review.outliers import Found, Limits, find_outliers
from schemas.contract import TABLES
from schemas.expectations.outliers import MEASURES

from .conftest import QUARTER, Write

LIMITS = Limits(z=3.0, z_modified=3.5)


def training(values: list[float], **more: Any) -> list[dict[str, Any]]:
    return [{"hours": float(value), "kind": "on_the_job", **more} for value in values]


def looked_at(lake: Lake, table: str = "training_records", measure: str = "training_hours", **how: Any) -> Found:
    return find_outliers(TABLES[table], QUARTER, lake, how.pop("limits", LIMITS), [MEASURES[measure]], **how)


def only(frame: pl.DataFrame) -> dict[str, Any]:
    (row,) = frame.rows(named=True)
    return row


def test_z_by_hand(write: Write) -> None:
    # Ten times 10 and once 21: mean 121 ÷ 11 = 11; squares about it 10 · 1 + 100 = 110; variance 110 ÷ 10 = 11, sd √11.
    # Z of 21 = 10 ÷ √11 = 3.0151 > 3, which is (n − 1) ÷ √n = 10 ÷ √11: the largest there can be.
    found = looked_at(write("training_records", training([10] * 10 + [21])))
    group = only(found.groups)
    assert (group["n"], group["mean"], group["too_small"]) == (11, pytest.approx(11), False)
    assert group["sd"] == pytest.approx(math.sqrt(11), rel=1e-12)
    assert group["group"] == "kind=on_the_job"
    point = only(found.points)
    assert (point["row_key"], point["value"]) == ("E1|training_id-10", 21)
    assert point["z"] == pytest.approx(10 / math.sqrt(11), rel=1e-12)
    # Logarithms: two distinct values again, so the same largest Z.
    assert point["z_log"] == pytest.approx(10 / math.sqrt(11), rel=1e-12)
    # More than half are equal: MAD is 0. Mean deviation from the median 10 is 11 ÷ 11 = 1: 11 ÷ 1.253314 = 8.7767.
    assert group["mad"] == 0
    assert point["z_mad"] == pytest.approx(11 / 1.253314, rel=1e-12)
    assert (point["flags"], point["needs_review"]) == ("z;z_log;z_mad", True)


def test_ten_values_cannot_be_judged_and_the_companion_still_is(write: Write) -> None:
    # Nine times 10 and once 1000: Z = (n − 1) ÷ √n = 9 ÷ √10 = 2.846, whatever the value (C-38).
    found = looked_at(write("training_records", training([10] * 9 + [1000])))
    group = only(found.groups)
    assert (group["n"], group["too_small"], group["flagged_z"], group["flagged_z_mad"]) == (10, True, 0, 1)
    point = only(found.points)
    assert point["z"] == pytest.approx(9 / math.sqrt(10), rel=1e-12)
    assert (point["flags"], point["needs_review"]) == ("z_mad", False)


def test_modified_z_by_hand(write: Write) -> None:
    # 1 2 3 4 5 6 7 8 9 10 11 40: median 6.5; deviations .5 .5 1.5 1.5 2.5 2.5 3.5 3.5 4.5 4.5 5.5 33.5, their median
    # (2.5 + 3.5) ÷ 2 = 3. 40: 0.6745 · 33.5 ÷ 3 = 7.5319…; 1: 0.6745 · −5.5 ÷ 3 = −1.2366 is none.
    found = looked_at(write("training_records", training([*range(1, 12), 40])))
    group = only(found.groups)
    assert (group["median"], group["mad"], group["flagged_z_mad"]) == (6.5, 3, 1)
    assert only(found.points)["z_mad"] == pytest.approx(0.6745 * 33.5 / 3, rel=1e-12)


def test_log_z_by_hand(write: Write) -> None:
    # e⁰ ten times and e¹¹ once: logarithms 0 … 0, 11; mean 1, squares 10 + 100, sd √11: Z = 10 ÷ √11.
    found = looked_at(write("training_records", training([1] * 10 + [math.exp(11)])))
    assert only(found.points)["z_log"] == pytest.approx(10 / math.sqrt(11), rel=1e-9)


def test_zero_and_negative_values_have_no_logarithm(write: Write) -> None:
    # Amounts of 0 are no charges; a wait of 0 s is one, and has no logarithm: 11 answered at once, one after 60 s.
    at = dt.datetime(2025, 1, 2, 9)
    calls = [
        {
            "queued_at": at,
            "answered_at": at + dt.timedelta(seconds=wait),
            "outcome": "answered",
            "in_service_hours": True,
        }
        for wait in [0] * 11 + [60]
    ]
    found = looked_at(write("hotline_calls", calls), "hotline_calls", "wait_seconds")
    point = only(found.points)
    # mean 5, squares 11 · 25 + 55² = 3300, variance 300: 55 ÷ √300 = 3.1754
    assert point["z"] == pytest.approx(55 / math.sqrt(300), rel=1e-12)
    assert point["z_log"] is None
    visits = [
        {"appointed_at": at, "arrived_at": at + dt.timedelta(minutes=late), "outcome": "done"}
        for late in [0] * 6 + [1] * 6 + [-300]
    ]
    early = only(looked_at(write("onsite_visits", visits), "onsite_visits", "arrival_deviation_minutes").points)
    assert (early["value"], early["z_log"]) == (-300, None)
    assert early["z"] == pytest.approx(stats.zscore([0] * 6 + [1] * 6 + [-300], ddof=1)[-1], rel=1e-12)


def test_equal_values_flag_nothing(write: Write) -> None:
    # 0.1 has no exact binary form: a standard deviation by sums of squares would not be 0.
    found = looked_at(write("training_records", training([0.1] * 1000)))
    group = only(found.groups)
    assert (group["sd"], group["mad"], group["flagged_z"], group["flagged_z_mad"]) == (0, 0, 0, 0)
    assert found.points.is_empty()


def test_large_values_close_together(write: Write) -> None:
    """Sums of squares would lose all digits of the deviation; the running mean does not."""
    values = [1e9 + offset for offset in (0.0, 0.25, 0.5, 0.75)] * 25
    group = only(looked_at(write("training_records", training(values))).groups)
    assert group["sd"] == pytest.approx(np.std(values, ddof=1), rel=1e-7)


def test_beside_numpy_and_scipy(write: Write) -> None:
    rng = np.random.default_rng(7)
    values = np.concatenate([np.round(rng.lognormal(2, 0.8, 3000), 3), [900.0, 0.0001]])
    found = looked_at(write("training_records", training(list(values))), limits=Limits(3.0, 3.5, ("z", "z_log", "z_mad")))
    z, z_log = stats.zscore(values, ddof=1), stats.zscore(np.log(values), ddof=1)
    z_mad = 0.6745 * (values - np.median(values)) / stats.median_abs_deviation(values)
    group = only(found.groups)
    assert group["flagged_z"] == (abs(z) > 3).sum() > 1
    assert group["flagged_z_log"] == (abs(z_log) > 3).sum() > 1
    assert group["flagged_z_mad"] == (abs(z_mad) > 3.5).sum() > 1
    flagged = np.flatnonzero((abs(z) > 3) | (abs(z_log) > 3) | (abs(z_mad) > 3.5))
    points = found.points.sort("_row_id")
    assert points["_row_id"].to_list() == flagged.tolist()
    for name, expected in (("z", z), ("z_log", z_log), ("z_mad", z_mad)):
        np.testing.assert_allclose(points[name].to_numpy(), expected[flagged], rtol=1e-9)


def test_groups_are_apart(write: Write) -> None:
    """60 h are far from trainings on the job and ordinary among inductions; another enterprise, or no kind, is a group too."""
    rows = [
        *training([8] * 20),
        *training([60], training_id="far"),
        *training([60] * 20, kind="induction"),
        *training([60] * 20, kind=None),
        *training([60] * 20, enterprise_id="E2"),
    ]
    found = looked_at(write("training_records", rows))
    assert only(found.points)["row_key"] == "E1|far"
    assert found.groups.select("enterprise_id", "group", "n").rows() == [
        ("E1", "kind=", 20),
        ("E1", "kind=induction", 20),
        ("E1", "kind=on_the_job", 21),
        ("E2", "kind=on_the_job", 20),
    ]


def test_the_units_and_the_population_of_requests(write: Write) -> None:
    # Resolution: 30 h less a pause of 6 h = 24 h. Test requests and merged ones are not looked at.
    at = dt.datetime(2025, 1, 2, 9)
    counted = {
        "responded_at": at, "resolved_at": at + dt.timedelta(hours=30), "paused_seconds": 6 * 3600, "complexity": "general",
    }  # fmt: skip
    rows = [counted, {**counted, "is_test": True}, {**counted, "merged_into": "R0"}, {**counted, "resolved_at": None}]
    group = only(looked_at(write("service_requests", rows), "service_requests", "resolution_hours").groups)
    assert (group["n"], group["mean"], group["sd"]) == (1, 24, None)


def test_a_register_is_looked_at_as_of_the_quarter(write: Write) -> None:
    versions = [
        {"outlet_id": "old", "valid_to": dt.date(2025, 1, 1)},
        {"outlet_id": "ends", "valid_to": dt.date(2025, 1, 2)},
        {"outlet_id": "begins", "valid_from": dt.date(2025, 3, 31)},
        {"outlet_id": "next", "valid_from": dt.date(2025, 4, 1)},
    ]
    rows = [{"service_radius_km": 5.0, "urbanicity": "urban", **version} for version in versions]
    assert only(looked_at(write("outlets", rows), "outlets", "service_radius_km").groups)["n"] == 2


def test_keys_with_separators_stay_apart(write: Write) -> None:
    rows = [*training([8] * 20), *training([80], training_id="a|b\\c")]
    key = only(looked_at(write("training_records", rows)).points)["row_key"]
    assert key == "E1|a\\|b\\\\c"
    assert key_parts(key) == ("E1", "a|b\\c")


def test_points_asked_for_are_returned_unflagged(write: Write) -> None:
    lake = write("training_records", training([7, 8, 9]))
    assert looked_at(lake).points.is_empty()
    point = only(looked_at(lake, also=["E1|training_id-2"]).points)
    assert (point["value"], point["z"], point["flags"], point["is_listed"]) == (9, pytest.approx(1), "", False)


def test_more_methods_make_more_points_need_review(write: Write) -> None:
    values = [*range(1, 12), 21.0]  # modified Z of 21: 0.6745 · 14.5 ÷ 3 = 3.26; of 40 see above
    lake = write("training_records", training([*values, 24.0]))
    assert looked_at(lake).points.is_empty()
    # 1 … 11, 21, 24: median 7, MAD 4 (deviations 0 1 1 2 2 3 3 4 4 5 6 14 17 → the seventh is 3)
    group = only(looked_at(lake).groups)
    assert (group["median"], group["mad"]) == (7, 3)
    # 24: 0.6745 · 17 ÷ 3 = 3.822 > 3.5; 21: 0.6745 · 14 ÷ 3 = 3.148
    assert looked_at(lake, limits=Limits(3.0, 3.5, ("z", "z_mad"))).points["value"].to_list() == [24]


def test_the_same_rows_give_the_same_numbers(write: Write) -> None:
    rng = np.random.default_rng(3)
    at = np.datetime64("2025-01-02T09:00:00", "us")
    rows = [
        {
            "queued_at": at.item(), "answered_at": (at + np.timedelta64(int(wait * 1e6), "us")).item(),
            "ended_at": (at + np.timedelta64(int(wait * 3e6), "us")).item(), "outcome": "answered",
            "in_service_hours": bool(wait > 10),
        }
        for wait in rng.lognormal(2, 1, 5000)
    ]  # fmt: skip
    lake = write("hotline_calls", rows)
    one, other = (find_outliers(TABLES["hotline_calls"], QUARTER, lake, LIMITS) for _ in range(2))
    assert one.points.height > 10
    assert one.points.equals(other.points)
    assert one.groups.equals(other.groups)


def test_a_table_that_is_not_there(tmp_path: Any) -> None:
    found = find_outliers(TABLES["complaints"], Quarter.parse("2020-Q1"), Lake(tmp_path), LIMITS)
    assert found.points.is_empty()
    assert found.groups.is_empty()
