"""Status of a value: whether its data were delivered, whether there was anything to measure, and whether it was enough.

Decides the data states (ok, insufficient_sample, not_applicable, no_data, assumed) and what makes a value provisional;
values are computed in ``values.py``, scores in ``scoring.py``.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Mapping

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.evaluate.values.basis import basis, entered, is_of_records, is_without_usable_totals, stand_in_parts
from pipeline.evaluate.values.changes import EFFICIENCY_CHANGE, ERROR_RATE, INDEX_CHANGE
from pipeline.evaluate.values.delivery import Delivery
from pipeline.evaluate.values.parts import PLACE, Comparison
from pipeline.evaluate.values.satisfaction import INDEX
from pipeline.settings.plan import EvaluationPlan
from schemas.indicator_columns import DAILY_TOTALS, STAND_INS, TIME_OF_DAY, indicator_columns, rests_on, stand_ins

OK, INSUFFICIENT, NOT_APPLICABLE, NO_DATA, ASSUMED = "ok", "insufficient_sample", "not_applicable", "no_data", "assumed"

_CHANGES = (ERROR_RATE, INDEX_CHANGE, EFFICIENCY_CHANGE)
# Its windows run from the resolution of each repair, not from the request (D-27).
_REPEAT_REPAIRS = "O1-2"
# Counts the customers of twelve months, whatever the period (C-13).
_STAFF_PER_CUSTOMER, _CUSTOMERS_COME_FROM = "R3-1", "service_requests"
# Records of a measurement: without them the indicator was not measured, whereas a period without a complaint or a hazard
# had nothing to measure.
_INSTRUMENTS = ("survey_responses", "checklist_items", "quality_inspections")
_ONLY_DATES = "day_precision:"
# As of mart_period_inputs, without rows.
_NO_INPUTS = pl.DataFrame(
    schema={
        **dict.fromkeys((*PLACE, "indicator_id", "variant", "period_role"), pl.String),
        **dict.fromkeys(("n", "cases"), pl.Int64),
    }
)
# The end of a reason for which no day is known.
_OPEN = "open"
# As many days without a request are taken for the end of the records: the limit of the check of coverage (acceptance `unfinished`).
_DAYS_WITHOUT_REQUEST = 3
# Tables whose records make a quarter covered, as in mart_period_coverage: a register says nothing of when anything was measured.
COVERING_TABLES = (
    *("service_requests", "onsite_visits", "appointments", "hotline_calls", "hotline_daily_totals", "online_sessions"),
    *("complaints", "survey_responses", "parts_demands", "parts_orders", "quality_inspections"),
)
# Measured in working days; a day without an official holiday notice makes them provisional.
_WORKING_DAY_INDICATORS = ("P1-4", "P2-3b", "R5-3", "R3-2", EFFICIENCY_CHANGE)


def assign_status(
    comparison: Comparison,
    catalogue: pl.DataFrame,
    coverage: pl.DataFrame,
    source_rows: pl.DataFrame,
    delivery: Delivery,
    plan: EvaluationPlan,
    places: pl.DataFrame | None = None,
    stand_ins_used: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Assign every place × indicator its status; at enterprise scope every catalogue indicator has a row.

    coverage     mart_period_coverage
    source_rows  mart_source_rows
    places       the places to settle; None: those of all enterprises and of the comparison
    stand_ins_used      ``stand_in_parts`` of the inputs; None: nothing stands in for records
    Adds status, status_reason, basis, previous_value, quarters_expected, quarters_covered; a value that may not be shown is
    null, and so is its basis.
    """
    enterprises = enterprise_places(coverage) if places is None else places.filter(pl.col("scope_type") == "enterprise")
    grid = enterprises.join(catalogue.select("indicator_id"), how="cross")
    other_places = comparison.current.filter(pl.col("scope_type") != "enterprise").select(*PLACE, "indicator_id")
    rows = (
        pl.concat([grid, other_places])
        .join(comparison.current, on=[*PLACE, "indicator_id"], how="left", maintain_order="left")
        .join(
            comparison.previous.select(*PLACE, "indicator_id", previous_value=pl.col("value")),
            on=[*PLACE, "indicator_id"],
            how="left",
            maintain_order="left",
        )
        .join(
            catalogue.select("indicator_id", "method", "minimum_n", "source_tables", "source_columns"),
            on="indicator_id",
            how="left",
            maintain_order="left",
        )
        .join(_coverage_of_roles(coverage), on=["enterprise_id", "period"], how="left", maintain_order="left")
        .join(
            _comparable_changes(coverage, source_rows, catalogue),
            on=["enterprise_id", "period", "indicator_id"],
            how="left",
            maintain_order="left",
        )
    )
    rows = _with_true_zeros(_without_comparison(rows))
    reasons = _reasons(rows, catalogue, coverage, source_rows, delivery, plan)
    rows = rows.join(reasons, on=["enterprise_id", "period", "indicator_id"], how="left", maintain_order="left")
    rows = _with_stand_ins(rows, stand_in_parts(_NO_INPUTS) if stand_ins_used is None else stand_ins_used)
    is_first_comparison = pl.col("indicator_id").is_in(_CHANGES) & ~pl.col("is_comparable")
    status = (
        pl.when(pl.col("settled_status").is_not_null())
        .then(pl.struct(status="settled_status", reason="settled_reason"))
        .when(is_first_comparison)
        .then(_state(NO_DATA, "no_comparison_period"))
        # The numerator is before − now: below zero, errors came where there had been none.
        .when((pl.col("indicator_id") == ERROR_RATE) & (pl.col("denominator") == 0) & (pl.col("numerator") < 0))
        .then(_state(NOT_APPLICABLE, "rose_from_zero"))
        .when((pl.col("indicator_id") == ERROR_RATE) & (pl.col("denominator") == 0))
        .then(_state(NOT_APPLICABLE, "already_zero"))
        .when(pl.col("value").is_not_null() & (pl.col("sample_size") < pl.col("minimum_n")) & (pl.col("method") != "count"))
        .then(pl.struct(status=pl.lit(INSUFFICIENT), reason=pl.format("below_minimum_n:{}", pl.col("minimum_n"))))
        .when(pl.col("value").is_not_null())
        .then(_state(OK, None))
        .when(pl.col("cases").fill_null(0) > 0)
        .then(_state(NO_DATA, "not_recorded"))
        .otherwise(pl.struct(status="empty_status", reason="empty_reason"))
    )
    # What the plan settles stands, and so does that there are no data.
    is_assumed = pl.col("assumption").is_not_null() & pl.col("settled_status").is_null()
    is_assumed &= status.struct.field("status") != NO_DATA
    status = pl.when(is_assumed).then(pl.struct(status=pl.lit(ASSUMED), reason="assumption")).otherwise(status)
    hidden = pl.col("status").is_in([NO_DATA, NOT_APPLICABLE])
    shown = [
        "value",
        "numerator",
        "denominator",
        "ci_low",
        "ci_high",
        "ci_method",
        "within_limit_rate",
        "standard_error",
    ]
    return (
        rows.with_columns(settled=status)
        .with_columns(status=pl.col("settled").struct.field("status"), status_reason=pl.col("settled").struct.field("reason"))
        # "already_zero" keeps its parts: they are the evidence.
        .with_columns(
            pl.when(hidden & (pl.col("status_reason") != "already_zero")).then(None).otherwise(pl.col(name)).alias(name)
            for name in shown
        )
        .with_columns(
            value=pl.when(hidden).then(None).otherwise(pl.col("value")),
            sample_size=pl.when(hidden).then(0).otherwise(pl.col("sample_size")),
            basis=pl.when(hidden).then(None).otherwise(basis()),
            part=pl.col("part").fill_null(""),
        )
        .drop(
            "settled",
            "settled_status",
            "settled_reason",
            "empty_status",
            "empty_reason",
            "assumption",
            "source_tables",
            "source_columns",
            *(f"{name}_{use}" for use in STAND_INS for name in ("n", "cases", "is_delivered", "assumption")),
        )
    )


