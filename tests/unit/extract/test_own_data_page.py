"""The worked examples of docs/bring-your-own-data.md give what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[3] / "docs" / "bring-your-own-data.md"


def blocks(language: str) -> list[str]:
    """What the part on sources.yaml shows in a language, in its order."""
    page = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", page[page.index("## Everything else: `sources.yaml`") :], re.DOTALL)


def tables() -> list[list[dict[str, str]]]:
    """The page's tables of rows that arrive, as dicts of texts."""
    found = []
    for text in re.findall(r"((?:^\|.*\|\n)+)", PAGE.read_text(encoding="utf-8"), re.MULTILINE):
        header, _, *lines = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in text.splitlines()]
        if "_origin_row" in header:
            found.append([dict(zip(header, line, strict=True)) for line in lines])
    return found


def shown(row: dict, columns: list[str]) -> dict[str, str]:
    texts = {name: "" if row.get(name) is None else str(row[name]) for name in columns}
    if "defects" in columns:
        texts["defects"] = ", ".join(f"{defect['rule']}: {defect['column']}" for defect in row["_defects"])
    return texts


@pytest.mark.parametrize(
    ("position", "table", "files", "encoding"),
    [
        (0, "service_requests", {"工单导出.csv": 0}, "gb18030"),
        (1, "service_requests", {"事件.csv": 1, "品类.csv": 2}, "utf-8"),
        (2, "survey_answers", {"survey.csv": 3}, "utf-8"),
    ],
)
def test_worked_example(place, position, table, files, encoding):
    for file, block in files.items():
        place.deliver(file, blocks("csv")[block], encoding)
    configurations = [text for text in blocks("yaml") if text.startswith("defaults")]
    place.configure(configurations[position])
    expected = tables()[position]
    assert [shown(row, list(expected[0])) for row in place.rows(table)] == expected


def test_what_the_first_example_leaves_out(place):
    place.deliver("工单导出.csv", blocks("csv")[0], "gb18030")
    place.configure(next(text for text in blocks("yaml") if text.startswith("defaults")))
    assert place.take("service_requests").left_out == {"where": 1, "latest_by": 1, "unpivot": 0}
    assert place.column("regions", "area_km2") == [431.0, 1344.0]
    assert place.rows("service_requests")[0]["description"] == "已换压缩机；\n客户满意"


def test_every_way_a_column_can_come_is_valid(place):
    (columns,) = [text for text in blocks("yaml") if "request_id: number" in text]
    for table, names in (
        ("service_requests", "request_id|product_model|description|region_code|channel|requested_at"),
        ("hotline_calls", "queued_at"),
    ):
        lines = [line for line in columns.splitlines() if re.match(rf" +({names}):", line)]
        assert lines
        place.configure(f"tables:\n  {table}:\n    columns:\n" + "\n".join(lines) + "\n")


def test_the_page_names_every_key():
    from pipeline.settings.sources import ColumnSource, Defaults, Format, Headers, Prepare, TableSource, Unpivot

    text = PAGE.read_text(encoding="utf-8")
    keys = {
        field.alias or name
        for model in (Defaults, Format, TableSource, Prepare, Headers, Unpivot, ColumnSource)
        for name, field in model.model_fields.items()
    }
    for key in sorted(keys):
        assert re.search(rf"`{key}`|[ {{]{key}: ", text), key
