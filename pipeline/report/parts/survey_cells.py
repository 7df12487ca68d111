"""Report section on satisfaction by region and channel, as far as it is released: cells of too few people have no numbers."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipeline.report.words.labels import Labels

# Below this the value is printed in grey: its interval is too wide to rank by.
FIRM_FROM = 30

OVERALL = "O2-1"
_SCOPES = ("region", "channel")


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


def survey_scopes(respondents: pl.DataFrame, values: pl.DataFrame, words: Labels) -> SurveyScopes | None:
    """One enterprise's overall satisfaction as the report shows it; None if nobody answered.

    respondents   its rows of mart_survey_respondents
    values        its rows of indicator_values for O2-1 and the quarter, of all scopes
    """
    people: dict[tuple[str, str | None], int | None] = {
        (row["scope_type"], row["scope_id"]): row["respondents"] for row in respondents.iter_rows(named=True)
    }
    total = next((name for name in people if name[0] == "enterprise"), None)
    if total is None or people[total] == 0:
        return None
    scopes = {scope: sorted((name for name in people if name[0] == scope), key=str) for scope in _SCOPES}
    for scope, names in scopes.items():
        unstated = _difference(people[total], [people[name] for name in names])
        if unstated:
            people[scope, None] = unstated
            names.append((scope, None))
    measured = {(row["scope_type"], row["scope_id"]): row for row in values.iter_rows(named=True)}

    def cell(name: tuple[str, str | None], label: str) -> SurveyCell:
        row = {} if people[name] is None else measured.get(name, {})
        return SurveyCell(label, people[name], row.get("value"), row.get("ci_low"), row.get("ci_high"))

    return SurveyScopes(
        overall=cell(total, words.name("scope", "all")),
        breakdowns=tuple(
            SurveyBreakdown(words.name("scope", scope), tuple(cell(name, _label(*name, words)) for name in names))
            for scope, names in scopes.items()
        ),
    )


def _difference(total: int | None, parts: list[int | None]) -> int | None:
    """What the parts leave of the total; None if one of them is withheld."""
    known = [part for part in parts if part is not None]
    return None if total is None or len(known) < len(parts) else total - sum(known)


def _label(scope: str, name: str | None, words: Labels) -> str:
    if name is None:
        return words.name("scope", "unstated")
    return words.name("touchpoint", name) if scope == "channel" else name
