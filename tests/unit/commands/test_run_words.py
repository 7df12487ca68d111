"""Words of ``asq run`` that depend on how much there is to say."""

from __future__ import annotations

from pipeline.commands.run import spans


def test_many_quarters_are_told_as_spans() -> None:
    few = {"2024-Q1": 7, "2024-Q2": 1_000}
    assert spans(few) == "2024-Q1 (7), 2024-Q2 (1,000)"
    # Two years without their third quarter, and a sentinel date.
    many = {f"{year}-Q{number}": 10 for year in (2022, 2023, 2024) for number in (1, 2, 4)} | {"1970-Q1": 3}
    assert spans(many) == ("1970-Q1 (3), 2022-Q1..2022-Q2 (20), 2022-Q4..2023-Q2 (30), 2023-Q4..2024-Q2 (30), 2024-Q4 (10)")
