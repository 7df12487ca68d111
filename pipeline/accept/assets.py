"""Whether a quarter's delivery is acceptable: the asset check ``acceptance`` of each ``clean/<table>``, and ``acceptance_results``.

What is checked is in ``schemas/expectations/acceptance.py``. A failed blocking check stops everything downstream of its table; the
results of Great Expectations are kept with the quarter or, if it was stopped, beside the lake's publications.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import dagster as dg
import polars as pl

from pipeline import flow
from pipeline.accept import gx_process
from pipeline.accept.acceptance import INDEX, DeliveryNotAcceptable, accept_quarter, keep_pages
from pipeline.accept.verdicts import NOT_JUDGED, REFUSED, VERDICTS, WAIVED, WARNED, explain, shown
from pipeline.stage.partitions import gathered_asset, gathered_metadata, quarterly
from pipeline.stage.resources import Places
from schemas.contract import TABLES
from schemas.expectations.acceptance import Check, checks

ACCEPTANCE = "acceptance"
# Of the figures of a table: the acceptance page has the rest.
_SHOWN = ("check", "enterprise_id", "value", "expected", "required", "detail", "verdict", "reason", "author")
CLEAN = [dg.AssetKey(["clean", name]) for name in TABLES]


def _spec(table: str, of: Sequence[Check]) -> dg.AssetCheckSpec:
    asked = [
        f"- `{check.name}` {check.title}：{check.asks}。{check.clause}. Expected: {check.expected}."
        + (f" Stops the quarter outside {check.required}." if check.required else "")
        for check in of
    ]
    return dg.AssetCheckSpec(
        ACCEPTANCE,
        asset=dg.AssetKey(["clean", table]),
        description="\n".join(["Whether the quarter's delivery of this table is fit to be evaluated:", "", *asked]),
        blocking=True,
        partitions_def=quarterly,
        # A table is compared with others, so all of them must be clean first.
        additional_deps=[key for key in CLEAN if key.path[-1] != table],
    )


class GreatExpectations(dg.ConfigurableResource):
    """The Great Expectations process: its imports take seconds, so it starts while the first stages work."""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Generator["GreatExpectations", None, None]:
        """Start it once per run that asks for the acceptance."""
        gx_process.start()
        yield self


@dg.multi_asset_check(
    name=flow.ACCEPT,
    specs=[_spec(table, of) for table, of in checks().items()],
    description="Whether the quarter's delivery, as a whole, is fit to be evaluated.",
    can_subset=True,
)
def accept(
    context: dg.AssetCheckExecutionContext, places: Places, great_expectations: GreatExpectations
) -> Iterator[dg.AssetCheckResult]:
    """Check the clean tables of the quarter with Great Expectations."""
    step = places.begin(context, flow.ACCEPT, "Great Expectations")
    tables = [name for name in TABLES if any(key.asset_key.path[-1] == name for key in context.selected_asset_check_keys)]
    found = accept_quarter(step.lake, step.quarter, step.run, step.settings.plan.acceptance, tables)
    # An event for each table, not for each check: events cost more than the checks.
    for name in tables:
        yield _result(name, found.filter(pl.col("table") == name))
    if REFUSED in found["verdict"]:
        page = keep_pages(step.lake, step.quarter, step.run)
        raise DeliveryNotAcceptable.of(step.quarter, found, page)


def _result(table: str, of: pl.DataFrame) -> dg.AssetCheckResult:
    verdicts = set(of["verdict"])
    severity = dg.AssetCheckSeverity.ERROR if REFUSED in verdicts else dg.AssetCheckSeverity.WARN
    metadata: dict[str, Any] = {
        verdict: of.filter(pl.col("verdict") == verdict).height for verdict in VERDICTS if verdict in verdicts
    }
    metadata["figures"] = dg.TableMetadataValue(
        records=[
            dg.TableRecord({name: "" if value is None else value for name, value in row.items()})
            for row in of.select(_SHOWN).iter_rows(named=True)
        ],
        schema=dg.TableSchema([dg.TableColumn(name) for name in _SHOWN]),
    )
    return dg.AssetCheckResult(
        passed=not verdicts & {WARNED, REFUSED},
        asset_key=dg.AssetKey(["clean", table]),
        check_name=ACCEPTANCE,
        severity=severity,
        metadata=metadata,
    )


@dg.asset(
    deps=CLEAN,
    **gathered_asset(
        flow.ACCEPT,
        "One row per enterprise × table × check: the figure, its limits, the verdict; with the acceptance page and the "
        "Data Docs of Great Expectations.",
        {"great_expectations", "duckdb"},
    ),
)
def acceptance_results(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Put the verdicts and the page that a person signs into the run's folder."""
    step = places.begin(context, flow.ACCEPT, "results")
    found = shown(pl.read_parquet(step.run.table("acceptance_results")))
    counts = {verdict: found.filter(pl.col("verdict") == verdict).height for verdict in VERDICTS}
    return dg.MaterializeResult(
        metadata={
            **gathered_metadata(context, step.quarter),
            **counts,
            "dagster/row_count": found.height,
            "page": dg.MetadataValue.path(str(step.lake.analyst_runs / step.run_id / step.run.acceptance_pages.name / INDEX)),
            "warnings": dg.MetadataValue.md(_listed(found)),
        }
    )


def _listed(found: pl.DataFrame) -> str:
    lines = [f"- {explain(row)}" for row in found.filter(pl.col("verdict").is_in([WARNED, WAIVED])).iter_rows(named=True)]
    return "\n".join(lines) or f"none ({found.filter(pl.col('verdict') != NOT_JUDGED).height} figures checked)"
