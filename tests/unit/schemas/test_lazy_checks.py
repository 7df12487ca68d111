"""Canaries for pandera on lazy frames, which by default looks at types only and passes any data in silence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandera.polars as pa
import polars as pl
import pytest

from schemas.contract import TABLES

REPO = Path(__file__).resolve().parents[3]
QUESTION = {
    "survey_id": ["S1", "S1"],
    "question_id": ["q1", None],
    "survey_type": ["satisfaction", "unheard-of"],
    "wording": ["您对服务满意吗", "?"],
    "measures": ["O2-1", None],
    "touchpoint": ["phone", None],
    "scale_min": [1, 5],
    "scale_max": [5, 1],
}


def test_a_lazy_scan_of_a_file_is_checked_row_by_row(tmp_path: Path) -> None:
    path = tmp_path / "questions.parquet"
    pl.DataFrame(QUESTION).write_parquet(path)
    with pytest.raises(pa.errors.SchemaErrors) as caught:
        TABLES["survey_questions"].model.validate(pl.scan_parquet(path), lazy=True)
    assert set(caught.value.failure_cases.select("column", "check", "index").rows()) == {
        ("question_id", "not_nullable", 1),
        ("survey_type", "allowed_values", 1),
        ("scale_max", "scale_max_not_above_scale_min", 1),
    }


def test_no_environment_switches_the_data_checks_off() -> None:
    hostile = {
        "PANDERA_VALIDATION_DEPTH": "SCHEMA_ONLY",
        "PANDERA_VALIDATION_ENABLED": "False",
        "PANDERA_USE_NARWHALS_BACKEND": "True",
    }
    program = (
        "import polars as pl, pandera.errors\n"
        "from schemas.contract import TABLES\n"
        f"frame = pl.LazyFrame({QUESTION!r})\n"
        "try:\n"
        "    TABLES['survey_questions'].model.validate(frame, lazy=True)\n"
        "except pandera.errors.SchemaErrors as errors:\n"
        "    print(len(errors.failure_cases))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **hostile},
        cwd=REPO,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "3"
