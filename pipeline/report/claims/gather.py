"""The facts of an enterprise and period, read from the released tables of a run. Nothing is measured or tested here.

What is missed or has moved beyond chance is decided by published intervals and corrected tests: a requirement by
``is_distinguishable``, a value by ``analysis_comparison``, a place by ``analysis_league``, a total by the range of
``analysis_robustness`` (D-136).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from pipeline.report.claims.facts import CodeOrNumber, Fact, Reads, Source, Subject
from pipeline.report.model.run_tables import RunTables
from pipeline.report.parts.scores import is_rateable, place_of

FIRM, CHANCE, UNTESTED, OTHERS = "firm", "chance", "untested", "others"
MET, MISSED, IN_DOUBT, NOT_TESTED = "met", "missed", "in_doubt", "not_tested"
BETTER, WORSE, UNDECIDED = "better", "worse", "not_distinguishable"
OPEN = "open"
NAMED = 4
"""How many indicators a list in a sentence names."""
DIMENSIONS = ("region", "outlet", "channel", "product_category")

_INCIDENTS = "incidents"
# Points that are printed as 0.00 are not worth a sentence.
_VISIBLE = 0.005

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Gathered:
    """What is known of an enterprise in a period of the run: ``2025-Q1``, ``2025-Q1-YTD``, ``2025-Q1-TTM``."""

    tables: RunTables
    enterprise_id: str
    period: str

    def subjects(self) -> Iterator[Subject]:
        """Every subject that a rule may speak of."""
        yield self.enterprise
        yield from self.changes
        yield from self.nodes
        yield from self.indicators
        yield from self.members
        yield from self.correlations
        yield from self.benchmarks
        yield from self.rules

    # --- the enterprise -------------------------------------------------------------------------------------------------

    @cached_property
    def enterprise(self) -> Subject:
        total = self._source("scores", level="total")
        root = self.root
        facts = {
            "total": Fact(root["score"] if self.is_scored else None, total("score")),
            "is_scored": Fact(self.is_scored),
            "grade": Fact(root["grade"], total("grade")),
            "coverage": Fact(root["scored_coverage"], total("scored_coverage")),
            **self._verdict_counts(),
            **self._ranges(),
            **self._provisional(),
            **self._deliveries(),
            **self._rule_counts(),
        }
        facts["next_priorities"] = Fact(
            items=tuple({"indicator": each.facts["indicator"], "lost": each.facts["lost"]} for each in self.priorities[1:NAMED])
        )
        return Subject("enterprise", self.enterprise_id, facts)

    @cached_property
    def is_scored(self) -> bool:
        """Whether there is a total that may be shown."""
        return self.root["score"] is not None and is_rateable(self.root)

    @cached_property
    def root(self) -> Row:
        return self._only("scores", level="total")

    def _verdict_counts(self) -> dict[str, Fact]:
        counted = self._source("indicator_values", "count", scope_type="enterprise")
        values = self.values.values()
        return {
            "met": Fact(sum(row["is_met"] is True for row in values), counted(is_met=True)),
            "missed": Fact(sum(row["is_met"] is False for row in values), counted(is_met=False)),
            "within_chance": Fact(
                sum(row["is_met"] is False and row["is_distinguishable"] is False for row in values),
                counted(is_met=False, is_distinguishable=False),
            ),
            "firmly_missed": Fact(sum(each.facts["verdict"].value == MISSED for each in self.indicators)),
        }

    def _ranges(self) -> dict[str, Fact]:
        facts: dict[str, Fact] = {}
        for source, name in (("values", ""), ("weights", "weights_"), ("choices", "choices_")):
            row = self._maybe("analysis_robustness", level="total", source=source)
            at = self._source("analysis_robustness", level="total", source=source)
            if row is None:
                continue
            facts[f"{name}low"] = Fact(row["score_low"], at("score_low"))
            facts[f"{name}high"] = Fact(row["score_high"], at("score_high"))
            if source == "values":
                facts["range_status"] = Fact("ok" if row["score_low"] is not None else row["status"])
            if source == "weights":
                facts |= {column: Fact(row[column], at(column)) for column in ("rank", "ranked", "rank_low", "rank_high")}
                facts["is_rank_firm"] = Fact(None if row["rank_low"] is None else row["rank_low"] == row["rank_high"])
        return facts

    def _provisional(self) -> dict[str, Fact]:
        """How many values are provisional, and the last day on which that ends for any of them."""
        ends = {name: _end(row["provisional_until"]) for name, row in self.values.items() if row["is_provisional"]}
        days = [(day, name) for name, day in ends.items() if isinstance(day, dt.date)]
        counted = self._source("indicator_values", "count", scope_type="enterprise")
        facts = {
            "provisional": Fact(len(ends), counted(is_provisional=True)),
            "is_open": Fact(any(day == OPEN for day in ends.values())),
        }
        if days:
            day, name = max(days)
            facts["provisional_until"] = Fact(day, self._value_source(name)("provisional_until"))
        return facts

    def _deliveries(self) -> dict[str, Fact]:
        rows = self.tables.accounts.filter(enterprise_id=self.enterprise_id)
        keys = {"enterprise_id": self.enterprise_id, "quarter": self.tables.quarter.label}
        return {
            name: Fact(int(rows[name].sum()), Source("row_accounting_by_enterprise", keys, name, "sum"))
            for name in ("extracted", "accepted", "quarantined")
        }

    def _rule_counts(self) -> dict[str, Fact]:
        # Rules are checked once a quarter, whatever the period.
        found = self._rule_rows["result"].to_list()
        keys = {"enterprise_id": self.enterprise_id, "period": self.tables.quarter.label}
        named = {"passed": "pass", "failed": "fail", "partial": "partial", "without_record": "no_data"}
        return {
            f"rules_{name}": Fact(found.count(result), Source("rule_results", {**keys, "result": result}, reads="count"))
            for name, result in named.items()
        }

    # --- the total against earlier periods ------------------------------------------------------------------------------

    @cached_property
    def changes(self) -> tuple[Subject, ...]:
        """The total against the previous period and the year before, as far as the period has them; the former first."""
        rows = {row["against"]: row for row in self._rows("score_changes", level="total")}
        compared = [against for against in ("previous", "year_before") if against in rows]
        first = next((against for against in compared if rows[against]["change"] is not None), None)
        return tuple(self._change(rows[name], place, name == first) for place, name in enumerate(compared, start=1))

    def _change(self, row: Row, place: int, is_first: bool) -> Subject:
        at = self._source("score_changes", level="total", against=row["against"])
        facts = {
            "against": Fact(row["against"]),
            "period_before": Fact(row["compared_period"], at("compared_period")),
            "status": Fact(row["status"]),
            "is_first": Fact(is_first),
            "place_in_order": Fact(place),
        }
        if row["change"] is not None and self.is_scored:
            moved = row["change"]
            facts |= {
                "direction": Fact("same" if abs(moved) < _VISIBLE else "up" if moved > 0 else "down"),
                "firmness": self._firmness(row),
                "before": Fact(row["score_before"], at("score_before")),
                "change": Fact(moved, at("change")),
                "causes": Fact(items=tuple(self._causes(row))),
                **{
                    name: Fact(row[name], at(name))
                    for name in ("value_points", "weight_points", "entry_points", "exit_points")
                    if abs(row[name]) >= _VISIBLE
                },
            }
        return Subject("change", row["against"], facts)

    def _firmness(self, row: Row) -> Fact:
        """Whether the sampling ranges of both totals lie apart, and values moved the way the total did (D-136)."""
        root = self.root["node_id"]
        own = self.enterprise.facts
        low, high = own.get("low", Fact()).value, own.get("high", Fact()).value
        at = self._source("analysis_robustness", "basis", level="total", source="values")("score_low")
        if not isinstance(low, float) or not isinstance(high, float):
            return Fact(UNTESTED, at)
        moved = row["change"]
        room = row["score"] - low if moved > 0 else high - row["score"]
        before = room
        if self._is_one_quarter:
            keys = {"period": self.tables.quarter.label, "node_id": root, "quarter": row["compared_period"][: len("2025-Q1")]}
            own_rows = self.tables.released("analysis_trends").filter(enterprise_id=self.enterprise_id, **keys)
            earlier = next(own_rows.iter_rows(named=True), None)
            if earlier is None or earlier["score_low"] is None:
                return Fact(UNTESTED, at)
            at = Source("analysis_trends", {"enterprise_id": self.enterprise_id, **keys}, "score_low", "basis")
            before = earlier["score_high"] - earlier["score"] if moved > 0 else earlier["score"] - earlier["score_low"]
        # The range of an earlier longer period is not in the run: it is taken to be as wide as this one's.
        if abs(moved) <= max(room, 0.0) + max(before, 0.0):
            return Fact(CHANCE, at)
        return Fact(FIRM if row["value_points"] * moved > 0 else OTHERS, at)

    @property
    def _is_one_quarter(self) -> bool:
        """The quarter, or the year to the end of a first quarter, which is the same."""
        quarter = self.tables.quarter
        return self.period == quarter.label or (quarter.number == 1 and self.period == f"{quarter.label}-YTD")

    def _causes(self, change: Row) -> Iterator[dict[str, Fact]]:
        root = self.root["node_id"]
        rows = [
            row
            for row in self._rows("score_change_parts", node_id=root, against=change["against"])
            if abs(row["change_points"]) >= _VISIBLE
        ]
        for row in sorted(rows, key=lambda each: (-abs(each["change_points"]), each["indicator_id"]))[:NAMED]:
            name = row["indicator_id"]
            at = self._source("score_change_parts", node_id=root, against=change["against"], indicator_id=name)
            yield {
                "indicator": Fact(name, at("indicator_id")),
                "points": Fact(row["change_points"], at("change_points")),
                "proof": Fact(self._proof(name, row, change["against"])),
            }

    def _proof(self, indicator_id: str, part: Row, against: str) -> str:
        """What the corrected test says of an indicator that moved a score: membership needs none."""
        if part["membership"] != "both":
            return str(part["membership"])
        finding = self._compared.get((indicator_id, against), {}).get("finding")
        return CHANCE if finding == UNDECIDED else FIRM if finding in (BETTER, WORSE) else UNTESTED

    # --- dimensions -----------------------------------------------------------------------------------------------------

    @cached_property
    def nodes(self) -> tuple[Subject, ...]:
        """The four dimensions, the one that costs the total most points first."""
        rows = [row for row in self._rows("scores", level="dimension") if row["score"] is not None and is_rateable(row)]
        total = self._source("scores", level="total")("lost_points")
        found = []
        for place, row in enumerate(sorted(rows, key=lambda each: (-(each["lost_points"] or 0.0), each["node_id"])), start=1):
            at = self._source("scores", level="dimension", node_id=row["node_id"])
            facts = {
                "node": Fact(row["node_id"], at("node_id")),
                "score": Fact(row["score"], at("score")),
                "lost": Fact(row["lost_points"], at("lost_points")),
                "total_lost": Fact(self.root["lost_points"] if self.is_scored else None, total),
                "place_in_order": Fact(place),
            }
            found.append(Subject("node", row["node_id"], facts))
        return tuple(found)

    # --- indicators -----------------------------------------------------------------------------------------------------

    @cached_property
    def indicators(self) -> tuple[Subject, ...]:
        """Every measured indicator of the enterprise, in the standard's order."""
        scored = {row["node_id"]: row for row in self._rows("scores") if row["level"] == "indicator"}
        verdicts = {name: _verdict(row) for name, row in self.values.items() if row["value"] is not None}
        lost = {name: (scored.get(name) or {}).get("lost_points") or 0.0 for name in verdicts}
        weight = {name: _weight(name, self._tree) for name in verdicts}
        order = {
            "priority": _places(lost, [name for name in verdicts if verdicts[name] == MISSED and lost[name] >= _VISIBLE]),
            "doubt": _places(lost, [name for name in verdicts if verdicts[name] == IN_DOUBT and lost[name] >= _VISIBLE]),
            "strength": _places(weight, [name for name in verdicts if verdicts[name] == MET and name in scored]),
            "moved": _places(weight, [name for name in verdicts if self._moved(name)]),
        }
        return tuple(
            Subject("indicator", name, self._indicator(name, verdicts[name], scored.get(name)) | _ordered(order, name))
            for name in verdicts
        )

    @cached_property
    def priorities(self) -> tuple[Subject, ...]:
        """The requirements that are missed by more than chance, the one that costs the total most points first."""
        return tuple(sorted((each for each in self.indicators if each.order("priority")), key=lambda each: each.order("priority")))

    def _indicator(self, name: str, verdict: str, scored: Row | None) -> dict[str, Fact]:
        row, at = self.values[name], self._value_source(name)
        facts = {
            "indicator": Fact(name, at("indicator_id")),
            "value": Fact(row["value"], at("value"), name),
            "n": Fact(row["sample_size"], at("sample_size")),
            "low": Fact(row["ci_low"], at("ci_low"), name),
            "high": Fact(row["ci_high"], at("ci_high"), name),
            "requirement": Fact(row["requirement"], at("requirement"), name),
            "verdict": Fact(verdict),
            "lost": Fact(
                None if scored is None else scored["lost_points"],
                self._source("scores", level="indicator", node_id=name)("lost_points"),
            ),
        }
        if name in self._incidents:
            at = self._source("indicator_variants", indicator_id=name, variant=_INCIDENTS)
            facts["incidents"] = Fact(self._incidents[name], at("value"))
        if moved := self._moved(name):
            of_change = self._source("analysis_comparison", scope_type="enterprise", indicator_id=name, against=moved["against"])
            facts |= {
                "finding": Fact(moved["finding"], of_change("finding")),
                "period_before": Fact(moved["compared_period"], of_change("compared_period")),
                "value_before": Fact(moved["value_before"], of_change("value_before"), name),
                "change": Fact(moved["difference"], of_change("difference"), name),
            }
        if place := self._worst_place(name):
            facts |= {
                "place": place.facts["place"],
                "place_value": place.facts["value"],
                "place_n": place.facts["n"],
                "place_difference": place.facts["difference"],
                "place_side": place.facts["side"],
            }
        return facts | {"is_placed": Fact("place" in facts)}

    def _moved(self, name: str) -> Row | None:
        """A change of an indicator that the corrected test carries, against the previous period if there is one."""
        for against in ("previous", "year_before"):
            row = self._compared.get((name, against))
            if row and row["finding"] in (BETTER, WORSE):
                return row
        return None

    def _worst_place(self, name: str) -> Subject | None:
        """Where an indicator is worst by more than chance: the place whose corrected test is clearest."""
        worse = [each for each in self.members if each.facts["indicator"].value == name and each.facts["finding"].value == WORSE]
        return min(worse, key=lambda each: each.order("place_in_order"), default=None)

    # --- places, correlations, benchmarks, rules ------------------------------------------------------------------------

    @cached_property
    def members(self) -> tuple[Subject, ...]:
        """Regions, outlets, channels and product categories that differ from the rest by more than chance, the clearest first."""
        rows = [row for row in self._rows("analysis_league") if row["finding"] in (BETTER, WORSE)]
        rows.sort(key=lambda row: (row["q_value"], row["indicator_id"], DIMENSIONS.index(row["dimension"]), row["member"]))
        found = []
        for place, row in enumerate(rows, start=1):
            name = row["indicator_id"]
            keys = {"indicator_id": name, "dimension": row["dimension"], "member": row["member"]}
            at = self._source("analysis_league", **keys)
            facts = {
                "indicator": Fact(name, at("indicator_id")),
                "place": Fact(row["member"], at("member"), row["dimension"]),
                "dimension": Fact(row["dimension"]),
                "value": Fact(row["value"], at("value"), name),
                "n": Fact(row["n"], at("n")),
                "low": Fact(row["ci_low"], at("ci_low"), name),
                "high": Fact(row["ci_high"], at("ci_high"), name),
                "difference": Fact(row["difference"], at("difference"), name),
                "side": Fact("above" if row["difference"] > 0 else "below"),
                "rank": Fact(row["rank"], at("rank")),
                "rank_low": Fact(row["rank_low"], at("rank_low")),
                "rank_high": Fact(row["rank_high"], at("rank_high")),
                "finding": Fact(row["finding"], at("finding")),
                "place_in_order": Fact(place),
            }
            found.append(Subject("member", f"{name}:{row['dimension']}:{row['member']}", facts))
        return tuple(found)

    @cached_property
    def correlations(self) -> tuple[Subject, ...]:
        found = []
        for row in self._rows("analysis_correlation"):
            pair = {"unit": row["unit"], "x_measure": row["x_measure"], "y_measure": row["y_measure"], "method": row["method"]}
            at = self._source("analysis_correlation", **pair)
            facts = {
                "x": Fact(row["x_measure"], at("x_measure")),
                "y": Fact(row["y_measure"], at("y_measure")),
                "method": Fact(row["method"]),
                "estimate": Fact(row["estimate"], at("estimate")),
                "low": Fact(row["ci_low"], at("ci_low")),
                "high": Fact(row["ci_high"], at("ci_high")),
                "n": Fact(row["n"], at("n")),
                "finding": Fact(row["finding"], at("finding")),
            }
            found.append(Subject("correlation", ":".join(pair.values()), facts))
        return tuple(found)

    @cached_property
    def benchmarks(self) -> tuple[Subject, ...]:
        found = []
        for row in self._rows("analysis_benchmarks"):
            name = row["indicator_id"]
            at = self._source("analysis_benchmarks", indicator_id=name, scope=row["scope"], source=row["source"])
            facts = {
                "indicator": Fact(name, at("indicator_id")),
                "value": Fact(row["value"], at("value"), name),
                "benchmark": Fact(row["benchmark"], at("benchmark"), name),
                "gap": Fact(row["gap"], at("gap"), name),
                "side": Fact(None if row["gap"] is None else "above" if row["gap"] > 0 else "below"),
                "source": Fact(row["source"], at("source")),
                "finding": Fact(row["finding"], at("finding")),
                "is_old": Fact(bool(row["is_old"])),
            }
            found.append(Subject("benchmark", f"{name}:{row['scope']}:{row['source']}", facts))
        return tuple(found)

    @cached_property
    def rules(self) -> tuple[Subject, ...]:
        """Process rules of the quarter that are not kept, those that are broken first."""
        order = {"fail": 0, "partial": 1}
        rows = [row for row in self._rule_rows.iter_rows(named=True) if row["result"] in order]
        found = []
        for place, row in enumerate(sorted(rows, key=lambda each: (order[each["result"]], each["rule_id"])), start=1):
            keys = {"enterprise_id": self.enterprise_id, "period": self.tables.quarter.label, "rule_id": row["rule_id"]}
            facts = {
                "rule": Fact(row["rule_id"], Source("rule_results", keys, "rule_id")),
                "result": Fact(row["result"], Source("rule_results", keys, "result")),
                "place_in_order": Fact(place),
            }
            found.append(Subject("rule", row["rule_id"], facts))
        return tuple(found)

    # --- reading --------------------------------------------------------------------------------------------------------

    @cached_property
    def values(self) -> dict[str, Row]:
        """The enterprise's own values by indicator, in the standard's order."""
        rows = self._rows("indicator_values", scope_type="enterprise")
        return {row["indicator_id"]: row for row in sorted(rows, key=lambda row: place_of({"indicator_id": row["indicator_id"]}))}

    @cached_property
    def _compared(self) -> dict[tuple[str, str], Row]:
        rows = self._rows("analysis_comparison", scope_type="enterprise")
        return {(row["indicator_id"], row["against"]): row for row in rows}

    @cached_property
    def _incidents(self) -> dict[str, float]:
        """By indicator that is a rate of incidents: their number."""
        rows = self._rows("indicator_variants", variant=_INCIDENTS)
        return {row["indicator_id"]: row["value"] for row in rows if row["value"] is not None}

    @cached_property
    def _tree(self) -> dict[str, Row]:
        return {row["node_id"]: row for row in self._rows("scores")}

    @cached_property
    def _rule_rows(self) -> pl.DataFrame:
        return self.tables.rule_results.filter(enterprise_id=self.enterprise_id)

    def _rows(self, table: str, **keys: CodeOrNumber) -> list[dict[str, Any]]:
        found = self.tables.released(table).filter(enterprise_id=self.enterprise_id, period=self.period)
        return found.filter(**keys).to_dicts() if keys else found.to_dicts()

    def _maybe(self, table: str, **keys: CodeOrNumber) -> dict[str, Any] | None:
        return next(iter(self._rows(table, **keys)), None)

    def _only(self, table: str, **keys: CodeOrNumber) -> dict[str, Any]:
        (row,) = self._rows(table, **keys)
        return row

    def _value_source(self, indicator_id: str) -> _At:
        return self._source("indicator_values", scope_type="enterprise", indicator_id=indicator_id)

    def _source(self, table: str, reads: Reads = "value", **keys: CodeOrNumber) -> _At:
        return _At(table, {"enterprise_id": self.enterprise_id, "period": self.period, **keys}, reads)


