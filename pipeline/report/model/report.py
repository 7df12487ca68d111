"""The report model: the content of one enterprise's quarterly report, gathered once from a run's published tables.

Nothing is computed, evaluated or formatted here: full values, codes in words (``words/labels.py``), the order of the standard.
Sections and editions only read the model; formats show what they say.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from pipeline.calendar.quarters import Quarter
from pipeline.report.parts.anonymity import Anonymity
from pipeline.report.parts.changes import Change
from pipeline.report.parts.cleaning import Cleaned
from pipeline.report.parts.indicators import Indicator, Provisional, Verdict
from pipeline.report.parts.outliers import OutlierReport
from pipeline.report.parts.process_rules import RuleSet
from pipeline.report.parts.quality import Quality
from pipeline.report.parts.scores import Lacking, Overlay, ReportNode, WindowTotal
from pipeline.report.parts.sources import Coverage, Quarantined, SourceTable
from pipeline.report.parts.survey import SurveyPart
from pipeline.report.parts.survey_cells import SurveyScopes

# The standard's word for a text that has not been issued (C-25); part of the edition in every published row.
DRAFT = "征求意见稿"

# How many clearly missed requirements the executive summary names.
FINDINGS = 5


@dataclass(frozen=True)
class Head:
    """The subject of the report and the versions it is based on."""

    enterprise_id: str
    quarter: Quarter
    standard_edition: str
    edition_in_words: str
    """The edition in the report's language."""
    catalogue_version: str
    weights_version: str
    data_as_of: dt.date | None
    run_id: str
    enterprises_in_run: int

    @property
    def is_draft_standard(self) -> bool:
        """Whether the edition evaluated against is a draft for comment, not an issued standard."""
        return DRAFT in self.standard_edition


@dataclass(frozen=True)
class ReturnedMatrix:
    """A judgement matrix that was returned to its expert."""

    round: int
    parent_id: str
    consistency_ratio: float | None
    reason: str


@dataclass(frozen=True)
class DelphiRound:
    """One round over the children of a node: accepted and returned matrices and how far the accepted ones agree."""

    parent_id: str
    round: int
    experts: int
    returned: int
    kendalls_w: float | None
    chi_square: float | None
    p_value: float | None


@dataclass(frozen=True)
class Absence:
    """Indicators without a value, or with one that is assumed, for the same reason."""

    status_name: str
    reason: str
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True)
class Choice:
    """A version or choice that affects this run's numbers."""

    key: str
    name: str
    value: str


@dataclass(frozen=True)
class ReportModel:
    """One enterprise, one quarter: the total contains dimensions, these contain sub-dimensions, these indicators."""

    head: Head
    total: ReportNode
    total_range: tuple[float, float] | None
    """Smallest and largest total over all weights the standard allows."""
    window_totals: tuple[WindowTotal, ...]
    changes: tuple[Change, ...]
    """The total against the quarter before and the year before."""
    overlay: Overlay | None
    coverage: tuple[Coverage, ...]
    sources: tuple[SourceTable, ...]
    quarantined: tuple[Quarantined, ...]
    rounds: tuple[DelphiRound, ...]
    returned: tuple[ReturnedMatrix, ...]
    no_total_because: tuple[str, ...]
    """If there is no total: what prevents it, in words."""
    lacking: tuple[Lacking, ...]
    """What keeps weight from being scored, the most weight first."""
    choices: tuple[Choice, ...]
    rule_sets: tuple[RuleSet, ...]
    quality: Quality
    anonymity: Anonymity
    survey_scopes: SurveyScopes | None
    survey: SurveyPart
    outliers: OutlierReport
    cleaning: tuple[Cleaned, ...]
    fewest_people: int
    """Numbers about fewer people are withheld."""

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """All indicators in catalogue order."""
        return self.total.indicators

    @property
    def names(self) -> dict[str, str]:
        """The names of the total, the dimensions and the sub-dimensions."""
        nodes = (self.total, *self.total.children, *(node for each in self.total.children for node in each.children))
        return {node.node_id: node.name for node in nodes}

    @property
    def random_indices(self) -> tuple[str, ...]:
        """The random-index tables used for consistency, in words; none without experts."""
        nodes = (*self.total.children, *(node for each in self.total.children for node in each.children))
        return tuple(dict.fromkeys(node.random_index for node in nodes if node.random_index))

    @property
    def most_urgent(self) -> tuple[Indicator, ...]:
        """Requirements missed by more than chance that cost the total most points, at most five."""
        missed = [each for each in self.indicators if each.verdict is Verdict.NOT_MET and each.is_distinguishable is not False]
        return tuple(sorted(missed, key=lambda each: -(each.lost_points or 0.0))[:FINDINGS])

    @property
    def absences(self) -> tuple[Absence, ...]:
        """Indicators without a measured value, grouped by reason, in catalogue order of each group's first."""
        groups: dict[tuple[str, str], list[Indicator]] = {}
        for each in self.indicators:
            if not each.is_measured:
                groups.setdefault((each.status_name, each.reason), []).append(each)
        return tuple(Absence(status, reason, tuple(members)) for (status, reason), members in groups.items())

    @property
    def provisional(self) -> dict[Provisional, int]:
        """How many indicators are provisional for each reason, with the last day on which it ends for any of them."""
        ends: dict[str, list[dt.date | None]] = {}
        for each in self.indicators:
            for why in each.provisional:
                ends.setdefault(why.reason, []).append(why.until)
        return {
            Provisional(reason, None if None in days else max(day for day in days if day)): len(days)
            for reason, days in ends.items()
        }
