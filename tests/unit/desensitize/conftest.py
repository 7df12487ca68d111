"""A key for the tests: made up, of no use anywhere else."""

from __future__ import annotations

import pytest

from pipeline.desensitize.keys import PseudonymKey


@pytest.fixture(params=["hmac-sha256", "hmac-sm3"])
def key(request: pytest.FixtureRequest) -> PseudonymKey:
    return PseudonymKey(bytes(range(32)), request.param)
