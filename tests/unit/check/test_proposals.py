"""A line that the check proposes reads the values when it is put into sources.yaml, and what was read before stays read."""

from __future__ import annotations

import json

import polars as pl
import pytest

from pipeline.check.shown import categories

HEADER = "enterprise_id,suggestion_id,source,submitted_at,evaluated_at,adopted,content"


def proposals(report) -> list[str]:
    return [finding.proposal for finding in report.findings if finding.proposal]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["2025年3月4日 9:05", "2025年11月12日 19:05"], "%Y年%m月%d日 %H:%M"),
        (["2025年3月4日"], "%Y年%m月%d日"),
        (["20250304", "20251112"], "%Y%m%d"),
        (["20250304090500"], "%Y%m%d%H%M%S"),
        (["25/02/2025 09:00", "03/02/2025 09:00"], "%d/%m/%Y %H:%M"),
        (["02/25/2025 9:00 PM"], "%m/%d/%Y %I:%M %p"),
        (["25.2.25"], "%d.%m.%y"),
        (["4-Mar-2025"], "%d-%b-%Y"),
        (["2025.3.4 9:05"], "%Y.%m.%d %H:%M"),
        (["2025年3月4日9时5分"], "%Y年%m月%d日%H时%M分"),
    ],
)
def test_the_proposed_format_reads_the_dates(place, texts, expected):
    lines = [f"A,S{n},customer,{text},,," for n, text in enumerate(texts)]
    place.deliver("suggestions.csv", "\n".join([HEADER, "A,R,customer,2025-02-03 08:00,,,", *lines]))
    (line,) = proposals(place.check("2025-Q1"))
    assert expected in line
    place.deliver("sources.yaml", line)
    assert not any(finding.is_error or finding.level == "warning" for finding in place.check().findings)


def test_days_that_do_not_decide_are_said(place):
    place.deliver("suggestions.csv", f"{HEADER}\nA,S1,customer,03/02/2025,,,\n")
    (line,) = proposals(place.check("2025-Q1"))
    assert line.endswith("date_format: '%d/%m/%Y'}}}} (or %m/%d/%Y: the days do not decide)")


def test_a_word_for_no_value(place):
    lines = [f"A,S{n},customer,2025-02-03,{'待定' if n % 3 else '2025-02-04'},,x" for n in range(12)]
    place.deliver("suggestions.csv", "\n".join([HEADER, *lines]))
    report = place.check()
    (found,) = [finding for finding in report.findings if finding.is_error]
    assert [(each.text, each.count, each.row) for each in found.seen] == [("'待定'", 8, 3)]
    assert found.proposal == "tables: {suggestions: {format: {null_values: [待定]}}}"
    place.deliver("sources.yaml", found.proposal)
    assert place.check().exit_code == 0


def test_no_word_is_proposed_where_a_value_is_required(place):
    lines = [f"A,S{n},customer,{'待定' if n < 4 else '2025-02-03'},,,x" for n in range(12)]
    place.deliver("suggestions.csv", "\n".join([HEADER, *lines]))
    assert proposals(place.check()) == []


def test_a_configured_column_keeps_its_source_and_formats(place):
    place.deliver(
        "sources.yaml",
        'tables: {suggestions: {columns: {submitted_at: {from: 提交时间, date_format: "%d/%m/%Y", values: {x: ""}}}}}',
    )
    header = HEADER.replace("submitted_at", "提交时间")
    place.deliver("suggestions.csv", f"{header}\nA,S1,customer,23/02/2025,,,\nA,S2,customer,2025年2月3日,,,\n")
    (line,) = proposals(place.check())
    assert "from: 提交时间" in line
    assert "date_format: ['%d/%m/%Y', '%Y年%m月%d日']" in line
    place.deliver("sources.yaml", line)
    assert place.check().exit_code == 0


def test_names_of_people_are_shown_by_their_shape(place):
    """In a date column, in a closed set and in a key, as often as they may come."""
    names = ["王小明", "李娜", "欧阳娜娜", "Zhang Wei", "13800138000"]
    lines = [f"A,{names[n % 5]}{n // 5},{names[n % 5]},2025-02-03,{names[n % 5]},{names[n % 5]},x" for n in range(40)]
    place.deliver("suggestions.csv", "\n".join([HEADER, *lines, *lines[:10]]))
    report = place.check()
    said = "\n".join(report.lines()) + json.dumps(report.as_dict(), ensure_ascii=False)
    assert "文文文 ×" in said
    assert not [name for name in names if name in said]


def test_a_category_is_few_texts_that_come_often():
    values = pl.DataFrame({"text": ["Kunde", "微信", "once", "王伟", "待定"], "count": [9, 8, 1, 20, 1]})
    assert categories(values) == {"Kunde", "微信", "待定"}
    many = pl.DataFrame({"text": [f"t{n}" for n in range(30)], "count": [3] * 30})
    assert categories(many) == set()
