"""The indicator catalogue as a table: what a plan is checked against and values are joined to.

``schemas/standard/catalogue.py`` reads and checks it; only its form changes here.
"""

from __future__ import annotations

import dataclasses

import polars as pl

from pipeline.calendar.quarters import Quarter
from schemas.standard.catalogue import catalogue


def catalogue_frame(quarter: Quarter) -> pl.DataFrame:
    """The indicator catalogue in force on the quarter's last day, one row per indicator, in the standard's order."""
    rows = [dataclasses.asdict(indicator) for indicator in catalogue(quarter.last_day).values()]
    lists = ("source_tables", "source_columns", "decisions")
    return pl.DataFrame(
        [{name: list(value) if name in lists else value for name, value in row.items()} for row in rows],
        infer_schema_length=None,
        schema_overrides={
            **dict.fromkeys(lists, pl.List(pl.String)),
            **dict.fromkeys(("requirement", "acceptable", "objective", "unit_divisor", "multiplier"), pl.Float64),
        },
    )
