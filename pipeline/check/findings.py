"""What a check finds, how it is ordered and written. No finding holds a value of a record that may be personal data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pipeline import flow
from pipeline.errors import AsqError, UsageError
from pipeline.extract.errors import SourceRefused
from pipeline.privacy.hiding import hide
from pipeline.settings.suggestions import listed

ERROR, WARNING, INFO = "error", "warning", "info"
_LEVELS = (ERROR, WARNING, INFO)
_SHAPES_NAMED = 4


@dataclass(frozen=True)
class Seen:
    """How some of the values are written, how often, and where the first of them is."""

    text: str
    """A shape, or in quotes the value itself where it is a category; empty where there is no value to show."""
    count: int
    file: str
    row: int


@dataclass(frozen=True)
class Finding:
    """One problem, or something worth knowing."""

    level: str
    """error (a run would stop), warning (rows would be refused, or something was overlooked) or info."""
    problem: str
    table: str | None = None
    file: str | None = None
    column: str | None = None
    rule: str | None = None
    count: int | None = None
    """Rows that it costs; None: it is not about single rows."""
    seen: tuple[Seen, ...] = ()
    proposal: str | None = None
    """A line of ``sources.yaml`` with which the values would be read."""
    is_configuration: bool = False
    """The call or a file beside the data is wrong, whatever the data."""

    def __post_init__(self) -> None:
        # Headers are quoted, and the header of a file without one is a record.
        for name in ("problem", "column", "proposal"):
            if text := getattr(self, name):
                object.__setattr__(self, name, hide(text))

    @classmethod
    def of(cls, error: AsqError) -> Finding:
        """The finding that an error of the stages is."""
        if isinstance(error, SourceRefused):
            return cls(ERROR, error.problem, error.table, error.file, error.column)
        return cls(ERROR, str(error), is_configuration=isinstance(error, UsageError))

    @property
    def is_error(self) -> bool:
        return self.level == ERROR

    def __str__(self) -> str:
        said = ": ".join(part for part in (self.level, self.table, self.file, self.column, self.problem) if part)
        return said + self._seen() + (f". With this in sources.yaml they are read: {self.proposal}" if self.proposal else "")

    def _seen(self) -> str:
        named = []
        for each in self.seen[:_SHAPES_NAMED]:
            place = f"first in {'' if each.file == self.file else f'{each.file} '}row {each.row}"
            named.append(f"{each.text} ×{each.count}, {place}" if each.text else place)
        more = len(self.seen) - len(named)
        return (": " + "; ".join(named) if named else "") + (f"; and {more} other shapes" if more > 0 else "")


@dataclass(frozen=True)
class Verdict:
    """How far ``asq run`` of a quarter would get."""

    quarter: str | None
    """None: no quarter can be run."""
    stage: str | None
    """Where it would stop; None: it would reach the acceptance of the delivery."""
    exit_code: int
    reasons: tuple[str, ...]
    rows: int
    refused: int

    def __str__(self) -> str:
        run = f"asq run {self.quarter}" if self.quarter else "asq run"
        if self.stage is None:
            return f"{run} would reach acceptance: {self.rows - self.refused:,} of {self.rows:,} rows accepted"
        # What stops extract stands above, file by file.
        why = f": {'; '.join(self.reasons)}" if self.stage == flow.VALIDATE else ""
        return f"{run} would stop in {self.stage} (exit code {self.exit_code}){why}"


@dataclass(frozen=True)
class Undelivered:
    """Tables and optional columns that did not come, each with the indicators that have no data for it."""

    tables: Mapping[str, tuple[str, ...]]
    columns: Mapping[str, tuple[str, ...]]

    def __str__(self) -> str:
        without = [name for of in (self.tables, self.columns) for names in of.values() for name in names]
        parts = [
            f"{len(of)} {what if len(of) > 1 else what.removesuffix('s')} ({listed(of, 4)})"
            for of, what in ((self.tables, "tables"), (self.columns, "columns"))
            if of
        ]
        indicators = sorted(set(without))
        return f"not delivered: {' and '.join(parts)}" + (
            f"; no_data for {len(indicators)} indicators ({listed(indicators, 8)})" if indicators else ""
        )


@dataclass(frozen=True)
class Report:
    """All findings, most costly first, and how far runs would get."""

    findings: tuple[Finding, ...]
    undelivered: Undelivered
    verdicts: tuple[Verdict, ...]

    @classmethod
    def of(cls, findings: Iterable[Finding], undelivered: Undelivered, verdicts: Iterable[Verdict]) -> Report:
        """The same finding twice, as of a table and its children, is one."""
        return cls(tuple(sorted(dict.fromkeys(findings), key=_cost)), undelivered, tuple(verdicts))

    @property
    def exit_code(self) -> int:
        """That of the first run that would stop."""
        return next((verdict.exit_code for verdict in self.verdicts if verdict.exit_code), 0)

    def lines(self) -> list[str]:
        """One line each; what would happen comes last."""
        errors = sum(finding.is_error for finding in self.findings)
        missing = [f"{INFO}: {self.undelivered}"] if self.undelivered.tables or self.undelivered.columns else []
        counted = f"{errors} errors, {len(self.findings) - errors + len(missing)} notes"
        return [*map(str, self.findings), *missing, *map(str, self.verdicts), counted]

    def as_dict(self) -> dict[str, Any]:
        """For machines: everything, undelivered tables and columns in full."""
        return {
            "exit_code": self.exit_code,
            "runs": [asdict(verdict) for verdict in self.verdicts],
            "findings": [asdict(finding) for finding in self.findings],
            "not_delivered": asdict(self.undelivered),
        }


def _cost(finding: Finding) -> tuple[int, bool, float]:
    """Sorts what stops everything before what refuses many rows, and that before what refuses few."""
    # A finding that is not about rows concerns whole files.
    return _LEVELS.index(finding.level), finding.level == INFO, -(float("inf") if finding.count is None else finding.count)
