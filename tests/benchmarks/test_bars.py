"""Bars and processes of the benchmarks: what counts as met, and that every process below a command is counted."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from benchmarks.bars import BARS, FULL_1M, IMPORTS, RUN_1M, RUN_1200, SCRIPT_1M, Bar, GrowthBar, Measurement, verdicts
from benchmarks.processes import Cost, measured

# Waits for nobody: the process it starts goes on working after it has ended.
LEAVES_A_PROCESS = """
import subprocess, sys
work = "memory = bytearray(200_000_000)\\nimport time\\nwhile time.process_time() < 1: pass"
subprocess.Popen([sys.executable, "-c", work])
print("stage: left", flush=True)
"""


WORK_TOGETHER = """
import subprocess, sys
work = "memory = bytearray(150_000_000)\\nimport time\\ntime.sleep(1.5)"
for each in [subprocess.Popen([sys.executable, "-c", work]) for _ in range(2)]:
    each.wait()
"""


def cost(cpu: float, gib: float = 1.0, **stages: float) -> Cost:
    return Cost(wall_seconds=2 * cpu, cpu_seconds=cpu, peak_gib=gib, stages=stages)


def test_a_bar_is_judged_by_the_median_of_cpu_seconds() -> None:
    measurement = Measurement(RUN_1200, [cost(12), cost(10), cost(11)])
    assert Bar(RUN_1200, 11).figure({RUN_1200: measurement}) == 11


def test_a_ratio_needs_both_measurements() -> None:
    run, imports = Measurement(RUN_1200, [cost(9)]), Measurement(IMPORTS, [cost(3)])
    bar = Bar(RUN_1200, 3, per=IMPORTS)
    assert bar.figure({RUN_1200: run}) is None
    assert bar.figure({RUN_1200: run, IMPORTS: imports}) == 3


def test_stages_and_memory_have_bars_too() -> None:
    found = {
        RUN_1M: Measurement(RUN_1M, [cost(100, gib=2.5, marts=30), cost(101, gib=3.5, marts=31), cost(99, gib=2.4, marts=29)]),
        FULL_1M: Measurement(FULL_1M, [cost(80)]),
        SCRIPT_1M: Measurement(SCRIPT_1M, [cost(25)]),
    }
    judged = {bar.claim: (figure, is_met) for bar, figure, is_met in verdicts(found)}
    assert judged == {
        f"{RUN_1M}: at most 1.5 × {FULL_1M}": (1.25, True),
        f"{RUN_1M}, marts alone: at most 1.5 × {SCRIPT_1M}": (1.2, True),
        # The largest of all runs, not of the median one.
        f"{RUN_1M}: at most 3 GiB": (3.5, False),
    }


def test_growth_is_counted_above_the_fixed_price() -> None:
    bar = GrowthBar("fixed", "smaller", "larger", 1.05)
    costs = {"fixed": 20.0, "smaller": 30.0, "larger": 120.0}
    found = {name: Measurement(name, [cost(seconds)]) for name, seconds in costs.items()}
    # (120 - 20) / (30 - 20) = 10 times the seconds for 10 times the rows: linear.
    assert bar.figure(found) == pytest.approx(1)
    # 100 times the seconds would be quadratic.
    assert bar.figure(found | {"larger": Measurement("larger", [cost(1020)])}) == pytest.approx(2)
    assert bar.figure({name: of for name, of in found.items() if name != "fixed"}) is None
    assert bar.figure(found | {"smaller": Measurement("smaller", [cost(20)])}) is None


def test_no_two_bars_say_the_same() -> None:
    assert len({bar.claim for bar in BARS}) == len(BARS)


def test_a_process_that_nobody_waits_for_is_counted() -> None:
    found = measured([sys.executable, "-c", LEAVES_A_PROCESS], dict(os.environ), progress="stage: ")
    assert found.cpu_seconds >= 1
    assert found.peak_gib >= 200_000_000 / 2**30
    assert found.stages["left"] > found.stages["start"]


def test_memory_is_that_of_all_processes_together() -> None:
    assert measured([sys.executable, "-c", WORK_TOGETHER], dict(os.environ)).peak_gib >= 300_000_000 / 2**30


def test_a_failed_command_tells_its_last_lines() -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        measured([sys.executable, "-c", "print('why'); raise SystemExit(3)"], dict(os.environ))
    assert (failed.value.returncode, failed.value.output) == (3, "why\n")
