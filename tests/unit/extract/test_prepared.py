"""``prepare`` of sources.yaml: one query makes the rows of a table, and nothing but the delivered records decides about them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.extract.mapping.engine import forbidden_functions
from pipeline.lake.parquet import read_metadata
from pipeline.settings.sources import SourceConfigError

EVENTS = """\
ticket,state,moment,who
T1,New,2025-02-03 09:00,
T1,Active,2025-02-03 09:20,W1
T1,Resolved,2025-02-03 11:00,W1
T1,Active,2025-02-04 09:00,W2
T1,Resolved,2025-02-04 10:00,W2
T2,New,2025-02-05 09:00,
T2,Active,2025-02-05 10:00,W1
"""
PER_TICKET = """
  select
    ticket as request_id, min(moment) as requested_at, min(moment) filter (state = 'Active') as responded_at,
    max(moment) filter (state = 'Resolved') as resolved_at, count(*) filter (state = 'Active') - 1 as reopened_count,
    arg_min(who, moment) filter (who is not null) as staff_id, 1 as contact_count, any_value(_origin_file) as _origin_file,
    max(_origin_row) as _origin_row
  from events group by ticket
"""


def configure(place, select: str, files: str = "{events: 'events*.csv'}", more: str = "", table: str = "service_requests") -> None:
    query = "\n".join("        " + line for line in select.strip().splitlines())
    head = f"defaults: {{enterprise_id: ACME}}\ntables:\n  {table}:\n    prepare:\n"
    place.configure(f"{head}      files: {files}\n      select: |\n{query}\n{more}")


def marks(place, table: str = "service_requests") -> dict[str, Any]:
    found = read_metadata(place.take(table).path)
    return {name: json.loads(found.get(name, "{}")) for name in ("landed_files", "assumed_columns")}


def test_one_row_per_ticket_of_an_event_log(place):
    place.deliver("events.csv", EVENTS)
    configure(place, PER_TICKET)
    day = dt.datetime(2025, 2, 3)
    rows = place.rows("service_requests")
    assert [(row["request_id"], row["requested_at"], row["responded_at"], row["resolved_at"]) for row in rows] == [
        ("T1", day.replace(hour=9), day.replace(hour=9, minute=20), dt.datetime(2025, 2, 4, 10)),
        ("T2", dt.datetime(2025, 2, 5, 9), dt.datetime(2025, 2, 5, 10), None),
    ]
    assert [(row["reopened_count"], row["staff_id"], row["_origin_file"], row["_origin_row"]) for row in rows] == [
        (1, "W1", "events.csv", 6),
        (0, "W1", "events.csv", 8),
    ]


def test_records_and_rows_are_both_counted_and_a_constant_is_found(place):
    place.deliver("events1.csv", EVENTS)
    place.deliver("events2.csv", "ticket,state,moment,who\nT1,Seen,2025-02-05 10:00,W3\n")
    configure(place, PER_TICKET)
    found = marks(place)
    assert {name: (each["records"], each["prepared"], each["rows"]) for name, each in found["landed_files"].items()} == {
        "events1.csv": (7, 2, 2),
        "events2.csv": (1, 0, 0),
    }
    assert found["assumed_columns"] == {"contact_count": "expression"}
    assert "prepare makes 2 rows of 8 records" in {finding.problem for finding in place.checked()}


def test_several_systems_are_joined_and_put_under_each_other(place):
    place.deliver("老系统.csv", "编号;时间;客户\n1;2025-02-03;C1\n", "gb18030")
    pq.write_table(pa.table({"id": [2.0, 3.0], "at": [dt.datetime(2025, 2, 4), None]}), place.landing / "new.parquet")
    place.deliver("staff.csv", "id,who\n2,W2\n")
    configure(
        place,
        """
        select 编号 as request_id, 时间 as requested_at, null as staff_id, _origin_file, _origin_row from old
        union all
        select new.id, new."at", staff.who, new._origin_file, new._origin_row from new left join staff on staff.id = new.id
        """,
        """
        old: {files: 老系统*.csv, format: {delimiter: ";", encoding: gb18030}}
        new: new.parquet
        staff: staff.csv""",
    )
    rows = place.rows("service_requests")
    assert [(row["request_id"], row["requested_at"], row["staff_id"], row["_origin_file"], row["_origin_row"]) for row in rows] == [
        ("2", dt.datetime(2025, 2, 4), "W2", "new.parquet", 1),
        ("3", None, None, "new.parquet", 2),
        ("1", dt.datetime(2025, 2, 3), None, "老系统.csv", 2),
    ]


def test_other_keys_work_on_the_rows_of_the_query(place):
    place.deliver("events.csv", EVENTS)
    configure(
        place,
        "select *, strptime(moment, '%Y-%m-%d %H:%M') as happened from events",
        more="""
    where: state <> 'New'
    latest_by: {key: [ticket], order_by: [{expression: happened}]}
    columns: {request_id: ticket, requested_at: happened, status: {from: state, values: {Resolved: resolved}, otherwise: open}}
