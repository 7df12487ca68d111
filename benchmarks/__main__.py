"""``python -m benchmarks``: the pipeline and the hand-written scripts on the same files, in the same session.

Every measurement is a separate process. For the figures see ``benchmarks/README.md``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.bars import verdicts
from benchmarks.measurements import SIZES, Bench


def main() -> None:
    """Measure and print; exit code 1 if a run fails, a bar is missed or a result differs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--size", choices=[*SIZES, "all"], default="all", help="all: small and large (default)")
    parser.add_argument(
        "--cache", type=Path, default=Path("build/benchmarks"), help="landing files and lakes (default: %(default)s)"
    )
    parser.add_argument("--repeats", type=int, default=3, help="runs of the small size (default: %(default)s)")
    parser.add_argument("--large-repeats", type=int, default=1, help="runs of the others (default: %(default)s)")
    arguments = parser.parse_args()
    cache = arguments.cache.absolute()
    cache.mkdir(parents=True, exist_ok=True)
    # A separate pseudonym key, not as a file, because the folder may lie in a git work tree; and no run history, as `asq run`
    # without DAGSTER_HOME.
    environment = {**os.environ, "ASQ_PSEUDONYM_KEY": "5e" * 32}
    environment.pop("DAGSTER_HOME", None)
    print(f"{os.cpu_count()} cores; the machine's load before: {os.getloadavg()[0]:.1f}")
    is_met = True
    bench = Bench(cache, environment)
    try:
        bench.set_up()
        for size in ["small", "large"] if arguments.size == "all" else [arguments.size]:
            SIZES[size](bench, arguments.repeats if size == "small" else arguments.large_repeats)
            is_met &= _print_agreements(size, bench)
    except subprocess.CalledProcessError as error:
        sys.exit(f"{' '.join(map(str, error.cmd))} failed with exit code {error.returncode}:\n{error.output}")
    finally:
        bench.tidy()
    is_met &= _print_bars(bench)
    sys.exit(0 if is_met else 1)


def _print_agreements(size: str, bench: Bench) -> bool:
    """The results that differ, and how many were compared; returns whether all agree."""
    different = [each for each in bench.agreements if each.different]
    compared = sum(each.compared for each in bench.agreements)
    print(f"{size}: {compared:,} values, figures and rows compared with the scripts, in {len(bench.agreements)} kinds")
    for each in different:
        print(*each.lines(), sep="\n")
    return not different


def _print_bars(bench: Bench) -> bool:
    """Every measurement, and the bars it meets or misses; returns whether all are met."""
    print(f"{'':<56}{'wall s':>8}{'CPU s':>8}{'GiB':>8}   every CPU s")
    for measurement in bench.measured.values():
        print(*measurement.lines(), sep="\n")
    judged = list(verdicts(bench.measured))
    for bar, figure, is_met in judged:
        print(f"{'met' if is_met else 'not met':<8} {bar.claim}: {figure:.2f}")
    return all(is_met for *_, is_met in judged)


if __name__ == "__main__":
    main()
