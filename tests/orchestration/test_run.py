"""``asq run`` as a user meets it: what it prints, what it leaves to be read, and how it refuses."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result
from runs import Finished, asq_here, environment

from pipeline.cli import main
from pipeline.flow import NAMES
from schemas.contract import TABLES
from schemas.expectations.release import released_columns, released_tables

from .conftest import Published
from .lakes import contents, current, leftovers, published_contents
from .landing import EVENT_TABLES, NEXT_QUARTER, QUARTER, REFUSED_CALL

pytestmark = pytest.mark.xdist_group("orchestration_run")

# The columns a reader may count on, as the documentation of the published tables names them.
_VERSIONS = ("standard_edition", "catalogue_version", "weights_version", "data_as_of", "run_id")
_PLACE = ("enterprise_id", "period", "scope_type", "scope_id", "indicator_id")
PUBLISHED_COLUMNS = {
    "indicator_values": (
        *_PLACE, "window_kind", "value", "numerator", "denominator", "sample_size", "ci_low", "ci_high", "ci_method",
        "within_limit_rate", "status", "status_reason", "is_provisional", "provisional_reason", "requirement",
        "acceptable", "objective", "is_met", "is_objective_met", "is_distinguishable", "score", "previous_value", "part",
        "quarters_covered", "quarters_expected", *_VERSIONS,
    ),
    "indicator_variants": (
        *_PLACE, "variant", "value", "numerator", "denominator", "sample_size", "ci_low", "ci_high",
        "within_limit_rate", "run_id",
    ),
    "scores": (
        "enterprise_id", "period", "level", "node_id", "parent_id", "weight", "score", "lost_points", "scored_coverage",
        "is_provisional", "flags", "total_min", "total_max", *_VERSIONS,
    ),
    "score_changes": (
        "enterprise_id", "period", "against", "compared_period", "level", "node_id", "parent_id", "score_before", "score",
        "change", "value_points", "weight_points", "entry_points", "exit_points", "status", "weights_version_before",
        "catalogue_version_before", "run_id",
    ),
    "score_change_parts": (
        "enterprise_id", "period", "against", "compared_period", "node_id", "indicator_id", "membership", "weight_before",
        "weight", "score_before", "score", "value_points", "weight_points", "membership_points", "change_points", "run_id",
    ),
    "analysis_plan": (
        "enterprise_id", "period", "analysis_id", "method_id", "is_planned", "is_counted", "reason", "run_id",
    ),
    "analysis_runs": (
        "enterprise_id", "quarter", "analysis_id", "method_id", "status", "reason", "periods", "rows", "findings", "card_id",
        "run_id",
    ),
    "model_cards": (
        "analysis_id", "card_id", "method_id", "purpose", "method", "source", "inputs", "assumptions", "limits", "owner_role",
        "is_validated", "validation", "validated_against", "validated_on", "metric", "metric_value", "run_id",
    ),
    "analysis_comparison": (
        "enterprise_id", "period", "against", "compared_period", "scope_type", "scope_id", "indicator_id", "value_before",
        "value", "difference", "difference_low", "difference_high", "p_value", "q_value", "finding", "status", "run_id",
    ),
    "analysis_contributions": (
        "enterprise_id", "period", "against", "compared_period", "indicator_id", "dimension", "member", "change",
        "denominator_before", "denominator", "value_before", "value", "rate_effect", "rate_effect_low", "rate_effect_high",
        "p_value", "q_value", "mix_effect", "effect", "rank", "is_simpson", "status", "run_id",
    ),
    "analysis_overlaps": (
        "quarter", "indicator_a", "indicator_b", "correlation", "n", "global_weight", "status", "run_id",
    ),
    "analysis_robustness": (
        "enterprise_id", "period", "level", "node_id", "source", "score", "score_median", "score_low", "score_high",
        "score_sd", "grade", "grade_changed_share", "rank", "rank_low", "rank_high", "rank_changed_share", "ranked",
        "draws", "seed", "status", "run_id",
    ),
    "analysis_sensitivity": (
        "enterprise_id", "period", "source_kind", "source", "first_order", "first_order_low", "first_order_high",
        "total_order", "total_order_low", "total_order_high", "score_variance", "draws", "seed", "status", "run_id",
    ),
    "analysis_benchmarks": (
        "enterprise_id", "period", "indicator_id", "scope", "source", "source_date", "licence", "note", "benchmark", "benchmark_n",
        "value", "gap", "gap_low", "gap_high", "p_value", "q_value", "is_old", "finding", "status", "run_id",
    ),
    "analysis_league": (
        "enterprise_id", "period", "indicator_id", "dimension", "member", "n", "value", "ci_low", "ci_high", "rank", "rank_low",
        "rank_high", "difference", "difference_low", "difference_high", "p_value", "q_value", "limit_low_95", "limit_high_95",
        "limit_low_998", "limit_high_998", "limits_method", "dispersion", "flag", "finding", "status", "run_id",
    ),
    "analysis_pareto": (
        "enterprise_id", "period", "kind", "class", "cases", "share", "share_low", "share_high", "rank", "cumulative_share",
        "is_vital_few", "status", "compared_period", "cases_before", "share_before", "change", "change_low", "change_high",
        "p_value", "q_value", "finding", "change_status", "run_id",
    ),
    "analysis_root_causes": (
        "enterprise_id", "period", "indicator_id", "total_value", "requirement", "shortfall", "dimension", "member", "n",
        "value", "case_share", "shortfall_share", "difference", "difference_low", "difference_high", "lost", "p_value",
        "q_value", "finding", "rank", "indicator_finding", "status", "run_id",
    ),
    "analysis_cause_records": (
        "enterprise_id", "period", "indicator_id", "method", "record", "value", "requirement", "is_met", "dimension",
        "member", "category", "problem", "cause", "why_1", "why_2", "why_3", "why_4", "why_5", "root_cause", "evidence",
        "measure", "owner_role", "due_date", "status", "run_id",
    ),
    "analysis_trends": (
        "enterprise_id", "period", "level", "node_id", "quarter", "score", "score_low", "score_high", "value", "ci_low", "ci_high",
        "n", "requirement", "is_provisional", "weights_version", "catalogue_version", "status", "run_id",
    ),
    "weights": (
        "weights_version", "parent_id", "node_id", "weight_raw", "weight", "consistency_ratio", "experts", "method",
        "random_index", "kendalls_w", "aip_weight", "consistency_index", "dispersion", "run_id",
    ),
    "weight_judgements": (
        "weights_version", "expert_id", "round", "parent_id", "method", "lambda_max", "consistency_index", "random_index",
        "random_index_name", "consistency_ratio", "is_accepted", "is_counted", "reason", "run_id",
    ),
    "weight_rounds": (
        "weights_version", "parent_id", "round", "experts", "returned", "items", "kendalls_w", "chi_square", "p_value",
        "run_id",
    ),
    "acceptance_results": (
        "enterprise_id", "quarter", "table", "check", "title_zh", "clause", "unit", "value", "detail", "expected", "required",
        "verdict", "reason", "author", "run_id",
    ),
    "data_quality": (
        "enterprise_id", "quarter", "table", "extracted", "accepted", "quarantined", "completeness", "validity",
        "consistency", "uniqueness", "timeliness", "filled_rate", "last_record_on", "run_id",
    ),
    "data_quality_rules": ("enterprise_id", "quarter", "table", "dimension", "rule", "rows", "run_id"),
    "row_accounting_by_enterprise": (
        "table", "quarter", "enterprise_id", "extracted", "accepted", "quarantined", "run_id",
    ),
    "row_accounting": ("table", "quarter", "extracted", "accepted", "quarantined", "resolved", "delivered", "run_id"),
    "quarantine": (
        "table", "quarter", "origin_file", "origin_row", "row_key", "rule", "column", "value_masked", "_row_id",
        "enterprise_id", "run_id",
    ),
    "cleaning_log": (
        "table", "quarter", "enterprise_id", "origin_file", "origin_row", "_row_id", "row_key", "step", "action", "rule",
        "column", "before_masked", "after_masked", "rows", "counted_over", "reason", "author", "run_id",
    ),
    "row_reconciliation": ("table", "quarter", "place", "step", "rule", "rows", "is_stock", "run_id"),
    "run_info": ("key", "value", "label_zh", "value_zh", "enterprise_id", "quarter", "run_id"),
    "rule_results": ("enterprise_id", "period", "rule_id", "result", "evidence", "due_on", *_VERSIONS),
    "outliers": (
        "enterprise_id", "quarter", "table", "row_key", "measure", "group", "value", "n", "mean", "sd", "z", "z_log", "z_mad",
        "flags", "needs_review", "decision", "reviewer", "reviewed_on", "reason", "run_id",
    ),
    "outlier_groups": (
        "enterprise_id", "quarter", "table", "measure", "group", "n", "mean", "sd", "median", "mad", "too_small", "flagged_z",
        "flagged_z_log", "flagged_z_mad", "to_review", "reviewed", "confirmed", "corrected", "excluded", "run_id",
    ),
    "outlier_decisions": (
        "enterprise_id", "quarter", "table", "row_key", "measure", "decision", "column", "corrected_value", "reason",
        "reviewer", "reviewed_on", "status", "status_reason", "run_id",
    ),
    "outlier_effects": (
        "enterprise_id", "period", "indicator_id", "value_with", "value_without", "difference", "sample_size_with",
        "sample_size_without", "score_with", "score_without", "is_met_with", "is_met_without", "is_verdict_changed", "run_id",
    ),
    "process_rules": ("rule_id", "clause", "name_zh", "requirement_zh", "requirement_en", "frequency", "method", "obligation"),
    "indicator_catalogue": ("indicator_id", "name_zh", "name_en", "clause", "requirement"),
    "evaluation_nodes": ("node_id", "level", "parent_id", "name_zh", "weight_default"),
    "parameters": ("parameter", "value", "unit", "clause"),
    "mart_period_coverage": ("enterprise_id", "period"),
    "mart_people_rows": ("enterprise_id", "quarter", "subject", "scope_type", "scope_id", "people", "row_count", "most_rows"),
    "mart_record_cells": ("enterprise_id", "quarter", "cube", "row_value", "column_value", "record_count", "most_rows"),
    "dim_enterprise": ("enterprise_id", "enterprise_name"),
    "dim_region": ("enterprise_id", "region_code", "region_name", "urbanicity"),
    "dim_outlet": ("enterprise_id", "outlet_id", "outlet_name", "region_code", "is_active"),
    "mart_counted_rows": ("enterprise_id", "table_name", "quarter", "row_count"),
    "mart_source_rows": ("enterprise_id", "table_name", "quarter", "row_count"),
    "mart_rule_evidence": ("enterprise_id", "period", "rule_id", "measure", "item", "numerator", "denominator"),
    "mart_survey_respondents": ("enterprise_id", "quarter", "scope_type", "scope_id", "respondents"),
    "fct_service_requests": (
        *("enterprise_id", "quarter", "requested_month", "region_code", "outlet_id", "channel", "service_type", "urgency"),
        *("complexity", "product_category", "product_model", "issue_class", "generalised_columns", "is_suppressed"),
    ),
    "fct_complaints": ("enterprise_id", "quarter", "received_month", "region_code", "outlet_id", "channel", "cause_class"),
    "fct_safety_incidents": ("enterprise_id", "quarter", "occurred_month", "region_code", "outlet_id", "severity"),
    "anonymity": (
        *("table", "quarter", "enterprise_id", "kind", "k_required", "k_reached", "l_required", "l_reached", "rows"),
        *("generalised", "suppressed", "left_out", "reidentification_risk", "gbt_42460_level", "is_kept", "run_id"),
    ),
    "mart_indicator_inputs": ("enterprise_id", "quarter", "scope_type", "scope_id", "indicator_id"),
    "mart_monthly_parts": ("enterprise_id", "quarter", "month", "scope_type", "scope_id", "indicator_id", "numerator", "n"),
    "mart_request_class_parts": ("enterprise_id", "quarter", "scope_type", "scope_id", "indicator_id", "numerator", "n"),
    "mart_pair_moments": ("enterprise_id", "quarter", "unit", "x_measure", "y_measure", "n", "sum_xy", "excluded"),
    "mart_pair_cells": ("enterprise_id", "quarter", "unit", "x_measure", "y_measure", "x_bin", "y_bin", "n"),
    "indicator_months": (
        "enterprise_id", "quarter", "month", "scope_type", "scope_id", "indicator_id", "value", "ci_low", "ci_high",
        "standard_deviation", "n", "status", "run_id",
    ),
    "mart_daily_demand": (
        "enterprise_id", "quarter", "requested_on", "is_workday", "day_type", "region_code", "product_category", "service_type",
        "requests", "resolved", "urgent",
    ),
    "analysis_run_charts": (
        "enterprise_id", "month", "scope_type", "scope_id", "indicator_id", "chart", "scale", "value", "n", "months", "centre_line",
        "lower_limit", "upper_limit", "signal", "status", "run_id",
    ),
    "analysis_effective_weights": (
        "enterprise_id", "period", "over", "level", "node_id", "n", "nominal_weight", "effective_weight", "correlation",
        "main_effect", "main_effect_low", "main_effect_high", "status", "run_id",
    ),
    "analysis_enterprises": (
        "enterprise_id", "period", "kind", "measure_id", "value", "ci_low", "ci_high", "n", "score", "rank", "rank_low",
        "rank_high", "ranked", "mean_of_others", "difference", "difference_low", "difference_high", "p_value", "q_value",
        "finding", "status", "run_id",
    ),
    "analysis_month_comparison": (
        "enterprise_id", "month", "against", "compared_month", "scope_type", "scope_id", "indicator_id", "n_before", "n",
        "value_before", "value", "difference", "difference_low", "difference_high", "p_value", "q_value", "finding", "status",
        "run_id",
    ),
    "analysis_descriptive": (
        *_PLACE, "n", "mean", "standard_deviation", "median", "p90", "p95", "frequency", "status", "run_id",
    ),
    "analysis_correlation": (
        "enterprise_id", "period", "level", "unit", "x_measure", "y_measure", "method", "n", "excluded", "estimate", "ci_low",
        "ci_high", "p_value", "q_value", "smallest_effect", "finding", "status", "run_id",
    ),
    "mart_period_inputs": ("enterprise_id", "period", "scope_type", "scope_id", "indicator_id"),
    "mart_duration_statistics": ("enterprise_id", "period", "indicator_id", "p50", "p90", "p95"),
    "survey_validity": (
        "enterprise_id", "quarter", "survey_id", "questions", "responses", "complete", "partial", "counted", "valid",
        "straight_liners", "speeders", "duplicate_customers", "duplicate_devices", "median_minutes", "p90_minutes",
        "online", "phone", "onsite", "response_rate", "response_rate_reason", "weighting", "weighting_reason",
        "design_effect", "effective_n", "run_id",
    ),
    "survey_weights": (
        "enterprise_id", "quarter", "survey_id", "region_code", "channel", "responses", "stratum", "weight", "method", "run_id",
    ),
    "mart_survey_validity": ("enterprise_id", "quarter", "survey_id", "responses", "counted", "flagged", "valid"),
    "mart_survey_cells": ("enterprise_id", "quarter", "survey_id", "region_code", "channel", "responses"),
    "mart_survey_scores": ("enterprise_id", "quarter", "survey_id", "indicator_id", "part", "numerator", "n", "sum_squares"),
    "mart_survey_pairs": ("enterprise_id", "period", "variant", "component", "other_component", "respondents", "sum_products"),
    "mart_survey_cell_pairs": ("enterprise_id", "quarter", "survey_id", "component", "other_component", "respondents"),
    "mart_working_day_reach": ("enterprise_id", "period", "indicator_id", "until_on"),
    "dim_calendar": ("date_day", "is_workday", "status"),
    "privacy_scan": (
        "quarter", "subject_kind", "subject", "columns_scanned", "cells_scanned", "distinct_texts", "kind", "finding_count",
        "excepted_count", "run_id",
    ),
}  # fmt: skip

# Empty here: the landing folder has no expert judgements, no surveys and no causes that people found, nobody reviewed an outlier
# (there is none), and there is no earlier publication to compare with.
_EMPTY = (
    *("weight_judgements", "weight_rounds", "survey_validity", "survey_weights"),
    *("outliers", "outlier_decisions", "outlier_effects"),
    *("score_change_parts", "analysis_comparison", "analysis_contributions", "analysis_benchmarks", "analysis_month_comparison"),
    "analysis_cause_records",
)


@pytest.fixture(scope="module")
def warehouse(published: Published) -> Iterator[duckdb.DuckDBPyConnection]:
    """What analysts see: every table of the run."""
    with duckdb.connect(str(published.lake / "analyst.duckdb"), read_only=True) as connection:
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[object, ...]]:
    return connection.execute(query).fetchall()


# --- a run that succeeds ---------------------------------------------------------------------------------------------


def test_a_run_says_how_far_it_is_what_came_out_and_where_the_report_lies(published: Published) -> None:
    finished = published.finished
    delivered = {path.name.removesuffix(".csv") for path in published.landing.iterdir()}
    # Daily totals are never missed: they stand in for calls.
    missing = ", ".join(name for name, table in TABLES.items() if name not in delivered and table.totals_of is None)
    # Requests and calls of the year before, of the quarter before and of the next one: 4 + 3, 4 + 0 and 4 + 5.
    assert (finished.returncode, finished.stderr.splitlines()) == (
        0,
        [
            f"asq: tables not delivered: {missing}",
            "asq: 20 rows belong to quarters that were not run: 2024-Q1 (7), 2024-Q4 (4), 2025-Q2 (9)",
        ],
    )
    *stages, scores, targets, management, public, acceptance = finished.stdout.splitlines()
    said = [line.removeprefix(f"{QUARTER}: ") for line in stages]
    assert said[0] == "extract"
    assert said[-1] == "published"
    # Every stage announces itself by its own name.
    assert set(said) == {*NAMES, "published"}
    order = ["extract", "validate", "desensitize", "accept", "marts", "evaluate", "release", "report", "publish", "published"]
    assert list(dict.fromkeys(stage for stage in said if stage in order)) == order
    # Requests and calls alone: 11.51 % of the weight is scored.
    assert re.match(rf"{QUARTER} E1: total not rateable; .*; coverage 11\.51%; indicators: ", scores)
    assert targets.startswith(f"{QUARTER} E1: 1 indicator is measured and not scored")
    for edition, line in (("management", management), ("public", public)):
        path = Path(line.removeprefix("report: "))
        assert path == published.lake / f"published/current/quarter={QUARTER}/report/E1/{edition}.zh.html"
        assert "<html" in path.read_text(encoding="utf-8")
    page = Path(acceptance.removeprefix("acceptance: "))
    assert page == current(published.lake, QUARTER) / "acceptance" / "index.html"
    assert "结论：可以验收" in page.read_text(encoding="utf-8")


def test_a_run_leaves_nothing_unfinished(published: Published) -> None:
    assert leftovers(published.lake) == []


def test_only_the_owner_may_look_at_personal_data(published: Published) -> None:
    modes = {stage: (published.lake / stage).stat().st_mode & 0o077 for stage in ("landing", "raw", "accepted", "quarantine")}
    assert modes == {"landing": 0, "raw": 0, "accepted": 0, "quarantine": 0}


COLUMNS = "select table_name, column_name from information_schema.columns where not starts_with(table_name, 'latest_')"


def test_the_warehouse_has_the_documented_tables_and_columns(warehouse: duckdb.DuckDBPyConnection) -> None:
    found: dict[str, set[object]] = {}
    for table, column in rows(warehouse, COLUMNS):
        found.setdefault(str(table), set()).add(column)
    assert found.keys() == PUBLISHED_COLUMNS.keys()
    lacking = {table: set(columns) - found[table] for table, columns in PUBLISHED_COLUMNS.items()}
    assert {table: columns for table, columns in lacking.items() if columns} == {}


def test_readers_see_the_declared_tables_and_columns_and_no_others(published: Published) -> None:
    with duckdb.connect(str(published.lake / "warehouse.duckdb"), read_only=True) as connection:
        found = rows(connection, COLUMNS)
        assert set(found) == {(table, column) for table in released_tables() for column in released_columns(table)}
        for table in released_tables():
            connection.execute(f"select * from {table} limit 1")


def test_the_warehouse_shows_the_report_s_run(published: Published, warehouse: duckdb.DuckDBPyConnection) -> None:
    run_id = current(published.lake, QUARTER).name
    for table in (name for name, columns in PUBLISHED_COLUMNS.items() if "run_id" in columns):
        shown = [] if table in _EMPTY else [(run_id,)]
        assert rows(warehouse, f"select distinct run_id from {table}") == shown
    assert rows(warehouse, "select value from run_info where key = 'run_id'") == [(run_id,)]
    assert rows(warehouse, "select count(*) from scores where level = 'total' and period = '2025-Q1'") == [(1,)]


def test_all_values_are_there_for_each_window(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        warehouse,
        "select period, window_kind, count(distinct indicator_id), count(*) from indicator_values "
        "where scope_type = 'enterprise' group by all order by all",
    )
    assert found == [
        ("2025-Q1", "quarter", 68, 68),
        ("2025-Q1-TTM", "trailing_year", 68, 68),
        ("2025-Q1-YTD", "year_to_date", 68, 68),
    ]


def test_no_row_is_lost(published: Published, warehouse: duckdb.DuckDBPyConnection) -> None:
    accounts = {
        table: numbers
        for table, *numbers in rows(
            warehouse, 'select "table", extracted, accepted, quarantined, delivered, quarter from row_accounting'
        )
    }
    assert accounts.keys() == TABLES.keys()
    for table, (extracted, accepted, quarantined, _, quarter) in accounts.items():
        assert extracted == accepted + quarantined, table
        assert quarter == QUARTER
    assert {table for table, numbers in accounts.items() if numbers[3]} == {*EVENT_TABLES, "regions", "customers"}
    for table in EVENT_TABLES:
        with (published.landing / f"{table}.csv").open(encoding="utf-8", newline="") as handle:
            column = "requested_at" if table == "service_requests" else "queued_at"
            landed = sum(row[column] < "2025-04-01" and row[column] >= "2025-01-01" for row in csv.DictReader(handle))
        assert accounts[table][0] == landed
    assert accounts["hotline_calls"][:3] == [25, 24, 1]
    assert accounts["customers"][:3] == [6, 6, 0]


def test_the_refused_row_can_be_found_again(published: Published, warehouse: duckdb.DuckDBPyConnection) -> None:
    found = rows(warehouse, 'select "table", origin_file, origin_row, row_key, rule, "column", value_masked from quarantine')
    ((table, file, row, key, rule, column, value),) = found
    assert (table, rule, column, value) == ("hotline_calls", "allowed_values", "outcome", "hung_up")
    assert key == f"E1|{REFUSED_CALL}"
    # The header is row 1.
    line = (published.landing / str(file)).read_text(encoding="utf-8").splitlines()[int(str(row)) - 1]
    assert line.startswith(f"E1,{REFUSED_CALL},")


# --- a run that is refused -------------------------------------------------------------------------------------------


def refuse_calls(landing: Path) -> None:
    """Two more calls with an outcome there is not: 3 of 25 are 12 %."""
    calls = landing / "hotline_calls.csv"
    text = calls.read_text(encoding="utf-8")
    for day in ("06", "08"):
        text = re.sub(rf"(call-2025-01-{day},.*),answered,", r"\1,hung_up,", text)
    calls.write_text(text, encoding="utf-8")


def test_too_many_refused_rows_stop_the_run_and_keep_the_old_publication(landing: Path, lake_copy: Path) -> None:
    refuse_calls(landing)
    before = published_contents(lake_copy)
    warehouse = (lake_copy / "warehouse.duckdb").read_bytes()
    finished = Finished(*asq_here("run", QUARTER, "--landing", landing, "--lake", lake_copy, environment=environment()))
    assert finished.returncode == 1
    *told, message = finished.stderr.splitlines()
    assert [line.partition(":")[2].split()[0] for line in told] == ["tables", "20"], finished.stderr
    assert message.startswith(
        "asq: hotline_calls 2025-Q1: 3 of 25 rows refused (12.0%), the limit is 5.0%. "
        "3 × allowed_values on outcome (e.g. hotline_calls.csv row 8)"
    )
    assert f"{QUARTER}: published" not in finished.stdout
    assert published_contents(lake_copy) == before
    assert (lake_copy / "warehouse.duckdb").read_bytes() == warehouse
    assert leftovers(lake_copy) == []


def invoke(*arguments: str | Path) -> Result:
    """The command in this process: what it costs to load Dagster is paid once."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_a_missing_landing_folder_is_a_mistake_of_the_call(tmp_path: Path) -> None:
    result = invoke("run", QUARTER, "--landing", tmp_path / "nowhere", "--lake", tmp_path / "lake")
    assert result.exit_code == 2
    assert result.stderr == f"asq: {tmp_path}/nowhere: the landing folder does not exist\n"


