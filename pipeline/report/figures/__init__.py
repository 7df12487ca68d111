"""Figures of reports: chart blocks made from a run's released tables.

Each function takes the tables, an enterprise and the words of a language, and returns None where there is nothing to draw. A
figure's description says in words what is to be seen, and claims no difference that an interval or corrected test does not carry;
its table has the same numbers with the number of cases behind them.
"""

from pipeline.report.figures.causes import fishbone, pareto
from pipeline.report.figures.change import change_waterfall
from pipeline.report.figures.indicators import bullets, importance_performance, score_tree
from pipeline.report.figures.places import funnel, league_bars, month_hour_heatmap, region_heatmap
from pipeline.report.figures.trends import dimension_trends, indicator_trend, score_trend

__all__ = [
    "bullets",
    "change_waterfall",
    "dimension_trends",
    "fishbone",
    "funnel",
    "importance_performance",
    "indicator_trend",
    "league_bars",
    "month_hour_heatmap",
    "pareto",
    "region_heatmap",
    "score_tree",
    "score_trend",
]