def _with_stand_ins(rows: pl.DataFrame, used: pl.DataFrame) -> pl.DataFrame:
    """Rows whose value rests on something that stands in for the records are not settled by records that are missing.

    What was assumed counts where it entered the value.
    """
    joined = rows.join(used, on=[*PLACE, "indicator_id"], how="left", maintain_order="left")
    is_used = pl.any_horizontal((entered(use) > 0) & pl.col(f"is_delivered_{use}") for use in STAND_INS)
    # Times that are only dates decide nothing, but where all cases come from elsewhere nothing rests on them.
    has_only_dates = pl.col("settled_reason").str.starts_with(_ONLY_DATES).fill_null(False)
    is_lifted = (pl.col("settled_status") == NO_DATA) & is_used & ~(has_only_dates & is_of_records())
    lacks_totals = is_without_usable_totals(DAILY_TOTALS) & pl.col("settled_status").ne_missing(NOT_APPLICABLE)
    settled = {
        "settled_status": pl.when(lacks_totals).then(pl.lit(NO_DATA)),
        "settled_reason": pl.when(lacks_totals).then(pl.lit("no_total_within_limit")),
    }
    assumed = [pl.when(entered(use) > 0).then(pl.col(f"assumption_{use}")) for use in STAND_INS]
    return joined.with_columns(
        *(given.when(is_lifted).then(None).otherwise(pl.col(name)).alias(name) for name, given in settled.items()),
        assumption=pl.coalesce(pl.when(is_of_records()).then(pl.col("assumption")), *assumed),
    )


