"""A raw partition holds a quarter's rows, or the whole register, numbered anew in file order."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.extract.partition import require_some_row

HEADER = "enterprise_id,suggestion_id,source,submitted_at"


def partition_rows(place, table: str, quarter: str) -> list[dict]:
    return pq.ParquetFile(place.extract(table, quarter).path).read().to_pylist()


def test_rows_of_the_quarter_in_file_order(place):
    days = ["2025-02-03", "2025-04-01", "2025-03-31 23:59:59", "2024-12-31", "x", "2025-01-01"]
    lines = [f"A,S{number},customer,{day}" for number, day in enumerate(days)]
    place.deliver("suggestions.csv", "\n".join([HEADER, *lines]))
    place.take("suggestions")
    rows = partition_rows(place, "suggestions", "2025-Q1")
    # S4's date cannot be read: it is in every quarter's partition, and of none.
    assert [(row["suggestion_id"], row["_row_id"], row["_origin_row"], row["quarter"]) for row in rows] == [
        ("S0", 0, 2, "2025-Q1"),
        ("S2", 1, 4, "2025-Q1"),
        ("S4", 2, 6, None),
        ("S5", 3, 7, "2025-Q1"),
    ]
    for quarter, ids in (("2024-Q4", ["S3", "S4"]), ("2023-Q1", ["S4"])):
        assert [row["suggestion_id"] for row in partition_rows(place, "suggestions", quarter)] == ids
        assert place.extract("suggestions", quarter).undated == 1


def test_every_dated_row_is_in_exactly_one_quarter(place):
    lines = [f"A,S{i},customer,{2023 + i % 3}-{1 + i % 12:02d}-11" for i in range(300_000)]
    lines[5] = lines[5] + ",surplus"
    place.deliver("suggestions.csv", "\n".join([HEADER, *lines]))
    snapshot = place.take("suggestions")
    found: list[int] = []
    for quarter, rows in snapshot.rows_by_quarter.items():
        result = place.extract("suggestions", quarter)
        assert (result.rows, result.undated) == (rows + 1, 1)
        came = pq.read_table(result.path, columns=["_origin_row", "quarter"]).to_pylist()
        origin = [row["_origin_row"] for row in came]
        assert origin == sorted(origin)
        # The line with a field too many, which has no cells and so no date.
        assert [row["_origin_row"] for row in came if row["quarter"] is None] == [7]
        found += [number for number in origin if number != 7]
    assert sorted([*found, 7]) == list(range(2, 300_002))


def test_registers_come_whole_in_every_quarter(place):
    place.deliver("regions.csv", "enterprise_id,region_code,name,area_km2,urbanicity\nA,R1,东,1,urban\nA,R2,西,2,rural\n")
    place.take("regions")
    for quarter in ("2024-Q1", "2025-Q1"):
        rows = partition_rows(place, "regions", quarter)
        assert [(row["region_code"], row["quarter"], row["_row_id"]) for row in rows] == [
            ("R1", quarter, 0),
            ("R2", quarter, 1),
        ]


def test_an_undelivered_table_gets_an_empty_file_that_says_so(place):
    place.deliver("regions.csv", "enterprise_id,region_code,name,area_km2,urbanicity\n")
    for table, delivered in (("regions", True), ("suggestions", False)):
        snapshot = place.take(table)
        result = place.extract(table, "2025-Q1")
        assert (result.delivered, result.rows, result.fingerprint) == (delivered, 0, snapshot.fingerprint)
        metadata = pq.read_metadata(result.path).metadata
        assert metadata[b"delivered"] == str(delivered).lower().encode()
        assert metadata[b"fingerprint"].decode() == snapshot.fingerprint
        assert "_defects" in pq.read_schema(result.path).names


def test_a_delivery_without_dates_belongs_to_no_quarter(place):
    place.deliver("suggestions.csv", f"{HEADER}\nA,S1,customer,x\n")
    place.take("suggestions")
    assert [row["quarter"] for row in partition_rows(place, "suggestions", "2025-Q1")] == [None]
    result = place.extract("suggestions", "2025-Q1")
    assert (result.rows, result.undated) == (1, 1)
    with pytest.raises(UsageError, match="holds no row of this quarter; its files hold no dated row and 1 row"):
        require_some_row(Quarter.parse("2025-Q1"), place.landing, [result], place.lake)


def test_a_quarter_that_the_landing_folder_does_not_hold(place):
    place.deliver("suggestions.csv", f"{HEADER}\nA,S1,customer,2024-11-05\nA,S2,customer,2024-02-05\nA,S3,customer,?\n")
    place.take("suggestions")
    said = "1999-Q1: .* holds no row of this quarter; it holds rows of 2024-Q1, 2024-Q4 and 1 row without a readable date"
    with pytest.raises(UsageError, match=said):
        require_some_row(Quarter.parse("1999-Q1"), place.landing, [place.extract("suggestions", "1999-Q1")], place.lake)


def test_the_same_quarter_gives_the_same_bytes(place):
    lines = [f"A,S{i},customer,2025-02-{1 + i % 28:02d}" for i in range(50_000)]
    place.deliver("suggestions.csv", "\n".join([HEADER, *lines]))
    place.take("suggestions")
    first = place.extract("suggestions", "2025-Q1").path.read_bytes()
    assert place.extract("suggestions", "2025-Q1").path.read_bytes() == first


def test_without_a_snapshot(place):
    with pytest.raises(UsageError, match="suggestions: no snapshot"):
        place.extract("suggestions", "2025-Q1")
