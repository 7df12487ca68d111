"""Report section on the source data: rows by table, quarantine, coverage."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from schemas.contract import TABLES

NO_ROWS = {"extracted": 0, "accepted": 0, "quarantined": 0}


@dataclass(frozen=True)
class Coverage:
    """A window of the report and how many of its quarters have records of the enterprise."""

    kind: str
    name: str
    period: str
    first_day: dt.date
    last_day: dt.date
    quarters_covered: int
    quarters_expected: int


@dataclass(frozen=True)
class SourceTable:
    """This enterprise's rows of a source table in the run's quarter: extracted = accepted + quarantined.

    None: the table has no enterprise column, or was not delivered. Rows of other enterprises, or of an unreadable enterprise,
    are not reported. ``quarters``: the quarters up to this one in which the enterprise has usable rows.
    """

    table: str
    name: str
    is_delivered: bool
    names_enterprises: bool
    extracted: int | None
    accepted: int | None
    quarantined: int | None
    quarters: tuple[str, ...]


@dataclass(frozen=True)
class Quarantined:
    """How often this enterprise's rows broke a rule in a column; a row may break several rules."""

    table: str
    table_name: str
    column: str | None
    rule: str
    rule_name: str
    failures: int
    rows: int


def contract_order(tables: Iterable[str]) -> list[str]:
    """Tables in the contract's order, others after them by name."""
    found = set(tables)
    return [*(name for name in TABLES if name in found), *sorted(found - set(TABLES))]


def stands_in(table: str) -> bool:
    """Whether a table is one of totals, which come where single records do not: no table that a delivery lacks."""
    return table in TABLES and TABLES[table].totals_of is not None


def names_enterprises(table: str) -> bool:
    """Whether a table has an enterprise column."""
    return table in TABLES and any(column.name == "enterprise_id" for column in TABLES[table].columns)
