"""The table ``anonymity``: what it says of good, broken, internal and undeclared tables of a hand-made run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder
from pipeline.release.statement import write_anonymity
from pipeline.settings.plan import PrivacyLimits
from schemas.expectations.privacy import identifying_columns

QUARTER = Quarter(2025, 1)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = RunFolder(Lake(tmp_path / "lake"), QUARTER, "run-1")
    folder.path.mkdir(parents=True)
    return folder


def complaints(*classes: tuple[str, int, tuple[str, ...]]) -> pl.DataFrame:
    """So many rows a region, their causes in turn."""
    rows = [
        ("E1", "2025-Q1", "*", region, "*", "phone", "normal", causes[number % len(causes)], 2, False)
        for region, count, causes in classes
        for number in range(count)
    ]
    names = (
        "enterprise_id",
        "quarter",
        "received_month",
        "region_code",
        "outlet_id",
        "channel",
        "urgency",
        "cause_class",
    )
    return pl.DataFrame(rows, schema=[*names, "generalised_columns", "is_suppressed"], orient="row")


def measured(run: RunFolder, tables: dict[str, pl.DataFrame], limits: PrivacyLimits) -> dict[str, dict[str, Any]]:
    for name, table in tables.items():
        table.write_parquet(run.table(name))
    statement = write_anonymity(run, tables, limits)
    assert pl.read_parquet(run.table("anonymity")).equals(statement)
    return {row["table"]: row for row in statement.iter_rows(named=True)}


def test_a_table_that_keeps_k_and_l_has_level_3(run: RunFolder) -> None:
    said = measured(run, {"fct_complaints": complaints(("A", 6, ("x", "y")), ("B", 5, ("x", "y", "z")))}, PrivacyLimits())
    row = said["fct_complaints"]
    assert (row["rows"], row["k_reached"], row["l_reached"], row["generalised"]) == (11, 5, 2, 11)
    assert (row["gbt_42460_level"], row["is_kept"], row["reidentification_risk"]) == (3, True, 0.2)


@pytest.mark.parametrize(
    ("table", "limits"),
    [
        # four rows of B
        (complaints(("A", 6, ("x", "y")), ("B", 4, ("x", "y"))), PrivacyLimits()),
        # one cause in B
        (complaints(("A", 6, ("x", "y")), ("B", 5, ("x",))), PrivacyLimits()),
        # the plan asks for ten
        (complaints(("A", 6, ("x", "y")), ("B", 5, ("x", "y"))), PrivacyLimits(k=10)),
    ],
)
def test_a_table_that_misses_k_or_l_has_level_2_and_is_not_kept(run: RunFolder, table: pl.DataFrame, limits: PrivacyLimits) -> None:
    row = measured(run, {"fct_complaints": table}, limits)["fct_complaints"]
    assert (row["gbt_42460_level"], row["is_kept"]) == (2, False)


def test_a_table_that_names_records_must_be_declared(run: RunFolder) -> None:
    said = measured(
        run,
        {
            "request_list": pl.DataFrame({"request_id": ["R1"], "customer_phone_token": ["v1:0"], "hours": [2.5]}),
            "quarantine": pl.DataFrame({"table": ["t"], "origin_file": ["f"], "origin_row": [1], "row_key": ["R1"]}),
            "scores": pl.DataFrame({"enterprise_id": ["E1"], "score": [80.0]}),
            "indicator_values": pl.DataFrame({"scope_type": ["enterprise", "staff"], "scope_id": ["E1", "S1"]}),
        },
        PrivacyLimits(),
    )
    assert {name: (row["gbt_42460_level"], row["is_kept"]) for name, row in said.items()} == {
        "request_list": (1, False),
        "quarantine": (2, True),
        "scores": (4, True),
        "indicator_values": (2, True),
        "released layer": (4, True),
    }
    assert said["request_list"]["quasi_identifiers"] == "customer_phone_token;request_id"


@pytest.mark.parametrize(("shown", "level", "is_kept"), [([5, None, 12], 4, True), ([5, 4, 12], 2, False)])
def test_the_released_layer_is_measured_on_its_files(shown: list[int | None], level: int, is_kept: bool, run: RunFolder) -> None:
    run.released.mkdir(parents=True)
    values = {"indicator_id": ["O1-1"] * 3, "sample_size": shown, "withheld": [None, "cell", None]}
    things = {"indicator_id": ["R1-3a"], "sample_size": [1], "withheld": [None]}
    schema = {"indicator_id": pl.String, "sample_size": pl.Int64, "withheld": pl.String}
    pl.concat([pl.DataFrame(rows, schema=schema) for rows in (values, things)]).write_parquet(
        run.released_table("indicator_values")
    )
    row = measured(run, {}, PrivacyLimits())["released layer"]
    least = min(count for count in shown if count is not None)
    assert (row["k_reached"], row["gbt_42460_level"], row["is_kept"], row["suppressed"]) == (least, level, is_kept, 1)
    assert row["reidentification_risk"] == 1 / least


def test_keys_of_records_people_and_tokens_identify_and_places_do_not() -> None:
    names = identifying_columns()
    assert {"request_id", "complaint_id", "response_id", "customer_id", "staff_id", "customer_phone_token"} <= names
    assert not {"enterprise_id", "region_code", "outlet_id", "question_id", "quarter"} & names
