"""The scores of a run for the terminal: one row per enterprise, printed at the end of ``asq run``.

Full reports are in ``editions/``. A terminal gets a table; logs and pipes get one plain line per enterprise.
"""

from __future__ import annotations

import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from pipeline.calendar.comparisons import PREVIOUS
from pipeline.calendar.quarters import Quarter
from pipeline.report.model.run_tables import RunTables
from pipeline.report.parts.indicators import Verdict, verdict_of
from pipeline.report.parts.scores import is_rateable
from pipeline.report.words.numbers import Numbers
from pipeline.settings.suggestions import listed

# Verdicts counted separately; the rest (no requirement, not applicable, not decided yet) are counted together.
_COUNTED = {Verdict.MET: "met", Verdict.NOT_MET: "not met", Verdict.NO_DATA: "no data"}
_REST = "other"
_SHOWN = Numbers("en")
# The command line breaks no lines by itself.
_WIDTH = 80


@dataclass(frozen=True)
class EnterpriseScores:
    """One enterprise's row: scores 0–100 (None: no score, or not rateable), coverage 0–1, indicators by verdict.

    ``without_target``: indicators with a value and no requirement, neither the standard's nor the evaluation plan's.
    ``assumed``: ids of indicators that rest on assumed values (D-94).
    """

    enterprise_id: str
    total: float | None
    total_range: tuple[float, float] | None
    coverage: float
    is_rateable: bool
    is_provisional: bool
    dimensions: dict[str, float | None]
    verdicts: dict[str, int]
    without_target: int
    assumed: tuple[str, ...] = ()
    change: float | None = None
    """Points of the total against the quarter before; None: not compared."""

    @property
    def remarks(self) -> Iterator[str]:
        """What the scores leave out, and what would bring it in."""
        if self.assumed:
            is_one = len(self.assumed) == 1
            rest, them = ("rests on an assumed value", "it") if is_one else ("rest on assumed values", "them")
            unless = f"unless `assumed` of evaluation.yaml names {them}"
            yield f"{listed(self.assumed)} {rest}: shown in the report, not scored {unless}"
        # A target is what the total lacks if what was measured has none.
        if self.total is None and self.without_target:
            yield _open_targets(self.without_target)


@dataclass(frozen=True)
class ScoreTable:
    """The quarter's scores; print it with a rich console (a table on a terminal) or take ``lines``."""

    quarter: Quarter
    dimension_names: dict[str, str]
    rows: tuple[EnterpriseScores, ...]

    def lines(self) -> list[str]:
        """One line per enterprise, untruncated, for logs and pipes."""
        found = []
        for row in self.rows:
            low_high = f" ({_range(row)} over all legal weights)" if row.total_range else ""
            provisional = ", provisional" if row.is_provisional else ""
            moved = "" if row.change is None else f", {_SHOWN.signed(row.change)} against {self.quarter.shift(-1)}"
            dimensions = ", ".join(
                f"{name} {_SHOWN.number(row.dimensions.get(node))}" for node, name in self.dimension_names.items()
            )
            verdicts = ", ".join(f"{count} {verdict}" for verdict, count in row.verdicts.items())
            found.append(
                f"{self.quarter} {row.enterprise_id}: total {_total(row)}{low_high}{provisional}{moved}; "
                f"{dimensions}; coverage {_SHOWN.percent(row.coverage)}; indicators: {verdicts}"
            )
            found += [f"{self.quarter} {row.enterprise_id}: {remark}" for remark in row.remarks]
        return found

    def table(self) -> Table:
        """A table for 80 columns; each total has its range below, a provisional total has a star."""
        legend = "; ".join(f"{node} {name}" for node, name in self.dimension_names.items())
        star = "* provisional. " if any(row.is_provisional for row in self.rows) else ""
        drawn = Table(
            title=f"After-sales service quality {self.quarter}, scores 0–100",
            caption=(
                f"{legend}\nbelow the total: its range over all weights the standard allows. {star}\n"
                "scored: share of the weight that has a score. The last four count indicators."
                + "".join(
                    "\n" + textwrap.fill(f"{row.enterprise_id}: {remark}", _WIDTH) for row in self.rows for remark in row.remarks
                )
            ),
            box=None,
            padding=(0, 1),
            collapse_padding=True,
            pad_edge=False,
            header_style="bold underline",
            title_justify="left",
            caption_justify="left",
        )
        drawn.add_column("enterprise", overflow="fold")
        for heading in ("total", *self.dimension_names, "scored", *_COUNTED.values(), _REST):
            drawn.add_column(heading.replace(" ", "\n"), justify="right", no_wrap=True)
        for row in self.rows:
            total = Text(f"{_total(row)}{'*' if row.is_provisional else ''}".replace(" ", "\n"), style="bold")
            drawn.add_row(
                Text(row.enterprise_id),
                Text.assemble(total, "\n", (_range(row), "dim")) if row.total_range else total,
                *(_SHOWN.number(row.dimensions.get(node)) for node in self.dimension_names),
                _SHOWN.percent(row.coverage),
                *(str(count) for count in row.verdicts.values()),
            )
        return drawn

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if options.is_terminal:
            yield self.table()
        else:
            yield from (Text(line) for line in self.lines())


