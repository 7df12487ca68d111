"""Conclusions: what they may say, and that every number in them is in the rows they name."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import report_run
from pydantic import ValidationError
from report_run.conclusions import PREVIOUS, YEAR_BEFORE

from pipeline.report.claims.engine import Claim, claims_of
from pipeline.report.claims.facts import FACTS, ITEMS
from pipeline.report.claims.gather import Gathered
from pipeline.report.claims.rules import Rule, RuleBook, rule_book
from pipeline.report.claims.table import SCHEMA, claims_table
from pipeline.report.claims.wording import Wording
from pipeline.report.model.run_tables import RunTables
from pipeline.report.words.sentences import is_chinese
from schemas.expectations.release import undeclared_columns

QUARTER = report_run.QUARTER
# Numbers that rules themselves say: a total is of 100 points, an interval of 95 %.
_OF_RULES = {"100", "95"}
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@pytest.fixture(scope="module")
def table(conclusions_path: Path) -> pl.DataFrame:
    return claims_table(RunTables.read(conclusions_path, QUARTER))


@pytest.fixture
def changed(conclusions_path: Path, tmp_path: Path) -> Callable[..., RunTables]:
    """The run with tables changed: by name, a function of the table."""

    def change(**changes: Callable[[pl.DataFrame], pl.DataFrame]) -> RunTables:
        folder = tmp_path / "run"
        shutil.copytree(conclusions_path, folder)
        for name, function in changes.items():
            file = folder / f"{name}.parquet"
            function(pl.read_parquet(file)).write_parquet(file)
        return RunTables.read(folder, QUARTER)

    return change


def drawn(tables: RunTables, edition: Any = "operations", enterprise: str = "E1", period: str = QUARTER.label) -> list[Claim]:
    wordings = {language: Wording(tables, enterprise, language) for language in ("zh", "en")}
    return list(claims_of(Gathered(tables, enterprise, period), edition, wordings))  # type: ignore[arg-type]


def said(claims: list[Claim], claim_id: str) -> list[str]:
    return [each.texts["zh"] for each in claims if each.claim_id == claim_id]


# --- reading back -------------------------------------------------------------------------------------------------------


def test_every_fact_is_read_back_from_the_rows_it_names(table: pl.DataFrame, conclusions_path: Path) -> None:
    of_numbers = table.filter(pl.col("fact_value").is_not_null())
    assert of_numbers.height > 100
    for row in of_numbers.iter_rows(named=True):
        rows = pl.read_parquet(conclusions_path / f"{row['evidence_table']}.parquet")
        for column, value in json.loads(row["evidence_keys"]).items():
            rows = rows.filter(pl.col(column) == value)
        reads, column = row["evidence_reads"], row["evidence_column"]
        if reads == "count":
            assert rows.height == row["fact_value"], row["claim_id"]
        elif reads == "sum":
            assert rows[column].sum() == row["fact_value"], row["claim_id"]
        else:
            assert rows[column].to_list() == [row["fact_value"]], row["claim_id"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_sentence_has_no_number_beside_those_of_its_facts(table: pl.DataFrame, language: str) -> None:
    for (text,), facts in table.group_by(f"text_{language}"):
        rest = str(text)
        for fact in sorted(facts[f"fact_text_{language}"].drop_nulls().unique(), key=len, reverse=True):
            rest = rest.replace(fact, "")
        assert set(_NUMBER.findall(rest)) <= _OF_RULES, text


def test_a_fact_is_printed_as_its_value_rounded_once(table: pl.DataFrame) -> None:
    scales = {"%": 100.0, "个百分点": 100.0}
    checked = 0
    for row in table.filter(pl.col("fact_value").is_not_null()).iter_rows(named=True):
        text = row["fact_text_zh"]
        if "∶" in text:
            continue
        (printed,) = _NUMBER.findall(re.sub(r"/万.*", "", text))
        scale = next((scale for mark, scale in scales.items() if mark in text), 1.0)
        decimals = len(printed.partition(".")[2])
        assert abs(float(printed.replace(",", "")) - abs(row["fact_value"]) * scale) <= 0.5 * 10**-decimals + 1e-9, text
        checked += 1
    assert checked > 100


def test_the_table_has_the_declared_columns_and_both_languages(table: pl.DataFrame) -> None:
    assert not undeclared_columns("claims", [*SCHEMA, "run_id"])
    assert table.columns == list(SCHEMA)
    assert table["text_zh"].null_count() == table["text_en"].null_count() == 0
    assert not [text for text in table["text_en"].unique() if is_chinese(text)]
    assert set(table["enterprise_id"]) == set(report_run.ENTERPRISES)
    assert {"2025-Q1", "2025-Q1-YTD", "2025-Q1-TTM"} == set(table["period"])


# --- chance -------------------------------------------------------------------------------------------------------------


def test_ranges_that_overlap_make_no_change(conclusions_path: Path) -> None:
    claims = drawn(RunTables.read(conclusions_path, QUARTER))
    (text,) = said(claims, "change.within_chance")
    assert text == "与2024年第四季度（94.36 分）相差 2.00 分，在抽样误差范围内，不能判定服务水平有变化。"
    assert [each.tone for each in claims if each.claim_id == "change.within_chance"] == ["open"]
    assert not said(claims, "change.up_firm")


def test_a_change_against_the_direction_of_values_is_not_one_of_service(conclusions_path: Path) -> None:
    # Against the year before the ranges lie apart (96.36 − 98.36), but values alone added 1.50.
    (text,) = said(drawn(RunTables.read(conclusions_path, QUARTER)), "change.not_by_values")
    assert "98.36" in text
    assert "来自权重或计入指标的变化" in text


@pytest.mark.parametrize(
    ("before", "claim_id"),
    [
        # 96.36 − 95.00 = 1.36; 94.36 + 0.63 = 94.99 < 95.00: apart by 0.01
        ((94.36, 94.0, 94.99), "change.up_firm"),
        ((94.36, 94.0, 95.01), "change.within_chance"),
        ((94.36, None, None), "change.untested"),
    ],
)
def test_the_ranges_must_lie_apart(changed: Callable[..., RunTables], before: Any, claim_id: str) -> None:
    is_before = pl.col("quarter") == PREVIOUS

    def trends(table: pl.DataFrame) -> pl.DataFrame:
        low, high = (pl.lit(value, dtype=pl.Float64) for value in before[1:])
        return table.with_columns(
            score_low=pl.when(is_before).then(low).otherwise("score_low"),
            score_high=pl.when(is_before).then(high).otherwise("score_high"),
        )

    claims = drawn(changed(analysis_trends=trends))
    about_previous = [each.claim_id for each in claims if each.sentence == "change" and each.subject_id == "previous"]
    assert about_previous == [claim_id]


def test_a_range_that_is_withheld_carries_no_change(changed: Callable[..., RunTables]) -> None:
    hidden = pl.when(pl.col("source") == "values").then(None)
    claims = drawn(
        changed(
            analysis_robustness=lambda table: table.with_columns(
                score_low=hidden.otherwise("score_low"),
                score_high=hidden.otherwise("score_high"),
                status=pl.when(pl.col("source") == "values").then(pl.lit("withheld")).otherwise("status"),
            )
        )
    )
    assert len(said(claims, "change.untested")) == 2
    assert said(claims, "trust.range_withheld")
    assert not said(claims, "trust.range")


def test_only_a_corrected_test_lets_an_indicator_improve_or_worsen(conclusions_path: Path) -> None:
    claims = drawn(RunTables.read(conclusions_path, QUARTER))
    assert {each.subject_id for each in claims if each.claim_id == "finding.worsened"} == {"P1-2"}
    assert {each.subject_id for each in claims if each.claim_id == "finding.improved"} == {"P1-1", "P2-1a"}
    (causes,) = said(claims, "causes.indicators")
    # O4-1 was not compared, P1-1 is firm, O1-1 may be chance; the fifth, R1-1, is not named.
    assert "（O4-1）−3.00 分（未检验）" in causes
    assert "（P1-1）+2.50 分（经检验成立）" in causes
    assert "（O1-1）+0.75 分（在误差范围内）" in causes
    assert "R1-1" not in causes


def test_what_may_be_chance_is_not_called_missed(conclusions_path: Path, changed: Callable[..., RunTables]) -> None:
    claims = drawn(RunTables.read(conclusions_path, QUARTER))
    missed = [each.subject_id for each in claims if each.claim_id.startswith("finding.missed")]
    # By lost points; P1-1 (94.996 % of 95 %) is within chance, and costs nothing that would be printed.
    assert missed[:2] == ["O4-1", "O1-2"]
    assert "P1-1" not in missed
    undecided = changed(indicator_values=lambda table: table.with_columns(is_distinguishable=pl.lit(False)))
    claims = drawn(undecided)
    assert not [each for each in claims if each.claim_id in ("first.indicator", "finding.missed", "finding.strength")]
    assert said(claims, "first.nothing")
    assert "首次解决率（O1-1）为 82.00%（95% 区间 81.46% 至 82.53%，样本量 20,000）" in "".join(said(claims, "finding.in_doubt"))


def test_few_cases_and_withheld_intervals_prove_nothing(changed: Callable[..., RunTables]) -> None:
    own = pl.col("indicator_id") == "O4-1"
    for column, value in (("status", "insufficient_sample"), ("withheld", "parts")):
        tables = changed(
            indicator_values=lambda table, column=column, value=value: table.with_columns(
                pl.when(own).then(pl.lit(value)).otherwise(column).alias(column),
                is_distinguishable=pl.when(own).then(None).otherwise("is_distinguishable"),
            )
        )
        assert "O4-1" not in [each.subject_id for each in Gathered(tables, "E1", QUARTER.label).priorities]
        shutil.rmtree(tables.folder)


def test_places_are_named_only_by_the_finding_of_the_league(conclusions_path: Path) -> None:
    claims = drawn(RunTables.read(conclusions_path, QUARTER))
    worse = [each.subject_id for each in claims if each.claim_id == "analysis.member_worse"]
    assert worse == [
        "O1-1:outlet:W1",
        "O1-1:region:450102",
    ]
    assert [each.subject_id for each in claims if each.claim_id == "conclusion.practice_operations"] == ["O1-1:region:450103"]


# --- what is first ------------------------------------------------------------------------------------------------------


def test_first_is_what_costs_most_points_not_the_lowest_score(changed: Callable[..., RunTables]) -> None:
    def scores(table: pl.DataFrame) -> pl.DataFrame:
        # O4-1 keeps score 0 and costs nothing: not first any more.
        return table.with_columns(lost_points=pl.when(pl.col("node_id") == "O4-1").then(0.0).otherwise("lost_points"))

    priorities = Gathered(changed(scores=scores), "E1", QUARTER.label).priorities
    costs = [float(each.facts["lost"].value or 0) for each in priorities]  # type: ignore[arg-type]
    assert "O4-1" not in [each.subject_id for each in priorities]
    assert costs == sorted(costs, reverse=True)


def test_an_incident_is_told_as_a_number_too(conclusions_path: Path) -> None:
    claims = drawn(RunTables.read(conclusions_path, QUARTER))
    assert said(claims, "finding.missed_incidents")[0].startswith("服务安全事故发生率（O4-1）未达标：2 起，即 0.80 起/万次服务")
    assert said(claims, "first.incidents") == ["共发生 2 起。"]


def test_an_enterprise_without_data_has_a_summary_and_no_claims_of_change(conclusions_path: Path) -> None:
    claims = drawn(RunTables.read(conclusions_path, QUARTER), "management", report_run.EMPTY)
    assert said(claims, "total.absent")
    assert not [each for each in claims if each.claim_id.startswith(("change.up", "change.down", "causes", "first.indicator"))]
    assert said(claims, "change.not_compared")[0] == "与2024年第四季度不能比较：本期没有总分。"


# --- rules --------------------------------------------------------------------------------------------------------------

_RULE = {
    "claim_id": "a.b",
    "about": "enterprise",
    "editions": ["management"],
    "section": "summary",
    "zh": "{total}",
    "en": "{total}",
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"zh": "{turnover}", "en": "{turnover}"}, "no facts of enterprise: turnover"),
        ({"when": [["turnover", "known"]]}, "no facts of enterprise: turnover"),
        ({"en": "no number"}, "zh and en name different facts"),
        ({"zh": "{is_scored}", "en": "{is_scored}"}, "for conditions only: is_scored"),
        ({"zh": "{next_priorities}", "en": "{next_priorities}"}, "one list needs one item in both languages"),
        ({"about": "member", "editions": ["public"], "zh": "{place}", "en": "{place}"}, "not for the public edition: place"),
        ({"about": "indicator", "editions": ["public"], "zh": "{place}", "en": "{place}"}, "not for the public edition: place"),
        ({"when": [["total"]]}, r"a condition is \[fact, operator, value\]"),
        ({"when": [["total", "roughly", 3]]}, "operator"),
    ],
)
def test_a_rule_outside_the_closed_list_is_refused(change: dict[str, Any], message: str) -> None:
    Rule.model_validate(_RULE)
    with pytest.raises(ValidationError, match=message):
        Rule.model_validate(_RULE | change)


def test_claim_ids_are_unique() -> None:
    with pytest.raises(ValidationError, match=r"claim ids twice: a\.b"):
        RuleBook.model_validate({"version": "1", "claims": [_RULE, _RULE]})


def test_all_facts_of_the_closed_list_are_gathered_or_absent(conclusions_path: Path) -> None:
    gathered = Gathered(RunTables.read(conclusions_path, QUARTER), "E1", QUARTER.label)
    found: dict[str, set[str]] = {}
    for subject in gathered.subjects():
        assert set(subject.facts) <= set(FACTS[subject.about]), subject.about
        found.setdefault(subject.about, set()).update(subject.facts)
    assert {about: set(FACTS[about]) - names for about, names in found.items() if set(FACTS[about]) - names} == {}  # type: ignore[index]
    assert set(ITEMS) == {name for names in FACTS.values() for name, kind in names.items() if kind == "list"}


def test_a_good_or_bad_tone_needs_a_condition_that_a_test_or_limit_carries() -> None:
    carried = {"firmness", "finding", "priority", "strength", "firmly_missed", "result"}
    for rule in rule_book().claims:
        if rule.tone in ("good", "bad"):
            assert carried & {each.fact for each in rule.when}, rule.claim_id


def test_the_periods_compared_are_named(table: pl.DataFrame) -> None:
    told = table.filter(enterprise_id="E1", period=QUARTER.label, fact="period_before")["evidence_keys"].to_list()
    against = {json.loads(keys)["against"] for keys in told}
    assert against == {"previous", "year_before"}
    assert YEAR_BEFORE == "2024-Q1"
