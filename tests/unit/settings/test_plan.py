"""The evaluation plan: defaults, every key, and a clear refusal of what cannot be meant."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.settings.documents import Document
from pipeline.settings.plan import ConductFinding, EvaluationPlan, NotApplicable, Target
from schemas.expectations.acceptance import Bounds

WHOLE = """
mode: third_party
score_method: proportional
compound_method: minimum
not_rateable_above: 0.15
targets:
  - indicator_id: R4-1
    requirement: 6
    acceptable: 3
  - indicator_id: R4-1
    requirement: 8
    acceptable: 4
    enterprise_id: E001
  - indicator_id: P1-1
    acceptable: 0.92
not_applicable:
  - enterprise_id: E001
    indicator_id: R2-1
    reason: 仅提供远程服务
    approved_by: 评价组
    approved_on: 2025-01-08
conduct:
  - enterprise_id: E001
    period: 2025-Q1
    kind: legal
    reason: 广告违法
    approved_by: 评价组
expert_weights: {EX01: 2, EX02: 1.5}
random_index: saaty_2007
ahp_method: geometric_mean
consistency_limit: 0.08
overlays: {grade: true, veto: true}
refused_limits:
  default: 0.02
  tables: {hotline_calls: 0.1}
pseudonym_algorithm: hmac-sm3
privacy: {k: 20, l: 3}
outlier_methods: [z_mad, z]
acceptance:
  limits: [{check: volume, table: complaints, expected: [0.2, null]}]
  waivers: [{quarter: 2025-Q1, table: complaints, check: volume, reason: 停用, author: 评价组}]
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "evaluation.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    plan = EvaluationPlan.read(None)
    assert plan == EvaluationPlan() == EvaluationPlan.read(written(tmp_path, "# nothing decided yet\n"))
    assert (plan.mode, plan.score_method, plan.compound_method) == ("self_assessment", "efficacy", "mean")
    assert (plan.ahp_method, plan.random_index) == ("eigenvector", "saaty_1980")
    assert not plan.overlays.grade
    assert not plan.overlays.veto
    assert plan.refused_limits.of("hotline_calls") == 0.05
    assert plan.pseudonym_algorithm == "hmac-sha256"
    assert (plan.privacy.k, plan.privacy.diversity) == (5, 2)
    assert plan.outlier_methods == ("z",)


def test_every_key_is_read(tmp_path: Path, catalogue: pl.DataFrame) -> None:
    plan = EvaluationPlan.read(written(tmp_path, WHOLE))
    plan.check_catalogue(catalogue)
    plan.check_tables(["hotline_calls", "complaints"])
    assert (plan.mode, plan.score_method, plan.compound_method) == ("third_party", "proportional", "minimum")
    assert plan.not_rateable_above == 0.15
    assert plan.targets == (
        Target(indicator_id="R4-1", acceptable=3.0, requirement=6.0),
        Target(indicator_id="R4-1", acceptable=4.0, requirement=8.0, enterprise_id="E001"),
        Target(indicator_id="P1-1", acceptable=0.92),
    )
    of = {"enterprise_id": "E001", "approved_by": "评价组"}
    approved = NotApplicable(indicator_id="R2-1", reason="仅提供远程服务", approved_on=dt.date(2025, 1, 8), **of)
    assert plan.not_applicable == (approved,)
    assert plan.conduct == (ConductFinding(period=Quarter(2025, 1), kind="legal", reason="广告违法", **of),)
    assert plan.enterprises_named() == {"E001": ["targets", "not_applicable", "conduct"]}
    assert plan.expert_weights == {"EX01": 2.0, "EX02": 1.5}
    assert (plan.random_index, plan.ahp_method, plan.consistency_limit) == ("saaty_2007", "geometric_mean", 0.08)
    assert plan.overlays.grade
    assert plan.overlays.veto
    assert (plan.refused_limits.of("hotline_calls"), plan.refused_limits.of("complaints")) == (0.1, 0.02)
    assert plan.pseudonym_algorithm == "hmac-sm3"
    assert (plan.privacy.k, plan.privacy.diversity) == (20, 3)
    assert plan.outlier_methods == ("z", "z_mad")
    (limit,), (waiver,) = plan.acceptance.limits, plan.acceptance.waivers
    assert (limit.check, limit.table, limit.expected, limit.required) == (
        "volume",
        "complaints",
        Bounds(0.2, None),
        None,
    )
    assert (str(waiver.quarter), waiver.enterprise_id, waiver.author) == ("2025-Q1", None, "评价组")


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "evaluation.yaml"
    file.write_bytes(b"\xef\xbb\xbfmode: third_party\n")
    assert EvaluationPlan.read(file).mode == "third_party"


