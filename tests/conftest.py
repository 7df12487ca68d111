"""Fixtures every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Times vary with the machine and examples must not: no deadline, the same examples in every run. `make test-thorough` tries
# all examples (--hypothesis-profile thorough).
settings.register_profile("thorough", deadline=None, derandomize=True, max_examples=100)
settings.register_profile("quick", settings.get_profile("thorough"), max_examples=30)
settings.load_profile("quick")

REPO = Path(__file__).resolve().parent.parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Workers of pytest-xdist get whole files, so that each fixture of a file is made once; tests may name another group."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.relative_to(REPO / "tests").with_suffix("").as_posix()))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets (``ASQ_SHARED_DATA``, else ``../shared/data``); skips where it is absent."""
    folder = Path(os.environ.get("ASQ_SHARED_DATA", REPO.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the real data sets are not at {folder} (set ASQ_SHARED_DATA)")
    return folder
