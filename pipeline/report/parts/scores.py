"""Report section on scores: the tree, totals by window, what would raise the scored coverage, overlays."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from pipeline.report.parts.indicators import Indicator, Verdict
from pipeline.report.words.labels import Labels
from schemas.standard.catalogue import catalogue_rows
from schemas.standard.tree import nodes

# Flags that leave a node without a score; the others only describe its children.
_PREVENTING = ("no_data", "assumed", "not_applicable", "not_scored")
_NOT_RATEABLE, _LOW_COVERAGE = "not_rateable", "low_coverage"


@dataclass(frozen=True)
class ReportNode:
    """The total, a dimension or a sub-dimension with its score. Weights and coverage are rates 0–1, scores 0–100."""

    node_id: str
    name: str
    weight: float
    weight_used: float
    """Its effective weight after nodes without a score dropped out."""
    weight_raw: float | None
    weight_range: tuple[float, float] | None
    weight_method: str
    consistency_index: float | None
    consistency_ratio: float | None
    random_index: str
    """The random-index table of the consistency ratio, in words; empty without experts."""
    kendalls_w: float | None
    dispersion: float | None
    """Geometric standard deviation of the experts' judgements that involve the node (1: unanimous)."""
    experts: int
    score: float | None
    """None also where the node is not rateable."""
    coverage: float
    """Share of its weight that rests on a measured and scored value."""
    is_rateable: bool
    is_provisional: bool
    flags: tuple[str, ...]
    children: tuple[ReportNode, ...]
    own_indicators: tuple[Indicator, ...]

    @cached_property
    def indicators(self) -> tuple[Indicator, ...]:
        """All indicators below the node, in catalogue order."""
        return (*self.own_indicators, *(each for child in self.children for each in child.indicators))

    def verdicts(self) -> dict[Verdict, int]:
        """How many indicators below the node have each verdict."""
        return {verdict: sum(each.verdict is verdict for each in self.indicators) for verdict in Verdict}


@dataclass(frozen=True)
class WindowTotal:
    """The total score of a longer window that ends with the quarter."""

    name: str
    period: str
    score: float | None
    coverage: float
    is_rateable: bool
    is_provisional: bool


@dataclass(frozen=True)
class Lacking:
    """Indicators that are not scored for the same reason, and their weight in the total."""

    status_name: str
    reason: str
    weight: float
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True)
class Overlay:
    """Grade and deductions if the plan asks for them: shown beside the total, not part of T/GXDSL 244."""

    grade: str | None
    deduction_points: float | None
    score_after_deductions: float | None
    reference: str


def place_of(row: Mapping[str, Any]) -> tuple[int, str]:
    """Sort key of a node or indicator in the standard's order; unknown ones come last, by id."""
    name = row.get("indicator_id") or row["node_id"]
    order = _standard_order()
    return order.get(name, len(order)), name


@lru_cache(maxsize=1)
def _standard_order() -> dict[str, int]:
    names = dict.fromkeys([*nodes(), *(row.indicator_id for row in catalogue_rows())])
    return {name: place for place, name in enumerate(names)}


def no_total_because(root: Mapping[str, Any], words: Labels) -> tuple[str, ...]:
    """Why there is no total: too little weight is scored, too much is not applicable, or else nothing is scored."""
    if root["score"] is not None:
        return ()
    flags = root["flags"] or ()
    preventing: tuple[str, ...] = (_NOT_RATEABLE,) if _NOT_RATEABLE in flags else _PREVENTING
    if _LOW_COVERAGE in flags:
        preventing = (_LOW_COVERAGE,)
    return tuple(words.name("flag", flag) for flag in flags if flag in preventing)


def is_rateable(row: Mapping[str, Any]) -> bool:
    """Whether a row of ``scores`` has enough scored weight for its score to be shown."""
    return _NOT_RATEABLE not in (row["flags"] or ())


def flag_names(row: Mapping[str, Any], words: Labels) -> tuple[str, ...]:
    """The flags of a row of ``scores`` in words; of not rateable, its cause."""
    flags = row["flags"] or ()
    return tuple(words.name("flag", flag) for flag in flags if not (flag == _NOT_RATEABLE and _LOW_COVERAGE in flags))


def lacking_of(tree: Mapping[str, Mapping[str, Any]], indicators: Iterable[Indicator], words: Labels) -> tuple[Lacking, ...]:
    """What keeps weight from being scored, the most weight first.

    tree    the rows of ``scores`` of one enterprise and period, by node
    """
    found: dict[tuple[str, str], list[Indicator]] = {}
    for each in indicators:
        row = tree.get(each.indicator_id)
        if row is None or row["scored_coverage"] or each.verdict is Verdict.NOT_APPLICABLE:
            continue
        is_open = each.is_measured and each.requirement is not None
        is_absent = not each.is_measured and each.requirement is not None
        reason = "" if is_open else each.reason if is_absent else words.say.text("no_requirement")
        found.setdefault((words.name("verdict", each.verdict), reason), []).append(each)
    lacking = [
        Lacking(status, reason, math.fsum(_weight_in_total(each.indicator_id, tree) for each in members), tuple(members))
        for (status, reason), members in found.items()
    ]
    return tuple(sorted(lacking, key=lambda each: -each.weight))


def _weight_in_total(node_id: str, tree: Mapping[str, Mapping[str, Any]]) -> float:
    """The nominal weight of a node in the total: the product of the weights on the way up."""
    weight = 1.0
    while node_id in tree and tree[node_id]["parent_id"] is not None:
        weight *= tree[node_id]["weight_nominal"]
        node_id = tree[node_id]["parent_id"]
    return weight


def overlay_of(root: Mapping[str, Any], words: Labels) -> Overlay | None:
    """Grade and deductions of the overlays; None if the plan asks for none."""
    if root["grade"] is None and root["deduction_points"] is None:
        return None
    reference = words.reference(root["grade_reference"])
    return Overlay(words.grade(root["grade"]), root["deduction_points"], root["score_after_deductions"], reference)
