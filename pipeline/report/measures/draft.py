"""The draft plan: a measure for each requirement that is missed by more than chance, the costliest first.

Which measure is data (``measures.yaml``). The expected effect is what the total would gain if the requirement were met and all else
stayed: the points that the indicator costs it now. A draft decides nothing: people take rows over, change them and answer for them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, Field

from pipeline.report.claims.facts import Source, Subject
from pipeline.report.claims.gather import Gathered
from schemas.tables.improvement import ImprovementProjects

MeasureType = Literal["process", "standard", "training", "resources", "technical_support"]
"""流程优化, 标准修订, 培训加强, 资源投入, 技术支持 (clause 八, PR-54)."""

MEASURES = 5
"""How many measures a draft has at most: a plan of everything is no plan."""

_PROCESS = "process"


class Recipe(BaseModel):
    """What to do about an indicator or the indicators of a sub-dimension."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: MeasureType
    quarters: int = Field(ge=1, le=4)
    owner_zh: str
    owner_en: str
    zh: str
    en: str


class Recipes(BaseModel):
    """All recipes of one version, by indicator or sub-dimension."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    measures: dict[str, Recipe]


@lru_cache(maxsize=1)
def recipes() -> Recipes:
    """The recipes; raises ValueError (pydantic) for a malformed one."""
    text = files(__package__).joinpath("measures.yaml").read_text(encoding="utf-8")
    return Recipes.model_validate(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


@dataclass(frozen=True)
class Measure:
    """A recommended measure with the five fields of clause 八: goal, measure, owner, date, expected effect (PR-53)."""

    enterprise_id: str
    period: str
    indicator: Subject
    recipe: Recipe
    starts_on: dt.date
    due_on: dt.date

    @property
    def measure_id(self) -> str:
        """Its id in the draft: period and indicator."""
        return f"DRAFT-{self.period}-{self.indicator.subject_id}"

    @property
    def effect(self) -> float:
        """Points that the total gains if the requirement is met and all else stays."""
        points = self.indicator.facts["lost"].value
        return float(points) if isinstance(points, int | float) else 0.0

    @property
    def sources(self) -> tuple[Source, ...]:
        """The rows that it rests on."""
        return tuple(fact.source for name in ("value", "lost") if (fact := self.indicator.facts[name]).source)


def draft_plan(gathered: Gathered) -> tuple[Measure, ...]:
    """Measures for the requirements that are clearly missed, at most five, by lost points."""
    quarter = gathered.tables.quarter
    return tuple(
        Measure(
            gathered.enterprise_id,
            gathered.period,
            each,
            recipe,
            quarter.shift(1).first_day,
            quarter.shift(recipe.quarters).last_day,
        )
        for each in gathered.priorities[:MEASURES]
        if (recipe := _recipe(gathered, each.subject_id))
    )


def plan_table(measures: Iterable[Measure]) -> pl.DataFrame:
    """The draft with all fields of a plan, one row per measure, for files that people edit.

    Columns: enterprise_id, measure_id, state (draft), period, indicator_id, measure_type, goal (the requirement, in the indicator's
    unit), value (today's), measure_zh, measure_en, owner_zh, owner_en, starts_on, due_on, expected_points.
    """
    rows: list[dict[str, Any]] = [
        {
            "enterprise_id": each.enterprise_id,
            "measure_id": each.measure_id,
            "state": "draft",
            "period": each.period,
            "indicator_id": each.indicator.subject_id,
            "measure_type": each.recipe.type,
            "goal": each.indicator.facts["requirement"].value,
            "value": each.indicator.facts["value"].value,
            "measure_zh": each.recipe.zh,
            "measure_en": each.recipe.en,
            "owner_zh": each.recipe.owner_zh,
            "owner_en": each.recipe.owner_en,
            "starts_on": each.starts_on,
            "due_on": each.due_on,
            "expected_points": each.effect,
        }
        for each in measures
    ]
    return pl.DataFrame(rows, schema=_PLAN)


def improvement_projects(measures: Iterable[Measure]) -> pl.DataFrame:
    """The draft as rows of the source table ``improvement_projects``, in its columns.

    ``effective_on`` is empty: a project counts (I3-3) only when people have put it into effect and say when.
    """
    rows = [
        {
            "enterprise_id": each.enterprise_id,
            "project_id": each.measure_id,
            "kind": "process_optimisation" if each.recipe.type == _PROCESS else "improvement",
            "started_on": each.starts_on,
            "effective_on": None,
            "title": f"草案：{each.indicator.subject_id} {each.recipe.zh}",
        }
        for each in measures
    ]
    columns = list(ImprovementProjects.to_schema().columns)
    days = dict.fromkeys(("started_on", "effective_on"), pl.Date)
    return pl.DataFrame(rows, schema={name: days.get(name, pl.String) for name in columns})


def _recipe(gathered: Gathered, indicator_id: str) -> Recipe | None:
    known = recipes().measures
    entry = gathered.tables.catalogue_by_id[indicator_id]
    return known.get(indicator_id) or known.get(entry["subdimension_id"])


_PLAN = {
    **dict.fromkeys(("enterprise_id", "measure_id", "state", "period", "indicator_id", "measure_type"), pl.String),
    **dict.fromkeys(("goal", "value"), pl.Float64),
    **dict.fromkeys(("measure_zh", "measure_en", "owner_zh", "owner_en"), pl.String),
    **dict.fromkeys(("starts_on", "due_on"), pl.Date),
    "expected_points": pl.Float64,
}
