"""What reports call enterprises and places."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipeline.report.model.names import Names, read_names


def test_names_where_they_came_and_codes_where_not(tmp_path: Path) -> None:
    pl.DataFrame({"enterprise_id": ["E1", "E2"], "enterprise_name": ["甲公司", None]}).write_parquet(
        tmp_path / "dim_enterprise.parquet"
    )
    pl.DataFrame({"enterprise_id": ["E1", "E1"], "region_code": ["1", "2"], "region_name": ["青秀区", None]}).write_parquet(
        tmp_path / "dim_region.parquet"
    )
    pl.DataFrame({"enterprise_id": ["E1", "E2"], "outlet_id": ["W1", "W1"], "outlet_name": ["五象店", "琅东店"]}).write_parquet(
        tmp_path / "dim_outlet.parquet"
    )
    found = read_names(tmp_path)
    one, other = found["E1"], found["E2"]
    assert (one.enterprise, one.region("1"), one.region("2"), one.outlet("W1"), one.outlet("W9")) == (
        "甲公司",
        "青秀区",
        "2",
        "五象店",
        "W9",
    )
    assert (other.enterprise, other.region("1"), other.outlet("W1")) == ("E2", "1", "琅东店")
    assert [one.place("region", "1"), one.place("outlet", "W1"), one.place("enterprise", "E1"), one.place("channel", "phone")] == [
        *("青秀区", "五象店", "甲公司", "phone"),
    ]


def test_publications_of_earlier_versions_have_codes(tmp_path: Path) -> None:
    pl.DataFrame({"enterprise_id": ["E1"], "outlet_id": ["W1"]}).write_parquet(tmp_path / "dim_outlet.parquet")
    assert read_names(tmp_path) == {}
    assert Names("E1").outlet("W1") == "W1"
