"""``python -m benchmarks``: one quarter end to end and the hand-written script on the same files, in the same session.

Every measurement is a separate process. For the figures see ``benchmarks/README.md``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.landing import asq, landing_folder, sample_cost
from benchmarks.processes import Cost, measured

QUARTER = "2025-Q1"
SMALL, LARGE = 20_000, 1_000_000
# The project's limits for one quarter end to end, after set-up.
SMALL_SECONDS = 20.0
LARGE_FACTOR, LARGE_ADDED_SECONDS, LARGE_GIB = 3.0, 20.0, 3.0
SAMPLE_SECONDS = 60.0
TOLERANCE = 1e-9

_SET_UP = "from pipeline.marts.project import manifest_path; manifest_path()"


@dataclass(frozen=True)
class Measurement:
    """Repeated runs of one command on one landing folder."""

    name: str
    costs: list[Cost]

    @property
    def median(self) -> Cost:
        """The run with the median wall time (of an even number, the slower of the middle two)."""
        return sorted(self.costs, key=lambda cost: cost.wall_seconds)[len(self.costs) // 2]

    def lines(self) -> list[str]:
        """A line for the table, and one with the median run's stages."""
        cost, walls = self.median, " ".join(f"{each.wall_seconds:.1f}" for each in self.costs)
        figures = f"{cost.wall_seconds:8.1f}{cost.cpu_seconds:8.1f}{cost.peak_gib:8.2f}"
        stages = "  ".join(f"{stage} {seconds:.1f}" for stage, seconds in cost.stages.items())
        return [f"{self.name:<44}{figures}   {walls}", *([f"    {stages}"] if len(cost.stages) > 1 else [])]


@dataclass(frozen=True)
class Agreement:
    """Comparison of the pipeline's values with those of the hand-written script."""

    compared: int
    different: int
    examples: list[str]


def small(cache: Path, repeats: int, environment: Mapping[str, str]) -> bool:
    """Measure 20,000 requests as CSV and as Parquet; returns whether all values agree."""
    measurements, agreement = [], None
    for file_format in ("csv", "parquet"):
        files = landing_folder(cache, QUARTER, SMALL, file_format, environment)
        runs, scripts = _side_by_side(files, cache, repeats, environment, with_script=file_format == "parquet")
        measurements.append(Measurement(f"asq run, 20,000 requests, {file_format}", runs))
        if scripts:
            measurements.append(Measurement("hand-written script, 20,000 requests, parquet", scripts))
            agreement = compare(cache / "lake", cache / "handwritten.parquet")
    _print_table(measurements)
    slower = max(each.median.wall_seconds for each in measurements)
    _print_bar(f"20,000 requests in at most {SMALL_SECONDS:.0f} s: {slower:.1f} s", slower <= SMALL_SECONDS)
    assert agreement is not None
    return _print_agreement(agreement)


def large(cache: Path, repeats: int, environment: Mapping[str, str]) -> bool:
    """Measure 1,000,000 requests with as many calls; returns whether all values agree."""
    files = landing_folder(cache, QUARTER, LARGE, "parquet", environment, calls=LARGE)
    runs, scripts = _side_by_side(files, cache, repeats, environment, with_script=True)
    ours = Measurement("asq run, 1,000,000 requests and calls", runs)
    by_hand = Measurement("hand-written script, the same files", scripts)
    sample = Measurement("asq sample, 1,000,000 requests", [sample_cost(files)])
    _print_table([ours, by_hand, sample])
    limit = LARGE_FACTOR * by_hand.median.wall_seconds + LARGE_ADDED_SECONDS
    wall, peak, making = ours.median.wall_seconds, ours.median.peak_gib, sample.median.wall_seconds
    _print_bar(f"1,000,000 requests in at most 3 × the script + 20 s = {limit:.1f} s: {wall:.1f} s", wall <= limit)
    _print_bar(f"peak memory of at most {LARGE_GIB:.0f} GiB: {peak:.2f} GiB", peak <= LARGE_GIB)
    _print_bar(f"a sample of 1,000,000 requests well under a minute: {making:.1f} s", making <= SAMPLE_SECONDS)
    return _print_agreement(compare(cache / "lake", cache / "handwritten.parquet"))


