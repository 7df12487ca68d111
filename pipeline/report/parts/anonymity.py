"""Report section on the anonymity of the published tables: the enterprise's rows of ``anonymity``, in words.

Measuring belongs to ``pipeline/release/statement.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipeline.report.words.labels import Labels
from schemas.expectations.privacy import AGGREGATE, INTERNAL, RELEASED, RELEASED_LAYER


@dataclass(frozen=True)
class ReleasedTable:
    """A published record-level table of this enterprise. ``risk``: the largest chance of recognising a record, 1/k."""

    table: str
    name: str
    rows: int | None
    generalised: int | None
    suppressed: int | None
    left_out: int | None
    k_required: int
    k_reached: int | None
    l_required: int | None
    l_reached: int | None
    risk: float | None
    level: int


@dataclass(frozen=True)
class Anonymity:
    """The record-level tables, the number of other tables by level of GB/T 42460, and the released layer as a whole.

    layer_k, layer_level   the smallest number of people that a shown number is about (None: nobody), and the layer's level
    """

    released: tuple[ReleasedTable, ...]
    internal: tuple[str, ...]
    aggregates: int
    aggregates_of_persons: tuple[str, ...]
    layer_k: int | None
    layer_level: int | None


def anonymity_of(measured: pl.DataFrame, enterprise_id: str, words: Labels) -> Anonymity:
    """The section of one enterprise.

    measured   the run's table ``anonymity``
    """
    own = measured.filter((pl.col("kind") == RELEASED) & (pl.col("enterprise_id") == enterprise_id)).sort("table")
    layer = next(measured.filter(pl.col("kind") == RELEASED_LAYER).iter_rows(named=True), {})
    aggregates = measured.filter(pl.col("kind") == AGGREGATE)
    return Anonymity(
        released=tuple(
            ReleasedTable(
                table=row["table"],
                name=words.name("records", row["table"]),
                rows=row["rows"],
                generalised=row["generalised"],
                suppressed=row["suppressed"],
                left_out=row["left_out"],
                k_required=row["k_required"],
                k_reached=row["k_reached"],
                l_required=row["l_required"],
                l_reached=row["l_reached"],
                risk=row["reidentification_risk"],
                level=row["gbt_42460_level"],
            )
            for row in own.iter_rows(named=True)
        ),
        internal=tuple(measured.filter(pl.col("kind") == INTERNAL)["table"].sort()),
        aggregates=aggregates.filter(pl.col("gbt_42460_level") == 4).height,
        aggregates_of_persons=tuple(aggregates.filter(pl.col("gbt_42460_level") < 4)["table"].sort()),
        layer_k=layer.get("k_reached"),
        layer_level=layer.get("gbt_42460_level"),
    )
