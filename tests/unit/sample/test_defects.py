"""Planted rows break the rule they were planted for, and no other; the good rows stay as they were."""

from __future__ import annotations

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sample_rules import Written, broken_rules

from pipeline.sample.defects import SampleDelivery, answers_sent_again, plant
from pipeline.sample.generate import Sample
from pipeline.sample.tables import SAMPLED
from schemas.base import SCALE_MAX, SCALE_MIN, parent_found
from schemas.contract import Table

ALL_TABLES = list(SAMPLED)
NOT_OF_A_ROW = {
    "type",
    "too_many_fields",
    "too_few_fields",
    "unique_key",
    "version_overlap",
    "duplicate_survey_response",
}


def planted(sample: Sample, name: str) -> SampleDelivery:
    return plant(SAMPLED[name], sample.tables[name], sample.clock.quarters, seed=3, is_text=True)


def test_a_sample_breaks_every_rule_there_is(written: Written) -> None:
    rules = {rule for table in SAMPLED.values() for rule, _ in table.rules}
    rules |= {rule for table in SAMPLED.values() for rule in table.table_rules}
    rules |= {"type", "too_many_fields", "too_few_fields"}
    assert set(written.truth.defects["rule"]) == rules


@pytest.mark.parametrize("name", ALL_TABLES)
def test_good_rows_stay_in_their_order(sample: Sample, name: str) -> None:
    delivery = planted(sample, name)
    is_good = ~pl.Series(range(delivery.frame.height)).is_in(delivery.faults["position"].implode())
    assert_frame_equal(delivery.frame.filter(is_good), sample.tables[name])


@pytest.mark.parametrize("name", ALL_TABLES)
def test_each_row_breaks_its_rule_and_no_other(sample: Sample, name: str) -> None:
    delivery, table = planted(sample, name), SAMPLED[name]
    of_a_row = delivery.faults.filter(~pl.col("rule").is_in(NOT_OF_A_ROW))
    assert of_a_row["position"].is_unique().all()
    faulty = with_helpers(table, delivery.frame[of_a_row["position"].to_list()], sample)
    found = broken_rules(table, faulty)
    assert found == {place: {(rule, column)} for place, (rule, column) in enumerate(of_a_row.select("rule", "column").rows())}


def with_helpers(table: Table, rows: pl.DataFrame, sample: Sample) -> pl.DataFrame:
    """What the rules read about other tables: whether the parent is there, and the scale (five points everywhere)."""
    for column, (parent, parent_column) in table.references.items():
        pairs = {column: parent_column}
        if {"enterprise_id"} <= set(SAMPLED[parent].polars_schema) & set(table.polars_schema):
            pairs = {"enterprise_id": "enterprise_id", **pairs}
        parents = sample.tables[parent].select(*pairs.values()).unique().with_columns(found=pl.lit(True))
        looked_up = rows.join(parents, left_on=list(pairs), right_on=list(pairs.values()), how="left", maintain_order="left")
        is_found = looked_up["found"].fill_null(False) | pl.any_horizontal(pl.col(list(pairs)).is_null()).pipe(
            lambda missing, looked_up=looked_up: looked_up.select(missing).to_series()
        )
        rows = rows.with_columns(is_found.alias(parent_found(column)))
    if table.name == "survey_answers":
        rows = rows.with_columns(pl.lit(1).alias(SCALE_MIN), pl.lit(5).alias(SCALE_MAX))
    return rows


def test_repeated_rows_and_overlapping_versions_come_after_the_row_that_stands(sample: Sample) -> None:
    for name in ("service_requests", "equipment", "complaint_channels"):
        delivery, table = planted(sample, name), SAMPLED[name]
        between_rows = delivery.faults.filter(pl.col("rule").is_in(["unique_key", "version_overlap"]))
        for place, rule in between_rows.select("position", "rule").rows():
            row = delivery.frame.row(place, named=True)
            key = table.unique_key if rule == "unique_key" else table.key
            same = pl.all_horizontal(
                pl.col(column).eq_missing(pl.lit(row[column], dtype=table.polars_schema[column])) for column in key
            )
            assert delivery.frame.head(place).filter(same).height >= 1, (name, rule)


def test_a_response_sent_twice_comes_later_with_answers_that_must_not_count(sample: Sample) -> None:
    responses = planted(sample, "survey_responses")
    answers = answers_sent_again(responses, sample.tables["survey_answers"])
    places = responses.faults.filter(pl.col("rule") == "duplicate_survey_response")["position"].to_list()
    assert places
    for place in places:
        again, first = responses.frame.row(place, named=True), responses.frame.row(place - 1, named=True)
        assert (again["customer_id"], again["survey_id"]) == (first["customer_id"], first["survey_id"])
        assert again["submitted_at"] > first["submitted_at"]
        assert answers.filter(pl.col("response_id") == again["response_id"]).height > 2


def test_no_quarter_of_a_table_is_refused_as_a_whole(written: Written) -> None:
    shares = written.truth.rows.filter(pl.col("extracted") > 0).select(pl.col("quarantined") / pl.col("extracted"))
    assert shares.to_series().max() < 0.045


def test_large_tables_have_about_one_faulty_row_in_a_hundred(written: Written) -> None:
    rows = written.truth.rows.group_by("table").agg(pl.col("extracted", "quarantined").sum())
    large = rows.filter(pl.col("extracted") > 5000).select(pl.col("quarantined") / pl.col("extracted")).to_series()
    assert large.min() > 0.004
    assert large.max() < 0.015
