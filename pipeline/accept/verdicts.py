"""The verdicts on a delivery's figures: one per table, enterprise and check.

Pure functions that apply the evaluation plan's limits and waivers; Great Expectations does the checking.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from pipeline.accept.figures import Figures
from pipeline.accept.gx_process import Missed
from pipeline.calendar.quarters import Quarter
from pipeline.privacy.hiding_columns import hide_findings
from pipeline.settings.plan import Acceptance, Waiver
from schemas.expectations.acceptance import ALL_ENTERPRISES, REFUSE, WARN, Check, checks

PASSED, WARNED, REFUSED, WAIVED, NOT_JUDGED = "pass", "warn", "refuse", "waived", "not_judged"
VERDICTS = (PASSED, WARNED, REFUSED, WAIVED, NOT_JUDGED)
SCHEMA = pl.Schema(
    {
        "enterprise_id": pl.String,
        "quarter": pl.String,
        "table": pl.String,
        "check": pl.String,
        "title_zh": pl.String,
        "clause": pl.String,
        "unit": pl.String,
        "value": pl.Float64,
        "detail": pl.String,
        "expected": pl.String,
        "required": pl.String,
        "verdict": pl.String,
        "reason": pl.String,
        "author": pl.String,
    }
)
"""One row per enterprise × table × check; ``enterprise_id`` is ``*`` if a table has no enterprises. ``reason`` and
``author`` are a waiver's."""


_REMEDIES = {
    "missing": "deliver the column with its values, or leave it out if it is no longer kept",
    "references": "deliver the rows that are referred to",
    "zero_durations": "deliver the times at which the two steps happened",
    "freshness": "deliver the days that are missing",
}


def checks_for_run(acceptance: Acceptance, tables: Iterable[str]) -> dict[str, tuple[Check, ...]]:
    """The checks of the tables with the limits of this run."""
    limits = {(limit.table, limit.check): limit for limit in acceptance.limits}

    def of_run(table: str, check: Check) -> Check:
        limit = limits.get((table, check.name)) or limits.get((None, check.name))
        return check.with_limits(limit.expected, limit.required) if limit else check

    return {table: tuple(of_run(table, check) for check in checks()[table]) for table in tables}


def verdicts(
    quarter: Quarter,
    figures: Mapping[str, Figures],
    questions: Mapping[str, tuple[Check, ...]],
    missed: Iterable[Missed],
    waivers: Iterable[Waiver],
) -> pl.DataFrame:
    """The verdicts (``SCHEMA``), tables and checks in the contract's order, enterprises by id."""
    found = {(miss.table, miss.check, miss.kind, miss.enterprise) for miss in missed}
    forgiven = {(w.table, w.check, w.enterprise_id): w for w in waivers if w.quarter == quarter}
    rows = []
    for table, of in questions.items():
        for enterprise, values in sorted(figures[table].items()):
            for check in of:
                figure = values[check.name]
                verdict = PASSED if figure.value is not None else NOT_JUDGED
                if (table, check.name, REFUSE, enterprise) in found:
                    verdict = REFUSED
                elif (table, check.name, WARN, enterprise) in found:
                    verdict = WARNED
                waiver = forgiven.get((table, check.name, enterprise)) or forgiven.get((table, check.name, None))
                if waiver is not None and verdict in (WARNED, REFUSED):
                    verdict = WAIVED
                else:
                    waiver = None
                rows.append(
                    {
                        "enterprise_id": enterprise,
                        "quarter": quarter.label,
                        "table": table,
                        "check": check.name,
                        "title_zh": check.title,
                        "clause": check.clause,
                        "unit": check.unit,
                        "value": figure.value,
                        "detail": figure.detail or None,
                        "expected": str(check.expected),
                        "required": str(check.required) if check.required else None,
                        "verdict": verdict,
                        "reason": waiver and waiver.reason,
                        "author": waiver and waiver.author,
                    }
                )
    return pl.DataFrame(rows, schema=SCHEMA)


def shown(found: pl.DataFrame) -> pl.DataFrame:
    """The verdicts as messages and pages may say them: an enterprise's id or a code that is personal data is not spelled out.

    They are read before the scan of the results, and by others than those who may read the results.
    """
    return found.with_columns(hide_findings(found[name]).alias(name) for name in ("enterprise_id", "detail"))


def what_to_do(row: Mapping[str, object]) -> str:
    """How a missed check is mended, by what it found."""
    if row["check"] == "volume" and isinstance(row["value"], float) and row["value"] > 1:
        return (
            "there are more rows than in the quarters before: if those hold only part of their rows (such as stragglers of a first "
            "delivery), deliver them whole; if rows came twice, deliver them once"
        )
    return _REMEDIES.get(str(row["check"]), "deliver what is missing")


def explain(row: Mapping[str, object]) -> str:
    """A missed check in words: table, check, enterprise, the figure and its limit."""
    of = f" of {row['enterprise_id']}" if row["enterprise_id"] != ALL_ENTERPRISES else ""
    limit = row["required"] if row["verdict"] == REFUSED else row["expected"]
    detail = f" ({row['detail']})" if row["detail"] else ""
    return f"{row['table']} {row['check']}{of}: {row['value']:.4g}{detail}, must be {limit}"
