"""What is measured at each size, and compared: the pipeline beside the hand-written scripts, on the same files.

The limits are in ``bars``.
"""

from __future__ import annotations

import shutil
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import bars
from benchmarks.bars import Measurement
from benchmarks.comparison import Agreement, compare, compare_full
from benchmarks.landing import asq, landing_folder, sample_cost
from benchmarks.processes import Cost, measured
from pipeline.calendar.quarters import Quarter, quarter_range
from pipeline.lake.layout import Lake

QUARTER = Quarter.parse("2025-Q1")
BACKFILLED = "2024-Q2..2025-Q1"
# Those of `make run`.
NINE = "2023-Q1..2025-Q1"
LOOKED_BACK_ON = "2023-Q2..2025-Q1"

_SET_UP = "from pipeline.marts.project import manifest_path; manifest_path()"
_IMPORTS = "import dagster, dagster_dbt, pandera.polars, polars, duckdb, pyarrow"
_DAGSTER_YAML = Path(__file__).resolve().parent.parent / "pipeline" / "dagster.yaml"


@dataclass
class Bench:
    """A session: its folder, and what it has found so far."""

    cache: Path
    environment: Mapping[str, str]
    costs: dict[str, list[Cost]] = field(default_factory=lambda: defaultdict(list))
    agreements: list[Agreement] = field(default_factory=list)

    @property
    def measured(self) -> dict[str, Measurement]:
        """By name."""
        return {name: Measurement(name, costs) for name, costs in self.costs.items()}

    @property
    def lake(self) -> Lake:
        return Lake(self.cache / "lake")

    def set_up(self) -> None:
        """dbt's manifest is prepared once after each change of the dbt project."""
        measured([sys.executable, "-c", _SET_UP], self.environment)

    def landing(self, requests: int, file_format: str = "parquet", quarters: str = QUARTER.label, calls: int = 0) -> Path:
        """The landing folder of a size."""
        return landing_folder(self.cache, quarters, requests, file_format, self.environment, calls)

    def evaluate(self, files: Path, *command: str, **variables: str) -> Cost:
        """``asq run`` of the quarter, or another command, into a fresh lake."""
        shutil.rmtree(self.lake.root, ignore_errors=True)
        chosen = command or ("run", QUARTER.label)
        return measured(
            [asq(), *chosen, "--landing", str(files), "--lake", str(self.lake.root)],
            {**self.environment, **variables},
            progress=f"{QUARTER}: ",
        )

    def script(self, module: str, files: Path, output: Path) -> Cost:
        """A hand-written script."""
        command = [sys.executable, "-m", f"benchmarks.{module}", str(files), str(output), "--quarter", QUARTER.label]
        return measured(command, self.environment, progress=f"{QUARTER}: ")

    def side_by_side(self, files: Path, run: str, script: str, full: str) -> None:
        """Both scripts and the pipeline on the same files, and everything compared that two of them give."""
        values, output = self.cache / "handwritten.parquet", self.cache / "handwritten_full"
        shutil.rmtree(output, ignore_errors=True)
        self.costs[script].append(self.script("handwritten", files, values))
        self.costs[full].append(self.script("handwritten_full", files, output))
        self.costs[run].append(self.evaluate(files))
        self.agreements = [compare(self.lake, QUARTER, values), *compare_full(self.lake, QUARTER, output)]

    def tidy(self) -> None:
        """Remove what only the comparison needed."""
        for folder in (self.lake.root, self.cache / "handwritten_full", self.cache / "dagster"):
            shutil.rmtree(folder, ignore_errors=True)


