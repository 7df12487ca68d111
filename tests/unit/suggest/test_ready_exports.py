"""The exports of the ready mappings: at least four of five columns are proposed rightly, and none wrongly in the class sure."""

from __future__ import annotations

import pytest
import yaml
from ready_exports import MAPPED, SOURCES, Marks, marks_of


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


@pytest.mark.parametrize("system", MAPPED)
def test_the_answers_are_those_of_the_mapping(system: str) -> None:
    text = (SOURCES / system / "sources.yaml").read_text(encoding="utf-8")
    mapped = yaml.safe_load(text)["tables"]
    for tables in MAPPED[system].values():
        for table, answers in tables.items():
            columns = {column for column in answers if not column[1:].isdigit()}
            assert columns <= mapped[table]["columns"].keys()
            assert [source for source in answers.values() if source not in text] == []


def test_every_ready_mapping_is_marked() -> None:
    assert set(MAPPED) == {path.name for path in SOURCES.iterdir() if path.is_dir()}
