"""Sentences that a run publishes in Chinese, in English: every one that the code can write, with every number kept."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
import report_run

from pipeline.release.tables import without_few
from pipeline.report.words.labels import labels
from pipeline.report.words.sentences import in_english, is_chinese, sentences
from schemas.standard.process_rules import process_rules

ENGLISH = labels("en")


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("本次为自我评价，不是第三方评价。", "This is a self-assessment, not a third-party evaluation."),
        ("本企业没有“热线电话”记录。", "The enterprise has no records of Hotline calls."),
        (
            "本季 17 件投诉中 16 件在 24 小时内响应；紧急投诉 5 件中 5 件在 15 分钟内响应。",
            "Of 17 complaints this quarter, 16 were answered within 24 hours; of 5 urgent ones 5 within 15 minutes.",
        ),
        (
            "本季 8 件处理结果不满意的投诉中 不足 5 件已升级处理或提供其他方案。",
            "Of 8 complaints this quarter with a dissatisfying result, fewer than 5 were escalated or offered an alternative.",
        ),
        (
            "本季有效答卷：在线问卷 109 份、电话访谈（隐去）、现场访问（隐去）；未提供总体的区域、渠道构成，样本代表性无从核对。",
            "Valid responses this quarter: online questionnaire 109, phone interview (withheld), on-site visit (withheld); the "
            "population by region and channel was not given, so representativeness cannot be checked.",
        ),
        (
            "年初至今神秘顾客调查 0 次；要求每年不少于 2 次（年度尚未结束）。",
            "Mystery-shopper rounds year to date: 0; at least 2 a year are required (the year has not ended).",
        ),
        ("所需记录尚未纳入数据：报告审核记录。", "The records needed are not among the data: reviews of reports."),
        ("10 行，前 4 个季度中位数 12 行", "10 rows; median of the 4 quarters before: 12 rows"),
        ("region_code：242 / 242", "region_code: 242 / 242"),
        # What people wrote, and what the file does not know, is left as it is.
        ("本季下雨。", "本季下雨。"),
        ("channel", "channel"),
    ],
)
def test_a_sentence_in_english(chinese: str, english: str) -> None:
    assert ENGLISH.sentence(chinese) == english
    assert labels("zh").sentence(chinese) == chinese


def test_what_was_withheld_stays_withheld() -> None:
    whole = (
        "本季 143 份满意度答卷中同一顾客重复 2 份（1.4%，同一顾客同一轮只计第一份），多名顾客共用设备 4 份（2.8%，已标记）；"
        "填写设备标识已记录。"
    )
    shown = ENGLISH.sentence(without_few(whole, 5))
    assert shown == (
        "Of 143 satisfaction responses this quarter, fewer than 5 repeat a customer (the same customer counts once a round), fewer "
        "than 5 share a device with other customers (flagged); device ids are recorded."
    )


def test_every_record_that_a_rule_needs_has_a_name() -> None:
    for rule in process_rules().values():
        for record in rule.records:
            said = ENGLISH.sentence(f"所需记录尚未纳入数据：{record}。")
            assert not is_chinese(said), record


def _literals() -> Iterator[tuple[str, str]]:
    """Each string with Chinese words in the modules that assess rules, its places filled with a number."""
    for path in sorted((report_run.REPO / "pipeline" / "evaluate" / "rules").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        inner = {
            id(child) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for child in ast.walk(node) if child is not node
        }
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if id(node) in inner | docstrings:
                continue
            if isinstance(node, ast.JoinedStr):
                text = "".join(part.value if isinstance(part, ast.Constant) else "7" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            else:
                continue
            if is_chinese(text):
                yield path.name, text


def test_every_phrase_of_the_rules_is_part_of_a_known_sentence() -> None:
    found = list(_literals())
    assert len(found) > 90
    known = [each.pattern.pattern for each in sentences()]
    # A phrase may be a clause of a longer sentence: its runs of Chinese characters stand in one of them, in its order.
    unknown = []
    for module, text in found:
        runs = re.findall(r"[\u3400-\u9fff]+", text)
        if not any(re.search(".*".join(map(re.escape, runs)), pattern) for pattern in known):
            unknown.append((module, text))
    assert unknown == []


def test_numbers_are_never_lost() -> None:
    for each in sentences():
        assert sorted(each.pattern.groupindex) == sorted(set(re.findall(r"\{(\w+)\}", each.english)))


def test_names_of_tables_are_those_of_the_report() -> None:
    assert (
        in_english("未提供数据表：热线电话（hotline_calls）。", lambda name: name.upper())
        == "Table not delivered: HOTLINE_CALLS (hotline_calls)."
    )
