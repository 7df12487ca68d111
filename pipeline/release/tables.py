"""The tables of the released layer: what of each table of a run readers see.

Most are released as they are; those about people are written here. ``withholding.py`` says which cells readers do not see.
"""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from pipeline.account.cleaning_log import CORRECTED
from pipeline.analyse.comparison import UNDECIDED
from pipeline.analyse.correlation import ENOUGH, ENTERPRISE
from pipeline.analyse.earlier import comparisons
from pipeline.analyse.league import RANDOM_EFFECT
from pipeline.analyse.trends import Publication, released_trends
from pipeline.errors import DataRefused
from pipeline.evaluate.rules.facts import MODES
from pipeline.lake.files import atomic_path
from pipeline.lake.run_folder import RunFolder
from pipeline.redact.trade_names import without_persons
from pipeline.release.cells import Line, withheld_parts
from pipeline.release.cubes import TOTAL, Cell, Table, withheld_cells
from pipeline.release.withholding import SCOPES, Withholding, subject_of, withholding
from schemas.expectations.release import (
    CELL,
    CODES,
    COUNTED_ELSEWHERE,
    CUBES,
    PARTS,
    QUANTILE_CHECKS,
    REQUESTS,
    SENTENCE_ON_MODES,
    SENTENCE_ON_TIMES,
    SENTENCES_ON_CONDITIONS,
    STAFF,
    THINGS,
    TIMES,
    VALUE,
    WITHHELD_COLUMN,
    column_classes,
    released_columns,
    undeclared_columns,
)
from schemas.standard.catalogue import catalogue

_PLACE = ["enterprise_id", "period", "indicator_id", "scope_type", "scope_id"]
# Of a withheld place: the enterprise keeps its values, other places nothing.
_KIND = pl.when(pl.col("scope_type") == "enterprise").then(pl.lit(PARTS)).otherwise(pl.lit(CELL))
_SIZES = ("numerator", "denominator", "sample_size", "ci_low", "ci_high", "ci_method", "within_limit_rate")
_VALUES = (
    "value",
    "score",
    "is_met",
    "is_objective_met",
    "status_reason",
    "provisional_reason",
)
# Of a quantile: how many people lie beyond it, so that it is nobody's own figure.
_OF_SIZE = ("sample_size", "denominator")
_TAILS: Mapping[str, float] = {"p50": 0.5, "p90": 0.1, "p95": 0.05}
_EXTREMES = ("smallest", "largest")
# What draws of values within their intervals tell.
_FROM_INTERVALS = ("all", "values")
_OF_DRAWS = ("score_median", "score_low", "score_high", "score_sd", "grade_changed_share")
_RANKS_OF_DRAWS = ("rank_low", "rank_high", "rank_changed_share")
_DIGITS = 3
_DAY = len("2025-03-31")
_TOTAL = "total"
_CELL = ("row_value", "column_value")
# Satisfaction by touchpoint, and its readings of which there is one for each touchpoint.
_BY_TOUCHPOINT = "O2-2"
_TOUCHPOINT = "touchpoint"
_READINGS = (_TOUCHPOINT, "expectation", "gap", "top_two_box", "valid_only", "unweighted")
# Numbers of people, responses and complaints in the sentences of process rules.
_UNITS = "件位人份名条"
_PEOPLE_IN_WORDS = re.compile(rf"(?<![\d.,/-])(\d+)( ?)(?=[{_UNITS}])")
# Some of so many.
_SHARE_OF = re.compile(r"\b(\d+) ?/ ?(\d+)\b")
# The same in sentences, whose numbers have thousands separators; points of a checklist (7.4/8.5) count nobody.
_SHARE_IN_WORDS = re.compile(r"(?<![\d.,])(\d[\d,]*) ?/ ?(\d[\d,]*)(?![\d.,]*\d)")


class NotReleased(DataRefused):
    """A table or column of the run of which nobody has said whether readers may see it, so nothing is published."""


