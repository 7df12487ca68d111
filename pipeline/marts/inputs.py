"""What a run gives to the SQL of the marts: relations in two schemas of the run's database, ``run`` and ``clean``.

The SQL of ``dbt_project/`` is the same for every quarter; only these relations differ. Of the records only the last day that
the calendar must cover is computed here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import duckdb

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import counted_quarters, published_periods
from pipeline.desensitize.rotation import require_one_key
from pipeline.lake.files import pinned
from pipeline.lake.inputs import clean_files, no_rows
from pipeline.lake.layout import Lake
from pipeline.lake.provenance import is_purged
from pipeline.lake.sql import literal, parquet, quoted
from pipeline.lake.versions import bounds_given, implied_bounds
from pipeline.settings.plan import PrivacyLimits
from schemas.contract import TABLES, Table
from schemas.expectations.pairs import ALWAYS, Pair

# Days that the working-day and service-hour clocks look up; the calendar must cover the latest of them.
_CLOCKED_COLUMNS = {
    "service_requests": ("responded_at", "resolved_at"),
    "parts_orders": ("ordered_at", "received_at"),
    "appointments": ("requested_at", "earliest_offered_on"),
    "online_sessions": ("opened_at", "first_human_reply_at"),
}


@contextmanager
def pinned_clean_files(quarter: Quarter, lake: Lake) -> Iterator[dict[str, list[Path]]]:
    """The clean files of every table this run reads, linked under the run's own names while it reads them.

    Raises DataRefused if their pseudonyms come from several keys, see ``require_one_key``; purged quarters cannot be given
    another key, so the run only warns about them.
    """
    files = {name: clean_files(table, quarter, lake) for name, table in TABLES.items()}
    require_one_key({name: [str(path) for path in found if not _is_purged(name, path, lake)] for name, found in files.items()})
    with pinned(lake, chain.from_iterable(files.values())) as names:
        following = iter(names)
        yield {name: [*islice(following, len(found))] for name, found in files.items()}


def _is_purged(table: str, clean: Path, lake: Lake) -> bool:
    quarter = Quarter.parse(clean.parent.name.removeprefix("quarter="))
    accepted = lake.partition("accepted", table, quarter)
    return accepted.is_file() and is_purged(accepted)


@dataclass(frozen=True)
class RunInputs:
    """The quarter of a run, its clean files by table, and by table the Parquet file with the quarter and _row_id of the records
    that a reviewer excluded; the fewest people that a number shown to readers may be about; the pairs of figures of requests to
    correlate.
    """

    quarter: Quarter
    files: Mapping[str, Sequence[Path]]
    excluded: Mapping[str, Path] = field(default_factory=dict)
    fewest_people: int = PrivacyLimits().k
    pairs: Sequence[Pair] = ALWAYS

    @property
    def size(self) -> int:
        """Bytes of all clean files."""
        return sum(path.stat().st_size for paths in self.files.values() for path in paths)

    def create(self, connection: duckdb.DuckDBPyConnection, database: str) -> None:
        """Create the relations in a database that has none of them.

        Tables run.quarters, run.periods, run.days, run.pairs; functions run.quarter(), run.first_day(), run.last_day(),
        run.fewest_people(); a view clean.<table> for every table of the contract.
        """
        first, last = self.quarter.first_day, self.quarter.last_day
        run, clean = f"{quoted(database)}.run", f"{quoted(database)}.clean"
        start, end = _calendar_bounds(self.quarter, self.files, connection)
        statements = [
            f"create schema {run}",
            f"create schema {clean}",
            f"create macro {run}.quarter() as {literal(self.quarter.label)}",
            f"create macro {run}.first_day() as {_date(first)}",
            f"create macro {run}.last_day() as {_date(last)}",
            f"create macro {run}.fewest_people() as {self.fewest_people}",
            _table_of(
                f"{run}.quarters",
                "quarter, first_day, last_day, end_day",
                [(each.label, each.first_day, each.last_day, each.end_day) for each in counted_quarters(self.quarter)],
            ),
            _table_of(
                f"{run}.periods",
                "period, window_kind, period_role, first_day, last_day, end_day, measured_from",
                [
                    (each.period, each.window_kind, each.role, each.first_day, each.last_day, each.end_day, each.measured_from)
                    for each in published_periods(self.quarter)
                ],
            ),
            _table_of(f"{run}.pairs", "x_measure, y_measure", list(self.pairs)),
            f"create table {run}.days as "
            f"select cast(unnest(generate_series({_date(start)}, {_date(end)}, interval 1 day)) as date) as date_day",
            *(f"create view {clean}.{quoted(name)} as {self._rows(table, connection)}" for name, table in TABLES.items()),
        ]
        for statement in statements:
            connection.execute(statement)

    def _rows(self, table: Table, connection: duckdb.DuckDBPyConnection) -> str:
        files = self.files[table.name]
        if not files:
            return no_rows(table)
        rows = f"select * from {parquet(files)}"
        if excluded := self.excluded.get(table.name):
            rows = without_excluded(rows, excluded)
        if table.is_versioned:
            starts, ends = implied_bounds(table.key, *bounds_given(parquet(files), connection))
            if (starts, ends) != ("valid_from", "valid_to"):
                rows = f"select * replace ({starts} as valid_from, {ends} as valid_to) from ({rows})"
        # A later delivery of a register that accumulates replaces what an earlier one said.
        return latest_by_key(rows, table.key) if table.accumulates and len(files) > 1 else rows


def without_excluded(rows: str, excluded: Path) -> str:
    """SQL: the rows of a query but those of a Parquet file with columns quarter and _row_id."""
    return f"select kept.* from ({rows}) as kept anti join {parquet(excluded)} as excluded using (quarter, _row_id)"


def latest_by_key(rows: str, key: Sequence[str]) -> str:
    """SQL: of a query's rows with the same key the one of the latest quarter."""
    columns = ", ".join(map(quoted, key))
    return f"select * from ({rows}) qualify row_number() over (partition by {columns} order by quarter desc) = 1"


def _date(day: dt.date) -> str:
    return f"date '{day.isoformat()}'"


def _table_of(name: str, columns: str, rows: Sequence[tuple[str | dt.date, ...]]) -> str:
    cells = [[_date(cell) if isinstance(cell, dt.date) else literal(cell) for cell in row] for row in rows]
    values = ", ".join(f"({', '.join(row)})" for row in cells)
    return f"create table {name} as select * from (values {values}) as given ({columns})"


def _calendar_bounds(
    quarter: Quarter, files: Mapping[str, Sequence[Path]], connection: duckdb.DuckDBPyConnection
) -> tuple[dt.date, dt.date]:
    start = counted_quarters(quarter)[0].first_day
    end = quarter.shift(2).end_day
    for table, columns in _CLOCKED_COLUMNS.items():
        if not files[table]:
            continue
        extremes = ", ".join(f"min({column})::date, max({column})::date" for column in columns)
        row = connection.execute(f"select {extremes} from {parquet(files[table])}").fetchone()
        days = [day for day in row or () if day is not None]
        start = min([start, *days])
        end = max([end, *days])
    return start, end
