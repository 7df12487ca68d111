from __future__ import annotations

import csv
import datetime as dt
import shutil
from pathlib import Path

import polars as pl
import pytest
import report_run
from report_run.reading import entry, line, sections_of, table

from pipeline.errors import UsageError
from pipeline.report.model.report import ReportModel
from pipeline.report.model.run_tables import ReportInputMissing, build_report
from pipeline.report.parts.indicators import Indicator, Provisional, Trend, Verdict, verdict_of


def _indicator(report: ReportModel, name: str) -> Indicator:
    return next(each for each in report.indicators if each.indicator_id == name)


def test_all_indicators_stand_in_the_order_of_the_catalogue(report: ReportModel) -> None:
    with (report_run.SEEDS / "indicator_catalogue.csv").open(encoding="utf-8") as file:
        catalogue = [row["indicator_id"] for row in csv.DictReader(file)]
    assert len(catalogue) == 68
    assert [each.indicator_id for each in report.indicators] == catalogue


def test_the_tree_has_four_dimensions_and_eighteen_subdimensions(report: ReportModel) -> None:
    assert [node.name for node in report.total.children] == [
        "服务资源保障",
        "服务过程执行",
        "服务结果表现",
        "服务持续改进",
    ]
    assert [len(node.children) for node in report.total.children] == [5, 5, 4, 4]
    outcome = report.total.children[2]
    assert outcome.weight_range == (0.35, 0.40)
    assert (outcome.weight_method, outcome.consistency_ratio, outcome.experts) == ("层次分析法（特征向量法）", 0.017, 5)
    # O1: (92 + 84 + 100 + 100) ÷ 4 = 94; O4: (0 + 100) ÷ 2 = 50; O: (94 + 100 + 100 + 50) ÷ 4 = 86
    assert [node.score for node in outcome.children] == [94.0, 100.0, 100.0, 50.0]
    assert outcome.score == 86.0
    assert (outcome.is_provisional, report.total.children[0].is_provisional) == (True, False)


def test_the_head_names_versions_and_the_draft(report: ReportModel) -> None:
    head = report.head
    assert head.is_draft_standard
    assert (head.enterprise_id, head.quarter.label, head.run_id) == ("E1", "2025-Q1", report_run.RUN_ID)
    assert (head.catalogue_version, head.weights_version) == ("2025.1", "w-0123456789ab")
    assert head.data_as_of == dt.datetime(2025, 4, 29, 18, 2, 11)
    assert head.enterprises_in_run == 3


def test_values_are_taken_over_in_full(report: ReportModel) -> None:
    connected = _indicator(report, "P1-1")
    assert connected.value == 0.94996
    assert (connected.numerator, connected.denominator, connected.sample_size) == (23749.0, 25000.0, 25000)
    assert (connected.verdict, connected.is_distinguishable) == (Verdict.NOT_MET, False)
    assert connected.ci_method == "Wilson 区间"
    assert connected.clause == "六-P1"
    # The slice of an outlet lies in the same table; R1-1 is the enterprise's.
    assert _indicator(report, "R1-1").value == 15.0


def test_verdicts_add_up(report: ReportModel) -> None:
    verdicts = report.total.verdicts()
    assert sum(verdicts.values()) == 68
    # Not met: P1-1, O1-1, O1-2, O4-1, R3-1. No data: five checklists, P5-2, I4-2, I4-3. Not applicable: R5-2.
    assert {name: verdicts[name] for name in (Verdict.NOT_MET, Verdict.NO_DATA, Verdict.NOT_APPLICABLE)} == {
        Verdict.NOT_MET: 5,
        Verdict.NO_DATA: 8,
        Verdict.NOT_APPLICABLE: 1,
    }
    # An error rate that was already zero does not apply, but counts as met (C-20); I3-1 has until the year's end.
    assert _indicator(report, "I4-1").verdict is Verdict.MET
    assert _indicator(report, "I3-1").verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("status", "requirement", "is_met", "verdict"),
    [
        ("ok", 0.95, True, Verdict.MET),
        ("insufficient_sample", 0.95, False, Verdict.NOT_MET),
        ("ok", None, None, Verdict.NO_REQUIREMENT),
        ("ok", 2.0, None, Verdict.UNDECIDED),
        ("no_data", None, None, Verdict.NO_DATA),
        ("no_data", 0.95, None, Verdict.NO_DATA),
        ("not_applicable", 0.95, None, Verdict.NOT_APPLICABLE),
        ("not_applicable", 0.1, True, Verdict.MET),
    ],
)
def test_verdict_of(status: str, requirement: float | None, is_met: bool | None, verdict: Verdict) -> None:
    assert verdict_of(status, requirement, is_met) is verdict


