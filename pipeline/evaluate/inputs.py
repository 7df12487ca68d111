"""Inputs of an evaluation: counted marts, catalogue, expert judgements, and the delivery as recorded in the files."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.span import far_quarters
from pipeline.calendar.windows import counted_quarters, read_quarters
from pipeline.evaluate.run_info import Elsewhere, Purged
from pipeline.evaluate.values.delivery import Delivery, EarlierQuarter
from pipeline.evaluate.values.parts import PLACE
from pipeline.lake.database import connected
from pipeline.lake.files import work_folder
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import read_metadata
from pipeline.lake.provenance import ASSUMED_COLUMNS, PSEUDONYM_KEY, UNDATED, is_purged
from pipeline.lake.sql import literal, parquet, quoted
from pipeline.settings.plan import EvaluationPlan
from schemas.contract import TABLES
from schemas.indicator_columns import TIME_OF_DAY, indicator_columns, stand_ins
from schemas.standard.catalogue import SEEDS, catalogue
from schemas.standard.parameters import parameter

COUNTED_MARTS = (
    "mart_period_inputs",
    "mart_duration_statistics",
    "mart_period_coverage",
    "mart_source_rows",
    "dim_calendar",
    "mart_survey_cells",
    "mart_survey_scores",
    "mart_survey_validity",
    "mart_survey_pairs",
    "mart_survey_cell_pairs",
    "mart_working_day_reach",
)
"""The tables of ``CountedMarts``, in its order."""

_ROWS_AT_ONCE = 1 << 18
# Describe the questionnaire: what is the same for all its questions is no measurement left out.
_DESCRIBING = ("survey_questions",)


# When something is known to have happened, for tables whose event time may be a plan; None: never.
_HAPPENED = {"onsite_visits": "greatest(arrived_at, completed_at)", "improvement_projects": None}


@dataclasses.dataclass(frozen=True)
class CountedMarts:
    """The marts that the evaluation reads. Only ``inputs`` grows with the records: its file is read in parts."""

    inputs: Path
    statistics: pl.DataFrame
    coverage: pl.DataFrame
    source_rows: pl.DataFrame
    calendar: pl.DataFrame
    survey_cells: pl.DataFrame
    survey_scores: pl.DataFrame
    survey_rounds: pl.DataFrame
    survey_pairs: pl.DataFrame
    survey_cell_pairs: pl.DataFrame
    working_day_reach: pl.DataFrame

    @classmethod
    def read(cls, file_of: Callable[[str], Path]) -> CountedMarts:
        """Read the Parquet files; ``file_of`` maps a table name to its path."""
        inputs, *others = (file_of(name) for name in COUNTED_MARTS)
        return cls(inputs, *(pl.read_parquet(path) for path in others))

    def inputs_of_enterprises(self) -> pl.DataFrame:
        """The inputs at enterprise scope."""
        return pl.scan_parquet(self.inputs).filter(pl.col("scope_type") == "enterprise").collect(engine="streaming")


@contextmanager
def inputs_by_place(
    marts: CountedMarts, places: pl.DataFrame, scratch: Path
) -> Iterator[Iterator[tuple[pl.DataFrame, pl.DataFrame]]]:
    """Yield the rows of ``marts.inputs`` in parts, each with its places, in the order of the places; at least one part.

    places      further places, which need not have rows

    A part has whole places with about ``_ROWS_AT_ONCE`` rows, in the order of the file within each place.
    """
    with work_folder(scratch, "evaluated") as folder:
        ordered = folder / "inputs.parquet"
        names = ", ".join(PLACE)
        with connected(scratch) as connection:
            connection.execute(
                f"copy (select * exclude (file_row_number) from {parquet(marts.inputs, row_number=True)} "
                f"order by {names}, file_row_number) to {literal(ordered)} (format parquet)"
            )
            counted = connection.execute(f"select {names}, count(*) as n from {parquet(ordered)} group by all").pl()
        known = (
            pl.concat([counted, places.select(*PLACE, n=pl.lit(0, pl.Int64))]).group_by(PLACE).agg(pl.col("n").sum()).sort(PLACE)
        )
        parts = known.with_columns(part=(pl.col("n").cum_sum() - pl.col("n")) // _ROWS_AT_ONCE)
        yield _parts(pl.scan_parquet(ordered), parts.partition_by("part", maintain_order=True) or [parts])


def _parts(ordered: pl.LazyFrame, parts: list[pl.DataFrame]) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    start = 0
    for part in parts:
        rows = int(part["n"].sum())
        yield ordered.slice(start, rows).collect(), part.select(PLACE)
        start += rows


def data_as_of(lake: Lake, quarter: Quarter) -> dt.datetime:
    """The latest event in the records of the quarter and its look-ahead quarter; without any, the quarter's first day.

    Visit appointments and planned project starts do not count: they may lie in the future.
    """
    latest = dt.datetime.combine(quarter.first_day, dt.time())
    end = dt.datetime.combine(quarter.shift(1).end_day, dt.time())
    with connected(lake.scratch) as connection:
        for table in TABLES.values():
            happened_at = _HAPPENED.get(table.name, table.event.name if table.event else None)
            if happened_at is None:
                continue
            for each in (quarter, quarter.shift(1)):
                path = lake.partition("clean", table.name, each)
                if path.exists():
                    found = connection.execute(
                        f"select max(({happened_at})::timestamp) filter (where {happened_at} < $end) from {parquet('$path')}",
                        {"path": str(path), "end": end},
                    ).fetchone()
                    if found and found[0] is not None:
                        latest = max(latest, found[0])
    return latest


def read_delivery(lake: Lake, quarter: Quarter) -> Delivery:
    """The tables and columns that were delivered, from the metadata that the extract stage wrote to the raw partitions, and the
    columns without a value, from the clean ones.
    """
    tables, columns = {}, {}
    for name in TABLES:
        marks = pq.read_metadata(lake.partition("raw", name, quarter)).metadata or {}
        tables[name] = marks.get(b"delivered") == b"true"
        columns[name] = frozenset(json.loads(marks.get(b"delivered_columns", b"[]")))
    windows = {
        "period": [quarter],
        "year_to_date": [each for each in counted_quarters(quarter) if each.year == quarter.year],
        "trailing_year": counted_quarters(quarter)[-4:],
    }
    empty = _empty_columns(lake, quarter, windows)
    so_far = {rule: empty[rule] for rule in ("year_to_date", "trailing_year")}
    return Delivery(tables, columns, empty["period"], so_far, _assumed_columns(lake, quarter))


def _empty_columns(lake: Lake, quarter: Quarter, windows: Mapping[str, list[Quarter]]) -> dict[str, dict[str, frozenset[str]]]:
    """Per window: table → optional columns that indicators need and that have no value where one is expected.

    A column is empty if some row of the window should have a value and none has: without such a row nothing is missing.
    """
    needed: dict[str, set[str]] = {}
    for indicator in catalogue(quarter.last_day).values():
        own = (column.split("|") for column in indicator.source_columns)
        for name in chain(*own, *stand_ins(indicator.indicator_id).values()):
            of, column = name.split(".", 1)
            needed.setdefault(of, set()).add(column)
    empty: dict[str, dict[str, frozenset[str]]] = {rule: {} for rule in windows}
    with connected(lake.scratch) as connection:
        for name, columns in needed.items():
            table, listed = TABLES[name], sorted(columns)
            counts: dict[Quarter, tuple[int, ...]] = {}
            for each in {each for quarters in windows.values() for each in quarters if table.has_quarters or each == quarter}:
                path = lake.partition("clean", name, each)
                if path.is_file():
                    wanted = ", ".join(
                        f"count({quoted(column)}), count(*) filter ({table.column(column).expected_where or 'true'})"
                        for column in listed
                    )
                    found = connection.execute(f"select {wanted} from {parquet('$path')}", {"path": str(path)}).fetchone()
                    counts[each] = tuple(found or ())
            for rule, quarters in windows.items():
                rows = [counts[each] for each in quarters if each in counts]
                empty[rule][name] = frozenset(
                    column
                    for place, column in enumerate(listed)
                    if not any(row[2 * place] for row in rows) and any(row[2 * place + 1] for row in rows)
                )
    return empty


def examined_delivery(lake: Lake, quarter: Quarter) -> Delivery:
    """The delivery with what its records show: customers that are none, and times that are dates (D-94, D-95)."""
    with connected(lake.scratch) as connection:
        different, dates = _all_different(lake, quarter, connection), _day_precision(lake, quarter, connection)
        earlier = {
            each: EarlierQuarter(_assumed_columns(lake, each), _day_precision(lake, each, connection))
            for each in counted_quarters(quarter)
            if each != quarter
        }
    return dataclasses.replace(read_delivery(lake, quarter), all_different=different, day_precision=dates, earlier=earlier)


def _assumed_columns(lake: Lake, quarter: Quarter) -> dict[str, dict[str, str]]:
    """Table → column → why its values of a quarter are not measured; as the raw partitions say."""
    marks = {name: read_metadata(lake.partition("raw", name, quarter)) for name in TABLES if name not in _DESCRIBING}
    return {name: json.loads(found.get(ASSUMED_COLUMNS, "{}")) for name, found in marks.items()}


def _all_different(lake: Lake, quarter: Quarter, connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The enterprises with enough requests in the quarter of which no customer comes twice in any quarter that is read."""
    clean = {each: lake.partition("clean", "service_requests", each) for each in read_quarters(quarter)}
    if not clean[quarter].exists():
        return frozenset()
    # Mostly half of the customers come again; only the others are looked at one by one.
    found = connection.execute(
        f"select enterprise_id from {parquet('$path')} where customer_id is not null group by enterprise_id "
        "having count(*) >= $least and approx_count_distinct(customer_id) * 2 > count(*)",
        {"path": str(clean[quarter]), "least": parameter("customers_to_repeat")},
    ).fetchall()
    if not found:
        return frozenset()
    customers = (
        f"select enterprise_id, customer_id, count(*) as n from {parquet('$paths')} "
        "where customer_id is not null and list_contains($enterprises, enterprise_id) group by enterprise_id, customer_id"
    )
    different = connection.execute(
        f"select enterprise_id from ({customers}) group by enterprise_id having max(n) = 1",
        {"paths": [str(path) for path in clean.values() if path.exists()], "enterprises": [name for (name,) in found]},
    ).fetchall()
    return frozenset(name for (name,) in different)


