"""Population margins and invitations as users write them: what is read, and what is refused with row, column and rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.settings.documents import Document
from pipeline.settings.plan import EvaluationPlan
from pipeline.settings.survey_files import Invitations, read_invitations, read_margins

QUARTER = Quarter.parse("2025-Q1")
HEADER = "enterprise_id,region_code,channel,population"


def file(folder: Path, *lines: str) -> Path:
    path = folder / "file.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_quarter_of_its_own_goes_before_margins_of_all_quarters(tmp_path: Path) -> None:
    margins = read_margins(
        file(tmp_path, f"{HEADER},quarter", "E1,N,phone,10,", "E1,S,phone,30,", "E1,N,phone,7,2025-Q1", "E2,N,,5,2025-Q1")
    )
    own, general = margins.of("E1", QUARTER), margins.of("E1", QUARTER.shift(-1))
    assert own is not None
    assert general is not None
    assert dict(own.cells) == {("N", "phone"): 7}
    assert dict(general.cells) == {("N", "phone"): 10, ("S", "phone"): 30}
    assert margins.of("E2", QUARTER.shift(-1)) is None
    assert margins.enterprises == ["E1", "E2"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([HEADER.replace("channel", "Channel")], "row 1: column 'channel' is missing"),
        ([f"{HEADER},remark"], "row 1: column 'remark' is not known"),
        ([HEADER, "E1,N,phone"], "row 2: has 3 cells, the header has 4"),
        ([HEADER, ",N,phone,5"], "row 2, column enterprise_id: must not be empty"),
        ([HEADER, "E1,,,5"], "row 2, column region_code: a margin needs a region, a channel or both"),
        ([HEADER, "E1,N,fax,5"], "row 2, column channel: 'fax' is not one of phone, online, outlet, onsite"),
        ([HEADER, "E1,N,phone,-5"], "row 2, column population: must be at least 0"),
        ([HEADER, "E1,N,phone,1.5"], "row 2, column population: '1.5' is not a whole number"),
        ([HEADER, "E1,N,phone,1_0"], "row 2, column population: '1_0' is not a whole number"),
        ([HEADER, "E1,N,phone,"], "row 2, column population: must not be empty"),
        ([HEADER, '"E1,N,phone,5'], "is not CSV: unexpected end of data"),
        ([f"{HEADER},channel", "E1,N,phone,5,phone"], "row 1: column 'channel' is there twice"),
        ([HEADER, "E1,N,phone,5", "", "E1,N,phone,6"], "row 4, column region_code: .* are those of row 2"),
        (
            [f"{HEADER},quarter", "E1,N,phone,5,2025Q5"],
            "row 2, column quarter: '2025Q5' is not a quarter: write it like 2025-Q1",
        ),
        ([HEADER, "E1,N,phone,5", "E1,N,,5"], "E1: rows with region and channel stand beside rows with one of them"),
        ([HEADER, "E1,N,phone,0"], "column population: E1: the margins hold nobody"),
        ([HEADER, "E1,N,,5", "E1,,phone,6"], "the regions hold 5 and the channels 6"),
    ],
)
def test_margins_that_cannot_be_meant_are_refused(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=r"file\.csv.*" + message):
        read_margins(file(tmp_path, *lines))


def test_every_fault_of_a_file_is_named_at_once(tmp_path: Path) -> None:
    path = file(tmp_path, HEADER, ",N,phone,5", "E1,N,fax,x")
    with pytest.raises(UsageError) as refused:
        read_margins(path)
    assert str(refused.value).splitlines() == [
        f"{path}: row 2, column enterprise_id: must not be empty",
        f"{path}: row 3, column population: 'x' is not a whole number",
        f"{path}: row 3, column channel: 'fax' is not one of phone, online, outlet, onsite",
    ]


def test_invitations_by_enterprise_and_round(tmp_path: Path) -> None:
    found = read_invitations(file(tmp_path, "enterprise_id,survey_id,sent,delivered", "E1,SAT,100,80", "E1,SAT2,50,"))
    assert dict(found) == {("E1", "SAT"): Invitations(100, 80), ("E1", "SAT2"): Invitations(50)}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["E1,SAT,0,"], "row 2, column sent: must be at least 1"),
        (["E1,SAT,10,11"], "row 2, column delivered: 11 is more than the 10 sent"),
        (["E1,SAT,10,", "E1,SAT,10,"], "row 3, column survey_id: the round SAT of E1 stands in the file before"),
    ],
)
def test_invitations_that_cannot_be_meant_are_refused(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_invitations(file(tmp_path, "enterprise_id,survey_id,sent,delivered", *lines))


def test_a_plan_reads_the_files_beside_it(tmp_path: Path) -> None:
    file(tmp_path, HEADER, "E1,N,phone,5")
    plan = tmp_path / "evaluation.yaml"
    plan.write_text("survey: {margins: file.csv, minimum_cell: 3, largest_weight: 4}\n", encoding="utf-8")
    read = EvaluationPlan.read(plan)
    assert read.survey.margins.of("E1", QUARTER) is not None
    assert (read.survey.minimum_cell, read.survey.largest_weight) == (3, 4)
    assert read.enterprises_named() == {"E1": ["survey.margins"]}
    assert read.survey.files == {"margins": Document.read(tmp_path / "file.csv")}
    assert read.file == Document.read(plan)
    file(tmp_path, HEADER, "E1,N,fax,5")
    with pytest.raises(UsageError, match=r"yaml: line 1: survey\.margins: .*file\.csv: row 2, column channel: 'fax' is not one"):
        EvaluationPlan.read(plan)
    plan.write_text("survey: {margins: other.csv}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"survey\.margins: no such file: .*other\.csv"):
        EvaluationPlan.read(plan)
    with pytest.raises(UsageError, match=r"survey\.largest_weight: expected a number of at least 1, found 0\.5"):
        EvaluationPlan.from_mapping({"survey": {"largest_weight": 0.5}})
    with pytest.raises(UsageError, match=r"survey\.margins: the plan was not read from a file"):
        EvaluationPlan.from_mapping({"survey": {"margins": "file.csv"}})
