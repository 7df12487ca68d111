"""The tree of clause 六: total, dimensions and sub-dimensions with the ranges of their weights."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from schemas.sheet import SEEDS, Fault, Row, Sheet

NODE_LEVELS = ("total", "dimension", "subdimension")


@dataclass(frozen=True)
class TreeNode:
    """One row of evaluation_nodes.csv: the total, a dimension or a sub-dimension, with its weight inside its parent.

    ``weight_min`` and ``weight_max`` are clause 六's range for a dimension.
    """

    node_id: str
    level: str
    parent_id: str | None
    name_zh: str
    name_en: str
    weight_min: float | None
    weight_max: float | None
    weight_default: float


@lru_cache(maxsize=8)
def nodes(seeds: Path = SEEDS) -> Mapping[str, TreeNode]:
    """The total, the dimensions and the sub-dimensions by id, in file order; raises StandardDataError.

    Checked: one total, every parent one level up, default weights inside a parent sum to 1 and lie in their range.
    """
    sheet = Sheet(seeds / "evaluation_nodes.csv", list(TreeNode.__dataclass_fields__))
    found: dict[str, tuple[Row, TreeNode]] = {}
    for row in sheet:
        node = TreeNode(
            node_id=row.text("node_id"),
            level=row.one_of("level", NODE_LEVELS),
            parent_id=row.optional_text("parent_id"),
            name_zh=row.text("name_zh"),
            name_en=row.text("name_en"),
            weight_min=row.optional_number("weight_min"),
            weight_max=row.optional_number("weight_max"),
            weight_default=row.number("weight_default", above=0),
        )
        if node.node_id in found:
            row.fault("node_id", f"'{node.node_id}' is there twice")
        found[node.node_id] = (row, node)
        lowest = node.weight_min if node.weight_min is not None else 0.0
        highest = node.weight_max if node.weight_max is not None else 1.0
        if not 0 <= lowest <= highest <= 1:
            row.fault("weight_min", "must be 0 ≤ weight_min ≤ weight_max ≤ 1")
        elif not lowest <= node.weight_default <= highest:
            row.fault("weight_default", f"must lie between {lowest:g} and {highest:g}")
    for row, node in found.values():
        parent = found[node.parent_id][1] if node.parent_id in found else None
        level_above = {"dimension": "total", "subdimension": "dimension"}.get(node.level)
        if level_above is None and node.parent_id is not None:
            row.fault("parent_id", "the total has no parent")
        if level_above is not None and (parent is None or parent.level != level_above):
            row.fault("parent_id", f"must be the node_id of a {level_above}")
    if sum(node.level == "total" for _, node in found.values()) != 1:
        sheet.faults.append(Fault(None, "level", "there must be exactly one total"))
    children: dict[str, list[TreeNode]] = defaultdict(list)
    for _, node in found.values():
        if node.parent_id is not None:
            children[node.parent_id].append(node)
    for parent_id, members in children.items():
        # Thirds typed as 0.3333 are accepted: the aggregation divides by the sum of the weights.
        if not math.isclose(sum(node.weight_default for node in members), 1, abs_tol=1e-3):
            sheet.faults.append(Fault(None, "weight_default", f"the weights under {parent_id} must sum to 1"))
        low = sum(node.weight_min if node.weight_min is not None else 0.0 for node in members)
        high = sum(node.weight_max if node.weight_max is not None else 1.0 for node in members)
        if not low <= 1 <= high:
            sheet.faults.append(Fault(None, "weight_min", f"no weights under {parent_id} within their ranges sum to 1"))
    for _, node in found.values():
        if node.level != "subdimension" and not children[node.node_id]:
            sheet.faults.append(Fault(None, "node_id", f"{node.node_id} has no children"))
    sheet.finish()
    return MappingProxyType({node_id: node for node_id, (_, node) in found.items()})
