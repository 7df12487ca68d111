"""One small sample a session: drawn once, written once; nobody changes it."""

from __future__ import annotations

import pytest
from sample_rules import Written

from pipeline.calendar.quarters import quarter_range
from pipeline.sample import write_sample
from pipeline.sample.generate import Sample, generate

QUARTERS = quarter_range("2024-Q1..2025-Q1")
REQUESTS = 1200
SEED = 11


@pytest.fixture(scope="session")
def sample() -> Sample:
    return generate(QUARTERS, REQUESTS, SEED)


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("sample")
    return Written(folder, write_sample(folder, QUARTERS, REQUESTS, SEED), QUARTERS)
