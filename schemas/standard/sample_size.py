"""How many answers a survey needs (clause 七; C-15)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal


def required_answers(customers: int, numbers: Mapping[str, float]) -> int:
    """Valid answers required per year: min(N, max(⌈5 % of N⌉, 500)) for N customers (C-15)."""
    # Decimal: 0.05 × 20,000 is exactly 1,000.
    share = math.ceil(Decimal(repr(numbers["survey_share_of_customers"])) * customers)
    return min(customers, max(share, math.ceil(numbers["survey_minimum_answers"])))
