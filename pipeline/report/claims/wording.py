"""Words facts in one language: numbers with their units, codes by their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.report.claims.facts import Fact, Kind
from pipeline.report.document.blocks import Language
from pipeline.report.model.run_tables import RunTables
from pipeline.report.words.messages import Messages, messages
from pipeline.report.words.numbers import Numbers

_RATIO, _TRAILING_YEAR = "ratio", "-TTM"
# Staff per customer differ by thousandths.
_DECIMALS_OF_RATIO = 5


@dataclass(frozen=True)
class Wording:
    """Words of one language for an enterprise of a run."""

    tables: RunTables
    enterprise_id: str
    language: Language
    say: Messages = field(init=False)
    numbers: Numbers = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "say", messages(self.language))
        object.__setattr__(self, "numbers", Numbers(self.language))

    # --- facts ----------------------------------------------------------------------------------------------------------

    def fact(self, kind: Kind, fact: Fact) -> str:
        """A known fact as it stands in a sentence. Lists are worded by their rule's item."""
        value: Any = fact.value
        match kind:
            case "points":
                return self.numbers.number(abs(value))
            case "signed":
                return self.numbers.signed(value)
            case "number":
                return self.numbers.number(value)
            case "rate":
                return self.numbers.percent(value)
            case "count":
                return self.numbers.count(value)
            case "value":
                return self.in_unit(value, fact.of)
            case "bare":
                return self.numbers.bare(value, self._indicator(fact.of)["unit"])
            case "difference":
                return self.difference(value, fact.of)
            case "bound":
                return self.bound(value, fact.of)
            case "date":
                return self.numbers.date(value)
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
        names = self.tables.names(self.enterprise_id)
        name = self.say.name("claim.channel", member) if dimension == "channel" else names.place(dimension, member)
        return self.say.text(f"claim.place.{dimension}", name=name)

    def period(self, period: str) -> str:
        """A period as it stands in a sentence."""
        name = self.numbers.period(period)
        return self.say.text("claim.trailing_year", name=name) if period.endswith(_TRAILING_YEAR) else name

    # --- numbers --------------------------------------------------------------------------------------------------------

    def in_unit(self, value: float | None, indicator_id: str) -> str:
        entry = self._indicator(indicator_id)
        return self.numbers.in_unit(value, entry["unit"], entry["unit_zh"])

    def bound(self, value: float | None, indicator_id: str) -> str:
        """A requirement with its direction and unit."""
        entry = self._indicator(indicator_id)
        return self.numbers.bound(value, entry["unit"], entry["direction"], entry["unit_zh"])

    def interval(self, low: float | None, high: float | None, indicator_id: str) -> str:
        return self.numbers.interval(low, high, self._indicator(indicator_id)["unit"])

    def difference(self, value: float, indicator_id: str) -> str:
        """A difference without its sign; rates in percentage points."""
        entry = self._indicator(indicator_id)
        if entry["unit"] == _RATIO:
            return self.numbers.number(abs(value), _DECIMALS_OF_RATIO)
        return self.numbers.change(abs(value), 0.0, entry["unit"], entry["unit_zh"]).removeprefix("+")

    def _indicator(self, indicator_id: str) -> Mapping[str, Any]:
        return self.tables.catalogue_by_id[indicator_id]
