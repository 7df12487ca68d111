"""What a published score would be with other weights, requirements or values, and what value of one indicator a score needs.

The published values and choices are scored again by ``evaluate/scores``; nothing is measured again and nothing is published.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl

from pipeline.analyse.scored import Scored
from pipeline.errors import UsageError
from pipeline.evaluate.scores.score_tree import Leaf, ScoredNode
from pipeline.evaluate.scores.scoring import MEASURED, Scale, score_values
from pipeline.evaluate.weights.weight_set import NodeWeight, project_to_ranges
from pipeline.settings.plan import ZERO_TOLERANCE_CLASS, EvaluationPlan, check_anchors
from pipeline.settings.suggestions import did_you_mean
from schemas.standard.parameters import parameters

CHOICES = ("mode", "score_method", "compound_method", "not_rateable_above", "rateable_from")
"""The keys of ``run_info`` that a score depends on."""

_NAMED = "named_indicator"
_SLACK = 1e-9
# Halvings of the way from the value to its requirement: closer than any value is printed.
_STEPS = 40


@dataclass(frozen=True)
class Changes:
    """What is asked. Weights and requirements hold for all enterprises, values and drops for the one asked about.

    weights   by node: its weight among its siblings, which share the rest as before, within the standard's ranges if possible
    targets   by indicator: requirement, and the acceptable limit unless the published one stays
    values    by indicator: its value, in the indicator's unit
    drops     indicators, named indicators, sub-dimensions or dimensions that do not apply
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    targets: Mapping[str, tuple[float, float | None]] = field(default_factory=dict)
    values: Mapping[str, float] = field(default_factory=dict)
    drops: tuple[str, ...] = ()

    def of_others(self) -> Changes:
        """What of it holds for the other enterprises too."""
        return replace(self, values={}, drops=())


@dataclass(frozen=True)
class Rule:
    """How one indicator is scored; without requirement or limit it is not."""

    requirement: float | None
    acceptable: float | None
    direction: str
    scoring_class: str
    method: str

    @property
    def is_complete(self) -> bool:
        return self.requirement is not None and (self.acceptable is not None or self.scoring_class == ZERO_TOLERANCE_CLASS)

    def score(self, value: float, plan: EvaluationPlan) -> float:
        scale = Scale.of({name: each.value for name, each in parameters().items()})
        acceptable = np.nan if self.acceptable is None else self.acceptable
        requirement = np.nan if self.requirement is None else self.requirement
        return float(score_values(value, requirement, acceptable, self.direction, self.scoring_class, scale, plan.score_method))


@dataclass(frozen=True)
class Needed:
    """What one indicator alone would do for a total.

    value   the value from which on the total is reached; None if it is not even at the requirement
    best    the total with the indicator at its requirement
    """

    indicator_id: str
    now: float | None
    value: float | None
    best: float