def test_the_most_urgent_cost_the_total_most_and_chance_does_not_explain_them(report: ReportModel) -> None:
    # Scores 0, 84, 92 at .25 · .25 · .3571 and 90.94 at .25 · .2 · .2143; P1-1 (99.968) cannot be told from its requirement.
    lost = {each.indicator_id: each.lost_points for each in report.most_urgent}
    assert list(lost) == ["O4-1", "O1-2", "O1-1", "R3-1"]
    assert list(lost.values()) == pytest.approx([2.2321, 0.3571, 0.1786, 0.0971], abs=1e-4)


def test_change_on_a_year_earlier_goes_by_the_direction(report: ReportModel) -> None:
    trends = {name: _indicator(report, name).trend for name in ("P1-1", "P1-2", "P2-1a", "R1-1", "R2-2", "O1-2")}
    assert trends == {
        "P1-1": Trend.BETTER,  # 94 → 94.996 %, higher is better
        "P1-2": Trend.WORSE,
        "P2-1a": Trend.BETTER,  # 31.5 → 26.4 s, lower is better
        "R1-1": Trend.SAME,
        "R2-2": Trend.SAME,
        "O1-2": None,  # no value a year earlier
    }


def test_longer_windows_stand_beside(report: ReportModel) -> None:
    first_contact = _indicator(report, "O1-1")
    assert first_contact.year_to_date is not None
    assert first_contact.year_to_date.value == 0.82 * 0.99
    assert [(total.period, total.score) for total in report.window_totals] == [
        ("2025-Q1-YTD", report.total.score),
        ("2025-Q1-TTM", report.total.score),
    ]
    trailing = report.coverage[2]
    assert (trailing.period, trailing.quarters_covered, trailing.quarters_expected) == ("2025-Q1-TTM", 3, 4)


def test_variants_beside_leave_out_the_value_itself(report: ReportModel) -> None:
    recovery = _indicator(report, "O1-4")
    assert recovery.part_name == "验收测试通过率"
    assert [variant.code for variant in recovery.variants] == ["measured_ratio", "acceptance_passed"]
    assert [variant.code for variant in recovery.variants_beside] == ["measured_ratio"]
    assert [variant.code for variant in _indicator(report, "P2-1a").variants_beside] == ["p50", "p95"]
    hours = _indicator(report, "R3-4").variants[0]
    assert (hours.value, hours.unit, hours.unit_zh) == (11.25, "academic_hours", "学时")
    # A reading without a label is kept under its code.
    assert [variant.name for variant in _indicator(report, "P3-1").variants] == ["a_reading_of_tomorrow"]


def test_a_target_of_the_plan_is_told_from_one_of_the_standard(report: ReportModel) -> None:
    satisfaction = _indicator(report, "O2-1")
    assert (satisfaction.requirement, satisfaction.is_target_of_plan) == (80.0, True)
    assert not _indicator(report, "P1-1").is_target_of_plan


def test_what_is_missing_is_grouped_by_its_reason(report: ReportModel) -> None:
    groups = {absence.reason: [each.indicator_id for each in absence.indicators] for absence in report.absences}
    assert groups["未提供数据表：检查表评价（checklist_items）"] == ["R4-2", "R4-3", "P3-2", "O4-3", "I3-2"]
    assert groups["缺少可比的上年同期数据"] == ["I4-2", "I4-3"]
    assert groups["评价方案认定不适用：不设紧急备件订单 <i>"] == ["R5-2"]
    assert groups["未提供字段：服务请求.special_need 或 服务请求.special_need_met"] == ["P5-2"]
    assert report.provisional == {Provisional("观察窗口尚未结束", dt.date(2025, 4, 29)): 2}


