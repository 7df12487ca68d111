"""What a lake published, read as bytes so that two runs can be compared, and what a run must not leave behind."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake


def current(lake: Path, quarter: str) -> Path:
    """The folder of everything that the run made which is published for a quarter."""
    return Lake(lake).analyst(Quarter.parse(quarter))


def released(run: Path) -> Path:
    """The folder of what readers see of a run, by the folder of everything that it made."""
    return run.parents[2] / "published" / "runs" / run.name


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def published_contents(lake: Path) -> dict[str, bytes]:
    """Everything that readers and analysts of a lake reach: both layers of the current run of each quarter."""
    return {
        f"{layer.parents[1].name}/{quarter}/{name}": data
        for quarter in Lake(lake).published_quarters()
        for run in [current(lake, quarter.label)]
        for layer in (run, released(run))
        for name, data in contents(layer).items()
    }


def without_run_id(run: Path) -> dict[str, bytes]:
    """The bytes of every file of both layers of a run, its run id taken out; the released ones are named ``released/…``.

    A table without a run id stays as it was written; the others are written anew without that column.
    """
    return {
        f"{prefix}{path.relative_to(layer).as_posix()}": _table_without(path, run.name)
        if path.suffix == ".parquet"
        else path.read_bytes().replace(run.name.encode(), b"")
        for prefix, layer in (("", run), ("released/", released(run)))
        for path in sorted(layer.rglob("[!.]*"))
        if path.is_file()
    }


# A lake says how many rows belong to quarters that were run in it, and to others; two of the tables count the lines of that one.
OF_THE_LAKE = sorted(
    f"{layer}{name}.parquet" for layer in ("", "released/") for name in ("anonymity", "privacy_scan", "row_reconciliation")
)

# What is compared with earlier publications differs if there are others (D-120): the analyses, the page that tells them, and the
# records of what was scanned and released, which count their rows.
OF_EARLIER_PUBLICATIONS = sorted(
    {
        *("analysis_comparison.parquet", "analysis_contributions.parquet", "score_changes.parquet", "score_change_parts.parquet"),
        *("analysis_runs.parquet", "released/analysis_runs.parquet"),
        *("analysis_pareto.parquet", "released/analysis_pareto.parquet"),
        *("analysis_overlaps.parquet", "released/analysis_overlaps.parquet", "indicator_months.parquet"),
        "analysis_run_charts.parquet",
        *("analysis_trends.parquet", "released/analysis_trends.parquet"),
        *("released/analysis_comparison.parquet", "released/score_changes.parquet", "released/score_change_parts.parquet"),
        *(f"{layer}{name}.parquet" for layer in ("", "released/") for name in ("anonymity", "privacy_scan")),
        *("released/claims.parquet", "released/report/E1/management.zh.html", "released/report/E1/public.zh.html"),
    }
)


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """The names of files that are not the same in both."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def leftovers(lake: Path) -> list[str]:
    """What a finished run must not leave behind: folders of runs under way, scratch databases, temporary files."""
    return sorted(
        path.relative_to(lake).as_posix()
        for pattern in ("published/runs/.*", "published/current/.*", "analyst/runs/.*", "scratch/*", "**/.*.tmp")
        for path in lake.glob(pattern)
    )


def _table_without(path: Path, run_id: str) -> bytes:
    table = pl.read_parquet(path)
    if "run_id" not in table.columns:
        return path.read_bytes()
    assert table["run_id"].unique().to_list() in ([], [run_id]), f"{path}: not only rows of its own run"
    table = table.drop("run_id")
    if path.stem == "run_info":
        table = table.filter(pl.col("key") != "run_id")
    written = io.BytesIO()
    table.write_parquet(written)
    return written.getvalue()
