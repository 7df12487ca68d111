"""Reads what was delivered for each table as a run does, and keeps what is worth knowing about its files."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from pipeline.calendar.quarters import Quarter
from pipeline.check.findings import INFO, WARNING, Finding
from pipeline.errors import AsqError, DataRefused
from pipeline.extract import apart
from pipeline.extract.errors import SourceRefused
from pipeline.extract.files import SourceFile, find_files, matching
from pipeline.extract.mapping.select import CONSTANT, EXPRESSION, UNIQUE_KEY
from pipeline.extract.snapshot import Snapshot, is_read_apart, take_snapshot
from pipeline.extract.stream import TableNotes, columns_of, open_table
from pipeline.lake.layout import Lake
from pipeline.settings.sources import SourceConfig, SourceConfigError
from pipeline.settings.suggestions import listed
from schemas.contract import TABLES, Table
from schemas.indicator_columns import rests_on, stand_ins
from schemas.standard.catalogue import catalogue_rows

_KINDS = {
    CONSTANT: "a constant",
    EXPRESSION: "an expression that reads nothing of the record",
    UNIQUE_KEY: "the record's own key",
}


@dataclass
class TableDelivery:
    """What came for one table."""

    table: Table
    sources: SourceConfig
    files: list[SourceFile] = field(default_factory=list)
    snapshot: Snapshot | None = None
    error: AsqError | None = None
    """With which a run would stop."""
    empty_columns: set[str] | None = None
    """Contract columns without a source; None: nothing was delivered."""
    is_unclear: bool = False
    """True when it is unclear which files belong to the table."""
    findings: list[Finding] = field(default_factory=list)
    _unused: dict[str, None] = field(default_factory=dict)
    _assumed: dict[str, str] = field(default_factory=dict)
    _delivered: set[str] = field(default_factory=set)
    _sound: list[str] = field(default_factory=list)

    @classmethod
    def read(
        cls, table: Table, landing: Path, sources: SourceConfig, lake: Lake, quarter: Quarter | None, is_first: bool
    ) -> TableDelivery:
        """Take the table's snapshot. ``is_first``: the lake holds no earlier delivery, so nothing is made of a table that
        did not come."""
        found = cls(table, sources)
        try:
            found.files = find_files(table.name, landing, sources)
        except (SourceRefused, SourceConfigError) as error:
            found.error, found.empty_columns, found.is_unclear = error, set(), True
            found.findings.append(Finding.of(error))
            return found
        source = sources.table(table.name)
        for pattern in source.patterns or ():
            if not matching(pattern, landing):
                found.findings.append(Finding(WARNING, f"no file matches '{pattern}'", table.name))
        if not found.files and source.rows is None and is_first:
            return found
        try:
            found.snapshot = take_snapshot(table, landing, sources, lake, quarter, found._watch)
        except AsqError as error:
            found.error, found.empty_columns = error, set()
            found.findings += list(found._faults(lake.scratch)) or [Finding.of(error)]
            found.snapshot = found._of_sound_files(landing, lake, quarter)
        found.findings += found._assumptions()
        if found._unused:
            names = listed(found._unused)
            found.findings.append(Finding(INFO, f"columns that are not read: {names}", table.name, count=len(found._unused)))
        return found

    def _watch(self, notes: TableNotes) -> None:
        """Keep what the files themselves tell once they are read."""
        if made := notes.prepared:
            problem = f"prepare makes {made[1]} rows of {made[0]} records"
            self.findings.append(Finding(INFO, problem, self.table.name, count=made[0]))
        self.findings += [
            Finding(WARNING, doubt.problem, self.table.name, name, doubt.column, count=doubt.count)
            for name, doubts in notes.prepared_doubts.items()
            for doubt in doubts
        ]
        for file in notes.files:
            name = file.origin if self.files else None
            self.findings += [
                Finding(WARNING, doubt.problem, self.table.name, name, doubt.column, count=doubt.count) for doubt in file.doubts
            ]
            if file.encoding not in (None, "utf-8") and not self.sources.table(self.table.name).format.encoding:
                problem = f"is not UTF-8 and is read as {str(file.encoding).upper()}"
                self.findings.append(Finding(INFO, problem, self.table.name, name))
            self._unused.update(dict.fromkeys(file.unused))
            self.empty_columns = (self.empty_columns or set()) | file.empty
        if notes.files:
            self._assumed = notes.assumed | self._assumed
            self._delivered.update(notes.delivered)

    def _assumptions(self) -> Iterator[Finding]:
        """The columns that are not measured, with the indicators that are shown and not scored because of them."""
        indicators = {indicator.indicator_id: indicator for indicator in catalogue_rows()}.values()
        for column, kind in self._assumed.items():
            name = f"{self.table.name}.{column}"
            resting = [
                each.indicator_id
                for each in indicators
                if any(
                    name in needed.split("|") and self._is_assumed(needed)
                    for needed in (
                        *each.source_columns,
                        *rests_on(each.indicator_id),
                        *chain.from_iterable(stand_ins(each.indicator_id).values()),
                    )
                )
            ]
            if resting and self.table.name != "survey_questions":
                problem = f"is not measured ({_KINDS[kind]}): {', '.join(resting)} shown, not scored, unless the plan names them"
                yield Finding(INFO, problem, self.table.name, column=column)

    def _is_assumed(self, needed: str) -> bool:
        """Whether every delivered column of the alternatives joined by ``|`` is assumed."""
        columns = (name.partition(".")[2] for name in needed.split("|"))
        return all(column in self._assumed for column in columns if column in self._delivered)

    def _faults(self, scratch: Path) -> Iterator[Finding]:
        """Those of every file by itself: a run stops at the first. A query reads its files together."""
        if self.sources.table(self.table.name).prepare is not None:
            return
        is_apart = is_read_apart(self.files, self.sources.table(self.table.name))
        known = [name for file in self.files for name in columns_of(file)]
        for file in self.files:
            try:
                self._watch(apart.call_if(is_apart, _read, self.table.name, file, self.sources, scratch, known))
                self._sound.append(file.name)
            except AsqError as error:
                yield Finding.of(error)

    def _of_sound_files(self, landing: Path, lake: Lake, quarter: Quarter | None) -> Snapshot | None:
        """The rows of the files without a fault of their own: their values may have other faults."""
        if not 0 < len(self._sound) < len(self.files):
            return None
        only = {"files": tuple(glob.escape(name) for name in self._sound)}
        source = self.sources.table(self.table.name).model_copy(update=only)
        try:
            return take_snapshot(
                self.table, landing, replace(self.sources, tables={**self.sources.tables, self.table.name: source}), lake, quarter
            )
        except AsqError:
            return None


def _read(name: str, file: SourceFile, sources: SourceConfig, scratch: Path, known: list[str]) -> TableNotes:
    """Read one file of a table by itself; raises what is wrong with it."""
    with open_table(TABLES[name], [file], sources, scratch, decide_latest=False, known_columns=known) as stream:
        for _ in stream.rows():
            pass
        return stream.notes()


def stopping_error(deliveries: list[TableDelivery]) -> list[AsqError]:
    """The errors with which the extract stage of a run would end: a wrong configuration at once, refused data together."""
    errors = [delivery.error for delivery in deliveries if delivery.error is not None]
    at_once = [error for error in errors if not isinstance(error, DataRefused)]
    return at_once[:1] or errors


def undated_finding(delivery: TableDelivery, rows: int, file: str, row: int) -> Finding:
    """That rows have no readable date."""
    dated = delivery.table.dated_by_parent
    why = f"their row of {dated.table} has none, or did not come" if dated else "they cannot be put into a quarter"
    problem = f"{rows} rows have no readable date: {why}; they are refused in every quarter, first in {file} row {row}"
    return Finding(WARNING, problem, delivery.table.name, column=delivery.table.dated_column, rule="undated", count=rows)