@dataclass(frozen=True)
class WhatIf:
    """One enterprise and period of a publication, to be scored again.

    values   by indicator: the published value
    rules    by indicator
    """

    scored: Scored
    plan: EvaluationPlan
    values: Mapping[str, float | None]
    rules: Mapping[str, Rule]

    @classmethod
    def of(cls, scores: pl.DataFrame, values: pl.DataFrame, choices: Mapping[str, str], indicators: pl.DataFrame) -> WhatIf:
        """From the published tables, of one enterprise and period.

        values       of enterprise scope: indicator_id, value, requirement, acceptable
        choices      rows of run_info with the keys ``CHOICES``
        indicators   the catalogue: indicator_id, direction, scoring_class, method, requirement, acceptable
        """
        found = {row["indicator_id"]: row for row in values.iter_rows(named=True)}
        rules = {}
        for row in indicators.iter_rows(named=True):
            own: Mapping[str, Any] = found.get(row["indicator_id"], row)
            rules[row["indicator_id"]] = Rule(
                own["requirement"], own["acceptable"], row["direction"], row["scoring_class"], row["method"]
            )
        numbers = {name: float(choices[name]) for name in ("not_rateable_above", "rateable_from")}
        names = {name: choices[name] for name in ("mode", "score_method", "compound_method")}
        plan = EvaluationPlan.from_mapping({**names, **numbers})
        return cls(
            Scored.of(scores.iter_rows(named=True)),
            plan,
            {name: row["value"] for name, row in found.items()},
            rules,
        )

    def tree(self) -> ScoredNode:
        """The tree as it is now."""
        return self.scored.tree(self.plan)

    def changed(self, changes: Changes) -> WhatIf:
        """The same with the changes; raises UsageError for what cannot be changed so, with the nearest known name."""
        rules, values = dict(self.rules), dict(self.values)
        for name, (requirement, acceptable) in changes.targets.items():
            rule = self._known(name, "target")
            rules[name] = _moved(name, rule, requirement, acceptable)
        for name, value in changes.values.items():
            self._known(name, "value")
            if not rules[name].is_complete:
                raise UsageError(f"--value {name}: it has no requirement, so it is not scored; give one: --target {name}=…:…")
            _require_possible(name, value, rules[name])
            values[name] = value
        leaves = {name: leaf for name in changes.targets if (leaf := self._aimed_at(name, rules[name])) is not None}
        leaves |= {name: Leaf("ok", rules[name].score(value, self.plan)) for name, value in changes.values.items()}
        for name in changes.drops:
            dropped = self._below(name)
            if both := sorted({*dropped} & {*changes.values, *changes.targets}):
                raise UsageError(f"--drop {name}: {', '.join(both)} cannot be dropped and have a value or target too")
            leaves |= dict.fromkeys(dropped, Leaf("not_applicable"))
        scored = self.scored.with_leaves(leaves).with_weights(self._weights(changes.weights))
        return replace(self, scored=scored, rules=rules, values=values)

    def illegal_weights(self) -> list[str]:
        """Dimensions whose weight lies outside the standard's range, in words."""
        return [
            f"{edge.node_id} {edge.weight:.4g} (range {edge.weight_min:g}–{edge.weight_max:g})"
            for edge in self.scored.dimensions
            if not edge.weight_min - _SLACK <= edge.weight <= edge.weight_max + _SLACK
        ]

    def needed(self, total: float) -> Iterator[Needed]:
        """What every scored indicator below its requirement would have to be for a total, each alone, in the tree's order."""
        for name, leaf in self.scored.leaves.items():
            rule, now = self.rules[name], self.values.get(name)
            if not rule.is_complete or leaf.status == "not_applicable" or (leaf.score is None and leaf.status == "ok"):
                continue
            assert rule.requirement is not None
            if leaf.score is not None and leaf.score >= 100 - _SLACK:
                continue
            best = self._total_with(name, rule.requirement)
            if best is None:
                continue
            if best < total - _SLACK:
                yield Needed(name, now, None, best)
                continue
            worst = now if now is not None else _far_below(rule)
            yield Needed(name, now, self._nearest(name, worst, rule.requirement, total), best)

    def _nearest(self, name: str, worst: float, requirement: float, total: float) -> float:
        """The value nearest to ``worst`` that reaches the total: the total rises from there to the requirement."""
        reached = requirement
        for _ in range(_STEPS):
            middle = (worst + reached) / 2
            found = self._total_with(name, middle)
            if found is not None and found >= total - _SLACK:
                reached = middle
            else:
                worst = middle
        return reached

    def _total_with(self, name: str, value: float) -> float | None:
        leaf = Leaf("ok", self.rules[name].score(value, self.plan))
        return self.scored.with_leaves({name: leaf}).tree(self.plan).score

    def _aimed_at(self, name: str, rule: Rule) -> Leaf | None:
        """The leaf with another requirement; None if its score does not come from a value alone, and stays."""
        leaf, value, before = self.scored.leaves[name], self.values.get(name), self.rules[name]
        if value is None or leaf.status not in MEASURED:
            return None
        if before.is_complete and (leaf.score is None or abs(before.score(value, self.plan) - leaf.score) > _SLACK):
            return None
        return replace(leaf, score=rule.score(value, self.plan), has_requirement=True)

    def _known(self, name: str, option: str) -> Rule:
        if name not in self.scored.leaves:
            hint = did_you_mean(name, self.scored.leaves)
            raise UsageError(f"--{option} {name}: no such indicator{hint} (`asq indicators` lists them)")
        return self.rules[name]

    def _below(self, name: str) -> list[str]:
        """The indicators of a node, by its id or the name of a compound indicator."""
        edges = {edge.node_id: edge.node_id for edge in self.scored.weight_set.edges}
        compounds = {edge.node_id.split("+")[0]: edge.node_id for edge in self.scored.weight_set.edges if edge.level == _NAMED}
        nodes = {**edges, **compounds}
        if name not in nodes:
            raise UsageError(f"--drop {name}: no such indicator or node{did_you_mean(name, nodes)}")
        return list(self.scored.below(nodes[name]))

    def _weights(self, asked: Mapping[str, float]) -> dict[str, float]:
        """The weights of the nodes asked about and of their siblings, which keep their shares of the rest."""
        edges = {edge.node_id: edge for edge in self.scored.weight_set.edges}
        for name in asked:
            if name not in edges:
                raise UsageError(f"--weight {name}: no such node{did_you_mean(name, edges)}")
        weights: dict[str, float] = {}
        for parent in {edges[name].parent_id for name in asked}:
            siblings = self.scored.weight_set.children(parent)
            given = {edge.node_id: asked[edge.node_id] for edge in siblings if edge.node_id in asked}
            others = {edge.node_id: edge.weight for edge in siblings if edge.node_id not in asked}
            rest, whole = 1 - sum(given.values()), sum(others.values())
            said = " + ".join(f"{name}={weight:g}" for name, weight in given.items())
            if any(weight < 0 for weight in given.values()) or rest < -_SLACK:
                raise UsageError(f"--weight {said}: weights are at least 0, and those of the children of {parent} sum to 1")
            if whole <= 0 and rest > _SLACK:
                raise UsageError(f"--weight {said}: the children of {parent} have no other weights, so these must sum to 1")
            weights |= given | _sharing(max(rest, 0.0), [edge for edge in siblings if edge.node_id in others])
        return weights


