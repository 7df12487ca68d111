"""Figures: the numbers of each chart and its table are those of the released tables, in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from report_run import EMPTY, QUARTER, write_run
from report_run.analyses import CAUSES, CLASSES, HOURS, OUTLETS, RESOLVED, TOTALS, write_analyses
from report_run.changes import PARTS

from pipeline.charts.drawing import svg
from pipeline.report import figures
from pipeline.report.document.blocks import Chart
from pipeline.report.model.run_tables import RunTables
from pipeline.report.words.messages import Messages, messages

LANGUAGES = ("zh", "en")
_CHINESE = re.compile(r"[\u3400-\u9fff]")


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> RunTables:
    return RunTables.read(write_analyses(write_run(tmp_path_factory.mktemp("figures"))), QUARTER)


def everything(tables: RunTables, enterprise: str, say: Messages) -> dict[str, Chart | None]:
    made: dict[str, Callable[[], Chart | None]] = {
        "score_trend": lambda: figures.score_trend(tables, enterprise, say),
        "dimension_trends": lambda: figures.dimension_trends(tables, enterprise, say),
        "indicator_trend": lambda: figures.indicator_trend(tables, enterprise, say, "O1-1"),
        "waterfall": lambda: figures.change_waterfall(tables, enterprise, say),
        "league": lambda: figures.league_bars(tables, enterprise, say, "outlet"),
        "funnel": lambda: figures.funnel(tables, enterprise, say, "O1-1", "outlet"),
        "regions": lambda: figures.region_heatmap(tables, enterprise, say, ("O1-1", "P1-1")),
        "hours": lambda: figures.month_hour_heatmap(tables, enterprise, say),
        "bullets": lambda: figures.bullets(tables, enterprise, say),
        "importance": lambda: figures.importance_performance(tables, enterprise, say),
        "tree": lambda: figures.score_tree(tables, enterprise, say),
        "pareto": lambda: figures.pareto(tables, enterprise, say),
        "fishbone": lambda: figures.fishbone(tables, enterprise, say, "O1-1"),
    }
    return {name: make() for name, make in made.items()}


@pytest.fixture(scope="module", params=LANGUAGES)
def charts(request: pytest.FixtureRequest, tables: RunTables) -> dict[str, Chart]:
    found = everything(tables, "E1", messages(request.param))
    assert [name for name, chart in found.items() if chart is None] == []
    return {name: chart for name, chart in found.items() if chart is not None}


def data(chart: Chart, *fields: str) -> list[tuple[Any, ...]]:
    """The rows of the chart's own data that have all these fields, once each, in their order."""
    assert chart.specification is not None
    found: dict[tuple[Any, ...], None] = {}
    for rows in _datasets(chart.specification):
        for row in rows:
            if all(name in row for name in fields):
                found[tuple(row[name] for name in fields)] = None
    return list(found)


def _datasets(part: Any) -> Iterator[list[dict[str, Any]]]:
    if isinstance(part, dict):
        if isinstance(part.get("values"), list) and part["values"] and isinstance(part["values"][0], dict):
            yield part["values"]
        for name, each in part.items():
            if name == "datasets":
                yield from each.values()
            else:
                yield from _datasets(each)
    elif isinstance(part, list):
        for each in part:
            yield from _datasets(each)


def column(chart: Chart, place: int) -> list[Any]:
    return [row.cells[place].value for row in chart.data.rows]


def test_trends_have_the_released_numbers_and_gaps(charts: dict[str, Chart]) -> None:
    expected = [(None, None, None) if total is None else total for total in TOTALS]
    assert data(charts["score_trend"], "value", "low", "high") == expected
    assert column(charts["score_trend"], 1) == [total[0] for total in expected]
    assert column(charts["dimension_trends"], 2) == [total[0] for total in expected]
    resolved = [None if total is None else each[0] for total, each in zip(TOTALS, RESOLVED, strict=True)]
    assert column(charts["indicator_trend"], 1) == resolved
    assert column(charts["indicator_trend"], 3)[-1] == 20000
    # The quarter that was not published is named, and no change is claimed that the ranges do not carry.
    assert "2024-Q1" in charts["score_trend"].description
    assert re.search("重叠，不能认定|overlap: whether the score changed cannot be told", charts["score_trend"].description)
    assert re.search("不重叠|does not overlap", charts["indicator_trend"].description)


