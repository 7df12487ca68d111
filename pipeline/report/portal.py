"""The portal of a lake: one page over all published quarters, as ``published/index.html`` (Chinese) and ``index.en.html``.

Enterprises × periods × reports, the trend of totals, key indicators, what is provisional and until when, deadlines. Made of the
released tables only; the same publications give the same bytes. Nothing of it depends on the clock.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.evaluate.scores.score_tree import NOT_RATEABLE
from pipeline.lake.files import readable_path
from pipeline.lake.layout import Lake
from pipeline.report.document.blocks import Language
from pipeline.report.model.names import Names, read_names
from pipeline.report.words.messages import messages
from pipeline.report.words.numbers import Numbers
from pipeline.report.write import REPORT_FOLDER, file_names
from schemas.standard.tree import nodes

FILES: Mapping[Language, str] = {"zh": "index.html", "en": "index.en.html"}
"""By language: the file below ``published/``."""
_TEMPLATE = "portal.html.j2"
_NUMBERS: Mapping[Language, Numbers] = {language: Numbers(language) for language in FILES}
_TOTAL, _DIMENSION, _INDICATOR = "total", "dimension", "indicator"
# Indicators with an objective of clause 九, and those that cost the total most.
_COSTLIEST = 5
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MET = {True: "met", False: "not_met", None: "open"}


@dataclass(frozen=True)
class Link:
    """A file to open, relative to ``published/``; ``label`` is what its name says beyond the enterprise's."""

    label: str
    href: str


@dataclass(frozen=True)
class PeriodTotal:
    """The total of a quarter: its score, change against the quarter before, state, and its reports.

    until           the last day known on which a provisional indicator becomes final; ``is_open_ended``: for some there is none
    """

    quarter: str
    score: float | None
    change: float | None
    coverage: float | None
    is_provisional: bool
    until: dt.date | None
    is_open_ended: bool
    waits_for: tuple[str, ...]
    reports: tuple[Link, ...]


@dataclass(frozen=True)
class KeyIndicator:
    """A value with its requirement; ``share`` and ``mark`` are their places on a bar from 0 to 1."""

    indicator_id: str
    name: Mapping[Language, str]
    value: Mapping[Language, str]
    requirement: Mapping[Language, str]
    sample_size: int | None
    state: str
    score: float | None
    lost_points: float | None
    share: float | None
    mark: float | None


@dataclass(frozen=True)
class Deadline:
    """A process rule that is due on a day and not fulfilled yet."""

    rule_id: str
    name: Mapping[Language, str]
    due_on: dt.date
    result: str


@dataclass(frozen=True)
class Enterprise:
    """Everything of an enterprise; periods newest first, the others of its newest quarter."""

    names: Names
    periods: tuple[PeriodTotal, ...]
    dimensions: tuple[tuple[Mapping[Language, str], float | None], ...]
    indicators: tuple[KeyIndicator, ...]
    deadlines: tuple[Deadline, ...]


@dataclass(frozen=True)
class Portal:
    """All enterprises of a lake; ``pages``: the acceptance page of each quarter, newest first, for the lake's owner."""

    enterprises: tuple[Enterprise, ...]
    quarters: tuple[str, ...]
    standard: str
    pages: tuple[Link, ...]


def write_portal(lake: Lake) -> list[Path]:
    """Write the pages of a lake, one per language; a page that would not change is left as it is. None without publications."""
    with lake.lock("portal"):
        portal = read_portal(lake)
        if portal is None:
            return []
        paths = []
        for language, name in FILES.items():
            path, page = lake.runs.parent / name, render_portal(portal, language)
            if not path.is_file() or path.read_text(encoding="utf-8") != page:
                with readable_path(path) as temporary:
                    temporary.write_text(page, encoding="utf-8", newline="\n")
            paths.append(path)
        return paths


def read_portal(lake: Lake) -> Portal | None:
    """What the released tables of all published quarters say; None if there are none."""
    quarters = lake.published_quarters()[::-1]
    readings = [_Reading(quarter, lake.current(quarter)) for quarter in quarters]
    # A quarter without an enterprise has nothing to show.
    readings = [each for each in readings if each.is_whole and each.totals]
    if not readings:
        return None
    enterprises = sorted({name for each in readings for name in each.totals})
    return Portal(
        enterprises=tuple(_enterprise(name, readings) for name in enterprises),
        quarters=tuple(each.quarter.label for each in readings),
        standard=str(readings[0].scores["standard_edition"][0]).partition(" (")[0],
        pages=tuple(_acceptance_pages(lake, readings)),
    )


def render_portal(portal: Portal, language: Language) -> str:
    """The page in a language, as HTML without script."""
    from markupsafe import Markup

    say = messages(language)
    other: Language = "en" if language == "zh" else "zh"
    return (
        _environment()
        .get_template(_TEMPLATE)
        .render(
            portal=portal,
            language=language,
            say=say.text,
            name=say.name,
            percent=_NUMBERS[language].percent,
            other=FILES[other],
            trend=lambda enterprise: Markup(_trend(enterprise, say.text("portal.trend", enterprise=enterprise.names.enterprise))),
        )
    )


