"""From a score to what it rests on, in words: formula, value, counts, SQL, decisions, rows. Reads the released layer only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.explain.sql import countings
from pipeline.explain.sums import CURRENT, counted_in, sums_of
from pipeline.settings.suggestions import did_you_mean
from schemas.contract import TABLES
from schemas.standard.catalogue import Indicator, catalogue
from schemas.standard.parameters import parameters
from schemas.standard.tree import nodes

_MODELS = Path(__file__).resolve().parents[2] / "dbt_project" / "models"
_LEFT_OUT = ("refused", "deduplicated", "out_of_scope", "excluded")
_DIGITS = 6


@dataclass(frozen=True)
class Publication:
    """What readers see of a published quarter."""

    folder: Path
    quarter: Quarter

    def table(self, name: str) -> pl.DataFrame:
        """A released table; raises UsageError where an earlier version published none."""
        path = self.folder / f"{name}.parquet"
        if not path.is_file():
            raise UsageError(f"{self.quarter} was published without the table {name}: run it again")
        return pl.read_parquet(path)

    @cached_property
    def scores(self) -> pl.DataFrame:
        return self.table("scores")

    @cached_property
    def values(self) -> pl.DataFrame:
        return self.table("indicator_values").filter(scope_type="enterprise")

    def choice(self, key: str, otherwise: str) -> str:
        """A choice of the run, as run_info records it."""
        found = self.table("run_info").filter(pl.col("key") == key)["value"]
        return str(found[0]) if len(found) else otherwise


@dataclass(frozen=True)
class Asked:
    """Whose score is explained: a node or indicator of an enterprise and period; ``command`` is the call that lists the records."""

    enterprise_id: str
    period: str
    node_id: str
    command: str

    @classmethod
    def checked(cls, publication: Publication, enterprise_id: str, period: str | None, node_id: str | None, lake: str) -> Asked:
        """Raises UsageError for an enterprise, period, node or indicator that was not published."""
        scores, period = publication.scores, period or publication.quarter.label
        for known, given, what in (
            (scores["enterprise_id"], enterprise_id, "enterprise"),
            (scores["period"], period, "period"),
        ):
            if given not in (names := sorted(known.unique())):
                raise UsageError(f"{publication.quarter} has no {what} '{given}'{did_you_mean(given, names)}")
        own = scores.filter(enterprise_id=enterprise_id, period=period)
        names = [*own["node_id"], *catalogue(publication.quarter.last_day)]
        if node_id is not None and node_id not in names:
            raise UsageError(f"there is no indicator or node '{node_id}'{did_you_mean(node_id, names)}")
        of_period = "" if period == publication.quarter.label else f" --period {period}"
        command = f"asq explain {publication.quarter} {enterprise_id} {{}} --records{of_period} --lake {lake}"
        return cls(enterprise_id, period, node_id or str(own.filter(level="total")["node_id"].item()), command)


def explained(publication: Publication, asked: Asked) -> Iterator[str]:
    """The lines that explain a score; of a node its children, of an indicator everything down to the rows."""
    known = catalogue(publication.quarter.last_day)
    own = publication.scores.filter(enterprise_id=asked.enterprise_id, period=asked.period)
    by_node = {row["node_id"]: row for row in own.iter_rows(named=True)}
    row = by_node.get(asked.node_id)
    yield f"{asked.enterprise_id} {asked.period} {_named(asked.node_id, known)}"
    if row is not None:
        yield from _score(row)
        yield from _place(row, by_node, known)
    children = [each for each in by_node.values() if each["parent_id"] == asked.node_id]
    if children:
        yield from _children(asked.node_id, by_node, children, known)
        yield f"  further: {asked.command.format(children[0]['node_id']).replace(' --records', '')}"
        return
    yield from _indicator(publication, asked, known[asked.node_id])


def _named(node_id: str, known: Mapping[str, Indicator]) -> str:
    if node_id in known:
        return f"{node_id} {known[node_id].name_zh}  {known[node_id].name_en}"
    node = nodes().get(node_id)
    return f"{node_id} {node.name_zh}  {node.name_en}" if node else node_id


def _score(row: Mapping[str, Any]) -> Iterator[str]:
    flags = f" ({', '.join(row['flags'])})" if row["flags"] else ""
    provisional = ", provisional" if row["is_provisional"] else ""
    yield f"  score: {_number(row['score'])}{provisional}{flags}"
    if row["lost_points"] is not None and row["level"] != "total":
        yield f"  costs {_number(row['lost_points'])} points of the total"
    if row["scored_coverage"] is not None and row["level"] != "indicator":
        yield f"  {row['scored_coverage']:.2%} of its weight has a score"


def _place(row: Mapping[str, Any], by_node: Mapping[str, Mapping[str, Any]], known: Mapping[str, Indicator]) -> Iterator[str]:
    """Its weight in each node above it."""
    while row["parent_id"] is not None:
        nominal = "" if row["weight"] == row["weight_nominal"] else f" (nominal {row['weight_nominal']:.4%}, redistributed)"
        yield f"  weight {row['weight']:.4%}{nominal} in {_named(row['parent_id'], known)}"
        row = by_node[row["parent_id"]]


def _children(
    node_id: str,
    by_node: Mapping[str, Mapping[str, Any]],
    children: Sequence[Mapping[str, Any]],
    known: Mapping[str, Indicator],
) -> Iterator[str]:
    """Weight × score of each child; they add up to the node's score."""
    yield "  made of: weight × score"
    total = 0.0
    for child in children:
        name = _named(child["node_id"], known)
        if child["score"] is None or not child["weight"]:
            yield f"    {child['weight']:9.4%} × {'—':>10}              {name}{_why(child)}"
            continue
        points = child["weight"] * child["score"]
        total += points
        yield f"    {child['weight']:9.4%} × {child['score']:10.6f} = {points:10.6f}  {name}"
    score = by_node[node_id]["score"]
    if score is not None:
        yield f"    {'sum':>24} = {total:10.6f}"


