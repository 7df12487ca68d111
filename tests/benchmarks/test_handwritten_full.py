"""The hand-written peer and the pipeline on the same small delivery, faulty rows included: everything both give agrees.

A benchmark is fair only as long as this holds.
"""

from __future__ import annotations

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


@dataclass(frozen=True)
class Both:
    lake: Lake
    output: Path
    agreements: dict[str, Agreement]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    folder = tmp_path_factory.mktemp("both")
    write_sample(folder / "landing", [QUARTER], REQUESTS, SEED, file_format="parquet")
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
    assert {"unanswered_call_with_answer_time", "resolved_before_requested"} <= rules


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
        elsewhere = {(rule, column) for rule, column in table.rules if rule in ("foreign_key", "score_outside_scale")}
        assert by_hand | elsewhere == set(table.rules), name
