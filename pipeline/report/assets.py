"""Dagster assets of the report stage: the quarter's reports, and the publication that makes a run what users see."""

import dagster as dg

from pipeline.partitions import OWNERS, one_quarter_a_run, quarter_of, quarterly
from pipeline.progress import announce
from pipeline.report.write import write_reports
from pipeline.resources import Places


@dg.asset(
    key=["report", "quarterly_report"],
    deps=[
        *("indicator_values", "indicator_variants", "scores", "run_info", "quarantine"),
        *("weights", "weight_judgements", "weight_rounds", "row_accounting", "row_accounting_by_enterprise"),
        *("rule_results", "process_rules"),
        *("indicator_catalogue", "evaluation_nodes", "mart_period_coverage", "mart_source_rows"),
    ],
    group_name="report",
    description="One self-contained HTML page per enterprise: scores, indicators, row accounting, process rules, choices.",
    kinds={"html", "jinja"},
    owners=OWNERS,
    partitions_def=quarterly,
    backfill_policy=one_quarter_a_run,
)
def quarterly_report(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Write the quarter's reports into the run's folder."""
    quarter = quarter_of(context)
    announce("report", "quarterly report")
    reports = write_reports(places.run_folder(quarter, context.run.run_id).path, quarter)
    return dg.MaterializeResult(metadata={"quarter": quarter.label, "reports": [path.name for path in reports]})


@dg.asset(
    key=["report", "publication"],
    deps=[dg.AssetKey(["report", "quarterly_report"]), "mart_indicator_inputs", "mart_source_rows", "dim_calendar"],
    group_name="report",
    description="The switch: all tables and reports of the run become current in one step, and warehouse.duckdb shows them.",
    kinds={"parquet", "duckdb"},
    owners=OWNERS,
    partitions_def=quarterly,
    backfill_policy=one_quarter_a_run,
)
def publication(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Publish what the run gathered."""
    quarter = quarter_of(context)
    announce("report", "publish")
    link = places.run_folder(quarter, context.run.run_id).publish()
    return dg.MaterializeResult(
        metadata={
            "quarter": quarter.label,
            "published": dg.MetadataValue.path(str(link)),
            "warehouse": dg.MetadataValue.path(str(places.settings().lake.warehouse)),
        }
    )
