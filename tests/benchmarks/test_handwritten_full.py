"""The hand-written peer and the pipeline on the same small delivery, faulty rows included: everything both give agrees.

A benchmark is fair only as long as this holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from runs import asq_run, environment

from benchmarks import handwritten_full
from benchmarks.comparison import Agreement, compare_full
from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
from pipeline.sample import write_sample
from schemas.contract import TABLES
from schemas.expectations.privacy import RECORD_TABLES

pytestmark = pytest.mark.xdist_group("handwritten_full")

QUARTER = Quarter.parse("2025-Q1")
REQUESTS, SEED = 1_200, 1


# Columns that a record may lack.
_LOST = {
    "service_requests": (
        *("customer_id", "product_category", "issue_class", "service_type", "channel", "region_code", "status", "contact_count"),
        *("reopened_count", "urgency", "complexity"),
    ),
    "complaints": ("is_urgent", "channel"),
    "online_sessions": ("is_live", "kind"),
    "parts_demands": ("is_common", "filled_from_stock"),
}


def _damage(landing: Path) -> None:
    """Faults that the sample does not plant: lost values, dates and digits, requests merged into nothing, second answers."""
    for name, columns in _LOST.items():
        file, place = landing / f"{name}.parquet", pl.int_range(pl.len())
        rows = pl.read_parquet(file)
        for number, column in enumerate(columns):
            rows = rows.with_columns(pl.when(place % 40 == number).then(None).otherwise(column).alias(column))
        rows.write_parquet(file)
    requests = pl.read_parquet(landing / "service_requests.parquet")
    ids = requests["request_id"]
    # To nowhere, in a circle, to itself, along a chain that ends well, to a request without a date, along a chain to nowhere.
    merged = {10: "nowhere", 11: ids[12], 12: ids[11], 13: ids[13], 14: ids[15], 15: ids[16], 20: ids[5], 21: ids[10]}
    for column, values in {
        "merged_into": merged,
        "requested_at": {5: None},
        "request_id": {30: "2.025E+13"},
        "channel": {31: f"\u2060{requests['channel'][31]}\u00ad "},
    }.items():
        requests = requests.with_columns(_replaced(requests[column], values))
    requests.write_parquet(landing / "service_requests.parquet")
    responses, answers = (pl.read_parquet(landing / f"survey_{name}.parquet") for name in ("responses", "answers"))
    complete = responses.filter(pl.col("is_complete") == "true")
    again = [(complete.head(8), 0), (complete[20:28], 40)]
    for number, (first, seconds) in enumerate(again):
        changed = pl.col("response_id") + f"-again{number}"
        later = pl.col("submitted_at") + pl.duration(seconds=seconds)
        own = answers.join(first, on=["enterprise_id", "response_id"], how="semi").with_columns(changed)
        responses, answers = responses.vstack(first.with_columns(changed, later)), answers.vstack(own)
    responses = responses.with_columns(_replaced(responses["submitted_at"], {3: None}))
    responses.write_parquet(landing / "survey_responses.parquet")
    answers.write_parquet(landing / "survey_answers.parquet")


def _replaced(cells: pl.Series, values: Mapping[int, object]) -> pl.Series:
    kept = cells.to_list()
    for place, value in values.items():
        kept[place] = value
    return pl.Series(cells.name, kept, dtype=cells.dtype)


@dataclass(frozen=True)
class Both:
    lake: Lake
    output: Path
    agreements: dict[str, Agreement]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    folder = tmp_path_factory.mktemp("both")
    write_sample(folder / "landing", [QUARTER], REQUESTS, SEED, file_format="parquet")
    _damage(folder / "landing")
    asq_run(QUARTER.label, folder / "landing", folder / "lake")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASQ_PSEUDONYM_KEY", environment()["ASQ_PSEUDONYM_KEY"])
        handwritten_full.evaluate(folder / "landing", folder / "output", QUARTER)
    lake = Lake(folder / "lake")
    found = compare_full(lake, QUARTER, folder / "output")
    return Both(lake, folder / "output", {each.name: each for each in found})


def test_nothing_differs(both: Both) -> None:
    assert [each.lines() for each in both.agreements.values() if each.different] == []


def test_every_kind_of_result_was_compared(both: Both) -> None:
    assert both.agreements["values"].compared > 40_000
    assert both.agreements["intervals"].compared > 30_000
    assert both.agreements["acceptance figures"].compared > 300
    for name in ("profile", "outlier groups", "outliers", "clean service_requests", "fct_service_requests", "fct_complaints"):
        assert both.agreements[name].compared > 0, name
    assert {f"clean {name}" for name in TABLES} | set(RECORD_TABLES) <= both.agreements.keys()


def test_every_planted_fault_was_refused(both: Both) -> None:
    rules = set(pl.read_parquet(both.output / "refused.parquet")["rule"])
    assert both.agreements["refused rows"].compared > 100
    assert {"type", "required", "allowed_values", "range", "foreign_key", "unique_key", "version_overlap"} <= rules
    assert {"unanswered_call_with_answer_time", "resolved_before_requested", "undated", "digits_lost"} <= rules


def test_requests_merged_into_nothing_stand_alone(both: Both) -> None:
    merged = pl.read_parquet(both.output / "clean" / "service_requests.parquet").filter(pl.col("merged_into").is_not_null())
    assert not set(merged["_row_id"]) & {10, 11, 12, 13, 20, 21}
    assert {14, 15} <= set(merged["_row_id"])


def test_rows_in_are_rows_out_and_refused(both: Both) -> None:
    counts = pl.read_parquet(both.output / "row_counts.parquet")
    assert set(counts["table"]) == set(TABLES)
    for name, extracted, accepted, quarantined in counts.iter_rows():
        assert extracted == accepted + quarantined
        assert pl.read_parquet(both.output / "clean" / f"{name}.parquet").height == accepted


def test_a_difference_is_found(both: Both, tmp_path: Path) -> None:
    for path in both.output.rglob("*.parquet"):
        copy = tmp_path / path.relative_to(both.output)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    values = pl.read_parquet(tmp_path / "values.parquet")
    values.with_columns(value=pl.when(pl.int_range(pl.len()) == 7).then(1e9).otherwise("value")).write_parquet(
        tmp_path / "values.parquet"
    )
    requests = pl.read_parquet(tmp_path / "clean" / "service_requests.parquet")
    requests.with_columns(customer_phone=pl.lit("v1:00000000:0")).write_parquet(tmp_path / "clean" / "service_requests.parquet")
    found = {each.name: each for each in compare_full(both.lake, QUARTER, tmp_path) if each.different}
    assert found.keys() == {"values", "clean service_requests"}
    assert found["values"].different == 1
    assert found["clean service_requests"].examples == ("column customer_phone_token",)


def test_the_contract_has_no_other_rule() -> None:
    for name, table in TABLES.items():
        delivered = handwritten_full.Delivered(table, Path(f"{name}.parquet"), 0, frozenset(), is_typed=True)
        by_hand = {(rule, column) for rule, column, *_ in handwritten_full.row_rules(delivered)}
        of_two_tables = ("foreign_key", "score_outside_scale", "day_has_single_calls")
        elsewhere = {(rule, column) for rule, column in table.rules if rule in of_two_tables}
        assert by_hand | elsewhere == set(table.rules), name