NA = {
    "enterprise_id": "E1",
    "indicator_id": "R2-1",
    "reason": "r",
    "approved_by": "a",
    "approved_on": dt.date(2025, 1, 1),
}


FINDING = {"enterprise_id": "E1", "period": "2025-Q1", "kind": "legal", "reason": "r", "approved_by": "a"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([], "expected keys with values, found a list"),
        ({"modes": "third_party"}, "modes: unknown key; did you mean 'mode'?"),
        ({"mode": "audit"}, "mode: 'audit' is not one of self_assessment, third_party"),
        ({"mode": None}, "mode: expected text, found nothing"),
        ({"score_method": "banded"}, "score_method: 'banded' is not one of efficacy, threshold, proportional"),
        ({"compound_method": "max"}, "compound_method: 'max'"),
        ({"random_index": "saaty"}, "random_index: 'saaty' is not one of saaty_1980, saaty_2007, donegan_dodd_1991"),
        ({"ahp_method": "eigen"}, "ahp_method: 'eigen'"),
        ({"not_rateable_above": 20}, "not_rateable_above: expected a share between 0 and 1, found 20"),
        ({"not_rateable_above": True}, "not_rateable_above: expected a number, found true/false (True)"),
        ({"not_rateable_above": "20%"}, "not_rateable_above: expected a number, found text ('20%')"),
        ({"not_rateable_above": float("nan")}, "not_rateable_above: expected a number"),
        ({"consistency_limit": 0}, "consistency_limit: expected a number above 0, found 0"),
        ({"expert_weights": {"EX01": -1}}, "expert_weights.EX01: expected a number above 0, found -1"),
        ({"expert_weights": {1: 2}}, "the key 1 must be text"),
        ({"expert_weights": ["EX01"]}, "expert_weights: expected keys with values, found a list"),
        ({"overlays": {"grade": "yes"}}, "overlays.grade: expected true or false, found text ('yes')"),
        ({"overlays": {"grades": True}}, "overlays.grades: unknown key; did you mean 'grade'? (known: grade, veto)"),
        ({"refused_limits": {"tables": {"complaints": 5}}}, "refused_limits.tables.complaints: expected a share"),
        ({"refused_limits": 0.05}, "refused_limits: expected keys with values, found a number (0.05)"),
        ({"privacy": {"k": 1}}, "privacy.k: expected a whole number of at least 2, found 1"),
        ({"privacy": {"k": 5.5}}, "privacy.k: expected a whole number of at least 2, found 5.5"),
        ({"privacy": {"l": 0}}, "privacy.l: expected a whole number of at least 1, found 0"),
        ({"privacy": {"m": 3}}, "privacy.m: unknown key (known: k, l)"),
        ({"outlier_methods": ["z", "iqr"]}, "outlier_methods[2]: 'iqr' is not one of z, z_log, z_mad"),
        ({"outlier_methods": ["z_mad"]}, "outlier_methods: 'z' must be among the methods: the standard asks for it"),
        ({"pseudonym_algorithm": "md5"}, "pseudonym_algorithm: 'md5' is not one of hmac-sha256, hmac-sm3"),
        ({"targets": {"R4-1": 6}}, "targets: expected a list"),
        ({"targets": [{"indicator_id": "R4-1", "requirement": 6}]}, "targets[1]: 'acceptable' is missing"),
        ({"targets": [{"indicator_id": "R4-1", "acceptable": "3"}]}, "targets[1].acceptable: expected a number"),
        ({"targets": [{"indicator_id": 4, "acceptable": 3}]}, "targets[1].indicator_id: expected text"),
        (
            {"targets": [{"indicator_id": "R4-1", "acceptable": 3, "weight": 1}]},
            "targets[1].weight: unknown key (known: indicator_id",
        ),
        (
            {"targets": [{"indicator_id": "R4-1", "acceptable": 3}, {"indicator_id": "R4-1", "acceptable": 2}]},
            "targets[2]: R4-1 stands twice for all enterprises",
        ),
        ({"not_applicable": [NA, NA]}, "not_applicable[2]: R2-1 stands twice for E1"),
        (
            {"not_applicable": [NA | {"approved_by": None}]},
            "not_applicable[1].approved_by: expected text, found nothing",
        ),
        ({"not_applicable": [NA | {"approved_on": "spring"}]}, "not_applicable[1].approved_on: expected a date like"),
        ({"not_applicable": [NA | {"reason": " "}]}, "not_applicable[1].reason: expected text"),
        ({"conduct": {"E1": "legal"}}, "conduct: expected a list"),
        ({"conduct": [FINDING | {"approved_by": None}]}, "conduct[1].approved_by: expected text, found nothing"),
        ({"conduct": [FINDING | {"severity": 2}]}, "conduct[1].severity: unknown key"),
        ({"conduct": [FINDING | {"kind": "fatal"}]}, "conduct[1].kind: 'fatal' is not one of legal, own_rule"),
        ({"conduct": [FINDING | {"period": "2025"}]}, "conduct[1].period: expected a quarter like 2025-Q1"),
        (
            {"conduct": [FINDING | {"period": 2025}]},
            "conduct[1].period: expected a quarter like 2025-Q1, found a number (2025)",
        ),
        ({"conduct": [FINDING, FINDING]}, "conduct[2]: 2025-Q1 legal (r) stands twice for E1"),
    ],
)
def test_what_cannot_be_meant_is_refused(content: Any, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        EvaluationPlan.from_mapping(content, source="evaluation.yaml")
    assert said in str(refused.value)
    assert str(refused.value).startswith("evaluation.yaml: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mode: third_party\nmode: self_assessment\n", "line 2: mode is given twice"),
        ("mode: [third_party\n", "is not YAML"),
        (
            "!!python/object:os.system {}\n",
            "line 1: the tag tag:yaml.org,2002:python/object:os.system is not supported",
        ),
    ],
)
def test_broken_yaml_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(UsageError) as refused:
        EvaluationPlan.read(file)
    assert said in str(refused.value)
    assert "evaluation.yaml" in str(refused.value)


