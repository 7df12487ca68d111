"""How often a test tries made-up values: as often as it says under ``make test-thorough``, else a share of it."""

from __future__ import annotations

from hypothesis import settings


def examples(number: int) -> settings:
    """``@examples(400)`` in the place of ``@settings(max_examples=400)``."""
    return settings(max_examples=times(number))


def times(number: int) -> int:
    """The share of a number that the profile of this session asks for (tests/conftest.py)."""
    assert settings.default is not None
    return number * settings.default.max_examples // 100
