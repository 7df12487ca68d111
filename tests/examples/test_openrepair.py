"""The repair records: counts per partner and status of SOURCE.md, fix rates with the unknown outcomes in and out."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pytest

pytestmark = pytest.mark.xdist_group("example_openrepair")

# SOURCE.md: Fixed, End of life, Repairable, Unknown.
PUBLISHED = {
    "REPAIR-CAFE-DENMARK": (19_638, 9_096, 2, 1_193),
    "RESTART-PROJECT": (12_409, 4_851, 6_448, 232),
    "REPAIR-CAFE-WALES": (10_474, 4_001, 3_808, 1_907),
    "ANSTIFTUNG": (8_398, 2_223, 2_756, 1_723),
    "REPAIR-CAFE-TORONTO": (1_132, 469, 227, 3_739),
    "REPAIR-CONNECTS": (1_592, 433, 860, 0),
    "FIXIT-CLINIC": (413, 121, 267, 232),
}
ENTERPRISES = {
    "Repair Café Denmark": "REPAIR-CAFE-DENMARK",
    "Repair Cafe Wales": "REPAIR-CAFE-WALES",
    "Repair Café Toronto": "REPAIR-CAFE-TORONTO",
    "Fixit Clinic": "FIXIT-CLINIC",
}


@pytest.fixture(scope="module")
def repairs(evaluate: Callable):
    return evaluate("openrepair", "OpenRepairData_v0.3_*.csv*")


@pytest.fixture(scope="module")
def records(repairs) -> duckdb.DuckDBPyConnection:
    """The records of the quarter, read past the pipeline: the table ``record``."""
    connection = duckdb.connect()
    connection.execute("create table enterprise (data_provider varchar, enterprise_id varchar)")
    connection.executemany("insert into enterprise values (?, ?)", list(ENTERPRISES.items()))
    connection.execute(
        f"""
        create table record as
        select * from read_csv('{repairs.source}/OpenRepairData_*.csv.gz', all_varchar = true, union_by_name = true, quote = '"')
        join enterprise using (data_provider)
        where event_date between '2025-01-01' and '2025-03-31'
        """
    )
    return connection


def test_counts_per_partner_and_status(repairs):
    counts, _ = repairs.figures_of_readme()
    assert {enterprise: tuple(found) for enterprise, *found in counts} == PUBLISHED
    assert sum(map(sum, PUBLISHED.values())) == 98_644
    assert repairs.left_out("service_requests") == {"where": 0, "latest_by": 0, "unpivot": 0}


def test_every_record_of_the_quarter_is_accounted_for(repairs, records):
    assert records.execute("select count(*) from record").fetchone() == (5_808,)
    assert repairs.accounting() == {"service_requests": (5_808, 5_808, 0)}
    assert repairs.rows("select count(*) from quarantine") == [(0,)]


def test_three_fix_rates_of_the_quarter(repairs, records):
    counted = records.execute(
        """
        select enterprise_id, count(*) filter (repair_status = 'Fixed'), count(*),
            count(*) filter (repair_status <> 'Unknown'), count(*) filter (repair_status in ('Fixed', 'End of life'))
        from record group by all order by all
        """
    ).fetchall()
    assert [row[0] for row in counted] == sorted(ENTERPRISES.values())
    for enterprise, fixed, everything, known, concluded in counted:
        of_quarter = f"enterprise_id = '{enterprise}' and period = '2025-Q1' and scope_type = 'enterprise'"
        values = repairs.rows(
            f"select indicator_id, numerator, denominator from indicator_values "
            f"where {of_quarter} and indicator_id in ('O1-1', 'O1-3') order by all"
        )
        assert values == [("O1-1", fixed, everything), ("O1-3", fixed, concluded)]
        variant = f"select numerator, denominator from indicator_variants where {of_quarter} and variant = 'survey_confirmed'"
        assert repairs.rows(variant) == [(fixed, known)]


def test_fix_rate_by_product_category(repairs, records):
    _, by_category = repairs.figures_of_readme()
    counted = records.execute(
        """
        select enterprise_id, product_category, count(*) filter (repair_status = 'Fixed'), count(*)
        from record where repair_status <> 'Unknown' group by all
        """
    ).fetchall()
    assert sorted(row[:4] for row in by_category) == sorted(counted)
    assert len(counted) > 60


def test_a_day_is_no_time_of_day(repairs):
    # Midnight to midnight would be a resolution in 0 h.
    times = "select count(responded_at), count(resolved_at), count(closed_at) from landed_service_requests"
    assert repairs.rows(times) == [(0, 0, 0)]
    durations = "select count(*) from indicator_variants where indicator_id = 'P2-3a' and value is not null"
    assert repairs.rows(durations) == [(0,)]


def test_comments_leave_desensitize_redacted_only(repairs):
    clean = repairs.lake / "clean" / "service_requests" / "quarter=2025-Q1" / "data.parquet"
    columns = [row[0] for row in duckdb.sql(f"describe from read_parquet('{clean}', hive_partitioning = false)").fetchall()]
    assert "description_redacted" in columns
    assert "description" not in columns