def test_an_empty_landing_folder_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    result = invoke("run", QUARTER, "--landing", tmp_path / "landing", "--lake", tmp_path / "lake")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith(f"asq: {tmp_path}/landing: no table of the contract was delivered; found nothing")


def test_a_sources_file_that_is_wrong_is_explained(landing: Path, lake_copy: Path) -> None:
    (landing / "sources.yaml").write_text("tables:\n  hotline_call:\n    files: [calls.csv]\n", encoding="utf-8")
    before = published_contents(lake_copy)
    result = invoke("run", QUARTER, "--landing", landing, "--lake", lake_copy)
    assert result.exit_code == 2
    assert result.stderr.startswith("asq: sources.yaml: ")
    assert "hotline_call" in result.stderr
    assert published_contents(lake_copy) == before
    assert leftovers(lake_copy) == []


@pytest.mark.parametrize(
    ("plan", "explained"),
    [("mode: [self_assessment", "is not YAML"), ("mood: self_assessment\n", "mood")],
)
def test_a_plan_that_is_wrong_is_explained(plan: str, explained: str, landing: Path, lake_copy: Path) -> None:
    (landing / "evaluation.yaml").write_text(plan, encoding="utf-8")
    before = published_contents(lake_copy)
    result = invoke("run", QUARTER, "--landing", landing, "--lake", lake_copy)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"asq: {landing}/evaluation.yaml: ")
    assert explained in result.stderr
    assert published_contents(lake_copy) == before