def _day_precision(lake: Lake, quarter: Quarter, connection: duckdb.DuckDBPyConnection) -> dict[str, frozenset[str]]:
    """Enterprise → the columns (``table.column``) whose times in the quarter are dates, of those whose time of day counts."""
    share = parameter("day_precision_share")
    timed: dict[str, list[str]] = {}
    for name in sorted({name for names in indicator_columns(TIME_OF_DAY).values() for name in names}):
        table, _, column = name.partition(".")
        timed.setdefault(table, []).append(column)
    dates: dict[str, frozenset[str]] = {}
    for table, columns in timed.items():
        path = lake.partition("clean", table, quarter)
        if not path.exists():
            continue
        are_dates = ", ".join(
            f"count({name}) > 0 and count(*) filter ({name} = date_trunc('day', {name})) >= {share!r} * count({name})"
            for name in columns
        )
        sql = f"select enterprise_id, {are_dates} from {parquet('$path')} group by enterprise_id"
        for enterprise, *found in connection.execute(sql, {"path": str(path)}).fetchall():
            names = {f"{table}.{column}" for column, is_date in zip(columns, found, strict=True) if is_date}
            dates[enterprise] = dates.get(enterprise, frozenset()) | names
    return dates


def purged_records(lake: Lake, quarter: Quarter) -> Purged:
    """The quarter's tables whose records were purged, and the quarters it reads whose pseudonyms use another key."""
    raw = {name: lake.partition("raw", name, quarter) for name in TABLES}
    # An empty partition had nothing to purge.
    tables = [name for name, path in raw.items() if is_purged(path) and pq.read_metadata(path).num_rows]
    other_key = set()
    for table in TABLES.values():
        if not any(column.pii for column in table.columns):
            continue
        wanted = read_metadata(lake.partition("clean", table.name, quarter)).get(PSEUDONYM_KEY)
        for each in read_quarters(quarter) if table.has_quarters else []:
            clean = lake.partition("clean", table.name, each)
            if clean.is_file() and read_metadata(clean).get(PSEUDONYM_KEY) != wanted:
                other_key.add(each)
    return Purged(tuple(tables), tuple(sorted(other_key)))