def _side_by_side(
    files: Path, cache: Path, repeats: int, environment: Mapping[str, str], with_script: bool
) -> tuple[list[Cost], list[Cost]]:
    """Alternate the pipeline (into a fresh lake) and the script, so that a busy machine slows both."""
    lake, output = cache / "lake", cache / "handwritten.parquet"
    run = [asq(), "run", QUARTER, "--landing", str(files), "--lake", str(lake)]
    script = [sys.executable, "-m", "benchmarks.handwritten", str(files), str(output), "--quarter", QUARTER]
    runs, scripts = [], []
    for _ in range(repeats):
        if with_script:
            scripts.append(measured(script, environment))
        shutil.rmtree(lake, ignore_errors=True)
        runs.append(measured(run, environment, progress=f"{QUARTER}: "))
    return runs, scripts


def compare(lake: Path, handwritten: Path) -> Agreement:
    """Compare every published value and share within the limit; a value on one side only counts as different."""
    key = "enterprise_id, period, scope_type, scope_id, indicator_id, variant"
    with duckdb.connect(str(lake / "warehouse.duckdb"), read_only=True) as connection:
        connection.execute(
            f"""
            create temp table compared as
            with published as (
                select {key.replace("variant", "'' as variant")}, value, within_limit_rate from indicator_values
                union all
                select {key}, value, within_limit_rate from indicator_variants
            ),
            both_sides as (
                select
                    *,
                    published.value as ours, script.value as theirs,
                    published.within_limit_rate as our_share, script.within_limit_rate as their_share
                from (select * from published where value is not null) as published
                full join read_parquet($handwritten) as script using ({key})
            )
            select
                {key}, ours, theirs,
                ours is null or theirs is null or abs(ours - theirs) > {TOLERANCE} * greatest(1, abs(theirs))
                or (our_share is null) <> (their_share is null) or abs(our_share - their_share) > {TOLERANCE} as is_different
            from both_sides
            """,
            {"handwritten": str(handwritten)},
        )
        row = connection.execute("select count(*), count_if(is_different) from compared").fetchone()
        examples = connection.execute(f"select {key}, ours, theirs from compared where is_different order by all limit 10")
        assert row is not None
        return Agreement(row[0], row[1], [" ".join(map(str, example)) for example in examples.fetchall()])


def _print_table(measurements: list[Measurement]) -> None:
    print(f"{'':<44}{'wall s':>8}{'CPU s':>8}{'GiB':>8}   every wall s")
    for measurement in measurements:
        print(*measurement.lines(), sep="\n")


def _print_bar(claim: str, is_met: bool) -> None:
    print(f"{'met' if is_met else 'not met':<8} {claim}")


def _print_agreement(agreement: Agreement) -> bool:
    print(f"{agreement.compared:,} values compared with the script, {agreement.different:,} differ by more than {TOLERANCE:g}")
    print(*agreement.examples, sep="\n", end="\n" if agreement.examples else "")
    return agreement.different == 0


def main() -> None:
    """Measure and print; exit code 1 if a run fails or a value differs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--size", choices=["small", "large", "all"], default="all")
    parser.add_argument(
        "--cache", type=Path, default=Path("build/benchmarks"), help="landing files and lakes (default: %(default)s)"
    )
    parser.add_argument("--repeats", type=int, default=3, help="runs of the small size (default: %(default)s)")
    parser.add_argument("--large-repeats", type=int, default=1, help="runs of the large size (default: %(default)s)")
    arguments = parser.parse_args()
    cache = arguments.cache.absolute()
    cache.mkdir(parents=True, exist_ok=True)
    # A separate pseudonym key, and no run history, as `asq run` without DAGSTER_HOME.
    environment = {**os.environ, "XDG_CONFIG_HOME": str(cache / "config")}
    environment.pop("DAGSTER_HOME", None)
    print(f"{os.cpu_count()} cores; the machine's load before: {os.getloadavg()[0]:.1f}")
    try:
        # Set-up: dbt's manifest is prepared once after each change of the dbt project.
        measured([sys.executable, "-c", _SET_UP], environment)
        agree = []
        if arguments.size in ("small", "all"):
            agree.append(small(cache, arguments.repeats, environment))
        if arguments.size in ("large", "all"):
            agree.append(large(cache, arguments.large_repeats, environment))
    except subprocess.CalledProcessError as error:
        sys.exit(f"{' '.join(map(str, error.cmd))} failed with exit code {error.returncode}:\n{error.output}")
    finally:
        shutil.rmtree(cache / "lake", ignore_errors=True)
    sys.exit(0 if all(agree) else 1)


if __name__ == "__main__":
    main()