def test_rows_are_accounted_for_by_table(report: ReportModel) -> None:
    sources = {source.table: source for source in report.sources}
    assert list(sources) == ["service_requests", "hotline_calls", "survey_questions", "customers", "checklist_items"]
    requests = sources["service_requests"]
    # Of the run's 20,060 requests E1 has 8,052; the rest is another enterprise's and no business of this report.
    assert (requests.extracted, requests.accepted, requests.quarantined) == (8052, 8000, 52)
    # The look-ahead quarter was read, but is no source of this quarter.
    assert requests.quarters == ("2024-Q3", "2024-Q4", "2025-Q1")
    assert (sources["survey_questions"].names_enterprises, sources["survey_questions"].extracted) == (False, None)
    assert (sources["checklist_items"].is_delivered, sources["checklist_items"].extracted) == (False, None)


def test_quarantine_is_counted_by_rule(report: ReportModel) -> None:
    counted = [(each.table, each.column, each.rule, each.failures, each.rows) for each in report.quarantined]
    assert counted == [
        ("service_requests", "customer_id", "foreign_key", 32, 32),
        # Eight of the forty are another enterprise's; whose the calls of too many fields are cannot be read.
        ("service_requests", "resolved_at", "resolved_before_responded", 32, 32),
        ("customers", "enterprise_id|customer_id", "unique_key", 43, 43),
    ]


def test_choices_are_put_into_words(report: ReportModel) -> None:
    choices = {choice.key: choice for choice in report.choices}
    assert choices["mode"].value == "自我评价（无数据的指标退出计分）"
    assert (choices["refused_limits"].name, choices["refused_limits"].value) == ("拒收行占比上限", "0.05")
    assert choices["random_index"].value == "Saaty 1980 随机一致性指标表"
    assert choices["pseudonym_algorithm"].value == "HMAC-SHA256"
    assert choices["plan_sha256"].value == "没有评价方案文件，各项取默认值"
    assert choices["target:O2-1"].value == "要求值 80，可接受限值 65"


def test_entries_about_another_enterprise_are_not_shown(report: ReportModel, run_path: Path) -> None:
    other = build_report(run_path, report_run.QUARTER, report_run.HOSTILE)
    shown = [{choice.name for choice in each.choices} for each in (report, other)]
    assert ["不适用：R2-1" in names for names in shown] == [True, False]
    assert ["行为认定：2025-Q1 违反法律法规" in names for names in shown] == [False, True]
    assert all("警告" in names for names in shown)


def test_every_limit_that_the_plan_moved_is_known(report: ReportModel) -> None:
    assert _indicator(report, "P1-3").moved_by_plan == {"acceptable", "objective"}
    assert _indicator(report, "O2-1").moved_by_plan == {"requirement", "acceptable"}
    assert _indicator(report, "P1-1").moved_by_plan == frozenset()


def test_only_what_is_divided_is_shown_as_a_fraction(report: ReportModel) -> None:
    names = ("P1-1", "P2-1a", "R1-2a", "O2-5", "I3-1")
    assert [_indicator(report, name).has_fraction for name in names] == [True, True, False, False, False]


def test_a_change_shows_the_levels_it_compares(run_path: Path, tmp_path: Path) -> None:
    # Errors fell from 10 % to 5 %: the row holds the reduction .05 and the base .1; the index rose from 81 to 81.9.
    run = _copy(run_path, tmp_path)
    parts = {"I4-1": (0.5, 0.05, 0.1), "I4-2": (0.9 / 81, 0.9, 81.0)}
    values = pl.read_parquet(run / "indicator_values.parquet")
    for name, row in parts.items():
        for column, number in zip(("value", "numerator", "denominator"), row, strict=True):
            values = values.with_columns(
                pl.when(pl.col("indicator_id") == name).then(number).otherwise(pl.col(column)).alias(column)
            )
    changed = pl.col("indicator_id").is_in(list(parts))
    values.with_columns(status=pl.when(changed).then(pl.lit("ok")).otherwise(pl.col("status"))).write_parquet(
        run / "indicator_values.parquet"
    )
    changed_report = build_report(run, report_run.QUARTER, "E1")
    assert _indicator(changed_report, "I4-1").compared_levels == pytest.approx((0.1, 0.05))
    assert _indicator(changed_report, "I4-2").compared_levels == pytest.approx((81, 81.9))
    assert not _indicator(changed_report, "I4-1").has_fraction
    assert _indicator(changed_report, "P1-1").compared_levels is None
    now = dict(entry("def-I4-1", *sections_of(changed_report)).lines)["本期"]
    assert "服务差错率：此前四季度 10.00%，近四季度 5.00%" in now


