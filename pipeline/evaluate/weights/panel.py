"""The expert panel: every submitted pairwise matrix, whether it is accepted, and which of an expert's matrices counts.

Delphi rounds and the evidence behind the weights; matrix arithmetic is in ``ahp.py``, the agreement statistic in
``concordance.py``, the weights from the counted matrices in ``weight_set.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from pipeline.errors import DataRefused
from pipeline.evaluate.weights import ahp
from pipeline.evaluate.weights.concordance import Concordance, kendalls_w
from pipeline.settings.plan import EvaluationPlan

JUDGEMENTS_SCHEMA = {
    "weights_version": pl.String,
    "expert_id": pl.String,
    "round": pl.Int64,
    "parent_id": pl.String,
    "method": pl.String,
    "lambda_max": pl.Float64,
    "consistency_index": pl.Float64,
    "random_index": pl.Float64,
    "random_index_name": pl.String,
    "consistency_ratio": pl.Float64,
    "is_accepted": pl.Boolean,
    "is_counted": pl.Boolean,
    "reason": pl.String,
}
ROUNDS_SCHEMA = {
    "weights_version": pl.String,
    "parent_id": pl.String,
    "round": pl.Int64,
    "experts": pl.Int64,
    "returned": pl.Int64,
    "items": pl.Int64,
    "kendalls_w": pl.Float64,
    "chi_square": pl.Float64,
    "p_value": pl.Float64,
}

# Parent → round → expert → judgements.
Judgements = Mapping[str, Mapping[int, Mapping[str, Sequence[ahp.Judgement]]]]


@dataclass(frozen=True)
class ExpertMatrix:
    """One matrix of one expert in one round, with its outcome and the reason.

    matrix       None if the judgements do not form a matrix
    is_counted   enters the group's weights: the expert's latest accepted matrix for this parent
    reason_code  empty if it counts; ``consistency_ratio:<limit>``, ``superseded:<round>``, else the problems of
                 ``ahp.JudgementsRefused``, joined by ``;``
    reason       the same as a sentence that names expert, round and parent
    """

    expert_id: str
    round: int
    parent_id: str
    method: str
    random_index: str
    matrix: ahp.Matrix | None = None
    consistency: ahp.Consistency | None = None
    is_accepted: bool = False
    is_counted: bool = False
    reason_code: str = ""
    reason: str = ""

    @property
    def consistency_ratio(self) -> float | None:
        return self.consistency.ratio if self.consistency else None


@dataclass(frozen=True)
class RoundAgreement:
    """Accepted and returned matrices of a Delphi round, and how far the accepted ones agree."""

    parent_id: str
    round: int
    items: int
    accepted: int
    returned: int
    concordance: Concordance | None


@dataclass(frozen=True)
class Panel:
    """The matrices over one parent's children in the order of rounds and experts, with the agreement of each round."""

    matrices: tuple[ExpertMatrix, ...] = ()
    rounds: tuple[RoundAgreement, ...] = ()

    @property
    def counted(self) -> tuple[ExpertMatrix, ...]:
        """One matrix per expert, in the order of the experts."""
        return tuple(sorted((each for each in self.matrices if each.is_counted), key=lambda each: each.expert_id))


def by_parent(judgements: pl.DataFrame | None, parents: Mapping[str, object]) -> Judgements:
    """The judgements by parent, round and expert, in an order independent of the file's; an item with itself is none.

    judgements   expert_id, round, parent, left_item, right_item, ratio
    Raises DataRefused if a parent is unknown.
    """
    found: dict[str, dict[int, dict[str, list[ahp.Judgement]]]] = {}
    if judgements is None:
        return found
    columns = ("parent", "round", "expert_id", "left_item", "right_item", "ratio")
    for parent, number, expert, left, right, ratio in judgements.select(columns).sort(columns).iter_rows():
        if parent not in parents:
            raise DataRefused(f"expert_judgements: expert {expert}, round {number}: parent {parent} has no children to compare")
        given = found.setdefault(parent, {}).setdefault(int(number), {}).setdefault(expert, [])
        if left != right:
            given.append(ahp.Judgement(left, right, ratio))
    return found


