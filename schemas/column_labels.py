"""What people call the columns of the contract: a Chinese label, and names that exports give them in Chinese and English.

Words only; what a column means and may hold is declared in ``tables/``. A row of ``column_labels.csv`` is a column of every table
that has it, or ``table.column`` where a table's column of that name is something of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from schemas.contract import TABLES
from schemas.sheet import Sheet

FILE = Path(__file__).resolve().with_suffix(".csv")


@dataclass(frozen=True)
class ColumnLabel:
    """The names of one column of the contract."""

    label_zh: str
    other_names: tuple[str, ...]
    """As exports call it; lower case, without punctuation."""


def column_label(table: str, column: str) -> ColumnLabel:
    """The label of a table's column. ::

    column_label("service_requests", "requested_at").label_zh == "服务请求时间"
    """
    return column_labels()[f"{table}.{column}"]


@lru_cache(maxsize=1)
def column_labels(file: Path = FILE) -> Mapping[str, ColumnLabel]:
    """``table.column`` → its label, for every column of the contract; raises StandardDataError."""
    sheet = Sheet(file, ["column_name", "label_zh", "other_names"])
    written: dict[str, ColumnLabel] = {}
    known = {f"{table.name}.{column.name}" for table in TABLES.values() for column in table.columns}
    used: set[str] = set()
    for row in sheet:
        name = row.text("column_name")
        names = tuple(other.strip() for other in row.text("other_names").split(";"))
        if name in written:
            row.fault("column_name", f"'{name}' is there twice")
        if name not in known and not any(each.endswith(f".{name}") for each in known):
            row.fault("column_name", f"the contract has no column '{name}'")
        if len(set(names)) < len(names) or not all(names):
            row.fault("other_names", "must be different names, separated by semicolons")
        written[name] = ColumnLabel(row.text("label_zh"), names)
    found: dict[str, ColumnLabel] = {}
    for name in sorted(known):
        label = name if name in written else name.partition(".")[2]
        if label not in written:
            sheet.fault(None, "column_name", f"'{label}' of the contract is missing")
            continue
        used.add(label)
        found[name] = written[label]
    for name in sorted(written.keys() - used):
        sheet.fault(None, "column_name", f"no table uses the row '{name}'")
    sheet.finish()
    return MappingProxyType(found)
