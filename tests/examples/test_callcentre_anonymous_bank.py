"""The bank's call log: the 15-second rate over offered and over answered calls, and no agent's name past the mapping."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pytest

pytestmark = pytest.mark.xdist_group("example_callcentre_anonymous_bank")


@pytest.fixture(scope="module")
def bank(evaluate: Callable):
    return evaluate("callcentre_anonymous_bank", "data_anonymous_bank_february.txt*")


def test_every_call_is_accounted_for(bank):
    # 33,344 calls: 27,162 AGENT, 5,904 HANG, 278 PHANTOM.
    assert bank.left_out("hotline_calls") == {"where": 278, "latest_by": 0, "unpivot": 0}
    assert 27_162 + 5_904 + 278 == 33_344
    assert bank.accounting() == {"hotline_calls": (33_066, 33_066, 0)}
    assert bank.rows("select outcome, count(*) from landed_hotline_calls group by all order by all") == [
        ("abandoned", 5_904),
        ("answered", 27_162),
    ]
    by_type = dict(bank.rows("select queue, count(*) from landed_hotline_calls group by all"))
    # SOURCE.md counts the types with the phantom calls: PS 21,460, NW 7,604, NE 2,750, TT 1,088, IN 293, PE 149.
    assert set(by_type) == {"PS", "NW", "NE", "TT", "IN", "PE"}
    assert sum(by_type.values()) == 21_460 + 7_604 + 2_750 + 1_088 + 293 + 149 - 278


def test_figures_of_the_readme(bank):
    assert bank.figures_of_readme() == [
        [
            ("P1-1", "", 82.14, 27_162, 33_066),
            # Of the 5,904 abandoned calls, 2,160 waited less than 5 s.
            ("P1-1", "without_short_abandons", 87.89, 27_162, 33_066 - 2_160),
            ("P1-2", "", 46.57, 15_400, 33_066),
            ("P1-2", "of_answered", 56.70, 15_400, 27_162),
        ]
    ]


def test_the_wait_is_the_queue_time_of_the_log_to_the_second(bank):
    (log,) = bank.source.glob("data_anonymous_bank_february.txt*")
    (differing, mean) = (
        duckdb.connect()
        .execute(
            f"""
        with log as (
            select "vru+line" || '-' || call_id as call_id, cast(q_time as bigint) as q_time
            from read_csv('{log}', delim = '\t', quote = '', all_varchar = true)
            where outcome = 'AGENT'
        ),
        here as (
            from read_parquet('{bank.lake}/landing/hotline_calls.parquet') where outcome = 'answered'
        )
        select
            count(*) filter (epoch(answered_at - queued_at) is distinct from q_time),
            round(avg(q_time), 2)
        from log full join here using (call_id)
        """
        )
        .fetchone()
    )
    assert (differing, mean) == (0, 40.77)
    assert round(bank.value("P2-1a"), 2) == 40.77
    # Within 30 s: 17,729 of the 27,162 answered.
    assert bank.value("P2-1a", "within_limit_rate") == pytest.approx(17_729 / 27_162)
    assert bank.value("P2-1a", "sample_size") == 27_162


def test_calls_stay_on_their_day(bank):
    # 1 to 28 February; no midnight out of a queue time of 0:00:00.
    first, last, days, at_midnight = bank.rows(
        "select min(queued_at)::date::varchar, max(queued_at)::date::varchar, count(distinct queued_at::date), "
        "count(*) filter (queued_at::time = time '00:00:00') from landed_hotline_calls"
    )[0]
    assert (first, last, days, at_midnight) == ("1999-02-01", "1999-02-28", 28, 0)


def test_no_agent_is_named_anywhere(bank):
    assert bank.rows("select count(*) from landed_hotline_calls where staff_id is not null") == [(0,)]
    assert bank.rows("select count(*) from indicator_values where scope_type = 'staff'") == [(0,)]
    (log,) = bank.source.glob("data_anonymous_bank_february.txt*")
    connection = duckdb.connect()
    names = f"select distinct server from read_csv('{log}', delim = '\t', quote = '', all_varchar = true)"
    servers = {name for (name,) in connection.execute(names).fetchall()}
    assert len(servers) == 25
    for path in sorted(bank.lake.rglob("*.parquet")):
        columns = connection.execute("describe from read_parquet($1, hive_partitioning = false)", [str(path)]).fetchall()
        for column in [name for name, kind, *_ in columns if kind == "VARCHAR"]:
            sql = f'select distinct "{column}" from read_parquet($1, hive_partitioning = false)'
            values = {value for (value,) in connection.execute(sql, [str(path)]).fetchall()}
            assert not values & servers, f"{path}: {column}"