def test_the_waterfall_adds_up(charts: dict[str, Chart]) -> None:
    """94.36 + (−3 + 2.5 + 0.5 + 1 + 0.75 + 0.2 + 0.05 = 2) = 96.36."""
    steps = data(charts["waterfall"], "start", "end")
    assert steps[0] == (94.36, 94.36)
    assert steps[-1] == (96.36, 96.36)
    assert sorted(end - start for start, end in steps[1:-1]) == pytest.approx(sorted(points for *_, points in PARTS))
    assert all(one[1] == pytest.approx(other[0]) for one, other in pairwise(steps))
    assert sum(column(charts["waterfall"], 3)) == pytest.approx(2.0)
    assert "O4-1" in charts["waterfall"].description


def test_league_and_funnel_have_the_released_numbers(charts: dict[str, Chart]) -> None:
    members = {(value, low, high) for _, _, value, low, high, *_ in OUTLETS}
    assert set(data(charts["league"], "value", "low", "high")) == members
    assert column(charts["league"], 1) == [400.0, 300.0, 12.0, 200.0]
    # Three have limits; of the fourth there are too few cases.
    assert data(charts["funnel"], "n", "value") == [(200.0, 0.70), (300.0, 0.83), (400.0, 0.90)]
    assert "W3" in charts["league"].description
    assert "W4" not in charts["funnel"].description
    assert re.search("W1.*W3|W3.*W1", charts["funnel"].description)


def test_withheld_cells_are_marked_and_never_zero(charts: dict[str, Chart]) -> None:
    cells = [cell for row in charts["hours"].data.rows for cell in row.cells[1:]]
    assert [None if cell.is_withheld else cell.value for cell in cells] == list(HOURS.values())
    assert [cell.text for cell in cells if cell.is_withheld] == ["—", "—"]
    assert [text for (text,) in data(charts["hours"], "text")].count("—") == 1
    drawn = data(charts["hours"], "row", "column", "text", "is_hollow")
    assert [text for _, _, text, is_hollow in drawn if is_hollow] == ["—", "—"]
    assert [text for _, _, text, is_hollow in drawn if not is_hollow] == ["12", "30", "0", "25"]
    regions = data(charts["regions"], "column", "text", "is_hollow")
    # 0.60 − 0.85 = −25.0 points, below the acceptable 0.7; 0.90 − 0.85 = +5.0, 0.94 − 0.95 = −1.0 undecided, 0.96 − 0.95 = +1.0.
    assert {text for _, text, is_hollow in regions if not is_hollow} == {"−25.0×", "+5.0", "−1.0?", "+1.0"}
    # One is withheld, and of another region there are no data.
    assert {(region, text) for region, text, is_hollow in regions if is_hollow} == {("450103", "—"), ("450104", "·")}


def test_bullets_importance_and_tree_have_the_released_numbers(charts: dict[str, Chart], tables: RunTables) -> None:
    scores = {row["node_id"]: row for row in tables.scores.filter(enterprise_id="E1", period=QUARTER.label).iter_rows(named=True)}
    values = tables.values.filter(enterprise_id="E1", period=QUARTER.label)
    missed = set(values.filter(pl.col("is_met") == False)["indicator_id"])  # noqa: E712
    assert {row.cells[0].text.split()[0] for row in charts["bullets"].data.rows} <= missed
    by_id = {row.cells[0].text.split()[0]: row for row in charts["bullets"].data.rows}
    # 0.82 between 0.70 and 0.85.
    assert by_id["O1-1"].cells[1].value == 0.82
    at = {name.split()[0]: value for name, value in data(charts["bullets"], "name", "value")}
    assert at["O1-1"] == pytest.approx((0.82 - 0.70) / (0.85 - 0.70))
    for name, weight, score in data(charts["importance"], "name", "weight", "score"):
        assert score == scores[name]["score"]
        assert 0 < weight <= 1
    labels = data(charts["tree"], "depth", "top", "bottom")
    assert [(top, bottom) for depth, top, bottom in labels if depth == 0] == [(0.0, 1.0)]
    for depth in (1, 2, 3):
        assert sum(bottom - top for each, top, bottom in labels if each == depth) == pytest.approx(1)
    assert charts["tree"].data.rows[0].cells[3].value == scores["ALL"]["score"]