def enterprise_places(coverage: pl.DataFrame) -> pl.DataFrame:
    """The places of the enterprises themselves, in every current period."""
    periods = coverage.filter(pl.col("period_role") == "current")
    return periods.select("enterprise_id", "period", scope_type=pl.lit("enterprise"), scope_id=pl.col("enterprise_id"))


def mark_provisional(
    rows: pl.DataFrame,
    catalogue: pl.DataFrame,
    coverage: pl.DataFrame,
    source_rows: pl.DataFrame,
    calendar: pl.DataFrame,
    reach: pl.DataFrame,
) -> pl.DataFrame:
    """Add is_provisional, provisional_reason and provisional_until (``reason:day`` for each reason, ``;`` between them).

    A value is provisional while its look-ahead is not closed by the enterprise's newest request (until the day on which it
    closes, at the latest the end of the next quarter, which is as far as a run reads); if quarters of its period since the
    enterprise's first record (for R3-1, of the twelve months whose customers it counts) are missing (``open``: until they are
    delivered); and if it uses working days that no official notice names yet, also beyond the period's end (until the last such
    day). Only what awaited data or a notice can still change is provisional (D-134).

    calendar    date_day, status
    reach       mart_working_day_reach
    """
    reaching = coverage.filter(pl.col("period_role") == "current").select(
        "enterprise_id", "period", "last_day", "newest_request_at", "last_repair_resolved_at", "open_repair_count"
    )
    known = (
        rows.join(reaching, on=["enterprise_id", "period"], how="left", maintain_order="left")
        .join(_without_all_customers(coverage, source_rows), on="enterprise_id", how="left", maintain_order="left")
        .join(_awaited_quarters(coverage, source_rows), on=["enterprise_id", "period"], how="left", maintain_order="left")
        .join(catalogue.select("indicator_id", "look_ahead_days"), on="indicator_id", how="left", maintain_order="left")
        .join(
            _unannounced_until(coverage, calendar, reach),
            on=["enterprise_id", "period", "indicator_id"],
            how="left",
            maintain_order="left",
        )
    )
    is_repeat = pl.col("indicator_id") == _REPEAT_REPAIRS
    begins_at = (
        pl.when(is_repeat)
        .then(pl.col("last_repair_resolved_at"))
        .otherwise((pl.col("last_day") + pl.duration(days=1)).cast(pl.Datetime("us")))
    )
    read_until = (pl.col("last_day") + pl.duration(days=1)).dt.offset_by("3mo").cast(pl.Datetime("us"))
    has_open_repairs = is_repeat & (pl.col("open_repair_count") > 0)
    closes_at = (
        pl.when(has_open_repairs)
        .then(read_until)
        .otherwise(pl.min_horizontal(begins_at + pl.duration(days=pl.col("look_ahead_days")), read_until))
    )
    # The last days of the quarter after may be without a request of the enterprise, though its records go on.
    is_read_to_the_end = pl.col("newest_request_at") >= read_until - pl.duration(days=_DAYS_WITHOUT_REQUEST)
    has_value = pl.col("value").is_not_null()
    lacks_quarters = (pl.col("quarters_covered") < pl.col("quarters_awaited")) | (
        (pl.col("indicator_id") == _STAFF_PER_CUSTOMER) & pl.col("lacks_customers")
    )
    reasons = {
        "look_ahead": (
            has_value & (pl.col("look_ahead_days") > 0) & (closes_at > pl.col("newest_request_at")) & ~is_read_to_the_end,
            closes_at.dt.date().cast(pl.String),
        ),
        "incomplete_period": (has_value & lacks_quarters, pl.lit(_OPEN)),
        "calendar": (has_value & pl.col("unannounced_until").is_not_null(), pl.col("unannounced_until").cast(pl.String)),
    }
    return (
        known.with_columns(
            provisional_reason=_joined({name: pl.lit(name) for name in reasons}, reasons),
            provisional_until=_joined({name: pl.format(f"{name}:{{}}", day) for name, (_, day) in reasons.items()}, reasons),
        )
        .with_columns(
            pl.col("provisional_reason", "provisional_until").replace("", None),
        )
        .with_columns(is_provisional=pl.col("provisional_reason").is_not_null())
        .drop(
            *("look_ahead_days", "last_day", "unannounced_until"),
            *("newest_request_at", "last_repair_resolved_at", "open_repair_count", "lacks_customers", "quarters_awaited"),
        )
    )


