"""The 97 process rules as shipped, compared with the standard's text; and the messages a broken edit gets."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from pipeline.evaluate.rules.register import ASSESSORS
from schemas.contract import TABLES
from schemas.sheet import SEEDS, StandardDataError
from schemas.standard.process_rules import process_rules

REPO = Path(__file__).resolve().parents[3]
RULES = process_rules()


def test_ids_are_complete_and_in_order() -> None:
    assert list(RULES) == [f"PR-{number:02d}" for number in range(1, 98)]


def test_clauses_are_those_of_close_reading_3b() -> None:
    # PR-01 … PR-05 of 五, PR-06 … PR-09 of 六, then 七 to PR-35, 八 to PR-62, 九 to PR-82, 十 to PR-95, 十一, 十二
    ends = {"五": 5, "六": 9, "七": 35, "八": 62, "九": 82, "十": 95, "十一": 96, "十二": 97}
    found = {}
    for number, rule in enumerate(RULES.values(), start=1):
        found[rule.clause] = number
    assert found == ends
    assert list(found) == list(ends)
    # Without going back: a clause's rules stand together.
    assert Counter(rule.clause for rule in RULES.values())["七"] == 35 - 9


def test_requirements_are_the_standard_s_words() -> None:
    path = REPO.parent / "shared" / "standard" / "T-GXDSL-244-2025.txt"
    if not path.is_file():
        pytest.skip(f"the standard's text is not at {path}")
    text = re.sub(r"\s", "", path.read_text(encoding="utf-8"))
    for rule in RULES.values():
        for passage in rule.requirement_zh.split("；"):
            assert re.sub(r"\s", "", passage) in text, (rule.rule_id, passage)


def test_a_rule_of_the_text_s_advice_is_no_duty() -> None:
    # 建议 and 一般 make a rule advice, 可 and 鼓励 make it a possibility.
    for rule in RULES.values():
        if re.match("建议|一般|考核权重建议", rule.requirement_zh):
            assert rule.obligation == "should", rule.rule_id
        if re.search("^评价方法可|措施可包括|，可建立|^鼓励企业|^重要顾客可", rule.requirement_zh):
            assert rule.obligation == "may", rule.rule_id


def test_the_rules_assessed_by_data_are_those_with_an_assessor() -> None:
    assert {name for name, rule in RULES.items() if rule.method != "record"} == ASSESSORS.keys()
    assert len(ASSESSORS) == 45


def test_every_table_named_as_evidence_exists() -> None:
    published = {
        "indicator_catalogue",
        "standard_edition",
        "weights",
        "row_accounting",
        "quarantine",
        "survey_validity",
        "outliers",
        "outlier_groups",
        "privacy_scan",
    }
    for rule in RULES.values():
        assert set(rule.tables) <= set(TABLES) | published, rule.rule_id


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("\nPR-14,七,", "\nPR-15,七,", r"row 16, column rule_id: 'PR-15' is there twice"),
        ("\nPR-14,七,", "\nPR-98,七,", r"column rule_id: must run from PR-01 on without a gap, in order"),
        ("\nPR-14,七,", "\nPR-14,四,", r"row 15, column clause: '四' is not one of 五"),
        (",survey,counted,survey_questions;survey_responses;survey_answers,shall,C-17",
         ",weekly,counted,survey_questions,shall,C-17", r"row 15, column frequency: 'weekly' is not one of plan"),
        (",record,改进计划及其再评价结果,", ",record,improvement_plan,",
         r"row 6, column evidence_needed: a rule with method 'record'"),
        (",record,改进计划及其再评价结果,", ",record,,", r"row 6, column evidence_needed: must not be empty"),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    seeds = Path(shutil.copytree(SEEDS, tmp_path / "seeds"))
    path = seeds / "process_rules.csv"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(StandardDataError, match=r"process_rules\.csv: .*" + message):
        process_rules(seeds)
