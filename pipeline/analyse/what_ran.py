"""What became of every planned analysis, and whether exactly the planned ones said something: nobody is told of a missing row.

``analysis_plan`` says before the evaluation what is run, the tables say what came of it. Why a planned analysis may have no row is
looked for in the values, not in the analysis itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pipeline.analyse.earlier import Earlier
from pipeline.analyse.key_figures import is_finding
from pipeline.analyse.request_classes import request_class_values
from pipeline.calendar.comparisons import comparisons
from pipeline.calendar.quarters import Quarter
from pipeline.errors import AsqError
from pipeline.evaluate.analysis_plan import ANALYSIS_PLAN, NO_BENCHMARKS, NO_DATA, NOT_OFFERED, SWITCHED_OFF
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder
from pipeline.settings.indicators import catalogue_frame
from schemas.expectations.analyses import ADDITIVE, MEMBERS, MEMBERS_OR_CLASSES, PERIOD, PLACES, Analysis, analyses
from schemas.expectations.privacy import PERSON_SCOPE

ANALYSIS_RUNS = "analysis_runs"
OK, FEW, NO_HISTORY = "ok", "insufficient_sample", "insufficient_history"
NOT_APPLICABLE, NOTHING_FOUND, FAILED = "not_applicable", "nothing_found", "failed"
NO_ROW, NOT_PLANNED, NO_VALUES, NOTHING_BEFORE = "no_row", "not_planned", "no_values", "nothing_to_compare_with"
RUNS_SCHEMA = pl.Schema(
    {
        "enterprise_id": pl.String,
        "quarter": pl.String,
        "analysis_id": pl.String,
        "method_id": pl.String,
        "status": pl.String,
        "reason": pl.String,
        "periods": pl.Int64,
        "rows": pl.Int64,
        "findings": pl.Int64,
        "card_id": pl.String,
    }
)
_OF_MEMBERS = (MEMBERS, MEMBERS_OR_CLASSES)
# What a row's status may be where it says something.
_RESULTS = {OK, "not_distinguishable", "no_pair", "assumed"}
_HISTORY = {"not_published", "enterprise_not_evaluated", NO_HISTORY}
_STATUS_OF = {SWITCHED_OFF: SWITCHED_OFF, NOT_OFFERED: NOT_OFFERED, NO_DATA: NOT_APPLICABLE, NO_BENCHMARKS: NOT_APPLICABLE}

Place = tuple[str, str]
"""Enterprise and period."""


class NotAsPlanned(AsqError):
    """An analysis that was planned gave nothing, or one gave something that was not planned: nothing is published."""


@dataclass
class Produced:
    """What an analysis gave for one enterprise, by period: how many rows of which status, and how many findings."""

    rows: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    statuses: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    findings: int | None = None


def write_analysis_runs(lake: Lake, quarter: Quarter, run: RunFolder, cards: Mapping[str, str]) -> pl.DataFrame:
    """Write ``analysis_runs`` into the run's folder; returns what was written.

    cards    the id of each analysis's model card
    """
    plan = pl.read_parquet(run.table(ANALYSIS_PLAN))
    rows: list[dict[str, object]] = []
    for analysis in analyses().values():
        of_analysis = plan.filter(analysis_id=analysis.analysis_id)
        enterprises = of_analysis["enterprise_id"].unique().sort().to_list()
        made = produced(run.table(analysis.tables[0]), analysis, quarter, enterprises)
        silent = may_be_silent(lake, quarter, run, analysis) if of_analysis["is_planned"].any() else {}
        for enterprise in enterprises:
            planned = of_analysis.filter(enterprise_id=enterprise)
            own = made.get(enterprise, Produced())
            status, reason = status_of(analysis, quarter, enterprise, planned, own, silent)
            rows.append(
                {
                    **_names(quarter, enterprise, analysis.analysis_id, analysis.method_id, status, reason),
                    "periods": len(own.rows),
                    "rows": sum(own.rows.values()),
                    "findings": own.findings,
                    "card_id": cards.get(analysis.analysis_id),
                }
            )
    others = plan.filter(reason=NOT_OFFERED).select("enterprise_id", "analysis_id", "method_id").unique()
    for enterprise, name, method in others.iter_rows():
        rows.append({**_names(quarter, enterprise, name, method, NOT_OFFERED, None), "periods": 0, "rows": 0})
    table = pl.DataFrame(rows, schema=RUNS_SCHEMA).sort("enterprise_id", "analysis_id")
    return run.write(ANALYSIS_RUNS, table)


def _names(
    quarter: Quarter, enterprise: str, analysis: str, method: str | None, status: str, reason: str | None
) -> dict[str, object]:
    return {
        "enterprise_id": enterprise,
        "quarter": quarter.label,
        "analysis_id": analysis,
        "method_id": method,
        "status": status,
        "reason": reason,
    }


def produced(table: Path, analysis: Analysis, quarter: Quarter, enterprises: list[str]) -> dict[str, Produced]:
    """By enterprise, what is in the analysis's first table; rows about no single enterprise are everybody's."""
    rows = pl.scan_parquet(table)
    names = rows.collect_schema().names()
    counted = (
        rows.select(
            pl.col("enterprise_id") if "enterprise_id" in names else pl.lit(None, pl.String).alias("enterprise_id"),
            pl.col("period").alias("period") if analysis.unit == PERIOD else pl.lit(quarter.label).alias("period"),
            pl.col("status") if "status" in names else pl.lit(OK).alias("status"),
            is_finding().alias("found") if "finding" in names else pl.lit(None, pl.Boolean).alias("found"),
        )
        .group_by("enterprise_id", "period", "status")
        .agg(pl.len(), pl.col("found").sum())
        .collect()
    )
    made: dict[str, Produced] = {}
    for row in counted.iter_rows(named=True):
        for enterprise in enterprises if row["enterprise_id"] is None else [row["enterprise_id"]]:
            own = made.setdefault(enterprise, Produced())
            own.rows[row["period"]] += row["len"]
            own.statuses[row["status"]] += row["len"]
            if "finding" in names:
                own.findings = (own.findings or 0) + row["found"]
    return made


def status_of(
    analysis: Analysis, quarter: Quarter, enterprise: str, planned: pl.DataFrame, made: Produced, silent: Mapping[Place, str]
) -> tuple[str, str | None]:
    """Status and reason of an analysis of an enterprise.

    planned   its rows of ``analysis_plan``
    silent    the places where the values give the analysis nothing to say, and why
    """
    wanted = planned.filter("is_planned")["period"].to_list()
    if analysis.unit != PERIOD:
        wanted = [quarter.label] if wanted else []
    reason = planned.filter(~pl.col("is_planned"))["reason"].first()
    surplus = sorted(made.rows.keys() - set(wanted))
    # Without data of its own it may still have those of earlier publications.
    if surplus and not (reason == NO_DATA and analysis.compares_earlier):
        return FAILED, f"{NOT_PLANNED}: {', '.join(surplus)}"
    if not wanted:
        return _STATUS_OF.get(str(reason), NOT_APPLICABLE), None if reason in (SWITCHED_OFF, None) else str(reason)
    missing = sorted(period for period in wanted if period not in made.rows and (enterprise, period) not in silent)
    if missing and not analysis.may_find_nothing:
        return FAILED, f"{NO_ROW}: {', '.join(missing)}"
    if not made.rows:
        reasons = sorted(silent[enterprise, period] for period in wanted if (enterprise, period) in silent)
        if not reasons:
            return NOTHING_FOUND, None
        return (NO_HISTORY if analysis.compares_earlier else NOT_APPLICABLE), reasons[0]
    if made.statuses.keys() & _RESULTS:
        return OK, None
    most = min(made.statuses, key=lambda status: (-made.statuses[status], status))
    if made.statuses.keys() <= _HISTORY:
        return NO_HISTORY, most
    return (FEW, None) if FEW in made.statuses else (NOT_APPLICABLE, most)


def may_be_silent(lake: Lake, quarter: Quarter, run: RunFolder, analysis: Analysis) -> dict[Place, str]:
    """The places of which the values give an analysis nothing to say, and why."""
    if not analysis.compares_earlier and analysis.needs not in _OF_MEMBERS:
        return {}
    now = _values(run, quarter, analysis)
    places = pl.read_parquet(run.table(ANALYSIS_PLAN)).select("enterprise_id", "period").unique().rows()
    if not analysis.compares_earlier:
        speaking = set(now.select("enterprise_id", "period").iter_rows())
        return {place: NO_VALUES for place in places if place not in speaking}
    speaking, published = set(), set()
    for each in comparisons(quarter):
        earlier = Earlier.of(lake, each.quarter)
        if earlier is None:
            continue
        published.add(each.period)
        before = _totals(pl.scan_parquet(earlier.folder / "indicator_values.parquet"), analysis).filter(
            pl.col("period") == each.compared_period
        )
        both = now.filter(period=each.period).join(before.collect(), on=["enterprise_id", "indicator_id"], how="semi")
        speaking |= set(both.select("enterprise_id", "period").iter_rows())
    return {place: NOTHING_BEFORE if place[1] in published else "not_published" for place in places if place not in speaking}


def _totals(values: pl.LazyFrame, analysis: Analysis) -> pl.LazyFrame:
    own = values.filter(pl.col("scope_type") == "enterprise", pl.col("value").is_not_null())
    return own.filter(pl.col("denominator") > 0) if analysis.needs in _OF_MEMBERS else own


def _values(run: RunFolder, quarter: Quarter, analysis: Analysis) -> pl.DataFrame:
    """enterprise_id, period and indicator_id of the enterprises' own values; if it needs members, of those that have some."""
    values = pl.scan_parquet(run.table("indicator_values"))
    key = ["enterprise_id", "period", "indicator_id"]
    own = _totals(values, analysis).select(key)
    if analysis.needs in _OF_MEMBERS:
        indicators = catalogue_frame(quarter)
        additive = indicators.filter(pl.col("method").is_in(ADDITIVE))["indicator_id"].to_list()
        # What is split over classes of requests is not split over staff.
        of_classes = analysis.needs == MEMBERS_OR_CLASSES
        scopes = PLACES if of_classes else (*PLACES, PERSON_SCOPE)
        members = values.filter(
            pl.col("indicator_id").is_in(additive),
            pl.col("scope_type").is_in(scopes),
            pl.col("denominator") > 0,
            pl.col("value").is_not_null(),
        ).select(key)
        if of_classes:
            classes = request_class_values(run.table, quarter).lazy().filter(pl.col("denominator") > 0)
            members = pl.concat([members, classes.filter(pl.col("indicator_id").is_in(additive)).select(key)])
        own = own.join(members.unique(), on=key, how="semi")
    return own.collect(engine="streaming")


def problems(runs: pl.DataFrame) -> Iterator[str]:
    """What is not as planned, a sentence each."""
    for row in runs.filter(status=FAILED).iter_rows(named=True):
        kind, _, periods = row["reason"].partition(": ")
        said = "was planned and has no row" if kind == NO_ROW else "has rows that were not planned"
        yield f"{row['enterprise_id']}: {row['analysis_id']} {said} for {periods}"


def require_as_planned(quarter: Quarter, runs: pl.DataFrame) -> None:
    """Raise NotAsPlanned, naming enterprise and analysis, unless exactly the planned analyses gave something."""
    found = list(problems(runs))
    if found:
        names = ", ".join(runs.filter(status=FAILED)["analysis_id"].unique().sort())
        raise NotAsPlanned(
            f"{quarter}: analyses are not as planned, so nothing is published. {'; '.join(found)}. This is a fault of the program; "
            f"`analyses: {{switched_off: [{names}]}}` in the evaluation plan does without"
        )