def _joined(said: Mapping[str, pl.Expr], reasons: Mapping[str, tuple[pl.Expr, pl.Expr]]) -> pl.Expr:
    return pl.concat_str(
        [pl.when(condition).then(said[name]).otherwise(None) for name, (condition, _) in reasons.items()],
        separator=";",
        ignore_nulls=True,
    )


def _unannounced_until(coverage: pl.DataFrame, calendar: pl.DataFrame, reach: pl.DataFrame) -> pl.DataFrame:
    """Per enterprise × period × indicator in working days: the last day without an official notice that entered the value.

    A notice is still to come only after the last day that has one: the years before the first are plain Monday to Friday for good.
    """
    last_announced = calendar.filter(pl.col("status") != "provisional")["date_day"].max()
    days = calendar.filter(pl.col("status") == "provisional")["date_day"]
    unannounced = sorted(day for day in days if last_announced is None or day > last_announced)
    reached = {
        (row["enterprise_id"], row["period"], row["period_role"], row["indicator_id"]): row["until_on"]
        for row in reach.iter_rows(named=True)
    }
    found: dict[tuple[str, str, str], dt.date] = {}
    for row in coverage.iter_rows(named=True):
        place, role = (row["enterprise_id"], row["period"]), row["period_role"]
        for indicator in _WORKING_DAY_INDICATORS:
            if role != "current" and indicator != EFFICIENCY_CHANGE:
                continue
            end = max(row["last_day"], reached.get((*place, role, indicator), row["last_day"]))
            before = bisect_right(unannounced, end)
            if before and unannounced[before - 1] >= row["first_day"]:
                key = (*place, indicator)
                found[key] = max(found.get(key, dt.date.min), unannounced[before - 1])
    return pl.DataFrame(
        [(*key, day) for key, day in found.items()],
        schema={"enterprise_id": pl.String, "period": pl.String, "indicator_id": pl.String, "unannounced_until": pl.Date},
        orient="row",
    )


def _state(status: str, reason: str | None) -> pl.Expr:
    return pl.struct(status=pl.lit(status), reason=pl.lit(reason, dtype=pl.String))


def _coverage_of_roles(coverage: pl.DataFrame) -> pl.DataFrame:
    """Per enterprise × period: coverage, and whether both this period and the one a year earlier have all their quarters."""
    key = ["enterprise_id", "period"]
    whole = pl.col("quarters_covered") == pl.col("quarters_expected")
    current = coverage.filter(pl.col("period_role") == "current").select(
        *key, "quarters_expected", "quarters_covered", whole.alias("now")
    )
    previous = coverage.filter(pl.col("period_role") == "previous").select(*key, whole.alias("before"))
    return (
        current.join(previous, on=key, how="left")
        .with_columns(is_period_comparable=pl.col("now") & pl.col("before").fill_null(False))
        .drop("now", "before")
    )


def _held_quarters(coverage: pl.DataFrame, source_rows: pl.DataFrame) -> pl.DataFrame:
    """Per enterprise × period × role × table: in how many of the period's quarters the table has records."""
    first_days = [(label, Quarter.parse(label).first_day) for label in source_rows["quarter"].unique().drop_nulls()]
    quarters = pl.DataFrame(first_days, schema={"quarter": pl.String, "first": pl.Date}, orient="row")
    held = source_rows.filter(pl.col("row_count") > 0).join(quarters, on="quarter").select("enterprise_id", "table_name", "first")
    return (
        coverage.select("enterprise_id", "period", "period_role", "first_day", "last_day")
        .join(held, on="enterprise_id", how="inner")
        .filter(pl.col("first").is_between(pl.col("first_day"), pl.col("last_day")))
        .group_by("enterprise_id", "period", "period_role", "table_name")
        .agg(quarters_held=pl.col("first").n_unique())
    )


