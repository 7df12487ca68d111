"""Words for the rows that a run would refuse: one finding for each rule and column of a table.

The rows were found by the validate stage; nothing is checked here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

import duckdb
import polars as pl

from pipeline.check import proposals
from pipeline.check.findings import ERROR, WARNING, Finding, Seen
from pipeline.check.shown import PLACEHOLDERS, categories
from pipeline.extract.mapping.select import DIGITS_LOST
from pipeline.extract.snapshot import Snapshot
from pipeline.lake.provenance import UNDATED
from pipeline.lake.sql import parquet, quoted
from pipeline.privacy.shapes import shapes
from pipeline.settings.sources import SourceConfig
from pipeline.validate.quarter import Examined
from schemas.contract import Column, Table

_UNREADABLE, _SHOWN_RULES = "type", ("type", "allowed_values", "range")
_DATES = ("date", "timestamp")
_HAS_DIGIT = r"\p{Nd}"
# Their shape is that of a date that is read, so it does not show what is wrong.
_YEAR = r"^([0-9]{4})[-/][0-9]{1,2}[-/][0-9]{1,2}"


@dataclass
class Refused:
    """The refused rows of a table in all quarters that are checked."""

    table: Table
    rows: int = 0
    stopping: list[str] = field(default_factory=list)
    """The quarters in which they are more than the limit allows."""
    _parts: list[pl.DataFrame] = field(default_factory=list)
    _undated: int = 0

    def add(self, quarter: str, examined: Examined, stops: bool) -> None:
        """Add a quarter's; rows that belong to no quarter are refused in every one, and added once."""
        shares, seen_before = examined.shares, bool(self._undated)
        of_quarter = examined.quarantine.select("origin_file", "origin_row", "rule", "column", "_row_id").with_columns(
            value=examined.broken["value"], quarter=pl.lit(quarter)
        )
        if seen_before:
            of_quarter = of_quarter.filter(~pl.col("_row_id").is_in(examined.undated.implode()))
        self.rows += shares.rows - (shares.undated if seen_before else 0)
        self._undated = self._undated or shares.undated
        self.stopping += [quarter] if stops else []
        self._parts.append(of_quarter)

    def findings(self, sources: SourceConfig, snapshot: Snapshot, connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
        """One for each rule and column, in no order."""
        if not self._parts:
            return
        every = pl.concat(self._parts)
        for (rule, name), rows in every.group_by("rule", "column", maintain_order=True):
            column = next((column for column in self.table.columns if column.name == name), None)
            yield self._finding(str(rule), None if name is None else str(name), column, rows, sources, snapshot, connection)

    def _finding(
        self,
        rule: str,
        name: str | None,
        column: Column | None,
        rows: pl.DataFrame,
        sources: SourceConfig,
        snapshot: Snapshot,
        connection: duckdb.DuckDBPyConnection,
    ) -> Finding:
        count = rows.select("quarter", "_row_id").n_unique()
        files = rows["origin_file"].unique().to_list()
        share = count / max(self.rows, 1)
        shown = f"{share:.1%}" if share >= 0.001 else "less than 0.1%"
        finding = Finding(
            ERROR if set(rows["quarter"].unique()) & set(self.stopping) else WARNING,
            f"{self._problem(rule, name, column, count)} ({shown} of {self.rows} rows)",
            self.table.name,
            files[0] if len(files) == 1 else None,
            None if name is None else name.replace("|", ", "),
            rule,
            count,
        )
        values = _values(rows) if column is not None and (rule == _UNREADABLE or column.type not in _DATES) else None
        if values is None or values.is_empty():
            return replace(finding, seen=(_first(rows),))
        assert column is not None
        if rule == _UNREADABLE and column.type in _DATES and (outside := _of_other_years(values)):
            finding = replace(finding, problem=f"{finding.problem}; {outside} of them before 1900 or after 2099, which is not read")
        shown_texts = categories(values) if rule in _SHOWN_RULES and column.pii is None else PLACEHOLDERS & set(values["text"])
        if rule == _UNREADABLE:
            shown_texts -= set(values.filter(pl.col("text").str.contains(_HAS_DIGIT))["text"])
        seen = _seen(values, shown_texts)
        lines = self._lines(column, values, shown_texts, sources, snapshot, connection) if rule == _UNREADABLE else []
        return replace(finding, seen=seen, proposal=proposals.both_lines(lines))

    def _problem(self, rule: str, name: str | None, column: Column | None, count: int) -> str:
        if name is None:
            return f"{count} lines have {rule.replace('_', ' ')}"
        if column is not None:
            worded = {
                _UNREADABLE: f"{count} values cannot be read as {column.type}",
                "required": f"{count} rows have no value, which the contract requires",
                "allowed_values": f"{count} values are not one of {'|'.join(column.values or ())}",
                "range": f"{count} values are out of range{f' ({column.range})' if column.range else ''}",
                "foreign_key": f"{count} rows refer to no delivered row of {column.references}",
            }
            if rule in worded:
                return worded[rule]
        if rule == DIGITS_LOST:
            return f"{count} values are written like 2.025E+13: a spreadsheet has lost their last digits"
        if rule == UNDATED:
            return f"{count} rows have nothing that dates them"
        if rule == "unique_key":
            return f"{count} rows repeat the key of an earlier one"
        return f"{count} rows break the rule {rule}"

    def _lines(
        self,
        column: Column,
        values: pl.DataFrame,
        shown: Collection[str],
        sources: SourceConfig,
        snapshot: Snapshot,
        connection: duckdb.DuckDBPyConnection,
    ) -> Iterator[str | None]:
        # In a column of dates any text that comes often stands for none; in others it may be a word for a value.
        meaningless = shown if column.type in _DATES else PLACEHOLDERS & set(shown)
        words = (
            values.filter(pl.col("text").is_in(list(meaningless))).sort("count", "text", descending=[True, False])["text"].to_list()
        )
        # Without a value the row would be refused all the same, or dated nowhere.
        if words and not column.required and column.name not in self.table.dated_by:
            yield proposals.null_line(self.table, sources, words)
        if column.type in _DATES:
            zone = sources.table(self.table.name).format.timezone
            others = values.filter(~pl.col("text").is_in(list(shown)))
            if found := proposals.date_formats(others, column, self.table, zone, connection):
                readable = connection.execute(f"select count({quoted(column.name)}) from {parquet('$1')}", [str(snapshot.path)])
                yield proposals.date_line(column, self.table, sources, found, has_readable=bool((readable.fetchone() or [0])[0]))


def _values(rows: pl.DataFrame) -> pl.DataFrame:
    """The distinct values with their shape, their number, and file and row of the first."""
    found = (
        rows.filter(pl.col("value").is_not_null())
        .sort("origin_file", "origin_row", maintain_order=True)
        .group_by("value", maintain_order=True)
        .agg(pl.len().alias("count"), pl.col("origin_file").first(), pl.col("origin_row").first())
        .rename({"value": "text"})
    )
    return found.with_columns(shape=shapes(found["text"]))


def _of_other_years(values: pl.DataFrame) -> int:
    year = pl.col("text").str.extract(_YEAR).cast(pl.Int64)
    return int(values.filter((year < 1900) | (year > 2099))["count"].sum())


def _seen(values: pl.DataFrame, shown: Collection[str]) -> tuple[Seen, ...]:
    is_shown = pl.col("text").is_in(list(shown))
    counted = (
        values.with_columns(written=pl.when(is_shown).then(pl.format("'{}'", "text")).otherwise("shape"))
        .sort("origin_file", "origin_row", maintain_order=True)
        .group_by("written", maintain_order=True)
        .agg(pl.col("count").sum(), pl.col("origin_file").first(), pl.col("origin_row").first())
        .sort("count", descending=True, maintain_order=True)
    )
    return tuple(Seen(*row) for row in counted.select("written", "count", "origin_file", "origin_row").iter_rows())


def _first(rows: pl.DataFrame) -> Seen:
    file, row = rows.select("origin_file", "origin_row").sort("origin_file", "origin_row").row(0)
    return Seen("", rows.height, file, row)