""",
    )
    rows = place.rows("service_requests")
    assert [(row["request_id"], row["status"], row["requested_at"].day) for row in rows] == [
        ("T1", "resolved", 4),
        ("T2", "open", 5),
    ]
    left_out = marks(place)["landed_files"]
    assert [sum(each["left_out"][rule] for each in left_out.values()) for rule in ("where", "latest_by")] == [2, 3]


def test_rows_that_do_not_say_where_they_come_from_have_the_query_as_their_origin(place):
    place.deliver("events.csv", EVENTS)
    configure(place, "select ticket as request_id, min(moment) as requested_at from events group by ticket order by ticket desc")
    rows = place.rows("service_requests")
    assert [(row["request_id"], row["_origin_file"], row["_origin_row"]) for row in rows] == [
        ("T2", "sources.yaml#service_requests", 1),
        ("T1", "sources.yaml#service_requests", 2),
    ]
    counts = marks(place)["landed_files"]
    assert {name: (each["records"], each["prepared"]) for name, each in counts.items()} == {
        "sources.yaml#service_requests": (0, 2),
        "events.csv": (7, 0),
    }


def test_lines_that_do_not_fit_their_header_stay_rows_and_are_refused(place):
    place.deliver("events.csv", EVENTS + "T3,New,2025-02-06 09:00,W1,too,much\n")
    configure(place, PER_TICKET)
    last = place.rows("service_requests")[-1]
    assert (last["request_id"], last["_origin_row"], [each["rule"] for each in last["_defects"]]) == (None, 9, ["too_many_fields"])
    (counts,) = marks(place)["landed_files"].values()
    assert (counts["records"], counts["prepared"], counts["rows"]) == (8, 3, 3)


@pytest.mark.parametrize(
    ("column", "is_assumed"),
    [
        ("1", True),
        ("case when true then 1 else 2 end", True),
        ("length('abc')", True),
        ("(select 1)", True),
        ("count(*) over (partition by ticket)", False),
        ("try_cast(who as int)", False),
        ("coalesce(try_cast(who as int), 1)", False),
    ],
)
def test_a_column_that_rests_on_no_record_is_assumed(place, column, is_assumed):
    place.deliver("events.csv", EVENTS)
    configure(place, f"select ticket as request_id, moment as requested_at, {column} as contact_count from events")
    assert marks(place)["assumed_columns"] == ({"contact_count": "expression"} if is_assumed else {})


def test_a_constant_is_found_through_common_tables_and_unions(place):
    place.deliver("events.csv", EVENTS)
    configure(
        place,
        """
        with named as (select *, 'phone' as channel, 2 as contact_count from events)
        select ticket as request_id, moment as requested_at, channel, max(contact_count) over () + 0 as contact_count,
            'normal' as urgency from named
        union all
        select ticket, moment, 'online', 1, state from events
        """,
    )
    assert marks(place)["assumed_columns"] == {"channel": "expression", "contact_count": "expression"}


def test_the_same_files_give_the_same_rows_in_the_same_order(place):
    lines = [f"T{number % 997},S,2025-02-0{number % 9 + 1},W{number % 13}" for number in range(20_000)]
    place.deliver("events.csv", "\n".join(["ticket,state,moment,who", *lines]))
    select = "select ticket as request_id, min(moment) as requested_at, first(who) as staff_id from events group by ticket"
    configure(place, select)
    once = place.rows("service_requests")
    configure(place, f"{select} -- again")
    assert place.rows("service_requests") == once
    assert [row["request_id"] for row in once] == sorted({f"T{number}" for number in range(997)})


HOSTILE = {
    # Files and other databases
    "select * from read_csv('events.csv')": "by no function",
    "select * from read_text('/etc/passwd')": "by no function",
    "select * from glob('/*')": "by no function",
    "select * from parquet_scan('x.parquet')": "by no function",
    "select * from 'events.csv'": "reads 'events.csv'",
    'select * from "/etc/passwd"': "reads '/etc/passwd'",
    "select * from events, (select * from '/etc/passwd')": "reads '/etc/passwd'",
    "select ticket from events where ticket in (select * from 'x.csv')": "reads 'x.csv'",
    "with e as (select * from 'x.csv') select * from e": "reads 'x.csv'",
    "select * from sqlite_scan('x', 'y')": "by no function",
    "attach 'x.duckdb'": "must be one SELECT",
    "copy events to 'x.csv'": "must be one SELECT",
    "export database 'x'": "must be one SELECT",
    "install httpfs": "must be one SELECT",
    "load httpfs": "must be one SELECT",
    "select 1; copy events to 'x.csv'": "must be one SELECT",
    "select 1; select 2": "must be one SELECT",
    "": None,
    # The database itself
    "select * from duckdb_settings()": "by no function",
    "select * from duckdb_secrets()": "by no function",
    "select * from pragma_version()": "by no function",
    "select * from duckdb_tables": "reads 'duckdb_tables'",
    "select * from information_schema.tables": "reads 'tables'",
    "select * from main.events": "reads 'events'",
    "select * from memory.main.events": "reads 'events'",
    "select * from sqlite_master": "reads 'sqlite_master'",
    "select * from pg_catalog.pg_class": "reads 'pg_class'",
    "select a.* from events as a natural join events as b": "must not use NATURAL JOIN",
    "select ticket as x from events union all by name select who as x from events": "must not use UNION BY NAME",
    "select * from (with _prepared_rows as (select 1) from _prepared_rows) q, _prepared_rows": "must not call anything _prepared",
    "with duckdb_tables as (select 1 as x) select * from duckdb_tables": "must not call anything duckdb_tables",
    "select * from query('select 1')": "by no function",
    "select * from query_table('events')": "by no function",
    "from (describe events)": "must not read a SHOW_REF",
    "summarize events": "must not read a SHOW_REF",
    "select current_setting('temp_directory') as x from events": r"must not use current_setting\(\)",
    "select getvariable('x') as x from events": r"must not use getvariable\(\)",
    "set threads = 8": "must be one SELECT",
    "pragma memory_limit = '99GB'": "must be one SELECT",
    "create table x as select 1": "must be one SELECT",
    "drop table events": "must be one SELECT",
    "insert into events values ('T9', null, null, null)": "must be one SELECT",
    "delete from events": "must be one SELECT",
    "call pragma_version()": "must be one SELECT",
    "explain select * from events": "must be one SELECT",
    "select write_log('x') as x from events": r"must not use write_log\(\)",
    # Chance and clock
    "select random() as x from events": r"must not use random\(\)",
    "select uuid() as x from events": r"must not use uuid\(\)",
    "select now() as x from events": r"must not use now\(\)",
    "select current_date as x from events": "must not use current_date",
    "select user as x from events": "must not use user, which may be a function: write the column with its relation",
    "select age(moment::timestamp) as x from events": r"must not use age\(\)",
    "select * from events using sample 10%": "must not take a sample",
    "select * from events tablesample 1 rows": "must not take a sample",
    "select reservoir_quantile(length(who), 0.5) as x from events": r"must not use reservoir_quantile\(\)",
    "select * from events order by random()": r"must not use random\(\)",
    # Time and memory
    "with recursive r as (select 1 as n union all select n + 1 from r) select n from r": "must not be recursive",
    "select * from range(1000000000000)": "by no function",
    "select * from generate_series(1, 1000000000000)": "by no function",
    "select sleep_ms(100000) as x from events": r"must not use sleep_ms\(\)",
    "select list_sum(range(100000000000)) as x from events": r"must use range\(\) with a number up to 10000",
    "select repeat(who, 100000000000) as x from events": r"must use repeat\(\) with a number up to 10000",
    "select repeat(who, length(state)) as x from events": r"must use repeat\(\) with a number",
    "select length(repeat(repeat('x', 9000), 9000)) as x from events": r"must not use repeat\(\) of a text or list",
    "select lpad('', 2000000000, 'x') as x from events": r"must use lpad\(\) with a number",
    "select len(generate_series(timestamp '1900-01-01', timestamp '2100-01-01', interval 1 day)) as x from events": "number",
    "select unnest(range(100000000)) as x from events": r"must use range\(\) with a number",
    "select len([[1 for y in range(999)] for x in range(999)]) as x from events": "more than one list of numbers",
    "select printf('%2000000000d', 1) as x from events": r"must not use printf\(\) to make a long text",
    "select list_aggregate([1, 2], 'reservoir_quantile', 0.5) as x from events": r"must not use list_aggregate\(\)",
    "select " + "abs(" * 900 + "1" + ")" * 900 + " as x from events": "deep",
    # What tells a value
    "select error(who) as x from events": r"must not use error\(\)",
    "select who::int as x from events": "fails .*ConversionException",
}


@pytest.mark.parametrize("select", HOSTILE)
def test_a_query_reaches_nothing_but_its_files(place, select):
    place.deliver("events.csv", EVENTS)
    if not select:
        with pytest.raises(SourceConfigError, match="expected text"):
            configure(place, "")
        return
    configure(place, select)
    with pytest.raises(SourceConfigError, match=rf"tables\.service_requests\.prepare\.select: .*{HOSTILE[select]}") as refused:
        place.rows("service_requests")
    assert "W1" not in str(refused.value)
    assert refused.value.exit_code == 2


def test_a_query_without_end_is_stopped(place, monkeypatch):
    monkeypatch.setenv("ASQ_FILE_SECONDS", "0.5")
    place.deliver("events.csv", "\n".join(["ticket,state,moment,who", *(f"T{number},S,2025-02-03,W" for number in range(3000))]))
    configure(
        place, "select count(*) as request_id from events as a, events as b, events as c, events as d where a.who <> d.ticket"
    )
    with pytest.raises(SourceConfigError, match=r"takes longer than 0\.5 seconds"):
        place.rows("service_requests")


def test_every_function_that_does_not_give_the_same_for_the_same_is_forbidden():
    connection = duckdb.connect()
    volatile = connection.execute(
        "select distinct function_name from duckdb_functions() where stability <> 'CONSISTENT' and function_type = 'scalar'"
    )
    assert {name for (name,) in volatile.fetchall()} - forbidden_functions(connection) == set()


@pytest.mark.parametrize(
    ("select", "message"),
    [
        ("select ticket as request_id,\n  moment as\nfrom events", r"is not SQL in its line 3: syntax error"),
        ("select tiket as request_id from events", r"DuckDB says: .*tiket"),
        (
            "select ticket as request_id, 'other.csv' as _origin_file, 1 as _origin_row from events",
            r"gives 7 rows an _origin_file and _origin_row of which its files have no record",
        ),
        (
            "select ticket as request_id, _origin_file, 99 as _origin_row from events",
            r"gives 7 rows an _origin_file and _origin_row",
        ),
        ("select *, upper(state) as state from events", r"gives the column 'state' more than once"),
        ("select _origin_row from events", r"gives no column"),
    ],
)
def test_a_query_that_does_not_fit_is_named_with_its_place(place, select, message):
    place.deliver("events.csv", EVENTS)
    configure(place, select)
    with pytest.raises(SourceConfigError, match=message):
        place.rows("service_requests")


def test_columns_called_like_functions_are_columns(place):
    place.deliver("events.csv", "ticket,moment,user,version\nT1,2025-02-03,W1,3\n")
    configure(
        place, 'select ticket as request_id, moment as requested_at, e."user" as staff_id, version as product_model from events e'
    )
    assert [(row["staff_id"], row["product_model"]) for row in place.rows("service_requests")] == [("W1", "3")]


def test_the_origin_may_be_named_with_its_relation_and_the_number_of_a_record_measures_nothing(place):
    place.deliver("events.csv", EVENTS)
    select = (
        "select e.ticket as request_id, e.moment as requested_at, e._origin_row as contact_count, e._origin_file, e._origin_row"
    )
    configure(place, f"{select} from events e")
    assert marks(place)["assumed_columns"] == {"contact_count": "expression"}


@pytest.mark.parametrize(
    ("select", "read"),
    [
        # Names of the relation's own choice stand for columns by their places.
        ("select t.a as request_id, '2025-02-03' as requested_at, t.d as staff_id from events as t(a, b, c, d)", ("T1", "W1")),
        (
            "select ticket as request_id, min(moment) as requested_at, arg_max(e, moment).who as staff_id from events e group by 1",
            ("T1", "W2"),
        ),
        ("select ticket as request_id, moment as requested_at, who.lower() as staff_id from events where who = 'W1'", ("T1", "w1")),
        (
            "select ticket as request_id, moment as requested_at, [who, state] as staff_id from events where who = 'W2'",
            ("T1", "[W2, Active]"),
        ),
        (
            "select ticket as request_id, moment as requested_at, {'w': who} as staff_id from events where who = 'W2'",
            ("T1", "{'w': W2}"),
        ),
        ("select ticket as request_id, moment as requested_at, interval 1 day as staff_id from events;;", ("T1", "1 day")),
    ],
)
def test_what_a_query_may_write(place, select, read):
    place.deliver("events.csv", EVENTS)
    configure(place, select)
    assert read in {(row["request_id"], row["staff_id"]) for row in place.rows("service_requests")}


def test_a_file_with_odd_names_of_columns_is_read(place):
    place.deliver("events.csv", "ticket,moment,?,$x,费用;元,prepared_rows,_place\nT1,2025-02-03,a,b,c,d,e\n")
    configure(
        place, 'select *, ticket as request_id, moment as requested_at, "$x" as staff_id, _place as product_model from events'
    )
    assert [(row["staff_id"], row["product_model"]) for row in place.rows("service_requests")] == [("b", "e")]


@pytest.mark.parametrize("name", ["delivered", "prepared_rows", "prepared_misfits", "records", "事件"])
def test_files_may_have_any_name(place, name):
    place.deliver("events.csv", EVENTS)
    configure(place, f"select ticket as request_id, moment as requested_at from {name}", f"{{{name}: events.csv}}")
    assert len(place.rows("service_requests")) == 7


def test_a_file_of_two_relations_is_counted_once(place):
    place.deliver("events.csv", EVENTS + "T3,New,2025-02-06,W1,too,many\n")
    select = "select distinct a.ticket as request_id, '2025-02-03' as requested_at from a left join b on a.ticket = b.ticket"
    configure(place, select, "{a: events.csv, b: events.csv}")
    counts = marks(place)["landed_files"]
    assert {name: (each["records"], each["prepared"]) for name, each in counts.items()} == {
        "sources.yaml#service_requests": (0, 2),
        "events.csv": (8, 1),
    }


def test_moments_with_a_zone_stay_the_same_moments(place):
    moment = pa.array([1738573200000], pa.timestamp("ms", "UTC"))
    pq.write_table(pa.table({"ticket": ["T1"], "t": moment}), place.landing / "events.parquet")
    more = "    format: {timezone: UTC}\n    columns: {request_id: ticket, requested_at: t}\n"
    configure(place, "select * from events", "{events: events.parquet}", more)
    assert [row["requested_at"] for row in place.rows("service_requests")] == [dt.datetime(2025, 2, 3, 17)]


def test_real_dates_pass_beside_declared_formats(place):
    pq.write_table(pa.table({"ticket": ["T1"], "t": [dt.datetime(2025, 2, 3, 9)]}), place.landing / "a.parquet")
    place.deliver("b.csv", "ticket,t\nT2,04/02/2025\n")
    more = "    columns: {request_id: ticket, requested_at: {from: t, date_format: '%d/%m/%Y'}}\n"
    configure(place, "select * from e", "{e: [a.parquet, b.csv]}", more)
    assert [row["requested_at"].day for row in place.rows("service_requests")] == [3, 4]


def test_a_constant_beside_a_column_or_in_a_wide_record_is_assumed(place):
    place.deliver("events.csv", "ticket,moment,n\nT1,2025-02-03,3\n")
    more = "    columns: {contact_count: [k, n], customer_id: ticket, request_id: [ticket, no]}\n"
    configure(place, "select *, 1 as k, moment as requested_at from events", more=more)
    assert marks(place)["assumed_columns"] == {"contact_count": "expression", "customer_id": "unique_key"}
    wide = "    unpivot: {name: item, rows: {q1: {expected: e1, perceived: n}}}\n"
    wide += "    columns: {response_id: ticket, question_id: item, score: perceived, expectation: expected}\n"
    configure(place, "select *, 5 as e1 from events", more=wide, table="survey_answers")
    assert marks(place, "survey_answers")["assumed_columns"] == {"expectation": "expression"}


def test_another_name_of_the_configuration_is_another_origin(place):
    place.deliver("events.csv", EVENTS)
    configure(place, "select ticket as request_id, moment as requested_at from events")
    assert {row["_origin_file"] for row in place.rows("service_requests")} == {"sources.yaml#service_requests"}
    place.sources = dataclasses.replace(place.sources, name="other.yaml")
    assert {row["_origin_file"] for row in place.rows("service_requests")} == {"other.yaml#service_requests"}


def test_the_names_of_files_are_held_against_the_folder(place):
    place.deliver("events.csv", EVENTS)
    configure(place, PER_TICKET, "{events: 'evnts*.csv'}")
    with pytest.raises(SourceConfigError, match=r"prepare\.files\.events: no file in the landing folder matches 'evnts\*\.csv'"):
        place.rows("service_requests")