def _comparable_changes(coverage: pl.DataFrame, source_rows: pl.DataFrame, catalogue: pl.DataFrame) -> pl.DataFrame:
    """Per enterprise × period × change (I4-…): whether every quarter of both sides holds records of its first source table.

    I4-1 always compares trailing years (D-33).
    """
    changes = catalogue.filter(pl.col("indicator_id").is_in(_CHANGES)).select(
        "indicator_id", table_name=pl.col("source_tables").list.first()
    )
    held = _held_quarters(coverage, source_rows)
    whole = (
        coverage.join(changes, how="cross")
        .join(held, on=["enterprise_id", "period", "period_role", "table_name"], how="left")
        .group_by("enterprise_id", "period", "window_kind", "indicator_id")
        .agg(is_whole=(pl.col("quarters_held").fill_null(0) == pl.col("quarters_expected")).all())
    )
    trailing = whole.filter(pl.col("window_kind") == "trailing_year").select(
        "enterprise_id", "indicator_id", is_trailing_whole="is_whole"
    )
    is_comparable = pl.when(pl.col("indicator_id") == ERROR_RATE).then(pl.col("is_trailing_whole")).otherwise(pl.col("is_whole"))
    return whole.join(trailing, on=["enterprise_id", "indicator_id"], how="left").select(
        "enterprise_id", "period", "indicator_id", is_comparable=is_comparable
    )


def _without_all_customers(coverage: pl.DataFrame, source_rows: pl.DataFrame) -> pl.DataFrame:
    """Per enterprise: whether quarters of requests are missing in the twelve months whose customers R3-1 counts."""
    requests = _held_quarters(coverage, source_rows).filter(pl.col("table_name") == _CUSTOMERS_COME_FROM)
    return (
        coverage.filter((pl.col("period_role") == "current") & (pl.col("window_kind") == "trailing_year"))
        .join(requests, on=["enterprise_id", "period", "period_role"], how="left")
        .join(_awaited_quarters(coverage, source_rows), on=["enterprise_id", "period"], how="left")
        .select("enterprise_id", lacks_customers=pl.col("quarters_held").fill_null(0) < pl.col("quarters_awaited"))
    )


def _awaited_quarters(coverage: pl.DataFrame, source_rows: pl.DataFrame) -> pl.DataFrame:
    """Per enterprise × period: its quarters since the enterprise's first record; of those before it nothing is awaited.

    All of them if there is no record at all.
    """
    dated = source_rows.filter((pl.col("row_count") > 0) & pl.col("table_name").is_in(COVERING_TABLES))
    first = dated.group_by("enterprise_id").agg(first_quarter=pl.col("quarter").min())
    current = coverage.filter(pl.col("period_role") == "current").join(first, on="enterprise_id", how="left")
    counted = [
        row["quarters_expected"] - _quarters_before(row["first_day"], row["first_quarter"], row["quarters_expected"])
        for row in current.iter_rows(named=True)
    ]
    return current.select("enterprise_id", "period", quarters_awaited=pl.Series(counted, dtype=pl.Int64))


def _quarters_before(first_day: dt.date, first_quarter: str | None, at_most: int) -> int:
    """How many quarters from a day on are before a quarter."""
    if first_quarter is None:
        return 0
    first, begins = Quarter.parse(first_quarter), Quarter.parse(f"{first_day.year}-Q{(first_day.month + 2) // 3}")
    between = (first.year - begins.year) * 4 + first.number - begins.number
    return min(max(between, 0), at_most)


def _without_comparison(rows: pl.DataFrame) -> pl.DataFrame:
    """Drop comparisons with an incomplete period."""
    return rows.with_columns(
        value=pl.when(pl.col("indicator_id").is_in(_CHANGES) & ~pl.col("is_comparable")).then(None).otherwise(pl.col("value")),
        previous_value=pl.when(pl.col("is_period_comparable")).then(pl.col("previous_value")).otherwise(None),
    ).drop("is_period_comparable")


def _with_true_zeros(rows: pl.DataFrame) -> pl.DataFrame:
    """A count is one observation; an event that never happened is a true zero if its table was delivered (D-11)."""
    is_count = pl.col("method") == "count"
    never_happened = is_count & pl.col("value").is_null()
    return rows.with_columns(
        pl.when(never_happened).then(0.0).otherwise(pl.col("value")).alias("value"),
        pl.when(never_happened).then(0.0).otherwise(pl.col("numerator")).alias("numerator"),
        pl.when(never_happened).then(1.0).otherwise(pl.col("denominator")).alias("denominator"),
        pl.when(is_count).then(1).otherwise(pl.col("sample_size")).alias("sample_size"),
    )


