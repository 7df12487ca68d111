"""``asq check``: reports problems with landing files and ``sources.yaml`` before a run, by file, table and column.

Runs the steps of a run on a sample of each table's records and writes nothing. Findings hold counts and column names;
the only values they show are those outside a closed set that are frequent enough to be categories.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import AsqError, UsageError
from pipeline.extract.errors import SourceRefused
from pipeline.extract.files import SourceFile, find_files, is_known_kind, known_kinds, matching, stem, unused_files
from pipeline.extract.mapping.select import CONSTANT, EXPRESSION, UNIQUE_KEY
from pipeline.extract.readers.sheet_marks import SheetMarks
from pipeline.extract.stream import TableStream, open_table
from pipeline.settings.documents import Document
from pipeline.settings.sources import SourceConfig, SourceConfigError, read_sources
from pipeline.settings.suggestions import did_you_mean, listed
from schemas.contract import TABLES, Table
from schemas.indicator_columns import rests_on
from schemas.standard.catalogue import catalogue_rows

SAMPLE_ROWS = 200_000
"""Rows read of each table; a wrong mapping shows in the first ones."""

# The default share of refused rows at which a run stops (decision: 5 % of a table and quarter).
_STOPPING_SHARE = 0.05
# A rarer text, or one of very many, may be a person's name in the wrong column.
_CATEGORY_COUNT, _CATEGORY_SHARE, _CATEGORY_LENGTH = 3, 0.2, 40


_KINDS = {
    CONSTANT: "a constant",
    EXPRESSION: "an expression that reads nothing of the record",
    UNIQUE_KEY: "the record's own key",
}


@dataclass(frozen=True)
class Notice:
    """One problem, or something worth knowing."""

    level: str
    """error (a run would stop), warning (rows would be refused, or something was overlooked) or info."""
    problem: str
    table: str | None = None
    file: str | None = None
    column: str | None = None
    count: int | None = None
    is_configuration: bool = False
    """The call or ``sources.yaml`` is wrong, whatever the data."""

    @property
    def is_error(self) -> bool:
        return self.level == "error"

    def __str__(self) -> str:
        return ": ".join(part for part in (self.level, self.table, self.file, self.column, self.problem) if part)


def check_landing(
    landing: Path, sources: Path | Document | None, beside: Iterable[Path] = (), faults: Iterable[str] = ()
) -> list[Notice]:
    """All problems of a landing folder and its ``sources.yaml`` (None: there is none), table by table.

    beside   files for another reader, which are expected to feed no table
    faults   problems those readers found

    Raises UsageError when the landing folder does not exist.
    """
    config = read_sources(sources)
    findings = [Notice("error", f"{config.name}: {problem}", is_configuration=True) for problem in config.problems]
    if not landing.is_dir():
        raise UsageError(f"{landing}: the landing folder does not exist")
    findings += [Notice("error", fault, is_configuration=True) for fault in faults]
    used = set(beside)
    unclear: set[str] = set()
    empty: dict[str, set[str] | None] = {}
    with TemporaryDirectory(prefix="asq-check-") as scratch:
        for table in TABLES.values():
            check = _TableCheck(table, landing, config, Path(scratch))
            findings += check.findings()
            used.update(file.path for file in check.files)
            if check.is_unclear:
                unclear.add(table.name)
            empty[table.name] = check.empty_columns
    findings += _overlooked(landing, used, unclear)
    if all(columns is None for columns in empty.values()) and not any(finding.is_error for finding in findings):
        findings.append(Notice("error", "no table of the contract was delivered"))
    return findings + list(_missing(empty))


class _TableCheck:
    """The findings of one table."""

    def __init__(self, table: Table, landing: Path, config: SourceConfig, scratch: Path) -> None:
        self._table, self._landing, self._config, self._scratch = table, landing, config, scratch
        self.files: list[SourceFile] = []
        self.empty_columns: set[str] | None = None
        """Contract columns without a source; None: nothing was delivered."""
        self.is_unclear = False
        """True when it is unclear which files belong to the table."""
        self._tally = _Tally(table)

    def findings(self) -> list[Notice]:
        source = self._config.table(self._table.name)
        try:
            self.files = find_files(self._table.name, self._landing, self._config)
        except (SourceRefused, SourceConfigError) as error:
            self.empty_columns, self.is_unclear = set(), True
            return [self._refusal(error)]
        found: list[Notice] = []
        for pattern in source.files or ():
            if not matching(pattern, self._landing):
                found.append(Notice("warning", f"no file matches '{pattern}'", table=self._table.name))
        unused: dict[str, None] = {}
        assumed: dict[str, str] = {}
        for files in [[file] for file in self.files] or ([[]] if source.rows is not None else []):
            self.empty_columns = set() if self.empty_columns is None else self.empty_columns
            try:
                with open_table(self._table, files, self._config, self._scratch, decide_latest=False) as stream:
                    found += self._file_findings(stream)
                    unused.update(dict.fromkeys(stream.unused_columns(0)))
                    self.empty_columns |= stream.empty_columns(0)
                    assumed = stream.assumed_columns() | assumed
            except AsqError as error:
                found.append(self._refusal(error))
        found += self._tally.findings()
        found += self._assumed(assumed)
        if unused:
            names = listed(unused)
            found.append(Notice("info", f"columns that are not read: {names}", table=self._table.name, count=len(unused)))
        return found

    def _file_findings(self, stream: TableStream) -> list[Notice]:
        encoding = stream.encoding(0)
        rows = stream.rows(0)
        for batch in rows:
            self._tally.add(batch)
            if self._tally.rows >= SAMPLE_ROWS:
                break
        rows.close()
        name = stream.files[0].name if stream.files else None
        found = list(self._sheet_findings(stream.marks(0), name))
        if encoding is not None and encoding != "utf-8" and not self._config.table(self._table.name).format.encoding:
            problem = f"is not UTF-8 and is read as {encoding.upper()}"
            found.append(Notice("info", problem, table=self._table.name, file=name))
        return found

    def _assumed(self, assumed: dict[str, str]) -> Iterator[Notice]:
        """The columns that are not measured, with the indicators that are shown and not scored because of them."""
        indicators = {indicator.indicator_id: indicator for indicator in catalogue_rows()}.values()
        for column, kind in assumed.items():
            name = f"{self._table.name}.{column}"
            resting = [
                each.indicator_id
                for each in indicators
                if name in (*each.source_columns, *rests_on(each.indicator_id)) and self._table.name != "survey_questions"
            ]
            if resting:
                problem = f"is not measured ({_KINDS[kind]}): {', '.join(resting)} shown, not scored, unless the plan names them"
                yield Notice("info", problem, table=self._table.name, column=column)

    def _sheet_findings(self, marks: SheetMarks | None, file: str | None) -> Iterator[Notice]:
        if marks is not None and marks.errors:
            texts = listed(sorted({text for row in marks.errors.values() for text in row.values()}))
            problem = f"{marks.error_count} cells hold an error of the spreadsheet ({texts})"
            yield Notice("warning", problem, table=self._table.name, file=file, count=marks.error_count)
        if marks is not None and marks.uncomputed:
            problem = f"{marks.uncomputed} formulas have no value: open the file in a spreadsheet program and save it"
            yield Notice("warning", problem, table=self._table.name, file=file, count=marks.uncomputed)

    def _refusal(self, error: AsqError) -> Notice:
        if isinstance(error, SourceRefused):
            return Notice("error", error.problem, error.table, error.file, error.column)
        return Notice("error", str(error), is_configuration=isinstance(error, UsageError))


class _Tally:
    """Counts over a table's sampled rows."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.rows = 0
        self._quarters: Counter[str] = Counter()
        self._undated = 0
        self._misfits: Counter[str] = Counter()
        self._unread: Counter[str] = Counter()
        self._empty: Counter[str] = Counter()
        self._outside: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, batch: pa.RecordBatch) -> None:
        """Count one batch of rows."""
        self.rows += batch.num_rows
        defects = pc.list_flatten(batch.column("_defects"))
        for entry in pc.value_counts(pc.struct_field(defects, "rule")).to_pylist():
            if entry["values"] != "type":
                self._misfits[entry["values"]] += entry["counts"]
        for entry in pc.value_counts(pc.struct_field(defects, "column").drop_null()).to_pylist():
            self._unread[entry["values"]] += entry["counts"]
        for column in self._table.columns:
            cells = batch.column(column.name)
            if column.required:
                self._empty[column.name] += cells.null_count
            if column.values:
                for entry in pc.value_counts(cells.drop_null()).to_pylist():
                    if entry["values"] not in column.values:
                        self._outside[column.name][entry["values"]] += entry["counts"]
        if self._table.quarter_expression:
            for entry in pc.value_counts(batch.column("quarter").drop_null()).to_pylist():
                self._quarters[entry["values"]] += entry["counts"]
            self._undated += batch.column("quarter").null_count

    def findings(self) -> list[Notice]:
        found = [
            self._shared(f"{count} lines have {rule.replace('_', ' ')}", None, count)
            for rule, count in sorted(self._misfits.items(), reverse=True)
        ]
        misfits = sum(self._misfits.values())
        for column in self._table.columns:
            name = column.name
            unread, empty = self._unread[name], self._empty[name] - self._unread[name] - misfits
            if unread:
                found.append(self._shared(f"{unread} values cannot be read as {column.type}", name, unread))
            if empty > 0:
                found.append(self._shared(f"{empty} rows have no value, which the contract requires", name, empty))
            outside = self._outside.get(name)
            if outside:
                count = sum(outside.values())
                problem = f"{count} values are not one of {'|'.join(column.values or ())}: {self._sample(outside)}"
                found.append(self._shared(problem, name, count))
        if self._quarters:
            span = f"{min(self._quarters)} to {max(self._quarters)}" if len(self._quarters) > 1 else min(self._quarters)
            found.append(Notice("info", f"{self.rows} rows read, from {span}", table=self._table.name, count=self.rows))
        elif self._undated:
            found.append(Notice("error", "no row has a readable date", table=self._table.name, count=self._undated))
        return found

    def _shared(self, problem: str, column: str | None, count: int) -> Notice:
        share = count / max(self.rows, 1)
        shown = f"{share:.1%}" if share >= 0.001 else "less than 0.1%"
        level = "error" if share > _STOPPING_SHARE else "warning"
        return Notice(level, f"{problem} ({shown} of {self.rows} rows)", self._table.name, column=column, count=count)

    def _sample(self, outside: Counter[str]) -> str:
        are_categories = len(outside) <= max(_CATEGORY_SHARE * sum(outside.values()), 1)
        shown = [
            f"'{value}' × {count}"
            for value, count in outside.most_common(8)
            if are_categories and count >= _CATEGORY_COUNT and len(value) <= _CATEGORY_LENGTH and not re.search(r"\d{5}", value)
        ]
        hidden = len(outside) - len(shown)
        return ", ".join([*shown, *([f"{hidden} {'more' if shown else 'rare'} values not shown"] if hidden else [])])