def _sharing(rest: float, edges: Sequence[NodeWeight]) -> dict[str, float]:
    """The weights of nodes that share ``rest`` as they do now, moved into the standard's ranges where these allow that."""
    names = [edge.node_id for edge in edges]
    now, low, high = (np.array([getattr(edge, name) for edge in edges]) for name in ("weight", "weight_min", "weight_max"))
    if rest <= _SLACK or now.sum() <= 0:
        return dict.fromkeys(names, 0.0)
    shares = now / now.sum()
    with suppress(UsageError):
        shares = project_to_ranges(shares, low / rest, high / rest)
    return dict(zip(names, (rest * shares).tolist(), strict=True))


def _require_possible(name: str, value: float, rule: Rule) -> None:
    if rule.method == "rate" and not 0 <= value <= 1:
        raise UsageError(f"--value {name}: expected a share between 0 and 1 like 0.97, found {value:g}")
    if rule.method != "change" and value < 0:
        raise UsageError(f"--value {name}: expected a number of at least 0, found {value:g}")


def _moved(name: str, rule: Rule, requirement: float, acceptable: float | None) -> Rule:
    limit = rule.acceptable if acceptable is None else acceptable
    if rule.scoring_class == ZERO_TOLERANCE_CLASS:
        if acceptable is not None:
            raise UsageError(f"--target {name}: zero tolerance has no acceptable limit")
        return replace(rule, requirement=requirement)
    if limit is None:
        raise UsageError(f"--target {name}: it has no acceptable limit; give one: --target {name}={requirement:g}:LIMIT")
    try:
        check_anchors(requirement, limit, rule.direction, f"--target {name}")
    except UsageError as error:
        raise UsageError(f"{error}; give a limit of its own: --target {name}={requirement:g}:LIMIT") from None
    return replace(rule, requirement=requirement, acceptable=limit)


def _far_below(rule: Rule) -> float:
    """A value that scores 0 on the scoring line, of an indicator without a value."""
    assert rule.requirement is not None
    limit = rule.requirement if rule.acceptable is None else rule.acceptable
    return rule.requirement + 3 * (limit - rule.requirement)
