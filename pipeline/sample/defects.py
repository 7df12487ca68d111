"""Plants faults into a clean table: extra rows that each break one rule, next to the good row they were copied from.

Good rows stay, so the truth does not change: an extra row is refused and not counted. ``breakers`` breaks the rules;
unreadable cells and lines are only marked here and written by ``writer``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle

import numpy as np
import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.sample.breakers import UNREADABLE, Row, break_rule, can_break
from pipeline.sample.draws import Ints, stream
from pipeline.sample.generate import quarter_start
from pipeline.sample.tables import SAMPLED
from schemas.contract import Table

LINE_RULES = ("too_many_fields", "too_few_fields")
_SHARE = 0.008
"""Share of planted rows in a large table; small tables have at least one fault of each kind, within the cap."""
_BEARABLE = 0.043
"""Cap on the refused rows of a table's quarter, below the limit at which the pipeline stops (5 %)."""
_FAULTS = pl.Schema({"position": pl.Int64, "rule": pl.String, "column": pl.String})


@dataclass(frozen=True)
class SampleDelivery:
    """A table as delivered: the rows in file order, and their faults."""

    frame: pl.DataFrame
    faults: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_FAULTS))
    """position (in ``frame``), rule, column; one row per fault."""
    unreadable: tuple[tuple[int, str, str], ...] = ()
    """(position, column, text) of cells with a text instead of a value."""
    broken_lines: tuple[tuple[int, str], ...] = ()
    """(position, rule) of lines with too many or too few fields."""

    @property
    def refused(self) -> pl.DataFrame:
        """The faults for which a row is refused: rows that a source legitimately repeats are accepted (C-41)."""
        flags = [table.counts_once.rule for table in SAMPLED.values() if table.counts_once]
        return self.faults.filter(~pl.col("rule").is_in(flags))


@dataclass(frozen=True)
class _Kind:
    rule: str
    column: str | None


def plant(table: Table, clean: pl.DataFrame, quarters: Sequence[Quarter], seed: int, is_text: bool) -> SampleDelivery:
    """The table with faulty rows next to good ones, few enough for every quarter to pass.

    ``is_text``: written as CSV, whose lines can have too many or too few fields.
    """
    rng = stream(seed, "defects", table.name)
    caps, starts = _caps(table, clean, quarters)
    kinds = _kinds(table, clean, is_text)
    wanted = max(len({kind.rule for kind in kinds}), round(_SHARE * clean.height))
    slots = rng.permutation(np.repeat(np.arange(len(caps)), caps))[:wanted]
    extras, faults, templates = [], [], []
    for number, (slot, kind) in enumerate(zip(slots.tolist(), cycle(kinds), strict=False), start=1):
        template = _template(table, clean, starts, slot, kind, quarters, rng)
        if template is None:
            continue
        extras.append(_broken(table, kind, clean.row(template, named=True), number))
        faults.append(kind)
        templates.append(template)
    if not extras:
        return SampleDelivery(clean)
    return _placed(table, clean, extras, faults, np.array(templates))


def _kinds(table: Table, clean: pl.DataFrame, is_text: bool) -> list[_Kind]:
    """Every kind of fault possible in the table, each rule's first kind before any rule's second."""
    own = [_Kind(rule, column) for rule, column in table.rules if can_break(table, rule, column)]
    general = ("required", "allowed_values", "range", "foreign_key")
    key = "|".join(table.unique_key)
    between = {"unique_key": key, "version_overlap": "valid_from|valid_to"}
    repeated = [_Kind(table.counts_once.rule, "|".join(table.counts_once.per))] if table.counts_once else []
    lines = [_Kind(rule, None) for rule in LINE_RULES] if is_text else []
    every = [
        *(kind for kind in own if kind.rule not in general),
        *(_Kind(rule, between[rule]) for rule in table.table_rules),
        *repeated,
        *(_Kind("type", column) for column in _misread_columns(table, is_text)),
        *lines,
        *(kind for kind in own if kind.rule in general),
    ]
    if clean.is_empty():
        return []
    first = {kind.rule: kind for kind in reversed(every)}
    return [kind for kind in every if first[kind.rule] is kind] + [kind for kind in every if first[kind.rule] is not kind]


def _misread_columns(table: Table, is_text: bool) -> list[str]:
    """One column of each type; in Parquet only one (written as text), neither date nor key."""
    by_type: dict[str, str] = {}
    for column in table.columns:
        if column.type != "string" and (is_text or not (column.is_key or column.name in table.dated_by)):
            by_type.setdefault(column.type, column.name)
    in_order = [by_type[kind] for kind in ("integer", "boolean", "date", "double", "timestamp", "decimal(12,2)") if kind in by_type]
    return in_order if is_text else in_order[:1]


