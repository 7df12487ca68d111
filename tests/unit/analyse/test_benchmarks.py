"""Gaps to benchmarks: in the indicator's unit, with the intervals of both, marked when old."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from scipy.stats import binomtest

from pipeline.analyse.benchmarks import NO_VALUE, gaps
from pipeline.analyse.comparison import BETTER, FEW, OK, UNDECIDED, WORSE
from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.settings.benchmarks import BENCHMARK_COLUMNS, read_benchmarks

INDICATORS = pl.DataFrame(
    {
        "indicator_id": ["O1-1", "O1-2", "P2-3a"],
        "method": ["rate", "rate", "mean"],
        "direction": ["higher", "lower", "lower"],
        "requirement": [0.9, 0.03, 4.0],
    }
)
HEADER = ",".join(BENCHMARK_COLUMNS)


def written(folder: Path, *lines: str) -> Path:
    path = folder / "benchmarks.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def value(indicator: str, number: float | None, low: float | None, high: float | None, status: str = "ok") -> dict[str, object]:
    return {
        "enterprise_id": "E1", "period": "2025-Q1", "indicator_id": indicator, "value": number, "ci_low": low, "ci_high": high,
        "status": status,
    }  # fmt: skip


def test_gaps_have_the_intervals_of_both(tmp_path: Path) -> None:
    """O1-1 90 of 100 against 0.8: + .1 and the value's interval less .8; against 56 of 70 by Newcombe. Hours: 5 against 4."""
    own, other = (binomtest(*counts).proportion_ci(method="wilson") for counts in ((90, 100), (56, 70)))
    benchmarks = read_benchmarks(
        written(
            tmp_path,
            "O1-1,industry,0.8,,yearbook,2024-06-01,,,,",
            "O1-1,region,0.8,70,survey,2023-03-30,CC0,,,small",
            "P2-3a,industry,4,,yearbook,2023-03-31,,,,",
            "O1-2,industry,0.05,,yearbook,2024-06-01,,,,",
        )
    )
    values = pl.DataFrame(
        [value("O1-1", 0.9, own.low, own.high), value("P2-3a", 5.0, 4.5, 5.5), value("O1-2", None, None, None, "no_data")],
        infer_schema_length=None,
    )
    found = {
        (row["indicator_id"], row["scope"]): row for row in gaps(values, benchmarks, INDICATORS, dt.date(2025, 3, 31)).to_dicts()
    }
    industry, region = found["O1-1", "industry"], found["O1-1", "region"]
    assert [industry[name] for name in ("gap", "gap_low", "gap_high")] == pytest.approx([0.1, own.low - 0.8, own.high - 0.8])
    assert region["gap_low"] == pytest.approx(0.1 - ((0.9 - own.low) ** 2 + (other.high - 0.8) ** 2) ** 0.5)
    assert (industry["finding"], region["finding"], found["P2-3a", "industry"]["finding"]) == (BETTER, UNDECIDED, WORSE)
    assert (industry["is_old"], region["is_old"], found["P2-3a", "industry"]["is_old"]) == (False, True, False)
    assert (region["benchmark_n"], region["licence"], region["note"]) == (70, "CC0", "small")
    assert {(row["indicator_id"], row["status"]) for row in found.values()} == {("O1-1", OK), ("P2-3a", OK), ("O1-2", NO_VALUE)}


def test_few_cases_have_a_gap_and_no_finding(tmp_path: Path) -> None:
    benchmarks = read_benchmarks(written(tmp_path, "O1-1,industry,0.2,,yearbook,2024-06-01,,,,"))
    (row,) = gaps(pl.DataFrame([value("O1-1", 1.0, 0.6, 1.0, FEW)]), benchmarks, INDICATORS, dt.date(2025, 3, 31)).to_dicts()
    assert (row["gap"], row["q_value"], row["finding"], row["status"]) == (pytest.approx(0.8), None, None, FEW)


def test_every_fault_is_named_by_file_row_column_and_rule(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "O1-1,industry,0.8,,,2024-06-01,,,,",
        "O1-1,industry,0.8,,yearbook,,,,,",
        "O1-1,industry,80,,yearbook,2024-06-01,,,,",
        "O1-11,industry,0.8,0,yearbook,2024-06,,,,",
        "P2-3a,industry,4,,yearbook,2024-06-01,,2024-01-01,2025-01-01,",
        "P2-3a,industry,5,,yearbook,2024-06-01,,2024-12-31,,",
        "P2-3a,industry,5,,other yearbook,2024-06-01,,2024-12-31,,",
    )
    with pytest.raises(UsageError) as refused:
        read_benchmarks(path)
    said = [line.removeprefix(f"{path}: ") for line in str(refused.value).splitlines()]
    assert said == [
        "row 2, column source: must not be empty",
        "row 3, column source_date: must not be empty",
        "row 4, column value: '80' is not a share from 0 to 1 (95 % is written 0.95)",
        "row 5, column indicator_id: the catalogue has no indicator 'O1-11'; did you mean 'O1-1'?",
        "row 5, column n: must be at least 1",
        "row 5, column source_date: '2024-06' is not a date like 2025-01-31",
        "row 7, column indicator_id: row 6 has a value of the same scope and source for the same days",
    ]


def test_a_benchmark_holds_on_the_quarter_s_last_day(tmp_path: Path) -> None:
    (each,) = read_benchmarks(written(tmp_path, "P2-3a,industry,4,,yearbook,2024-06-01,,2024-12-31,2025-03-31,"))
    assert [each.is_in_force(Quarter.parse(name)) for name in ("2024-Q3", "2024-Q4", "2025-Q1")] == [False, True, False]
