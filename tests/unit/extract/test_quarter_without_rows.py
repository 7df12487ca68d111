"""A run of a quarter of which the landing folder holds no row ends in one sentence with the quarters that it holds."""

from __future__ import annotations

import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.extract.partition import require_some_row
from schemas.contract import TABLES

Q1 = "2025-Q1"
SUGGESTIONS = "enterprise_id,suggestion_id,source,submitted_at"
REGIONS = "enterprise_id,region_code,name,area_km2,urbanicity\nA,R1,东,1,urban\n"


def require(place, quarter: str = Q1) -> None:
    results = []
    for table in TABLES:
        place.take(table)
        results.append(place.extract(table, quarter))
    require_some_row(Quarter.parse(quarter), place.landing, results, place.lake)


def sentence(place, quarter: str = Q1) -> str:
    with pytest.raises(UsageError) as error:
        require(place, quarter)
    assert error.value.exit_code == 2
    text = str(error.value)
    assert "\n" not in text
    return text.replace(str(place.landing), "LANDING")


def test_the_quarters_that_are_there_are_named(place):
    days = ["2024-11-03", "2024-12-31", "2025-04-01", "2025-08-09", "soon"]
    place.deliver("suggestions.csv", "\n".join([SUGGESTIONS, *(f"A,S{n},customer,{day}" for n, day in enumerate(days))]))
    place.deliver("regions.csv", REGIONS)
    assert sentence(place) == (
        "2025-Q1: the landing folder LANDING holds no row of this quarter; it holds rows of 2024-Q4, 2025-Q2, 2025-Q3 and 1 row "
        "without a readable date: choose one of these, or deliver the files of 2025-Q1"
    )
    require(place, "2025-Q2")


def test_a_delivery_of_which_no_row_has_a_date(place):
    """It is in every quarter, to be refused there, but it makes none."""
    place.deliver("suggestions.csv", f"{SUGGESTIONS}\nA,S1,customer,03.02.2025\nA,S2,customer,\nA,S3,customer,soon\n")
    assert sentence(place) == (
        "2025-Q1: the landing folder LANDING holds no row of this quarter; its files hold no dated row and 3 rows without a "
        "readable date: deliver the files of 2025-Q1"
    )


def test_a_header_alone(place):
    place.deliver("suggestions.csv", f"{SUGGESTIONS}\n")
    assert "its files hold no dated row: deliver the files of 2025-Q1" in sentence(place)


def test_registers_alone_are_no_quarter_without_rows(place):
    """They are in every quarter; what lacks is said as no_data."""
    place.deliver("regions.csv", REGIONS)
    require(place)


def test_one_dated_row_of_any_table_makes_the_quarter(place):
    place.deliver("suggestions.csv", f"{SUGGESTIONS}\nA,S1,customer,soon\n")
    place.deliver(
        "improvement_projects.csv", "enterprise_id,project_id,kind,started_on,effective_on\nA,P1,innovation,2024-11-01,2025-02-01\n"
    )
    require(place)
