"""What weights do: how much of the variance of the total goes with each node, beside the weight that it is given.

A weight says how the total changes with a node alone; how much a node tells totals apart depends on its spread and on what moves
with it. The main effect V(E(total | node)) ÷ V(total) is the measure of importance of Paruolo, Saisana & Saltelli (2013, J. R.
Stat. Soc. A 176, 609–634); of so few points it is taken as linear, the squared correlation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from pipeline.analyse.correlation import ALL, fisher_interval
from pipeline.analyse.earlier import Earlier
from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder

ENTERPRISES, QUARTERS = "enterprises", "quarters"
OK, FEW, CONSTANT, NO_VARIANCE = "ok", "insufficient_sample", "constant", "no_variance"
# Without any relation a main effect is 1 ÷ (n − 1) on average: of fewer points it would mostly be that.
ENOUGH = 10
# Older quarters were other circumstances.
_QUARTERS_BACK = 11
LEVELS = ("dimension", "subdimension", "indicator")
SCHEMA = pl.Schema(
    {
        "enterprise_id": pl.String,
        "period": pl.String,
        "over": pl.String,
        "level": pl.String,
        "node_id": pl.String,
        "n": pl.Int64,
        "nominal_weight": pl.Float64,
        "effective_weight": pl.Float64,
        "correlation": pl.Float64,
        "main_effect": pl.Float64,
        "main_effect_low": pl.Float64,
        "main_effect_high": pl.Float64,
        "status": pl.String,
    }
)
_COLUMNS = ["enterprise_id", "period", "level", "node_id", "parent_id", "weight_nominal", "score"]
_TOTAL = "total"
# Libraries may add in another order.
_DECIMALS = 9


def write_effective_weights(lake: Lake, quarter: Quarter, run: RunFolder) -> int:
    """Write ``analysis_effective_weights`` into the run's folder; returns its rows.

    Over the enterprises of the quarter, and for each enterprise over this quarter and those published before.
    """
    now = pl.read_parquet(run.table("scores"), columns=_COLUMNS).filter(period=quarter.label)
    found = [now]
    for back in range(1, _QUARTERS_BACK + 1):
        each = quarter.shift(-back)
        earlier = Earlier.of(lake, each)
        if earlier is not None:
            found.append(earlier.table("scores", _COLUMNS).filter(period=each.label))
    table = effective_weights(now, pl.concat(found))
    run.write("analysis_effective_weights", table)
    return table.height


def effective_weights(now: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    """The rows of ``analysis_effective_weights``: ``SCHEMA``, sorted.

    now      ``scores`` of the quarter: enterprise_id, period, level, node_id, parent_id, weight_nominal, score
    history  the same of several quarters, among them this one

    ``nominal_weight`` is the weight in the total and ``effective_weight`` the main effect, each as its share among the compared
    nodes of a level; the level ``indicator`` has every node without nodes below. A node that is the same everywhere has no effect
    (``constant``); fewer than ten totals, or ten scores of a node beside a total, are ``insufficient_sample``.
    """
    rows = list(_compared(ALL, ENTERPRISES, now, now)) if not now.is_empty() else []
    for enterprise in now["enterprise_id"].unique().sort():
        rows += _compared(enterprise, QUARTERS, now.filter(enterprise_id=enterprise), history.filter(enterprise_id=enterprise))
    return (
        pl.DataFrame(rows, schema=SCHEMA)
        .with_columns(pl.col(pl.Float64).round(_DECIMALS))
        .sort("enterprise_id", "over", "level", "node_id", nulls_last=True)
    )


def _compared(enterprise: str, over: str, now: pl.DataFrame, observed: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """The nodes of one tree; one row without a node where there are too few totals, or all are alike."""
    period = now["period"][0]
    key = {"enterprise_id": enterprise, "period": period, "over": over}
    scores = observed.pivot(on="node_id", index=["enterprise_id", "period"], values="score").sort("enterprise_id", "period")
    (root,) = now.filter(level=_TOTAL)["node_id"].unique()
    scores = scores.filter(pl.col(root).is_not_null())
    total = scores[root].to_numpy()
    if len(total) < ENOUGH or np.ptp(total) == 0:
        yield {**key, "n": len(total), "status": FEW if len(total) < ENOUGH else NO_VARIANCE}
        return
    one = now.filter(enterprise_id=now["enterprise_id"].min())
    weights = _weights(one)
    parents = set(one["parent_id"].drop_nulls())
    for level in LEVELS:
        nodes = [
            node
            for node, own in one.select("node_id", "level").iter_rows()
            if (own == level if level != "indicator" else node not in parents and own != _TOTAL) and node in scores.columns
        ]
        found = [_effect(scores[node].to_numpy(), total) for node in nodes]
        known = [place for place, each in enumerate(found) if each["status"] in (OK, CONSTANT)]
        nominal = sum(weights[nodes[place]] for place in known)
        effects = sum(found[place]["main_effect"] for place in known)
        for place, (node, each) in enumerate(zip(nodes, found, strict=True)):
            # What no enterprise or quarter scores is no part of the comparison.
            if not each["n"]:
                continue
            if place in known:
                each |= {
                    "nominal_weight": weights[node] / nominal if nominal else None,
                    "effective_weight": each["main_effect"] / effects if effects else None,
                }
            yield {**key, "level": level, "node_id": node, **each}


def _weights(tree: pl.DataFrame) -> dict[str, float]:
    """By node: its nominal weight in the total."""
    rows = {node: (parent, weight) for node, parent, weight in tree.select("node_id", "parent_id", "weight_nominal").iter_rows()}

    def in_total(node: str) -> float:
        parent, weight = rows[node]
        return 1.0 if parent is None else weight * in_total(parent)

    return {node: in_total(node) for node in rows}


def _effect(scores: np.ndarray, total: np.ndarray) -> dict[str, Any]:
    """The main effect of a node on the total, over the points that have both."""
    known = ~np.isnan(scores)
    own, totals = scores[known], total[known]
    n = len(own)
    if n < ENOUGH or np.ptp(totals) == 0:
        return {"n": n, "status": FEW}
    if np.ptp(own) == 0:
        return {"n": n, "main_effect": 0.0, "status": CONSTANT}
    r = float(np.clip(np.corrcoef(own, totals)[0, 1], -1, 1))
    low, high = fisher_interval(r, n)
    squares = sorted((low**2, high**2))
    return {
        "n": n,
        "correlation": r,
        "main_effect": r**2,
        "main_effect_low": 0.0 if low < 0 < high else squares[0],
        "main_effect_high": squares[1],
        "status": OK,
    }
