"""A small folder made by hand: the released tables of a run, as the report stage finds them.

Three enterprises: ``E1`` with every kind of value, ``A/B <b>`` whose id is hostile to pages and file systems, ``Z0``
without any data. The figures that tests check are written out in ``HAND_MADE``; the rest only fills the page.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from report_run.accounts import (
    acceptance_table,
    accounting_by_enterprise_table,
    anonymity_table,
    cleaning_counts_table,
    coverage_table,
    quarantine_counts_table,
    row_accounting_table,
    run_info_table,
    scorecard_table,
    source_rows_table,
)
from report_run.changes import score_change_parts_table, score_changes_table
from report_run.names import EMPTY, ENTERPRISES, HOSTILE, PERSONAL, QUARTER, REPO, RUN_ID, SEEDS
from report_run.outliers import outlier_counts_table, outlier_effects_table
from report_run.rules import NO_RECORD, rule_results_table
from report_run.scores import SCORE_SCHEMA, judgements_table, rounds_table, score_rows, weights_table
from report_run.surveys import SURVEY_ROUND, respondents_table
from report_run.values import VALUE_SCHEMA, value_rows, variants_table

__all__ = [
    "EMPTY",
    "ENTERPRISES",
    "HOSTILE",
    "NO_RECORD",
    "PERSONAL",
    "QUARTER",
    "REPO",
    "RUN_ID",
    "SEEDS",
    "write_run",
]


def write_run(folder: Path, run_id: str = RUN_ID) -> Path:
    """Write every table that reports read into ``folder``; published tables are sorted by id, as the pipeline's are."""
    folder.mkdir(parents=True, exist_ok=True)
    catalogue = pl.read_csv(
        SEEDS / "indicator_catalogue.csv",
        schema_overrides={"catalogue_version": pl.String, "valid_from": pl.Date, "valid_to": pl.Date},
    ).with_columns(pl.col("requirement", "acceptable", "objective", "unit_divisor", "multiplier").cast(pl.Float64))
    nodes = pl.read_csv(SEEDS / "evaluation_nodes.csv")
    rules = pl.read_csv(SEEDS / "process_rules.csv")
    values = [row for enterprise in ENTERPRISES for row in value_rows(enterprise, catalogue, run_id)]
    tables = {
        "indicator_catalogue": catalogue.sort("indicator_id"),
        "evaluation_nodes": nodes.sort("node_id"),
        "indicator_values": pl.DataFrame(values, schema=VALUE_SCHEMA),
        "indicator_variants": variants_table(run_id),
        "scores": pl.DataFrame(
            [row for enterprise in ENTERPRISES for row in score_rows(enterprise, catalogue, nodes, values, run_id)],
            schema=SCORE_SCHEMA,
        ),
        "score_changes": score_changes_table(),
        "score_change_parts": score_change_parts_table(),
        "weights": weights_table(nodes, run_id),
        "returned_judgements": judgements_table(run_id),
        "weight_rounds": rounds_table(run_id),
        "row_accounting_by_enterprise": accounting_by_enterprise_table(run_id),
        "row_accounting": row_accounting_table(run_id),
        "quarantine_counts": quarantine_counts_table(run_id),
        "cleaning_counts": cleaning_counts_table(run_id),
        "run_info": run_info_table(run_id),
        "mart_period_coverage": coverage_table(),
        "mart_source_rows": source_rows_table(),
        "data_quality": scorecard_table(run_id),
        "acceptance_results": acceptance_table(run_id),
        "process_rules": rules,
        "rule_results": rule_results_table(rules, run_id),
        "mart_survey_respondents": respondents_table(),
        "anonymity": anonymity_table(run_id),
        "survey_validity": pl.DataFrame([SURVEY_ROUND | {"withheld": None, "run_id": run_id}]),
        "outlier_counts": outlier_counts_table(),
        "outlier_effects": outlier_effects_table(),
    }
    for name, table in tables.items():
        table.write_parquet(folder / f"{name}.parquet")
    return folder