class _Reading:
    """The released tables of one published quarter."""

    def __init__(self, quarter: Quarter, folder: Path) -> None:
        self.quarter, self.folder = quarter, folder

    @property
    def is_whole(self) -> bool:
        """Whether it has what a portal is made of: earlier versions published less."""
        return all((self.folder / f"{name}.parquet").is_file() for name in ("scores", "indicator_values", "indicator_catalogue"))

    def table(self, name: str) -> pl.DataFrame:
        """A table, of the quarter itself where it has several periods; empty if it was not published."""
        path = self.folder / f"{name}.parquet"
        if not path.is_file():
            return pl.DataFrame()
        rows = pl.scan_parquet(path)
        if "period" in rows.collect_schema():
            rows = rows.filter(pl.col("period") == self.quarter.label)
        return rows.collect()

    @cached_property
    def scores(self) -> pl.DataFrame:
        return self.table("scores")

    @cached_property
    def values(self) -> pl.DataFrame:
        return self.table("indicator_values").filter(pl.col("scope_type") == "enterprise")

    @cached_property
    def totals(self) -> dict[str, dict[str, Any]]:
        """By enterprise: the row of its total."""
        return {row["enterprise_id"]: row for row in self.scores.filter(pl.col("level") == _TOTAL).iter_rows(named=True)}

    @cached_property
    def changes(self) -> dict[str, float]:
        """By enterprise: the change of its total against the quarter before, where they can be compared."""
        rows = self.table("score_changes")
        if rows.is_empty():
            return {}
        compared = rows.filter(pl.col("level") == _TOTAL, pl.col("against") == "previous", pl.col("change").is_not_null())
        return dict(compared.select("enterprise_id", "change").iter_rows())

    @cached_property
    def reports(self) -> dict[str, tuple[Link, ...]]:
        """By enterprise: its reports, whatever their format; each belongs to the longest name that its own begins with."""
        folder = self.folder / REPORT_FOLDER
        enterprises = sorted(self.totals)
        stems = dict(zip(file_names(enterprises), enterprises, strict=True))
        found: dict[str, list[Link]] = {}
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            name = path.relative_to(folder).as_posix()
            of = [stem for stem in stems if name.startswith(stem) and not name[len(stem) : len(stem) + 1].isalnum()]
            if of:
                stem = max(of, key=len)
                label = name[len(stem) :].strip("./-_")
                href = f"current/quarter={self.quarter.label}/{REPORT_FOLDER}/{name}"
                found.setdefault(stems[stem], []).append(Link(label, quote(href)))
        return {enterprise: tuple(links) for enterprise, links in found.items()}

    def provisional(self, enterprise: str) -> tuple[dt.date | None, bool, tuple[str, ...]]:
        """The last day on which a provisional value becomes final, whether one has no such day, and the provisional indicators."""
        own = self.values.filter(pl.col("enterprise_id") == enterprise, pl.col("is_provisional"), pl.col("value").is_not_null())
        texts = [str(text) for text in own["provisional_until"].drop_nulls()]
        days = [dt.date.fromisoformat(day) for text in texts for day in _DAY.findall(text)]
        is_open = len(texts) < own.height or any(not _DAY.search(text) for text in texts)
        return max(days, default=None), is_open, tuple(sorted(own["indicator_id"]))


def _enterprise(enterprise: str, readings: Sequence[_Reading]) -> Enterprise:
    own = [each for each in readings if enterprise in each.totals]
    newest = own[0]
    return Enterprise(
        names=read_names(newest.folder).get(enterprise, Names(enterprise)),
        periods=tuple(_period(enterprise, each) for each in own),
        dimensions=tuple(_dimensions(enterprise, newest)),
        indicators=tuple(_indicators(enterprise, newest)),
        deadlines=tuple(_deadlines(enterprise, newest)),
    )


def _period(enterprise: str, reading: _Reading) -> PeriodTotal:
    total = reading.totals[enterprise]
    until, is_open_ended, waits_for = reading.provisional(enterprise) if total["is_provisional"] else (None, False, ())
    return PeriodTotal(
        quarter=reading.quarter.label,
        score=total["score"] if NOT_RATEABLE not in total["flags"] else None,
        change=reading.changes.get(enterprise),
        coverage=total["scored_coverage"],
        is_provisional=bool(total["is_provisional"]),
        until=until,
        is_open_ended=is_open_ended,
        waits_for=waits_for,
        reports=reading.reports.get(enterprise, ()),
    )


def _dimensions(enterprise: str, reading: _Reading) -> Iterator[tuple[Mapping[Language, str], float | None]]:
    known = nodes()
    for row in reading.scores.filter(enterprise_id=enterprise, level=_DIMENSION).iter_rows(named=True):
        node = known[row["node_id"]]
        yield {"zh": node.name_zh, "en": node.name_en}, row["score"]