@pytest.mark.parametrize("quarter", ["2025-Q5", "2025", "Q1-2025", "2025-01-01"])
def test_a_quarter_that_is_none_is_a_mistake_of_the_call(quarter: str, landing: Path, tmp_path: Path) -> None:
    result = invoke("run", quarter, "--landing", landing, "--lake", tmp_path / "lake")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"asq: '{quarter}' is not a quarter: write it like 2025-Q1\n"
    assert not (tmp_path / "lake").exists()


@pytest.mark.parametrize("option", ["--plan", "--sources"])
def test_a_file_named_in_the_call_must_be_there(option: str, landing: Path, tmp_path: Path) -> None:
    result = invoke("run", QUARTER, "--landing", landing, "--lake", tmp_path / "lake", option, tmp_path / "none.yaml")
    assert result.exit_code == 2
    assert result.stderr == f"asq: {tmp_path}/none.yaml: no such file\n"
    assert not (tmp_path / "lake").exists()


def test_places_must_be_given(landing: Path) -> None:
    result = invoke("run", QUARTER, "--landing", landing)
    assert result.exit_code == 2
    assert "--lake" in result.stderr


@pytest.mark.parametrize("character", ["*", "?", "["])
def test_a_lake_whose_path_is_a_pattern_is_refused(character: str, landing: Path, tmp_path: Path) -> None:
    """DuckDB would read the files of ``lakeAx`` as those of ``lake*x``."""
    lake = tmp_path / f"lake{character}x" / "lake"
    for command in (["run", QUARTER, "--landing", str(landing)], ["report", QUARTER]):
        result = invoke(*command, "--lake", lake)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr == (
            f"asq: {lake}: the path of a lake must not hold '{character}', which would be read as a pattern: "
            "choose another folder\n"
        )
    assert not lake.parent.exists()


