"""What readers see of a run's tables: a small run made by hand, its withheld cells worked out in the comments."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.errors import AsqError
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder
from pipeline.release.tables import Layer, NotReleased, without_few, without_modes, without_tail
from pipeline.release.withholding import UndeclaredIndicator, withholding
from schemas.expectations.release import SUBJECTS, column_classes, released_columns, released_tables
from schemas.standard.catalogue import catalogue_rows

QUARTER, BEFORE = Quarter(2025, 1), Quarter(2024, 4)
_PLACE = ("enterprise_id", "scope_type", "scope_id")
_INPUTS = {
    **dict.fromkeys(("enterprise_id", "quarter", "scope_type", "scope_id", "indicator_id", "variant", "part"), pl.String),
    "n": pl.Int64,
}
_PERIOD_INPUTS = {"period": pl.String, "period_role": pl.String, **_INPUTS}
_PEOPLE = {
    **dict.fromkeys(("enterprise_id", "quarter", "subject", "scope_type", "scope_id"), pl.String),
    "people": pl.Int64,
    "most_rows": pl.Int64,
}
_RESPONDENTS = {**dict.fromkeys(("enterprise_id", "quarter", "scope_type", "scope_id"), pl.String), "respondents": pl.Int64}
_OUTLETS = dict.fromkeys(("enterprise_id", "outlet_id", "region_code"), pl.String)

# Requests by region: of 60 in the first quarter of 2025, A has 3, B 20 and C 37; in the quarter before all have enough.
COUNTS = {
    ("2025-Q1", "enterprise", "E"): 60,
    ("2025-Q1", "region", "A"): 3,
    ("2025-Q1", "region", "B"): 20,
    ("2025-Q1", "region", "C"): 37,
    ("2024-Q4", "enterprise", "E"): 65,
    ("2024-Q4", "region", "A"): 25,
    ("2024-Q4", "region", "B"): 20,
    ("2024-Q4", "region", "C"): 20,
}


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = RunFolder(Lake(tmp_path / "lake"), QUARTER, "run-1").open()
    inputs = [
        ("E", quarter, scope, name, indicator, "", "", count)
        for (quarter, scope, name), count in COUNTS.items()
        for indicator in ("O1-1", "R5-1")
    ]
    write(folder, "mart_indicator_inputs", inputs, _INPUTS)
    write(folder, "mart_period_inputs", [], _PERIOD_INPUTS)
    write(folder, "mart_people_rows", [], _PEOPLE)
    write(folder, "mart_survey_respondents", [], _RESPONDENTS)
    write(folder, "dim_outlet", [], _OUTLETS)
    return folder


def write(folder: RunFolder, table: str, rows: list[tuple[Any, ...]], schema: dict[str, Any]) -> None:
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(folder.table(table))


def hidden(run: RunFolder, k: int = 5) -> set[tuple[str, str]]:
    cells = withholding(run, k).cells
    assert set(cells["indicator_id"]) <= {"O1-1"}
    return set(cells.select("period", "scope_id").iter_rows())


def test_a_small_region_is_withheld_in_every_period_with_its_quarter(run: RunFolder) -> None:
    # 3 + 20 of 60 are missing in the quarter, and so in the year to date and the trailing year; nothing is of the quarter before.
    assert hidden(run) == {(period, name) for period in ("2025-Q1", "2025-Q1-YTD", "2025-Q1-TTM") for name in "AB"}


def test_more_people_are_asked_for_by_the_plan(run: RunFolder) -> None:
    # Of 22 people no region of the quarter before has enough but A, and B with C are enough together.
    found = hidden(run, k=22)
    assert {name for period, name in found if period == "2024-Q4"} == {"B", "C"}


def test_a_frequent_customer_counts_once(run: RunFolder) -> None:
    # The four most frequent customers of B have all its twenty requests.
    write(run, "mart_people_rows", [("E", "2024-Q4", "requests", "region", "B", 4, 20)], _PEOPLE)
    assert {name for period, name in hidden(run) if period == "2024-Q4"} == {"B", "C"}


def test_satisfaction_by_touchpoint_counts_the_people_of_all_touchpoints(run: RunFolder) -> None:
    # Of six people in A, three answered for the phone and three for a visit.
    parts = [
        ("E", "2025-Q1", "enterprise" if name == "E" else "region", name, "O2-2", "", touchpoint, count)
        for name, count in (("E", 20), ("A", 3), ("B", 17))
        for touchpoint in ("phone", "onsite")
    ]
    write(run, "mart_indicator_inputs", parts, _INPUTS)
    people = [("E", "2025-Q1", "touchpoint answers", "region", name, count, 4) for name, count in (("A", 6), ("B", 30))]
    write(run, "mart_people_rows", [*people, ("E", "2025-Q1", "touchpoint answers", "enterprise", "E", 36, 4)], _PEOPLE)
    assert withholding(run, 5).cells.is_empty()
    write(run, "mart_people_rows", [("E", "2025-Q1", "touchpoint answers", *each, 4) for each in _FEW_IN_A], _PEOPLE)
    found = withholding(run, 5).cells.filter(pl.col("period") == "2025-Q1", pl.col("indicator_id") == "O2-2")
    assert set(found["scope_id"]) == {"A", "B"}


_FEW_IN_A = (("enterprise", "E", 34), ("region", "A", 4), ("region", "B", 30))


def test_every_variant_that_may_be_the_value_adds_up_by_itself(run: RunFolder) -> None:
    # Of 60 measured repairs, A has 3, B 20 and C 37: 60 − 20 − 37 would tell A, whatever was tested.
    counts = {"E": (60, 40), "A": (3, 20), "B": (20, 5), "C": (37, 15)}
    inputs = [
        ("E", "2025-Q1", "enterprise" if name == "E" else "region", name, "O1-4", variant, "", count)
        for name, pair in counts.items()
        for variant, count in zip(("measured_ratio", "acceptance_passed"), pair, strict=True)
    ]
    write(run, "mart_indicator_inputs", inputs, _INPUTS)
    cells = withholding(run, 5).cells
    assert set(cells.filter(pl.col("period") == "2025-Q1").select("indicator_id", "scope_id").iter_rows()) == {
        ("O1-4", "A"),
        ("O1-4", "B"),
    }


def test_what_a_publication_withheld_stays_withheld_when_more_records_came(run: RunFolder) -> None:
    previous = RunFolder(run.lake, BEFORE, "run-0").open()
    rows = [("E", "2024-Q4", "region", "A", "O1-1", "cell")]
    columns = dict.fromkeys(("enterprise_id", "period", "scope_type", "scope_id", "indicator_id", "withheld"), pl.String)
    pl.DataFrame(rows, schema=columns, orient="row").write_parquet(previous.released_table("indicator_values"))
    previous.reports.mkdir()
    previous.publish([], [])
    found = hidden(run)
    # A goes as before, and B or C with it: of equals the first.
    assert {name for period, name in found if period == "2024-Q4"} == {"A", "B"}
    assert {name for period, name in found if period == "2025-Q1-TTM"} == {"A", "B"}


def test_an_indicator_of_which_nobody_said_whom_it_counts_stops_the_run(run: RunFolder) -> None:
    write(run, "mart_indicator_inputs", [("E", "2025-Q1", "enterprise", "E", "X9-9", "", "", 7)], _INPUTS)
    with pytest.raises(UndeclaredIndicator, match="X9-9"):
        withholding(run, 5)


def test_every_indicator_of_the_catalogue_has_a_subject() -> None:
    assert {each.indicator_id for each in catalogue_rows()} == SUBJECTS.keys()


def test_a_table_or_column_that_is_not_declared_stops_the_run(run: RunFolder) -> None:
    layer = Layer(run, 5)
    pl.DataFrame({"enterprise_id": ["E"], "score": [80.0], "phone_of_manager": ["x"]}).write_parquet(run.table("scores"))
    with pytest.raises(NotReleased, match=r"^scores: phone_of_manager not declared in schemas/expectations/released_columns.csv"):
        layer.write(["scores"])
    pl.DataFrame({"a": [1]}).write_parquet(run.table("customer_list"))
    with pytest.raises(NotReleased, match="customer_list: a not declared"):
        layer.write(["customer_list"])
    assert issubclass(NotReleased, AsqError)


def test_records_people_and_sums_of_squares_are_not_among_the_released_columns() -> None:
    columns = {(table, column) for table in released_tables() for column in released_columns(table)}
    names = {column for _, column in columns}
    assert not names & {"row_key", "origin_row", "_row_id", "expert_id", "staff_id", "customer_id", "smallest", "largest"}
    assert not names & {"sum_squares", "sum_products", "count_squares", "value_masked", "before_masked"}
    assert not {"quarantine", "outliers", "cleaning_log", "weight_judgements", "fct_service_requests"} & set(released_tables())
    assert all(column_classes()[table][column] != "analyst" for table, column in columns)


VALUES: dict[str, Any] = {
    **dict.fromkeys(("enterprise_id", "period", "indicator_id", "scope_type", "scope_id", "variant"), pl.String),
    "value": pl.Float64,
    "sample_size": pl.Int64,
    **dict.fromkeys(("numerator", "denominator", "ci_low", "ci_high", "within_limit_rate"), pl.Float64),
    "ci_method": pl.String,
}


def variants(run: RunFolder, *rows: tuple[str, str, float, int]) -> dict[str, tuple[float | None, int | None, str | None]]:
    """By variant: value, sample size and what is withheld, of readings of an indicator with 100 people."""
    place = ("E", "2025-Q1")
    made = [
        (*place, indicator, "enterprise", "E", variant, value, size, value * size, float(size), 0.0, 1.0, None, "t")
        for indicator, variant, value, size in rows
    ]
    write(run, "indicator_variants", made, VALUES)
    whole = [(*place, name, "enterprise", "E", 100) for name in dict.fromkeys(indicator for indicator, *_ in rows)]
    schema = {name: kind for name, kind in VALUES.items() if name in {*VALUES} - {"variant", "value"} and name != "ci_method"}
    columns = ("enterprise_id", "period", "indicator_id", "scope_type", "scope_id", "sample_size")
    write(run, "indicator_values", whole, {name: schema[name] for name in columns})
    shown = Layer(run, 5).indicator_variants()
    return {row["variant"]: (row["value"], row["sample_size"], row["withheld"]) for row in shown.iter_rows(named=True)}


def test_readings_that_would_tell_of_few_people_are_withheld(run: RunFolder) -> None:
    found = variants(
        run,
        ("O1-1", "one_touch", 0.9, 60),
        # four people
        ("O1-1", "survey_confirmed", 0.5, 4),
        # 100 − 97 are three people
        ("O1-1", "without_onsite", 0.8, 97),
    )
    assert found == {
        "one_touch": (0.9, 60, None),
        "survey_confirmed": (None, None, "cell"),
        "without_onsite": (None, 97, "value"),
    }


def test_extremes_are_withheld_and_quantiles_have_k_people_beyond_them(run: RunFolder) -> None:
    found = variants(
        run,
        *(("P2-1c", name, 12.3456, 100) for name in ("smallest", "largest", "p50", "p90", "p95")),
    )
    # 5 % of 100 are five people; three digits.
    assert {name: value for name, (value, _, _) in found.items()} == {
        "smallest": None,
        "largest": None,
        "p50": 12.3,
        "p90": 12.3,
        "p95": 12.3,
    }
    assert variants(run, ("P2-1c", "p95", 12.3456, 99))["p95"] == (None, 99, "value")
    # Outlets are no people.
    assert variants(run, ("R1-2a", "largest", 12.3456, 3))["largest"] == (12.3456, 3, None)


def test_a_reading_withheld_in_a_quarter_is_withheld_in_longer_periods(run: RunFolder) -> None:
    """The trailing year less the quarters before it would tell it; and so would the year to date."""
    place = ("E", "O1-1", "enterprise", "E")
    made = [
        (*place[:1], period, *place[1:], "one_touch", 0.5, size, 0.5 * size, float(size), 0.0, 1.0, None, "t")
        for period, size in (("2025-Q1", 4), ("2025-Q1-TTM", 80))
    ]
    write(run, "indicator_variants", made, VALUES)
    whole = [("E", period, "O1-1", "enterprise", "E", 100) for period in ("2025-Q1", "2025-Q1-TTM")]
    columns = ("enterprise_id", "period", "indicator_id", "scope_type", "scope_id", "sample_size")
    write(run, "indicator_values", whole, {name: VALUES[name] for name in columns})
    shown = Layer(run, 5).indicator_variants()
    assert shown.select("period", "value", "sample_size", "withheld").rows() == [
        ("2025-Q1", None, None, "cell"),
        ("2025-Q1-TTM", None, None, "cell"),
    ]


def test_a_touchpoint_of_few_people_takes_another_with_it_in_each_reading(run: RunFolder) -> None:
    # Four people on outlets: withheld. O2-2 is the mean of all by known volumes, so that the smallest other goes too.
    found = variants(
        run,
        ("O2-2", "touchpoint_outlet", 70.0, 4),
        ("O2-2", "touchpoint_phone", 80.0, 9),
        ("O2-2", "touchpoint_online", 90.0, 40),
        ("O2-2", "gap_outlet", 1.0, 4),
        ("O2-2", "gap_online", 2.0, 40),
    )
    assert {name for name, (_, _, withheld) in found.items() if withheld} == {
        *("touchpoint_outlet", "touchpoint_phone", "gap_outlet", "gap_online"),
    }


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "本季 19 件投诉中 19 件在 24 小时内响应；紧急投诉 3 件中 2 件",
            "本季 19 件投诉中 19 件在 24 小时内响应；紧急投诉 不足 5 件中 不足 5 件",
        ),
        # 2.8 % of 143 would be four.
        ("重复 0 份（0.0%），共用设备 4 份（2.8%）", "重复 0 份（0.0%），共用设备 不足 5 份"),
        ("共用设备 4 份（2.8%，已标记）", "共用设备 不足 5 份（已标记）"),
        ("响应时间 177/177、使用备件 1/4、公开事项 8.7/9", "响应时间 177/177、使用备件 不足 5、公开事项 8.7/9"),
        ("响应时间 1,612/1,620、使用备件 3/1,204", "响应时间 1,612/1,620、使用备件 3/1,204"),
        ("公开事项 5.8/3.5；响应 1/2。", "公开事项 5.8/3.5；响应 不足 5。"),
        ("1,004 位顾客；专家 5 名", "1,004 位顾客；专家 5 名"),
        ("本季顾客建议 3 条，已评估 2 条", "本季顾客建议 不足 5 条，已评估 不足 5 条"),
        ("期末登记的关键环节 3 个；PR-24 按季", "期末登记的关键环节 3 个；PR-24 按季"),
    ],
)
def test_sentences_give_no_small_number_of_people(said: str, shown: str) -> None:
    assert without_few(said, 5) == shown


ROUND: dict[str, Any] = {
    **{
        "enterprise_id": "E",
        "quarter": "2025-Q1",
        "survey_id": "S1",
        "questions": 24,
        "responses": 34,
        "complete": 32,
        "partial": 2,
    },
    **{"counted": 32, "flagged": 10, "valid": 22, "straight_liners": 3, "straight_liners_rate": 3 / 34, "repeated_complete": 0},
    **{"timed": 32, "median_minutes": 7.28333, "p90_minutes": 11.08833, "online": 21, "phone": 7, "onsite": 4},
    **{"sent": 60, "response_rate": 32 / 60, "weighted_responses": 32, "design_effect": 1.0, "effective_n": 32.0},
}
RULES = {
    "PR-12": "年初至今有效答卷 32 份（本季有 3 份带作答质量标记：直线作答、过快或多名顾客共用设备）",
    "PR-13": "本季有效答卷：在线问卷 21 份、电话访谈 7 份、现场访问 4 份；未提供总体",
    "PR-15": "本季 32 份满意度答卷用时中位数 7.28 分钟、P90 11.09 分钟；要求不超过 15 分钟。",
    "PR-62": "本季顾客建议 3 条",
}


def released_round(run: RunFolder, **changes: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """The released row of a survey round, and the sentences on it."""
    pl.DataFrame([ROUND | changes]).write_parquet(run.table("survey_validity"))
    rules = [{"enterprise_id": "E", "period": "2025-Q1", "rule_id": rule, "evidence": said} for rule, said in RULES.items()]
    pl.DataFrame(rules).write_parquet(run.table("rule_results"))
    layer = Layer(run, 5)
    said = layer.rule_results().select("rule_id", "evidence").rows()
    return layer.survey_validity().row(0, named=True), dict(said)


def test_a_mode_of_few_responses_takes_another_with_it_in_table_and_sentence(run: RunFolder) -> None:
    # 32 − 21 − 7 would be the 4; and of 32 responses P90 has three beyond it.
    row, said = released_round(run)
    assert (row["online"], row["phone"], row["onsite"], row["withheld"]) == (21, None, None, "parts")
    assert (row["partial"], row["straight_liners"], row["counted"]) == (2, 3, 32)
    assert (row["median_minutes"], row["p90_minutes"]) == (7.28, None)
    assert said["PR-12"] == RULES["PR-12"]
    assert said["PR-13"] == "本季有效答卷：在线问卷 21 份、电话访谈（隐去）、现场访问（隐去）；未提供总体"
    assert said["PR-15"] == "本季 32 份满意度答卷用时中位数 7.28 分钟、P90（隐去）；要求不超过 15 分钟。"
    assert said["PR-62"] == "本季顾客建议 不足 5 条"


def test_responses_without_a_mode_hide_one_of_few(run: RunFolder) -> None:
    # Seven of 39 came nobody knows how: 39 − 21 − 7 are the 4 and these.
    row, _ = released_round(run, counted=39)
    assert (row["online"], row["phone"], row["onsite"]) == (21, 7, None)


def test_of_a_round_of_few_responses_nothing_is_shown(run: RunFolder) -> None:
    row, said = released_round(run, responses=4, counted=3, online=3, phone=0, onsite=0)
    kinds = column_classes()["survey_validity"]
    assert {name for name, value in row.items() if value is not None and kinds[name] in ("people", "condition", "value")} == set()
    assert (row["questions"], row["sent"], row["withheld"]) == (24, 60, "cell")
    assert "3 份" not in said["PR-12"]


def test_a_round_of_many_is_shown_whole(run: RunFolder) -> None:
    row, said = released_round(run, timed=320, counted=32, onsite=0, phone=11)
    assert (row["online"], row["phone"], row["onsite"], row["p90_minutes"], row["withheld"]) == (21, 11, 0, 11.1, None)
    assert said["PR-13"] == "本季有效答卷：在线问卷 21 份、电话访谈 7 份、现场访问 不足 5 份；未提供总体"


def test_modes_of_few_and_of_many_are_withheld_in_the_same_words() -> None:
    said = "在线问卷 1,024 份、电话访谈 7 份、现场访问 4 份"
    assert without_modes(said, ["phone", "onsite"]) == "在线问卷 1,024 份、电话访谈（隐去）、现场访问（隐去）"


@pytest.mark.parametrize(("responses", "shown"), [("49", "P90（隐去）"), ("50", "P90 11.09 分钟"), ("1,200", "P90 11.09 分钟")])
def test_a_p90_with_few_beyond_it_is_withheld(responses: str, shown: str) -> None:
    assert without_tail(f"本季 {responses} 份满意度答卷用时中位数 7.28 分钟、P90 11.09 分钟", 5).endswith(f"7.28 分钟、{shown}")


def test_acceptance_shows_no_share_of_few_rows_and_no_extreme(run: RunFolder) -> None:
    checks = [
        ("references", 0.75, "request_id：3 / 4"),
        ("references", 0.75, "request_id：6 / 8"),
        ("completion_minutes", 10.93167, "34 份答卷"),
        ("completion_minutes", 10.93167, "340 份答卷"),
        ("sample_size", 1.6131687, "98 份 / 60.75 份（顾客 81 人）"),
    ]
    pl.DataFrame(checks, schema=["check", "value", "detail"], orient="row").write_parquet(run.table("acceptance_results"))
    assert Layer(run, 5).acceptance_results().select("value", "detail").rows() == [
        (None, "request_id：不足 5"),
        (0.75, "request_id：6 / 8"),
        (None, "34 份答卷"),
        (10.9, "340 份答卷"),
        (1.6131687, "98 份 / 60.75 份（顾客 81 人）"),
    ]


def test_of_few_data_points_there_is_no_number(run: RunFolder) -> None:
    numbers = (
        "n",
        "too_small",
        "flagged_z",
        "flagged_z_log",
        "flagged_z_mad",
        "to_review",
        "reviewed",
        "confirmed",
        "corrected",
        "excluded",
    )
    groups = [
        {"enterprise_id": "E", "quarter": "2025-Q1", "table": "hotline_calls", "measure": measure, **dict.fromkeys(numbers, n)}
        for measure, n in (("abandoned_after_seconds", 1), ("abandoned_after_seconds", 2), ("talk_seconds", 7))
    ]
    pl.DataFrame(groups).write_parquet(run.table("outlier_groups"))
    found = Layer(run, 5).outlier_counts()
    assert found.select("measure", "groups", "n").rows() == [("abandoned_after_seconds", None, None), ("talk_seconds", 1, 7)]


def test_readers_see_days_and_no_moments(run: RunFolder) -> None:
    scores = {"enterprise_id": ["E"], "score": [80.0], "data_as_of": [dt.datetime(2025, 3, 31, 23, 2, 19)]}
    pl.DataFrame(scores).write_parquet(run.table("scores"))
    coverage = {"enterprise_id": ["E"], "newest_request_at": [dt.datetime(2025, 3, 31, 23, 2, 19)]}
    pl.DataFrame(coverage).write_parquet(run.table("mart_period_coverage"))
    layer = Layer(run, 5)
    for name, column in (("scores", "data_as_of"), ("mart_period_coverage", "newest_request_at")):
        layer.release(name, pl.read_parquet(run.table(name)))
        assert run.read_released(name)[column].to_list() == [dt.date(2025, 3, 31)]
    entries = {"key": ["data_as_of", "privacy_k"], "value": ["2025-03-31 23:02:19", "5"], "value_zh": [None, None]}
    pl.DataFrame(entries, schema_overrides={"value_zh": pl.String}).write_parquet(run.table("run_info"))
    assert layer.run_info()["value"].to_list() == ["2025-03-31", "5"]


class _Shown(Layer):
    """Of two enterprises: A without the interval of P4-2, B with everything."""

    def indicator_values(self) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "enterprise_id": ["A", "A", "B", "B"],
                "period": ["2025-Q1"] * 4,
                "scope_type": ["enterprise"] * 4,
                "indicator_id": ["P4-2", "R4-1", "P4-2", "R4-1"],
                "score": [80.0, None, 80.0, None],
                "withheld": ["parts", "parts", None, None],
            }
        )


def test_ranges_of_scores_do_not_tell_a_withheld_interval(run: RunFolder) -> None:
    """A's range of P and of the total by values, and all ranks there: B's rank tells how often A is above. R4-1 is not scored."""
    drawn = ("score_median", "score_low", "score_high", "score_sd", "grade_changed_share")
    ranks = ("rank_low", "rank_high", "rank_changed_share")
    rows = [
        {"enterprise_id": enterprise, "period": "2025-Q1", "level": level, "node_id": node, "source": source, "status": "ok"}
        | dict.fromkeys((*drawn, *ranks), 1.0)
        for enterprise in "AB"
        for level, node in (("total", "ALL"), ("dimension", "R"), ("dimension", "P"))
        for source in ("all", "values", "weights", "choices")
    ]
    pl.DataFrame(rows).write_parquet(run.table("analysis_robustness"))
    shown = _Shown(run, 5).robustness()
    assert shown.height == len(rows)
    for row in shown.iter_rows(named=True):
        is_told = row["node_id"] != "R" and row["source"] in ("all", "values")
        is_hidden = is_told and row["enterprise_id"] == "A"
        assert {row[name] for name in drawn} == {None if is_hidden else 1.0}, row
        assert {row[name] for name in ranks} == {None if is_told else 1.0}, row
        assert row["status"] == ("withheld" if is_hidden else "ok"), row


def test_shares_of_the_variance_do_not_tell_a_withheld_interval(run: RunFolder) -> None:
    rows = [
        {"enterprise_id": enterprise, "period": "2025-Q1", "source_kind": kind, "source": source, "status": "ok", "draws": 2048}
        | {"first_order": 0.5, "score_variance": 4.0}
        for enterprise in "AB"
        for kind, source in (("group", "values"), ("indicator", "P4-2"))
    ]
    pl.DataFrame(rows).write_parquet(run.table("analysis_sensitivity"))
    shown = _Shown(run, 5).sensitivity()
    assert shown.select("enterprise_id", "source", "first_order", "score_variance", "status").rows() == [
        ("A", "values", None, None, "withheld"),
        ("B", "values", 0.5, 4.0, "ok"),
        ("B", "P4-2", 0.5, 4.0, "ok"),
    ]
