"""An expert panel with a partial Delphi round, and an evaluation plan, from the landing folder to tables and report."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import pytest
from report_pages import operations_page
from runs import asq_here, first_environment

from golden.published import QUARTER, Published
from golden.test_scores import SUBDIMENSIONS
from schemas.standard.edition import standard_fingerprint

pytestmark = pytest.mark.xdist_group("golden_planned")

Run = tuple[Published, str, Path]


def test_a_partial_round_keeps_the_panel(golden_planned: Run) -> None:
    published, _, _ = golden_planned
    # O1 over each of the others: 1 (EX1), 3 (EX2), 9 (EX3, who put his circle right in round 2): (1 · 3 · 9)^⅓ = 3, so that
    # O1 weighs 3/6 and the others 1/6 each.
    weights = published.rows("select * from weights where parent_id = 'O' order by node_id")
    assert [row["weight"] for row in weights] == pytest.approx([1 / 2, 1 / 6, 1 / 6, 1 / 6])
    assert {(row["experts"], row["random_index"]) for row in weights} == {(3, "saaty_1980")}
    assert [row["consistency_index"] for row in weights] == pytest.approx([0] * 4, abs=1e-9)
    # ln 1, ln 3, ln 9 are ln 3 apart around ln 3: the standard deviation is ln 3, the geometric one 3; so for O1. Each of the
    # others has one such pair and two unanimous: exp √(ln²3 ÷ 3) = 3^(1/√3) = 1.8857.
    assert [row["dispersion"] for row in weights] == pytest.approx([3] + [3 ** (1 / math.sqrt(3))] * 3)
    score = SUBDIMENSIONS["O1"] / 2 + sum(SUBDIMENSIONS[node] for node in ("O2", "O3", "O4")) / 6
    assert published.score("O")["score"] == pytest.approx(float(score), abs=1e-9)


def test_every_matrix_and_round_is_published(golden_planned: Run) -> None:
    published, _, _ = golden_planned
    matrices = published.rows("select * from weight_judgements order by round, expert_id")
    shown = [(row["expert_id"], row["round"], row["is_accepted"], row["is_counted"], row["reason"]) for row in matrices]
    assert shown == [
        ("EX1", 1, True, True, None),
        ("EX2", 1, True, True, None),
        ("EX3", 1, False, False, "consistency_ratio:0.08"),
        ("EX3", 2, True, True, None),
    ]
    assert {(row["parent_id"], row["random_index"], row["method"]) for row in matrices} == {("O", 0.9, "eigenvector")}
    # Ranks 2.5 2.5 2.5 2.5 and 4 2 2 2: W = 12 × 3 ÷ (2² × 60 − 2 × 84) = .5 (test_weights has the arithmetic).
    rounds = published.rows("select round, experts, returned, kendalls_w from weight_rounds order by round")
    assert [tuple(row.values()) for row in rounds] == [(1, 2, 1, pytest.approx(0.5)), (2, 1, 0, None)]


def test_every_choice_is_recorded(golden_planned: Run) -> None:
    published, _, plan = golden_planned
    found = published.rows("select key, value, enterprise_id from run_info")
    recorded = {row["key"]: (row["value"], row["enterprise_id"]) for row in found if row["key"] != "warning"}
    assert {key: recorded.get(key) for key in EXPECTED} == EXPECTED
    assert recorded["plan_sha256"] == (hashlib.sha256(plan.read_bytes()).hexdigest(), None)
    assert recorded["standard_fingerprint"] == (standard_fingerprint(), None)


EXPECTED = {
    "consistency_limit": ("0.08", None),
    "not_rateable_above": ("0.5", None),
    "expert_weight:EX9": ("2", None),
    "overlay_grade": ("off", None),
    "overlay_veto": ("on", None),
    "target:P1-1@A": ("acceptable 0.8, objective 0.97", "A"),
    "target:R4-1": ("requirement 2, acceptable 1", None),
    "not_applicable:R2-1@B": ("仅提供远程服务 (评价组, 2025-01-08)", "B"),
    "conduct:2025-Q1:own_rule@A": ("未按公示价格收费 (评价组)", "A"),
    "conduct:2024-Q4:industry_rule@A": ("未按行业规定回访 (评价组)", "A"),
    "conduct:2025-Q1:falsified_data@B": ("补录通话记录 (评价组)", "B"),
}


def test_names_that_nobody_has_are_warnings(golden_planned: Run) -> None:
    published, said, _ = golden_planned
    warnings = [
        "evaluation.yaml: expert_weights names EX9, who has given no judgement",
        "evaluation.yaml names enterprise E99, of which the quarter holds no record (conduct)",
    ]
    assert [line for line in said.splitlines() if "warning" in line] == [f"asq: {QUARTER}: warning: {text}" for text in warnings]
    recorded = published.rows("select value from run_info where key = 'warning' order by value desc")
    assert sorted(row["value"] for row in recorded) == sorted(warnings)


def test_conduct_is_an_overlay(golden_planned: Run) -> None:
    published, _, _ = golden_planned
    totals = {(row["enterprise_id"], row["period"]): row for row in published.rows("select * from scores where level = 'total'")}
    # One point a finding; the finding of 2024-Q4 lies in the trailing year only.
    points = {period: totals["A", period]["deduction_points"] for period in (QUARTER, f"{QUARTER}-YTD", f"{QUARTER}-TTM")}
    assert points == {QUARTER: 1, f"{QUARTER}-YTD": 1, f"{QUARTER}-TTM": 2}
    quarter = totals["A", QUARTER]
    assert quarter["score_after_deductions"] == pytest.approx(quarter["score"] - 1)
    assert quarter["grade"] is None
    assert (totals["B", QUARTER]["grade"], totals["B", QUARTER]["deduction_points"]) == ("不予评级", 0)
    assert "veto:falsified_data" in totals["B", QUARTER]["flags"]


def test_a_report_shows_its_own_enterprise(golden_planned: Run) -> None:
    published, _, _ = golden_planned
    folder = published.warehouse.parent / "published" / "current" / f"quarter={QUARTER}"
    pages = {name: operations_page(folder, QUARTER, name) for name in ("A", "B")}
    assert [("未按公示价格收费" in page, "补录通话记录" in page) for page in pages.values()] == [
        (True, False),
        (False, True),
    ]
    assert [("仅提供远程服务" in page, "E99" in page) for page in pages.values()] == [(False, False), (True, False)]
    assert all("评价方案为专家 EX9 设定了权重，但其没有给出判断" in page for page in pages.values())
    assert all("一致性比率不低于上限 0.08" in page for page in pages.values())


def test_rows_are_accounted_for_by_enterprise(golden_planned: Run) -> None:
    published, _, _ = golden_planned
    rows = published.rows("select * from row_accounting_by_enterprise where \"table\" in ('regions', 'hotline_calls')")
    found = {(row["table"], row["enterprise_id"]): row for row in rows}
    # A has N in two versions, S and W; B has N. The second row with A's first call's key is in quarantine.
    regions = [(found["regions", name]["extracted"], found["regions", name]["quarantined"]) for name in ("A", "B")]
    assert regions == [(4, 0), (1, 0)]
    assert found["hotline_calls", "A"]["quarantined"] == 1
    assert all(row["extracted"] == row["accepted"] + row["quarantined"] for row in rows)
    owners = published.rows("select \"table\", enterprise_id from quarantine where rule = 'unique_key'")
    assert {"table": "hotline_calls", "enterprise_id": "A"} in owners


def test_enterprises_add_up_to_the_run(golden_planned: Run) -> None:
    published, _, _ = golden_planned
    differing = published.rows(
        'select * from row_accounting join (select "table", sum(extracted) as of_all, sum(quarantined) as refused '
        'from row_accounting_by_enterprise group by "table") using ("table") '
        "where extracted <> of_all or quarantined <> refused"
    )
    assert differing == []


def test_judgements_alone_give_weights(tmp_path: Path) -> None:
    """A quarter in which no enterprise delivered anything: the weights of the panel are published, and nothing else.

    The matrix is written as in a spreadsheet: all sixteen cells, the diagonal among them, and thirds as fractions.
    """
    landing = tmp_path / "landing"
    landing.mkdir()
    # O1 is three times each of the others, which are alike: 3/6 and 1/6 each.
    matrix = [["1", "3", "3", "3"], ["1/3", "1", "1", "1"], ["1/3", "1", "1", "1"], ["1 / 3", "1", "1", "1.0"]]
    lines = [f"EX1,1,O,O{left},O{right},{ratio}" for left, row in enumerate(matrix, 1) for right, ratio in enumerate(row, 1)]
    (landing / "expert_judgements.csv").write_text("\n".join(["expert_id,round,parent,left_item,right_item,ratio", *lines]))
    environment = first_environment(tmp_path)
    places = ["--landing", str(landing), "--lake", str(tmp_path / "lake")]
    code, _, said = asq_here("run", QUARTER, *places, environment=environment, folder=tmp_path)
    assert code == 0, said
    published = Published(tmp_path / "lake" / "analyst.duckdb")
    weights = published.rows("select node_id, weight from weights where parent_id = 'O'")
    assert {row["node_id"]: row["weight"] for row in weights} == pytest.approx({"O1": 1 / 2, "O2": 1 / 6, "O3": 1 / 6, "O4": 1 / 6})
    steps = published.rows("select step, rule, rows from row_reconciliation where \"table\" = 'expert_judgements' order by place")
    assert [(row["step"], row["rule"], row["rows"]) for row in steps][-4:] == [
        ("accepted", None, 16),
        ("clean", None, 16),
        ("not counted", "item_compared_with_itself", -4),
        ("counted", None, 12),
    ]
    assert [published.rows(f"select 1 from {table}") for table in ("scores", "indicator_values", "data_quality")] == [[]] * 3
