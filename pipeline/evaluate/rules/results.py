"""Writes the published table ``rule_results``: the result of each process rule, per enterprise and period.

Gathers the run's published tables and passes them to ``register.py``; nothing is assessed here.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.working_days import working_calendar
from pipeline.evaluate.inputs import data_as_of, examined_delivery
from pipeline.evaluate.rules.facts import Case, Figure, OutlierReview, PublishedWeight, RunFacts
from pipeline.evaluate.rules.register import assess_rules
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder
from pipeline.settings.plan import EvaluationPlan
from schemas.standard.catalogue import catalogue, catalogue_version
from schemas.standard.edition import standard_edition
from schemas.standard.parameters import parameters
from schemas.standard.process_rules import process_rules
from schemas.standard.tree import nodes

SCHEMA = {
    "enterprise_id": pl.String,
    "period": pl.String,
    "rule_id": pl.String,
    "result": pl.String,
    "evidence": pl.String,
    "due_on": pl.Date,
}
# Rules are assessed for the quarter (with the year to date) and for the whole year (D-50).
_WINDOWS = ("quarter", "calendar_year")
_REVIEW_COUNTS = ("to_review", "reviewed", "confirmed", "corrected", "excluded")


def write_rule_results(lake: Lake, quarter: Quarter, run: RunFolder, plan: EvaluationPlan) -> dict[str, int]:
    """Write rule_results into the run's folder, sorted by enterprise, period and rule; returns rows per result.

    Reads mart_rule_evidence, mart_period_coverage, mart_source_rows, survey_validity, weights, row_accounting, quarantine,
    outlier_groups, cleaning_log and row_reconciliation of the run.
    """
    weights = pl.read_parquet(run.table("weights"))
    facts = _run_facts(lake, quarter, run, plan, weights)
    rules = process_rules()
    rows = [
        (case.enterprise_id, period, rule_id, finding.result, finding.evidence, finding.due_on)
        for period, case in _cases(run, facts)
        for rule_id, finding in assess_rules(rules, case).items()
    ]
    table = pl.DataFrame(rows, schema=SCHEMA, orient="row").sort("enterprise_id", "period", "rule_id")
    table = table.with_columns(
        standard_edition=pl.lit(facts.edition),
        catalogue_version=pl.lit(catalogue_version(quarter.last_day)),
        weights_version=pl.lit(weights["weights_version"].first()),
        data_as_of=pl.lit(data_as_of(lake, quarter), dtype=pl.Datetime("us")),
    )
    run.write("rule_results", table)
    return dict(table.group_by("result").len().sort("result").iter_rows())


def _run_facts(lake: Lake, quarter: Quarter, run: RunFolder, plan: EvaluationPlan, weights: pl.DataFrame) -> RunFacts:
    in_quarter = pl.col("quarter") == quarter.label
    refused = pl.read_parquet(run.table("quarantine")).filter(in_quarter).group_by("table", "_row_id").agg(pl.col("rule").unique())
    return RunFacts(
        quarter=quarter,
        numbers={name: parameter.value for name, parameter in parameters().items()},
        plan=plan,
        calendar=working_calendar(),
        edition=standard_edition(),
        delivery=examined_delivery(lake, quarter).as_delivered(),
        indicators=catalogue(quarter.last_day),
        nodes=nodes(),
        weights=tuple(
            PublishedWeight(**row) for row in weights.select(list(PublishedWeight.__dataclass_fields__)).iter_rows(named=True)
        ),
        refused={(table, row): frozenset(broken) for table, row, broken in refused.iter_rows()},
        extracted=dict(pl.read_parquet(run.table("row_accounting")).filter(in_quarter).select("table", "extracted").iter_rows()),
        outliers=_outlier_reviews(pl.read_parquet(run.table("outlier_groups"))),
        logged=dict(
            pl.read_parquet(run.table("cleaning_log")).filter(in_quarter).group_by("action").agg(pl.col("rows").sum()).iter_rows()
        ),
        reconciled=pl.read_parquet(run.table("row_reconciliation")).filter(in_quarter)["table"].n_unique(),
    )


def _outlier_reviews(groups: pl.DataFrame) -> dict[str, OutlierReview]:
    counts = groups.group_by("enterprise_id", maintain_order=True).agg(
        tested=(~pl.col("too_small")).sum(), **{name: pl.col(name).sum() for name in _REVIEW_COUNTS}
    )
    return {row.pop("enterprise_id"): OutlierReview(**row) for row in counts.iter_rows(named=True)}


def _cases(run: RunFolder, facts: RunFacts) -> Iterator[tuple[str, Case]]:
    """Each enterprise × period for which rules are assessed, with its period."""
    figures: dict[tuple[str, str], dict[tuple[str, str], dict[str, Figure]]] = {}
    evidence = pl.read_parquet(run.table("mart_rule_evidence")).cast({"numerator": pl.Float64, "denominator": pl.Float64})
    for row in evidence.iter_rows(named=True):
        of_case = figures.setdefault((row["enterprise_id"], row["period"]), {})
        items = of_case.setdefault((row["rule_id"], row["measure"]), {})
        items[row["item"]] = Figure(row["numerator"] or 0.0, row["denominator"])
    for place, measure, item, figure in _survey_figures(run, facts.quarter):
        figures.setdefault(place, {}).setdefault(measure, {})[item] = figure
    recorded: dict[str, set[str]] = {}
    for enterprise, table in (
        pl.read_parquet(run.table("mart_source_rows"))
        .filter(pl.col("row_count") > 0)
        .select("enterprise_id", "table_name")
        .iter_rows()
    ):
        recorded.setdefault(enterprise, set()).add(table)
    periods = (
        pl.read_parquet(run.table("mart_period_coverage"))
        .filter(pl.col("period_role") == "current", pl.col("window_kind").is_in(_WINDOWS))
        .select("enterprise_id", "period", "window_kind")
    )
    for enterprise, period, window in periods.iter_rows():
        yield (
            period,
            Case(
                enterprise_id=enterprise,
                is_year=window == "calendar_year",
                run=facts,
                figures=figures.get((enterprise, period), {}),
                recorded=frozenset(recorded.get(enterprise, ())),
            ),
        )


# Figures of a survey round that rules use: rule, measure, numerator and denominator in survey_validity.
_SURVEY_FIGURES = (
    ("PR-12", "flagged", "invalid", "counted"),
    ("PR-13", "population", "largest_difference", None),
    ("PR-13", "weighted", "effective_n", "weighted_responses"),
    ("PR-39", "returned", "responses", "counted"),
    ("PR-39", "sent", "sent", "delivered"),
    ("PR-40", "same_customer", "duplicate_customers", "responses"),
    ("PR-40", "same_device", "duplicate_devices", "responses"),
)


def _survey_figures(run: RunFolder, quarter: Quarter) -> Iterator[tuple[tuple[str, str], tuple[str, str], str, Figure]]:
    """Enterprise and period, rule and measure, round, figure: of the quarter, and of the year's quarters for the year."""
    rounds = pl.read_parquet(run.table("survey_validity")).with_columns(invalid=pl.col("counted") - pl.col("valid"))
    periods = {
        quarter.label: [quarter.label],
        str(quarter.year): [f"{quarter.year}-Q{number}" for number in range(1, 5)],
    }
    for period, quarters in periods.items():
        for row in rounds.filter(pl.col("quarter").is_in(quarters)).iter_rows(named=True):
            for rule, measure, numerator, denominator in _SURVEY_FIGURES:
                if row[numerator] is not None:
                    of = None if denominator is None else row[denominator]
                    item = f"{row['quarter']} {row['survey_id']}"
                    yield (row["enterprise_id"], period), (rule, measure), item, Figure(row[numerator], of)
