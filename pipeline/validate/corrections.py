"""Corrections of known source errors: single values corrected by people, with reason, author and expiry.

Reads and checks ``corrections.csv``; other files that decide on values give the same ``Correction``. ``correcting`` finds the
rows and changes them.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from pipeline.calendar.quarters import TIME_ZONE, Quarter
from pipeline.errors import UsageError
from pipeline.extract.mapping.casting import Style, Value, accepted, reading
from pipeline.extract.readers.cleaning import clean_text
from pipeline.lake.database import connected
from pipeline.lake.row_key import key_parts
from pipeline.lake.sql import literal
from pipeline.settings.documents import Document
from pipeline.settings.outlier_review import CORRECT, Review
from pipeline.settings.suggestions import did_you_mean
from schemas.contract import TABLES, Table

COLUMNS = ("table", "key", "column", "before", "after", "reason", "author", "expires_on")
# Excel and Numbers mark UTF-8 this way.
_ENCODING = "utf-8-sig"


@dataclass(frozen=True)
class Correction:
    """One value that is to be read differently from the delivered one.

    key         values of the table's unique key joined by ``|``, empty if it has none; None: every row of the table
    before      the delivered value, or the text of a cell that could not be read; None: any value (needs a key)
    after       the correct value; None: no value
    expires_on  quarters that begin after this day are not corrected
    origin      where the correction is written, for messages: ``corrections.csv row 3``
    """

    table: str
    key: str | None
    column: str
    before: str | None
    after: str | None
    reason: str
    author: str
    expires_on: dt.date
    origin: str

    def is_in_force(self, quarter: Quarter) -> bool:
        """Whether rows of a quarter are corrected; today's date does not matter."""
        return quarter.first_day <= self.expires_on


@dataclass(frozen=True)
class TypedTexts:
    """``before`` and ``after`` of a correction as DuckDB writes values of the column's type; None: there is none."""

    before: str | None
    after: str | None


