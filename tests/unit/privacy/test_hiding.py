"""What a message may say of an id, a code or a file's name."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.privacy.hiding import hide
from pipeline.privacy.hiding_columns import hide_findings


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("E01", "E01"),
        ("450103", "450103"),
        ("survey_id：0 / 1", "survey_id：0 / 1"),
        ("service_requests/2025-01.csv", "service_requests/2025-01.csv"),
        ("王小明女士 13800138000", "王**女士 1**********"),
        ("+86 13800138000：1 / 20", "+8*************：1 / 20"),
        ("热线/客户王小明13800138000.csv", "热线/客户王**1**********.csv"),
        ("E12345678", "E********"),
    ],
)
def test_what_looks_like_personal_data_is_not_spelled_out(text: str, shown: str) -> None:
    assert hide_findings(pl.Series([text, None])).to_list() == [shown, None]
    assert hide(text) == shown
