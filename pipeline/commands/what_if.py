"""``asq what-if``: what a published score would be with other weights, requirements or values, and what a score would need."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from pipeline.calendar.quarters import Quarter
from pipeline.commands.analyse import named
from pipeline.commands.options import lake_option
from pipeline.errors import UsageError
from pipeline.settings.places import existing_lake
from pipeline.settings.suggestions import hint

if TYPE_CHECKING:
    import polars as pl

    from pipeline.analyse.what_if import Changes, WhatIf
    from pipeline.evaluate.scores.score_tree import ScoredNode

_NAMED = 5
_NEEDED = ("weight_nominal", "flags")


@click.command(name="what-if")
@click.argument("quarter")
@lake_option
@click.option("--enterprise", help="Whose score it is [default: the only one].")
@click.option("--period", help="Like 2025-Q1-TTM: a period of the quarter's publication [default: the quarter].")
@click.option("--weight", "weights", metavar="NODE=WEIGHT", multiple=True, help="A weight among siblings, like O=0.4.")
@click.option(
    "--target", "targets", metavar="ID=REQUIREMENT[:LIMIT]", multiple=True, help="A requirement, like P1-1=0.97 or R4-1=6:3."
)
@click.option("--value", "values", metavar="ID=VALUE", multiple=True, help="A value in the indicator's unit, like P1-2=0.85.")
@click.option("--drop", "drops", metavar="ID", multiple=True, help="An indicator or node that does not apply.")
@click.option("--reach", metavar="TOTAL", help="What value of one indicator, each alone, reaches this total.")
def what_if(
    quarter: str,
    lake: str,
    enterprise: str | None,
    period: str | None,
    weights: Sequence[str],
    targets: Sequence[str],
    values: Sequence[str],
    drops: Sequence[str],
    reach: str | None,
) -> None:
    """Score what QUARTER published again with something changed; options may be repeated and are combined.

    Weights and targets change for all enterprises, values and drops for the one asked about. Nothing is published.

    asq what-if 2025-Q1 --lake lake --enterprise E01 --value P1-2=0.85 --weight O=0.4 --reach 97
    """
    from pipeline.analyse.what_if import Changes

    changes = Changes(
        weights={name: _number("--weight", name, text) for name, text in _pairs("--weight", weights)},
        targets={name: _target(name, text) for name, text in _pairs("--target", targets)},
        values={name: _number("--value", name, text) for name, text in _pairs("--value", values)},
        drops=tuple(dict.fromkeys(drops)),
    )
    total = None if reach is None else _number("--reach", "", reach)
    for line in _lines(lake, Quarter.parse(quarter), enterprise, period, changes, total):
        click.echo(line)


def _lines(
    lake: str, quarter: Quarter, enterprise: str | None, period: str | None, changes: Changes, reach: float | None
) -> Iterator[str]:
    published = _published(lake, quarter, period)
    if enterprise is None and len(published) > 1:
        raise UsageError(f"--enterprise: whose score? {quarter} has {', '.join(published)}")
    own = enterprise or next(iter(published))
    if own not in published:
        raise UsageError(f"{quarter} has no enterprise '{own}'{hint(own, published)}")
    changed = {name: each.changed(changes if name == own else changes.of_others()) for name, each in published.items()}
    before, after = published[own].tree(), changed[own].tree()
    totals = [{name: each.tree().score for name, each in of.items()} for of in (published, changed)]
    ranks = " → ".join(_rank(own, each) for each in totals)
    label = period or quarter.label
    yield f"{own} {label}: total {_moved(before.score, after.score)}" + (f", rank {ranks}" if len(published) > 1 else "")
    for node, now in zip(before.children, after.children, strict=True):
        yield f"  {node.node_id}  {_moved(node.score, now.score, 'no score')}  weight {node.weight:.4g} → {now.weight:.4g}"
    if after.score is None:
        yield f"  no total: {_no_total_because(after)}"
    if illegal := changed[own].illegal_weights():
        yield f"  outside the standard's ranges, so not a legal evaluation: {', '.join(illegal)}"
    yield from _lost(changed[own])
    if reach is not None:
        yield from _reached(changed[own], reach, after.score)


def _published(lake: str, quarter: Quarter, period: str | None) -> dict[str, WhatIf]:
    """Every enterprise of a publication as readers see it."""
    import polars as pl

    from pipeline.analyse.what_if import CHOICES, WhatIf
    from pipeline.settings.indicators import catalogue_frame

    place = existing_lake(lake, "published")
    if quarter not in place.published_quarters():
        raise UsageError(f"{lake}: {quarter} was not published; run `asq run {quarter}` first")
    tables: dict[str, pl.DataFrame] = {}
    for name in ("scores", "indicator_values", "run_info"):
        path = place.current(quarter) / f"{name}.parquet"
        tables[name] = pl.read_parquet(path) if path.is_file() else pl.DataFrame()
    scores, values, info = tables["scores"], tables["indicator_values"], tables["run_info"]
    choices: dict[str, Any] = dict(info.select("key", "value").iter_rows()) if "key" in info.columns else {}
    if values.is_empty() or not {*_NEEDED} <= {*scores.columns} or not {*CHOICES} <= {*choices}:
        raise UsageError(f"{lake}: {quarter} was published by a version without what this needs: run it again")
    periods = scores["period"].unique().sort().to_list()
    if (period := period or quarter.label) not in periods:
        raise UsageError(f"{quarter} has no period '{period}'{hint(period, periods)}")
    catalogue = catalogue_frame(quarter)
    return {
        name: WhatIf.of(
            scores.filter(enterprise_id=name, period=period),
            values.filter(enterprise_id=name, period=period, scope_type="enterprise"),
            choices,
            catalogue,
        )
        for name in scores.filter(period=period)["enterprise_id"].unique().sort().to_list()
    }


def _no_total_because(root: ScoredNode) -> str:
    from pipeline.evaluate.scores.score_tree import LOW_COVERAGE, NOT_RATEABLE

    if LOW_COVERAGE in root.flags:
        return f"only {root.scored_coverage:.0%} of the weight rests on measured and scored values"
    if NOT_RATEABLE in root.flags:
        return f"{root.not_applicable_share:.0%} of the weight does not apply"
    return "nothing is scored"


def _lost(what: WhatIf) -> Iterator[str]:
    from pipeline.evaluate.scores.score_tree import lost_points

    leaves = [(node, lost) for node, lost in lost_points(what.tree()) if not node.children and lost is not None and lost > 0]
    worst = sorted(leaves, key=lambda each: (-each[1], each[0].node_id))
    for node, lost in worst[:_NAMED]:
        yield f"  costs {lost:5.2f} points: {named(node.node_id)} (score {node.score:.1f})"
    if len(worst) > _NAMED:
        yield f"  and {len(worst) - _NAMED} more cost {sum(lost for _, lost in worst[_NAMED:]):.2f}"


def _reached(what: WhatIf, reach: float, total: float | None) -> Iterator[str]:
    if total is not None and total >= reach:
        yield f"  {reach:g} is reached already"
        return
    needed = list(what.needed(reach))
    enough = [each for each in needed if each.value is not None]
    yield f"  to reach {reach:g}, one of these alone:" if enough else f"  no indicator alone reaches {reach:g}"
    for each in enough:
        yield f"    {named(each.indicator_id)}: {_value(each.now)} → {_value(each.value)}"
    if rest := [each for each in needed if each.value is None]:
        best = max(rest, key=lambda each: each.best)
        yield f"    not enough alone: {len(rest)}; the best, {best.indicator_id} at its requirement, makes {best.best:.2f}"


def _value(value: float | None) -> str:
    return "no value" if value is None else f"{value:.6g}"


def _moved(before: float | None, after: float | None, without: str = "not rateable") -> str:
    said = " → ".join(without if score is None else f"{score:.2f}" for score in (before, after))
    return said if before is None or after is None else f"{said} ({after - before:+.2f})"


def _rank(own: str, totals: dict[str, float | None]) -> str:
    score = totals[own]
    scored = [each for each in totals.values() if each is not None]
    return "none" if score is None else f"{1 + sum(each > score + 1e-9 for each in scored)} of {len(scored)}"


def _pairs(option: str, given: Sequence[str]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for text in given:
        name, separator, number = text.partition("=")
        if not separator or not name.strip() or not number.strip():
            raise UsageError(f"{option} {text}: expected a name and a number like P1-1=0.97")
        if name.strip() in dict(pairs):
            raise UsageError(f"{option} {text}: {name.strip()} is given twice")
        pairs.append((name.strip(), number.strip()))
    return pairs


def _target(name: str, text: str) -> tuple[float, float | None]:
    requirement, separator, limit = text.partition(":")
    return _number("--target", name, requirement), _number("--target", name, limit) if separator else None


def _number(option: str, name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        said = f"{option} {name}".strip()
        raise UsageError(f"{said}: expected a number, found '{text}'")
    return number
