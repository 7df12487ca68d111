"""What readers may see: the class of every column of every published table, and whom each indicator counts. Declarations only.

``released_columns.csv`` has one line per table and column of both layers. A column that is not declared there stops the run, and
so does an indicator without a subject: nothing new reaches readers before somebody has decided what it is.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

_FILE = Path(__file__).with_name("released_columns.csv")

WITHHELD_COLUMN = "withheld"
PARTS, VALUE, CELL = "parts", "value", "cell"
"""Values of ``withheld``: sample size, numerator, denominator and interval are missing; or all but sample size and denominator is;
or everything about the cell."""

CLASSES: Mapping[str, str] = MappingProxyType(
    {
        "key": "names an enterprise, quarter, period, place, indicator, rule or version",
        "standard": "from the standard, its catalogue or the evaluation plan",
        "people": "counts people or their records: withheld below k, with what would tell it",
        "condition": "how many of its row's people meet a condition, like a numerator: withheld with its row",
        "value": "computed from people's records: withheld with its cell",
        "things": "counts or measures things, places, tables or rows of a delivery",
        "verdict": "a score, verdict, status or reason",
        "time": "a day, never a moment of a record",
        "text": "a sentence in which numbers of people below k are not given",
        "run": "names the run or says how it was made",
        "analyst": "in the analysts' layer only",
    }
)
"""What a column holds. All but ``analyst`` are released."""

# Whose records an indicator counts.
REQUESTS, VISITS, APPOINTMENTS, COMPLAINTS, CALLS = "requests", "visits", "appointments", "complaints", "calls"
SESSIONS, SUGGESTIONS, SURVEY, STAFF, THINGS = "sessions", "suggestions", "survey", "staff", "things"

_BY_SUBJECT: Mapping[str, str] = MappingProxyType(
    {
        REQUESTS: "I4-1 I4-3 O1-1 O1-2 O1-3 O1-4 O3-2 O4-1 P2-1c P2-3a P2-3b P3-3 P4-2 P5-1 P5-2",
        VISITS: "P2-2",
        APPOINTMENTS: "P1-4",
        COMPLAINTS: "I1-2 I1-3",
        CALLS: "P1-1 P1-2 P2-1a",
        SESSIONS: "P1-3 P2-1b",
        SUGGESTIONS: "I1-4",
        SURVEY: "I4-2 O2-1 O2-2 O2-3 O2-4 O2-5 O3-1b O3-3 P4-1 P4-3 P4-4 P5-3",
        STAFF: "R2-1 R3-1 R3-2 R3-3 R3-4 R4-1",
        # Outlets, vehicles, equipment, spare parts, prices, hazards, projects, checklists, channels, inspections.
        THINGS: "I1-1 I2-1 I2-2 I2-3 I3-1 I3-2 I3-3 O3-1a O4-2 O4-3 P3-1 P3-2 P3-4 "
        "R1-1 R1-2a R1-2b R1-3a R1-3b R2-2 R2-3 R4-2 R4-3 R5-1 R5-2 R5-3",
    }
)
SUBJECTS: Mapping[str, str] = MappingProxyType(
    {indicator: subject for subject, indicators in _BY_SUBJECT.items() for indicator in indicators.split()}
)
"""By indicator: whose records it counts."""

# Parts of the requests among which an indicator counts: their most frequent customers say more than those of all requests.
URGENT, COMPLEX, REPAIRS, PAID = "urgent requests", "complex requests", "repairs", "paid requests"
SPECIAL_NEEDS, NOTICES, FORMS = "special needs", "requests with notices", "requests with forms"
PEOPLE_OF: Mapping[str, str] = MappingProxyType(
    {
        "P2-1c": URGENT,
        "P2-3b": COMPLEX,
        **dict.fromkeys(("O1-2", "O1-4"), REPAIRS),
        "O3-2": PAID,
        "P5-2": SPECIAL_NEEDS,
        "P4-2": NOTICES,
        "P3-3": FORMS,
    }
)
"""By indicator: the records of ``mart_people_rows`` among which it counts, if not all of its subject."""

COMPOSED: tuple[frozenset[str], ...] = (frozenset({"O2-1", "O2-2", "O2-3", "O2-4", "O2-5"}),)
"""Indicators of which one is computed from the others."""

SIZED_BY: Mapping[str, str] = MappingProxyType({"O4-1": "services", "I4-3": "resolved"})
"""Indicators that have no part of their own: the variant whose records are those of the indicator."""

SIZED_BY_PEOPLE: Mapping[str, str] = MappingProxyType({"O2-2": "touchpoint answers"})
"""Indicators whose parts share people: the records of ``mart_people_rows`` whose people they count."""

COUNTED_ELSEWHERE = frozenset({("O2-2", "denominator")})
"""Columns that count another subject's records than their indicator: withheld with its cells, and shown under their own indicator's
limits (O2-2 is weighted by requests; O1-1 shows how many there are)."""

SENTENCES_ON_CONDITIONS = frozenset({"PR-12", "PR-39", "PR-40"})
"""Process rules whose sentences say how many responses of a survey round meet a condition."""
SENTENCE_ON_MODES, SENTENCE_ON_TIMES = "PR-13", "PR-15"
"""Process rules whose sentences say how many responses came how, and how long they took."""

QUANTILE_CHECKS: Mapping[str, float] = MappingProxyType({"completion_minutes": 0.1})
"""Acceptance checks whose value is a quantile of people's figures: the share of people beyond it."""

CODES, TIMES = "codes", "times"
"""Attributes of a cube that are no scope: codes that the enterprise chooses, and times."""

# All requests in scope, and all complaints, are counted by these indicators.
_ALL_REQUESTS, _ALL_COMPLAINTS = "P5-1", "I1-2"

CUBES: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "region_product": ("region", "product_category", _ALL_REQUESTS),
        "region_issue": ("region", CODES, _ALL_REQUESTS),
        "outlet_issue": ("outlet", CODES, _ALL_REQUESTS),
        "product_issue": ("product_category", CODES, _ALL_REQUESTS),
        "channel_product": ("channel", "product_category", _ALL_REQUESTS),
        "month_hour": (TIMES, TIMES, _ALL_REQUESTS),
        "region_cause": ("region", CODES, _ALL_COMPLAINTS),
    }
)
"""Tables of two attributes: what their rows and columns are, and the indicator that shows the totals of places."""


@lru_cache(maxsize=1)
def column_classes() -> Mapping[str, Mapping[str, str]]:
    """By table and column: its class. Raises ValueError for a line with an unknown class."""
    found: dict[str, dict[str, str]] = {}
    with _FILE.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            if line["class"] not in CLASSES:
                raise ValueError(f"{_FILE.name}: {line['table']}.{line['column']}: no class {line['class']!r}")
            found.setdefault(line["table"], {})[line["column"]] = line["class"]
    return MappingProxyType(found)


def released_columns(table: str) -> tuple[str, ...]:
    """The columns of a table that are released, in their declared order; none for a table of the analysts' layer only."""
    return tuple(name for name, kind in column_classes().get(table, {}).items() if kind != "analyst")


def released_tables() -> tuple[str, ...]:
    """The names of all tables of the released layer, sorted."""
    return tuple(sorted(table for table in column_classes() if released_columns(table)))


def undeclared_columns(table: str, columns: list[str]) -> tuple[str, ...]:
    """The columns of a table that ``released_columns.csv`` does not name, sorted."""
    return tuple(sorted(set(columns) - column_classes().get(table, {}).keys()))