def _indicators(enterprise: str, reading: _Reading) -> Iterator[KeyIndicator]:
    """Those with an objective in clause 九, then those that cost the total most, each in the catalogue's order."""
    known = {row["indicator_id"]: row for row in reading.table("indicator_catalogue").iter_rows(named=True)}
    lost = dict(
        reading.scores.filter(enterprise_id=enterprise, level=_INDICATOR)
        .filter(pl.col("lost_points") > 0)
        .sort("lost_points", "node_id", descending=[True, False])
        .head(_COSTLIEST)
        .select("node_id", "lost_points")
        .iter_rows()
    )
    rows = {row["indicator_id"]: row for row in reading.values.filter(enterprise_id=enterprise).iter_rows(named=True)}
    for name, row in known.items():
        if name in rows and (row["objective"] is not None or name in lost):
            yield _key_indicator(row, rows[name], lost.get(name))


def _key_indicator(entry: Mapping[str, Any], row: Mapping[str, Any], lost: float | None) -> KeyIndicator:
    value, requirement = row["value"], row["requirement"]
    unit, unit_zh = entry["unit"], entry["unit_zh"]
    sizes = [abs(each) for each in (value, requirement, row["acceptable"]) if each is not None]
    # Rates end at 100 %; others a little beyond what is to be seen.
    end = 1.0 if unit == "rate" and max(sizes, default=0.0) <= 1 else 1.1 * max(sizes, default=0.0) or 1.0
    if unit == "score":
        end = 100.0
    return KeyIndicator(
        indicator_id=entry["indicator_id"],
        name={"zh": entry["name_zh"], "en": entry["name_en"]},
        value={language: numbers.in_unit(value, unit, unit_zh) for language, numbers in _NUMBERS.items()},
        requirement={
            language: numbers.bound(requirement, unit, entry["direction"], unit_zh) for language, numbers in _NUMBERS.items()
        },
        sample_size=row["sample_size"],
        state="no_value" if value is None else _MET[row["is_met"]] if row["status"] == "ok" else "few",
        score=row["score"],
        lost_points=lost,
        share=None if value is None else min(max(value, 0.0) / end, 1.0),
        mark=None if requirement is None else min(max(requirement, 0.0) / end, 1.0),
    )


def _deadlines(enterprise: str, reading: _Reading) -> Iterator[Deadline]:
    rules = {row["rule_id"]: row for row in reading.table("process_rules").iter_rows(named=True)}
    results = reading.table("rule_results")
    if results.is_empty():
        return
    due = results.filter(pl.col("enterprise_id") == enterprise, pl.col("due_on").is_not_null(), pl.col("result") != "pass")
    for row in due.sort("due_on", "rule_id").iter_rows(named=True):
        rule = rules[row["rule_id"]]
        yield Deadline(row["rule_id"], {"zh": rule["name_zh"], "en": rule["name_en"]}, row["due_on"], row["result"])


def _acceptance_pages(lake: Lake, readings: Iterable[_Reading]) -> Iterator[Link]:
    """Where the pages would be that only the owner may open; a lake handed on to readers has none."""
    for each in readings:
        page = lake.analyst_runs / each.folder.resolve().name / "acceptance" / "index.html"
        if page.is_file():
            yield Link(each.quarter.label, quote(f"../{page.relative_to(lake.root).as_posix()}"))


# --- the trend of the totals ---------------------------------------------------------------------------------------------

_WIDTH, _HEIGHT, _EDGE = 280, 84, 12


def _trend(enterprise: Enterprise, description: str) -> str:
    """The totals in time as SVG: hollow where provisional, a gap where there is none. The numbers stand in the table beside it."""
    periods = enterprise.periods[::-1]
    scores = [each.score for each in periods if each.score is not None]
    if not scores:
        return ""
    low, high = max(min(scores) - 3, 0.0), min(max(scores) + 3, 100.0)
    step = (_WIDTH - 2 * _EDGE) / max(len(periods) - 1, 1)
    places = [
        None
        if each.score is None
        else (round(_EDGE + place * step, 1), round(_HEIGHT - 22 - (each.score - low) / (high - low) * (_HEIGHT - 40), 1))
        for place, each in enumerate(periods)
    ]
    drawn = [
        f'<svg class="trend" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img" '
        f'aria-label="{escape(description)}">'
    ]
    for one, other in pairwise(places):
        if one and other:
            drawn.append(f'<line x1="{one[0]}" y1="{one[1]}" x2="{other[0]}" y2="{other[1]}"/>')
    for each, point in zip(periods, places, strict=True):
        if point:
            kind = "open" if each.is_provisional else "firm"
            title = f"<title>{each.quarter}: {each.score:.2f}</title>"
            drawn.append(f'<circle class="{kind}" cx="{point[0]}" cy="{point[1]}" r="3.5">{title}</circle>')
    ends = {0: "start", len(periods) - 1: "end"}
    for place, anchor in ends.items():
        x, point = _EDGE + place * step, places[place]
        drawn.append(f'<text x="{x:.1f}" y="{_HEIGHT - 4}" text-anchor="{anchor}">{periods[place].quarter}</text>')
        if point:
            drawn.append(
                f'<text class="value" x="{x:.1f}" y="{point[1] - 8}" text-anchor="{anchor}">{periods[place].score:.2f}</text>'
            )
    return "".join([*drawn, "</svg>"])


@lru_cache(maxsize=1)
def _environment() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("pipeline.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
