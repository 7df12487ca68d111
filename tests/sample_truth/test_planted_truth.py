"""The sample evaluated by a real run, against what its generator planted: values, refused rows and personal data.

The planted values are counted by the generator in plain Python straight from the rulings; nothing of the marts is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import pytest
from runs import MODEL_LIBRARIES, TABLE_LIBRARIES, first_environment, slow_imports

from pipeline.calendar.quarters import Quarter, quarter_range
from pipeline.lake.layout import Lake
from pipeline.marts.lineage import marts_lineage
from pipeline.sample import SampleTruth, planted_personal_data, write_sample
from pipeline.sample.defects import LINE_RULES
from pipeline.sample.doubts import ON_ONE_DEVICE, SPEEDERS, STRAIGHT_LINERS
from pipeline.settings.sources import load_sources
from pipeline.validate.refused import export_refused
from schemas.contract import TABLES
from schemas.expectations.privacy import RECORD_TABLES, WITHHELD

pytestmark = pytest.mark.xdist_group("sample_truth")

QUARTER = Quarter.parse("2025-Q1")
QUARTERS = quarter_range("2023-Q1..2025-Q1")
REQUESTS, SEED = 450, 7
# Great Expectations runs in a process of its own; dbt only compiles, once per version of the project.
NEVER_IMPORTED = {"dagster_dbt", "dbt", "great_expectations", *MODEL_LIBRARIES}
# Which analyses a run does is not in the data, so the generator cannot know it.
UNKNOWN_TO_THE_GENERATOR = ("I2-3",)


@dataclass(frozen=True)
class Evaluated:
    truth: SampleTruth
    lake: Path
    output: str
    imported: set[str]

    def query(self, sql: str) -> pl.DataFrame:
        with duckdb.connect(str(self.lake / "analyst.duckdb"), read_only=True) as connection:
            return connection.sql(sql).pl()


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Evaluated:
    folder = tmp_path_factory.mktemp("sample")
    truth = write_sample(folder / "landing", QUARTERS, REQUESTS, SEED, truth=True)
    # Compiled before, as for every run but the first of a version.
    marts_lineage()
    places = ("--landing", folder / "landing", "--lake", folder / "lake")
    run, imported = slow_imports("run", QUARTER.label, *places, environment=first_environment(folder))
    return Evaluated(truth, folder / "lake", run.stdout + run.stderr, imported)


def test_every_indicator_has_the_planted_value(evaluated: Evaluated) -> None:
    assert evaluated.truth.indicators is not None
    planted = evaluated.truth.indicators.filter(
        (pl.col("quarter") == QUARTER.label) & ~pl.col("indicator_id").is_in(UNKNOWN_TO_THE_GENERATOR)
    )
    found = evaluated.query(
        "select enterprise_id, period as quarter, indicator_id, value as found from indicator_values "
        "where scope_type = 'enterprise'"
    )
    both = planted.join(found, on=["enterprise_id", "quarter", "indicator_id"], how="left")
    assert both.height == 3 * 67
    assert both["value"].is_not_null().sum() > 180
    assert both.filter(pl.col("value").is_null() != pl.col("found").is_null()).is_empty()
    measured = both.drop_nulls("value")
    apart = measured.filter((pl.col("value") - pl.col("found")).abs() > 1e-9 * pl.max_horizontal(1.0, pl.col("value").abs()))
    assert apart.is_empty(), apart


def refused_by_a_run(defects: pl.DataFrame) -> pl.DataFrame:
    """The planted faults that a run of the quarter meets: its own, and of the whole delivery those of rows without a date."""
    dates = [f"{table.name}.{table.dated_by[0]}" for table in TABLES.values() if len(table.dated_by) == 1]
    # An answer has the date of its response, so its key is needed; a line of the wrong length has nothing.
    dates += ["survey_answers.enterprise_id", "survey_answers.response_id"]
    of_events = [table.name for table in TABLES.values() if table.has_quarters]
    lacks_date = pl.col("rule").is_in(["type", "required", "foreign_key"]) & pl.format("{}.{}", "table", "column").is_in(dates)
    return defects.with_columns(
        is_undated=pl.col("table").is_in(of_events) & (pl.col("rule").is_in(LINE_RULES) | lacks_date)
    ).filter((pl.col("quarter") == QUARTER.label) | pl.col("is_undated"))


def undated_of_others(evaluated: Evaluated) -> pl.DataFrame:
    """How many rows of each table another quarter was meant to have, had they a date."""
    met = refused_by_a_run(evaluated.truth.defects).filter(pl.col("quarter") != QUARTER.label)
    return met.group_by("table").agg(others=pl.struct("origin_file", "origin_row").n_unique())


def test_every_doubtful_survey_response_is_flagged_and_still_counts(evaluated: Evaluated) -> None:
    assert evaluated.truth.surveys is not None
    planted = evaluated.truth.surveys.filter(pl.col("quarter") == QUARTER.label)
    assert planted.height == 3
    assert (planted["straight_liners"] >= STRAIGHT_LINERS).all()
    assert (planted["speeders"] >= SPEEDERS).all()
    assert (planted["shared_devices"] >= ON_ONE_DEVICE).all()
    found = evaluated.query(
        "select enterprise_id, quarter, survey_id, responses - repeated_complete as accepted, "
        "complete - repeated_complete as complete, straight_liners, speeders, duplicate_devices as shared_devices, "
        "flagged - repeated_complete as flagged, valid, counted from survey_validity"
    )
    assert found.drop("counted").sort("enterprise_id").equals(planted.sort("enterprise_id"))
    # A flag excludes nobody. Second responses are kept, flagged and not counted; they are no planted defects.
    assert (found["counted"] == found["complete"]).all()
    again = evaluated.query("select count(*) as n from cleaning_log where rule = 'duplicate_survey_response'")["n"].item()
    repeated = evaluated.query("select sum(repeated_complete)::bigint as n from survey_validity")["n"].item()
    assert repeated <= again
    assert "duplicate_survey_response" not in set(evaluated.truth.defects["rule"])


def test_every_planted_defect_is_refused_by_its_rule_and_nothing_is_lost(evaluated: Evaluated) -> None:
    where = ["table", "origin_file", "origin_row"]
    planted = refused_by_a_run(evaluated.truth.defects)
    found = evaluated.query("select * from quarantine")
    # Every rule has its planted case in tests/unit/sample; a small quarter holds some of each family
    assert planted["rule"].n_unique() >= 15
    assert planted.join(found, on=[*where, "rule"], how="anti").is_empty()
    # No clean row is refused: every row in quarantine was planted
    assert found.join(planted, on=where, how="anti").is_empty()
    accounts = evaluated.query("select * from row_accounting")
    assert (accounts["extracted"] == accounts["accepted"] + accounts["quarantined"]).all()
    planned = evaluated.truth.rows.filter(pl.col("quarter") == QUARTER.label)
    both = planned.join(accounts, on=["table", "quarter"], how="inner", suffix="_found").join(
        undated_of_others(evaluated), on="table", how="left"
    )
    assert both.height == 29
    others = both["others"].fill_null(0)
    assert others.sum() > 100
    assert (both["extracted"] + others == both["extracted_found"]).all()
    assert (both["quarantined"] + others == both["quarantined_found"]).all()
    assert (both["accepted"] == both["accepted_found"]).all()
    undated = planted.filter("is_undated").group_by("table").agg(planted=pl.struct("origin_file", "origin_row").n_unique())
    accounted = accounts.join(undated, on="table", how="left")
    assert (accounted["undated"] == accounted["planted"].fill_null(0)).all()


def test_the_cleaning_log_holds_every_planted_defect_once_and_every_row_is_reconciled(evaluated: Evaluated) -> None:
    where = ["table", "origin_file", "origin_row", "rule"]
    planted = refused_by_a_run(evaluated.truth.defects)
    log = evaluated.query("select * from cleaning_log where action in ('refused', 'deduplicated')")
    found = planted.join(log.group_by(where).agg(pl.len().alias("entries")), on=where, how="left")
    assert found["entries"].to_list() == [1] * planted.height
    assert log["author"].unique().to_list() == ["rule"]
    steps = evaluated.query("select * from row_reconciliation order by place")
    assert steps["table"].n_unique() == 30
    planned = evaluated.truth.rows.filter(pl.col("quarter") == QUARTER.label).join(
        undated_of_others(evaluated), on="table", how="left"
    )
    undated = pl.col("others").fill_null(0)
    both = planned.select("table", pl.col("extracted") + undated, pl.col("quarantined") + undated)
    for table, extracted, quarantined in both.iter_rows():
        own = steps.filter(pl.col("table") == table)
        stocks = dict(own.filter("is_stock").select("step", "rows").iter_rows())
        refused = int(own.filter(pl.col("step") == "refused")["rows"].sum())
        assert (stocks["extracted"], -refused) == (extracted, quarantined), table
        assert stocks["accepted"] == stocks["clean"] == extracted - quarantined
        assert stocks["counted"] == stocks["clean"] + int(own.filter(pl.col("step") == "not counted")["rows"].sum())


def test_every_planted_defect_can_be_taken_out_with_its_rule(evaluated: Evaluated, tmp_path: Path) -> None:
    landing = evaluated.lake.with_name("landing")
    files = export_refused(list(TABLES.values()), QUARTER, Lake(evaluated.lake), landing, load_sources(None), tmp_path)
    found = pl.concat(
        pl.read_csv(file.path, infer_schema=False).select(
            table=pl.lit(file.table),
            origin_file="refused_file",
            origin_row=pl.col("refused_row").cast(pl.Int64),
            why="refused_for",
        )
        for file in files
    )
    planted = refused_by_a_run(evaluated.truth.defects)
    both = planted.join(found, on=["table", "origin_file", "origin_row"], how="full", coalesce=True)
    assert both["why"].null_count() == both["rule"].null_count() == 0
    named = [rule in why for rule, why in both.select("rule", "why").iter_rows()]
    assert all(named)
    assert len(named) > 50


def test_no_planted_personal_data_leave_the_desensitize_stage(evaluated: Evaluated) -> None:
    planted = planted_personal_data(QUARTERS, REQUESTS, SEED)
    kinds = ["phone", "id_number", "address", "email", "plate", "device", "bank_card"]
    values = planted.filter(pl.col("kind").is_in(kinds))["value"].unique()
    # Each kind really is planted, and the raw zone really holds it: the search below can find something
    raw = _texts(evaluated.lake / "raw")
    assert values.len() > 1000
    assert _found(values, raw) > 1000
    published = [evaluated.lake / "clean", evaluated.lake / "quarantine", evaluated.lake / "published"]
    everything = "\n".join([evaluated.output, *(_texts(folder) for folder in published)])
    assert _found(values, everything) == 0


@pytest.mark.parametrize("name", sorted(RECORD_TABLES))
def test_published_records_are_anonymous_and_add_up(evaluated: Evaluated, name: str) -> None:
    """Counted anew from the published file and from the clean records, by the limits of a plan that sets none."""
    lake, declared = Lake(evaluated.lake), RECORD_TABLES[name]
    folder = lake.analyst(QUARTER)
    records = pl.read_parquet(folder / f"{name}.parquet")
    classes = records.group_by(*declared.within, *declared.quasi_identifiers).agg(
        pl.len().alias("rows"),
        *(pl.col(column).filter(pl.col(column) != WITHHELD).drop_nulls().n_unique() for column in declared.sensitive),
    )
    assert classes.filter(pl.col("rows") < 5).is_empty()
    for column in declared.sensitive:
        assert classes.filter(pl.col(column) == 1).is_empty()
    clean = pl.read_parquet(lake.partition("clean", name.removeprefix("fct_"), QUARTER))
    if name == "fct_service_requests":
        clean = clean.filter(pl.col("merged_into").is_null() & ~pl.col("is_test").fill_null(False))
    statement = pl.read_parquet(folder / "anonymity.parquet").filter(pl.col("table") == name)
    assert statement["rows"].sum() + statement["left_out"].sum() == clean.height
    assert statement["rows"].sum() == records.height
    came = dict(clean["enterprise_id"].value_counts().iter_rows())
    assert all(came[row["enterprise_id"]] < 5 and row["rows"] == 0 for row in statement.iter_rows(named=True) if row["left_out"])


def test_a_run_and_its_report_import_what_they_need(evaluated: Evaluated, tmp_path: Path) -> None:
    """An import that nobody needs is paid for by every run."""
    assert "dagster" in evaluated.imported
    assert evaluated.imported.isdisjoint(NEVER_IMPORTED)
    _, imported = slow_imports("report", QUARTER.label, "--lake", evaluated.lake, environment=first_environment(tmp_path))
    assert imported <= TABLE_LIBRARIES | {"jinja2"}


def _found(values: pl.Series, text: str) -> int:
    return sum(value in text for value in values)


def _texts(folder: Path) -> str:
    """All text that the Parquet and HTML files of a folder hold."""
    pieces = [path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.html"))]
    for path in sorted(folder.rglob("*.parquet")):
        frame = pl.read_parquet(path)
        for name, kind in frame.schema.items():
            if kind == pl.String:
                pieces.append("\n".join(frame[name].drop_nulls().unique().to_list()))
    return "\n".join(pieces)


def _clean(evaluated: Evaluated, table: str) -> str:
    return f"read_parquet('{evaluated.lake}/clean/{table}/quarter=*/*.parquet', hive_partitioning = false)"


_COUNTED = "merged_into is null and not coalesce(is_test, false) and quarter = '2025-Q1'"


def test_months_are_those_of_the_records(evaluated: Evaluated) -> None:
    """P5-1 by month and region, counted from the clean requests."""
    expected = evaluated.query(
        f"""
        select enterprise_id, strftime(requested_at, '%Y-%m') as month, region_code, avg(coalesce(personalised_plan, false)::int)
        from {_clean(evaluated, "service_requests")}
        where {_COUNTED} and region_code is not null
        group by all order by all
        """
    )
    found = evaluated.query(
        "select enterprise_id, month, scope_id, value from indicator_months "
        "where indicator_id = 'P5-1' and scope_type = 'region' and quarter = '2025-Q1' order by all"
    )
    assert found.height > 3
    assert found.rows() == [(*place, pytest.approx(value)) for *place, value in expected.iter_rows()]


def test_correlations_are_scipy_s_on_the_records(evaluated: Evaluated) -> None:
    from scipy import stats

    rows = evaluated.query(
        f"""
        with requests as (
            from {_clean(evaluated, "service_requests")} where {_COUNTED} and responded_at is not null
        ),
        responses as (
            from {_clean(evaluated, "survey_responses")} where is_complete and quarter <= '2025-Q1'
            qualify row_number() over (
                partition by enterprise_id, customer_id, survey_id order by submitted_at, _origin_file, _origin_row
            ) = 1
        ),
        questions as (
            select distinct survey_id, question_id, scale_min, scale_max - scale_min as steps
            from {_clean(evaluated, "survey_questions")}
            where measures = 'O2-1' and survey_type <> 'mystery' and quarter = '2025-Q1'
        )
        select enterprise_id, ln(1 + epoch(responded_at - requested_at)) as x, avg((score - scale_min) * 100 / steps) as y
        from requests
        join responses using (enterprise_id, request_id)
        join {_clean(evaluated, "survey_answers")} using (enterprise_id, response_id)
        join questions using (survey_id, question_id)
        where score is not null
        group by enterprise_id, request_id, responded_at, requested_at
        """
    )
    found = evaluated.query(
        "select enterprise_id, method, n, estimate from analysis_correlation "
        "where unit = 'requests' and level <> 'pooled_within' and period = '2025-Q1'"
    )
    assert rows.height > 60
    for (enterprise,), own in [(("(all)",), rows), *rows.group_by("enterprise_id")]:
        of_own = {row["method"]: row for row in found.filter(enterprise_id=enterprise).iter_rows(named=True)}
        assert {row["n"] for row in of_own.values()} == {own.height}
        if own.height >= 30:
            assert of_own["pearson"]["estimate"] == pytest.approx(stats.pearsonr(own["x"], own["y"]).statistic, abs=1e-6)
            assert of_own["spearman"]["estimate"] == pytest.approx(stats.spearmanr(own["x"], own["y"]).statistic, abs=5e-3)


def test_staff_are_correlated_as_people(evaluated: Evaluated) -> None:
    """Certified days are counted day by day here."""
    people = evaluated.query(
        f"""
        with days as (
            select
                enterprise_id, staff_id,
                avg(
                    (
                        coalesce(certificate_valid_from, certificate_valid_until) is not null
                        and coalesce(certificate_valid_from <= date_day, true)
                        and coalesce(date_day <= certificate_valid_until, true)
                    )::int
                ) as certified
            from {_clean(evaluated, "staff")}
            join dim_calendar on date_day between '2025-01-01' and '2025-03-31' and is_workday
            where quarter = '2025-Q1' and is_service_staff and requires_certificate
                and hired_on <= date_day and coalesce(date_day < left_on, true)
                and coalesce(valid_from <= date_day, true) and coalesce(date_day < valid_to, true)
            group by all
        )
        select enterprise_id, certified, numerator / denominator as solved
        from days
        join (select *, scope_id as staff_id from mart_indicator_inputs) as inputs using (enterprise_id, staff_id)
        where scope_type = 'staff' and indicator_id = 'O1-1' and variant = '' and inputs.quarter = '2025-Q1' and denominator > 0
        """
    )
    sums = evaluated.query("from mart_pair_moments where unit = 'staff' and quarter = '2025-Q1' order by enterprise_id")
    expected = (
        people.group_by("enterprise_id")
        .agg(pl.len(), pl.col("certified").sum(), solved=(pl.col("certified") * pl.col("solved")).sum())
        .sort("enterprise_id")
    )
    assert sums["n"].sum() > 5
    assert sums.select("enterprise_id", "n").rows() == expected.select("enterprise_id", "len").rows()
    for name, counted in (("sum_x", "certified"), ("sum_xy", "solved")):
        assert sums[name].cast(pl.Float64).to_list() == pytest.approx(expected[counted].to_list(), abs=1e-4)