def test_an_absent_or_foreign_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        EvaluationPlan.read(tmp_path / "nowhere.yaml")
    (tmp_path / "gb.yaml").write_bytes("mode: 自评".encode("gb18030"))
    with pytest.raises(UsageError, match="UTF-8"):
        EvaluationPlan.read(tmp_path / "gb.yaml")


def test_two_findings_of_one_kind_differ_in_their_reason() -> None:
    plan = EvaluationPlan.from_mapping({"conduct": [FINDING, FINDING | {"reason": "another"}]})
    assert [finding.reason for finding in plan.conduct] == ["r", "another"]


def test_the_fingerprint_is_that_of_the_file(tmp_path: Path) -> None:
    # NIST's SHA-256 example: "abc"
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    file = tmp_path / "file"
    file.write_bytes(b"abc")
    assert Document.read(file).sha256 == digest
    document = Document.read(written(tmp_path, "mode: third_party\n"))
    assert EvaluationPlan.read(document).file is document
    assert EvaluationPlan.read(document.path).file == document
    assert EvaluationPlan.read(None).file is None


def test_yaml_anchors_work(tmp_path: Path) -> None:
    text = "refused_limits: &limits {default: 0.03}\n"
    assert EvaluationPlan.read(written(tmp_path, text)).refused_limits.default == 0.03


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            {"targets": [{"indicator_id": "R4-9", "requirement": 6, "acceptable": 3}]},
            "targets[1].indicator_id: no such indicator 'R4-9'",
        ),
        (
            {"targets": [{"indicator_id": "P1-1", "requirement": 0.9, "acceptable": 0.8}]},
            "the standard sets this requirement (0.95)",
        ),
        ({"targets": [{"indicator_id": "R4-1", "acceptable": 3}]}, "the plan must give requirement and acceptable"),
        (
            {"targets": [{"indicator_id": "R4-1", "requirement": 3, "acceptable": 6}]},
            "acceptable limit 6 must be worse than the requirement 3",
        ),
        (
            {"targets": [{"indicator_id": "O1-2", "acceptable": 0.04}]},
            "acceptable limit 0.04 must be worse than the requirement 0.05",
        ),
        ({"targets": [{"indicator_id": "R3-2", "acceptable": 1}]}, "acceptable limit 1 must be worse"),
        (
            {"targets": [{"indicator_id": "O4-1", "acceptable": 5}]},
            "plan: targets[1].acceptable: O4-1: zero tolerance (class f) has no acceptable limit",
        ),
        (
            {"not_applicable": [NA | {"indicator_id": "R2-7"}]},
            "not_applicable[1].indicator_id: no such indicator 'R2-7'",
        ),
    ],
)
def test_a_plan_must_fit_the_catalogue(content: Any, said: str, catalogue: pl.DataFrame) -> None:
    plan = EvaluationPlan.from_mapping(content)
    with pytest.raises(UsageError) as refused:
        plan.check_catalogue(catalogue)
    assert said in str(refused.value)


def test_a_named_indicator_may_be_not_applicable(catalogue: pl.DataFrame) -> None:
    EvaluationPlan.from_mapping({"not_applicable": [NA | {"indicator_id": "R1-2"}]}).check_catalogue(catalogue)


