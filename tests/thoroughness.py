"""How many examples a property test tries: its own number under ``make test-thorough``, else a share of it."""

from __future__ import annotations

from hypothesis import settings


def examples(number: int) -> settings:
    """``@examples(400)`` in the place of ``@settings(max_examples=400)``."""
    # Of 100 examples the profile of this session asks for so many (tests/conftest.py).
    return settings(max_examples=number * settings.default.max_examples // 100)
