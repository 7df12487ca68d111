"""Weights, their version and intervals are the same numbers, bit for bit, under two Python versions with their libraries."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
OTHERS = "ASQ_OTHER_PYTHONS"
# Twelve experts on every parent, each a little inconsistent; all numbers as hexadecimal, so that the last bit counts.
SCRIPT = """
import dataclasses, json, random, sys
import numpy, polars as pl
from pipeline.evaluate.values.intervals import mean_interval, reduction_interval, wilson
from pipeline.evaluate.weights.weight_set import build_weight_set
from pipeline.settings.plan import EvaluationPlan
from schemas.standard.parameters import parameters
from schemas.standard.tree import nodes

draw = random.Random(244)
tree = pl.DataFrame([dataclasses.asdict(node) for node in nodes().values()], infer_schema_length=None)
children = {}
for node in nodes().values():
    children.setdefault(node.parent_id, []).append(node.node_id)
rows = []
for expert in range(12):
    for parent, items in children.items():
        if parent:
            true = {item: draw.choice((1, 2, 3, 4)) for item in items}
            rows += [
                (f"X{expert}", 1, parent, left, right, max(1 / 9, min(9.0, true[left] / true[right] * draw.choice((1, 1, 1.25)))))
                for place, left in enumerate(items) for right in items[place + 1:]
            ]
schema = {"expert_id": pl.String, "round": pl.Int64, "parent": pl.String, "left_item": pl.String, "right_item": pl.String,
          "ratio": pl.Float64}
given = pl.DataFrame(rows, schema=schema, orient="row")
indicators = pl.DataFrame(schema={name: pl.String for name in ("indicator_id", "named_indicator_id", "subdimension_id")})
numbers = {name: parameter.value for name, parameter in parameters().items()}
found = {}
for method in ("eigenvector", "geometric_mean", "column_normalised"):
    weights = build_weight_set(given, tree, indicators, EvaluationPlan(ahp_method=method), numbers)
    tables = (weights.table(), weights.judgements_table(), weights.rounds_table())
    found[method] = [weights.version, [[value.hex() if isinstance(value, float) else value for value in row] for table in tables
                                       for row in table.rows()]]
n = list(range(2, 400))
ranges = (*wilson([k // 2 for k in n], n), *mean_interval(n, [3.7 * k for k in n], [15.1 * k for k in n]),
          *reduction_interval([k // 3 for k in n], n, [k // 2 for k in n], n))
found["intervals"] = [float(value).hex() for bounds in ranges for value in bounds]
print(json.dumps({"python": sys.version_info[:2], "numpy": numpy.__version__, "found": found}))
"""


def result_under(python: str) -> dict[str, object] | None:
    """What the script finds; None if this Python is not there or lacks the libraries of the lock."""
    able = subprocess.run([python, "-c", "import scipy, polars, pydantic, pandera, duckdb"], capture_output=True, check=False)
    if able.returncode:
        return None
    # No path of this test's own Python.
    environment = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONHOME")}
    done = subprocess.run(
        [python, "-c", SCRIPT], capture_output=True, text=True, cwd=ROOT, env=environment | {"PYTHONPATH": str(ROOT)}, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def other_pythons() -> list[str]:
    given = [path for path in os.environ.get(OTHERS, "").split(os.pathsep) if path]
    named = [f"python3.{minor}" for minor in (11, 12, 13) if minor != sys.version_info.minor]
    return given + [path for name in named if (path := shutil.which(name))]


def test_weights_and_intervals_are_the_same_under_another_python() -> None:
    others = [found for python in other_pythons() if (found := result_under(python))]
    if not others:
        pytest.skip(f"no other Python with the libraries of requirements.lock on PATH or in {OTHERS}")
    own = result_under(sys.executable)
    assert own is not None
    for other in others:
        assert other["found"] == own["found"], (own["python"], own["numpy"], other["python"], other["numpy"])
