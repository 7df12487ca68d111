"""The macros of dbt_project: rows in, rows out, worked out by hand; and the SQL calendar against its Python twin.

A copy of the project is built once, with the models below in place of its own. What indicators are made of is tested
in tests/golden.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import chinese_calendar
import duckdb
import numpy as np
import pytest

from pipeline.calendar.working_days import service_schedule, service_seconds, working_calendar
from pipeline.marts.project import PROJECT_DIR

pytestmark = pytest.mark.xdist_group("dbt_macros")

Row = tuple[Any, ...]
CALENDAR_DAYS = (dt.date(2023, 1, 1), dt.date(2026, 12, 31))

# Two windows with a break, a short Saturday, a closed Sunday; from April on Wednesday has a third window.
SCHEDULE = """enterprise_id,weekday,opens,closes,valid_from,valid_to
*,1,08:30,18:00,,
SHOP,1,09:00,12:00,,
SHOP,1,13:00,18:00,,
SHOP,2,09:00,12:00,,
SHOP,2,13:00,18:00,,
SHOP,3,09:00,12:00,,
SHOP,3,13:00,18:00,,
SHOP,3,19:00,21:30,2025-04-01,
SHOP,4,09:00,12:00,,
SHOP,4,13:00,18:00,,
SHOP,5,09:00,12:00,,
SHOP,5,13:00,18:00,,
SHOP,6,10:00,14:00,,
"""


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


# From, to, natural seconds, working seconds (a working day counts 24 h), service seconds of SHOP.
# In 2025 1 January (Wednesday) is a holiday, 26 January (Sunday) is worked, 28 January to 4 February is Spring Festival.
SPANS: dict[str, tuple[str, str, str, str, str]] = {
    # 10:00 to 12:00 and 13:00 to 15:30 of an ordinary Monday: 5.5 h, of which 1 h is the break.
    "within a working day": ("2025-01-06 10:00:00", "2025-01-06 15:30:00", "19800", "19800", "16200"),
    "nothing passes": ("2025-01-06 10:00:00", "2025-01-06 10:00:00", "0", "0", "0"),
    "to the microsecond": ("2025-01-06 10:00:00.25", "2025-01-06 10:00:01.750001", "1.500001", "1.500001", "1.500001"),
    # Friday 17:00 to Monday 09:30 is 64.5 h; working: 7 h + 9.5 h; open: Fri 1 h, Sat 4 h, Mon 0.5 h.
    "over a weekend": ("2025-01-10 17:00:00", "2025-01-13 09:30:00", "232200", "59400", "19800"),
    # Tuesday noon to Thursday noon is 48 h; the holiday between is not worked, but SHOP opens by weekday: 5 h + 8 h + 3 h.
    "over New Year": ("2024-12-31 12:00:00", "2025-01-02 12:00:00", "172800", "86400", "57600"),
    # Saturday 12:00 to Monday 12:00: Sunday 26 is a working day, 24 h + 12 h; open: Sat 2 h, Sun 0, Mon 3 h.
    "over a make-up working day": ("2025-01-25 12:00:00", "2025-01-27 12:00:00", "172800", "129600", "18000"),
    # Within the holidays nothing is worked: Wed 29 Jan 06:00 to Thu 30 Jan 20:00 is 38 h; open 8 h + 8 h.
    "within the holidays": ("2025-01-29 06:00:00", "2025-01-30 20:00:00", "136800", "0", "57600"),
    # Wednesday 2 April 18:30 to 22:00: the third window is in force, 2.5 h.
    "in a window of its own time": ("2025-04-02 18:30:00", "2025-04-02 22:00:00", "12600", "12600", "9000"),
    # Wednesday 26 March, before it is in force.
    "before that window": ("2025-03-26 18:30:00", "2025-03-26 22:00:00", "12600", "12600", "0"),
    # 28 to 29 February 2024, a leap day: noon to noon; open 5 h + 3 h.
    "over a leap day": ("2024-02-28 12:00:00", "2024-02-29 12:00:00", "86400", "86400", "28800"),
}

MODELS = {
    "clocks": """
        with spans as (
            select * from (values {spans}) as spans (name, start_at, end_at)
        )
        select
            spans.name,
            {{{{ seconds_between('spans.start_at', 'spans.end_at') }}}} as seconds,
            {{{{ seconds_between('spans.end_at', 'spans.start_at') }}}} as seconds_back,
            {{{{ working_clock('end_day', 'spans.end_at') }}}}
            - {{{{ working_clock('start_day', 'spans.start_at') }}}} as working_seconds,
            {{{{ service_clock('end_hours', 'spans.end_at') }}}}
            - {{{{ service_clock('start_hours', 'spans.start_at') }}}} as service_seconds
        from spans
        inner join {{{{ ref('dim_calendar') }}}} as start_day on cast(spans.start_at as date) = start_day.date_day
        inner join {{{{ ref('dim_calendar') }}}} as end_day on cast(spans.end_at as date) = end_day.date_day
        inner join {{{{ ref('dim_service_hours') }}}} as start_hours
            on cast(spans.start_at as date) = start_hours.date_day and start_hours.enterprise_id = 'SHOP'
        inner join {{{{ ref('dim_service_hours') }}}} as end_hours
            on cast(spans.end_at as date) = end_hours.date_day and end_hours.enterprise_id = 'SHOP'
    """.format(spans=", ".join(f"('{name}', timestamp '{start}', timestamp '{end}')" for name, (start, end, *_) in SPANS.items())),
    "open_ends": """
        select {{ seconds_between('start_at', 'end_at') }} as seconds
        from (values (null, timestamp '2025-01-06'), (timestamp '2025-01-06', null)) as spans (start_at, end_at)
    """,
    "percentiles": """
        select
            name,
            {{ percentile('x', 0.5) }} as p50,
            {{ percentile('x', 0.9) }} as p90,
            {{ percentile('x', 0.95) }} as p95
        from (
            values
                ('four', 80), ('four', 10), ('four', 40), ('four', 20), ('four', null),
                ('one', 7), ('none', null), ('ties', 5), ('ties', 5), ('ties', 9)
        ) as numbers (name, x)
        group by name
    """,
    "parts": """
        {%- set cases -%}
        (
            values
                ('A', '2025-Q1', 'N', 'O1', true, true, 10.5, 2, 4),
                ('A', '2025-Q1', 'N', null, true, false, null, 3, 4),
                ('A', '2025-Q1', 'S', 'O2', true, true, 20.0, 1, 4),
                ('A', '2025-Q1', null, null, false, true, 99.0, 5, 5),
                ('B', '2024-Q4', 'N', 'O1', true, null, 3.0, null, 4)
        ) as cases (
            enterprise_id, quarter, region_code, outlet_id, is_offered, is_answered, wait_seconds, good, asked
        )
        {%- endset -%}
        {{ measure_parts(
            cases,
            ['region', 'outlet'],
            [
                {'id': 'rate', 'kind': 'rate', 'of': 'is_offered', 'when': 'is_answered'},
                {
                    'id': 'mean', 'kind': 'mean', 'of': 'is_offered', 'value': 'cast(wait_seconds as decimal(18, 6))',
                    'within': 'wait_seconds <= 15', 'scopes': ['enterprise', 'region'],
                },
                {'id': 'ratio', 'variant': 'of_all', 'kind': 'ratio', 'numerator': 'good', 'denominator': 'asked'},
            ],
        ) }}
    """,
    "hours": """
        select person, {{ hours_of('hours') }} as hours
        from (
            values
                ('three of 200 minutes', 200 / 60.0::double), ('three of 200 minutes', 200 / 60.0::double),
                ('three of 200 minutes', 200 / 60.0::double), ('a millionth short', 9.999999), ('none', null)
        ) as records (person, hours)
        group by person
    """,
    "parts_without_scopes": """
        {{ measure_parts(
            "(values ('A', '2025', true), ('A', '2025', null), ('A', '2024', true)) as cases (enterprise_id, period, is_good)",
            [],
            [{'id': 'rate', 'kind': 'rate', 'when': 'is_good'}],
            key='period',
        ) }}
    """,
    # What int_pair_cells reads, in place of the models and clean tables of those names.
    "int_request_measures": """
        select *
        from (
            values
                ('A', '2025-Q1', 'R1', 0, 3600.0, true, false),
                ('A', '2025-Q1', 'R2', 59, null, false, true),
                ('A', '2025-Q1', 'R3', null, null, null, null),
                ('A', '2025-Q1', 'R4', 59, 60.0, true, true),
                ('A', '2024-Q4', 'R5', 59, 60.0, true, true),
                ('B', '2025-Q1', 'R1', 59, 60.0, null, true)
        ) as requests (
            enterprise_id, quarter, request_id, response_seconds, resolution_seconds, is_repeated, is_first_contact_resolution
        )
    """,
    "int_survey_answers": """
        select
            enterprise_id, '2025-Q1' as quarter, response_id, 'O2-1' as measures, 'online' as survey_type, score, 1 as scale_min,
            5 as scale_max
        from (values ('A', 'S1', 5), ('A', 'S2', 3), ('A', 'S3', 2), ('A', 'S4', 4)) as answers (enterprise_id, response_id, score)
    """,
    "survey_responses": """
        select enterprise_id, '2025-Q1' as quarter, response_id, request_id
        from (values ('A', 'S1', 'R1'), ('A', 'S2', 'R2'), ('A', 'S3', 'R3'), ('A', 'S4', 'R2')) as responses (
            enterprise_id, response_id, request_id
        )
    """,
    "onsite_visits": """
        select *
        from (values ('A', 'R1', 'done'), ('A', 'R1', 'done'), ('A', 'R2', 'missed')) as visits (enterprise_id, request_id, outcome)
    """,
    "int_staff_measures": """
        select *
        from (values ('A', 'P1', '2025-Q1', '2025-Q1', 45, 90), ('A', 'P2', '2025-Q1', '2025-Q1', 90, 90)) as staff (
            enterprise_id, staff_id, quarter, period, certified_days, required_days
        )
    """,
    "int_request_parts": """
        select
            'A' as enterprise_id, 'P1' as scope_id, '2025-Q1' as quarter, 'staff' as scope_type, 'O1-1' as indicator_id,
            '' as variant, 3 as numerator, 4 as denominator
    """,
}
PAIRS = [("response_seconds", "satisfaction"), ("visits", "is_first_contact_resolution"), ("is_repeated", "resolution_seconds")]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database of one dbt build: the models above, the calendar and the service hours."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    project = tmp_path_factory.mktemp("dbt_project")
    for part in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(PROJECT_DIR / part, project)
    for part in ("macros", "seeds"):
        shutil.copytree(PROJECT_DIR / part, project / part)
    (project / "seeds/service_schedule.csv").write_text(SCHEDULE, encoding="utf-8")
    models = project / "models" / "intermediate"
    models.mkdir(parents=True)
    for model in ("dim_calendar", "dim_service_hours"):
        shutil.copy(PROJECT_DIR / "models" / "marts" / "calendar" / f"{model}.sql", models)
    of_pairs = (PROJECT_DIR / "models/intermediate/pairs/int_pair_cells.sql").read_text(encoding="utf-8")
    (models / "int_pair_cells.sql").write_text(of_pairs.replace("source('clean', ", "ref("), encoding="utf-8")
    for name, sql in MODELS.items():
        (models / f"{name}.sql").write_text(sql, encoding="utf-8")
    database = project / "scratch.duckdb"
    first, last = CALENDAR_DAYS
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema run")
        connection.execute(
            "create table run.days as select cast(unnest(generate_series($1::date, $2::date, interval 1 day)) as date) as date_day",
            [first, last],
        )
        connection.execute("create macro run.quarter() as '2025-Q1'")
        connection.execute("create table run.pairs (x_measure varchar, y_measure varchar)")
        connection.executemany("insert into run.pairs values (?, ?)", PAIRS)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ASQ_SCRATCH_FOLDER", str(project))
        done = dbtRunner().invoke(
            ["--quiet", "build", "--project-dir", str(project), "--profiles-dir", str(project),
             "--target-path", str(project / "target"), "--log-path", str(project)]
        )  # fmt: skip
        DuckDBConnectionManager.close_all_connections()
    assert done.success, done.exception or [each.message for each in done.result if each.status != "success"]
    with duckdb.connect(str(database), read_only=True) as connection:
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    return connection.execute(query).fetchall()


# --- clocks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SPANS)
def test_clocks_by_hand(name: str, built: duckdb.DuckDBPyConnection) -> None:
    *_, seconds, working, service = SPANS[name]
    found = rows(built, f"select seconds, seconds_back, working_seconds, service_seconds from clocks where name = '{name}'")
    assert found == [(Decimal(seconds), -Decimal(seconds), Decimal(working), Decimal(service))]


@pytest.mark.parametrize("name", SPANS)
def test_clocks_agree_with_their_python_twins(name: str, built: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    start, end = map(moment, SPANS[name][:2])
    (tmp_path / "service_schedule.csv").write_text(SCHEDULE, encoding="utf-8")
    ((working, service),) = rows(built, f"select working_seconds, service_seconds from clocks where name = '{name}'")
    assert float(working) == pytest.approx(working_calendar().working_seconds(start, end), abs=1e-6)
    assert float(service) == pytest.approx(service_seconds(start, end, service_schedule("SHOP", tmp_path)), abs=1e-6)


def test_seconds_are_exact_and_a_missing_end_gives_none(built: duckdb.DuckDBPyConnection) -> None:
    assert rows(built, "select seconds from open_ends") == [(None,), (None,)]
    types = rows(built, "select distinct data_type from duckdb_columns() where column_name in ('seconds', 'seconds_back')")
    assert types == [("DECIMAL(18,6)",)]


# --- order statistics ------------------------------------------------------------------------------------------------


def test_percentiles_interpolate_linearly(built: duckdb.DuckDBPyConnection) -> None:
    found = {name: numbers for name, *numbers in rows(built, "select name, p50, p90, p95 from percentiles")}
    # 10, 20, 40, 80: place 1.5 is half way from 20 to 40; place 2.7 is 40 + 0.7 · 40; place 2.85 is 40 + 0.85 · 40.
    assert found["four"] == pytest.approx([30, 68, 74])
    # 5, 5, 9: place 1 is 5; place 1.8 is 5 + 0.8 · 4; place 1.9 is 5 + 0.9 · 4.
    assert found["ties"] == pytest.approx([5, 8.2, 8.6])
    assert found["one"] == [7, 7, 7]
    assert found["none"] == [None, None, None]
    assert found["four"] == pytest.approx(np.percentile([10, 20, 40, 80], [50, 90, 95]).tolist())


# --- additive parts --------------------------------------------------------------------------------------------------

_PARTS = "numerator, denominator, n, cases, within_limit, sum_squares"


def parts(connection: duckdb.DuckDBPyConnection, indicator: str) -> dict[tuple[str, str, str, str], Row]:
    found = rows(
        connection,
        f"select enterprise_id, quarter, scope_type, scope_id, {_PARTS} from parts where indicator_id = '{indicator}'",
    )
    assert len({row[:4] for row in found}) == len(found)
    return {row[:4]: tuple(None if value is None else float(value) for value in row[4:]) for row in found}


def test_hours_are_rounded_once_after_the_sum(built: duckdb.DuckDBPyConnection) -> None:
    # 3 × 3⅓ h; what a source itself has cut off is not made up for.
    assert dict(rows(built, "select person, hours from hours")) == {
        "three of 200 minutes": Decimal("10.000000000"),
        "a millionth short": Decimal("9.999999000"),
        "none": None,
    }


def test_parts_of_a_rate(built: duckdb.DuckDBPyConnection) -> None:
    """Of what is offered, what is answered; an unknown answer is none."""
    assert parts(built, "rate") == {
        ("A", "2025-Q1", "enterprise", "A"): (2, 3, 3, 3, None, None),
        ("A", "2025-Q1", "region", "N"): (1, 2, 2, 2, None, None),
        ("A", "2025-Q1", "region", "S"): (1, 1, 1, 1, None, None),
        ("A", "2025-Q1", "outlet", "O1"): (1, 1, 1, 1, None, None),
        ("A", "2025-Q1", "outlet", "O2"): (1, 1, 1, 1, None, None),
        # The same region code of another enterprise and quarter does not mix in.
        ("B", "2024-Q4", "enterprise", "B"): (0, 1, 1, 1, None, None),
        ("B", "2024-Q4", "region", "N"): (0, 1, 1, 1, None, None),
        ("B", "2024-Q4", "outlet", "O1"): (0, 1, 1, 1, None, None),
    }


def test_parts_of_a_mean(built: duckdb.DuckDBPyConnection) -> None:
    """The values there are, the cases they are of, those within the limit, and squares for the interval."""
    # 10.5 + 20 = 30.5 of two values among three cases; 10.5² + 20² = 110.25 + 400.
    assert parts(built, "mean") == {
        ("A", "2025-Q1", "enterprise", "A"): (30.5, 2, 2, 3, 1, 510.25),
        ("A", "2025-Q1", "region", "N"): (10.5, 1, 1, 2, 1, 110.25),
        ("A", "2025-Q1", "region", "S"): (20, 1, 1, 1, 0, 400),
        ("B", "2024-Q4", "enterprise", "B"): (3, 1, 1, 1, 1, 9),
        ("B", "2024-Q4", "region", "N"): (3, 1, 1, 1, 1, 9),
    }


def test_parts_of_a_ratio(built: duckdb.DuckDBPyConnection) -> None:
    """Sums over all cases: 2 + 3 + 1 + 5 of 4 + 4 + 4 + 5; a missing number adds nothing."""
    assert parts(built, "ratio") == {
        ("A", "2025-Q1", "enterprise", "A"): (11, 17, 17, 4, None, None),
        ("A", "2025-Q1", "region", "N"): (5, 8, 8, 2, None, None),
        ("A", "2025-Q1", "region", "S"): (1, 4, 4, 1, None, None),
        ("A", "2025-Q1", "outlet", "O1"): (2, 4, 4, 1, None, None),
        ("A", "2025-Q1", "outlet", "O2"): (1, 4, 4, 1, None, None),
        ("B", "2024-Q4", "enterprise", "B"): (None, 4, 4, 1, None, None),
        ("B", "2024-Q4", "region", "N"): (None, 4, 4, 1, None, None),
        ("B", "2024-Q4", "outlet", "O1"): (None, 4, 4, 1, None, None),
    }
    assert rows(built, "select distinct variant from parts where indicator_id = 'ratio'") == [("of_all",)]


def test_parts_without_scopes_by_another_key(built: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        built,
        "select enterprise_id, period, scope_type, scope_id, numerator, denominator from parts_without_scopes order by period",
    )
    assert found == [("A", "2024", "enterprise", "A", 1, 1), ("A", "2025", "enterprise", "A", 1, 2)]


# --- pairs of figures ------------------------------------------------------------------------------------------------

_CELLS = "enterprise_id, x_bin, y_bin, n, sum_x, sum_y, sum_xx, sum_yy, sum_xy, excluded"


def cells(connection: duckdb.DuckDBPyConnection, x: str, y: str) -> list[Row]:
    """The cells of a pair with their sums; rows that only count what is excluded come last."""
    return rows(
        connection, f"select {_CELLS} from int_pair_cells where x_measure = '{x}' and y_measure = '{y}' order by all nulls last"
    )


def test_a_request_without_one_of_two_figures_is_excluded(built: duckdb.DuckDBPyConnection) -> None:
    """R1: ln(1 + 0) and 100; R2: ln 60 and the mean of 50 and 75. R3 has an answer and no response, R4 a response and no answer.

    B has one response, and no answer.
    """
    log = Decimal("4.094345")
    assert cells(built, "response_seconds", "satisfaction") == [
        ("A", 0, 100, 1, 0, 100, 0, 10000, 0, 0),
        ("A", 205, 63, 1, log, Decimal("62.5"), log * log, Decimal("3906.25"), log * Decimal("62.5"), 0),
        ("A", None, None, 0, None, None, None, None, None, 2),
        ("B", None, None, 0, None, None, None, None, None, 1),
    ]


def test_pairs_without_answers_are_of_all_requests(built: duckdb.DuckDBPyConnection) -> None:
    """Visits made: two of R1, none of the others; R3 is not known to be solved. Of another quarter is R5."""
    assert cells(built, "visits", "is_first_contact_resolution") == [
        ("A", 0, 1, 2, 0, 2, 0, 2, 0, 0),
        ("A", 2, 0, 1, 2, 0, 4, 0, 0, 0),
        ("A", None, None, 0, None, None, None, None, None, 1),
        ("B", 0, 1, 1, 0, 1, 0, 1, 0, 0),
        ("B", None, None, 0, None, None, None, None, None, 0),
    ]
    one, two = Decimal("8.188967"), Decimal("4.110874")  # ln 3601, ln 61
    assert cells(built, "is_repeated", "resolution_seconds") == [
        ("A", 1, 206, 1, 1, two, 1, two * two, two, 0),
        ("A", 1, 409, 1, 1, one, 1, one * one, one, 0),
        ("A", None, None, 0, None, None, None, None, None, 1),
        ("B", None, None, 0, None, None, None, None, None, 1),
    ]


def test_people_are_a_pair_too(built: duckdb.DuckDBPyConnection) -> None:
    """P1: half of the days, three of four requests; P2 handled none."""
    half, most = Decimal("0.5"), Decimal("0.75")
    assert cells(built, "certified_share", "first_contact_share") == [
        ("A", 500, 750, 1, half, most, half * half, most * most, half * most, 0),
        ("A", None, None, 0, None, None, None, None, None, 1),
    ]


# --- the calendar ----------------------------------------------------------------------------------------------------


def test_the_sql_calendar_is_its_python_twin_day_by_day(built: duckdb.DuckDBPyConnection) -> None:
    calendar = working_calendar()
    first, last = CALENDAR_DAYS
    days = [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
    expected = []
    worked = 0
    for day in days:
        is_workday = calendar.is_workday(day)
        expected.append(
            (
                day,
                day.isoweekday(),
                is_workday,
                calendar.holiday_name(day),
                calendar.status(day),
                worked,
                worked + is_workday,
            )
        )
        worked += is_workday
    found = rows(
        built,
        "select date_day, weekday, is_workday, holiday_name, status, workdays_before, workdays_through "
        "from dim_calendar order by date_day",
    )
    assert found == expected


def test_the_sql_calendar_is_chinese_calendar_day_by_day(built: duckdb.DuckDBPyConnection) -> None:
    found = rows(built, "select date_day, is_workday, day_type, holiday_name from dim_calendar where status = 'announced'")
    # All four years are announced.
    assert len(found) == 365 + 366 + 365 + 365
    differing = [
        day
        for day, is_workday, day_type, name in found
        if is_workday != chinese_calendar.is_workday(day)
        or (day_type == "makeup") != (chinese_calendar.is_workday(day) and day.isoweekday() > 5)
        or (day_type == "holiday") != (name is not None and not is_workday)
    ]
    assert differing == []
