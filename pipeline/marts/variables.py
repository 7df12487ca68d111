"""The dbt variables of a run: its quarter, its windows and the clean files it may read.

Of the records only the last day that the calendar must cover is computed here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import counted_quarters, published_periods
from pipeline.desensitize.rotation import require_one_key
from pipeline.lake.database import connected
from pipeline.lake.files import pinned
from pipeline.lake.inputs import clean_files
from pipeline.lake.layout import Lake
from pipeline.lake.provenance import is_purged
from pipeline.lake.sql import parquet
from schemas.contract import TABLES

# Days that the working-day and service-hour clocks look up; the calendar must cover the latest of them.
_CLOCKED_COLUMNS = {
    "service_requests": ("responded_at", "resolved_at"),
    "parts_orders": ("ordered_at", "received_at"),
    "appointments": ("requested_at", "earliest_offered_on"),
    "online_sessions": ("opened_at", "first_human_reply_at"),
}


@contextmanager
def pinned_clean_files(quarter: Quarter, lake: Lake) -> Iterator[dict[str, list[str]]]:
    """The clean files of every table this run reads, linked under the run's own names while it reads them.

    Raises DataRefused if their pseudonyms come from several keys, see ``require_one_key``; purged quarters cannot be given
    another key, so the run only warns about them.
    """
    files = {name: clean_files(table, quarter, lake) for name, table in TABLES.items()}
    require_one_key({name: [str(path) for path in found if not _is_purged(name, path, lake)] for name, found in files.items()})
    with pinned(lake, chain.from_iterable(files.values())) as names:
        following = iter(names)
        yield {name: [str(path) for path in islice(following, len(found))] for name, found in files.items()}


def _is_purged(table: str, clean: Path, lake: Lake) -> bool:
    quarter = Quarter.parse(clean.parent.name.removeprefix("quarter="))
    accepted = lake.partition("accepted", table, quarter)
    return accepted.is_file() and is_purged(accepted)


def dbt_variables(
    quarter: Quarter, files: dict[str, list[str]], excluded: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Any]:
    """Everything the SQL needs to know about the run, as JSON-ready values.

    files       clean files by table
    excluded    table → Parquet file with the quarter and _row_id of records that a reviewer excluded
    """
    calendar_start, calendar_end = _calendar_bounds(quarter, files)
    return {
        "quarter": quarter.label,
        "first_day": quarter.first_day.isoformat(),
        "last_day": quarter.last_day.isoformat(),
        "quarters": [
            {
                "quarter": each.label,
                "first_day": each.first_day.isoformat(),
                "last_day": each.last_day.isoformat(),
                "end_day": each.end_day.isoformat(),
            }
            for each in counted_quarters(quarter)
        ],
        "periods": [
            {
                "period": period.period,
                "window_kind": period.window_kind,
                "role": period.role,
                "first_day": period.first_day.isoformat(),
                "last_day": period.last_day.isoformat(),
                "end_day": period.end_day.isoformat(),
                "measured_from": period.measured_from.isoformat(),
            }
            for period in published_periods(quarter)
        ],
        "calendar_start": calendar_start.isoformat(),
        "calendar_end": calendar_end.isoformat(),
        "clean_files": files,
        "excluded_records": dict(excluded),
        # Key columns of tables whose files may repeat a key; the latest quarter's row counts.
        "latest_by_key": {name: list(table.key) for name, table in TABLES.items() if table.accumulates},
    }


def _calendar_bounds(quarter: Quarter, files: dict[str, list[str]]) -> tuple[dt.date, dt.date]:
    start = counted_quarters(quarter)[0].first_day
    end = quarter.shift(2).end_day
    with connected() as connection:
        for table, columns in _CLOCKED_COLUMNS.items():
            if not files[table]:
                continue
            extremes = ", ".join(f"min({column})::date, max({column})::date" for column in columns)
            row = connection.execute(
                f"select {extremes} from {parquet('$files', union_by_name=True)}",
                {"files": files[table]},
            ).fetchone()
            days = [day for day in row or () if day is not None]
            start = min([start, *days])
            end = max([end, *days])
    return start, end + dt.timedelta(days=1)
