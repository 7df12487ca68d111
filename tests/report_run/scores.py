"""Scores of the tree, its weights and the judgements they come from."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipeline.evaluate.scores.score_tree import SCORES_SCHEMA
from report_run.names import VERSIONS, WINDOWS

SCORE_SCHEMA: dict[str, Any] = {
    **SCORES_SCHEMA,
    "standard_edition": pl.String,
    "catalogue_version": pl.String,
    "weights_version": pl.String,
    "data_as_of": pl.Datetime("us"),
    "run_id": pl.String,
}


def score_rows(
    enterprise: str, catalogue: pl.DataFrame, nodes: pl.DataFrame, values: list[dict[str, Any]], run_id: str
) -> list[dict[str, Any]]:
    """Every node the plain mean of its scored children; weights as in the seeds."""
    rows = []
    for period, _ in WINDOWS:
        scored = {
            row["indicator_id"]: row["score"]
            for row in values
            if (row["enterprise_id"], row["period"], row["scope_type"]) == (enterprise, period, "enterprise")
        }
        base = dict.fromkeys(SCORE_SCHEMA) | {
            "enterprise_id": enterprise,
            "period": period,
            "is_provisional": False,
            "flags": [],
            "not_applicable_share": 0.0,
            "run_id": run_id,
            **VERSIONS,
        }
        found: dict[str, dict[str, Any]] = {}
        for level in ("indicator", "subdimension", "dimension", "total"):
            if level == "indicator":
                for entry in catalogue.iter_rows(named=True):
                    score = scored[entry["indicator_id"]]
                    found[entry["indicator_id"]] = base | {
                        "level": level,
                        "node_id": entry["indicator_id"],
                        "parent_id": entry["subdimension_id"],
                        "score": score,
                        "weight": 0.25,
                        "weight_nominal": 0.25,
                        "scored_coverage": float(score is not None),
                    }
                continue
            for node in nodes.filter(pl.col("level") == level).iter_rows(named=True):
                children = [row for row in found.values() if row["parent_id"] == node["node_id"]]
                known = [row["score"] for row in children if row["score"] is not None]
                is_provisional = enterprise == "E1" and node["node_id"] in ("ALL", "O", "O1")
                found[node["node_id"]] = base | {
                    "level": level,
                    "node_id": node["node_id"],
                    "parent_id": node["parent_id"],
                    "score": sum(known) / len(known) if known else None,
                    "weight": node["weight_default"] if known else 0.0,
                    "weight_nominal": node["weight_default"],
                    "scored_coverage": sum(row["scored_coverage"] for row in children) / len(children),
                    "is_provisional": is_provisional,
                    "flags": [] if known else ["no_data", "not_scored"],
                }
        if found["ALL"]["score"] is not None:
            dimensions = [found[name]["score"] for name in "RPOI"]
            found["ALL"] |= {
                "total_min": found["ALL"]["score"] - 0.8,
                "total_max": found["ALL"]["score"] + 0.05 * max(dimensions) / 10,
            }
        for row in found.values():
            row["lost_points"] = None if row["score"] is None else _weight(row, found) * (100 - row["score"])
        rows += list(reversed(found.values()))
    return rows


def _weight(row: dict[str, Any], found: dict[str, dict[str, Any]]) -> float:
    """The product of the weights up to the total."""
    above = found.get(row["parent_id"])
    return 1.0 if above is None else row["weight"] * _weight(above, found)


def weights_table(nodes: pl.DataFrame, run_id: str) -> pl.DataFrame:
    rows = [
        {
            "weights_version": "w-0123456789ab",
            "parent_id": node["parent_id"],
            "node_id": node["node_id"],
            "weight_raw": node["weight_default"],
            "weight": node["weight_default"],
            "consistency_ratio": 0.017 if node["level"] == "dimension" else None,
            "experts": 5 if node["level"] == "dimension" else 0,
            "method": "eigenvector" if node["level"] == "dimension" else "equal",
            "consistency_index": 0.0153 if node["level"] == "dimension" else None,
            "random_index": "saaty_1980" if node["level"] == "dimension" else None,
            "kendalls_w": 0.82 if node["level"] == "dimension" else None,
            "dispersion": 1.63 if node["level"] == "dimension" else None,
            "run_id": run_id,
        }
        for node in nodes.iter_rows(named=True)
        if node["parent_id"]
    ]
    numbers = ("consistency_index", "consistency_ratio", "kendalls_w", "dispersion")
    return pl.DataFrame(rows, schema_overrides={**dict.fromkeys(numbers, pl.Float64), "random_index": pl.String})


def judgements_table(run_id: str) -> pl.DataFrame:
    rows = [
        (1, "R", 0.512, "consistency_ratio:0.1"),
        (1, "ALL", None, "not_judged:R|I;off_scale:P|O"),
    ]
    columns = ("round", "parent_id", "consistency_ratio", "reason")
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(run_id=pl.lit(run_id))


def rounds_table(run_id: str) -> pl.DataFrame:
    rows = [
        ("R", 1, 4, 1, 0.878, 14.05, 0.007),
        ("ALL", 1, 5, 1, 0.82, 12.3, 0.006),
        ("ALL", 2, 1, 0, None, None, None),
    ]
    columns = ("parent_id", "round", "experts", "returned", "kendalls_w", "chi_square", "p_value")
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(run_id=pl.lit(run_id))
