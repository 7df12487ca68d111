"""The linkage attack finds what a wrong release tells, and nothing in a right one."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.privacy.attack.attack import (
    CHANGES,
    EQUAL,
    FRACTIONS,
    MARGINS,
    NONE_OR_ALL,
    PERIODS,
    PLACES,
    PUBLICATIONS,
    STATED,
    SUMS,
    Finding,
    Told,
    _is_of_reading,
    judged,
)
from pipeline.privacy.attack.cells import Cell, Place, Series, read_layer
from pipeline.privacy.attack.fractions import denominators

K = 5
QUARTER = "2025-Q1"
Row = dict[str, Any]

REGIONS = {"R1": 40, "R2": 31, "R3": 12, "R4": 3}
CHANNELS = {"phone": 50, "online": 36}


def row(n: int, scope: str = "enterprise", name: str = "E1", indicator: str = "O1-1", span: str = QUARTER, **more: Any) -> Row:
    """A share of 3 in 4, rounded down."""
    met = more.pop("met", n * 3 // 4)
    return {
        "enterprise_id": more.pop("enterprise", "E1"),
        "period": span,
        "scope_type": scope,
        "scope_id": name,
        "indicator_id": indicator,
        "part": "",
        "value": met / n if n else None,
        "numerator": float(met),
        "denominator": float(n),
        "sample_size": n,
        "withheld": None,
    }


def places(indicator: str = "O1-1", span: str = QUARTER, add: int = 0, enterprise: str = "E1") -> list[Row]:
    """An enterprise with its regions and channels, which add up to it."""
    kept: Row = {"indicator": indicator, "span": span, "enterprise": enterprise}
    parts = [row(n + add, "region", name, **kept) for name, n in REGIONS.items()]
    total = sum(part["sample_size"] for part in parts)
    met = sum(int(part["numerator"]) for part in parts)
    channels = [
        row(50, "channel", "phone", met=37, **kept),
        row(total - 50, "channel", "online", met=met - 37, **kept),
    ]
    return [row(total, name=enterprise, met=met, **kept), *parts, *channels]


def attacked(folder: Path, *publications: tuple[list[Row], Iterable[tuple[str, ...]]], **tables: pl.DataFrame) -> list[Finding]:
    """What is found in publications, oldest first: the true rows, and the scope names (or name and indicator, or span) withheld."""
    released, truths = [], []
    for number, (rows, hidden) in enumerate(publications):
        chosen = set(hidden)
        shown = [_hidden(each) if _is_chosen(each, chosen) else each for each in rows]
        for layer, kind, content in ((released, "released", shown), (truths, "true", rows)):
            place = folder / kind / str(number)
            place.mkdir(parents=True)
            frame(content).write_parquet(place / "indicator_values.parquet")
            for name, table in tables.items():
                table.write_parquet(place / f"{name}.parquet")
            layer.append(read_layer(place, QUARTER))
    results = judged(released, list(truths), K)
    assert all(result.tried for result in results if result.findings)
    return [finding for result in results for finding in result.findings]


def frame(rows: list[Row]) -> pl.DataFrame:
    numbers = dict.fromkeys(("value", "numerator", "denominator"), pl.Float64)
    return pl.DataFrame(rows, infer_schema_length=None, schema_overrides=numbers | {"sample_size": pl.Int64})


def _is_chosen(each: Row, chosen: set[tuple[str, ...]]) -> bool:
    named = (each["scope_id"], each["indicator_id"], each["period"])
    return any(set(wanted) <= set(named) for wanted in chosen)


def _hidden(each: Row) -> Row:
    kept = {"value": each["value"]} if each["scope_type"] == "enterprise" else {"value": None}
    kind = "parts" if each["scope_type"] == "enterprise" else "cell"
    return each | dict.fromkeys(("numerator", "denominator", "sample_size")) | kept | {"withheld": kind}


def kinds(findings: list[Finding]) -> set[str]:
    return {finding.told.kind for finding in findings}


def sizes(findings: list[Finding]) -> dict[tuple[str, str], float]:
    """The sizes that are told exactly, by place and span."""
    return {
        (finding.told.cell.place.scope_id, finding.told.cell.place.span): finding.told.low
        for finding in findings
        if finding.is_exact and finding.told.cell.series.column == "sample_size"
    }


def test_two_withheld_parts_of_a_total_are_safe(tmp_path: Path) -> None:
    assert attacked(tmp_path, (places(), [("R4",), ("R3",)])) == []


def test_one_withheld_part_of_a_total_is_told(tmp_path: Path) -> None:
    found = attacked(tmp_path, (places() + places(enterprise="E2"), [("R4", "O1-1")]))
    assert kinds(found) == {PLACES}
    assert sizes(found) == {("R4", QUARTER): 3}


def test_periods_tell_a_quarter(tmp_path: Path) -> None:
    spans = ("2025-Q1", "2025-Q1-YTD", "2025-Q2", "2025-Q2-YTD")
    rows = list(itertools.chain.from_iterable(places(span=span, add=add) for span, add in zip(spans, (0, 0, 1, 0), strict=True)))
    by_place = {(each["scope_id"], each["period"]): each for each in rows}
    for name, _ in {(each["scope_id"], "") for each in rows}:
        for column in ("sample_size", "numerator", "denominator"):
            by_place[name, "2025-Q2-YTD"][column] = sum(by_place[name, span][column] for span in ("2025-Q1", "2025-Q2"))
    hidden = [(name, span) for name in ("R3", "R4") for span in ("2025-Q1", "2025-Q1-YTD")]
    found = attacked(tmp_path, (rows, hidden))
    assert kinds(found) == {PERIODS}
    assert sizes(found)["R4", "2025-Q1"] == 3
    # Withheld in the other quarter or in the longer period, too, nothing tells it.
    assert attacked(tmp_path / "right", (rows, [*hidden, ("R3", "2025-Q2-YTD"), ("R4", "2025-Q2-YTD")])) == []


def test_the_year_to_date_of_a_first_quarter_tells_it(tmp_path: Path) -> None:
    rows = places() + places(span="2025-Q1-YTD")
    found = attacked(tmp_path, (rows, [("R3", "2025-Q1"), ("R4", "2025-Q1")]))
    assert kinds(found) == {PERIODS}
    assert sizes(found) == {("R3", "2025-Q1"): 12, ("R4", "2025-Q1"): 3}


def test_equal_columns_tell_each_other(tmp_path: Path) -> None:
    rows = [each for name in ("E1", "E2") for indicator in ("O1-1", "P5-1") for each in places(indicator, enterprise=name)]
    found = attacked(tmp_path, (rows, [("R3", "O1-1"), ("R4", "O1-1")]))
    assert EQUAL in kinds(found)
    assert sizes(found) == {("R3", QUARTER): 12, ("R4", QUARTER): 3}


def test_a_column_that_is_the_sum_of_others_is_told(tmp_path: Path) -> None:
    whole, parts = [], []
    for enterprise in ("E1", "E2", "E3"):
        for number, (one, other) in enumerate(((90, 20), (41, 11), (33, 6), (16, 3)), 1):
            scope, name = ("enterprise", enterprise) if number == 1 else ("region", f"R{number}")
            kept = {"enterprise": enterprise}
            more = int(enterprise[1]) * number
            whole.append(row(one + other + more, scope, name, "O1-1", **kept))
            parts += [row(one, scope, name, "O1-2", **kept), row(other + more, scope, name, "O1-3", **kept)]
    found = attacked(tmp_path, (whole + parts, [("R4", "O1-3")]))
    assert SUMS in kinds(found)
    assert set(sizes(found).values()) <= {3 + 4, 3 + 8, 3 + 12}


def test_an_earlier_publication_tells_what_the_next_one_withholds(tmp_path: Path) -> None:
    found = attacked(tmp_path, (places(), []), (places(), [("R3",), ("R4",)]))
    assert kinds(found) == {PUBLICATIONS}
    assert sizes(found) == {("R3", QUARTER): 12, ("R4", QUARTER): 3}


def test_a_change_by_few_people_between_publications_is_stated(tmp_path: Path) -> None:
    found = attacked(tmp_path, (places(), [("R3",), ("R4",)]), (places(add=1), [("R3",), ("R4",)]))
    assert kinds(found) == {CHANGES} <= set(STATED)
    assert ("R1", QUARTER) in sizes(found)


def test_a_value_of_two_in_three_is_of_three(tmp_path: Path) -> None:
    found = attacked(tmp_path, ([row(3, met=2)], [("E1",)]))
    assert kinds(found) == {FRACTIONS} <= set(STATED)
    assert sizes(found) == {("E1", QUARTER): 3}


def test_values_of_periods_tell_their_sizes_as_a_mixture(tmp_path: Path) -> None:
    rows = [
        row(4, met=3),
        row(20, span="2025-Q2", met=10),
        row(24, span="2025-Q2-YTD", met=13),
        *(row(n, name="E2", enterprise="E2", span=span, met=n // 2) for span, n in (("2025-Q2", 30), ("2025-Q2-YTD", 30))),
    ]
    found = attacked(tmp_path, (rows, [("E1", "2025-Q1"), ("E1", "2025-Q2-YTD")]))
    assert kinds(found) == {FRACTIONS}
    assert sizes(found) == {("E1", "2025-Q1"): 4, ("E1", "2025-Q2-YTD"): 24}


def test_that_none_of_a_remainder_have_it_is_stated(tmp_path: Path) -> None:
    rows = [each | {"numerator": 0.0, "value": 0.0} for each in places()]
    found = attacked(tmp_path, (rows, [("R3",), ("R4",)]))
    assert kinds(found) == {NONE_OR_ALL} <= set(STATED)
    assert sizes(found) == {}


def test_the_outlet_of_a_region_of_one_outlet_is_told(tmp_path: Path) -> None:
    outlets = {"W1": ("R1", 40), "W2": ("R2", 20), "W3": ("R2", 11), "W4": ("R3", 12), "W5": ("R4", 3)}
    rows = places() + [
        row(n, "outlet", name, met=30 if name == "W1" else 15 if name == "W2" else 8 if name == "W3" else n * 3 // 4)
        for name, (_, n) in outlets.items()
    ]
    registered = pl.DataFrame(
        [
            {"enterprise_id": "E1", "outlet_id": name, "region_code": region, "is_active": True}
            for name, (region, _) in outlets.items()
        ]
    )
    hidden = [("R3",), ("R4",), ("W1",), ("W5",), ("W4",)]
    found = attacked(tmp_path, (rows, hidden), dim_outlet=registered)
    assert kinds(found) <= {PLACES, MARGINS}
    assert sizes(found)["W1", QUARTER] == 40


def test_without_the_analysts_layer_everything_told_counts(tmp_path: Path) -> None:
    place = tmp_path / "released"
    place.mkdir()
    rows = [_hidden(each) if each["scope_id"] == "R4" else each for each in places()]
    frame(rows).write_parquet(place / "indicator_values.parquet")
    results = judged([read_layer(place, QUARTER)], [None], K)
    assert {result.kind for result in results if result.findings} <= {PLACES, MARGINS, NONE_OR_ALL}
    assert [finding.truth for result in results for finding in result.findings]


@pytest.mark.parametrize(
    ("value", "most", "expected"),
    [(2 / 3, 4, [3]), (0.5, 4, [2, 4]), (1.0, 4, [1, 2, 3, 4]), (0.734, 4, []), (84.5, 4, [2, 4]), (0.0, 2, [1, 2])],
)
def test_denominators_of_a_value(value: float, most: int, expected: list[int]) -> None:
    assert denominators(value, most) == expected


@pytest.mark.parametrize(
    ("column", "number", "is_stated"), [("numerator", 4, True), ("sample_size", 4, False), ("sample_size", 5, True)]
)
def test_a_reading_s_copy_of_a_shown_numerator_is_stated_and_a_small_size_is_not(column: str, number: int, is_stated: bool) -> None:
    cell = Cell(Series("indicator_variants", ("I1-3", "silence_as_dissatisfied"), column), Place("E1", QUARTER, "enterprise", "E1"))
    assert _is_of_reading(Told(EQUAL, cell, number, number), K) is is_stated
