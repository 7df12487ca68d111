"""Judgements by people: checklist assessments of the qualitative indicators, pairwise comparisons by experts (AHP).

Measured records are in the other modules.
"""

from __future__ import annotations

from fractions import Fraction

from schemas.base import Date, Double, Integer, SourceTable, String, column, differs_from


class ChecklistItems(SourceTable):
    """One row per enterprise × indicator × checklist item × assessment day (检查表评价)."""

    enterprise_id: String = column(key=True, required=True)
    indicator_id: String = column(
        key=True, required=True, meaning="qualitative indicators by versioned checklist: R4-2 R4-3 P3-2 O4-3 I3-2"
    )
    item: String = column(key=True, required=True)
    assessed_on: Date = column(key=True, required=True)
    weight: Double = column(required=True, above=0)
    achieved: Double = column(required=True, minimum=0, maximum=1)
    evidence: String = column()

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "checklist_items"
        title = "检查表评价"


class ExpertJudgements(SourceTable):
    """One row per expert × Delphi round × pair of items compared (专家判断), on the Saaty scale.

    The diagonal of a full matrix, an item with itself as 1, says nothing: it is accepted and not counted.
    """

    expert_id: String = column(key=True, required=True, meaning="AHP")
    round: Integer = column(key=True, required=True, minimum=1, meaning="Delphi round")
    parent: String = column(
        key=True, required=True, values=("ALL", "R", "P", "O", "I"), meaning="the node whose children are compared"
    )
    left_item: String = column(key=True, required=True)
    right_item: String = column(
        key=True, required=True, checks=[differs_from("item_compared_with_itself", "left_item", unless=("ratio", 1))]
    )
    ratio: Double = column(required=True, minimum=Fraction(1, 9), maximum=9, meaning="Saaty scale: left over right")

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "expert_judgements"
        title = "专家判断"
