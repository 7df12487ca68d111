"""The published table ``claims``: what each edition of a run's reports concludes, and the rows that its numbers are read from.

One row per enterprise × period × edition × conclusion × fact. PR-46; readers see it, because it says nothing that the released
tables do not.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any, get_args

import polars as pl

from pipeline.report.claims.engine import Claim, claims_of
from pipeline.report.claims.gather import Gathered
from pipeline.report.claims.rules import rule_book
from pipeline.report.claims.wording import Wording
from pipeline.report.document.blocks import Edition, Language
from pipeline.report.model.run_tables import RunTables

TABLE = "claims"
SCHEMA = {
    "enterprise_id": pl.String,
    "period": pl.String,
    "edition": pl.String,
    "section": pl.String,
    "place": pl.Int64,
    "claim_id": pl.String,
    "subject_id": pl.String,
    "tone": pl.String,
    "text_zh": pl.String,
    "text_en": pl.String,
    "fact": pl.String,
    "fact_text_zh": pl.String,
    "fact_text_en": pl.String,
    "fact_value": pl.Float64,
    "evidence_table": pl.String,
    "evidence_keys": pl.String,
    "evidence_column": pl.String,
    "evidence_reads": pl.String,
    "rules_version": pl.String,
}
EDITIONS: tuple[Edition, ...] = get_args(Edition)


def periods_of(tables: RunTables, enterprise_id: str) -> list[str]:
    """The periods of an enterprise that the run has scored: the quarter, the year to date, the trailing year."""
    own = tables.scores.filter(enterprise_id=enterprise_id, level="total")["period"].to_list()
    return sorted(own, key=lambda period: (period != tables.quarter.label, "TTM" in period))


def claims_table(tables: RunTables) -> pl.DataFrame:
    """The conclusions of every enterprise, period and edition of a run.

    evidence_keys   JSON: columns and values of the rows of ``evidence_table``
    evidence_reads  value of ``evidence_column``, its sum over the rows, or the count of the rows; none for what has a name only
    """
    languages: tuple[Language, ...] = get_args(Language)
    rows: list[dict[str, Any]] = []
    for enterprise in tables.enterprises:
        wordings = {language: Wording(tables, enterprise, language) for language in languages}
        for period in periods_of(tables, enterprise):
            gathered = Gathered(tables, enterprise, period)
            for edition in EDITIONS:
                for place, claim in enumerate(claims_of(gathered, edition, wordings), start=1):
                    key = {"enterprise_id": enterprise, "period": period, "edition": edition, "place": place}
                    rows += [key | row for row in _rows(claim)]
    return pl.DataFrame(rows, schema=SCHEMA)


def _rows(claim: Claim) -> Iterator[dict[str, Any]]:
    own = {
        "section": claim.section,
        "claim_id": claim.claim_id,
        "subject_id": claim.subject_id,
        "tone": claim.tone,
        "text_zh": claim.texts["zh"],
        "text_en": claim.texts["en"],
        "rules_version": rule_book().version,
    }
    if not claim.used:
        yield own
    for each in claim.used:
        value, source = each.fact.value, each.fact.source
        of_rows: dict[str, Any] = {}
        if source is not None:
            of_rows = {
                "evidence_table": source.table,
                "evidence_keys": json.dumps(dict(source.keys), ensure_ascii=False, sort_keys=True, default=dt.date.isoformat),
                "evidence_column": source.column or None,
                "evidence_reads": source.reads,
            }
        yield (
            own
            | of_rows
            | {
                "fact": each.name,
                "fact_text_zh": each.texts["zh"],
                "fact_text_en": each.texts["en"],
                "fact_value": float(value) if isinstance(value, int | float) else None,
            }
        )
