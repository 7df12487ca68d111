"""Why a score moved: the change of every node against an earlier period, split by indicator into value, weight and membership.

Kitagawa's decomposition (1955, J. Am. Stat. Assoc. 50, 1168–1194) of a weighted mean: with weights v and scores s of two periods,
an indicator that both score contributes v̄·Δs through its value and Δv·(s̄ − S̄) through its weight, bars being means of the two
periods. Indicators that only one period scores are taken out of it first, and contribute what that changes. The parts of a node
add up to its change, and a positive part is a gain.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from pipeline.analyse.earlier import Earlier
from pipeline.analyse.score_tree import Node, restricted, tree_of
from pipeline.calendar.comparisons import Comparison, comparisons
from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder

_KEY = {"enterprise_id": pl.String, "period": pl.String, "against": pl.String, "compared_period": pl.String}
CHANGES_SCHEMA = pl.Schema(
    {
        **_KEY,
        "level": pl.String,
        "node_id": pl.String,
        "parent_id": pl.String,
        "score_before": pl.Float64,
        "score": pl.Float64,
        "change": pl.Float64,
        "value_points": pl.Float64,
        "weight_points": pl.Float64,
        "entry_points": pl.Float64,
        "exit_points": pl.Float64,
        "status": pl.String,
        "weights_version_before": pl.String,
        "catalogue_version_before": pl.String,
    }
)
PARTS_SCHEMA = pl.Schema(
    {
        **_KEY,
        "node_id": pl.String,
        "indicator_id": pl.String,
        "membership": pl.String,
        "weight_before": pl.Float64,
        "weight": pl.Float64,
        "score_before": pl.Float64,
        "score": pl.Float64,
        "value_points": pl.Float64,
        "weight_points": pl.Float64,
        "membership_points": pl.Float64,
        "change_points": pl.Float64,
    }
)

OK, NOT_PUBLISHED, NEW = "ok", "not_published", "enterprise_not_evaluated"
NO_SCORE, NO_SCORE_BEFORE, NOTHING_IN_COMMON = "no_score", "no_score_before", "no_common_indicator"
BOTH, ENTERED, LEFT = "both", "entered", "left"


@dataclass(frozen=True)
class Part:
    """What one indicator contributes to the change of a node's score.

    membership  both | entered | left: the periods that score the indicator
    weight_…    its effective weight in the node's score; None where it is not scored
    …_points    points of the node's score
    """

    indicator_id: str
    membership: str
    weight_before: float | None
    weight: float | None
    score_before: float | None
    score: float | None
    value_points: float = 0.0
    weight_points: float = 0.0
    membership_points: float = 0.0

    @property
    def change_points(self) -> float:
        return math.fsum((self.value_points, self.weight_points, self.membership_points))


def parts_of(before: Node, now: Node) -> list[Part] | None:
    """The parts of the change of a node's score, in the order of the tree; they add up to it.

    None unless both periods score an indicator below the node in common, because then there is no common measure.
    """
    scores_before, scores = before.scores(), now.scores()
    kept = scores_before.keys() & scores.keys()
    first, second = restricted(before, kept), restricted(now, kept)
    if first is None or second is None:
        return None
    weights_before, weights = before.scored_weights(), now.scored_weights()
    middle = (first.score + second.score) / 2
    parts = []
    for leaf in dict.fromkeys([*scores, *scores_before]):
        then, today = scores_before.get(leaf), scores.get(leaf)
        membership = BOTH if leaf in kept else LEFT if today is None else ENTERED
        value_points = weight_points = membership_points = 0.0
        if then is not None and today is not None:
            weight_then, weight_today = first.weights[leaf], second.weights[leaf]
            value_points = (weight_then + weight_today) / 2 * (today - then)
            # Equal weights may come out a rounding error apart.
            if not math.isclose(weight_then, weight_today, rel_tol=1e-12):
                weight_points = (weight_today - weight_then) * ((then + today) / 2 - middle)
        else:
            membership_points = first.dropped[leaf] if membership == LEFT else -second.dropped[leaf]
        parts.append(
            Part(
                leaf, membership, weights_before.get(leaf), weights.get(leaf), then, today, value_points, weight_points,
                membership_points,
            )
        )  # fmt: skip
    return parts


def write_score_changes(lake: Lake, quarter: Quarter, run: RunFolder) -> dict[str, int]:
    """Write ``score_changes`` and ``score_change_parts`` into the run's folder; returns rows per table.

    Earlier periods are those of the published runs: where none is published, the row of the total says so.
    """
    scores = pl.read_parquet(run.table("scores"))
    changes: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    for comparison in comparisons(quarter):
        earlier = Earlier.of(lake, comparison.quarter)
        for enterprise, now in _trees(scores, comparison.period):
            for change, some in _compared(comparison, earlier, enterprise, now):
                changes.append(change)
                parts += some
    tables = {
        "score_changes": pl.DataFrame(changes, schema=CHANGES_SCHEMA),
        "score_change_parts": pl.DataFrame(parts, schema=PARTS_SCHEMA),
    }
    for name, table in tables.items():
        run.write(name, table)
    return {name: table.height for name, table in tables.items()}


def _compared(
    comparison: Comparison, earlier: Earlier | None, enterprise: str, now: Node
) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """The row of every node of the tree, with its parts."""
    key = {
        "enterprise_id": enterprise,
        "period": comparison.period,
        "against": comparison.against,
        "compared_period": comparison.compared_period,
    }
    found = None
    if earlier is not None:
        rows = earlier.table("scores").filter(enterprise_id=enterprise, period=comparison.compared_period).rows(named=True)
        found = tree_of(rows) if rows else None
    if earlier is None or found is None:
        status = NOT_PUBLISHED if earlier is None else NEW
        yield {**key, **_scores(None, now), "parent_id": None, "status": status}, []
        return
    versions = {
        "weights_version_before": rows[0]["weights_version"],
        "catalogue_version_before": rows[0]["catalogue_version"],
    }
    nodes_before = {node.node_id: node for node in found.walk()}
    parents = {child.node_id: node.node_id for node in now.walk() for child in node.children}
    for node in now.walk():
        before = nodes_before.get(node.node_id)
        row = {**key, **_scores(before, node), "parent_id": parents.get(node.node_id), **versions}
        status = NO_SCORE if node.score is None else NO_SCORE_BEFORE if before is None or before.score is None else OK
        if status != OK or before is None:
            yield {**row, "status": status}, []
            continue
        assert node.score is not None
        assert before.score is not None
        row["change"] = node.score - before.score
        parts = parts_of(before, node)
        if parts is None:
            yield {**row, "status": NOTHING_IN_COMMON}, []
            continue
        yield (
            {
                **row,
                "value_points": math.fsum(part.value_points for part in parts),
                "weight_points": math.fsum(part.weight_points for part in parts),
                "entry_points": _points(parts, ENTERED),
                "exit_points": _points(parts, LEFT),
                "status": OK,
            },
            [{**key, "node_id": node.node_id, **asdict(part), "change_points": part.change_points} for part in parts],
        )


def _scores(before: Node | None, now: Node) -> dict[str, Any]:
    return {
        "level": now.level,
        "node_id": now.node_id,
        "score_before": before.score if before is not None else None,
        "score": now.score,
    }


def _points(parts: Sequence[Part], membership: str) -> float:
    return math.fsum(part.membership_points for part in parts if part.membership == membership)


def _trees(scores: pl.DataFrame, period: str) -> Iterator[tuple[str, Node]]:
    """Every enterprise with its tree of a period, by its id."""
    of_period = scores.filter(period=period)
    for enterprise in of_period["enterprise_id"].unique().sort():
        yield enterprise, tree_of(of_period.filter(enterprise_id=enterprise).iter_rows(named=True))
