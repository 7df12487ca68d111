"""The stages of the pipeline, in the order in which data flows: the one place that says their names.

A stage's name is its folder in ``pipeline/``, its group in Dagster and what it announces while it works. What a stage does is
in its folder.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """One stage: ``does`` in one line, and the zones and tables it may read."""

    name: str
    does: str
    reads: str


STAGES = (
    Stage("extract", "the delivered files become typed Parquet, with file and row of origin", "the landing folder"),
    Stage("validate", "rows that keep every rule go on, the others to quarantine with rule and column", "raw rows"),
    Stage("desensitize", "keyed pseudonyms, masks and redacted text; the last stage to see personal data", "accepted rows"),
    Stage("accept", "is the delivery, as a whole, fit to be evaluated? A page to sign", "clean rows"),
    Stage("review", "data points far from their group are listed, reviewers' decisions put beside them", "clean rows"),
    Stage("marts", "dbt counts: numerators, denominators, durations, by scope and window", "clean rows, seeds, decisions"),
    Stage("account", "where every row went, from delivered to counted", "raw to clean rows, quarantine, marts"),
    Stage(
        "evaluate",
        "values with intervals, weights, scores, process rules",
        "marts, seeds, plan, clean expert judgements",
    ),
    Stage("analyse", "why scores moved, against whom, and how firm they are", "tables of the run and of earlier publications"),
    Stage("release", "what readers may see: nothing about fewer than k people", "the tables that the run has gathered"),
    Stage("report", "per enterprise what moved, why, where and what to do: editions, languages, formats", "the released layer"),
    Stage("publish", "the scan for personal data, then the switch", "all that the run has gathered"),
)
"""In the order in which data flows. Where two stages do not wait for each other, Dagster may run the later one first."""

NAMES = tuple(stage.name for stage in STAGES)
EXTRACT, VALIDATE, DESENSITIZE, ACCEPT, REVIEW, MARTS, ACCOUNT, EVALUATE, ANALYSE, RELEASE, REPORT, PUBLISH = NAMES
