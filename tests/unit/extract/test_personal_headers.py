"""A file without a header: its first record is read as one, and messages quote headers."""

from __future__ import annotations

import pytest

from pipeline.extract.errors import SourceRefused

RECORD = ["E01", "客户王小明", "13800138000", "11010519491231002X"]


def test_a_record_in_the_place_of_the_header_is_not_spelled_out(place):
    place.deliver("staff.csv", "\n".join([",".join(RECORD), ",".join(RECORD)]))
    with pytest.raises(SourceRefused, match="lacks the required columns") as refused:
        place.take("staff")
    said = [str(refused.value), *map(str, place.checked())]
    assert not any(value in text for text in said for value in RECORD[2:])


def test_columns_that_are_not_read_are_named_without_personal_data(place):
    header = ["enterprise_id", "suggestion_id", "submitted_at", "我的护照是E33273562。"]
    place.deliver("suggestions.csv", "\n".join([",".join(header), "E01,S1,2025-01-03,x"]))
    said = "\n".join(map(str, place.checked()))
    assert "columns that are not read: 我的护照是E********" in said
    assert "E33273562" not in said