def test_a_percentile_is_not_repeated_as_its_own_variant(report: ReportModel) -> None:
    assert [variant.code for variant in _indicator(report, "R1-2a").variants] == ["p50"]
    assert "p95" in [variant.code for variant in _indicator(report, "P2-1a").variants]


def test_the_evidence_of_the_weights_is_there(report: ReportModel) -> None:
    outcome = report.total.children[2]
    assert (outcome.consistency_index, outcome.dispersion, outcome.kendalls_w) == (0.0153, 1.63, 0.82)
    assert report.random_indices == ("Saaty 1980 随机一致性指标表",)
    # The total first, then the dimensions.
    assert [(each.parent_id, each.round, each.experts, each.kendalls_w) for each in report.rounds] == [
        ("ALL", 1, 5, 0.82),
        ("ALL", 2, 1, None),
        ("R", 1, 4, 0.878),
    ]
    assert [(each.parent_id, each.consistency_ratio, each.reason) for each in report.returned] == [
        ("ALL", None, "未比较 R 与 I；P 与 O 的判断超出 1/9–9 标度"),
        ("R", 0.512, "一致性比率不低于上限 0.1"),
    ]


@pytest.mark.parametrize(
    ("flags", "reasons"),
    [
        (["insufficient_sample", "no_data", "not_rateable"], ("不适用权重超过上限，不予计分",)),
        (["no_data", "not_scored", "veto:fatal_incident"], ("含无数据的指标", "未计分")),
        (["low_coverage", "no_data", "not_rateable"], ("计分覆盖低于下限，不予评分",)),
    ],
)
def test_a_missing_total_names_only_what_prevents_it(
    run_path: Path, tmp_path: Path, flags: list[str], reasons: tuple[str, ...]
) -> None:
    run = _copy(run_path, tmp_path)
    is_total = pl.col("level") == "total"
    pl.read_parquet(run / "scores.parquet").with_columns(
        score=pl.when(is_total).then(None).otherwise(pl.col("score")),
        flags=pl.when(is_total).then(pl.lit(flags, dtype=pl.List(pl.String))).otherwise(pl.col("flags")),
    ).write_parquet(run / "scores.parquet")
    assert build_report(run, report_run.QUARTER, "E1").no_total_because == reasons


def test_what_would_raise_the_coverage_is_listed_by_weight(report: ReportModel) -> None:
    # Every indicator weighs 0.25 of its sub-dimension in these tables; what is scored or does not apply is not listed.
    lacking = report.lacking
    assert [each.weight for each in lacking] == sorted((each.weight for each in lacking), reverse=True)
    named = [each.indicator_id for group in lacking for each in group.indicators]
    assert len(named) == len(set(named))
    scored = {each.indicator_id for each in report.indicators if each.score is not None}
    absent = {each.indicator_id for each in report.indicators if each.verdict is Verdict.NOT_APPLICABLE}
    assert set(named) == {each.indicator_id for each in report.indicators} - scored - absent
    first_year = next(group for group in lacking if [each.indicator_id for each in group.indicators] == ["I4-2"])
    by_node = {node.node_id: node for dimension in report.total.children for node in (dimension, *dimension.children)}
    assert first_year.weight == pytest.approx(0.25 * by_node["I4"].weight * by_node["I"].weight)
    assert report.total.is_rateable


def test_an_enterprise_without_data_has_no_total(run_path: Path) -> None:
    empty = build_report(run_path, report_run.QUARTER, report_run.EMPTY)
    assert (empty.total.score, empty.total_range) == (None, None)
    assert empty.total.flags == ("含无数据的指标", "未计分")
    assert empty.total.verdicts()[Verdict.NO_DATA] == 68


