"""The project's limits on CPU seconds and memory, as data: what is measured is decided in ``measurements``.

CPU seconds, because those of a busy machine say the same as those of an idle one; and ratios to something measured in the same
session, because machines differ.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.processes import Cost

HELP = "asq --help"
IMPORTS = "importing the libraries"
RUN_1200 = "asq run, 1,200 requests"
RECORDED_1200 = "asq run, recorded by Dagster, 1,200 requests"
FURTHER_1200 = "each further quarter of asq backfill, 1,200 requests"
NINE_QUARTERS = "make run, set up: a sample of nine quarters of 1,200 requests and their recorded backfill"
RUN_20K = "asq run, 20,000 requests"
SCRIPT_20K = "handwritten, 20,000 requests"
FULL_20K = "handwritten_full, 20,000 requests"
RUN_100K = "asq run, 100,000 requests and calls"
RUN_1M = "asq run, 1,000,000 requests and calls"
LOOKING_BACK_1M = "asq run, with seven more such quarters to look back on"
SCRIPT_1M = "handwritten, 1,000,000 requests and calls"
FULL_1M = "handwritten_full, 1,000,000 requests and calls"
CHECK_1M = "asq check, 1,000,000 requests and calls"
SAMPLE_1M = "asq sample, 1,000,000 requests"
RUN_10M = "asq run, 10,000,000 requests and calls"
SCRIPT_10M = "handwritten, 10,000,000 requests and calls"
FULL_10M = "handwritten_full, 10,000,000 requests and calls"
SAMPLE_10M = "asq sample, 10,000,000 requests"


@dataclass(frozen=True)
class Measurement:
    """Repeated runs of one command."""

    name: str
    costs: list[Cost]

    @property
    def median(self) -> Cost:
        """The run with the median CPU seconds (of an even number, the larger of the middle two)."""
        return sorted(self.costs, key=lambda cost: cost.cpu_seconds)[len(self.costs) // 2]

    def lines(self) -> list[str]:
        """A line for the table, and one with the CPU seconds of the median run's stages."""
        cost, every = self.median, " ".join(f"{each.cpu_seconds:.1f}" for each in self.costs)
        figures = f"{cost.wall_seconds:8.1f}{cost.cpu_seconds:8.1f}{cost.peak_gib:8.2f}"
        stages = "  ".join(f"{stage} {seconds:.1f}" for stage, seconds in cost.stages.items())
        return [f"{self.name:<56}{figures}   {every}", *([f"    {stages}"] if len(cost.stages) > 1 else [])]


@dataclass(frozen=True)
class Bar:
    """A limit: CPU seconds or GiB of a measurement, or of one of its stages, or times the CPU seconds of another."""

    of: str
    limit: float
    per: str | None = None
    """The measurement that is the unit; None: the limit is CPU seconds, or GiB."""
    stage: str | None = None
    is_memory: bool = False

    @property
    def claim(self) -> str:
        """The bar in words."""
        what = f"{self.of}, {self.stage} alone" if self.stage else self.of
        unit = "GiB" if self.is_memory else "CPU s" if self.per is None else f"× {self.per}"
        return f"{what}: at most {self.limit:g} {unit}"

    def figure(self, measured: Mapping[str, Measurement]) -> float | None:
        """The figure that must not exceed the limit; None if it was not measured."""
        if self.of not in measured or (self.per is not None and self.per not in measured):
            return None
        if self.is_memory:
            return max(cost.peak_gib for cost in measured[self.of].costs)
        cost = measured[self.of].median
        seconds = cost.cpu_seconds if self.stage is None else cost.stages[self.stage]
        return seconds if self.per is None else seconds / measured[self.per].median.cpu_seconds


@dataclass(frozen=True)
class GrowthBar:
    """A limit of the exponent with which CPU seconds grow with the number of rows: 1 is linear.

    ``fixed`` is the price of a quarter with next to no rows, which both others pay.
    """

    fixed: str
    smaller: str
    larger: str
    limit: float
    factor: float = 10
    """How many times the rows of the smaller one the larger one has."""

    @property
    def claim(self) -> str:
        """The bar in words."""
        return f"from {self.smaller}, to {self.factor:g} times as many: exponent at most {self.limit:g}"

    def figure(self, measured: Mapping[str, Measurement]) -> float | None:
        """The exponent; None if one of the three was not measured, or the smaller one costs no more than the fixed price."""
        if not {self.fixed, self.smaller, self.larger} <= measured.keys():
            return None
        fixed, smaller, larger = (measured[name].median.cpu_seconds for name in (self.fixed, self.smaller, self.larger))
        return math.log((larger - fixed) / (smaller - fixed), self.factor) if smaller > fixed else None


BARS: tuple[Bar | GrowthBar, ...] = (
    Bar(HELP, 0.4),
    Bar(RUN_1200, 11),
    Bar(RUN_1200, 3, per=IMPORTS),
    Bar(FURTHER_1200, 6),
    Bar(RECORDED_1200, 1.3, per=RUN_1200),
    Bar(NINE_QUARTERS, 80),
    Bar(RUN_20K, 14),
    Bar(RUN_1M, 1.5, per=FULL_1M),
    Bar(RUN_1M, 1.5, per=SCRIPT_1M, stage="marts"),
    Bar(RUN_1M, 3, is_memory=True),
    Bar(CHECK_1M, 0.25, per=RUN_1M),
    GrowthBar(RUN_1200, RUN_100K, RUN_1M, 1.05),
    Bar(LOOKING_BACK_1M, 1.6, per=RUN_1M),
    Bar(RUN_10M, 1.5, per=FULL_10M),
    Bar(RUN_10M, 1.5, per=SCRIPT_10M, stage="marts"),
    Bar(RUN_10M, 3, is_memory=True),
    GrowthBar(RUN_1200, RUN_1M, RUN_10M, 1.05),
    Bar(SAMPLE_10M, 3, is_memory=True),
)


def verdicts(measured: Mapping[str, Measurement]) -> Iterator[tuple[Bar | GrowthBar, float, bool]]:
    """Every bar that can be judged, its figure, and whether it is met."""
    for bar in BARS:
        figure = bar.figure(measured)
        if figure is not None:
            yield bar, figure, figure <= bar.limit