@dataclass(frozen=True)
class _At:
    """Rows of a table: called with a column, or with more keys where rows are counted."""

    table: str
    keys: Mapping[str, CodeOrNumber]
    reads: Reads

    def __call__(self, column: str = "", **keys: CodeOrNumber) -> Source:
        return Source(self.table, {**self.keys, **keys}, column, self.reads)


def _verdict(row: Row) -> str:
    """Met and missed by more than chance, in doubt where the interval contains the requirement, else not tested.

    Where everything is counted, one failure misses a requirement of all: there is nothing to test. Few cases, and values whose
    interval is withheld, prove nothing.
    """
    if row["requirement"] is None or row["is_met"] is None or row["status"] != "ok":
        return NOT_TESTED
    if row["is_distinguishable"] is False:
        return IN_DOUBT
    if row["is_distinguishable"] is None and row["withheld"] is not None:
        return NOT_TESTED
    return MET if row["is_met"] else MISSED


def _end(until: str | None) -> dt.date | str:
    """The last day of ``reason:day;reason:day``; ``open`` if one of them has none."""
    days = [part.partition(":")[2] for part in (until or "").split(";") if part]
    return OPEN if not days or OPEN in days else max(dt.date.fromisoformat(day) for day in days)


def _weight(node_id: str, tree: Mapping[str, Row]) -> float:
    """The share of a node in the total: the product of the weights on the way up."""
    weight = 1.0
    while node_id in tree and tree[node_id]["parent_id"] is not None:
        weight *= tree[node_id]["weight"] or 0.0
        node_id = tree[node_id]["parent_id"]
    return weight


def _places(amounts: Mapping[str, float], names: list[str]) -> dict[str, int]:
    """Their places from the largest amount down, equal ones by name."""
    return {name: place for place, name in enumerate(sorted(names, key=lambda each: (-amounts[each], each)), start=1)}


def _ordered(order: Mapping[str, Mapping[str, int]], name: str) -> dict[str, Fact]:
    return {key: Fact(places.get(name)) for key, places in order.items()}
