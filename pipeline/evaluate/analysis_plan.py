"""Which analyses a run does, decided before the evaluation by the quarter's own counts and the settings alone: I2-3 counts them.

What was published before has no say (D-132): a quarter's values depend on nothing but its own delivery and settings. The analyses
are declared in ``schemas/expectations/analyses.py``; what they need is looked for here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import polars as pl

from pipeline.calendar.comparisons import comparisons
from pipeline.calendar.quarters import Quarter
from pipeline.lake.run_folder import RunFolder
from pipeline.settings.benchmarks import Benchmark
from pipeline.settings.indicators import catalogue_frame
from pipeline.settings.plan import Analyses
from schemas.expectations.analyses import (
    ADDITIVE,
    BENCHMARKS,
    ENOUGH,
    EVALUATION,
    INPUTS,
    MEMBERS,
    MEMBERS_OR_CLASSES,
    MONTHLY_METHODS,
    PAIRS,
    PARTS_OF_QUARTER,
    PLACES,
    Analysis,
    analyses,
    not_offered,
)
from schemas.expectations.pairs import OF_STAFF, REQUESTS, STAFF
from schemas.expectations.privacy import PERSON_SCOPE
from schemas.standard.edition import analyses as methods_of_the_standard

ANALYSIS_PLAN = "analysis_plan"
DEPTH = "I2-3"
SWITCHED_OFF, NOT_OFFERED, NO_DATA, NO_BENCHMARKS = "switched_off", "not_offered", "no_data", "no_benchmarks"
FEW, NO_EARLIER_RECORDS, ONE_MEMBER = "insufficient_sample", "no_earlier_records", "nothing_to_compare"
PLAN_SCHEMA = pl.Schema(
    {
        "enterprise_id": pl.String,
        "period": pl.String,
        "analysis_id": pl.String,
        "method_id": pl.String,
        "is_planned": pl.Boolean,
        "is_counted": pl.Boolean,
        "reason": pl.String,
    }
)
_PLACE = ["enterprise_id", "period"]
_MONTHS = "mart_monthly_parts"
_OWN = (pl.col("variant") == "") & (pl.col("part") == "")
PLANNED_BY = tuple(
    dict.fromkeys(
        [
            *("mart_period_coverage", "mart_period_inputs", "mart_indicator_inputs", "mart_pair_moments", _MONTHS),
            "mart_request_class_parts",
            *(analysis.mart for analysis in analyses().values() if analysis.mart),
        ]
    )
)
"""The marts that decide."""


@dataclass(frozen=True)
class Counts:
    """What the decision rests on: the marts of the run and the settings.

    places   enterprise_id, period: what is evaluated
    """

    file_of: Callable[[str], Path]
    quarter: Quarter
    settings: Analyses
    benchmarks: Sequence[Benchmark]
    places: pl.DataFrame

    def mart(self, name: str) -> pl.LazyFrame:
        return pl.scan_parquet(self.file_of(name))

    def own_inputs(self) -> pl.LazyFrame:
        """The parts of the published periods that values are made of."""
        return self.mart("mart_period_inputs").filter(_OWN, pl.col("period_role") == "current", pl.col("denominator") > 0)

    def in_all_periods(self, enterprises: pl.DataFrame) -> pl.DataFrame:
        """What is known of a quarter holds for every period of its run: each contains the quarter."""
        return self.places.join(enterprises, on="enterprise_id", how="inner")


def write_analysis_plan(quarter: Quarter, run: RunFolder, settings: Analyses, benchmarks: Sequence[Benchmark]) -> pl.DataFrame:
    """Write ``analysis_plan`` into the run's folder; returns what was written."""
    coverage = pl.scan_parquet(run.table("mart_period_coverage")).filter(period_role="current")
    places = coverage.select(_PLACE).unique().sort(_PLACE).collect()
    return run.write(ANALYSIS_PLAN, analysis_plan(Counts(run.table, quarter, settings, benchmarks, places)))


def analysis_plan(counts: Counts) -> pl.DataFrame:
    """One row per enterprise × period × analysis, and × method of clause 七 to which no analysis belongs: ``PLAN_SCHEMA``, sorted.

    is_planned   it is run, so it must say something: a result, or why there is none
    is_counted   the quarter's own records allow a result, so that its method counts in I2-3
    reason       why one of the two does not hold
    """
    earlier = _with_earlier_records(counts)
    found = [_planned(analysis, counts, earlier) for analysis in analyses().values()]
    found += [_not_planned(counts.places, method, method, NOT_OFFERED) for method in not_offered()]
    return pl.concat([pl.DataFrame(schema=PLAN_SCHEMA), *found]).sort([*_PLACE, "analysis_id"])


