"""The three editions: clause 七's five parts, what each may show, and periods."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
import report_run

from pipeline.errors import UsageError
from pipeline.report.document.blocks import Document, Statements, Table
from pipeline.report.editions import management, operations, public
from pipeline.report.model.run_tables import RunTables
from pipeline.report.words.sentences import is_chinese

QUARTER = report_run.QUARTER
EDITIONS = (management, operations, public)
PARTS = ["一、执行摘要", "二、数据概况", "三、主要发现", "四、深入分析", "五、结论建议"]


@pytest.fixture(scope="module")
def tables(conclusions_path: Path) -> RunTables:
    return RunTables.read(conclusions_path, QUARTER)


def texts(document: Document) -> str:
    return document.model_dump_json()


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("period", [None, "2025-Q1-YTD", "2025-Q1-TTM"])
def test_an_edition_has_the_five_parts(tables: RunTables, edition: ModuleType, period: str | None) -> None:
    document = edition.document(tables, "E1", "zh", period)
    assert [section.title for section in document.sections][:5] == PARTS
    assert document.period == (period or QUARTER.label)
    anchors = [table.anchor for table in document.tables()] + [section.anchor for section in document.all_sections()]
    assert len(anchors) == len(set(anchors))


@pytest.mark.parametrize("edition", EDITIONS)
def test_both_languages_say_the_same(tables: RunTables, edition: ModuleType) -> None:
    chinese, english = (edition.document(tables, "E1", language) for language in ("zh", "en"))
    assert [each.claim_id for each in chinese.statements()] == [each.claim_id for each in english.statements()]
    assert not [each.text for each in english.statements() if is_chinese(each.text)]
    rows = [[len(table.rows) for table in document.tables()] for document in (chinese, english)]
    assert rows[0] == rows[1]
    assert not is_chinese(english.title + english.footer + "".join(fact.text for fact in english.facts))


def test_the_management_edition_begins_with_five_sentences(tables: RunTables) -> None:
    document = management.document(tables, "E1", "zh")
    (block,) = document.sections[0].blocks
    assert isinstance(block, Statements)
    assert block.is_numbered
    first_of = [each.claim_id.partition(";")[0].partition(".")[0] for each in block.items]
    assert first_of == ["total", "change", "causes", "first", "trust"]
    assert all(each.evidence for each in block.items)


def test_strengths_stand_beside_weaknesses_and_decisions(tables: RunTables) -> None:
    conclusion = management.document(tables, "E1", "zh").sections[4]
    claims = [each.claim_id for block in conclusion.blocks if isinstance(block, Statements) for each in block.items]
    assert "finding.strength" in claims
    assert "conclusion.practice" in claims
    (plan,) = (block for block in conclusion.blocks if isinstance(block, Table))
    assert "草案" in plan.caption
    assert conclusion.blocks[-1].kind == "bullets"


def test_the_public_edition_shows_no_place_and_no_other_enterprise(tables: RunTables) -> None:
    document = public.document(tables, "E1", "zh")
    text = texts(document)
    for hidden in ("W1", "450102", "450103", report_run.HOSTILE, "asq "):
        assert hidden not in text
    # Who is in which place is not told; how many there are is.
    assert [each.text for each in document.statements() if each.claim_id == "analysis.position_firm"] == [
        "在本次评价的 3 家企业中，总分居第 1 位；改用其他允许的权重，位次不变。"
    ]
    assert "W1" in texts(operations.document(tables, "E1", "zh"))


def test_operations_names_the_commands_that_list_cases(tables: RunTables) -> None:
    cases = next(table for table in operations.document(tables, "E1", "en").tables() if table.anchor == "cases")
    listed = {row.cells[0].text: (row.cells[1].value, row.cells[2].text) for row in cases.rows}
    # O1-2: 280 of 4,000 repairs came back; O1-1: 20,000 − 16,400 were not solved at once.
    assert listed["Repeat repair rate (O1-2)"] == (280, "asq explain 2025-Q1 E1 O1-2 --records --lake LAKE")
    assert listed["First contact resolution rate (O1-1)"][0] == 3600


def test_members_with_too_few_cases_are_not_compared(tables: RunTables) -> None:
    document = operations.document(tables, "E1", "en")
    regions = next(table for table in document.tables() if table.anchor == "places")
    assert [row.cells[0].value for row in regions.rows if row.role == "row"] == ["450102", "450105", "450103"]


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("enterprise", report_run.ENTERPRISES)
def test_every_enterprise_has_every_edition(tables: RunTables, edition: ModuleType, enterprise: str) -> None:
    document = edition.document(tables, enterprise, "en")
    links = {proof.link for each in document.statements() for proof in each.evidence} - {None}
    assert links <= {table.anchor for table in document.tables()}


def test_a_period_or_enterprise_that_the_run_does_not_have_is_refused(tables: RunTables) -> None:
    with pytest.raises(UsageError, match="no period '2024' of E1: it has 2025-Q1, 2025-Q1-YTD, 2025-Q1-TTM"):
        management.document(tables, "E1", "zh", "2024")
    with pytest.raises(UsageError, match="no enterprise 'E9'"):
        management.document(tables, "E9", "zh")
