"""The report's part about the cleaning log: one enterprise's records only, in words."""

from __future__ import annotations

import polars as pl

from pipeline.report.parts.cleaning import Cleaned, cleaning_counts, cleaning_of
from pipeline.report.words.labels import labels

LOG = pl.LazyFrame(
    [
        ("service_requests", "E1", "out_of_scope", "test_request", 1),
        ("service_requests", "E1", "out_of_scope", "test_request", 1),
        ("service_requests", "E1", "corrected", "corrections", 1),
        ("service_requests", "E1", "corrected", "corrections", 1),
        ("hotline_calls", "E1", "refused", "range", 1),
        ("hotline_calls", "E1", "refused", "required", 0),
        ("hotline_calls", "E2", "refused", "range", 1),
        ("hotline_calls", None, "refused", "too_few_fields", 1),
        ("hotline_calls", None, "masked", "personal data: name", 50),
    ],
    schema=["table", "enterprise_id", "action", "rule", "rows"],
    orient="row",
)


def test_lines_of_one_enterprise_corrections_first():
    assert list(cleaning_of(cleaning_counts(LOG), "E1", labels("zh"))) == [
        Cleaned("service_requests", "按更正文件更正", "更正文件所列", 2),
        Cleaned("hotline_calls", "隔离", "超出允许范围", 1),
        Cleaned("service_requests", "不计入统计", "测试工单", 2),
    ]


def test_an_enterprise_whose_records_nothing_was_done_to():
    assert list(cleaning_of(cleaning_counts(LOG), "E9", labels("zh"))) == []
