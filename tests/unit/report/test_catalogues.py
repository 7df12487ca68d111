"""The message catalogues and tables of words: the same ids and places in both languages, no Chinese in the English."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
import report_run

from pipeline.accept.verdicts import VERDICTS
from pipeline.evaluate.run_info import SCHEMA as RUN_INFO_SCHEMA
from pipeline.evaluate.scores.score_tree import NOT_RATEABLE
from pipeline.evaluate.weights.ahp import PRIORITY_METHODS, RANDOM_INDICES
from pipeline.report.document.blocks import Language
from pipeline.report.parts.cleaning import ACTIONS
from pipeline.report.parts.indicators import Trend, Verdict
from pipeline.report.words.labels import PROCESS_RESULTS, WINDOWS, labels
from pipeline.report.words.messages import messages
from pipeline.report.words.sentences import is_chinese
from pipeline.settings.plan import COMPOUND_METHODS, CONDUCT_KINDS, MODES, PSEUDONYM_ALGORITHMS, SCORE_METHODS
from schemas.contract import TABLES
from schemas.expectations import acceptance
from schemas.expectations.outliers import MEASURES
from schemas.expectations.quality import DIMENSIONS
from schemas.indicator_columns import STAND_INS
from schemas.standard import process_rules
from schemas.standard.catalogue import DIRECTIONS, OBLIGATIONS, PERIOD_RULES, catalogue_rows
from schemas.units import unit_name, unit_names

BOTH = pytest.mark.parametrize("language", ["zh", "en"])
_PLACE = re.compile(r"\{(\w+)\}")


def test_both_languages_have_the_same_messages_and_places() -> None:
    zh, en = messages("zh").by_id, messages("en").by_id
    assert len(zh) > 700
    assert zh.keys() == en.keys()
    assert {name for name in zh if set(_PLACE.findall(zh[name])) != set(_PLACE.findall(en[name]))} == set()
    # Between Chinese sentences stands nothing.
    assert [name for name in zh if not zh[name] or not en[name]] == ["edition.between_sentences"]


def test_both_languages_have_the_same_catalogue_files() -> None:
    folders = [files("pipeline.report.words").joinpath("catalogues", language) for language in ("zh", "en")]
    zh, en = ({path.name for path in folder.iterdir()} for folder in folders)
    assert zh == en


def test_english_messages_hold_no_chinese() -> None:
    # A language is called by its own name.
    found = {name: text for name, text in messages("en").by_id.items() if is_chinese(text)}
    assert found == {"portal.other_language": "中文"}


def test_no_message_is_said_nowhere() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (report_run.REPO / "pipeline" / "report").rglob("*.py")]
    sources += [path.read_text(encoding="utf-8") for path in (report_run.REPO / "pipeline" / "report" / "templates").iterdir()]
    source = "\n".join(sources)
    groups = set(re.findall(r"name\(\s*\"(\w+)\"", source)) | {
        "matrix_reason",
        "choice_value",
        "variant",
        "compared",
    }
    groups |= {"column", "quality", "reading"}

    def is_said(message: str) -> bool:
        group = message.partition(".")[0]
        # f"overview.{name}.note": a place of an id is filled in by code.
        parts = "".join(rf"(?:{re.escape(part)}|\{{[^}}]*\}})\.?" for part in message.split("."))
        return group in groups or re.search(rf"[\"']{parts}[\"']", source) is not None

    unsaid = [message for message in messages("en").by_id if not is_said(message) and not message.startswith("choice.")]
    assert unsaid == []


@BOTH
def test_every_code_that_can_reach_a_report_has_a_word(language: Language) -> None:
    words = labels(language)
    groups: dict[str, set[str]] = {
        "verdict": set(Verdict),
        "trend": set(Trend),
        "window": set(WINDOWS),
        "process_result": set(PROCESS_RESULTS),
        "rule": {rule for table in TABLES.values() for rule in [*(name for name, _ in table.rules), *table.table_rules]},
        "obligation": {*OBLIGATIONS, *process_rules.OBLIGATIONS},
        "direction": set(DIRECTIONS),
        "period_rule": set(PERIOD_RULES),
        "basis": set(STAND_INS),
        "quality": set(DIMENSIONS),
        "acceptance": set(VERDICTS),
        "measure": set(MEASURES),
        "cleaning": set(ACTIONS),
        "conduct": set(CONDUCT_KINDS),
        "weight_method": {*PRIORITY_METHODS, "default", "equal"},
        "random_index": set(RANDOM_INDICES),
        "choice_value.mode": set(MODES),
        "choice_value.score_method": set(SCORE_METHODS),
        "choice_value.compound_method": set(COMPOUND_METHODS),
        "choice_value.pseudonym_algorithm": set(PSEUDONYM_ALGORITHMS),
        "flag": {NOT_RATEABLE, "low_coverage", "not_scored", "insufficient_sample"},
    }
    for group, codes in groups.items():
        assert codes, group
        assert {code for code in codes if f"{group}.{code}" not in words.say.by_id} == set(), group


def test_chinese_words_that_the_schemas_have_too_are_the_same() -> None:
    words = labels("zh")
    assert {name: words.name("measure", name) for name in MEASURES} == {name: each.name_zh for name, each in MEASURES.items()}
    assert {name: words.name("quality", name) for name in DIMENSIONS} == DIMENSIONS
    checks = {each.name: each.title for each in vars(acceptance).values() if isinstance(each, acceptance.Check)}
    assert len(checks) > 8
    assert {name: words.name("check", name) for name in checks} == checks


def test_every_key_that_a_run_says_of_itself_has_a_name() -> None:
    source = (report_run.REPO / "pipeline" / "evaluate" / "run_info.py").read_text(encoding="utf-8")
    keys = set(re.findall(r"Entry\(\s*f?\"([\w.]+)[\":{]", source)) | set(re.findall(r"_limit\(\s*\"(\w+)\"", source))
    assert len(keys) > 25
    assert "label_zh" in RUN_INFO_SCHEMA
    known = messages("en").by_id
    unnamed = {key for key in keys if not any(name.startswith(f"choice.{key}") for name in known)}
    assert unnamed == set()


def test_every_unit_of_the_catalogue_has_names() -> None:
    for row in catalogue_rows():
        found = unit_name(row.unit, row.unit_zh)
        assert found is not None, row.indicator_id
        assert found.zh == row.unit_zh
    for measure in MEASURES.values():
        assert unit_name(measure.unit, measure.unit_zh) is not None, measure.id
    english = [name for names in unit_names().values() for name in names]
    assert [each for each in english if is_chinese(each.en) or is_chinese(each.en_one)] == []


def test_process_rules_are_told_in_english() -> None:
    rules = process_rules.process_rules().values()
    assert [rule.rule_id for rule in rules if is_chinese(rule.requirement_en) or is_chinese(rule.name_en)] == []
    # Numbers of the standard's text stand in the English too.
    for rule in rules:
        assert set(re.findall(r"\d+", rule.requirement_zh)) <= set(re.findall(r"\d+", rule.requirement_en)), rule.rule_id