def examine_corrections(given: Path | Document | None) -> tuple[list[Correction], list[str]]:
    """The readable corrections of a file (None: there is none), in its order, and all its faults, by file, row, column and
    rule; row 1 is the header.
    """
    if given is None:
        return [], []
    document = Document.of(given)
    path = document.path
    try:
        records = list(csv.reader(io.StringIO(document.content.decode(_ENCODING), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        reason = "is not UTF-8" if isinstance(error, UnicodeDecodeError) else f"cannot be read: {error}"
        return [], [f"{path.name} {reason}"]
    header = [cell.strip() for cell in records[0]] if records else []
    if sorted(header) != sorted(COLUMNS):
        return [], [f"{path.name} row 1: the columns must be {', '.join(COLUMNS)}; found {', '.join(header) or 'nothing'}"]
    corrections: list[Correction] = []
    faults: list[str] = []
    for number, record in enumerate(records[1:], start=2):
        if any(cell.strip() for cell in record):
            found, wrong = _correction(record, header, f"{path.name} row {number}")
            corrections += [found] if found else []
            faults += wrong
    return corrections, faults + correction_faults(corrections)


def correction_faults(corrections: Sequence[Correction]) -> list[str]:
    """Faults of corrections other than an unknown table or column, by origin, column and rule."""
    faults = [fault for correction in corrections for fault in _faults(correction)]
    typed = typed_texts(corrections)
    seen: dict[tuple[str, str, str | None, str | None], Correction] = {}
    for correction, texts in zip(corrections, typed, strict=True):
        column = TABLES[correction.table].column(correction.column)
        if correction.after is not None and texts.after is None:
            faults.append(f"{correction.origin}, column after: cannot be read as {column.type}")
        what = (
            correction.table,
            correction.column,
            correction.key,
            None if correction.key is not None else texts.before,
        )
        other = seen.setdefault(what, correction)
        if other is not correction:
            same = (other.before, other.after) == (correction.before, correction.after)
            word = "repeats" if same else "contradicts"
            faults.append(f"{correction.origin}, column {'before' if correction.key is None else 'key'}: {word} {other.origin}")
    return faults


def typed_texts(corrections: Sequence[Correction]) -> list[TypedTexts]:
    """Every correction's texts as extract would read them, times in ISO 8601 and Shanghai time.

    An unreadable ``before`` stays as it is: it may name a cell that could not be read either.
    """
    by_column: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, correction in enumerate(corrections):
        by_column[correction.table, correction.column].append(number)
    found: dict[int, TypedTexts] = {}
    if not by_column:
        return []
    with connected() as connection:
        connection.execute(f"set TimeZone = {literal(TIME_ZONE)}")
        for (table, column), numbers in by_column.items():
            texts = [text for number in numbers for text in (corrections[number].before, corrections[number].after)]
            read = _read(texts, TABLES[table], column, connection)
            for place, number in enumerate(numbers):
                before, after = read[2 * place], read[2 * place + 1]
                found[number] = TypedTexts(before if before is not None else corrections[number].before, after)
    return [found[number] for number in range(len(corrections))]


def corrections_fingerprint(table: Table, quarter: Quarter, corrections: Iterable[Correction]) -> str:
    """Changes whenever corrections could change the validation of a quarter's rows; empty if none concerns them.

    Includes those of the tables that rules look rows up in: references, scales and days are looked up in the corrected rows.
    """
    tables = {table.name, *table.looks_up}
    if any(rule == "score_outside_scale" for rule, _ in table.rules):
        tables |= {"survey_questions", "survey_responses"}
    # The position in its file does not matter.
    found = [
        [str(value) for value in astuple(correction)[:-1]]
        for correction in corrections
        if correction.table in tables and (correction.table != table.name or correction.is_in_force(quarter))
    ]
    return hashlib.sha256(json.dumps(sorted(found)).encode()).hexdigest() if found else ""


def _correction(record: list[str], header: list[str], origin: str) -> tuple[Correction | None, list[str]]:
    if len(record) != len(header):
        return None, [f"{origin}: has {len(record)} cells, the header has {len(header)}"]
    cells = clean_text(pa.array(record, pa.string()), ()).to_pylist()
    given: dict[str, str | None] = dict(zip(header, cells, strict=True))
    faults = [
        f"{origin}, column {name}: must not be empty"
        for name in ("table", "column", "reason", "author", "expires_on")
        if given[name] is None
    ]
    table, column, day = given["table"], given["column"], given["expires_on"]
    if table is not None and table not in TABLES:
        faults.append(f"{origin}, column table: the contract has no table '{table}'{did_you_mean(table, TABLES)}")
    elif table is not None and column is not None:
        names = [known.name for known in TABLES[table].columns]
        if column not in names:
            faults.append(f"{origin}, column column: {table} has no column '{column}'{did_you_mean(column, names)}")
    expires_on = _date(day) if day is not None else None
    if day is not None and expires_on is None:
        faults.append(f"{origin}, column expires_on: '{day}' is not a date like 2025-12-31")
    if faults or expires_on is None:
        return None, faults
    return (
        Correction(
            table=str(table),
            key=given["key"],
            column=str(column),
            before=given["before"],
            after=given["after"],
            reason=str(given["reason"]),
            author=str(given["author"]),
            expires_on=expires_on,
            origin=origin,
        ),
        [],
    )


def _date(text: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        return None


def _faults(correction: Correction) -> Iterator[str]:
    table = TABLES[correction.table]
    column = table.column(correction.column)
    origin = correction.origin
    if correction.key is None and correction.before is None:
        yield f"{origin}, column before: must not be empty without a key that names the row"
    if correction.key is not None and correction.key.count("|") < len(table.unique_key) - 1:
        yield f"{origin}, column key: must hold {' | '.join(table.unique_key)}, joined by '|' without spaces"
    if correction.after is None and column.required:
        kind = "is part of the key" if column.is_key else "is required"
        yield f"{origin}, column after: must not be empty, {column.name} {kind}"
    if correction.before is not None and correction.before == correction.after:
        yield f"{origin}, column after: is the same as before"
    if correction.after is not None and column.values and correction.after not in column.values:
        hint = did_you_mean(correction.after, column.values)
        yield f"{origin}, column after: must be one of {', '.join(column.values)}{hint}"
    children = [
        child.name
        for child in TABLES.values()
        if (dated := child.dated_by_parent) is not None
        and correction.column in dated.by
        and correction.table in (child.name, dated.table)
    ]
    for child in children:
        yield f"{origin}, column column: {column.name} decides the quarter of {child}: correct it in the source"


def _read(texts: list[str | None], table: Table, name: str, connection: duckdb.DuckDBPyConnection) -> list[str | None]:
    column = table.column(name)
    value = Value("x", "VARCHAR")
    connection.register("given", pa.table({"place": range(len(texts)), "x": pa.array(texts, pa.string())}))
    read = f"select place, x, {reading(value, column, Style())} as t from given"
    rows = connection.execute(
        f"select cast({accepted('t', value, column, table)} as varchar) from ({read}) order by place"
    ).fetchall()
    connection.unregister("given")
    return [row[0] for row in rows]


def corrections_of(review: Review) -> list[Correction]:
    """The corrections decided by reviewers, in the file's order, for validate to apply.

    Each applies to the reviewed quarter; once a source corrects its record, it no longer holds ``before``.
    """
    file = "" if review.document is None else review.document.path.name
    return [
        Correction(
            table=each.table,
            key="|".join(key_parts(each.row_key)),
            column=each.column,
            before=each.before,
            after=each.corrected_value,
            reason=each.reason,
            author=each.reviewer,
            expires_on=each.quarter.first_day,
            origin=f"{file} row {each.line}",
        )
        for each in review.decisions
        if each.decision == CORRECT
    ]


def all_corrections(corrections: Path | Document | None, review: Path | Document | None) -> tuple[list[Correction], list[str]]:
    """The corrections of a corrections file and those decided by reviewers, with every fault of the two files (None: there
    is none) and their contradictions.
    """
    found, faults = examine_corrections(corrections)
    try:
        decided = corrections_of(Review.read(review))
    except UsageError as error:
        return found, [*faults, *str(error).splitlines()]
    together = [*found, *decided]
    return together, faults or correction_faults(together)


def known_corrections(corrections: Path | Document | None, review: Path | Document | None) -> list[Correction]:
    """The corrections for a run: those of the corrections file, and those decided by reviewers of outliers.

    Raises UsageError with every fault of the files and with their contradictions.
    """
    found, faults = all_corrections(corrections, review)
    if faults:
        raise UsageError("\n".join(faults))
    return found