def _caps(table: Table, clean: pl.DataFrame, quarters: Sequence[Quarter]) -> tuple[list[int], Ints]:
    """The cap of faults per quarter, and where its rows begin; a register is one piece."""
    start = quarter_start(table.name)
    if start is None:
        return [int(_BEARABLE * clean.height)], np.array([0, clean.height])
    first_days = clean.select(start.alias("start"))["start"]
    bounds = [first_days.search_sorted(quarter.first_day) for quarter in quarters]
    starts = np.array([*bounds, clean.height], dtype=np.int64)
    return [int(_BEARABLE * rows) for rows in np.diff(starts)], starts


def _template(
    table: Table,
    clean: pl.DataFrame,
    starts: Ints,
    slot: int,
    kind: _Kind,
    quarters: Sequence[Quarter],
    rng: np.random.Generator,
) -> int | None:
    """The row that a faulty one is copied from: any of the quarter, unless the rule needs a certain kind of row."""
    first, end = int(starts[slot]), int(starts[slot + 1])
    if table.counts_once and kind.rule == table.counts_once.rule:
        last_day = dt.datetime.combine(quarters[slot].last_day, dt.time.min)
        fit = clean.slice(first, end - first).select(
            (pl.col(table.counts_once.where) & (pl.col(table.counts_once.first_by) < last_day)).arg_true()
        )
        positions = fit.to_series()
        return first + int(positions[int(rng.integers(0, len(positions)))]) if len(positions) else None
    return int(rng.integers(first, end))


def _broken(table: Table, kind: _Kind, row: Row, number: int) -> Row:
    if kind.rule == "unique_key":
        return row
    if kind.rule == "version_overlap":
        later = dt.timedelta(days=10)
        begins = row["valid_to"] - later if row["valid_to"] else (row["valid_from"] or dt.date(2024, 5, 7)) + later
        return {**row, "valid_from": begins}
    row = _with_own_key(table, row, number)
    if table.counts_once and kind.rule == table.counts_once.rule:
        again = row[table.counts_once.first_by] + dt.timedelta(minutes=20)
        return {**row, table.counts_once.first_by: again, "started_at": None}
    if kind.rule == "type":
        # The writer replaces it by a text.
        return {**row, str(kind.column): None}
    if kind.rule in LINE_RULES:
        return row
    return break_rule(table, kind.rule, str(kind.column), row)


def _with_own_key(table: Table, row: Row, number: int) -> Row:
    """The row with a new key, if part of the key can be chosen freely."""
    free = [
        name
        for name in table.key
        if name != "enterprise_id" and table.column(name).type == "string" and not table.column(name).references
        and not table.column(name).values
    ]  # fmt: skip
    return {**row, free[-1]: f"{row[free[-1]]}-X{number}"} if free else row


def _placed(table: Table, clean: pl.DataFrame, extras: list[Row], kinds: list[_Kind], templates: Ints) -> SampleDelivery:
    """Every faulty row directly after the row it was copied from."""
    schema = table.polars_schema
    added = pl.DataFrame(extras, schema=schema, orient="row") if extras else clean.clear()
    places = np.concatenate([np.arange(clean.height) * 1.0, templates + 0.5])
    order = np.argsort(places, kind="stable")
    position = np.empty(len(order), dtype=np.int64)
    position[order] = np.arange(len(order))
    mine = position[clean.height :].tolist()
    found = sorted(zip(mine, kinds, strict=True), key=lambda pair: pair[0])
    return SampleDelivery(
        frame=pl.concat([clean, added])[order],
        faults=pl.DataFrame(
            {
                "position": [place for place, _ in found],
                "rule": [kind.rule for _, kind in found],
                "column": [kind.column for _, kind in found],
            },
            schema=_FAULTS,
        ),
        unreadable=tuple(
            (place, str(kind.column), UNREADABLE[table.column(str(kind.column)).type])
            for place, kind in found
            if kind.rule == "type"
        ),
        broken_lines=tuple((place, kind.rule) for place, kind in found if kind.rule in LINE_RULES),
    )


def answers_sent_again(responses: SampleDelivery, answers: pl.DataFrame) -> pl.DataFrame:
    """The survey answers of responses sent a second time: those of the first, one point worse.

    They pass every rule of their table and are accepted, but must not be counted because their response is not (C-41).
    """
    repeated = responses.faults.filter(pl.col("rule") == "duplicate_survey_response")["position"]
    if repeated.is_empty():
        return answers.clear()
    again = responses.frame[repeated.to_list()].select(
        "enterprise_id", again=pl.col("response_id"), response_id=pl.col("response_id").str.replace(r"-X\d+$", "")
    )
    return (
        answers.join(again, on=["enterprise_id", "response_id"], how="inner", maintain_order="left")
        .with_columns(response_id=pl.col("again"), score=(pl.col("score") - 1).clip(lower_bound=1))
        .select(answers.columns)
    )