def _planned(analysis: Analysis, counts: Counts, earlier: pl.DataFrame) -> pl.DataFrame:
    if analysis.analysis_id in counts.settings.switched_off:
        return _not_planned(counts.places, analysis.analysis_id, analysis.method_id, SWITCHED_OFF)
    need = _of_mart(analysis.mart) if analysis.mart else _NEEDS[analysis.needs]
    found = counts.places.join(need.find(counts), on=_PLACE, how="left").with_columns(few=pl.lit(need.few))
    if analysis.compares_earlier:
        # One member is enough: it is compared with itself.
        found = (
            found.join(earlier.with_columns(has_earlier=pl.lit(True)), on=_PLACE, how="left")
            .with_columns(is_enough=pl.when(pl.col("is_enough").is_not_null()).then(pl.col("has_earlier").fill_null(False)))
            .with_columns(few=pl.lit(NO_EARLIER_RECORDS))
        )
    is_planned = pl.col("is_enough").is_not_null()
    return found.select(
        *_PLACE,
        analysis_id=pl.lit(analysis.analysis_id),
        method_id=pl.lit(analysis.method_id, pl.String),
        is_planned=is_planned,
        is_counted=pl.col("is_enough").fill_null(False),
        reason=pl.when(~is_planned).then(pl.lit(need.absent)).when(~pl.col("is_enough")).then("few"),
    )


def _not_planned(places: pl.DataFrame, analysis: str, method: str | None, reason: str) -> pl.DataFrame:
    return places.select(
        *_PLACE,
        analysis_id=pl.lit(analysis),
        method_id=pl.lit(method, pl.String),
        is_planned=pl.lit(False),
        is_counted=pl.lit(False),
        reason=pl.lit(reason),
    )


def _with_earlier_records(counts: Counts) -> pl.DataFrame:
    """The places of which the run reads records of a period with which it compares them: dated ones, registers have no quarter."""
    recorded = counts.mart(_MONTHS).filter(scope_type="enterprise").select("enterprise_id", "quarter").unique().collect()
    found = [counts.places.clear()]
    for each in comparisons(counts.quarter):
        span = [each.first_quarter]
        while span[-1] < each.quarter:
            span.append(span[-1].shift(1))
        of_period = recorded.filter(pl.col("quarter").is_in([quarter.label for quarter in span]))
        found.append(counts.places.filter(period=each.period).join(of_period, on="enterprise_id", how="semi"))
    return pl.concat(found).unique()


@dataclass(frozen=True)
class _Need:
    """Where an analysis finds what it needs: enterprise_id, period and ``is_enough`` for a result.

    absent, few   the reason where a place is not among them, and where it is not enough
    """

    find: Callable[[Counts], pl.DataFrame]
    absent: str = NO_DATA
    few: str = FEW


def _evaluated(counts: Counts) -> pl.DataFrame:
    return counts.places.with_columns(is_enough=pl.lit(True))


def _with_inputs(counts: Counts) -> pl.DataFrame:
    return counts.own_inputs().select(*_PLACE, is_enough=pl.lit(True)).unique().collect(engine="streaming")


def _of_mart(mart: str) -> _Need:
    def find(counts: Counts) -> pl.DataFrame:
        rows = counts.mart(mart)
        key = _PLACE if "period" in rows.collect_schema() else ["enterprise_id"]
        known = rows.select(*key, is_enough=pl.lit(True)).unique().collect()
        return known if key == _PLACE else counts.in_all_periods(known)

    return _Need(find)


def _parts_of_quarter(counts: Counts) -> pl.DataFrame:
    described = _indicators(counts, MONTHLY_METHODS)
    parts = counts.mart("mart_indicator_inputs").filter(
        _OWN, pl.col("quarter") == counts.quarter.label, pl.col("indicator_id").is_in(described)
    )
    return counts.in_all_periods(parts.select("enterprise_id", is_enough=pl.lit(True)).unique().collect())


