"""Words facts in one language: numbers with their units, codes by their names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.calendar.quarters import Quarter
from pipeline.report.claims.facts import Fact, Kind
from pipeline.report.document.blocks import Language
from pipeline.report.model.run_tables import RunTables
from pipeline.report.words import numbers
from pipeline.report.words.messages import Messages, messages

_SUFFIXES = {"YTD": "year_to_date", "TTM": "trailing_year"}


@dataclass(frozen=True)
class Wording:
    """Words of one language for the tables of a run."""

    tables: RunTables
    language: Language
    say: Messages = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "say", messages(self.language))

    # --- facts ----------------------------------------------------------------------------------------------------------

    def fact(self, kind: Kind, fact: Fact) -> str:
        """A known fact as it stands in a sentence. Lists are worded by their rule's item."""
        value: Any = fact.value
        match kind:
            case "points":
                return numbers.number(abs(value))
            case "signed":
                return numbers.signed(value)
            case "number":
                return numbers.number(value)
            case "rate":
                return numbers.percent(value)
            case "count":
                return numbers.count(value)
            case "value":
                return self.in_unit(value, fact.of)
            case "bare":
                return numbers.bare(value, self._indicator(fact.of)["unit"])
            case "difference":
                return self.difference(value, fact.of)
            case "bound":
                return self.bound(value, fact.of)
            case "date":
                return self.date(value)
            case "period":
                return self.period(value)
            case "indicator":
                return self.indicator(value)
            case "node":
                return self.node(value)
            case "place":
                return self.place(fact.of, value)
            case "rule":
                return self.rule(value)
            case "measure":
                return self.say.name("claim.measure", value)
            case "word":
                return self.say.name("claim.word", str(value))
        return str(value)

    # --- names ----------------------------------------------------------------------------------------------------------

    def indicator(self, indicator_id: str) -> str:
        """Its name with its id."""
        return self.say.text("claim.indicator", name=self.indicator_name(indicator_id), id=indicator_id)

    def indicator_name(self, indicator_id: str) -> str:
        return str(self._indicator(indicator_id)[f"name_{self.language}"])

    def node(self, node_id: str) -> str:
        rows = self.tables.nodes.filter(node_id=node_id)
        return str(rows[f"name_{self.language}"].item()) if rows.height else node_id

    def rule(self, rule_id: str) -> str:
        rows = self.tables.process_rules.filter(rule_id=rule_id)
        name = str(rows[f"name_{self.language}"].item()) if rows.height else ""
        return self.say.text("claim.rule", name=name, id=rule_id) if name else rule_id

    def place(self, dimension: str, member: str) -> str:
        """A region, outlet, channel or product category, with what it is."""
        name = self.say.name("claim.channel", member) if dimension == "channel" else member
        return self.say.text(f"claim.place.{dimension}", name=name)

    # --- numbers --------------------------------------------------------------------------------------------------------

    def in_unit(self, value: float | None, indicator_id: str) -> str:
        return numbers.in_unit(value, self._indicator(indicator_id)["unit"], self.unit(indicator_id))

    def bound(self, value: float | None, indicator_id: str) -> str:
        """A requirement with its direction; none above everything, or below nothing: ``= 100%``, ``= 0``."""
        entry = self._indicator(indicator_id)
        direction = entry["direction"]
        if (direction, value) == ("lower", 0) or (direction, value, entry["unit"]) == ("higher", 1, "rate"):
            direction = "exact"
        return numbers.bound(value, entry["unit"], direction, self.unit(indicator_id))

    def interval(self, low: float | None, high: float | None, indicator_id: str) -> str:
        text = numbers.interval(low, high, self._indicator(indicator_id)["unit"], self.unit(indicator_id))
        return text.replace(" 至 ", self.say.text("claim.to"))

    def difference(self, value: float, indicator_id: str) -> str:
        """A difference without its sign; rates in percentage points."""
        unit = self._indicator(indicator_id)["unit"]
        if unit == "rate":
            return self.say.text("claim.percentage_points", number=numbers.number(abs(value) * 100))
        name = "" if unit == "ratio" else self.unit(indicator_id)
        decimals = 5 if unit == "ratio" else numbers.DECIMALS
        return f"{numbers.number(abs(value), decimals)}{f' {name}' if name else ''}"

    def unit(self, indicator_id: str) -> str:
        """The unit's name; none where the number carries it."""
        entry = self._indicator(indicator_id)
        return str(entry["unit_zh"]) if self.language == "zh" else self.say.name("claim.unit", entry["unit"])

    # --- times ----------------------------------------------------------------------------------------------------------

    def date(self, day: dt.date) -> str:
        if self.language == "zh":
            return numbers.date(day)
        return f"{day.day} {self.say.text(f'claim.month.{day.month}')} {day.year}"

    def period(self, period: str) -> str:
        """A quarter, the year to its end, or the four quarters that end with it."""
        year, number, *kinds = period.split("-")
        quarter = Quarter.parse(f"{year}-{number}")
        if not kinds:
            return self.say.text(f"claim.quarter.{quarter.number}", year=quarter.year)
        name = _SUFFIXES[kinds[0]]
        if name == "year_to_date" and quarter.number == 4:
            return self.say.text("claim.year", year=quarter.year)
        return self.say.text(f"claim.{name}", year=quarter.year, last=quarter.last_day.month, number=quarter.number)

    def _indicator(self, indicator_id: str) -> Mapping[str, Any]:
        return self.tables.catalogue_by_id[indicator_id]
