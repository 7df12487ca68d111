"""Report section on the quality of the enterprise's data: the scorecard, and the findings of the acceptance.

``pipeline/account`` counts the scorecard, ``pipeline/accept`` checks the delivery.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.accept.verdicts import NOT_JUDGED, PASSED, VERDICTS
from pipeline.report.words.labels import Labels
from schemas.expectations.acceptance import ALL_ENTERPRISES
from schemas.expectations.quality import DIMENSIONS


@dataclass(frozen=True)
class TableQuality:
    """A row of the scorecard; shares 0–1 by dimension, None if not available."""

    table: str
    name: str
    extracted: int
    shares: Mapping[str, float | None]
    filled_rate: float | None


@dataclass(frozen=True)
class QualityFinding:
    """A check of the delivery with another verdict than passed."""

    table: str
    name: str
    check: str
    value: float | None
    """None: withheld, because it would tell of fewer than k people."""
    unit: str
    detail: str | None
    expected: str
    verdict: str
    verdict_name: str
    reason: str | None
    author: str | None


@dataclass(frozen=True)
class Quality:
    """The section: scorecard, and number of checks by verdict."""

    tables: tuple[TableQuality, ...]
    findings: tuple[QualityFinding, ...]
    counts: Mapping[str, int]


def quality_of(scorecard: pl.DataFrame, acceptance: pl.DataFrame, enterprise_id: str, words: Labels) -> Quality:
    """The section of one enterprise; tables that name no enterprise concern all.

    scorecard    the run's table ``data_quality``
    acceptance   the run's table ``acceptance_results``
    """
    own = acceptance.filter(pl.col("enterprise_id").is_in([enterprise_id, ALL_ENTERPRISES]))
    missed = own.filter(pl.col("verdict").is_in([PASSED, NOT_JUDGED]).not_())
    return Quality(
        tables=tuple(
            TableQuality(
                table=row["table"],
                name=words.table(row["table"]),
                extracted=row["extracted"],
                shares={name: row[name] for name in DIMENSIONS},
                filled_rate=row["filled_rate"],
            )
            for row in scorecard.filter((pl.col("enterprise_id") == enterprise_id) & (pl.col("extracted") > 0)).iter_rows(
                named=True
            )
        ),
        findings=tuple(
            QualityFinding(
                table=row["table"],
                name=words.table(row["table"]),
                check=words.name("check", row["check"]),
                value=row["value"],
                unit=words.numbers.unit(row["unit"]),
                detail=words.sentence(row["detail"]) if row["detail"] else None,
                expected=row["expected"],
                verdict=row["verdict"],
                verdict_name=words.name("acceptance", row["verdict"]),
                reason=row["reason"],
                author=row["author"],
            )
            for row in missed.iter_rows(named=True)
        ),
        counts={words.name("acceptance", verdict): own.filter(pl.col("verdict") == verdict).height for verdict in VERDICTS},
    )