def _members(counts: Counts) -> pl.DataFrame:
    """Enough is a second member of one dimension with cases of the same indicator."""
    scopes = [*PLACES, PERSON_SCOPE]
    parts = counts.own_inputs().filter(
        pl.col("indicator_id").is_in(_indicators(counts, ADDITIVE)), pl.col("scope_type").is_in(scopes)
    )
    members = parts.group_by(*_PLACE, "indicator_id", "scope_type").agg(pl.col("scope_id").n_unique())
    return members.group_by(_PLACE).agg(is_enough=(pl.col("scope_id") > 1).any()).collect(engine="streaming")


def _members_or_classes(counts: Counts) -> pl.DataFrame:
    """Enough is a second member, as above, or a second class of requests with cases of the same indicator."""
    classes = (
        counts.mart("mart_request_class_parts")
        .filter(pl.col("indicator_id").is_in(_indicators(counts, ADDITIVE)), pl.col("denominator") > 0)
        .group_by("enterprise_id", "indicator_id", "scope_type")
        .agg(pl.col("scope_id").n_unique())
        .group_by("enterprise_id")
        .agg(is_enough=(pl.col("scope_id") > 1).any())
        .collect()
    )
    return pl.concat([_members(counts), counts.in_all_periods(classes)]).group_by(_PLACE).agg(pl.col("is_enough").any())


def _pairs(counts: Counts) -> pl.DataFrame:
    """Enough are ``ENOUGH`` cases that have both figures of a pair."""
    wanted = [(REQUESTS, *pair) for pair in counts.settings.all_pairs] + [(STAFF, *OF_STAFF)]
    pairs = pl.LazyFrame(wanted, schema=["unit", "x_measure", "y_measure"], orient="row")
    cases = counts.mart("mart_pair_moments").filter(quarter=counts.quarter.label).join(pairs, on=["unit", "x_measure", "y_measure"])
    most = cases.group_by("enterprise_id").agg(pl.col("n").max()).collect()
    return counts.places.join(most, on="enterprise_id", how="left").select(*_PLACE, is_enough=pl.col("n").fill_null(0) >= ENOUGH)


def _benchmarks(counts: Counts) -> pl.DataFrame:
    """Enough are cases of an indicator that has a benchmark in force."""
    known = set(catalogue_frame(counts.quarter)["indicator_id"])
    given = sorted({each.indicator_id for each in counts.benchmarks if each.is_in_force(counts.quarter)} & known)
    if not given:
        return counts.places.clear().with_columns(is_enough=pl.lit(True))
    own = counts.own_inputs().filter(pl.col("indicator_id").is_in(given), pl.col("scope_type") == "enterprise")
    measured = own.select(_PLACE).unique().with_columns(is_enough=pl.lit(True)).collect()
    return counts.places.join(measured, on=_PLACE, how="left").with_columns(pl.col("is_enough").fill_null(False))


_NEEDS: Mapping[str, _Need] = MappingProxyType(
    {
        EVALUATION: _Need(_evaluated),
        INPUTS: _Need(_with_inputs),
        MEMBERS: _Need(_members, few=ONE_MEMBER),
        MEMBERS_OR_CLASSES: _Need(_members_or_classes, few=ONE_MEMBER),
        BENCHMARKS: _Need(_benchmarks, absent=NO_BENCHMARKS, few=NO_DATA),
        PARTS_OF_QUARTER: _Need(_parts_of_quarter),
        PAIRS: _Need(_pairs),
    }
)


def _indicators(counts: Counts, methods: Sequence[str]) -> list[str]:
    return catalogue_frame(counts.quarter).filter(pl.col("method").is_in(methods))["indicator_id"].to_list()


def depth_inputs(plan: pl.DataFrame) -> pl.DataFrame:
    """I2-3 in the form of mart_period_inputs: methods of clause 七 that count ÷ those that it names.

    plan    the table ``analysis_plan``
    """
    named = len(methods_of_the_standard())
    counted = pl.col("method_id").filter(pl.col("is_counted")).drop_nulls().n_unique()
    return (
        plan.group_by(_PLACE)
        .agg(numerator=counted)
        .sort(_PLACE)
        .select(
            *_PLACE,
            period_role=pl.lit("current"),
            scope_type=pl.lit("enterprise"),
            scope_id=pl.col("enterprise_id"),
            indicator_id=pl.lit(DEPTH),
            variant=pl.lit(""),
            part=pl.lit(""),
            numerator=pl.col("numerator").cast(pl.Decimal(38, 9)),
            denominator=pl.lit(named).cast(pl.Decimal(38, 9)),
            n=pl.lit(named, pl.Int64),
            cases=pl.lit(named, pl.Int64),
        )
    )
