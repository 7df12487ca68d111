"""The SQL that counts an indicator: its model, and the conditions of what counts, as dbt compiled them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.marts import project

# The columns that macros/records.sql gives every row, as literals; of survey answers the indicator is a column.
_ROW = re.compile(
    r"(?:'(?P<indicator>[A-Z]\d-\d\w?)'|measures) as indicator_id,\s+'(?P<variant>\w*)' as variant,"
    r".*?'(?P<where>(?:[^']|'')*)' as counted_where,\s+'(?P<counts>(?:[^']|'')*)' as counts",
    re.DOTALL,
)


@dataclass(frozen=True)
class Counting:
    """How records of one relation count: the analysis with the SQL of its records, the models it reads, the conditions."""

    analysis: str
    models: tuple[str, ...]
    variant: str
    where: str
    counts: str


def countings(indicator_id: str) -> tuple[Counting, ...]:
    """How the records of an indicator count, for each of its variants; none for one that counts no records (I2-3)."""
    found = []
    for name, node in sorted(project.analyses().items()):
        if indicator_id not in node["config"]["meta"]["indicators"]:
            continue
        models = tuple(each.rpartition(".")[2] for each in node["depends_on"]["nodes"])
        for row in _ROW.finditer(node["compiled_code"]):
            if row["indicator"] in (None, indicator_id):
                found.append(Counting(name, models, row["variant"], _text(row["where"]), _text(row["counts"])))
    return tuple(found)


def _text(literal: str) -> str:
    return literal.replace("''", "'")
