"""``asq analyse``: what a publication says of how scores moved, why and where, which analyses ran, and what could not be said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.calendar.quarters import Quarter
from pipeline.commands.options import lake_option, remember_output
from pipeline.errors import UsageError
from pipeline.settings.places import lake_at
from pipeline.settings.suggestions import did_you_mean

if TYPE_CHECKING:
    import polars as pl

_NAMED = 5
_LEAGUE, _ENTERPRISES, _ROOT_CAUSES = "analysis_league", "analysis_enterprises", "analysis_root_causes"
_TABLES = ("scores", "score_changes", "score_change_parts", "analysis_comparison", "analysis_contributions")
_RUNS = "analysis_runs"
# Why an analysis gave no result: by the reason in analysis_runs, or by its status.
_WHY = {
    "switched_off": "switched off in the evaluation plan",
    "not_offered": "not offered by this version",
    "nothing_found": "nothing was found",
    "insufficient_sample": "too few cases",
    "not_published": "nothing published before",
    "enterprise_not_evaluated": "nothing published before of this enterprise",
    "nothing_to_compare_with": "nothing published before that it could be compared with",
    "no_benchmarks": "no benchmarks.csv with a value in force",
    "no_data": "nothing delivered that it needs",
    "no_values": "no value that it needs",
}
_AGAINST = {"previous": "the period before", "year_before": "the year before"}


@click.command()
@click.argument("quarter")
@lake_option
@click.option("--enterprise", help="One enterprise only [default: all].")
@click.option("--period", help="Like 2025-Q1-TTM: a period of the quarter's publication [default: the quarter].")
@click.option(
    "--peers",
    type=click.Path(dir_okay=False),
    help="CSV to write instead: --enterprise beside the others, which have code letters.",
    callback=remember_output,
)
@click.option(
    "--drafts",
    type=click.Path(file_okay=False),
    help="Write drafts of fishbone.csv and five_whys.csv into this folder instead: what the data say of each missed indicator.",
    callback=remember_output,
)
def analyse(quarter: str, lake: str, enterprise: str | None, period: str | None, peers: str | None, drafts: str | None) -> None:
    """Print why the scores of QUARTER moved: points by indicator, places that did it, and how sure that is; and which analyses ran.

    All of it is in the tables score_changes, score_change_parts, analysis_comparison, analysis_contributions, analysis_league and
    analysis_root_causes of the warehouse. --peers is of the analysts' table analysis_enterprises, so that only the owner of the
    lake can write it.

    asq analyse 2025-Q1 --lake lake --enterprise E01 --peers E01-2025-Q1.csv

    \b
    Drafts of causes: fill in category, cause and status (fishbone.csv), why_1 … and status (five_whys.csv), put the files into the
    landing folder and run the quarter again; rows that nobody fills in are left out. Files that are there are not overwritten.
    """
    if peers is not None and drafts is not None:
        raise UsageError("--peers and --drafts write different things: call the command once for each")
    if peers is not None:
        click.echo(_write_peers(lake, Quarter.parse(quarter), enterprise, period, Path(peers)))
        return
    if drafts is not None:
        _write_drafts(lake, Quarter.parse(quarter), enterprise, period, drafts)
        return
    for line in _lines(lake, Quarter.parse(quarter), enterprise, period):
        click.echo(line)


def _write_drafts(lake: str, quarter: Quarter, enterprise: str | None, period: str | None, drafts: str) -> None:
    from pathlib import Path

    from pipeline.analyse.cause_drafts import write_drafts

    tables, period, enterprises = _published(lake, quarter, enterprise, period)
    if _ROOT_CAUSES not in tables:
        raise UsageError(f"{lake}: {quarter} was published by a version without root causes: run it again")
    rows = tables[_ROOT_CAUSES].filter(tables[_ROOT_CAUSES]["enterprise_id"].is_in(enterprises), period=period)
    for name, count in write_drafts(rows, Path(drafts)).items():
        click.echo(f"{Path(drafts) / name}: {count} rows to fill in")


def _published(
    lake: str, quarter: Quarter, enterprise: str | None, period: str | None
) -> tuple[dict[str, pl.DataFrame], str, list[str]]:
    """The released tables by name, the period, and the enterprises that were asked for; raises UsageError."""
    import polars as pl

    place = lake_at(lake)
    if quarter not in place.published_quarters():
        raise UsageError(f"{lake}: {quarter} was not published; run `asq run {quarter}` first")
    folder = place.current(quarter)
    names = (*_TABLES, _LEAGUE, _ROOT_CAUSES, _RUNS)
    tables = {name: pl.read_parquet(path) for name in names if (path := folder / f"{name}.parquet").is_file()}
    if not tables.keys() >= set(_TABLES):
        raise UsageError(f"{lake}: {quarter} was published by a version without analyses: run it again")
    scores = tables["scores"]
    period = _known("period", quarter, period or quarter.label, scores["period"])
    enterprises = scores["enterprise_id"].unique().sort().to_list()
    if enterprise is not None:
        _known("enterprise", quarter, enterprise, enterprises)
    return tables, period, [enterprise] if enterprise else enterprises


def _lines(lake: str, quarter: Quarter, enterprise: str | None, period: str | None) -> Iterator[str]:
    import polars as pl

    tables, period, enterprises = _published(lake, quarter, enterprise, period)
    scores = tables["scores"]
    for each in enterprises:
        is_own = {"enterprise_id": each, "period": period}
        of_enterprise = scores.filter(**is_own)
        (total,) = of_enterprise.filter(level="total").rows(named=True)
        yield f"{each} {period}: total {'not rateable' if total['score'] is None else format(total['score'], '.2f')}"
        leaves = of_enterprise.filter(~pl.col("node_id").is_in(of_enterprise["parent_id"].drop_nulls().implode()))
        yield from _lost(leaves)
        if _ROOT_CAUSES in tables:
            yield from _root_causes(tables[_ROOT_CAUSES].filter(**is_own))
        if _LEAGUE in tables:
            yield from _members(tables[_LEAGUE], is_own)
        for change in tables["score_changes"].filter(level="total", **is_own).iter_rows(named=True):
            yield from _change(tables, change)
        if _RUNS in tables:
            yield from _what_ran(tables[_RUNS].filter(enterprise_id=each))


def _what_ran(runs: pl.DataFrame) -> Iterator[str]:
    ran = runs.filter(status="ok")["analysis_id"].to_list()
    yield f"  analyses with a result: {', '.join(ran) or 'none'}"
    others = runs.filter(runs["status"] != "ok").group_by("status", "reason").agg("analysis_id").sort("status", "reason")
    for status, reason, names in others.iter_rows():
        yield f"  no result: {', '.join(sorted(names))}: {_WHY.get(reason or status, reason or status)}"


def _write_peers(lake: str, quarter: Quarter, enterprise: str | None, period: str | None, file: Path) -> str:
    """Write one enterprise beside the others; returns a sentence on what was written."""
    import polars as pl

    from pipeline.analyse.peers import FEWEST, letters, peers
    from pipeline.desensitize.keys import load_key
    from pipeline.lake.access_log import append, entry
    from pipeline.lake.files import private_path
    from pipeline.settings.indicators import catalogue_frame

    if enterprise is None:
        raise UsageError("--peers: for which enterprise? Name it by --enterprise")
    place = lake_at(lake)
    path = place.analyst(quarter) / f"{_ENTERPRISES}.parquet"
    if quarter not in place.published_quarters() or not path.is_file():
        raise UsageError(f"{lake}: {quarter} has no {_ENTERPRISES} that this user can read: run `asq run {quarter}` first")
    append(place, [entry("asq analyse", "read", zone="analyst", quarter=quarter.label, tables=[_ENTERPRISES])])
    table = pl.read_parquet(path)
    period = _known("period", quarter, period or quarter.label, table["period"])
    table = table.filter(period=period)
    names = table["enterprise_id"].unique().sort().to_list()
    _known("enterprise", quarter, enterprise, names)
    if len(names) < FEWEST:
        raise UsageError(
            f"{period} has {len(names)} enterprises: under code letters they would know each other, so that no file is written for "
            f"fewer than {FEWEST}"
        )
    codes = letters(load_key().hmac_key, quarter.label, period, enterprise, [each for each in names if each != enterprise])
    rows = peers(table, catalogue_frame(quarter), enterprise, codes)
    with private_path(file) as temporary:
        rows.write_csv(temporary, include_bom=True)
    measures = rows.select("kind", "measure_id").n_unique()
    by = f"{measures} measure{'' if measures == 1 else 's'}"
    return f"{file}: {enterprise} beside {len(codes)} others by {by}; their letters are of this file only"


def _known(what: str, quarter: Quarter, name: str, names: Iterable[str]) -> str:
    known = sorted(set(names))
    if name not in known:
        raise UsageError(f"{quarter} has no {what} '{name}'{did_you_mean(name, known)}")
    return name


def _lost(leaves: pl.DataFrame) -> Iterator[str]:
    worst = leaves.filter(leaves["lost_points"] > 0).sort("lost_points", "node_id", descending=[True, False])
    for row in worst.head(_NAMED).iter_rows(named=True):
        yield f"  costs {row['lost_points']:5.2f} points: {named(row['node_id'])} (score {row['score']:.1f})"
    if worst.height > _NAMED:
        yield f"  and {worst.height - _NAMED} more cost {worst['lost_points'].slice(_NAMED).sum():.2f}"


def _root_causes(rows: pl.DataFrame) -> Iterator[str]:
    """Of the values that miss their requirement: the members that are worse than the rest, those that lose most first."""
    worse = rows.filter(finding="worse").sort("lost", "indicator_id", "dimension", "member", descending=[True, False, False, False])
    for row in worse.head(_NAMED).iter_rows(named=True):
        share = "" if row["shortfall_share"] is None else f", {row['shortfall_share']:.0%} of the shortfall"
        missed = f"{named(row['indicator_id'])} {row['total_value']:.4g} misses {row['requirement']:.4g}"
        yield f"  {missed}: {row['dimension']} {row['member']} {row['value']:.4g}{share} (q {row['q_value']:.2g})"
    if worse.height > _NAMED:
        yield f"  and {worse.height - _NAMED} more members are worse than the rest of a missed indicator"
    missed_count = rows["indicator_id"].n_unique()
    spread = rows.filter(indicator_finding="not_distinguishable")["indicator_id"].n_unique()
    if missed_count:
        yield f"  {missed_count} indicators miss their requirement; of {spread} the places cannot be told apart"


def _members(league: pl.DataFrame, is_own: dict[str, str]) -> Iterator[str]:
    """The members of the league tables that differ from the rest of the enterprise, the surest first."""
    import polars as pl

    tested = league.filter(pl.col("finding").is_not_null(), **is_own)
    for finding in ("worse", "better"):
        found = tested.filter(finding=finding).sort("q_value", "dimension", "member", "indicator_id")
        for row in found.head(_NAMED).iter_rows(named=True):
            bounds = f"{row['difference_low']:+.4g} to {row['difference_high']:+.4g}, q {row['q_value']:.2g}"
            outside = "" if row["flag"] in (None, "within") else f", {row['flag']} the funnel limits"
            place = f"{row['dimension']} {row['member']}"
            values = f"{row['value']:.4g}, {row['difference']:+.4g} ({bounds})"
            yield f"  {finding} than the rest: {place}: {named(row['indicator_id'])} {values}{outside}"
        if found.height > _NAMED:
            yield f"  and {found.height - _NAMED} more {finding} than the rest"
    if tested.height:
        compared = f"{tested.height} values of members were compared with the rest"
        yield f"  {compared}; at most 5 % of the findings are expected to be false"


def _change(tables: Mapping[str, pl.DataFrame], change: dict[str, object]) -> Iterator[str]:
    import polars as pl

    against = f"{change['compared_period']}, {_AGAINST[str(change['against'])]}"
    if change["status"] != "ok":
        yield f"  against {against}: not compared: {change['status']}"
        return
    causes = ("values", "value_points"), ("weights", "weight_points"), ("came", "entry_points"), ("left", "exit_points")
    split = ", ".join(f"{name} {change[column]:+.2f}" for name, column in causes)
    yield f"  against {against}: {change['score_before']:.2f} {change['change']:+.2f} ({split})"
    key = {name: change[name] for name in ("enterprise_id", "period", "against")}
    own = tables["score_change_parts"].filter(pl.col("change_points") != 0, node_id=change["node_id"], **key)
    largest = own.sort(pl.col("change_points").abs(), "indicator_id", descending=[True, False]).head(_NAMED)
    for row in largest.iter_rows(named=True):
        moved = " → ".join("—" if row[name] is None else f"{row[name]:.1f}" for name in ("score_before", "score"))
        yield f"    {row['change_points']:+6.2f} points: {named(row['indicator_id'])} ({moved})"
        yield from _places(tables["analysis_contributions"], key, row["indicator_id"])
    if own.height > _NAMED:
        yield f"    and {own.height - _NAMED} more: {sum(own['change_points']) - sum(largest['change_points']):+.2f}"
    tested = tables["analysis_comparison"].filter(pl.col("finding").is_not_null(), **key)
    for finding in ("better", "worse"):
        for row in tested.filter(finding=finding).sort("q_value", "scope_type", "scope_id", "indicator_id").iter_rows(named=True):
            where = "" if row["scope_type"] == "enterprise" else f" {row['scope_type']} {row['scope_id']}"
            values = f"{row['value_before']:.4g} → {row['value']:.4g}"
            yield f"    {finding}{where}: {named(row['indicator_id'])} {values} (q {row['q_value']:.2g})"
    yield f"    {tested.height} differences were tested; at most 5 % of the findings are expected to be false"


def _places(split: pl.DataFrame, key: dict[str, object], indicator: str) -> Iterator[str]:
    """The places that did most of an indicator's change, where a test carries it."""
    import polars as pl

    found = split.filter(pl.col("q_value") <= 0.05, indicator_id=indicator, **key).sort("q_value", "dimension", "member")
    for row in found.head(_NAMED).iter_rows(named=True):
        yield (
            f"      {row['dimension']} {row['member']}: {row['rate_effect']:+.4g} of {row['change']:+.4g} "
            f"({row['rate_effect_low']:+.4g} to {row['rate_effect_high']:+.4g}, q {row['q_value']:.2g})"
        )


def named(indicator: str) -> str:
    """An indicator's id and name."""
    from schemas.standard.catalogue import catalogue_rows

    # Of several versions the newest is the last.
    names = {each.indicator_id: each.name_zh for each in catalogue_rows()}
    return f"{indicator} {names.get(indicator, '')}".rstrip()
