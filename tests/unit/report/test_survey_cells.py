"""Which survey cells a report shows: by hand, and on the page itself."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from report_run import EMPTY, HOSTILE, QUARTER
from report_run.reading import line, sections_of, table, words

from pipeline.report.model.report import ReportModel
from pipeline.report.model.run_tables import RunTables
from pipeline.report.parts.survey_cells import SurveyCell, survey_scopes
from pipeline.report.words.labels import labels

RESPONDENTS = {"enterprise_id": pl.String, "scope_type": pl.String, "scope_id": pl.String, "respondents": pl.Int64}
VALUES = {
    "scope_type": pl.String,
    "scope_id": pl.String,
    "value": pl.Float64,
    "ci_low": pl.Float64,
    "ci_high": pl.Float64,
}


@pytest.fixture(scope="module")
def tables(run_path: Path) -> RunTables:
    return RunTables.read(run_path, QUARTER)


def respondents(*rows: tuple[str, str, int | None]) -> pl.DataFrame:
    return pl.DataFrame([("E1", *row) for row in rows], schema=RESPONDENTS, orient="row")


def test_a_withheld_region_has_no_numbers_and_those_of_no_region_are_not_told(report: ReportModel) -> None:
    # 480 − 300 − 150 − 20 are ten people, in 450105 or in no region.
    scopes = report.survey_scopes
    assert scopes is not None
    regions, channels = scopes.breakdowns
    assert [(cell.name, cell.respondents, cell.value) for cell in regions.cells] == [
        ("450102", 300, 84.12),
        ("450103", 150, 81.34),
        ("450105", None, None),
        ("450107", 20, 79.53),
    ]
    assert [(cell.name, cell.respondents) for cell in channels.cells] == [("在线", 200), ("上门", 20), ("电话", 260)]
    assert scopes.overall == SurveyCell("全部", 480, 83.25, 81.4, 85.1)
    assert scopes.hidden == 1


def test_the_footnote_names_the_rule_and_the_number_of_withheld_cells(tables: RunTables) -> None:
    sections = sections_of(tables.report("E1"))
    cells = table("survey-cells-table", *sections)
    assert "（本期共隐去 1 格）" in cells.note
    rows = {row.cells[1].text: row.cells for row in cells.rows}
    assert [cell.text for cell in rows["450102"][2:4]] == ["300", "84.12"]
    assert [(cell.text, cell.value, cell.is_withheld) for cell in rows["450105"][2:]] == [("—", None, True)] * 3
    # Twenty people are too few to rank by.
    assert (rows["450107"][3].tone, rows["450102"][3].tone) == ("soft", "neutral")
    assert line(cells, "本企业")[2] == "480"
    assert "在线满意度、上门满意度：所涉不足 5 人" in words(*sections)


def test_hidden_readings_of_touchpoints_are_named_without_their_values(report: ReportModel) -> None:
    touchpoints = next(each for each in report.indicators if each.indicator_id == "O2-2")
    assert touchpoints.hidden_variants == ("在线满意度", "上门满意度")
    assert [variant.code for variant in touchpoints.variants] == ["touchpoint_phone", "gap_phone"]


def test_those_of_no_region_are_told_where_no_region_is_withheld() -> None:
    scopes = survey_scopes(respondents(("enterprise", "E1", 50), ("region", "A", 30)), pl.DataFrame(schema=VALUES), labels("zh"))
    assert scopes is not None
    assert [(cell.name, cell.respondents) for cell in scopes.breakdowns[0].cells] == [("A", 30), ("未注明", 20)]


def test_where_too_few_answered_at_all_nothing_is_shown() -> None:
    scopes = survey_scopes(
        respondents(("enterprise", "E1", None), ("region", "A", None), ("channel", "phone", None), ("channel", "online", None)),
        pl.DataFrame([("region", "A", 61.0, 50.0, 72.0)], schema=VALUES, orient="row"),
        labels("zh"),
    )
    assert scopes is not None
    assert scopes.overall.is_hidden
    assert all(cell.is_hidden and cell.value is None for each in scopes.breakdowns for cell in each.cells)


def test_an_enterprise_without_answers_has_no_table(tables: RunTables) -> None:
    assert tables.report(EMPTY).survey_scopes is None
    assert "没有总体满意度（O2-1）的有效答卷" in words(*sections_of(tables.report(EMPTY)))


def test_the_anonymity_section_speaks_of_one_enterprise_only(tables: RunTables) -> None:
    page = words(*sections_of(tables.report("E1")))
    assert "777,777" not in page
    assert "777,777" in words(*sections_of(tables.report(HOSTILE)))
    model = tables.report("E1").anonymity
    assert [(each.table, each.rows, each.left_out, each.level) for each in model.released] == [
        ("fct_safety_incidents", 0, 3, 3),
        ("fct_service_requests", 25000, 0, 3),
    ]
    assert (model.layer_k, model.layer_level) == (6, 4)
    assert (model.internal, model.aggregates, model.aggregates_of_persons) == (
        ("quarantine",),
        1,
        ("indicator_values",),
    )