@dataclass(frozen=True)
class Layer:
    """Writes the released layer of a run. ``k``: the fewest people that a shown number may be about."""

    run: RunFolder
    k: int

    @cached_property
    def withholding(self) -> Withholding:
        return withholding(self.run, self.k)

    def write(self, tables: list[str]) -> dict[str, int]:
        """Write every released table of which the run has made the sources; returns rows by table.

        tables   all tables that the run has gathered

        Raises NotReleased for a table or column that is not declared.
        """
        self._require_declared(tables)
        makers: Mapping[str, Callable[[], pl.DataFrame]] = {
            "indicator_values": self.indicator_values,
            "indicator_variants": self.indicator_variants,
            "analysis_comparison": self.comparison,
            "analysis_contributions": self.contributions,
            "analysis_robustness": self.robustness,
            "analysis_sensitivity": self.sensitivity,
            "analysis_league": self.league,
            "analysis_benchmarks": self.benchmarks,
            "analysis_correlation": self.correlation,
            "analysis_trends": self.trends,
            "mart_duration_statistics": self.duration_statistics,
            "mart_survey_respondents": self.survey_respondents,
            "survey_validity": self.survey_validity,
            "rule_results": self.rule_results,
            "acceptance_results": self.acceptance_results,
            "outlier_counts": self.outlier_counts,
            "outlier_effects": self.outlier_effects,
            "quarantine_counts": self.quarantine_counts,
            "cleaning_counts": self.cleaning_counts,
            "returned_judgements": self.returned_judgements,
            "record_cells": self.record_cells,
            "run_info": self.run_info,
            "dim_outlet": self.outlets,
        }
        rows = {}
        for name in column_classes():
            columns = released_columns(name)
            if columns and (name in makers or name in tables):
                if name in makers:
                    rows[name] = self.release(name, makers[name]())
                elif set(columns) == column_classes()[name].keys() and not _moments(
                    name, pl.read_parquet_schema(self.run.table(name))
                ):
                    rows[name] = self._share(name)
                else:
                    rows[name] = self.release(name, self._whole(name))
        for stale in set(self.run.released.glob("*.parquet")) - {self.run.released_table(name) for name in rows}:
            stale.unlink()
        return rows

    def release(self, name: str, rows: pl.DataFrame) -> int:
        """Write what is declared of one table; returns its rows."""
        if lacking := undeclared_columns(name, rows.columns):
            raise _not_declared(name, lacking)
        columns = released_columns(name)
        if "run_id" in columns and "run_id" not in rows.columns:
            rows = rows.with_columns(run_id=pl.lit(self.run.run_id))
        days = [pl.col(column).cast(pl.Date) for column in _moments(name, rows.schema)]
        with atomic_path(self.run.released_table(name)) as path:
            rows.with_columns(days).select([column for column in columns if column in rows.columns]).write_parquet(
                path, compression="zstd", statistics=False
            )
        return rows.height

    def release_statement(self, name: str, measured: pl.DataFrame) -> int:
        """Release the statement of anonymity; it gives no number of fewer than k records of an enterprise."""
        counts = ("rows", "generalised", "suppressed", "left_out")
        of_enterprise = pl.col("enterprise_id").is_not_null()
        return self.release(
            name, measured.with_columns(_unless(of_enterprise & pl.col(each).is_between(1, self.k - 1), each) for each in counts)
        )

    def _share(self, name: str) -> int:
        """Release a table as it is. A copy, because the two layers have different rights."""
        with atomic_path(self.run.released_table(name)) as path:
            shutil.copyfile(self.run.table(name), path)
        return int(pq.read_metadata(self.run.table(name)).num_rows)

    def _require_declared(self, tables: list[str]) -> None:
        for name in tables:
            if lacking := undeclared_columns(name, list(pl.read_parquet_schema(self.run.table(name)))):
                raise _not_declared(name, lacking)

    def _whole(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.run.table(name))

    def outlets(self) -> pl.DataFrame:
        """The outlets, without names that may be those of their owners (D-137)."""
        rows = self._whole("dim_outlet")
        return rows.with_columns(without_persons(rows["outlet_name"])) if "outlet_name" in rows.columns else rows

    # --- indicators -----------------------------------------------------------------------------------------------------

    def indicator_values(self) -> pl.DataFrame:
        """Values of all scopes but staff; other tables show what can be computed from them."""
        return self._released_values

    @cached_property
    def _released_values(self) -> pl.DataFrame:
        """Values of all scopes but staff: a withheld place shows nothing, a withheld enterprise its value without its parts."""
        rows = self._marked(self._whole("indicator_values").filter(pl.col("scope_type").is_in(SCOPES)))
        before = self.withholding.before.with_columns(_before=pl.lit(True))
        rows = rows.join(before, on=_PLACE, how="left", maintain_order="left")
        is_hidden, is_of_place = pl.col(WITHHELD_COLUMN) == CELL, pl.col("scope_type") != "enterprise"
        return rows.with_columns(
            _unless(is_hidden.fill_null(False) | (pl.col("_before").fill_null(False) & is_of_place), "previous_value"),
            *(
                _unless(pl.col(WITHHELD_COLUMN).is_not_null() | _tells_another(name), name)
                for name in (*_SIZES, "is_distinguishable")
            ),
            *(_unless(is_hidden, name) for name in _VALUES),
            status=pl.when(is_hidden).then(pl.lit(WITHHELD_COLUMN)).otherwise("status"),
        ).drop("_before")

    def indicator_variants(self) -> pl.DataFrame:
        """Other readings, of the enterprise only: none of too few people, no extremes, and none that a near one would tell.

        No score needs them, so that those of too few people are withheld with their value. Of extremes, and of readings that differ
        from the indicator by few people, only the size is shown: what those few said would follow from the rest.
        """
        rows = self._whole("indicator_variants").filter(pl.col("scope_type") == "enterprise")
        values = self._whole("indicator_values").select(*_PLACE, pl.col("sample_size").alias("_of_value"))
        rows = self._marked(rows).join(values, on=_PLACE, how="left", maintain_order="left")
        rows = rows.with_columns(self._told_touchpoints(rows).alias("_is_told"))
        of_people, size = _of_people(), pl.col("sample_size")
        is_few = (of_people & size.is_between(1, self.k - 1)) | pl.col("_is_told")
        # The people of one reading and not of the other.
        is_near = of_people & (size - pl.col("_of_value")).abs().is_between(1, self.k - 1)
        tail = pl.col("variant").replace_strict(_TAILS, default=None, return_dtype=pl.Float64)
        is_extreme = of_people & (pl.col("variant").is_in(_EXTREMES) | (size * tail < self.k))
        # A reading that is withheld in one period would follow from the others.
        own = ("enterprise_id", "indicator_id", "variant")
        quarter = self.run.quarter
        is_longer = ~pl.col("period").is_in([quarter.label, *([f"{quarter.label}-YTD"] if quarter.number == 1 else [])])
        few_before, near_before = (pl.struct(own).is_in(self._readings_before(kind)) for kind in (CELL, VALUE))
        kind = (
            pl.when(is_few | (is_longer & (is_few.fill_null(False).any().over(own) | few_before)))
            .then(pl.lit(CELL))
            .when(is_near | is_extreme | (is_longer & (is_near.fill_null(False).any().over(own) | near_before)))
            .then(pl.lit(VALUE))
            .otherwise(WITHHELD_COLUMN)
        )
        rows = rows.with_columns(kind.alias(WITHHELD_COLUMN))
        is_withheld, shows_size = pl.col(WITHHELD_COLUMN).is_not_null(), pl.col(WITHHELD_COLUMN) == VALUE
        shows_value = pl.col(WITHHELD_COLUMN).is_null() | (pl.col(WITHHELD_COLUMN) == PARTS)
        return rows.with_columns(
            *(_unless(is_withheld & ~(shows_size if name in _OF_SIZE else pl.lit(False)), name) for name in _SIZES),
            pl.when(~shows_value)
            .then(None)
            .when(of_people & tail.is_not_null())
            .then(pl.col("value").round_sig_figs(_DIGITS))
            .otherwise("value")
            .alias("value"),
        ).drop("_of_value", "_is_told")

    def _readings_before(self, kind: str) -> list[dict[str, str]]:
        """The readings that are withheld in this way in an earlier quarter of the trailing year, by the quarters' own counts."""
        quarter, own = self.run.quarter, ["enterprise_id", "quarter", "indicator_id"]
        earlier = [quarter.shift(-offset).label for offset in (1, 2, 3)]
        rows = self._whole("mart_indicator_inputs").filter(pl.col("scope_type") == "enterprise", pl.col("quarter").is_in(earlier))
        sizes = rows.filter(_of_people()).select(
            *own,
            "n",
            is_own=(pl.col("variant") == "") & (pl.col("part") == ""),
            variant=pl.when(pl.col("part") == "")
            .then("variant")
            .otherwise(pl.concat_str(pl.col("variant").replace("", _TOUCHPOINT), pl.col("part"), separator="_")),
        )
        of_value = sizes.filter("is_own").select(*own, _of_value="n")
        readings = sizes.filter(~pl.col("is_own")).join(of_value, on=own, how="left")
        is_few = pl.col("n").is_between(1, self.k - 1)
        is_near = (pl.col("n") - pl.col("_of_value")).abs().is_between(1, self.k - 1)
        found = readings.filter(is_few if kind == CELL else is_near.fill_null(False))
        return found.select("enterprise_id", "indicator_id", "variant").unique().to_dicts()

    def _told_touchpoints(self, rows: pl.DataFrame) -> pl.Series:
        """The readings of O2-2 by touchpoint of too few people, and enough others: their mean by known volumes is O2-2."""
        hidden = self.withholding.respondents.filter(pl.col("scope_type") == "touchpoint")
        few = set(hidden.select("enterprise_id", "period", "scope_id").iter_rows())
        readings: dict[tuple[str, ...], dict[int, int]] = defaultdict(dict)
        told = set()
        columns = ("enterprise_id", "period", "indicator_id", "variant", "sample_size")
        for place, (enterprise, period, indicator, variant, size) in enumerate(rows.select(columns).iter_rows()):
            reading, _, touchpoint = variant.rpartition("_")
            if indicator == _BY_TOUCHPOINT and reading in _READINGS and size:
                readings[enterprise, period, reading][place] = size
                if size < self.k or (enterprise, period, touchpoint) in few:
                    told.add(place)
        for sizes in readings.values():
            if sum(place in told for place in sizes) == 1 and len(sizes) > 1:
                told.add(min((place for place in sizes if place not in told), key=sizes.__getitem__))
        return pl.Series([place in told for place in range(rows.height)], dtype=pl.Boolean)

    def duration_statistics(self) -> pl.DataFrame:
        """Quantiles with at least k people beyond them, to three digits; no extremes."""
        rows = self._marked(self._whole("mart_duration_statistics").filter(pl.col("scope_type").is_in(SCOPES)), size="n")
        is_hidden, of_people = pl.col(WITHHELD_COLUMN).is_not_null(), _of_people()
        return rows.with_columns(
            *(
                pl.when(is_hidden | (of_people & (pl.col("n") * share < self.k)))
                .then(None)
                .when(of_people)
                .then(pl.col(name).round_sig_figs(_DIGITS))
                .otherwise(name)
                .alias(name)
                for name, share in _TAILS.items()
            ),
            *(pl.when(of_people).then(None).otherwise(name).alias(name) for name in _EXTREMES),
            _unless(is_hidden, "n"),
            pl.when(is_hidden).then(pl.lit(CELL)).alias(WITHHELD_COLUMN),
        )

    @cached_property
    def _with_parts(self) -> pl.DataFrame:
        """The cells whose values are shown with their parts, by this run and by those of the quarters it is compared with."""
        released = [self.indicator_values().select(*_PLACE, WITHHELD_COLUMN)]
        for quarter in sorted({each.quarter for each in comparisons(self.run.quarter)}):
            earlier = self.run.lake.current(quarter) / "indicator_values.parquet"
            if earlier.is_file():
                released.append(pl.read_parquet(earlier, columns=[*_PLACE, WITHHELD_COLUMN]))
        return pl.concat(each.filter(pl.col(WITHHELD_COLUMN).is_null()).select(_PLACE) for each in released).unique()

    def _shown_before_and_now(self, rows: pl.DataFrame, scope_type: str | pl.Expr, scope_id: str | pl.Expr) -> pl.DataFrame:
        """Rows about a place and two periods, of which both cells are shown with their parts: readers can compute them."""
        for period in ("period", "compared_period"):
            rows = self._shown(rows, period, scope_type, scope_id)
        return rows

    def _shown(self, rows: pl.DataFrame, period: str, scope_type: str | pl.Expr, scope_id: str | pl.Expr) -> pl.DataFrame:
        """Rows about a place whose cell of the period is shown with its parts."""
        names = {
            **{"enterprise_id": "enterprise_id", "indicator_id": "indicator_id"},
            **{"period": period, "scope_type": scope_type, "scope_id": scope_id},
        }
        return rows.join(self._with_parts, left_on=[names[name] for name in _PLACE], right_on=_PLACE, how="semi")

    def comparison(self) -> pl.DataFrame:
        """Differences between values that are both shown."""
        return self._shown_before_and_now(self._whole("analysis_comparison"), "scope_type", "scope_id")

    def contributions(self) -> pl.DataFrame:
        """Contributions of members that are shown in both periods, beside a total that is.

        What belongs to no member is the total less all members, so it is in the analysts' layer only, and so are ranks, which tell
        the order of what is withheld. Whether all members moved one way is said where all are shown.
        """
        rows = self._whole("analysis_contributions")
        split = ["enterprise_id", "period", "against", "indicator_id", "dimension"]
        members = rows.group_by(split).len("members")
        shown = self._shown_before_and_now(rows, "dimension", "member")
        return (
            self._shown_before_and_now(shown, pl.lit("enterprise"), "enterprise_id")
            .join(members, on=split)
            .with_columns(_unless(pl.len().over(split) != pl.col("members"), "is_simpson"))
            .drop("members")
            .sort(*split, "member")
        )

    @cached_property
    def _without_interval(self) -> pl.DataFrame:
        """The scored values of enterprises whose intervals are withheld, with the dimension of their indicator."""
        dimensions = {name: each.dimension_id for name, each in catalogue(self.run.quarter.last_day).items()}
        return (
            self.indicator_values()
            .filter(pl.col(WITHHELD_COLUMN).is_not_null(), pl.col("score").is_not_null(), scope_type="enterprise")
            .select("enterprise_id", "period", node_id=pl.col("indicator_id").replace_strict(dimensions, return_dtype=pl.String))
            .unique()
        )

    def robustness(self) -> pl.DataFrame:
        """Ranges of scores, without those that would tell the width of an interval that is withheld, and so how many it is about.

        Ranks compare an enterprise with the others, so theirs are withheld with it.
        """
        rows = self._whole("analysis_robustness")
        own = self._without_interval
        keys = ["enterprise_id", "period", "node_id"]
        root = rows.filter(level=_TOTAL)["node_id"].unique()
        hidden = pl.concat([own, own.with_columns(node_id=pl.lit(root.item() if len(root) else ""))]).unique()
        ranked = hidden.select("period", "node_id", _ranked=pl.lit(True)).unique()
        is_drawn = pl.col("source").is_in(_FROM_INTERVALS)
        rows = rows.join(hidden.with_columns(_hidden=pl.lit(True)), on=keys, how="left", maintain_order="left").join(
            ranked, on=["period", "node_id"], how="left", maintain_order="left"
        )
        is_hidden, is_rank_hidden = is_drawn & pl.col("_hidden"), is_drawn & pl.col("_ranked")
        return rows.with_columns(
            *(_unless(is_hidden, name) for name in _OF_DRAWS),
            *(_unless(is_rank_hidden, name) for name in _RANKS_OF_DRAWS),
            status=pl.when(is_hidden & pl.col("score_median").is_not_null()).then(pl.lit(WITHHELD_COLUMN)).otherwise("status"),
        ).drop("_hidden", "_ranked")

    def sensitivity(self) -> pl.DataFrame:
        """Shares of the variance of a total of which no interval below is withheld: they would tell its width."""
        rows = self._whole("analysis_sensitivity")
        hidden = self._without_interval.select("enterprise_id", "period", _hidden=pl.lit(True)).unique()
        keys = {"enterprise_id", "period", "source_kind", "source", "draws", "seed", "status", "run_id"}
        is_hidden = pl.col("_hidden")
        return (
            rows.join(hidden, on=["enterprise_id", "period"], how="left", maintain_order="left")
            # Which indicators vary most would tell the order of the widths.
            .filter(~(is_hidden.fill_null(False) & (pl.col("source_kind") == "indicator")))
            .with_columns(
                *(_unless(is_hidden, name) for name in rows.columns if name not in keys),
                status=pl.when(is_hidden & pl.col("score_variance").is_not_null())
                .then(pl.lit(WITHHELD_COLUMN))
                .otherwise("status"),
            )
            .drop("_hidden")
        )

    def league(self) -> pl.DataFrame:
        """Members that are shown, beside a total that is.

        Ranks, the spread of the members and limits that leave room for it are of all members: where one is withheld, they are, too.
        """
        rows = self._whole("analysis_league")
        split = ["enterprise_id", "period", "indicator_id", "dimension"]
        members = rows.group_by(split).len("members")
        shown = self._shown(self._shown(rows, "period", "dimension", "member"), "period", pl.lit("enterprise"), "enterprise_id")
        lacks_some = pl.len().over(split) != pl.col("members")
        is_wide = pl.col("limits_method") == RANDOM_EFFECT
        of_limits = [name for name in rows.columns if name.startswith("limit")]
        return (
            shown.join(members, on=split)
            .with_columns(
                *(_unless(lacks_some, name) for name in ("rank", "rank_low", "rank_high", "dispersion")),
                *(_unless(lacks_some & is_wide, name) for name in (*of_limits, "flag")),
                status=pl.when(lacks_some & (pl.col("rank").is_not_null() | (pl.col("status") == UNDECIDED)))
                .then(pl.lit("rank_withheld"))
                .otherwise("status"),
            )
            .drop("members")
            .sort(*split, "member")
        )

    def benchmarks(self) -> pl.DataFrame:
        """Gaps of enterprises; without interval and test where the value is shown without its parts."""
        rows = self._whole("analysis_benchmarks")
        key = ["enterprise_id", "period", "indicator_id"]
        enterprises = self._with_parts.filter(pl.col("scope_type") == "enterprise").select(key).with_columns(_shown=pl.lit(True))
        rows = rows.join(enterprises, on=key, how="left", maintain_order="left")
        is_hidden = pl.col("_shown").is_null()
        of_sample = ("gap_low", "gap_high", "p_value", "q_value", "finding")
        return rows.with_columns(_unless(is_hidden, name) for name in of_sample).drop("_shown")

    def correlation(self) -> pl.DataFrame:
        """Correlations of an enterprise's own cases, over at least 30 of them that are about at least k people.

        Of fewer there is only the status. Those over several enterprises are in the analysts' layer only.
        """
        rows = self._whole("analysis_correlation").filter(level=ENTERPRISE)
        # More requests than the k − 1 customers with the most have are those of at least k.
        most = self._whole("mart_people_rows").filter(subject=REQUESTS, scope_type=ENTERPRISE, quarter=self.run.quarter.label)
        rows = rows.join(most.select("enterprise_id", "most_rows"), on="enterprise_id", how="left", maintain_order="left")
        of_enough = (pl.col("unit") == STAFF) | (pl.col("n") > pl.col("most_rows")).fill_null(False)
        is_hidden = (pl.col("n") > 0) & ~((pl.col("n") >= max(ENOUGH, self.k)) & of_enough)
        about_people = [name for name, kind in column_classes()["analysis_correlation"].items() if kind in ("people", "value")]
        return rows.with_columns(
            *(_unless(is_hidden, name) for name in (*about_people, "finding")),
            pl.when(is_hidden).then(pl.lit(CELL)).alias(WITHHELD_COLUMN),
        ).drop("most_rows")

    def trends(self) -> pl.DataFrame:
        """Scores and values of eight quarters: of earlier ones what was released then, of this one what is released now."""
        shown = Publication(self._whole("scores"), self.indicator_values(), self.robustness())
        return released_trends(self._whole("analysis_trends"), self.run.quarter, shown)

    def _marked(self, rows: pl.DataFrame, size: str = "sample_size") -> pl.DataFrame:
        """Rows with the column ``withheld``: by the cells of the run, and by their own size where a value has no parts."""
        for name in rows["indicator_id"].unique():
            subject_of(name)
        cells = self.withholding.cells.with_columns(_hidden=pl.lit(True))
        rows = rows.join(cells, on=_PLACE, how="left", maintain_order="left")
        is_small = _of_people() & pl.col(size).is_between(1, self.k - 1)
        is_hidden = pl.col("_hidden").fill_null(False) | is_small
        return rows.with_columns(pl.when(is_hidden).then(_KIND).alias(WITHHELD_COLUMN)).drop("_hidden")

    # --- surveys --------------------------------------------------------------------------------------------------------

    def survey_respondents(self) -> pl.DataFrame:
        """People who answered, by place; withheld places have no number."""
        rows = self._whole("mart_survey_respondents").rename({"quarter": "period"})
        place = [name for name in _PLACE if name != "indicator_id"]
        rows = rows.join(
            self.withholding.respondents.with_columns(_hidden=pl.lit(True)), on=place, how="left", maintain_order="left"
        )
        is_hidden = pl.col("_hidden").fill_null(False)
        return (
            rows.with_columns(_unless(is_hidden, "respondents"), pl.when(is_hidden).then(_KIND).alias(WITHHELD_COLUMN))
            .rename({"period": "quarter"})
            .drop("_hidden")
        )

    def survey_validity(self) -> pl.DataFrame:
        """Rounds of surveys: nothing of fewer than k responses, and no mode of fewer than k, nor what would tell it."""
        rows = self._whole("survey_validity")
        return pl.DataFrame(
            [_round(row, self.k) for row in rows.iter_rows(named=True)], schema=rows.schema | {WITHHELD_COLUMN: pl.String}
        )

    # --- tables of two attributes ---------------------------------------------------------------------------------------

    def record_cells(self) -> pl.DataFrame:
        """Requests or complaints by two attributes; codes, hours and months of too few people are one each, without totals."""
        rows = self._whole("mart_record_cells")
        places = self._withheld_places()
        made = []
        for (enterprise, quarter, cube), cells in rows.group_by("enterprise_id", "quarter", "cube", maintain_order=True):
            counts = {Cell(row, column): count for row, column, count in cells.select(*_CELL, "record_count").iter_rows()}
            most = {Cell(row, column): count for row, column, count in cells.select(*_CELL, "most_rows").iter_rows()}
            row_scope, column_scope, indicator = CUBES[str(cube)]
            table = Table(counts, most)
            # No indicator shows, or withholds, the totals of codes, hours and months.
            if column_scope in (CODES, TIMES):
                table = table.with_few_columns_merged(self.k)
            if row_scope in (CODES, TIMES):
                table = table.with_few_rows_merged(self.k)
            if table.is_line:
                # Its cells are totals, which other tables show or withhold.
                continue
            totals = [Cell(name, TOTAL) for name in places[str(enterprise), indicator, row_scope]]
            totals += [Cell(TOTAL, name) for name in places[str(enterprise), indicator, column_scope]]
            hidden = withheld_cells(table, self.k, totals)
            for cell, count in sorted(table.with_empty_cells().counts.items(), key=str):
                if cell.row is not TOTAL and cell.column is not TOTAL:
                    shown = (None, CELL) if cell in hidden else (count, None)
                    made.append((enterprise, quarter, cube, *cell, *shown))
        schema = {**dict.fromkeys(("enterprise_id", "quarter", "cube", *_CELL), pl.String), "record_count": pl.Int64}
        return pl.DataFrame(made, schema={**schema, WITHHELD_COLUMN: pl.String}, orient="row")

    def _withheld_places(self) -> Mapping[tuple[str, str, str], list[str]]:
        """By enterprise, indicator and scope: the places withheld in the quarter, whose totals no other table shows."""
        found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        cells = self.withholding.cells.filter(pl.col("period") == self.run.quarter.label)
        for enterprise, indicator, scope, name in cells.select(
            "enterprise_id", "indicator_id", "scope_type", "scope_id"
        ).iter_rows():
            found[enterprise, indicator, scope].append(name)
        return found

    # --- records, reduced to counts -------------------------------------------------------------------------------------

    def quarantine_counts(self) -> pl.DataFrame:
        """enterprise_id, table, quarter, rule, column; failures and rows."""
        key = ["enterprise_id", "table", "quarter", "rule", "column"]
        rows = self._whole("quarantine")
        return (
            rows.group_by(key)
            .agg(failures=pl.len().cast(pl.Int64), rows=pl.col("_row_id").n_unique().cast(pl.Int64))
            .sort(key, nulls_last=True)
        )

    def cleaning_counts(self) -> pl.DataFrame:
        """enterprise_id, table, quarter, step, action, rule; rows."""
        key = ["enterprise_id", "table", "quarter", "step", "action", "rule"]
        # The rule of a correction is its line of the file.
        of_file = pl.when(pl.col("action") == CORRECTED).then(pl.lit("corrections")).otherwise("rule").alias("rule")
        return self._whole("cleaning_log").with_columns(of_file).group_by(key).agg(pl.col("rows").sum()).sort(key, nulls_last=True)

    def outlier_counts(self) -> pl.DataFrame:
        """enterprise_id, quarter, table, measure: groups, too_small, n, and data points flagged, reviewed and decided.

        Of fewer than k data points there is no number.
        """
        key = ["enterprise_id", "quarter", "table", "measure"]
        rows = self._whole("outlier_groups").with_columns(groups=pl.lit(1))
        summed = [name for name, kind in column_classes()["outlier_counts"].items() if kind == "things"]
        counts = rows.group_by(key).agg(pl.col(name).sum().cast(pl.Int64) for name in summed).sort(key)
        is_few = pl.col("n").is_between(1, self.k - 1)
        return counts.with_columns(pl.when(~is_few).then(name).alias(name) for name in summed)

    def outlier_effects(self) -> pl.DataFrame:
        """What exclusions changed; of fewer than k excluded records only the verdicts: the difference would tell their values."""
        rows = self._whole("outlier_effects")
        excluded = self._whole("outlier_groups").group_by("enterprise_id").agg(pl.col("excluded").sum())
        rows = rows.join(excluded, on="enterprise_id", how="left", maintain_order="left")
        is_few = pl.col("excluded").fill_null(0) < self.k
        figures = [name for name, kind in column_classes()["outlier_effects"].items() if kind == "value" and name in rows.columns]
        return rows.with_columns(
            *(_unless(is_few, name) for name in figures), pl.when(is_few).then(pl.lit(PARTS)).alias(WITHHELD_COLUMN)
        ).drop("excluded")

    def returned_judgements(self) -> pl.DataFrame:
        """Judgements of experts that were returned or not accepted, without the expert."""
        rows = self._whole("weight_judgements").filter(~pl.col("is_accepted"))
        return rows.select("weights_version", "parent_id", "round", "consistency_ratio", "reason").sort(pl.all())

    def run_info(self) -> pl.DataFrame:
        """What the run says of itself; its data end on a day."""
        is_moment = pl.col("key") == "data_as_of"
        return self._whole("run_info").with_columns(
            pl.when(is_moment).then(pl.col(name).str.head(_DAY)).otherwise(name).alias(name) for name in ("value", "value_zh")
        )

    def acceptance_results(self) -> pl.DataFrame:
        """Checks of deliveries; no share of fewer than k rows, and no quantile with fewer than k people beyond it."""
        rows = self._whole("acceptance_results")
        of_few = pl.col("detail").str.extract(_SHARE_OF.pattern, 2).cast(pl.Int64).is_between(1, self.k - 1)
        tail = pl.col("check").replace_strict(QUANTILE_CHECKS, default=None, return_dtype=pl.Float64)
        people = pl.col("detail").str.extract(r"^(\d+)", 1).cast(pl.Float64, strict=False)
        return rows.with_columns(
            pl.when(of_few.fill_null(False) | (people * tail < self.k).fill_null(False))
            .then(None)
            .when(tail.is_not_null())
            .then(pl.col("value").round_sig_figs(_DIGITS))
            .otherwise("value")
            .alias("value"),
            pl.when(of_few.fill_null(False))
            .then(pl.col("detail").str.replace(_SHARE_OF.pattern, f"{FEW} {self.k}"))
            .otherwise("detail")
            .alias("detail"),
        )

    def rule_results(self) -> pl.DataFrame:
        """Results of the process rules; their sentences give no number that a table withholds, and none of people below k."""
        rows, rounds = self._whole("rule_results"), self.survey_validity()
        withheld: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        for row in rounds.filter(pl.col(WITHHELD_COLUMN).is_not_null()).iter_rows(named=True):
            hidden = [name for name in MODES if row[name] is None]
            withheld[row["enterprise_id"], row["quarter"]] |= dict.fromkeys(("", *hidden), row[WITHHELD_COLUMN])
        of_round = pl.struct("enterprise_id", "period", "rule_id", "evidence")

        def released(row: dict[str, str]) -> str:
            own = withheld[row["enterprise_id"], row["period"][: len("2025-Q1")]]
            if row["rule_id"] in SENTENCES_ON_CONDITIONS and own.get("") != CELL:
                return row["evidence"]
            text = without_modes(row["evidence"], own) if row["rule_id"] == SENTENCE_ON_MODES else row["evidence"]
            return without_few(without_tail(text, self.k) if row["rule_id"] == SENTENCE_ON_TIMES else text, self.k)

        return rows.with_columns(of_round.map_elements(released, return_dtype=pl.String).alias("evidence"))