def _reasons(
    rows: pl.DataFrame,
    catalogue: pl.DataFrame,
    coverage: pl.DataFrame,
    source_rows: pl.DataFrame,
    delivery: Delivery,
    plan: EvaluationPlan,
) -> pl.DataFrame:
    """Per enterprise × period × indicator: a status that overrides any value, that of an empty value, and what is assumed; of each
    stand-in, whether it was delivered and what of it is assumed.
    """
    recorded = set(source_rows.filter(pl.col("row_count") > 0).select("enterprise_id", "table_name").iter_rows())
    by_plan = {(entry.enterprise_id, entry.indicator_id): entry for entry in plan.not_applicable}
    named = dict(catalogue.select("indicator_id", "named_indicator_id").iter_rows())
    sources = {row["indicator_id"]: row for row in catalogue.iter_rows(named=True)}
    time_of_day = indicator_columns(TIME_OF_DAY)
    days = {
        (row["enterprise_id"], row["period"], row["period_role"]): (row["first_day"], row["last_day"])
        for row in coverage.iter_rows(named=True)
    }
    found = []
    for enterprise, period in rows.select("enterprise_id", "period").unique(maintain_order=True).iter_rows():
        for indicator, source in sources.items():
            excluded = by_plan.get((enterprise, indicator)) or by_plan.get((enterprise, named[indicator]))
            needed, timed = tuple(source["source_columns"]), time_of_day.get(indicator, ())
            missing = delivery.missing(tuple(source["source_tables"]), needed, source["period_rule"])
            earlier = delivery.within(_spans(indicator, source["period_rule"], (enterprise, period), days))
            missing = missing or delivery.only_dates(enterprise, timed, earlier)
            scores_assumed = plan.scores_assumed(enterprise, indicator, named[indicator])
            assumption = None
            if not scores_assumed:
                assumption = delivery.assumption(enterprise, (*needed, *rests_on(indicator)), earlier)
            settled: tuple[str | None, str | None] = (None, None)
            if excluded:
                settled = (NOT_APPLICABLE, f"plan:{excluded.reason}")
            elif missing:
                settled = (NO_DATA, missing)
            has_records = not source["source_tables"] or (enterprise, source["source_tables"][0]) in recorded
            empty = (NOT_APPLICABLE, "no_cases_in_period") if has_records else (NO_DATA, "no_records")
            if has_records and source["source_tables"] and source["source_tables"][0] in _INSTRUMENTS:
                empty = (NO_DATA, "not_measured")
            if indicator in (INDEX, INDEX_CHANGE):
                empty = (NO_DATA, "component_missing")
            standing_in = stand_ins(indicator)
            delivered = [
                delivery.has(standing_in[use], source["period_rule"]) if use in standing_in else False for use in STAND_INS
            ]
            assumed = [
                None if scores_assumed else delivery.assumption(enterprise, standing_in.get(use, ()), earlier) for use in STAND_INS
            ]
            found.append((enterprise, period, indicator, *settled, *empty, assumption, *delivered, *assumed))
    return pl.DataFrame(
        found,
        schema={
            "enterprise_id": pl.String, "period": pl.String, "indicator_id": pl.String, "settled_status": pl.String,
            "settled_reason": pl.String, "empty_status": pl.String, "empty_reason": pl.String, "assumption": pl.String,
            **{f"is_delivered_{use}": pl.Boolean for use in STAND_INS}, **{f"assumption_{use}": pl.String for use in STAND_INS},
        },
        orient="row",
    )  # fmt: skip


def _spans(
    indicator: str, rule: str, place: tuple[str, str], days: Mapping[tuple[str, str, str], tuple[dt.date, dt.date]]
) -> list[tuple[dt.date, dt.date]]:
    """First and last days of the records that a value rests on, by its ``period_rule``; registers are those of the quarter itself.

    days    enterprise, period, role → first and last day
    """
    first, last = days[*place, "current"]
    if rule == "year_on_year":
        return [days[*place, role] for role in ("current", "previous") if (*place, role) in days]
    if rule == "trailing_year":
        # This year and the one before (D-33).
        return [(dt.date.min, last)]
    if rule == "year_to_date":
        return [(min(first, dt.date(last.year, 1, 1)), last)]
    if indicator == _STAFF_PER_CUSTOMER:
        return [(dt.date(last.year - 1, last.month, 1), last)]
    return [] if rule == "period_end" else [(first, last)]