def _why(child: Mapping[str, Any]) -> str:
    return f" ({', '.join(child['flags'])})" if child["flags"] else ""


def _indicator(publication: Publication, asked: Asked, indicator: Indicator) -> Iterator[str]:
    found = publication.values.filter(enterprise_id=asked.enterprise_id, period=asked.period, indicator_id=indicator.indicator_id)
    if found.is_empty():
        yield "  value: none was published"
        return
    row = found.row(0, named=True)
    yield from _formula(row, indicator, publication.choice("score_method", "efficacy"))
    yield from _value(row, indicator)
    yield from _counting(indicator, row)
    yield f"  clause {indicator.clause} ({indicator.obligation}); decisions {', '.join(indicator.decisions)} (docs/decisions)"
    yield from _rows(publication, asked, indicator, row)
    if countings(indicator.indicator_id) or indicator.method in ("composite", "change"):
        yield f"  records: {asked.command.format(indicator.indicator_id)}"


def _formula(row: Mapping[str, Any], indicator: Indicator, method: str) -> Iterator[str]:
    """How the score follows from the value; see pipeline/evaluate/scores/scoring.py."""
    required, acceptable, value = row["requirement"], row["acceptable"], row["value"]
    if required is None:
        yield "  formula: no requirement, so no score; the enterprise sets one in evaluation.yaml"
        return
    at = {name: parameters()[f"score_at_{name}"].value for name in ("requirement", "acceptable")}
    sign = {"higher": "≥", "lower": "≤", "exact": "="}[indicator.direction]
    limits = f"{sign} {_in_unit(required, indicator)}" + (
        "" if acceptable is None else f", acceptable {_in_unit(acceptable, indicator)}"
    )
    yield f"  requirement: {limits}; scoring class {indicator.scoring_class}"
    if row["is_met"]:
        yield f"  formula: met, so {at['requirement']:g} points"
    elif method == "threshold":
        yield f"  formula: {at['requirement']:g} points where met, else 0"
    elif method == "proportional":
        yield f"  formula: {at['requirement']:g} × value ÷ requirement (lower is better: requirement ÷ value)"
    elif indicator.scoring_class == "f":
        yield f"  formula: no tolerance: {at['requirement']:g} points at the requirement, else 0"
    elif indicator.scoring_class == "c1":
        yield f"  formula: in steps: {at['requirement']:g} at the requirement, {at['acceptable']:g} at the acceptable limit, else 0"
    elif value is not None and acceptable is not None:
        above = at["requirement"] - at["acceptable"]
        of = value
        if indicator.direction == "exact":
            of = required - abs(value - required) if acceptable < required else required + abs(value - required)
        distance = f"({_number(of)} − {_number(acceptable)}) ÷ ({_number(required)} − {_number(acceptable)})"
        line = f"{at['acceptable']:g} + {above:g} × {distance}"
        score = at["acceptable"] + above * (of - acceptable) / (required - acceptable)
        yield f"  formula: {line} = {_number(score)}, between 0 and {at['requirement']:g}"


