"""Figures of one service request, or of one service person, that may be correlated. Declarations only.

The SQL of each is in dbt_project/macros/pairs.sql; a test holds the two lists against each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

RESPONSE, RESOLUTION, VISITS = "response_seconds", "resolution_seconds", "visits"
REPEAT, FIRST_CONTACT, SATISFACTION = "is_repeated", "is_first_contact_resolution", "satisfaction"

REQUEST_MEASURES: Mapping[str, str] = MappingProxyType(
    {
        RESPONSE: "ln(1 + seconds from the request to its response)",
        RESOLUTION: "ln(1 + seconds from the response to the resolution)",
        VISITS: "visits made",
        REPEAT: "1 if the customer asked about the same issue of the same product again within the window, else 0",
        FIRST_CONTACT: "1 if solved in the first contact (O1-1), else 0",
        SATISFACTION: "mean overall satisfaction (O2-1) of the answers about the request, 0-100",
    }
)
"""By name: what is correlated. Times as logarithms, because their distributions are skewed."""

BINARY = frozenset({REPEAT, FIRST_CONTACT})
"""Measures that are 0 or 1."""

Pair = tuple[str, str]

REQUESTS, STAFF = "requests", "staff"
"""What a row of a pair is."""

ALWAYS: tuple[Pair, ...] = ((RESPONSE, SATISFACTION),)
"""Pairs of requests that every run correlates; the plan may add others."""

OF_STAFF: Pair = ("certified_share", "first_contact_share")
"""By service person: certified days ÷ days in a post that needs a certificate (R3-2), and O1-1 of the person's requests."""
