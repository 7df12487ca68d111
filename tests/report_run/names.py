"""The enterprises, the quarter and the versions that every table of the run speaks of."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from pipeline.calendar.quarters import Quarter

REPO = Path(__file__).resolve().parents[2]
SEEDS = REPO / "dbt_project" / "seeds"
QUARTER = Quarter.parse("2025-Q1")
RUN_ID = "00000000-0000-4000-8000-000000000001"
EDITION = "T/GXDSL 244—2025 (征求意见稿, sha256 f2a9da42d238)"
HOSTILE = "A/B <b>"
EMPTY = "Z0"
ENTERPRISES = ("E1", HOSTILE, EMPTY)

# A name, a telephone number and a complaint as they could stand in a masked value: none of it may reach a report.
PERSONAL = ("王*明", "138****5678", "师傅态度差")

WINDOWS = (("2025-Q1", "quarter"), ("2025-Q1-YTD", "year_to_date"), ("2025-Q1-TTM", "trailing_year"))

VERSIONS = {
    "standard_edition": EDITION,
    "catalogue_version": "2025.1",
    "weights_version": "w-0123456789ab",
    "data_as_of": dt.datetime(2025, 4, 29, 18, 2, 11),
}
