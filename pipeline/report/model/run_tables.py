"""Reads a run's tables once and builds report models from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.errors import AsqError, UsageError
from pipeline.report.document.blocks import Language
from pipeline.report.model.names import Names, read_names
from pipeline.report.model.report import Choice, DelphiRound, Head, ReportModel, ReturnedMatrix
from pipeline.report.parts.anonymity import anonymity_of
from pipeline.report.parts.changes import changes_of
from pipeline.report.parts.cleaning import cleaning_counts, cleaning_of
from pipeline.report.parts.indicators import Indicator, indicator_of
from pipeline.report.parts.outliers import outlier_report
from pipeline.report.parts.process_rules import rule_sets
from pipeline.report.parts.quality import quality_of
from pipeline.report.parts.scores import (
    ReportNode,
    WindowTotal,
    flag_names,
    is_rateable,
    lacking_of,
    no_total_because,
    overlay_of,
    place_of,
)
from pipeline.report.parts.sources import (
    NO_ROWS,
    Coverage,
    Quarantined,
    SourceTable,
    contract_order,
    names_enterprises,
    stands_in,
)
from pipeline.report.parts.survey import survey_part
from pipeline.report.parts.survey_cells import OVERALL, survey_scopes
from pipeline.report.words.labels import WINDOWS, Labels, labels

_ENTERPRISE = "enterprise"


class ReportInputMissing(AsqError):
    """A published table that the report needs is absent or incomplete: a fault of the run, never of the data."""


def build_report(run_path: Path, quarter: Quarter, enterprise_id: str, language: Language = "zh") -> ReportModel:
    """The report of one enterprise and quarter, in words of one language.

    run_path   the folder of the run's released layer: ``<table>.parquet`` of every released table

    Raises ReportInputMissing if a table is absent or lacks rows, UsageError for an enterprise that the run does not have.
    """
    return RunTables.read(run_path, quarter).report(enterprise_id, language)


@dataclass(frozen=True)
class RunTables:
    """A run's published tables for a quarter that reports need, read once for all enterprises."""

    quarter: Quarter
    folder: Path
    """The released layer that the tables were read from."""
    values: pl.DataFrame
    variants: pl.DataFrame
    scores: pl.DataFrame
    changes: pl.DataFrame
    change_parts: pl.DataFrame
    weights: pl.DataFrame
    catalogue: pl.DataFrame
    nodes: pl.DataFrame
    coverage: pl.DataFrame
    source_rows: pl.DataFrame
    row_accounting: pl.DataFrame
    quarantined: pl.DataFrame
    run_info: pl.DataFrame
    judgements: pl.DataFrame
    rounds: pl.DataFrame
    accounts: pl.DataFrame
    process_rules: pl.DataFrame
    rule_results: pl.DataFrame
    scorecard: pl.DataFrame
    acceptance: pl.DataFrame
    anonymity: pl.DataFrame
    respondents: pl.DataFrame
    satisfaction: pl.DataFrame
    survey_validity: pl.DataFrame
    outlier_counts: pl.DataFrame
    outlier_effects: pl.DataFrame
    cleaning: pl.DataFrame
    named: Mapping[str, Names] = field(default_factory=dict)

    @classmethod
    def read(cls, run_path: Path, quarter: Quarter) -> RunTables:
        """Read a run's folder; raises ReportInputMissing for an absent table."""
        day = quarter.last_day
        of_enterprise = (pl.col("scope_type") == _ENTERPRISE) & pl.col("period").str.starts_with(quarter.label)
        in_force = (pl.col("valid_from").is_null() | (pl.col("valid_from") <= day)) & (
            pl.col("valid_to").is_null() | (pl.col("valid_to") > day)
        )
        quarantine = _scan(run_path, "quarantine_counts").filter(
            pl.col("quarter") == quarter.label, pl.col("enterprise_id").is_not_null()
        )
        return cls(
            quarter=quarter,
            folder=run_path,
            values=_scan(run_path, "indicator_values").filter(of_enterprise).collect(),
            variants=_scan(run_path, "indicator_variants").filter(of_enterprise & (pl.col("period") == quarter.label)).collect(),
            scores=_scan(run_path, "scores").collect(),
            changes=_scan(run_path, "score_changes").collect(),
            change_parts=_scan(run_path, "score_change_parts").filter(pl.col("period") == quarter.label).collect(),
            weights=_scan(run_path, "weights").collect(),
            catalogue=_scan(run_path, "indicator_catalogue").filter(in_force).collect(),
            nodes=_scan(run_path, "evaluation_nodes").collect(),
            coverage=_scan(run_path, "mart_period_coverage").filter(pl.col("period_role") == "current").collect(),
            source_rows=_scan(run_path, "mart_source_rows").collect(),
            row_accounting=_scan(run_path, "row_accounting").filter(pl.col("quarter") == quarter.label).collect(),
            quarantined=quarantine.collect(),
            run_info=_scan(run_path, "run_info").collect(),
            judgements=_scan(run_path, "returned_judgements").collect(),
            rounds=_scan(run_path, "weight_rounds").collect(),
            accounts=_scan(run_path, "row_accounting_by_enterprise").filter(pl.col("quarter") == quarter.label).collect(),
            process_rules=_scan(run_path, "process_rules").collect(),
            rule_results=_scan(run_path, "rule_results").collect(),
            scorecard=_scan(run_path, "data_quality").collect(),
            acceptance=_scan(run_path, "acceptance_results").collect(),
            anonymity=_scan(run_path, "anonymity").collect(),
            respondents=_scan(run_path, "mart_survey_respondents").filter(pl.col("quarter") == quarter.label).collect(),
            satisfaction=_scan(run_path, "indicator_values")
            .filter((pl.col("indicator_id") == OVERALL) & (pl.col("period") == quarter.label))
            .collect(),
            survey_validity=_scan(run_path, "survey_validity").filter(pl.col("quarter") == quarter.label).collect(),
            outlier_counts=_scan(run_path, "outlier_counts").collect(),
            outlier_effects=_scan(run_path, "outlier_effects").collect(),
            named=read_names(run_path),
            cleaning=cleaning_counts(_scan(run_path, "cleaning_counts").filter(pl.col("quarter") == quarter.label)),
        )

    def released(self, table: str) -> pl.DataFrame:
        """A whole table of the released layer, read once; raises ReportInputMissing for an absent one."""
        if table not in self._read:
            self._read[table] = _scan(self.folder, table).collect()
        return self._read[table]

    @cached_property
    def _read(self) -> dict[str, pl.DataFrame]:
        return {}

    @property
    def fewest_people(self) -> int:
        """k of the evaluation plan: the fewest people that a number of the layer is about."""
        return int(self.run_info.filter(pl.col("key") == "privacy_k")["value"].item())

    @property
    def enterprises(self) -> list[str]:
        """The enterprises the run has evaluated for the quarter, sorted."""
        return sorted(self.scores.filter(pl.col("period") == self.quarter.label)["enterprise_id"].unique())

    def names(self, enterprise_id: str) -> Names:
        """What reports call the enterprise, its regions and its outlets; codes where no names came."""
        return self.named.get(enterprise_id, Names(enterprise_id))

    def report(self, enterprise_id: str, language: Language = "zh") -> ReportModel:
        """The report model of one enterprise in words of one language; raises as build_report."""
        words = labels(language)
        own = pl.col("enterprise_id") == enterprise_id
        scores = self.scores.filter(own & (pl.col("period") == self.quarter.label))
        if scores.is_empty():
            raise UsageError(f"the run of {self.quarter} has no enterprise '{enterprise_id}'")
        tree = {row["node_id"]: row for row in scores.iter_rows(named=True)}
        root = next((row for row in tree.values() if row["level"] == "total"), None)
        if root is None:
            raise ReportInputMissing(f"scores: no total of {enterprise_id} for {self.quarter}")
        total = self._node(root, tree, self._indicators(enterprise_id, tree, words), words)
        return ReportModel(
            head=self._head(enterprise_id, root, words),
            total=total,
            total_range=None if root["total_min"] is None else (root["total_min"], root["total_max"]),
            window_totals=tuple(self._window_totals(enterprise_id, words)),
            changes=tuple(
                changes_of(self.changes.filter(own), self.change_parts.filter(own), self.quarter.label, self.catalogue_by_id, words)
            ),
            overlay=overlay_of(root, words),
            coverage=tuple(self._coverage(enterprise_id, words)),
            sources=tuple(self._sources(enterprise_id, words)),
            quarantined=tuple(self._quarantined(enterprise_id, words)),
            rounds=tuple(self._rounds()),
            returned=tuple(self._returned(words)),
            no_total_because=no_total_because(root, words),
            lacking=lacking_of(tree, total.indicators, words),
            choices=tuple(
                Choice(
                    row["key"],
                    words.choice(row["key"], row["label_zh"]),
                    words.chosen(row["key"], row["value"], row["value_zh"]),
                )
                # Another enterprise's targets, exemptions and findings must not be shown to this one.
                for row in self.run_info.filter(own | pl.col("enterprise_id").is_null()).iter_rows(named=True)
            ),
            rule_sets=tuple(rule_sets(self.rule_results.filter(own), self.process_rules, self.quarter, words)),
            quality=quality_of(self.scorecard, self.acceptance, enterprise_id, words),
            anonymity=anonymity_of(self.anonymity, enterprise_id, words),
            survey_scopes=survey_scopes(self.respondents.filter(own), self.satisfaction.filter(own), words),
            survey=survey_part(self.survey_validity.filter(own), total.indicators, words),
            outliers=outlier_report(self.outlier_counts.filter(own), self.outlier_effects.filter(own), self.catalogue_by_id, words),
            cleaning=tuple(cleaning_of(self.cleaning, enterprise_id, words)),
            fewest_people=self.fewest_people,
        )

    def _head(self, enterprise_id: str, root: Mapping[str, Any], words: Labels) -> Head:
        return Head(
            enterprise_id=enterprise_id,
            quarter=self.quarter,
            standard_edition=root["standard_edition"],
            edition_in_words=words.sentence(root["standard_edition"]),
            catalogue_version=root["catalogue_version"],
            weights_version=root["weights_version"],
            data_as_of=root["data_as_of"],
            run_id=root["run_id"],
            enterprises_in_run=len(self.enterprises),
        )

    def _node(
        self,
        row: Mapping[str, Any],
        tree: Mapping[str, Mapping[str, Any]],
        indicators: Mapping[str, list[Indicator]],
        words: Labels,
    ) -> ReportNode:
        node_id = row["node_id"]
        described = self._described.get(node_id)
        if described is None:
            raise ReportInputMissing(f"evaluation_nodes: no row for node {node_id} of scores")
        weighed = self._weighed.get(node_id, {})
        bounds = (described["weight_min"], described["weight_max"])
        children = [child for child in tree.values() if child["parent_id"] == node_id and child["node_id"] in self._described]
        return ReportNode(
            node_id=node_id,
            name=words.of(described),
            weight=row["weight_nominal"],
            weight_used=row["weight"],
            weight_raw=weighed.get("weight_raw"),
            weight_range=None if None in bounds else bounds,
            weight_method=words.name("weight_method", weighed.get("method")),
            consistency_index=weighed.get("consistency_index"),
            consistency_ratio=weighed.get("consistency_ratio"),
            random_index=words.name("random_index", weighed.get("random_index")),
            kendalls_w=weighed.get("kendalls_w"),
            dispersion=weighed.get("dispersion"),
            experts=weighed.get("experts") or 0,
            score=row["score"] if is_rateable(row) else None,
            coverage=row["scored_coverage"],
            is_rateable=is_rateable(row),
            is_provisional=bool(row["is_provisional"]),
            flags=flag_names(row, words),
            children=tuple(self._node(child, tree, indicators, words) for child in sorted(children, key=place_of)),
            own_indicators=tuple(indicators.get(node_id, ())),
        )

    def _indicators(self, enterprise_id: str, tree: Mapping[str, Mapping[str, Any]], words: Labels) -> dict[str, list[Indicator]]:
        """The enterprise's indicators by sub-dimension, in catalogue order."""
        values = {
            (row["indicator_id"], row["window_kind"]): row
            for row in self.values.filter(pl.col("enterprise_id") == enterprise_id).iter_rows(named=True)
        }
        variants: dict[str, list[Mapping[str, Any]]] = {}
        for row in self.variants.filter(pl.col("enterprise_id") == enterprise_id).iter_rows(named=True):
            variants.setdefault(row["indicator_id"], []).append(row)
        missing = [name for name in self.catalogue_by_id if (name, "quarter") not in values]
        if missing:
            raise ReportInputMissing(f"indicator_values: {enterprise_id} {self.quarter} has no row for {', '.join(missing)}")
        found: dict[str, list[Indicator]] = {}
        for name, entry in self.catalogue_by_id.items():
            longer = {kind: values.get((name, kind)) for kind in ("year_to_date", "trailing_year")}
            indicator = indicator_of(entry, values[name, "quarter"], tree.get(name, {}), longer, variants.get(name, []), words)
            found.setdefault(entry["subdimension_id"], []).append(indicator)
        return found

    def _window_totals(self, enterprise_id: str, words: Labels) -> Iterator[WindowTotal]:
        totals = {
            row["period"]: row
            for row in self.scores.filter((pl.col("enterprise_id") == enterprise_id) & (pl.col("level") == "total")).iter_rows(
                named=True
            )
        }
        for window in self._coverage(enterprise_id, words):
            row = totals.get(window.period)
            if row is not None and window.period != self.quarter.label:
                marks = is_rateable(row), bool(row["is_provisional"])
                yield WindowTotal(window.name, window.period, row["score"], row["scored_coverage"], *marks)

    def _coverage(self, enterprise_id: str, words: Labels) -> Iterator[Coverage]:
        rows = {
            row["window_kind"]: row for row in self.coverage.filter(pl.col("enterprise_id") == enterprise_id).iter_rows(named=True)
        }
        for kind in WINDOWS:
            if row := rows.get(kind):
                yield Coverage(
                    kind,
                    words.name("window", kind),
                    row["period"],
                    row["first_day"],
                    row["last_day"],
                    row["quarters_covered"],
                    row["quarters_expected"],
                )

    def _sources(self, enterprise_id: str, words: Labels) -> Iterator[SourceTable]:
        own = {
            (row["table_name"], row["quarter"]): row["row_count"]
            for row in self.source_rows.filter(pl.col("enterprise_id") == enterprise_id).iter_rows(named=True)
        }
        delivered = dict(self.row_accounting.select("table", "delivered").iter_rows())
        accounts = {
            row["table"]: row for row in self.accounts.filter(pl.col("enterprise_id") == enterprise_id).iter_rows(named=True)
        }
        for table in contract_order(delivered):
            is_counted = bool(delivered[table]) and names_enterprises(table)
            row = accounts.get(table, NO_ROWS) if is_counted else {}
            if not delivered[table] and stands_in(table):
                continue
            yield SourceTable(
                table=table,
                name=words.table(table),
                is_delivered=bool(delivered[table]),
                names_enterprises=names_enterprises(table),
                extracted=row.get("extracted"),
                accepted=row.get("accepted"),
                quarantined=row.get("quarantined"),
                quarters=tuple(
                    sorted(
                        quarter
                        for name, quarter in own
                        if name == table and quarter <= self.quarter.label and own[name, quarter] > 0
                    )
                ),
            )

    def _quarantined(self, enterprise_id: str, words: Labels) -> Iterator[Quarantined]:
        own = self.quarantined.filter(pl.col("enterprise_id") == enterprise_id)
        for table in contract_order(own["table"].unique()):
            for row in own.filter(pl.col("table") == table).iter_rows(named=True):
                yield Quarantined(
                    table=table,
                    table_name=words.table(table),
                    column=row["column"],
                    rule=row["rule"],
                    rule_name=words.name("rule", row["rule"]),
                    failures=row["failures"],
                    rows=row["rows"],
                )

    def _rounds(self) -> Iterator[DelphiRound]:
        columns = ("parent_id", "round", "experts", "returned", "kendalls_w", "chi_square", "p_value")
        for row in self._by_parent(self.rounds, "round"):
            yield DelphiRound(**{name: row[name] for name in columns})

    def _returned(self, words: Labels) -> Iterator[ReturnedMatrix]:
        for row in self._by_parent(self.judgements, "round", "consistency_ratio"):
            yield ReturnedMatrix(
                row["round"],
                row["parent_id"],
                row["consistency_ratio"],
                words.matrix_reason(row["reason"]),
            )

    def _by_parent(self, rows: pl.DataFrame, *order: str) -> list[dict[str, Any]]:
        """Rows with a parent_id in the order of the tree, then by the given columns."""
        places = {node: place for place, node in enumerate(self._described)}
        return sorted(
            rows.iter_rows(named=True),
            # What has no value comes last.
            key=lambda row: (places.get(row["parent_id"], len(places)), *((row[name] is None, row[name]) for name in order)),
        )

    @cached_property
    def nodes_in_order(self) -> list[dict[str, Any]]:
        """evaluation_nodes in the standard's order (published tables are sorted by id)."""
        return sorted(self.nodes.iter_rows(named=True), key=place_of)

    @cached_property
    def _described(self) -> dict[str, dict[str, Any]]:
        return {row["node_id"]: row for row in self.nodes_in_order}

    @cached_property
    def _weighed(self) -> dict[str, dict[str, Any]]:
        return {row["node_id"]: row for row in self.weights.iter_rows(named=True)}

    @cached_property
    def catalogue_by_id(self) -> dict[str, dict[str, Any]]:
        """The catalogue in force by id, in the standard's order (published tables are sorted by id)."""
        return {row["indicator_id"]: row for row in sorted(self.catalogue.iter_rows(named=True), key=place_of)}


def _scan(run_path: Path, table: str) -> pl.LazyFrame:
    path = run_path / f"{table}.parquet"
    if not path.is_file():
        raise ReportInputMissing(f"{path}: the run has not published this table, so no report can be made")
    return pl.scan_parquet(path)
