"""The anonymity of a published quarter, counted anew from its files, and the check that stops a publication without it."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from schemas.expectations.privacy import GENERALISED, RECORD_TABLES, SUPPRESSED, WITHHELD, identifying_columns

from .conftest import Published
from .lakes import current, published_contents
from .landing import QUARTER

pytestmark = pytest.mark.xdist_group("orchestration_materialize")

PARTITION = "2025-01-01"


def table(lake: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(current(lake, QUARTER) / f"{name}.parquet")


@pytest.mark.parametrize("name", sorted(RECORD_TABLES))
def test_published_records_are_anonymous_and_complete(published: Published, name: str) -> None:
    declared, records = RECORD_TABLES[name], table(published.lake, name)
    assert {*declared.within, *declared.quasi_identifiers, *declared.sensitive, *declared.follows} <= set(records.columns)
    assert not identifying_columns() & set(records.columns)
    classes = records.group_by(*declared.within, *declared.quasi_identifiers).len()
    assert classes.filter(pl.col("len") < 5).is_empty()
    given_up = sum((pl.col(column) == WITHHELD).cast(pl.Int32) for column in declared.quasi_identifiers)
    assert records.select(given_up.fill_null(0)).to_series().to_list() == records[GENERALISED].to_list()
    assert records[SUPPRESSED].to_list() == (records[GENERALISED] == len(declared.quasi_identifiers)).to_list()


def test_the_statement_adds_up_to_the_requests_of_the_quarter(published: Published) -> None:
    # The landing folder holds 14 requests of the quarter, all in scope.
    statement = table(published.lake, "anonymity").filter(pl.col("table") == "fct_service_requests")
    row = statement.row(0, named=True)
    assert statement.height == 1
    assert row["rows"] + row["left_out"] == 14
    assert row["rows"] == table(published.lake, "fct_service_requests").height
    assert (row["k_required"], row["gbt_42460_level"], row["is_kept"]) == (5, 3, True)


def test_flags_of_the_published_records_count_what_the_indicators_count(published: Published) -> None:
    records = table(published.lake, "fct_service_requests")
    value = table(published.lake, "indicator_values").row(
        by_predicate=(pl.col("indicator_id") == "O1-1") & (pl.col("period") == QUARTER) & (pl.col("scope_type") == "enterprise"),
        named=True,
    )
    assert (records["is_first_contact_resolution"].sum(), records.height) == (value["numerator"], value["denominator"])


def test_every_published_table_is_spoken_of(published: Published) -> None:
    names = {path.stem for path in current(published.lake, QUARTER).glob("*.parquet")} | {"released layer"}
    assert set(table(published.lake, "anonymity")["table"]) | set(RECORD_TABLES) == names - {
        "anonymity",
        "privacy_scan",
    }


def test_a_table_that_lost_its_anonymity_is_not_published(
    published: Published, lake_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.definitions import defs

    path = current(lake_copy, QUARTER) / "fct_service_requests.parquet"
    records = pl.read_parquet(path)
    path.unlink()
    records.with_columns(requested_month=pl.format("m{}", pl.int_range(pl.len()))).write_parquet(path)
    before = published_contents(lake_copy)
    monkeypatch.setenv("ASQ_LANDING", str(published.landing))
    monkeypatch.setenv("ASQ_LAKE", str(lake_copy))
    with dg.DagsterInstance.ephemeral() as instance:
        result = defs.resolve_implicit_global_asset_job_def().execute_in_process(
            partition_key=PARTITION,
            instance=instance,
            asset_selection=[
                dg.AssetKey(name.split("/")) for name in ("anonymity", "report/quarterly_report", "report/publication")
            ],
            raise_on_error=False,
        )
    assert not result.success
    (check,) = result.get_asset_check_evaluations()
    assert (check.check_name, check.passed, check.metadata["broken"].value) == (
        "k_anonymous",
        False,
        ["fct_service_requests"],
    )
    assert published_contents(lake_copy) == before
