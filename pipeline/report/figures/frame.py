"""What all figures share: the rows and names they are made from, in one language, and the parts of a chart block."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from pipeline.report.document.blocks import Cell, Chart, Column, Kind, Language, Plot, Row, Table, Tone, Value
from pipeline.report.model.run_tables import RunTables
from pipeline.report.parts.scores import is_rateable
from pipeline.report.words.messages import Messages
from pipeline.report.words.numbers import Numbers
from schemas.expectations.release import CELL, WITHHELD_COLUMN

NOTHING = "—"
TOTAL = "ALL"
_ENTERPRISE = "enterprise"
_MEASURED = ("ok", "insufficient_sample", "assumed")
GOOD, BAD, OPEN, ABSENT = "good", "bad", "open", "absent"


@dataclass(frozen=True)
class Frame:
    """One enterprise's released tables and period, and the language of its figures."""

    tables: RunTables
    enterprise_id: str
    say: Messages
    period: str

    @classmethod
    def of(cls, tables: RunTables, enterprise_id: str, say: Messages, period: str | None = None) -> Frame:
        return cls(tables, enterprise_id, say, period or tables.quarter.label)

    @property
    def language(self) -> Language:
        return self.say.language

    @cached_property
    def numbers(self) -> Numbers:
        return Numbers(self.language)

    def text(self, message_id: str, **values: object) -> str:
        return self.say.text(f"chart.{message_id}", **values)

    def sentences(self, *sentences: str) -> str:
        """Sentences one after the other; Chinese ones without a space between them."""
        return ("" if self.language == "zh" else " ").join(sentences)

    def rows(self, table: str, of_period: bool = True, **equal: Any) -> list[dict[str, Any]]:
        """The enterprise's rows of a released table; none of a table that the run did not release."""
        if not (self.tables.folder / f"{table}.parquet").is_file():
            return []
        rows = self.tables.released(table).filter(pl.col("enterprise_id") == self.enterprise_id)
        if of_period:
            rows = rows.filter(pl.col("period") == self.period)
        return rows.filter(**equal).to_dicts() if equal else rows.to_dicts()

    # --- names ----------------------------------------------------------------------------------------------------------

    @property
    def catalogue(self) -> Mapping[str, Mapping[str, Any]]:
        """The indicators in force by id, in the standard's order."""
        return self.tables.catalogue_by_id

    @cached_property
    def nodes(self) -> Mapping[str, Mapping[str, Any]]:
        """The total, dimensions and sub-dimensions by id, in the standard's order."""
        return {row["node_id"]: row for row in self.tables.nodes_in_order}

    def name(self, node_id: str) -> str:
        """The name of an indicator or node; its id where the catalogue has none."""
        row = self.catalogue.get(node_id) or self.nodes.get(node_id)
        return node_id if row is None else str(row[f"name_{self.language}"] or node_id)

    def named(self, node_id: str) -> str:
        """Id and name, as people look an indicator up."""
        name = self.name(node_id)
        return name if node_id == TOTAL or name == node_id else f"{node_id} {name}"

    def place(self, dimension: str, member: str) -> str:
        """The name of a member of a dimension, with its code where another member has the same name; a code without a name."""
        if not member:
            return self.text("unnamed")
        names = self.tables.names(self.enterprise_id)
        name = names.place(dimension, member)
        if name == member:
            return self.say.name(f"chart.{dimension}", member)
        alike = {"region": names.regions, "outlet": names.outlets}.get(dimension, {})
        return self.text("alike", name=name, code=member) if list(alike.values()).count(name) > 1 else name

    def in_unit(self, indicator_id: str, value: float | None) -> str:
        row = self.catalogue[indicator_id]
        return self.numbers.in_unit(value, row["unit"], row["unit_zh"])

    def bare(self, indicator_id: str, value: float | None) -> str:
        """A value without its unit's name, where the axis has it."""
        return self.numbers.bare(value, self.catalogue[indicator_id]["unit"])

    def interval(self, indicator_id: str, low: float | None, high: float | None) -> str:
        row = self.catalogue[indicator_id]
        return self.numbers.interval(low, high, row["unit"], row["unit_zh"])

    def bound(self, indicator_id: str, value: float | None) -> str:
        row = self.catalogue[indicator_id]
        return self.numbers.bound(value, row["unit"], row["direction"], row["unit_zh"])

    def axis(self, indicator_id: str) -> str:
        """The unit as an axis has it: a rate's numbers have their percent sign."""
        row = self.catalogue[indicator_id]
        unit = "" if row["unit"] in ("rate", "ratio") else self.numbers.unit(row["unit"], row["unit_zh"])
        name = self.name(indicator_id)
        return self.text("axis.unit", name=name, unit=unit) if unit else name

    def is_rate(self, indicator_id: str) -> bool:
        return bool(self.catalogue[indicator_id]["unit"] == "rate")

    # --- values ---------------------------------------------------------------------------------------------------------

    @cached_property
    def values(self) -> Mapping[str, Mapping[str, Any]]:
        """The enterprise's own values of the period by indicator."""
        return {row["indicator_id"]: row for row in self.rows("indicator_values", scope_type=_ENTERPRISE)}

    @cached_property
    def scores(self) -> Mapping[str, Mapping[str, Any]]:
        """The scores of the period by node."""
        return {row["node_id"]: row for row in self.rows("scores")}

    def score(self, node_id: str) -> float | None:
        """A node's score, None where it is not rateable."""
        row = self.scores.get(node_id)
        return row["score"] if row is not None and is_rateable(row) else None

    def weight(self, node_id: str, column: str = "weight") -> float:
        """The weight of a node in the total: the product of the weights on the way up."""
        product = 1.0
        while (row := self.scores.get(node_id)) is not None and row["parent_id"] is not None:
            product *= row[column]
            node_id = row["parent_id"]
        return product


def tone_of(value: Mapping[str, Any]) -> str:
    """Met, missed, or neither: where the interval contains the requirement, or too few cases make the value."""
    if value["status"] not in _MEASURED or value["value"] is None or value["requirement"] is None:
        return ABSENT
    is_few = value["status"] == "insufficient_sample" and value["is_distinguishable"] is not True
    if value["is_met"] is None or value["is_distinguishable"] is False or is_few:
        return OPEN
    return GOOD if value["is_met"] else BAD


def is_withheld(row: Mapping[str, Any]) -> bool:
    """Whether all of a cell is withheld."""
    return bool(row.get(WITHHELD_COLUMN) == CELL)


def size_of(value: Mapping[str, Any]) -> int | None:
    """The number of cases of a value; None where it is withheld."""
    size = value["sample_size"]
    return None if size is None else int(size)


def cell(text: str, value: Value = None, tone: Tone = "neutral", withheld: bool = False) -> Cell:
    """A cell of a table: its text, and the value behind it."""
    return Cell(text=text, value=value, tone=tone, is_withheld=withheld)


def chart(
    anchor: str,
    title: str,
    description: str,
    columns: Sequence[tuple[str, Kind]],
    rows: Iterable[Sequence[Cell]],
    *,
    specification: dict[str, Any] | None = None,
    svg: str | None = None,
    plot: Plot | None = None,
    note: str = "",
) -> Chart:
    """A chart block with the table of its numbers."""
    table = Table(
        anchor=f"{anchor}-data",
        caption=title,
        columns=tuple(Column(label=label, kind=kind) for label, kind in columns),
        rows=tuple(Row(cells=tuple(cells)) for cells in rows),
        note=note,
        is_folded=True,
    )
    return Chart(anchor=anchor, title=title, description=description, specification=specification, svg=svg, plot=plot, data=table)
