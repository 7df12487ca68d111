"""An expert panel and an evaluation plan beside the hand-made landing folder.

Only what is delivered lives here; what it must evaluate to stands in ``test_panel_and_plan``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

PLAN = """
consistency_limit: 0.08
not_rateable_above: 0.5
expert_weights: {EX9: 2}
targets:
  - {indicator_id: P1-1, acceptable: 0.8, objective: 0.97, enterprise_id: A}
  - {indicator_id: R4-1, requirement: 2, acceptable: 1}
not_applicable:
  - {enterprise_id: B, indicator_id: R2-1, reason: 仅提供远程服务, approved_by: 评价组, approved_on: 2025-01-08}
conduct:
  - {enterprise_id: A, period: 2025-Q1, kind: own_rule, reason: 未按公示价格收费, approved_by: 评价组}
  - {enterprise_id: A, period: 2024-Q4, kind: industry_rule, reason: 未按行业规定回访, approved_by: 评价组}
  - {enterprise_id: B, period: 2025-Q1, kind: falsified_data, reason: 补录通话记录, approved_by: 评价组}
  - {enterprise_id: E99, period: 2025-Q1, kind: legal, reason: 广告违法, approved_by: 评价组}
overlays: {veto: true}
"""


def over_the_others(ratio: float) -> dict[tuple[str, str], float]:
    """O1 matters ``ratio`` times as much as each of O2, O3 and O4, which matter alike."""
    pairs = itertools.combinations(["O1", "O2", "O3", "O4"], 2)
    return {(left, right): ratio if left == "O1" else 1 for left, right in pairs}


def judgements() -> Iterator[tuple[object, ...]]:
    circle = over_the_others(1) | {("O1", "O2"): 9, ("O2", "O3"): 9, ("O1", "O3"): 0.11}
    # The reciprocal beside the judgement, with two decimals as people write it.
    third = over_the_others(3) | {("O2", "O1"): 0.33, ("O3", "O1"): 0.33}
    for expert, number, pairs in (
        ("EX1", 1, over_the_others(1)),
        ("EX2", 1, third),
        ("EX3", 1, circle),
        ("EX3", 2, over_the_others(9)),
    ):
        for (left, right), ratio in pairs.items():
            yield expert, number, "O", left, right, ratio


def write_panel_and_plan(folder: Path) -> Path:
    """Write expert_judgements.csv and evaluation.yaml into a landing folder; returns the plan's path."""
    lines = ["expert_id,round,parent,left_item,right_item,ratio"]
    lines += [",".join(map(str, row)) for row in judgements()]
    (folder / "expert_judgements.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    plan = folder / "evaluation.yaml"
    plan.write_text(PLAN, encoding="utf-8")
    return plan