def small(bench: Bench, repeats: int) -> None:
    """The command line, quarters of 1,200 and 20,000 requests, a recorded run and a backfill."""
    quarters = quarter_range(BACKFILLED)
    several = bench.landing(1_200, quarters=BACKFILLED)
    for _ in range(repeats):
        bench.costs[bars.HELP].append(measured([asq(), "--help"], bench.environment))
        bench.costs[bars.IMPORTS].append(measured([sys.executable, "-c", _IMPORTS], bench.environment))
        bench.costs[bars.RUN_1200].append(bench.evaluate(bench.landing(1_200)))
        bench.costs[bars.RECORDED_1200].append(bench.evaluate(bench.landing(1_200), DAGSTER_HOME=_fresh_home(bench)))
        first = bench.evaluate(several, "run", quarters[0].label)
        all_of_them = bench.evaluate(several, "backfill", BACKFILLED)
        bench.costs[bars.FURTHER_1200].append(_each_further(first, all_of_them, len(quarters) - 1))
        bench.costs[bars.NINE_QUARTERS].append(_nine_quarters(bench))
        bench.costs[f"{bars.RUN_20K}, CSV"].append(bench.evaluate(bench.landing(20_000, "csv")))
        bench.side_by_side(bench.landing(20_000), bars.RUN_20K, bars.SCRIPT_20K, bars.FULL_20K)


def large(bench: Bench, repeats: int) -> None:
    """1,000,000 requests with as many calls, alone and with seven quarters before them."""
    files = bench.landing(1_000_000, calls=1_000_000)
    several = bench.landing(1_000_000, quarters=LOOKED_BACK_ON)
    bench.costs[bars.SAMPLE_1M].append(sample_cost(files))
    _with_fixed_price(bench)
    bench.costs[bars.RUN_100K].append(bench.evaluate(bench.landing(100_000, calls=100_000)))
    for _ in range(repeats):
        bench.costs[bars.LOOKING_BACK_1M].append(bench.evaluate(several))
        # Into the empty folder of the lake: there is no earlier delivery.
        bench.costs[bars.CHECK_1M].append(bench.evaluate(files, "check", QUARTER.label))
        bench.side_by_side(files, bars.RUN_1M, bars.SCRIPT_1M, bars.FULL_1M)


def huge(bench: Bench, repeats: int) -> None:
    """10,000,000 requests with as many calls."""
    files = bench.landing(10_000_000, calls=10_000_000)
    bench.costs[bars.SAMPLE_10M].append(sample_cost(files))
    _with_fixed_price(bench)
    for _ in range(repeats):
        bench.side_by_side(files, bars.RUN_10M, bars.SCRIPT_10M, bars.FULL_10M)


SIZES: Mapping[str, Callable[[Bench, int], None]] = {"small": small, "large": large, "huge": huge}


def _with_fixed_price(bench: Bench) -> None:
    """What a quarter costs with next to no rows, if it is not known yet: growth is counted from there."""
    if bars.RUN_1200 not in bench.costs:
        bench.costs[bars.RUN_1200].append(bench.evaluate(bench.landing(1_200)))


def _nine_quarters(bench: Bench) -> Cost:
    """What `make run` does once the environment and dbt's manifest are there."""
    files = bench.cache / "landing-make-run"
    shutil.rmtree(files, ignore_errors=True)
    sample = measured([asq(), "sample", str(files), "--quarters", NINE], bench.environment)
    runs = bench.evaluate(files, "backfill", NINE, DAGSTER_HOME=_fresh_home(bench))
    return Cost(
        wall_seconds=sample.wall_seconds + runs.wall_seconds,
        cpu_seconds=sample.cpu_seconds + runs.cpu_seconds,
        peak_gib=max(sample.peak_gib, runs.peak_gib),
        stages={},
    )


def _fresh_home(bench: Bench) -> str:
    home = bench.cache / "dagster"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    shutil.copy(_DAGSTER_YAML, home)
    return str(home)


def _each_further(first: Cost, all_of_them: Cost, further: int) -> Cost:
    """What one more quarter adds to the first."""
    return Cost(
        wall_seconds=(all_of_them.wall_seconds - first.wall_seconds) / further,
        cpu_seconds=(all_of_them.cpu_seconds - first.cpu_seconds) / further,
        peak_gib=all_of_them.peak_gib,
        stages={},
    )
