"""Report section on satisfaction by region, channel and touchpoint, without cells that are too small to show.

Values come from the published tables; ``pipeline/privacy/suppression.py`` decides which cells to hide. Hidden values never
enter the report model.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.privacy.suppression import Line, hidden_cells
from pipeline.report.words import zh as labels

# Survey cells with fewer people are hidden (D-88).
MINIMUM_PEOPLE = 5
# Below this the value is printed in grey: its interval is too wide to rank by.
FIRM_FROM = 30

OVERALL = "O2-1"
TOUCHPOINTS = "O2-2"
_SCOPES = {"region": "地区", "channel": "服务渠道"}
_UNSTATED = "未注明"


@dataclass(frozen=True)
class SurveyCell:
    """One region or channel: respondents, mean satisfaction (0–100) and its 95 % interval; all None if hidden."""

    name: str
    respondents: int | None
    value: float | None
    ci_low: float | None
    ci_high: float | None

    @property
    def is_hidden(self) -> bool:
        return self.respondents is None

    @property
    def is_firm(self) -> bool:
        """Whether there are enough people to compare the value."""
        return self.respondents is not None and self.respondents >= FIRM_FROM


@dataclass(frozen=True)
class SurveyBreakdown:
    """The cells of one scope; they add up to all who answered."""

    name: str
    cells: tuple[SurveyCell, ...]


@dataclass(frozen=True)
class SurveyScopes:
    """Overall satisfaction of the quarter: all who answered, by region and by channel."""

    overall: SurveyCell
    breakdowns: tuple[SurveyBreakdown, ...]

    @property
    def hidden(self) -> int:
        """How many cells are hidden."""
        return sum(cell.is_hidden for cell in (self.overall, *(cell for each in self.breakdowns for cell in each.cells)))


def survey_scopes(respondents: pl.DataFrame, values: pl.DataFrame) -> SurveyScopes | None:
    """One enterprise's overall satisfaction as the report shows it; None if nobody answered.

    respondents   its rows of mart_survey_respondents
    values        its rows of indicator_values for O2-1 and the quarter, of all scopes
    """
    people = {(row["scope_type"], row["scope_id"]): row["respondents"] for row in respondents.iter_rows(named=True)}
    total = next((name for name in people if name[0] == "enterprise"), None)
    if total is None or not people[total]:
        return None
    scopes = {scope: sorted(name for name in people if name[0] == scope) for scope in _SCOPES}
    for scope, names in scopes.items():
        unstated = people[total] - sum(people[name] for name in names)
        if unstated:
            people[scope, None] = unstated
            names.append((scope, None))
    lines = [Line(total, tuple(names)) for names in scopes.values()]
    shown: dict[Hashable, int] = {name: people[name] for name in (total, *(name for names in scopes.values() for name in names))}
    hidden = hidden_cells(shown, lines, MINIMUM_PEOPLE)
    measured = {(row["scope_type"], row["scope_id"]): row for row in values.iter_rows(named=True)}

    def cell(name: tuple[str, str | None], label: str) -> SurveyCell:
        row = {} if name in hidden else measured.get(name, {})
        count = None if name in hidden else people[name]
        return SurveyCell(label, count, row.get("value"), row.get("ci_low"), row.get("ci_high"))

    return SurveyScopes(
        overall=cell(total, "全部"),
        breakdowns=tuple(
            SurveyBreakdown(_SCOPES[scope], tuple(cell(name, _label(*name)) for name in names)) for scope, names in scopes.items()
        ),
    )


def hidden_touchpoints(variants: Iterable[Mapping[str, Any]], respondents: pl.DataFrame) -> frozenset[str]:
    """The variants of O2-2 that a report hides: touchpoints with few respondents, and those hidden to protect them.

    variants      rows of indicator_variants of one enterprise and quarter for O2-2: variant, sample_size
    respondents   its rows of mart_survey_respondents

    O2-2 is the touchpoint mean by known volumes: it would disclose the value of a single hidden touchpoint.
    """
    of_touchpoints = respondents.filter(pl.col("scope_type") == "touchpoint")
    few = {row["scope_id"] for row in of_touchpoints.iter_rows(named=True) if row["respondents"] < MINIMUM_PEOPLE}
    readings: dict[str, dict[Hashable, int]] = {}
    for row in variants:
        reading, _, touchpoint = row["variant"].rpartition("_")
        if touchpoint in labels.TOUCHPOINTS and row["sample_size"]:
            readings.setdefault(reading, {})[touchpoint] = row["sample_size"]
    hidden: set[str] = set()
    # Satisfaction first: a touchpoint hidden there is hidden in every reading.
    for reading in sorted(readings, key=lambda name: (name != "touchpoint", name)):
        answers = readings[reading]
        line = Line("total", tuple(answers))
        people = answers | {"total": sum(answers.values())}
        found = hidden_cells(people, [line], MINIMUM_PEOPLE, also=few & answers.keys())
        if reading == "touchpoint":
            few |= {str(name) for name in found if name != "total"}
        hidden |= {f"{reading}_{name}" for name in found if name != "total"}
    return frozenset(hidden)


def _label(scope: str, name: str | None) -> str:
    if name is None:
        return _UNSTATED
    return labels.TOUCHPOINTS.get(name, name) if scope == "channel" else name
