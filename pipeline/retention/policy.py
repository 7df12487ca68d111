"""How long a lake keeps records with personal data, and what is exempt: ``retention.yaml`` in the lake folder.

Reading and checking these choices belongs here; what is removed and how is ``purge``'s business.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.lake.layout import Lake
from pipeline.settings.documents import LocatedYaml, YamlPath, dotted, read_yaml
from pipeline.settings.suggestions import did_you_mean
from schemas.contract import TABLES

RETENTION_FILE = "retention.yaml"

DEFAULT_KEEP_DAYS = 400
"""Days after a quarter's end for which its records are kept unless the lake says otherwise (D-62).

PIPL article 19 asks for the shortest time that the purpose needs. The purpose is to judge a quarter and to judge it again. The
last time that is due is the annual report: 30 working days after the year's end, some 325 days after its first quarter's. The
days beyond are for objections and corrections. Later quarters read clean rows of the seven before them, never these records.
"""


@dataclass(frozen=True)
class Hold:
    """Records that must not be removed, whatever their age; None stands for all tables, all quarters."""

    reason: str
    author: str
    table: str | None = None
    quarter: Quarter | None = None

    def covers(self, table: str, quarter: Quarter) -> bool:
        return self.table in (None, table) and self.quarter in (None, quarter)


@dataclass(frozen=True)
class Retention:
    """The choices of one lake."""

    keep_days: int = DEFAULT_KEEP_DAYS
    holds: tuple[Hold, ...] = ()

    def hold(self, table: str, quarter: Quarter) -> Hold | None:
        """The first hold on a table's quarter, if there is one."""
        return next((hold for hold in self.holds if hold.covers(table, quarter)), None)

    def is_over(self, quarter: Quarter, today: dt.date) -> bool:
        """Whether the quarter's last day lies more than ``keep_days`` before today."""
        return (today - quarter.last_day).days > self.keep_days


def read_retention(lake: Lake, keep_days: int | None = None) -> Retention:
    """The choices of a lake; the defaults where it has no file. ``keep_days`` takes the place of the lake's term.

    Raises UsageError naming file, line, key and rule for everything that is not as documented: nothing is removed by a file
    that is not understood.
    """
    retention = _read(lake.root / RETENTION_FILE)
    return retention if keep_days is None else replace(retention, keep_days=keep_days)


def _read(file: Path) -> Retention:
    if not file.is_file():
        return Retention()
    located = read_yaml(file)
    if located.problems:
        raise UsageError(f"{file}: {'; '.join(located.problems)}")
    if located.document is None:
        return Retention()
    reader = _Reader(file, located)
    content = reader.mapping(located.document, (), ("keep_days", "holds"))
    days = content.get("keep_days")
    holds = content.get("holds") or []
    if not isinstance(holds, list):
        raise reader.refused(("holds",), "must be a list")
    return Retention(
        DEFAULT_KEEP_DAYS if days is None else reader.days(days, ("keep_days",)),
        tuple(reader.hold(hold, ("holds", f"[{number}]")) for number, hold in enumerate(holds, start=1)),
    )


class _Reader:
    def __init__(self, file: Path, located: LocatedYaml) -> None:
        self._file, self._located = file, located

    def refused(self, path: YamlPath, rule: str) -> UsageError:
        line = self._located.line(path)
        return UsageError(f"{self._file}:{line or 1}: {dotted(path) + ' ' if path else ''}{rule}")

    def mapping(self, value: Any, path: YamlPath, known: tuple[str, ...]) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.refused(path, f"must have the keys {', '.join(known)}")
        for key in value:
            if key not in known:
                raise self.refused((*path, key), f"is no key of this file{did_you_mean(key, known)}")
        return value

    def days(self, value: Any, path: YamlPath) -> int:
        if not isinstance(value, str) or not (value.isascii() and value.isdigit()):
            raise self.refused(path, f"must be a whole number of days, not {value!r}")
        return int(value)

    def hold(self, value: Any, path: YamlPath) -> Hold:
        given = self.mapping(value, path, ("table", "quarter", "reason", "author"))
        for key in ("reason", "author"):
            if not isinstance(given.get(key), str) or not given[key].strip():
                raise self.refused((*path, key), "must be given: a hold says why, and who ordered it")
        table, label = given.get("table"), given.get("quarter")
        if table is None and label is None:
            raise self.refused(path, "must name a table, a quarter, or both")
        if table is not None and table not in TABLES:
            raise self.refused(
                (*path, "table"), f"{table}: the contract has no such table{did_you_mean(table, TABLES)}"
            )
        try:
            quarter = None if label is None else Quarter.parse(label)
        except UsageError as error:
            raise self.refused((*path, "quarter"), str(error)) from None
        return Hold(given["reason"], given["author"], table, quarter)
