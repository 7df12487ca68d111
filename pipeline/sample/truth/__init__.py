"""Expected results: the 68 values of every enterprise and quarter, counted from the accepted rows in plain Python.

Intervals, status and scores are not computed here. An independent oracle: written indicator by indicator from the rulings,
sharing no SQL and no code with the marts or the evaluation (only the State Council calendar of
``pipeline.calendar.working_days``). Clarity comes before speed.

``numerator / denominator * factor = value``: durations are in seconds (order cycles in days) and converted to the
indicator's unit by the factor, scores are 0–100, counts and percentiles have the denominator 1, changes (I4) divide the
difference by the earlier value. Look-back values (R3-1, R3-4, I3-1) use the quarters in the sample; I4 needs all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.working_days import working_calendar
from pipeline.sample.tables import SAMPLED
from pipeline.sample.truth import improvement, outcome, process, resources
from pipeline.sample.truth.facts import INDICATORS, Book, Facts, Row

TRUTH_SCHEMA = pl.Schema(
    {
        "enterprise_id": pl.String,
        "quarter": pl.String,
        "indicator_id": pl.String,
        "numerator": pl.Float64,
        "denominator": pl.Float64,
        "value": pl.Float64,
        "n": pl.Int64,
    }
)

DIMENSIONS = (resources, process, outcome, improvement)
"""Each registers its indicators on import."""

# Without tables that no indicator is counted from: judgements give weights, mystery visits are shown beside the surveys.
_READ = [name for name in SAMPLED if name not in ("customers", "mystery_visits", "expert_judgements")]


def true_values(tables: Mapping[str, pl.DataFrame], quarters: Sequence[Quarter]) -> pl.DataFrame:
    """The 68 values of every enterprise and quarter from accepted rows (``TRUTH_SCHEMA``).

    ``tables``: rows by table, in the contract's columns, without those the pipeline must refuse. A value that cannot be
    computed from the rows is null (I2-3 always, year-on-year values without their look-back quarters).
    """
    enterprises = sorted(tables["service_requests"]["enterprise_id"].unique())
    found = []
    for enterprise_id in enterprises:
        book = _book(tables, enterprise_id, quarters)
        for quarter in quarters:
            facts = Facts(book, quarter)
            for indicator_id, compute in INDICATORS.items():
                measured = compute(facts)
                found.append(
                    {
                        "enterprise_id": enterprise_id,
                        "quarter": quarter.label,
                        "indicator_id": indicator_id,
                        "numerator": None if measured.numerator is None else float(measured.numerator),
                        "denominator": None if measured.denominator is None else float(measured.denominator),
                        "value": measured.value,
                        "n": measured.n,
                    }
                )
    return pl.DataFrame(found, schema=TRUTH_SCHEMA).sort("enterprise_id", "quarter", "indicator_id")


def _book(tables: Mapping[str, pl.DataFrame], enterprise_id: str, quarters: Sequence[Quarter]) -> Book:
    rows: dict[str, list[Row]] = {}
    by_quarter: dict[tuple[str, Quarter], list[Row]] = defaultdict(list)
    for name in _READ:
        own = tables[name]
        if "enterprise_id" in own.columns:
            own = own.filter(pl.col("enterprise_id") == enterprise_id)
        personal = [column.name for column in SAMPLED[name].columns if column.pii]
        rows[name] = own.drop(personal).to_dicts()
        dated_by = SAMPLED[name].dated_by
        for row in rows[name] if dated_by else []:
            moment = next(row[column] for column in dated_by if row[column] is not None)
            by_quarter[name, Quarter.of(moment)].append(row)
    return Book(rows, by_quarter, frozenset(quarters), working_calendar())
