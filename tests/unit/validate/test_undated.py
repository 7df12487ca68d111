"""Rows that belong to no quarter are refused in every one, weigh on the limit as a share of the delivery, and can be corrected."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.extract.partition import extract_quarter
from pipeline.extract.snapshot import take_snapshot
from pipeline.lake.layout import Lake
from pipeline.settings.sources import read_sources
from pipeline.validate.corrections import Correction
from pipeline.validate.quarter import TooManyRefusedRows, ValidationResult, validate_quarter
from schemas.contract import TABLES

HEADER = "enterprise_id,suggestion_id,source,submitted_at"
QUARTERS = [Quarter(2024, 4), Quarter(2025, 1)]


class House:
    def __init__(self, folder: Path) -> None:
        self.landing, self.lake = folder / "landing", Lake(folder / "lake")
        self.landing.mkdir()

    def deliver(self, table: str, header: str, *lines: str) -> None:
        (self.landing / f"{table}.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")

    def validate(
        self, table: str, quarter: Quarter, limit: float = 1.0, corrections: tuple[Correction, ...] = ()
    ) -> ValidationResult:
        take_snapshot(TABLES[table], self.landing, read_sources(None), self.lake)
        extract_quarter(TABLES[table], quarter, self.lake)
        return validate_quarter(TABLES[table], quarter, self.lake, limit, corrections=corrections)

    def accepted(self, table: str, quarter: Quarter) -> list[tuple[str, str]]:
        return pl.read_parquet(self.lake.partition("accepted", table, quarter)).select(TABLES[table].key[-1], "quarter").rows()


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def dated(number: int, day: str) -> str:
    return f"A,S{number},customer,{day}"


def test_they_are_refused_in_every_quarter_with_their_rule(house: House) -> None:
    lines = [dated(1, "2024-11-05"), dated(2, ""), dated(3, "soon"), dated(4, "2025-02-05"), dated(5, "2025-02-06")]
    house.deliver("suggestions", HEADER, *lines)
    found = [house.validate("suggestions", quarter) for quarter in QUARTERS]
    assert [(each.extracted, each.accepted, each.quarantined, each.undated) for each in found] == [(3, 1, 2, 2), (4, 2, 2, 2)]
    assert [each.rule_counts for each in found] == [{"required": 1, "type": 1}] * 2
    assert house.accepted("suggestions", QUARTERS[1]) == [("S4", "2025-Q1"), ("S5", "2025-Q1")]


def test_their_limit_is_a_share_of_the_whole_delivery(house: House) -> None:
    # One of 20 rows has no date: 5 % of the delivery, though half as many as the one dated row of 2024-Q4.
    lines = [dated(1, "2024-11-05"), dated(2, "soon"), *(dated(number, "2025-02-05") for number in range(3, 21))]
    house.deliver("suggestions", HEADER, *lines)
    assert [house.validate("suggestions", quarter, 0.05).undated for quarter in QUARTERS] == [1, 1]
    said = r"suggestions 2024-Q4: 1 of the 20 delivered rows have no readable date \(5.0%\), the limit is 4.0%\. 1 × type on sub"
    with pytest.raises(TooManyRefusedRows, match=said):
        house.validate("suggestions", QUARTERS[0], 0.04)


def test_the_limit_of_dated_rows_does_not_count_them(house: House) -> None:
    # Of the quarter's two dated rows one is refused; the two undated ones of four are no more than half either.
    lines = [dated(1, "2025-02-05"), "A,S2,nobody,2025-02-05", dated(3, ""), dated(4, "")]
    house.deliver("suggestions", HEADER, *lines)
    assert house.validate("suggestions", QUARTERS[1], 0.5).quarantined == 3
    with pytest.raises(TooManyRefusedRows, match=r"1 of 2 rows refused \(50.0%\), the limit is 49.0%"):
        house.validate("suggestions", QUARTERS[1], 0.49)


def corrected(before: str, after: str) -> Correction:
    return Correction("suggestions", "A|S2", "submitted_at", before, after, "asked", "Li", dt.date(2099, 1, 1), "row 2")


def test_a_corrected_date_lets_a_row_into_its_quarter_and_no_other(house: House) -> None:
    house.deliver("suggestions", HEADER, dated(1, "2024-11-05"), dated(2, "soon"), dated(3, "2025-02-05"))
    mended = (corrected("soon", "2025-03-01 10:00:00"),)
    there, here = (house.validate("suggestions", quarter, corrections=mended) for quarter in QUARTERS)
    assert (here.accepted, here.quarantined, here.undated) == (2, 0, 0)
    assert house.accepted("suggestions", QUARTERS[1]) == [("S2", "2025-Q1"), ("S3", "2025-Q1")]
    assert (there.accepted, there.quarantined, there.undated, there.rule_counts) == (1, 1, 1, {"undated": 1})


def test_an_answer_to_a_response_without_a_date_is_refused_as_undated(house: House) -> None:
    responses = "enterprise_id,response_id,survey_id,customer_id,mode,submitted_at,is_complete"
    house.deliver("survey_responses", responses, "A,R1,S,C1,online,2025-02-05,true", "A,R2,S,C2,online,someday,true")
    house.deliver("survey_answers", "enterprise_id,response_id,question_id,score", "A,R1,Q1,3", "A,R2,Q1,3", "A,R9,Q1,3")
    found = house.validate("survey_answers", QUARTERS[1])
    assert (found.accepted, found.undated, found.rule_counts) == (1, 2, {"foreign_key": 1, "undated": 1})
