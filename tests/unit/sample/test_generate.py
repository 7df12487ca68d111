"""A clean sample keeps every rule of the contract, and looks like service."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sample_rules import broken_rules

from pipeline.calendar.quarters import Quarter, quarter_range
from pipeline.errors import UsageError
from pipeline.sample.generate import Sample, generate, quarter_start
from pipeline.sample.profiles import divide, profiles
from pipeline.sample.tables import SAMPLED
from schemas.standard.catalogue import catalogue_rows

ALL_TABLES = list(SAMPLED)


@pytest.mark.parametrize("name", ALL_TABLES)
def test_every_table_has_the_contracts_columns_types_and_some_rows(sample: Sample, name: str) -> None:
    table = sample.tables[name]
    assert table.schema == SAMPLED[name].polars_schema
    assert table.height > 0


@pytest.mark.parametrize("name", ALL_TABLES)
def test_no_clean_row_breaks_a_row_rule(sample: Sample, name: str) -> None:
    assert broken_rules(SAMPLED[name], sample.tables[name]) == {}


@pytest.mark.parametrize("name", ALL_TABLES)
def test_keys_are_unique(sample: Sample, name: str) -> None:
    assert not sample.tables[name].select(SAMPLED[name].unique_key).is_duplicated().any()


@pytest.mark.parametrize("name", [name for name in ALL_TABLES if SAMPLED[name].references])
def test_references_lead_to_rows_that_are_there(sample: Sample, name: str) -> None:
    child = sample.tables[name]
    for column, (parent, parent_column) in SAMPLED[name].references.items():
        pairs = {column: parent_column}
        if "enterprise_id" in SAMPLED[parent].polars_schema:
            pairs = {"enterprise_id": "enterprise_id", **pairs}
        given = child.filter(pl.col(column).is_not_null())
        orphans = given.join(sample.tables[parent], left_on=list(pairs), right_on=list(pairs.values()), how="anti")
        assert orphans.is_empty(), f"{name}.{column}"


@pytest.mark.parametrize("name", [name for name in ALL_TABLES if SAMPLED[name].is_versioned])
def test_versions_of_a_register_entry_do_not_overlap(sample: Sample, name: str) -> None:
    key = list(SAMPLED[name].key)
    follow = (
        sample.tables[name]
        .with_columns(pl.col("valid_from").fill_null(dt.date(1, 1, 1)), pl.col("valid_to").fill_null(dt.date(9999, 1, 1)))
        .sort(*key, "valid_from")
        .with_columns(pl.col("valid_to").shift(1).over(key).alias("earlier_end"))
        .filter(pl.col("earlier_end").is_not_null())
    )
    assert follow.filter(pl.col("earlier_end") > pl.col("valid_from")).is_empty()


def test_some_registers_have_versions(sample: Sample) -> None:
    for name in ("regions", "outlets", "staff", "customers", "complaint_channels", "equipment"):
        assert sample.tables[name]["valid_from"].is_not_null().any(), name


def test_answers_lie_on_the_scale_and_one_complete_response_counts_a_round(sample: Sample) -> None:
    answers = sample.tables["survey_answers"]
    for column in ("score", "expectation"):
        assert answers[column].drop_nulls().is_between(1, 5).all()
    complete = sample.tables["survey_responses"].filter("is_complete")
    assert not complete.select("enterprise_id", "customer_id", "survey_id").is_duplicated().any()


def test_every_optional_column_is_used_somewhere(sample: Sample) -> None:
    unused = [
        f"{name}.{column}"
        for name, table in sample.tables.items()
        for column in table.columns
        if table[column].null_count() == table.height
    ]
    assert unused == []


@pytest.mark.parametrize("name", [name for name in ALL_TABLES if SAMPLED[name].dated_by])
def test_events_lie_in_the_samples_quarters_in_time_order(sample: Sample, name: str) -> None:
    start = quarter_start(name)
    assert start is not None
    starts = sample.tables[name].select(start.alias("start"))["start"]
    assert set(starts) <= {quarter.first_day for quarter in sample.clock.quarters}
    assert starts.is_sorted()


def test_each_quarter_has_exactly_the_requests_asked_for(sample: Sample) -> None:
    counts = sample.tables["service_requests"].group_by(pl.col("requested_at").dt.truncate("1q")).len()
    assert counts["len"].to_list() == [1200] * 5


def test_the_same_arguments_give_the_same_sample_and_another_seed_another() -> None:
    arguments = ([Quarter(2024, 3)], 300)
    first, second, other = generate(*arguments, 5), generate(*arguments, 5), generate(*arguments, 6)
    for name in ALL_TABLES:
        assert_frame_equal(first.tables[name], second.tables[name])
    assert_frame_equal(first.planted, second.planted)
    for name in ("service_requests", "staff", "survey_answers", "expert_judgements"):
        assert not first.tables[name].equals(other.tables[name]), name


def test_a_fourth_enterprise_leaves_the_shares_in_order() -> None:
    chosen = profiles(5)
    assert [profile.enterprise_id for profile in chosen] == ["E01", "E02", "E03", "E04", "E05"]
    assert sum(profile.share for profile in chosen) == pytest.approx(1)
    assert sum(divide(1001, chosen)) == 1001


@pytest.mark.parametrize(
    ("quarters", "requests", "seed", "enterprises"),
    [
        ([], 300, 1, 3),
        ([Quarter(2024, 1), Quarter(2024, 3)], 300, 1, 3),
        (quarter_range("2024-Q1"), 300, -1, 3),
        (quarter_range("2024-Q1"), 300, 1, 0),
        (quarter_range("2024-Q1"), 50, 1, 3),
    ],
)
def test_arguments_that_make_no_sample_are_refused(quarters: list[Quarter], requests: int, seed: int, enterprises: int) -> None:
    with pytest.raises(UsageError):
        generate(quarters, requests, seed, enterprises)


# What it looks like


def of(sample: Sample, enterprise_id: str, table: str) -> pl.DataFrame:
    return sample.tables[table].filter(pl.col("enterprise_id") == enterprise_id)


def test_air_conditioners_break_in_summer_and_water_heaters_in_winter(sample: Sample) -> None:
    requests = of(sample, "E01", "service_requests").filter(pl.col("requested_at").dt.year() == 2024)
    share = {
        (category, quarter): (group["product_category"] == category).sum() / group.height
        for (quarter,), group in requests.group_by(pl.col("requested_at").dt.quarter())
        for category in ("空调", "热水器")
    }
    assert share["空调", 3] > 1.5 * share["空调", 1]
    assert share["热水器", 1] > 1.5 * share["热水器", 3]


def test_outlets_are_asked_in_their_hours_and_nights_are_quiet(sample: Sample) -> None:
    requests = sample.tables["service_requests"].with_columns(time=pl.col("requested_at").dt.time())
    at_counter = requests.filter(pl.col("channel") == "outlet")["time"]
    assert at_counter.min() >= dt.time(8, 30)
    assert at_counter.max() < dt.time(18)
    by_night = requests.filter(pl.col("channel") == "phone", pl.col("time") < dt.time(6))
    assert by_night.height < 0.03 * requests.filter(pl.col("channel") == "phone").height


def test_the_flag_of_service_hours_follows_the_hotlines_schedule(sample: Sample) -> None:
    calls = sample.tables["hotline_calls"].with_columns(time=pl.col("queued_at").dt.time())
    inside = calls["time"].is_between(dt.time(8, 30), dt.time(18), closed="left")
    assert (calls["in_service_hours"] == inside).all()
    assert 0.01 < 1 - inside.mean() < 0.2


def test_mondays_are_busy_and_spring_festival_is_not(sample: Sample) -> None:
    days = sample.tables["service_requests"]["requested_at"].dt.date()
    weekday = days.dt.weekday().value_counts().rows()
    counts = dict(weekday)
    assert counts[1] > 1.3 * counts[7]
    # 2025-01-28 .. 02-04 are days off; the eight days a fortnight later are not.
    festival = days.is_between(dt.date(2025, 1, 28), dt.date(2025, 2, 4)).sum()
    afterwards = days.is_between(dt.date(2025, 2, 11), dt.date(2025, 2, 18)).sum()
    assert festival < 0.6 * afterwards


def test_durations_are_skewed(sample: Sample) -> None:
    requests = sample.tables["service_requests"].filter(pl.col("complexity") == "general")
    hours = (requests["resolved_at"] - requests["responded_at"]).drop_nulls().dt.total_seconds() / 3600
    assert hours.mean() > 1.3 * hours.median()


def test_repeats_merged_cancelled_and_test_requests_are_there(sample: Sample) -> None:
    requests = sample.tables["service_requests"]
    repairs = requests.filter(pl.col("service_type") == "repair", pl.col("product_serial").is_not_null())
    assert repairs.select("enterprise_id", "product_serial", "issue_class").is_duplicated().sum() > 30
    merged = requests.filter(pl.col("merged_into").is_not_null())
    assert merged.height > 10
    targets = merged.join(requests, left_on=["enterprise_id", "merged_into"], right_on=["enterprise_id", "request_id"], how="inner")
    assert targets.height == merged.height
    assert (targets["customer_id"] == targets["customer_id_right"]).all()
    assert requests["is_test"].sum() > 5
    assert set(requests["status"]) == {"open", "resolved", "closed", "cancelled"}


def test_nothing_hangs_on_a_request_that_does_not_count(sample: Sample) -> None:
    out = sample.tables["service_requests"].filter(pl.col("merged_into").is_not_null() | pl.col("is_test"))
    for name in ("onsite_visits", "appointments", "hotline_calls", "online_sessions", "complaints", "survey_responses"):
        assert sample.tables[name].join(out, on=["enterprise_id", "request_id"], how="semi").is_empty(), name


def test_outlets_stand_about_as_densely_as_the_standard_asks(sample: Sample) -> None:
    for enterprise_id in ("E01", "E02", "E03"):
        area = of(sample, enterprise_id, "regions").filter(pl.col("valid_to").is_null())["area_km2"].sum()
        outlets = of(sample, enterprise_id, "outlets").filter(pl.col("valid_to").is_null()).height
        assert 8 < outlets / area * 10_000 < 20


def test_the_satisfaction_survey_asks_24_questions_about_every_survey_indicator(sample: Sample) -> None:
    questions = sample.tables["survey_questions"].filter(pl.col("survey_id") == "SAT-2025Q1")
    assert questions.height == 24
    surveyed = {
        row.indicator_id
        for row in catalogue_rows()
        if "survey_answers" in row.source_tables and row.method in ("score", "weighted_score")
    }
    assert set(questions["measures"]) == surveyed
    assert set(questions["touchpoint"].drop_nulls()) == {"phone", "online", "outlet", "onsite"}
    assert set(sample.tables["survey_questions"]["survey_type"]) == {"satisfaction", "pulse", "mystery"}


def test_a_round_of_mystery_visits_covers_twenty_cases_twice_a_year(sample: Sample) -> None:
    visits = of(sample, "E01", "mystery_visits").filter(pl.col("visited_at").dt.year() == 2024)
    rounds = visits.group_by("round_id").agg(pl.col("visit_id").n_unique())
    assert rounds["visit_id"].to_list() == [20, 20]


def test_four_experts_judge_consistently_and_one_does_not(sample: Sample) -> None:
    judgements = sample.tables["expert_judgements"]
    assert set(judgements["parent"]) == {"ALL", "R", "P", "O", "I"}
    assert judgements["round"].n_unique() == 2
    # Saaty's random indices for n = 4 and 5.
    random_index = {4: 0.90, 5: 1.12}
    ratios: dict[str, list[float]] = {}
    for (expert, _, _), pairs in judgements.group_by("expert_id", "round", "parent", maintain_order=True):
        items = sorted(set(pairs["left_item"]) | set(pairs["right_item"]))
        matrix = np.ones((len(items), len(items)))
        for left, right, ratio in pairs.select("left_item", "right_item", "ratio").rows():
            row, column = items.index(left), items.index(right)
            matrix[row, column], matrix[column, row] = ratio, 1 / ratio
        largest = float(np.linalg.eigvals(matrix).real.max())
        index = (largest - len(items)) / (len(items) - 1) / random_index[len(items)]
        ratios.setdefault(str(expert), []).append(index)
    assert all(max(ratios[expert]) < 0.1 for expert in ("X1", "X2", "X3", "X4"))
    assert max(ratios["X5"]) > 0.1


def test_personal_data_are_planted_in_running_text_as_said(sample: Sample) -> None:
    planted = sample.planted
    assert {"phone", "phone_spoken", "id_number", "bank_card", "plate", "email", "address", "name"} <= set(planted["kind"])
    assert {"service_requests", "complaints", "suggestions", "survey_responses"} == set(planted["table"])
    for (table, column), said in planted.group_by("table", "column"):
        texts = sample.tables[str(table)].select(
            row_key=pl.concat_str(SAMPLED[str(table)].key, separator="|"), text=pl.col(str(column))
        )
        found = said.join(texts, on="row_key", how="left")
        assert found["text"].str.contains(found["value"], literal=True).all()