def _value(row: Mapping[str, Any], indicator: Indicator) -> Iterator[str]:
    if row["value"] is None:
        reason = f", {row['status_reason']}" if row["status_reason"] else ""
        yield f"  value: none ({row['status']}{reason})"
        return
    made = ""
    if row["numerator"] is not None and row["denominator"] is not None:
        made = f" = {_number(row['numerator'])} ÷ {_number(row['denominator'])}"
        made += f" ÷ {indicator.unit_divisor:g}" if indicator.unit_divisor != 1 else ""
        made += f" × {indicator.multiplier:g}" if indicator.multiplier != 1 else ""
    elif row["withheld"]:
        made = f" (what it is made of is withheld: {row['withheld']})"
    yield f"  value: {_in_unit(row['value'], indicator)} ({indicator.method}){made}"
    if row["ci_low"] is not None:
        yield f"  95 % interval: {_in_unit(row['ci_low'], indicator)} to {_in_unit(row['ci_high'], indicator)} ({row['ci_method']})"
    if row["sample_size"] is not None:
        few = f", at least {indicator.minimum_n} are needed" if row["status"] == "insufficient_sample" else ""
        yield f"  sample: {row['sample_size']:,}; status {row['status']}{few}"
    if row["is_provisional"]:
        until = f" until {row['provisional_until']}" if row["provisional_until"] else ""
        yield f"  provisional{until}: {row['provisional_reason'] or 'the period is not over'}"


def _counting(indicator: Indicator, row: Mapping[str, Any]) -> Iterator[str]:
    """The model that counts, and what of its rows."""
    yield f"  definition: {indicator.definition_zh}"
    yield f"    {indicator.definition_en}"
    paths = {path.stem: path.relative_to(_MODELS.parents[1]).as_posix() for path in _MODELS.rglob("*.sql")}
    told: dict[str, list[str]] = {}
    files: dict[str, None] = {}
    for each in sums_of(indicator, str(row["part"] or "")):
        variants = [name for name, _ in each.variants]
        for found in countings(each.indicator_id):
            if each.role == CURRENT and found.variant in variants:
                name = f"{each.indicator_id} [{found.variant}]" if found.variant else each.indicator_id
                told.setdefault(f"where {found.where}; {found.counts}", []).append(name)
                files |= dict.fromkeys(paths[model] for model in found.models if model in paths)
                files[f"dbt_project/analyses/{found.analysis}.sql (records)"] = None
    for what, names in told.items():
        yield f"  counted: {what}" if names == [indicator.indicator_id] else f"  counted: {', '.join(names)}: {what}"
    if files:
        yield f"  SQL: {', '.join(files)}"


def _rows(publication: Publication, asked: Asked, indicator: Indicator, row: Mapping[str, Any]) -> Iterator[str]:
    """Of each source table: rows delivered and counted, and what stopped the others, in the quarters of the period."""
    quarters: dict[str, list[str]] = {}
    for each in sums_of(indicator, str(row["part"] or "")):
        if each.role == CURRENT:
            labels = [of.label for of in counted_in(each.indicator_id, asked.period, CURRENT, publication.quarter)]
            for table in catalogue(publication.quarter.last_day)[each.indicator_id].source_tables:
                quarters.setdefault(table, labels)
    # Survey questions are shared by all enterprises.
    source, counted = publication.table("mart_source_rows"), publication.table("mart_counted_rows")
    cleaning = publication.table("cleaning_counts")
    for table, labels in quarters.items():
        is_shared = all(column.name != "enterprise_id" for column in TABLES[table].columns)
        own = pl.col("enterprise_id").eq_missing(None if is_shared else asked.enterprise_id)
        own &= pl.col("quarter").is_in(labels)
        clean = source.filter(own, pl.col("table_name") == table)["row_count"].sum()
        of_marts = counted.filter(own, pl.col("table_name") == table)["row_count"].sum()
        span = labels[0] if len(labels) == 1 else f"{labels[0]} to {labels[-1]}"
        left_out = cleaning.filter(own, pl.col("table") == table, pl.col("action").is_in(_LEFT_OUT))
        reasons = [
            f"{name} {rows}"
            for name, rows in left_out.group_by("action", "rule")
            .agg(pl.col("rows").sum())
            .sort("action", "rule")
            .select(pl.concat_str("action", pl.lit(" "), "rule"), "rows")
            .iter_rows()
        ]
        yield f"  rows of {table}, {span}: {clean:,} clean, {of_marts:,} in reach of the measures" + (
            f"; left out in {publication.quarter}: {', '.join(reasons)}" if reasons else ""
        )


def _in_unit(number: float, indicator: Indicator) -> str:
    """With its unit; of a rate as a number, too, because formulas and tables have that."""
    if indicator.unit == "rate":
        return f"{_number(number)} = {_number(number * 100)} %"
    return f"{_number(number)} {indicator.unit_zh}"


def _number(number: float | None) -> str:
    if number is None:
        return "—"
    text = f"{number:,.{_DIGITS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
