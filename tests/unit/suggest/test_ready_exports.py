"""The exports of the ready mappings: at least four of five columns are proposed rightly, and none wrongly in the class sure."""

from __future__ import annotations

import pytest
from ready_exports import MAPPED, Marks, marks_of


@pytest.fixture(scope="module")
def marked() -> dict[str, Marks]:
    found = {system: marks_of(system) for system in MAPPED}
    print("\nmapping                  |  columns, right; sure, likely, possible of the right and of the wrong")
    for system, marks in found.items():
        print(marks.row(system), "| missing:", ", ".join(marks.missing), "| wrong:", "; ".join(map(str, marks.wrong)))
        print(" " * 26, "more:", "; ".join(map(str, marks.more)))
    return found


@pytest.mark.parametrize("system", MAPPED)
def test_most_columns_are_proposed_rightly_and_none_wrongly_as_sure(marked: dict[str, Marks], system: str) -> None:
    marks = marked[system]
    assert [str(mark) for mark in marks.wrong if mark.grade == "sure"] == []
    assert marks.share >= 0.8, marks.missing