def test_limits_of_unknown_tables_are_refused() -> None:
    plan = EvaluationPlan.from_mapping({"refused_limits": {"tables": {"hotline_call": 0.1}}})
    with pytest.raises(UsageError, match="did you mean 'hotline_calls'"):
        plan.check_tables(["hotline_calls"])


def test_what_does_not_fit_is_named_by_file_and_line(tmp_path: Path, catalogue: pl.DataFrame) -> None:
    text = (
        "targets:\n  - indicator_id: R4-9\n    acceptable: 3\n  - indicator_id: P1-1\n    acceptable: 0.97\n"
        "refused_limits:\n  tables:\n    hotline_call: 0.1\n"
    )
    file = written(tmp_path, text)
    plan = EvaluationPlan.read(file)
    with pytest.raises(UsageError) as refused:
        plan.check_catalogue(catalogue)
    first, second = str(refused.value).splitlines()
    assert first.startswith(f"{file}: line 2: targets[1].indicator_id: no such indicator 'R4-9'; did you mean 'R4-")
    assert second.startswith(f"{file}: line 5: targets[2].acceptable: P1-1: the acceptable limit 0.97 must be worse")
    with pytest.raises(UsageError) as refused:
        plan.check_tables(["hotline_calls"])
    said = "unknown table 'hotline_call'; did you mean 'hotline_calls'?"
    assert str(refused.value) == f"{file}: line 8: refused_limits.tables.hotline_call: {said}"


def test_all_mistakes_of_a_plan_are_listed(tmp_path: Path) -> None:
    file = written(tmp_path, "mode: audit\nprivacy:\n  k: '7'\n  l: 0\noverlays: {grade: yes}\nconduct: 5\n")
    with pytest.raises(UsageError) as refused:
        EvaluationPlan.read(file)
    assert [line.removeprefix(f"{file}: line ") for line in str(refused.value).splitlines()] == [
        "1: mode: 'audit' is not one of self_assessment, third_party",
        "3: privacy.k: expected a whole number of at least 2 without quotes, found text ('7')",
        "4: privacy.l: expected a whole number of at least 1, found 0",
        "5: overlays.grade: expected true or false, found 'yes'",
        "6: conduct: expected a list, found '5'",
    ]


DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "evaluation-plan.md"


def test_the_documented_example_is_valid(tmp_path: Path, catalogue: pl.DataFrame) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    example = text.split("```yaml\n")[1].split("```")[0]
    margins = text.split("```csv\n")[1].split("```")[0]
    (tmp_path / "survey_margins.csv").write_text(margins, encoding="utf-8")
    (tmp_path / "survey_invitations.csv").write_text("enterprise_id,survey_id,sent\nE01,S,9\n", encoding="utf-8")
    plan = EvaluationPlan.read(written(tmp_path, example))
    plan.check_catalogue(catalogue)
    assert plan.mode == "third_party"
    assert len(plan.targets) == 3
    assert plan.survey.margins.enterprises == ["E01"]


def test_every_key_is_documented() -> None:
    keys = set(EvaluationPlan.model_fields)
    text = DOCUMENT.read_text(encoding="utf-8")
    assert [key for key in sorted(keys) if f"`{key}`" not in text or f"\n{key}:" not in text] == []


def test_analyses_that_are_switched_off_exist() -> None:
    assert EvaluationPlan().analyses.switched_off == ()
    plan = EvaluationPlan.from_mapping({"analyses": {"switched_off": ["league", "robustness"]}})
    assert plan.analyses.switched_off == ("league", "robustness")
    with pytest.raises(UsageError, match=r"'leage' is not one of score_changes, comparison, .*did you mean 'league'"):
        EvaluationPlan.from_mapping({"analyses": {"switched_off": ["leage"]}})


def test_pairs_to_correlate() -> None:
    """Response time and satisfaction always; declared again, in whatever order, they are one pair."""
    assert EvaluationPlan().analyses.all_pairs == (("response_seconds", "satisfaction"),)
    declared = [{"x": "satisfaction", "y": "response_seconds"}, {"x": "visits", "y": "is_repeated"}]
    plan = EvaluationPlan.from_mapping({"analyses": {"pairs": declared, "smallest_correlation": 0.2}})
    assert plan.analyses.all_pairs == (("response_seconds", "satisfaction"), ("visits", "is_repeated"))
    assert plan.analyses.smallest_correlation == 0.2
    with pytest.raises(UsageError, match=r"visits is paired with itself"):
        EvaluationPlan.from_mapping({"analyses": {"pairs": [{"x": "visits", "y": "visits"}]}})
    with pytest.raises(UsageError, match=r"'visit' is not one of .*did you mean 'visits'"):
        EvaluationPlan.from_mapping({"analyses": {"pairs": [{"x": "visit", "y": "visits"}]}})