def evaluate_panel(
    rounds: Mapping[int, Mapping[str, Sequence[ahp.Judgement]]],
    items: Sequence[str],
    parent: str,
    plan: EvaluationPlan,
    limit: float,
) -> Panel:
    """Accept or return every matrix of every round; each expert's latest accepted one counts.

    A matrix that is incomplete, contradictory, or not below the consistency limit is returned. An expert who skips a later
    round, or whose matrix in it is returned, keeps the last accepted one (D-46). Agreement is computed per round over its
    accepted matrices.
    """
    matrices: list[ExpertMatrix] = []
    agreements: list[RoundAgreement] = []
    for number in sorted(rounds):
        answers = [_examined(expert, number, parent, given, items, plan, limit) for expert, given in rounds[number].items()]
        accepted = [each.matrix for each in answers if each.is_accepted and each.matrix is not None]
        priorities = [ahp.priorities(matrix, plan.ahp_method) for matrix in accepted]
        concordance = kendalls_w(priorities) if priorities else None
        agreements.append(RoundAgreement(parent, number, len(items), len(accepted), len(answers) - len(accepted), concordance))
        matrices.extend(answers)
    latest = {each.expert_id: each.round for each in matrices if each.is_accepted}
    return Panel(tuple(_counted(each, latest) for each in matrices), tuple(agreements))


def _examined(
    expert: str,
    number: int,
    parent: str,
    judgements: Sequence[ahp.Judgement],
    items: Sequence[str],
    plan: EvaluationPlan,
    limit: float,
) -> ExpertMatrix:
    origin = f"expert {expert}, round {number}, parent {parent}"
    answer = ExpertMatrix(expert, number, parent, plan.ahp_method, plan.random_index)
    try:
        matrix = ahp.pairwise_matrix(judgements, items, origin=origin)
    except ahp.JudgementsRefused as error:
        return replace(answer, reason_code=";".join(error.codes), reason=str(error))
    consistency = ahp.consistency(matrix, plan.random_index)
    answer = replace(answer, matrix=matrix, consistency=consistency)
    if consistency.ratio >= limit:
        said = f"consistency ratio {consistency.ratio:.3f} is not below {limit:g} ({plan.random_index})"
        return replace(answer, reason_code=f"consistency_ratio:{limit:g}", reason=f"{origin}: {said}")
    return replace(answer, is_accepted=True)


def _counted(answer: ExpertMatrix, latest: Mapping[str, int]) -> ExpertMatrix:
    if not answer.is_accepted:
        return answer
    counts = latest[answer.expert_id]
    if counts == answer.round:
        return replace(answer, is_counted=True)
    origin = f"expert {answer.expert_id}, round {answer.round}, parent {answer.parent_id}"
    return replace(answer, reason_code=f"superseded:{counts}", reason=f"{origin}: round {counts} counts")


def judgements_table(matrices: Sequence[ExpertMatrix], version: str) -> pl.DataFrame:
    """The published table ``weight_judgements``: one row per expert × round × parent, counted or not."""
    rows = [
        {
            "weights_version": version,
            "expert_id": each.expert_id,
            "round": each.round,
            "parent_id": each.parent_id,
            "method": each.method,
            "lambda_max": each.consistency.lambda_max if each.consistency else None,
            "consistency_index": each.consistency.index if each.consistency else None,
            "random_index": ahp.random_index(each.random_index).value(each.consistency.order) if each.consistency else None,
            "random_index_name": each.random_index,
            "consistency_ratio": each.consistency_ratio,
            "is_accepted": each.is_accepted,
            "is_counted": each.is_counted,
            "reason": each.reason_code or None,
        }
        for each in sorted(matrices, key=lambda each: (each.parent_id, each.round, each.expert_id))
    ]
    return pl.DataFrame(rows, schema=JUDGEMENTS_SCHEMA)


def rounds_table(rounds: Sequence[RoundAgreement], version: str) -> pl.DataFrame:
    """The published table ``weight_rounds``: one row per parent × Delphi round."""
    rows = [
        {
            "weights_version": version,
            "parent_id": each.parent_id,
            "round": each.round,
            "experts": each.accepted,
            "returned": each.returned,
            "items": each.items,
            "kendalls_w": each.concordance.w if each.concordance else None,
            "chi_square": each.concordance.chi_square if each.concordance else None,
            "p_value": each.concordance.p_value if each.concordance else None,
        }
        for each in sorted(rounds, key=lambda each: (each.parent_id, each.round))
    ]
    return pl.DataFrame(rows, schema=ROUNDS_SCHEMA)