FEW, WITHHELD = "不足", "（隐去）"


def without_few(text: str, k: int) -> str:
    """A sentence of a process rule in which numbers of people from 1 to k − 1 are given as “不足 k”, without their share."""

    def said(found: re.Match[str]) -> str:
        return f"{FEW} {k}{found[2]}" if 0 < int(found[1]) < k else found[0]

    def share(found: re.Match[str]) -> str:
        return f"{FEW} {k}" if 0 < int(found[2].replace(",", "")) < k else found[0]

    text = _SHARE_IN_WORDS.sub(share, _PEOPLE_IN_WORDS.sub(said, text))
    return re.sub(rf"({FEW} {k} ?[{_UNITS}]（)[\d.]+%，?", r"\1", text).replace("（）", "")


def without_modes(text: str, modes: Collection[str]) -> str:
    """A sentence on how responses came, without the numbers of these modes: all in the same words, whichever was too few."""
    for mode in modes:
        if mode in MODES:
            text = re.sub(rf"({MODES[mode]}) [\d,]+ 份", rf"\1{WITHHELD}", text)
    return text


def without_tail(text: str, k: int) -> str:
    """A sentence on the times of responses, without the P90 beyond which fewer than k of them are."""
    responses = re.search(r"([\d,]+) 份", text)
    few = responses is not None and int(responses[1].replace(",", "")) * _TAILS["p90"] < k
    return re.sub(r"P90 [\d.,]+ 分钟", f"P90{WITHHELD}", text) if few else text