# --- the other commands ----------------------------------------------------------------------------------------------


def test_report_prints_what_the_run_printed(published: Published) -> None:
    finished = Finished(*asq_here("report", QUARTER, environment=environment(ASQ_LAKE=str(published.lake))))
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.splitlines() == published.finished.stdout.splitlines()[-5:]


def test_a_report_of_a_quarter_that_was_not_published_is_refused(published: Published) -> None:
    before = contents(published.lake / "published")
    result = invoke("report", NEXT_QUARTER, "--lake", published.lake)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"asq: {NEXT_QUARTER} has not been published in this lake: run `asq run {NEXT_QUARTER}` first\n"
    assert contents(published.lake / "published") == before


def test_check_finds_nothing_wrong_with_what_was_run(published: Published) -> None:
    result = invoke("check", "--landing", published.landing)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()[-1].startswith("0 errors")


@pytest.mark.parametrize("flag", ["--help", "-h"])
@pytest.mark.parametrize("command", ["", *sorted(main.commands)])
def test_every_command_explains_itself(command: str, flag: str) -> None:
    result = invoke(*filter(None, [command]), flag)
    assert result.exit_code == 0
    assert result.stdout.startswith("Usage: ")
    listed = main.commands[command].params if command else []
    assert all(option in result.stdout for parameter in listed for option in parameter.opts if option.startswith("--"))
    assert all(name in result.stdout for name in main.commands if not command)


def test_the_commands_are_those_of_the_manual() -> None:
    assert {"run", "backfill", "sample", "check", "report"} <= main.commands.keys()
