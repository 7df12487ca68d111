"""Report section on satisfaction surveys: validity of responses, and the effect of weights on satisfaction.

Flags, weights and rates belong to the evaluate stage; the published rows are only put into words here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from pipeline.report.words.labels import Labels

if TYPE_CHECKING:
    from pipeline.report.parts.indicators import Indicator

# Prefix of clause 六's customer-satisfaction indicators O2-1 … O2-5.
_SATISFACTION = "O2-"
_FLAGS = ("straight_liners", "speeders", "duplicate_customers", "duplicate_devices")
_MODES = ("online", "phone", "onsite")


@dataclass(frozen=True)
class Flag:
    """Number of a round's responses with a validity flag, and their share of all its responses (0–1)."""

    name: str
    responses: int
    share: float | None


@dataclass(frozen=True)
class SurveyRound:
    """One satisfaction survey round of the quarter. Rates 0–1, times in minutes; None: not known."""

    survey_id: str
    questions: int
    responses: int
    complete: int
    partial: int
    counted: int
    valid: int
    flags: tuple[Flag, ...]
    missing_item_rate: float | None
    timed: int
    median_minutes: float | None
    p90_minutes: float | None
    over_time: int
    modes: Mapping[str, int]
    sent: int | None
    delivered: int | None
    response_rate: float | None
    response_rate_reason: str
    weighting: str
    """How responses are weighted, in words; empty for equal weights."""
    weighting_reason: str
    merged_cells: int | None
    outside_population: int | None
    capped: int | None
    largest_difference: float | None
    largest_weight: float | None
    design_effect: float | None
    effective_n: float | None


@dataclass(frozen=True)
class Satisfaction:
    """A satisfaction indicator in its readings, all 0–100: the scored one, without weights, without flagged responses."""

    indicator: Indicator
    unweighted: float | None
    valid_only: float | None


@dataclass(frozen=True)
class SurveyPart:
    """The quarter's rounds in order of their ids, and the resulting satisfaction."""

    rounds: tuple[SurveyRound, ...]
    satisfaction: tuple[Satisfaction, ...]

    @property
    def is_weighted(self) -> bool:
        """Whether the scored satisfaction is weighted; only then is there an unweighted variant."""
        return any(each.unweighted is not None for each in self.satisfaction)


def survey_part(rounds: pl.DataFrame, indicators: Iterable[Indicator], words: Labels) -> SurveyPart:
    """The part of one enterprise and quarter.

    rounds   its rows of survey_validity
    """
    return SurveyPart(tuple(_rounds(rounds, words)), tuple(_satisfaction(indicators)))


def _rounds(rows: pl.DataFrame, words: Labels) -> Iterator[SurveyRound]:
    same = (
        *("survey_id", "questions", "responses", "complete", "partial", "counted", "valid", "missing_item_rate"),
        *("timed", "median_minutes", "p90_minutes", "over_time", "sent", "delivered", "response_rate"),
        *("merged_cells", "outside_population", "capped", "largest_difference", "largest_weight"),
        *("design_effect", "effective_n"),
    )
    for row in rows.sort("survey_id").iter_rows(named=True):
        yield SurveyRound(
            **{name: row[name] for name in same},
            flags=tuple(Flag(words.name("survey_flag", name), row[name], row[f"{name}_rate"]) for name in _FLAGS),
            modes={words.name("survey_mode", mode): row[mode] for mode in _MODES},
            response_rate_reason=words.name("survey_reason", row["response_rate_reason"]),
            weighting=words.name("survey_weighting", row["weighting"]),
            weighting_reason=words.name("survey_reason", row["weighting_reason"]),
        )


def _satisfaction(indicators: Iterable[Indicator]) -> Iterator[Satisfaction]:
    for indicator in indicators:
        if indicator.indicator_id.startswith(_SATISFACTION):
            readings = {variant.code: variant.value for variant in indicator.variants}
            yield Satisfaction(indicator, readings.get("unweighted"), readings.get("valid_only"))
