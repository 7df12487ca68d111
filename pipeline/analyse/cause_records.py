"""The causes that people found, beside the values that they explain (``settings/cause_files.py`` reads them).

Sentences are redacted as records' free texts are: the personal data that a rule finds are replaced by labels.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import polars as pl

from pipeline.analyse.request_classes import request_class_values
from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import published_periods
from pipeline.errors import UsageError
from pipeline.lake.run_folder import RunFolder
from pipeline.redact.redaction import redact_column
from pipeline.settings.cause_files import TEXTS, CauseFile, CauseRecord
from pipeline.settings.suggestions import did_you_mean

SCHEMA = pl.Schema(
    {
        "enterprise_id": pl.String,
        "period": pl.String,
        "indicator_id": pl.String,
        "method": pl.String,
        "record": pl.Int64,
        "value": pl.Float64,
        "requirement": pl.Float64,
        "is_met": pl.Boolean,
        "dimension": pl.String,
        "member": pl.String,
        "category": pl.String,
        **dict.fromkeys(TEXTS, pl.String),
        "due_date": pl.Date,
        "status": pl.String,
    }
)
_VALUE = ["enterprise_id", "period", "indicator_id"]
_PLACE = [*_VALUE, "dimension", "member"]


def write_cause_records(quarter: Quarter, run: RunFolder, files: Sequence[CauseFile]) -> int:
    """Write ``analysis_cause_records`` into the run's folder; returns its rows.

    Raises UsageError naming file, row and column of every record of the run's periods that is about no value of theirs.
    """
    periods = [each.period for each in published_periods(quarter) if each.role == "current"]
    own = [(file, [each for each in file.records if each.period in periods]) for file in files]
    if any(records for _, records in own):
        columns = [*_VALUE, "scope_type", "scope_id"]
        values = pl.read_parquet(run.table("indicator_values"), columns=[*columns, "value", "requirement", "is_met"])
        places = pl.concat([values.select(columns), request_class_values(run.table, quarter).select(columns)])
        table = cause_records(own, values.filter(scope_type="enterprise"), places)
    else:
        table = pl.DataFrame(schema=SCHEMA)
    run.write("analysis_cause_records", table)
    return table.height


def cause_records(
    files: Iterable[tuple[CauseFile, Sequence[CauseRecord]]], values: pl.DataFrame, places: pl.DataFrame
) -> pl.DataFrame:
    """The records with the values that they explain: ``SCHEMA``, sorted. ``record``: the row of the file, 1 is its header.

    values  of enterprises: enterprise_id, period, indicator_id, value, requirement, is_met
    places  of all scopes: enterprise_id, period, indicator_id, scope_type, scope_id

    Raises UsageError for a record of an enterprise, value or place that there is not.
    """
    known, members = set(values.select(_VALUE).rows()), set(places.rows())
    faults = [fault for file, records in files for each in records for fault in _faults(file.path, each, known, members)]
    if faults:
        raise UsageError("\n".join(faults))
    rows = pl.DataFrame([_row(each) for _, records in files for each in records], schema=_GIVEN)
    redacted = rows.with_columns(redact_column(rows[name]).alias(name) for name in TEXTS)
    return (
        redacted.join(values.select(*_VALUE, "value", "requirement", "is_met"), on=_VALUE, how="left")
        .select(SCHEMA.names())
        .cast(SCHEMA)
        .sort(*_VALUE, "method", "record")
    )


_GIVEN = {name: kind for name, kind in SCHEMA.items() if name not in ("value", "requirement", "is_met")}


def _row(record: CauseRecord) -> dict[str, object]:
    given = {name: getattr(record, name) for name in (*_PLACE, "method", "category", "due_date", "status")}
    return {**given, "record": record.line, **{name: record.texts.get(name) for name in TEXTS}}


def _faults(
    path: Path, record: CauseRecord, known: Collection[tuple[str, ...]], places: Collection[tuple[str, ...]]
) -> Iterator[str]:
    def fault(column: str, rule: str) -> str:
        return f"{path}: row {record.line}, column {column}: {rule}"

    enterprises = sorted({enterprise for enterprise, *_ in known})
    if record.enterprise_id not in enterprises:
        yield fault("enterprise_id", f"no such enterprise was evaluated{did_you_mean(record.enterprise_id, enterprises)}")
    elif (record.enterprise_id, record.period, record.indicator_id) not in known:
        yield fault("indicator_id", f"{record.period} has no value of {record.indicator_id} for this enterprise")
    elif record.dimension is not None and record.member is not None:
        about = (record.enterprise_id, record.period, record.indicator_id, record.dimension)
        if (*about, record.member) not in places:
            members = sorted(str(place[-1]) for place in places if place[:-1] == about)
            yield fault(
                "member", f"{record.indicator_id} has no value of that {record.dimension}{did_you_mean(record.member, members)}"
            )