def _moments(table: str, schema: Mapping[str, pl.DataType]) -> list[str]:
    """The columns with moments of single records: readers see their days."""
    classes = column_classes()[table]
    return [name for name, kind in schema.items() if classes[name] == "time" and isinstance(kind, pl.Datetime)]


def _tells_another(column: str) -> pl.Expr:
    """Rows whose column counts another subject's records, or is multiplied by them: their own indicator may withhold them."""
    counted = [indicator for indicator, name in COUNTED_ELSEWHERE if column in ("numerator", name)]
    return pl.col("indicator_id").is_in(counted)


def _of_people() -> pl.Expr:
    return pl.col("indicator_id").map_elements(lambda name: subject_of(name) != THINGS, return_dtype=pl.Boolean)


def _unless(condition: pl.Expr, column: str) -> pl.Expr:
    return pl.when(condition.fill_null(False)).then(None).otherwise(pl.col(column)).alias(column)


def _round(row: dict[str, Any], k: int) -> dict[str, Any]:
    classes = column_classes()["survey_validity"]
    if any(0 < row[name] < k for name in ("responses", "counted")):
        about_people = {name for name, kind in classes.items() if kind in ("people", "condition", "value")}
        return {name: None if name in about_people else value for name, value in row.items()} | {WITHHELD_COLUMN: CELL}
    counts = {name: row[name] or 0 for name in ("counted", *MODES)}
    line = Line("counted", (*MODES, _NO_MODE), rest=_NO_MODE, keeps_total=True)
    hidden = withheld_parts({"": counts}, [line], lambda _name, _part, count: count >= k) & MODES.keys()
    shown = {name: None if name in hidden else value for name, value in row.items()}
    for name, tail in (("median_minutes", _TAILS["p50"]), ("p90_minutes", _TAILS["p90"])):
        minutes = pl.Series([row[name]], dtype=pl.Float64)
        shown[name] = None if row["timed"] * tail < k else minutes.round_sig_figs(_DIGITS)[0]
    return shown | {WITHHELD_COLUMN: PARTS if hidden else None}


_NO_MODE = "no mode"


def _not_declared(table: str, columns: tuple[str, ...]) -> NotReleased:
    return NotReleased(
        f"{table}: {', '.join(columns)} not declared in schemas/expectations/released_columns.csv, so nobody has decided whether "
        "readers may see it; nothing is published"
    )