def _overlooked(landing: Path, used: set[Path], unclear: set[str]) -> Iterator[Notice]:
    for path in unused_files(landing, used):
        name = path.relative_to(landing)
        called = stem(path) if len(name.parts) == 1 else name.parts[0]
        # The problem with the delivery of these tables is reported already.
        if called.lower() in unclear:
            continue
        if is_known_kind(path):
            problem = f"feeds no table{did_you_mean(called, TABLES)}"
        else:
            problem = f"feeds no table: it is not one of the known kinds ({known_kinds()})"
        yield Notice("warning", problem, file=name.as_posix())


def _missing(empty: dict[str, set[str] | None]) -> Iterator[Notice]:
    """Undelivered tables and optional columns, with the indicators that have no data without them."""
    indicators = {indicator.indicator_id: indicator for indicator in catalogue_rows()}.values()
    for table, columns in empty.items():
        if columns is not None:
            continue
        without = [indicator.indicator_id for indicator in indicators if indicator.source_tables[:1] == (table,)]
        also = [indicator.indicator_id for indicator in indicators if table in indicator.source_tables[1:]]
        parts = [f"no_data for {', '.join(without)}"] if without else []
        parts += [f"needed too by {', '.join(also)}"] if also else []
        yield Notice("info", "not delivered" + "".join(f"; {part}" for part in parts), table=table)
    lacking: dict[str, list[str]] = defaultdict(list)
    for indicator in indicators:
        for alternatives in indicator.source_columns:
            places = [place.split(".") for place in alternatives.split("|")]
            lacks = [None if (columns := empty[table]) is None else column in columns for table, column in places]
            # A table that was not delivered at all is named above.
            if True in lacks and False not in lacks:
                lacking[alternatives].append(indicator.indicator_id)
    for alternatives, without in lacking.items():
        table, _, column = alternatives.partition("|")[0].partition(".")
        others = f" (nor {alternatives.partition('|')[2]})" if "|" in alternatives else ""
        yield Notice("info", f"not delivered{others}; no_data for {', '.join(without)}", table=table, column=column)
