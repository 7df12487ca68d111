"""Fixtures every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Times vary with the machine and examples must not: no deadline, the same examples in every run.
settings.register_profile("reproducible", deadline=None, derandomize=True)
settings.load_profile("reproducible")

REPO = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets (``ASQ_SHARED_DATA``, else ``../shared/data``); skips where it is absent."""
    folder = Path(os.environ.get("ASQ_SHARED_DATA", REPO.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the real data sets are not at {folder} (set ASQ_SHARED_DATA)")
    return folder