def test_pareto_and_fishbone_have_the_released_numbers(charts: dict[str, Chart]) -> None:
    assert column(charts["pareto"], 1) == [cases for _, cases, _ in CLASSES]
    shares = data(charts["pareto"], "share", "cumulative")
    assert [number for pair in shares for number in pair] == pytest.approx([0.6, 0.6, 0.3, 0.9, 0.1, 1.0])
    assert "90.0%" in charts["pareto"].description
    assert len(charts["fishbone"].data.rows) == len(CAUSES)
    assert charts["fishbone"].svg is not None


def test_every_chart_has_a_description_and_a_drawing(charts: dict[str, Chart], request: pytest.FixtureRequest) -> None:
    is_drawn = request.node.callspec.params["charts"] == "zh"
    for name, chart in charts.items():
        assert chart.description, name
        assert chart.title, name
        assert chart.data.rows, name
        if chart.specification is None:
            continue
        assert chart.specification["description"] == chart.description
        if is_drawn:
            assert len(svg(chart.specification).encode()) < 60_000, name
        for row in _rows(chart):
            assert row.get("label", "l"), name


def _rows(chart: Chart) -> Iterator[dict[str, Any]]:
    for rows in _datasets(chart.specification):
        yield from rows


def test_every_table_says_how_many_cases(charts: dict[str, Chart]) -> None:
    """A count column, or a text with n in each cell (regions by indicator)."""
    for name, chart in charts.items():
        has_counts = any(each.kind == "count" for each in chart.data.columns)
        assert has_counts or any("n = " in cell.text for row in chart.data.rows for cell in row.cells), name


def test_figures_are_in_one_language(charts: dict[str, Chart], request: pytest.FixtureRequest) -> None:
    is_chinese = request.node.callspec.params["charts"] == "zh"
    for name, chart in charts.items():
        text = chart.model_dump_json()
        for data_value in (*(each for each, _, _ in CLASSES), "Noto Sans CJK"):
            text = text.replace(data_value, "")
        assert bool(_CHINESE.search(text)) == is_chinese, (name, _CHINESE.search(text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_to_draw_is_none(tables: RunTables, language: Any) -> None:
    found = everything(tables, EMPTY, messages(language))
    tree = found.pop("tree")
    assert [name for name, chart in found.items() if chart is not None] == []
    # The tree of an enterprise without scores says that there are none.
    assert tree is not None
    assert re.search("没有可评定的总分|no total", tree.description)


def test_a_run_without_the_analyses_has_no_figures_of_them(run_path: Path) -> None:
    tables, say = RunTables.read(run_path, QUARTER), messages("zh")
    made = everything(tables, "E1", say)
    assert {name for name, chart in made.items() if chart is None} == {
        *("score_trend", "dimension_trends", "indicator_trend", "league", "funnel", "regions", "hours", "pareto", "fishbone")
    }


def test_both_languages_have_the_same_messages_and_placeholders() -> None:
    zh, en = (
        {name: text for name, text in messages(language).by_id.items() if name.startswith("chart.")}  # type: ignore[arg-type]
        for language in LANGUAGES
    )
    assert zh.keys() == en.keys()
    for name in zh:
        assert set(re.findall(r"\{(\w+)\}", zh[name])) == set(re.findall(r"\{(\w+)\}", en[name])), name
        assert not _CHINESE.search(en[name]), name


def test_every_message_asked_for_is_there() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in Path(figures.__file__).parent.glob("*.py"))
    asked = set(re.findall(r'(?:frame|self)\.text\(\s*"([\w.]+)"', sources))
    assert len(asked) > 80
    assert {f"chart.{name}" for name in asked} <= messages("zh").by_id.keys()