def rows_elsewhere(lake: Lake, quarter: Quarter) -> Elsewhere:
    """The delivered rows that belong to no quarter, or to one outside the delivery's time; as the quarter's raw partitions say."""
    undated: dict[str, int] = {}
    dated: dict[str, dict[str, int]] = {}
    for name, table in TABLES.items():
        if table.has_quarters:
            refused = read_metadata(lake.partition("quarantine", name, quarter)).get(UNDATED, "0")
            undated[name] = int(refused)
            dated[name] = json.loads(read_metadata(lake.partition("raw", name, quarter)).get("rows_by_quarter", "{}"))
    together: Counter[str] = Counter()
    for rows in dated.values():
        together.update(rows)
    far = far_quarters(together)
    outside = {name: {label: rows[label] for label in far if rows.get(label)} for name, rows in dated.items()}
    return Elsewhere(
        {name: rows for name, rows in undated.items() if rows},
        {name: rows for name, rows in outside.items() if rows},
    )


def expert_judgements(lake: Lake, quarter: Quarter) -> pl.DataFrame:
    """The experts' pairwise judgements of a quarter, desensitized."""
    columns = list(TABLES["expert_judgements"].polars_schema)
    return pl.read_parquet(lake.partition("clean", "expert_judgements", quarter), columns=columns)


def grades_frame(plan: EvaluationPlan) -> pl.DataFrame | None:
    """The grades of the overlays; None if the plan switches no overlay on."""
    return pl.read_csv(SEEDS / "grades.csv") if plan.overlays.grade or plan.overlays.veto else None
