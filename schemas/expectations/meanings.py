"""What every published table and column means, in both languages, with its grain and unit: the data dictionary. Declarations only.

``table_meanings.csv`` has one line per table of ``released_columns.csv``, ``column_meanings.csv`` one per column name, or per table
and column where a name means something else there. The warehouse carries them as comments, docs/data-dictionary.md is made of them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

_FOLDER = Path(__file__).parent
_EVERYWHERE = "*"
LATEST = "latest_"
"""Begins the name of a view of what the newest publication says of a table."""

UNITS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "": ("", ""),
        "points": ("分，0–100", "points, 0–100"),
        "points_change": ("分", "points"),
        "share": ("占比，0–1", "share, 0–1"),
        "share_change": ("占比之差，−1 至 1", "difference of shares, −1 to 1"),
        "zero_one": ("0–1", "0–1"),
        "count": ("个数", "number"),
        "own": ("指标自身的单位，占比为 0–1", "the indicator's own unit, shares 0–1"),
        "minutes": ("分钟", "minutes"),
        "hours": ("小时", "hours"),
        "days": ("天", "days"),
        "quarters": ("季度", "quarters"),
    }
)
"""By code: the unit in Chinese and English."""


@dataclass(frozen=True)
class Meaning:
    """What a table or column holds, in both languages; ``unit_…`` is a table's grain, or empty."""

    zh: str
    en: str
    unit_zh: str = ""
    unit_en: str = ""


@lru_cache(maxsize=1)
def table_meanings() -> Mapping[str, Meaning]:
    """By table: its meaning, with its grain as the unit."""
    return MappingProxyType(
        {
            row["table"]: Meaning(row["meaning_zh"], row["meaning_en"], row["grain_zh"], row["grain_en"])
            for row in _rows("table_meanings.csv")
        }
    )


@lru_cache(maxsize=1)
def _columns() -> Mapping[tuple[str, str], Meaning]:
    return MappingProxyType(
        {
            (row["table"], row["column"]): Meaning(row["meaning_zh"], row["meaning_en"], *UNITS[row["unit"]])
            for row in _rows("column_meanings.csv")
        }
    )


def column_meaning(table: str, column: str) -> Meaning | None:
    """The meaning of a column in a table; None if nobody has written one.

    >>> column_meaning("scores", "score").en
    'score'
    """
    return _columns().get((table, column)) or _columns().get((_EVERYWHERE, column))


def described_columns() -> tuple[tuple[str, str], ...]:
    """Every table (``*``: all) and column that has a line, in the file's order."""
    return tuple(_columns())


def table_comment(table: str) -> str | None:
    """What the databases say of a table, or of a view of its newest publication: Chinese, then English, on one line each."""
    meaning = table_meanings().get(table.removeprefix(LATEST))
    if meaning is None:
        return None
    newest = ("（最新季度）", " (the newest quarter)") if table.startswith(LATEST) else ("", "")
    return f"{meaning.zh}{newest[0]}。每行：{meaning.unit_zh}。\n{meaning.en}{newest[1]}. One row per {meaning.unit_en}."


def column_comment(table: str, column: str) -> str | None:
    """What the databases say of a column: Chinese, then English, each with its unit in brackets before what null means."""
    meaning = column_meaning(table.removeprefix(LATEST), column)
    if meaning is None:
        return None
    if not meaning.unit_zh:
        return f"{meaning.zh}\n{meaning.en}"
    (zh, *null_zh), (en, *null_en) = meaning.zh.partition("；空为"), meaning.en.partition("; null")
    return f"{zh}（{meaning.unit_zh}）{''.join(null_zh)}\n{en} ({meaning.unit_en}){''.join(null_en)}"


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (_FOLDER / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