def terminal_scores(run_path: Path, quarter: Quarter) -> ScoreTable:
    """The scores of a run's enterprises for the quarter; raises ReportInputMissing if a table is absent."""
    tables = RunTables.read(run_path, quarter)
    dimensions = [row for row in tables.nodes_in_order if row["level"] == "dimension"]
    scores = {
        (row["enterprise_id"], row["node_id"]): row
        for row in tables.scores.filter(pl.col("period") == quarter.label).iter_rows(named=True)
    }
    total = next(row["node_id"] for row in tables.nodes_in_order if row["level"] == "total")
    values = tables.values.filter(pl.col("window_kind") == "quarter").select(
        "enterprise_id", "indicator_id", "status", "requirement", "is_met"
    )
    found = [(enterprise, indicator, verdict_of(*verdict)) for enterprise, indicator, *verdict in values.iter_rows()]
    counted = Counter((enterprise, _COUNTED.get(verdict, _REST)) for enterprise, _, verdict in found)
    open_targets = Counter(enterprise for enterprise, _, verdict in found if verdict is Verdict.NO_REQUIREMENT)
    moved = dict(
        tables.changes.filter(level="total", period=quarter.label, against=PREVIOUS).select("enterprise_id", "change").iter_rows()
    )
    assumed: defaultdict[str, list[str]] = defaultdict(list)
    for enterprise, indicator, verdict in found:
        if verdict is Verdict.ASSUMED:
            assumed[enterprise].append(indicator)
    return ScoreTable(
        quarter=quarter,
        dimension_names={row["node_id"]: row["name_en"] for row in dimensions},
        rows=tuple(
            EnterpriseScores(
                enterprise_id=enterprise,
                total=root["score"],
                total_range=None if root["total_min"] is None else (root["total_min"], root["total_max"]),
                coverage=root["scored_coverage"],
                is_rateable=is_rateable(root),
                is_provisional=bool(root["is_provisional"]) and is_rateable(root),
                dimensions={
                    row["node_id"]: node["score"] if is_rateable(node) else None
                    for row in dimensions
                    for node in (scores[enterprise, row["node_id"]],)
                },
                verdicts={name: counted[enterprise, name] for name in (*_COUNTED.values(), _REST)},
                without_target=open_targets[enterprise],
                assumed=tuple(sorted(assumed[enterprise])),
                change=moved.get(enterprise) if is_rateable(root) else None,
            )
            for enterprise in tables.enterprises
            for root in (scores[enterprise, total],)
        ),
    )


def _open_targets(count: int) -> str:
    is_so = (
        "1 indicator is measured and not scored: it has"
        if count == 1
        else f"{count} indicators are measured and not scored: they have"
    )
    return f"{is_so} no target; set targets under `targets` in evaluation.yaml"


def _total(row: EnterpriseScores) -> str:
    return _SHOWN.number(row.total) if row.is_rateable else "not rateable"


def _range(row: EnterpriseScores) -> str:
    return f"{_SHOWN.number(row.total_range[0])}–{_SHOWN.number(row.total_range[1])}" if row.total_range else ""