def test_a_longer_period_that_is_not_rateable_says_so(run_path: Path, tmp_path: Path) -> None:
    run = _copy(run_path, tmp_path)
    low = (pl.col("level") == "total") & (pl.col("period") == "2025-Q1-TTM")
    pl.read_parquet(run / "scores.parquet").with_columns(
        score=pl.when(low).then(None).otherwise(pl.col("score")),
        scored_coverage=pl.when(low).then(0.04).otherwise(pl.col("scored_coverage")),
        flags=pl.when(low).then(pl.lit(["low_coverage", "not_rateable"])).otherwise(pl.col("flags")),
    ).write_parquet(run / "scores.parquet")
    report = build_report(run, report_run.QUARTER, "E1")
    assert [total.is_rateable for total in report.window_totals if total.period == "2025-Q1-TTM"] == [False]
    assert line(table("periods", *sections_of(report)), "近四季度")[4:] == ("—", "4.00%", "不可评")


def test_an_indicator_shows_the_score_that_the_tree_counted(run_path: Path, tmp_path: Path) -> None:
    # A third-party evaluation counts an indicator without data as 0: indicator_values has no score, the tree has.
    run = _copy(run_path, tmp_path)
    scores = pl.read_parquet(run / "scores.parquet")
    scores.with_columns(score=pl.when(pl.col("node_id") == "P5-2").then(0.0).otherwise(pl.col("score"))).write_parquet(
        run / "scores.parquet"
    )
    assert _indicator(build_report(run, report_run.QUARTER, "E1"), "P5-2").score == 0.0


def test_grade_and_deductions_are_an_overlay(run_path: Path, tmp_path: Path) -> None:
    run = _copy(run_path, tmp_path)
    is_total = pl.col("level") == "total"
    pl.read_parquet(run / "scores.parquet").with_columns(
        grade=pl.when(is_total).then(pl.lit("四星级")),
        grade_reference=pl.when(is_total).then(pl.lit("参照 GB/T 27922")),
        deduction_points=pl.when(is_total).then(1.0),
        score_after_deductions=pl.when(is_total).then(95.36),
    ).write_parquet(run / "scores.parquet")
    overlay = build_report(run, report_run.QUARTER, "E1").overlay
    assert overlay is not None
    assert (overlay.grade, overlay.deduction_points, overlay.reference) == ("四星级", 1.0, "参照 GB/T 27922")


def test_an_unknown_enterprise_is_a_usage_error(run_path: Path) -> None:
    with pytest.raises(UsageError, match="no enterprise 'E9'"):
        build_report(run_path, report_run.QUARTER, "E9")


def test_a_missing_table_is_named(run_path: Path, tmp_path: Path) -> None:
    run = _copy(run_path, tmp_path)
    (run / "row_accounting.parquet").unlink()
    with pytest.raises(ReportInputMissing, match=r"row_accounting\.parquet"):
        build_report(run, report_run.QUARTER, "E1")


def test_a_missing_indicator_is_never_left_out_in_silence(run_path: Path, tmp_path: Path) -> None:
    run = _copy(run_path, tmp_path)
    values = pl.read_parquet(run / "indicator_values.parquet")
    values.filter(pl.col("indicator_id") != "O2-5").write_parquet(run / "indicator_values.parquet")
    with pytest.raises(ReportInputMissing, match="E1 2025-Q1 has no row for O2-5"):
        build_report(run, report_run.QUARTER, "E1")


def test_a_version_that_is_not_in_force_is_not_shown(run_path: Path, tmp_path: Path) -> None:
    run = _copy(run_path, tmp_path)
    catalogue = pl.read_parquet(run / "indicator_catalogue.parquet")
    tomorrow = catalogue.filter(pl.col("indicator_id") == "P1-1").with_columns(
        name_zh=pl.lit("下一版"), valid_from=dt.date(2025, 4, 1)
    )
    today = catalogue.with_columns(
        valid_to=pl.when(pl.col("indicator_id") == "P1-1").then(dt.date(2025, 4, 1)).otherwise(pl.col("valid_to"))
    )
    pl.concat([tomorrow, today]).write_parquet(run / "indicator_catalogue.parquet")
    assert _indicator(build_report(run, report_run.QUARTER, "E1"), "P1-1").name == "服务热线接通率"


def _copy(run_path: Path, tmp_path: Path) -> Path:
    run = tmp_path / "run"
    run.mkdir()
    for path in run_path.glob("*.parquet"):
        shutil.copy(path, run)
    return run
