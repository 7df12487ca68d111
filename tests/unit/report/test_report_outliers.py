"""What a report says of outliers: counts by measure over its groups, and what exclusions changed."""

from __future__ import annotations

import polars as pl
import pytest
import report_run
from report_run.reading import line, sections_of, table, texts, words

from pipeline.report.document.blocks import Section
from pipeline.report.model.report import ReportModel
from pipeline.report.model.run_tables import build_report


@pytest.fixture(scope="module")
def section(sections: tuple[Section, ...]) -> Section:
    return next(each for each in sections if each.anchor == "outliers")


def test_counts_are_named_by_measure(report: ReportModel) -> None:
    wait, training = report.outliers.measures
    assert (wait.name, wait.table_name, wait.unit, wait.groups, wait.too_small) == (
        "热线等待时间",
        "热线电话",
        "秒",
        2,
        1,
    )
    assert (wait.n, wait.flagged_z, wait.flagged_z_log, wait.flagged_z_mad) == (23758, 40, 5, 901)
    assert (wait.to_review, wait.reviewed, wait.confirmed, wait.corrected, wait.excluded) == (40, 9, 3, 0, 6)
    assert training.name == "培训学时"
    assert report.outliers.count("to_review") == 40


def test_the_section_says_how_many_were_reviewed_and_excluded(section: Section) -> None:
    assert "须复核的数据点 40 个，已复核 9 个（确认 3，更正 0，排除 6），未复核 31 个。" in words(section)
    assert line(table("outliers-table", section), "热线等待时间（热线电话，秒）")[1:] == (
        "2", "1", "23,758", "40", "5", "901", "40", "9", "6",
    )  # fmt: skip


def test_effects_are_shown_total_first(report: ReportModel, section: Section) -> None:
    assert [each.indicator_id for each in report.outliers.effects] == ["total", "P2-1a"]
    effects = table("outlier-effects", section)
    assert [texts(row) for row in effects.rows] == [
        ("总分", "2025年第一季度", "—", "—", "95.50", "96.25", "—"),
        ("P2-1a", "2025年第一季度", "30.50 秒", "26.40 秒", "99.00", "100.00", "有变化"),
    ]


def test_effects_of_too_few_excluded_records_have_no_figures(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The difference that one excluded record makes would tell its value."""
    run = report_run.write_run(tmp_path_factory.mktemp("run"))
    path = run / "outlier_effects.parquet"
    figures = [name for name in pl.read_parquet_schema(path) if name.startswith(("value", "difference", "sample", "score"))]
    pl.read_parquet(path).with_columns(*(pl.lit(None).alias(name) for name in figures), withheld=pl.lit("parts")).write_parquet(
        path
    )
    found = sections_of(build_report(run, report_run.QUARTER, "E1"))
    assert line(table("outlier-effects", *found), "P2-1a")[2:] == (*["(withheld)"] * 4, "有变化")
    assert "排除的记录不足 5 条，前后之差会透露其取值，故只列判定是否变化" in words(*found)


def test_another_enterprise_has_none_of_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    run = report_run.write_run(tmp_path_factory.mktemp("run"))
    page = words(*sections_of(build_report(run, report_run.QUARTER, report_run.EMPTY)))
    assert "本企业没有可检验的数据。" in page
    assert "排除记录对结果的影响" not in page
