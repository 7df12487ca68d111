"""``asq check``: how far ``asq run`` of a landing folder would get, and what is wrong with the folder, by file, table and column.

Runs the stages up to validate in a temporary lake, by their own functions, and writes nothing else. Where a run stops at the first
fault, the check goes on to find the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pipeline import flow
from pipeline.calendar.quarters import Quarter, today
from pipeline.calendar.span import far_quarters
from pipeline.check.delivery import TableDelivery, stopping_error, undated_finding
from pipeline.check.findings import ERROR, INFO, WARNING, Finding, Report, Seen, Verdict
from pipeline.check.refused import Refused
from pipeline.check.undelivered import overlooked, undelivered
from pipeline.errors import AsqError, DataRefused, UsageError
from pipeline.extract.files import require_some_table
from pipeline.extract.look_back import quarters_to_extract
from pipeline.extract.partition import ExtractResult, extract_quarter, require_some_row
from pipeline.extract.unread import unread_sheets
from pipeline.lake.database import connected
from pipeline.lake.files import process_folder
from pipeline.lake.layout import Lake
from pipeline.lake.sql import parquet
from pipeline.settings.documents import Document
from pipeline.settings.frozen import HandedInFiles
from pipeline.settings.handed_in import CORRECTIONS, OUTLIER_REVIEW, SOURCES
from pipeline.settings.indicators import catalogue_frame
from pipeline.settings.plan import EvaluationPlan
from pipeline.settings.sources import SourceConfig, read_sources
from pipeline.settings.suggestions import listed
from pipeline.stage.per_table import for_each_table
from pipeline.validate.apply_corrections import APPLIED, Outcome
from pipeline.validate.corrections import Correction, all_corrections, corrections_fingerprint
from pipeline.validate.delivered import DeliveredKeys
from pipeline.validate.look_back import quarters_to_validate
from pipeline.validate.merged_rows import told
from pipeline.validate.quarter import Examined, examine_quarter, validate_quarter
from schemas.contract import TABLES, Table

# What an earlier delivery left in the lake, and a run of this one may read.
_KEPT_STAGES = ("raw", "accepted", "quarantine")


def check_landing(
    landing: Path, files: HandedInFiles | None = None, quarter: Quarter | None = None, lake: Lake | None = None
) -> Report:
    """Everything wrong with a landing folder and the files beside it, and how far runs of its quarters would get. ::

        report = check_landing(Path("landing"))
        report.exit_code, report.lines()

    files    those handed in beside the data; None: none
    quarter  check the run of this quarter; None: of every quarter of the delivery
    lake     the lake in which it would run, with earlier deliveries; None: an empty one

    Raises UsageError when the landing folder does not exist, or the quarter has not begun.
    """
    if not landing.is_dir():
        raise UsageError(f"{landing}: the landing folder does not exist")
    if quarter is not None:
        quarter.require_begun()
    beside = _Beside.read(files or HandedInFiles({}))
    with process_folder("asq-check") as folder:
        place = Lake(folder)
        is_first = lake is None or not _linked_partitions(lake, place)
        return _Check(landing, beside, quarter, place, is_first).report()


def _linked_partitions(lake: Lake, place: Lake) -> int:
    """Link what earlier deliveries left in the lake into the temporary one; files are replaced there, never changed."""
    count = 0
    for stage in _KEPT_STAGES:
        for table in TABLES:
            for quarter, path in lake.partitions(stage, table).items():
                link = place.partition(stage, table, quarter)
                link.parent.mkdir(mode=0o700, parents=True)
                link.symlink_to(path)
                count += 1
    return count


@dataclass
class _Beside:
    """The files beside the data, as far as they can be read, and their faults by the stage that would meet them."""

    files: HandedInFiles
    sources: SourceConfig
    plan: EvaluationPlan
    corrections: tuple[Correction, ...]
    plan_faults: list[str]
    correction_faults: list[str]
    analysis_faults: list[str]
    """Of the files that analyses read."""

    @classmethod
    def read(cls, files: HandedInFiles) -> _Beside:
        plan, plan_faults = EvaluationPlan(), []
        try:
            plan = files.plan
        except UsageError as error:
            plan_faults = str(error).splitlines()
        corrections, faults = all_corrections(files.document(CORRECTIONS), files.document(OUTLIER_REVIEW))
        sources, analysis_faults = read_sources(files.document(SOURCES)), list[str]()
        for read in (lambda: files.benchmarks, lambda: files.cause_files):
            try:
                read()
            except UsageError as error:
                analysis_faults += str(error).splitlines()
        return cls(files, sources, plan, () if faults else tuple(corrections), plan_faults, faults, analysis_faults)

    def paths(self) -> Iterable[Path]:
        documents: Iterable[Document] = (*self.files.documents.values(), *self.plan.survey.files.values())
        return [document.path for document in documents]

    def catalogue_faults(self, quarter: Quarter) -> list[str]:
        try:
            self.plan.check_catalogue(catalogue_frame(quarter))
        except UsageError as error:
            return str(error).splitlines()
        return []


@dataclass
class _Check:
    landing: Path
    beside: _Beside
    quarter: Quarter | None
    lake: Lake
    is_first: bool
    """The temporary lake holds no earlier delivery."""
    _deliveries: dict[str, TableDelivery] = field(default_factory=dict)
    _refused: dict[str, Refused] = field(default_factory=dict)
    _registers: dict[tuple[str, str], Examined] = field(default_factory=dict)
    _outcomes: dict[str, list[Outcome]] = field(default_factory=dict)
    """What became of each table's corrections, in every quarter."""
    _set_aside: list[pl.DataFrame] = field(default_factory=list)
    """Values that a run would read as none, with table, rule, column and origin."""
    _without_rows: list[Finding] = field(default_factory=list)
    """That a quarter has no row, which is a fault of no table."""

    def report(self) -> Report:
        sources = self.beside.sources
        faults = [f"{sources.name}: {problem}" for problem in sources.problems]
        findings = [
            *_configuration(faults),
            *_configuration(self.beside.plan_faults),
            *_configuration(self.beside.correction_faults),
            *_configuration(self.beside.analysis_faults),
        ]
        stopped: list[AsqError] = [UsageError("\n".join(faults))] if faults else self._nothing()
        findings += [Finding.of(error) for error in stopped if isinstance(error, DataRefused)]
        self._read()
        stopped = stopped or stopping_error(list(self._deliveries.values()))
        quarters = self._quarters()
        catalogue_faults = [fault for quarter in quarters for fault in self.beside.catalogue_faults(quarter)]
        findings += _configuration(dict.fromkeys(catalogue_faults))
        verdicts = [self._verdict(quarter, stopped) for quarter in quarters]
        for delivery in self._deliveries.values():
            findings += delivery.findings
            findings += self._time_findings(delivery, quarters)
        findings += self._refused_findings()
        findings += self._set_aside_findings()
        findings += self._unapplied_findings()
        findings += self._without_rows
        read = [file for delivery in self._deliveries.values() for file in delivery.files]
        used = {*self.beside.paths(), *(file.path for file in read)}
        unclear = {name for name, delivery in self._deliveries.items() if delivery.is_unclear}
        findings += overlooked(self.landing, sources, used, unclear)
        findings += [Finding(WARNING, sheet.problem, file=sheet.file, count=sheet.rows) for sheet in unread_sheets(read)]
        empty = {name: self._deliveries[name].empty_columns for name in TABLES}
        return Report.of(findings, undelivered(empty), verdicts)

    def _nothing(self) -> list[AsqError]:
        try:
            require_some_table(self.landing, self.beside.sources)
        except DataRefused as error:
            return [error]
        return []

    def _read(self) -> None:
        def read(table: Table) -> TableDelivery:
            return TableDelivery.read(table, self.landing, self.beside.sources, self.lake, self.quarter, self.is_first)

        # The snapshot of rows without a date takes that of their parents, which must have been watched before.
        for tables in (
            [table for table in TABLES.values() if not table.dated_by_parent],
            [table for table in TABLES.values() if table.dated_by_parent],
        ):
            self._deliveries |= {table.name: found for table, found in for_each_table(flow.EXTRACT, tables, read)}
        self._deliveries = {name: self._deliveries[name] for name in TABLES}

    def _dated(self) -> dict[str, Mapping[str, int]]:
        """Rows by quarter of every table that has dates."""
        return {
            name: delivery.snapshot.rows_by_quarter
            for name, delivery in self._deliveries.items()
            if delivery.snapshot is not None and delivery.table.has_quarters
        }

    def _together(self) -> Counter[str]:
        together: Counter[str] = Counter()
        for rows in self._dated().values():
            together.update(rows)
        return together

    def _quarters(self) -> list[Quarter]:
        """Those whose runs are checked: of the delivery's time, and begun."""
        if self.quarter is not None:
            return [self.quarter]
        together = self._together()
        far = far_quarters(together)
        found = sorted(Quarter.parse(label) for label in together if label not in far)
        # Registers are in every quarter. Without a single date, no run of any quarter would find a row.
        return [quarter for quarter in found if quarter.first_day <= today()] or [Quarter.of(today())]

    def _verdict(self, quarter: Quarter, stopped: Sequence[AsqError]) -> Verdict:
        """Run the stages for a quarter and say how far they get."""
        results = self._extracted(quarter)
        lost = any(delivery.error is not None for delivery in self._deliveries.values())
        if not stopped and not lost:
            try:
                require_some_row(quarter, self.landing, results, self.lake)
            except UsageError as error:
                stopped = [error]
                self._without_rows += _configuration([str(error)])
        rows, refused, refusals = self._validated(quarter, results)
        if stopped:
            # Where a table is lost and no date is read, today's quarter stands for any.
            label = None if lost and self.quarter is None and not self._together() else quarter.label
            return Verdict(label, flow.EXTRACT, stopped[0].exit_code, _said(stopped), rows, refused)
        faults = [*self.beside.plan_faults, *self.beside.catalogue_faults(quarter)]
        faults = faults or self.beside.correction_faults or self.beside.analysis_faults
        if faults:
            return Verdict(quarter.label, flow.VALIDATE, UsageError.exit_code, tuple(faults), rows, refused)
        if refusals:
            return Verdict(quarter.label, flow.VALIDATE, DataRefused.exit_code, tuple(refusals), rows, refused)
        return Verdict(quarter.label, None, 0, (), rows, refused)

    def _extracted(self, quarter: Quarter) -> list[ExtractResult]:
        results = []
        for delivery in self._deliveries.values():
            if delivery.snapshot is None:
                continue
            if not self.is_first:
                for other in quarters_to_extract(delivery.table, quarter, self.lake):
                    extract_quarter(delivery.table, other, self.lake)
            results.append(extract_quarter(delivery.table, quarter, self.lake))
        return results

    def _validated(self, quarter: Quarter, results: list[ExtractResult]) -> tuple[int, int, list[str]]:
        """Rows, refused rows, and the tables of which too many are refused."""
        rows = refused = 0
        refusals = []
        limits = self.beside.plan.refused_limits
        with DeliveredKeys(self.lake, self.beside.corrections, quarter) as keys:

            def examine(table: Table) -> Examined | None:
                return self._examined(table, quarter, keys)

            tables = [TABLES[result.table] for result in results if result.rows]
            for table, examined in for_each_table(flow.VALIDATE, tables, examine):
                if examined is None:
                    continue
                shares, limit = examined.shares, limits.of(table.name)
                rows, refused = rows + shares.rows, refused + shares.refused
                stops = shares.largest > limit
                if stops:
                    refusals.append(f"{table.name}: {shares}, the limit is {limit:.1%}")
                of_table = self._refused.setdefault(table.name, Refused(table))
                of_table.add(quarter.label, examined, stops)
                self._outcomes.setdefault(table.name, []).append(examined.outcome)
                self._keep_set_aside(table, quarter, examined)
        return rows, refused, refusals

    def _examined(self, table: Table, quarter: Quarter, keys: DeliveredKeys) -> Examined | None:
        if not self.is_first:
            for other in quarters_to_validate(table, quarter, self.lake, self.beside.corrections):
                validate_quarter(table, other, self.lake, 1.0, keys)
        if table.has_quarters or not self.is_first:
            return examine_quarter(table, quarter, self.lake, keys)
        # The rows of a register are the same in every quarter, unless they are corrected up to some day.
        which = table.name, corrections_fingerprint(table, quarter, self.beside.corrections)
        if which not in self._registers:
            examined = examine_quarter(table, quarter, self.lake, keys)
            assert examined is not None
            self._registers[which] = examined
        return self._registers[which]

    def _time_findings(self, delivery: TableDelivery, quarters: list[Quarter]) -> Iterator[Finding]:
        """How many rows there are, of which time, and which lie outside of it."""
        table, snapshot = delivery.table, delivery.snapshot
        if snapshot is None or not snapshot.delivered:
            return
        if left_out := {rule: rows for rule, rows in snapshot.left_out.items() if rows}:
            of_rules, total = ", ".join(f"{rule} {rows}" for rule, rows in left_out.items()), sum(left_out.values())
            yield Finding(INFO, f"{total} rows are left out, as configured: {of_rules}", table.name, count=total)
        if not table.has_quarters:
            yield Finding(INFO, f"{snapshot.rows} rows read", table.name, count=snapshot.rows)
            return
        together = self._together()
        far, rows = far_quarters(together), snapshot.rows_by_quarter
        within = sorted(label for label in rows if label not in far)
        span = "" if not within else f", of {within[0]}" + (f" to {within[-1]}" if len(within) > 1 else "")
        yield Finding(INFO, f"{snapshot.rows} rows read{span}", table.name, count=snapshot.rows)
        coming = [label for label in within if Quarter.parse(label).first_day > today()]
        if not snapshot.rows or snapshot.rows == sum(rows[label] for label in within if label not in coming):
            return
        with connected(self.lake.scratch) as connection:
            found = connection.execute(
                f"select quarter, count(*), arg_min(_origin_file, _row_id), arg_min(_origin_row, _row_id) from {parquet('$1')} "
                "where quarter is null or list_contains($2, quarter) group by quarter order by quarter",
                [str(snapshot.path), [*far, *coming]],
            ).fetchall()
        for labels, what in (
            (far, "outside the delivery's time, more than a year from all others"),
            (coming, "in a coming quarter"),
        ):
            places = [(label, count, file, row) for label, count, file, row in found if label in labels]
            if places:
                named = ", ".join(f"{label} ({count}, first in {file} row {row})" for label, count, file, row in places)
                total = sum(count for _, count, *_ in places)
                yield Finding(
                    WARNING, f"{total} rows are dated {what}: {named}", table.name, column=table.dated_column, count=total
                )
        for label, count, file, row in found:
            if label is None:
                yield undated_finding(delivery, count, file, row)

    def _keep_set_aside(self, table: Table, quarter: Quarter, examined: Examined) -> None:
        if examined.set_aside.is_empty():
            return
        with connected(self.lake.scratch) as connection:
            connection.register("found", examined.set_aside.to_arrow())
            origins = connection.execute(
                'select rule, "column", _origin_file as file, _origin_row as "row" '
                f"from found join {parquet('$1')} using (_row_id) order by _row_id",
                [str(self.lake.partition("raw", table.name, quarter))],
            ).pl()
        self._set_aside.append(origins.with_columns(table=pl.lit(table.name)))

    def _set_aside_findings(self) -> Iterator[Finding]:
        if not self._set_aside:
            return
        for key, rows in pl.concat(self._set_aside).group_by("table", "rule", "column", maintain_order=True):
            table, rule, column = map(str, key)
            files = rows["file"].unique()
            seen = (Seen("", rows.height, rows["file"][0], rows["row"][0]),)
            file = files[0] if len(files) == 1 else None
            yield Finding(WARNING, told(rows.height, rule), table, file, column, rule, rows.height, seen)

    def _unapplied_findings(self) -> Iterator[Finding]:
        """The corrections that no run would apply."""
        for table, outcomes in self._outcomes.items():
            applied = {origin for outcome in outcomes for origin in outcome.by_status.get(APPLIED, ())}
            unapplied: dict[str, dict[str, None]] = {}
            for status, origins in (each for outcome in outcomes for each in outcome.unapplied.items()):
                unapplied.setdefault(status, {}).update(dict.fromkeys(origin for origin in origins if origin not in applied))
            for status, found in unapplied.items():
                if found:
                    yield Finding(WARNING, f"{len(found)} corrections not applied, {status}: {listed(found, 3)}", table)

    def _refused_findings(self) -> Iterator[Finding]:
        with connected(self.lake.scratch) as connection:
            for name, refused in self._refused.items():
                snapshot = self._deliveries[name].snapshot
                assert snapshot is not None
                yield from refused.findings(self.beside.sources, snapshot, connection)


def _configuration(faults: Iterable[str]) -> Iterator[Finding]:
    for fault in faults:
        yield Finding(ERROR, fault, is_configuration=True)


def _said(errors: Iterable[AsqError]) -> tuple[str, ...]:
    # A table whose parent cannot be read stops with the same words.
    return tuple(dict.fromkeys(line for error in errors for line in str(error).splitlines()))
