"""The facts that rules of conclusions may use: a closed list by subject, and what a fact is.

Where the facts of an enterprise come from is in ``gather.py``, how they are worded in ``wording.py``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

About = Literal["enterprise", "change", "node", "indicator", "member", "correlation", "benchmark", "rule"]
"""What a rule speaks of: the whole enterprise, its total against an earlier period, one of the four dimensions, an indicator, a
region, outlet, channel or product category in an indicator, a correlation, an outside benchmark, a process rule that is not met."""

Reads = Literal["value", "count", "sum", "basis"]
"""How a fact is read from its rows: a column of the only row, the number of rows, the sum of a column; or what it was judged by."""

Kind = Literal[
    "points", "signed", "rate", "count", "number", "value", "bare", "difference", "bound", "date", "period",
    "indicator", "node", "place", "rule", "measure", "text", "word", "flag", "order", "list",
]  # fmt: skip
"""How a fact is worded. points: of a score, without sign; value, difference, bound: in its indicator's unit; bare: without it;
word: a code with a name; flag and order: for conditions only; list: facts of several things, worded by the rule's ``item``."""

UNWORDED: frozenset[Kind] = frozenset({"flag", "order"})

_PLACE: Mapping[str, Kind] = {
    "place": "place",
    "place_value": "value",
    "place_n": "count",
    "place_difference": "difference",
    "place_side": "word",
    "is_placed": "flag",
}

FACTS: Mapping[About, Mapping[str, Kind]] = MappingProxyType(
    {
        "enterprise": {
            "total": "points",
            "is_scored": "flag",
            "grade": "text",
            "coverage": "rate",
            "met": "count",
            "missed": "count",
            "within_chance": "count",
            "firmly_missed": "order",
            "low": "points",
            "high": "points",
            "weights_low": "points",
            "weights_high": "points",
            "choices_low": "points",
            "choices_high": "points",
            "range_status": "word",
            "rank": "count",
            "ranked": "count",
            "rank_low": "count",
            "rank_high": "count",
            "is_rank_firm": "flag",
            "provisional": "count",
            "provisional_until": "date",
            "is_open": "flag",
            "extracted": "count",
            "accepted": "count",
            "quarantined": "count",
            "next_priorities": "list",
            "rules_passed": "count",
            "rules_failed": "count",
            "rules_partial": "count",
            "rules_without_record": "count",
        },
        "change": {
            "against": "word",
            "period_before": "period",
            "status": "word",
            "direction": "word",
            "firmness": "word",
            "before": "points",
            "change": "points",
            "value_points": "signed",
            "weight_points": "signed",
            "entry_points": "signed",
            "exit_points": "signed",
            "causes": "list",
            "is_first": "flag",
            "place_in_order": "order",
        },
        "node": {"node": "node", "score": "points", "lost": "points", "total_lost": "points", "place_in_order": "order"},
        "indicator": {
            "indicator": "indicator",
            "value": "value",
            "n": "count",
            "low": "bare",
            "high": "value",
            "requirement": "bound",
            "lost": "points",
            "incidents": "count",
            "verdict": "word",
            "priority": "order",
            "strength": "order",
            "doubt": "order",
            "finding": "word",
            "period_before": "period",
            "value_before": "value",
            "change": "difference",
            "moved": "order",
            **_PLACE,
        },
        "member": {
            "indicator": "indicator",
            "place": "place",
            "dimension": "word",
            "value": "value",
            "n": "count",
            "low": "bare",
            "high": "value",
            "difference": "difference",
            "side": "word",
            "rank": "count",
            "rank_low": "count",
            "rank_high": "count",
            "finding": "word",
            "place_in_order": "order",
        },
        "correlation": {
            "x": "measure",
            "y": "measure",
            "method": "word",
            "estimate": "number",
            "low": "number",
            "high": "number",
            "n": "count",
            "finding": "word",
        },
        "benchmark": {
            "indicator": "indicator",
            "value": "value",
            "benchmark": "value",
            "gap": "difference",
            "side": "word",
            "source": "text",
            "finding": "word",
            "is_old": "flag",
        },
        "rule": {"rule": "rule", "result": "word", "place_in_order": "order"},
    }
)
"""By subject: its facts and how they are worded."""

ITEMS: Mapping[str, Mapping[str, Kind]] = MappingProxyType(
    {
        "next_priorities": {"indicator": "indicator", "lost": "points"},
        "causes": {"indicator": "indicator", "points": "signed", "proof": "word"},
    }
)
"""By fact that is a list: the facts of each of its items."""

CodeOrNumber = float | int | str | bool | dt.date | None


@dataclass(frozen=True)
class Source:
    """The rows of a published table that a fact is read from: those whose columns equal ``keys``."""

    table: str
    keys: Mapping[str, CodeOrNumber]
    column: str = ""
    reads: Reads = "value"


@dataclass(frozen=True)
class Fact:
    """A fact with its source; none where it only orders or chooses. ``of``: the indicator of a value, the dimension of a place."""

    value: CodeOrNumber = None
    source: Source | None = None
    of: str = ""
    items: tuple[Mapping[str, Fact], ...] = ()


@dataclass(frozen=True)
class Subject:
    """What a rule speaks of, with its facts; a name that is not there is not known."""

    about: About
    subject_id: str
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def order(self, name: str) -> int:
        """Its place in an order; 0 where it has none."""
        value = self.facts[name].value if name in self.facts else None
        return value if isinstance(value, int) else 0
