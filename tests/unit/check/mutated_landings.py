"""Landing folders that keep every rule, and what may go wrong with them: drawn by hypothesis, written as files.

A drawn landing is a list of changes to the same small delivery, most of them to a few cells.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from schemas.contract import TABLES

QUARTERS = ("2025-Q1", "2024-Q4", "2023-Q2")
"""Two that the delivery holds, and one that only a change can bring."""

Rows = list[dict[str, str]]
_E = {"enterprise_id": "E1"}


def _times(number: int, *columns: str) -> dict[str, str]:
    """Times an hour apart; every third row lies in 2024-Q4."""
    start = dt.datetime(2025, 1, 6, 9) if number % 3 else dt.datetime(2024, 11, 4, 9)
    moments = [start + dt.timedelta(days=number, hours=place) for place in range(len(columns))]
    return {column: f"{moment:%Y-%m-%d %H:%M}" for column, moment in zip(columns, moments, strict=True)}


def delivery() -> dict[str, Rows]:
    """The delivery without a fault; 24 rows of a table are 16 in 2025-Q1 and 8 in 2024-Q4."""
    return {
        "regions": [{**_E, "region_code": f"R{n}", "name": "x", "area_km2": "9", "urbanicity": "urban"} for n in range(3)],
        "customers": [
            {
                **_E, "customer_id": f"C{n}", "customer_type": "consumer", "region_code": f"R{n % 3}",
                "registered_on": "2020-01-01", "valid_from": "2020-01-01", "valid_to": "",
            }
            for n in range(24)
        ],
        "service_requests": [
            {
                **_E, "request_id": f"Q{n}", "customer_id": f"C{n}", "product_category": "p", "issue_class": "i",
                "service_type": "repair", "channel": "phone", "region_code": f"R{n % 3}", "urgency": "normal",
                "complexity": "general", **_times(n, "requested_at", "responded_at", "resolved_at"), "status": "closed",
                "contact_count": "1", "reopened_count": "0",
            }
            for n in range(24)
        ],
        "complaints": [
            {
                **_E, "complaint_id": f"P{n}", "customer_id": f"C{n}", "channel": "phone", "is_urgent": "false",
                **_times(n, "received_at", "first_reply_at", "closed_at"), "satisfaction": "5",
            }
            for n in range(24)
        ],
        "suggestions": [
            {**_E, "suggestion_id": f"S{n}", "source": "customer", **_times(n, "submitted_at", "evaluated_at"), "adopted": "yes"}
            for n in range(24)
        ],
        "survey_questions": [
            {
                "survey_id": "K1", "question_id": f"q{n}", "survey_type": "satisfaction", "wording": "w", "scale_min": "1",
                "scale_max": "5",
            }
            for n in range(2)
        ],
        "survey_responses": [
            {
                **_E, "response_id": f"A{n}", "survey_id": "K1", "customer_id": f"C{n}", "request_id": f"Q{n}",
                "mode": "phone", **_times(n, "submitted_at"), "is_complete": "true",
            }
            for n in range(24)
        ],
        "survey_answers": [
            {**_E, "response_id": f"A{n // 2}", "question_id": f"q{n % 2}", "score": "4"} for n in range(48)
        ],
    }  # fmt: skip


VALUES = (
    *("", "待定", "x", "-1", "0", "6", "99", "true", "E2", "C1", "NaN", "9999-12-31", "1970-01-01", "2052-02-02 10:00"),
    *(
        "2024-11-11 08:00",
        "2025-03-31 23:59",
        "2023-05-01",
        "2025-02-30",
        "2025年2月3日 9:05",
        "03/02/2025",
        "closed",
        "2025-02-03",
    ),
)
_PLANS = (
    "refused_limits: {default: 0}",
    "refused_limits: {default: 1}",
    "refused_limits: {default: 0.5, tables: {complaints: 0.05}}",
    "refused_limits: {tables: {suggestions: 0.2, service_requests: 1}}",
    "refused_limits: {tables: {sugestions: 0.2}}",
    "targets: [{indicator_id: R4-9, acceptable: 1}]",
    "targets: [{indicator_id: P2-3a, acceptable: 9}]",
    "acceptance: {waivers: [{quarter: 2025-Q1, table: complaints, check: volum, reason: r, author: a}]}",
    "refused_limits: [",
    "mode: third_party",
)
_SOURCES = (
    "tables: {sugestions: {}}",
    "tables: {suggestions: {where: \"source = 'customer'\"}}",
    "tables: {suggestions: {where: \"suggestion_id <> 'S1'\", files: suggestions.csv}}",
    'tables: {complaints: {columns: {satisfaction: {expression: "satisfaction::integer"}}}}',
    "tables: {complaints: {columns: {satisfaction: {from: sat}}}}",
    'tables: {service_requests: {columns: {requested_at: {from: requested_at, date_format: [iso, "%Y年%m月%d日 %H:%M"]}}}}',
    "defaults: {null_values: [待定, x]}",
    "tables: {staff: {files: staff*.csv}}",
    "tables: {survey_questions: {rows: [{survey_id: K1, question_id: q1, survey_type: satisfaction, wording: w}]}}",
)
_CORRECTIONS = (
    "complaints,E1|P1,satisfaction,,3,reason,author,2025-12-31",
    "complaints,,satisfaction,99,3,reason,author,2024-12-31",
    "suggestions,,source,x,customer,reason,author,2025-12-31",
    "suggestions,E1|S1,submitted_at,待定,2025-02-02 08:00,reason,author,2025-12-31",
    "customers,,region_code,x,R1,reason,author,2024-11-30",
    "sugestions,,source,x,customer,reason,author,2025-12-31",
)
_WHOLE = ("drop", "header only", "repeat header", "encoding", "second place", "empty file", "delimiter", "twice in a folder")


@dataclass(frozen=True)
class Change:
    """One thing that is wrong, or different."""

    kind: str
    table: str = "suggestions"
    column: str = ""
    first: int = 0
    count: int = 1
    value: str = ""


@dataclass
class Landing:
    """A delivery with changes, ready to be written."""

    changes: list[Change] = field(default_factory=list)

    def write(self, folder: Path) -> None:
        """Write the files."""
        tables = delivery()
        for change in self.changes:
            if change.kind in ("cells", "copies", "quarter", "swap"):
                _change_rows(tables[change.table], change)
        texts = {name: _as_csv(name, rows) for name, rows in tables.items()}
        for change in self.changes:
            if change.kind in ("drop column", "rename column", "long line", "short line"):
                texts[change.table] = _changed_text(texts[change.table], change)
        for name, text in texts.items():
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        for change in self.changes:
            if change.kind in _WHOLE:
                _change_file(folder, change)
        for change in self.changes:
            if change.kind in ("evaluation.yaml", "sources.yaml"):
                (folder / change.kind).write_text(change.value, encoding="utf-8")
            elif change.kind == "corrections.csv":
                (folder / change.kind).write_text(f"table,key,column,before,after,reason,author,expires_on\n{change.value}\n")


def _change_rows(rows: Rows, change: Change) -> None:
    chosen = rows[change.first :: 1][: change.count]
    if change.kind == "copies":
        rows += [dict(row) for row in chosen]
    for row in chosen:
        if change.kind == "cells":
            row[change.column] = change.value
        elif change.kind == "quarter":
            row |= {name: cell.replace("2025-0", "2024-1", 1) for name, cell in row.items() if cell[:4].isdigit() and "-" in cell}
        elif change.kind == "swap":
            times = [name for name, cell in row.items() if ":" in cell]
            row |= dict(zip(times, [row[name] for name in reversed(times)], strict=True))


def _as_csv(table: str, rows: Rows) -> str:
    names = list(delivery()[table][0])
    out = io.StringIO()
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _changed_text(text: str, change: Change) -> str:
    records = list(csv.reader(io.StringIO(text)))
    place = records[0].index(change.column) if change.column in records[0] else 0
    line = min(change.first + 1, len(records) - 1)
    if change.kind == "drop column":
        records = [record[:place] + record[place + 1 :] for record in records]
    elif change.kind == "rename column":
        records[0][place] += "_x"
    elif change.kind == "long line":
        records[line] += ["more"]
    else:
        records[line] = records[line][:2]
    return "".join(",".join(record) + "\n" for record in records)


def _change_file(folder: Path, change: Change) -> None:
    path = folder / f"{change.table}.csv"
    if not path.is_file():
        return
    content = path.read_bytes()
    if change.kind == "drop":
        path.unlink()
    elif change.kind == "header only":
        path.write_bytes(content.partition(b"\n")[0] + b"\n")
    elif change.kind == "repeat header":
        header, _, rest = content.partition(b"\n")
        path.write_bytes(header + b"," + header.split(b",")[-1] + b"\n" + rest.replace(b"\n", b",\n"))
    elif change.kind == "encoding":
        path.write_bytes(content + b"\xff\xff\n")
    elif change.kind == "empty file":
        path.write_bytes(b"")
    elif change.kind == "delimiter":
        path.write_bytes(content.replace(b",", b";"))
    else:
        (folder / change.table).mkdir(exist_ok=True)
        (folder / change.table / "1.csv").write_bytes(content)
        if change.kind == "twice in a folder":
            (folder / change.table / "2.csv").write_bytes(content)
            path.unlink()


def _columns(table: str) -> st.SearchStrategy[str]:
    return st.sampled_from(list(delivery()[table][0]))


def _in_table(draw: Any) -> dict[str, Any]:
    table = draw(st.sampled_from(list(delivery())))
    rows = len(delivery()[table])
    # One row, about the usual limit, or all.
    return {
        "table": table,
        "column": draw(_columns(table)),
        "first": draw(st.integers(0, rows - 1)),
        "count": draw(st.sampled_from((1, 1, 2, 4, rows))),
    }


@st.composite
def _changes(draw: Any) -> Change:
    kind = draw(
        st.sampled_from(
            ["cells"] * 9 + ["copies", "quarter", "swap", "drop column", "rename column", "long line", "short line", "whole"]
            + ["evaluation.yaml", "evaluation.yaml", "sources.yaml", "corrections.csv"]
        )
    )  # fmt: skip
    if kind == "whole":
        return Change(draw(st.sampled_from(_WHOLE)), draw(st.sampled_from(list(delivery()))))
    choices = {"evaluation.yaml": _PLANS, "sources.yaml": _SOURCES, "corrections.csv": _CORRECTIONS}
    if kind in choices:
        return Change(kind, value=draw(st.sampled_from(choices[kind])))
    return Change(kind, **_in_table(draw), value=draw(st.sampled_from(VALUES)))


@st.composite
def landings(draw: Any) -> Landing:
    """A delivery with up to four changes."""
    return Landing(draw(st.lists(_changes(), max_size=4)))


assert set(delivery()) <= set(TABLES)
