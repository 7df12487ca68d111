"""Each planted effect is found in the landing files with the size that the truth states, and none of them without plants."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from pipeline.calendar.quarters import quarter_range
from pipeline.privacy.scanner import by_patterns
from pipeline.redact.redaction import redact_column
from pipeline.sample import write_sample
from pipeline.sample.contentment import Contentment
from pipeline.sample.draws import take
from pipeline.sample.grammar import CAUSES, comment_texts, complaint_texts, suggestion_texts
from pipeline.sample.wording import descriptions

QUARTERS = quarter_range("2024-Q1..2025-Q1")
REQUESTS, SEED = 12_000, 5
ENTERPRISES = ("E01", "E02", "E03")
# By the notices of the State Council for 2024 and 2025.
MAKEUP_DAYS = [
    *(dt.date(2024, month, day) for month, day in ((2, 4), (2, 18), (4, 7), (4, 28), (5, 11), (9, 14), (9, 29), (10, 12))),
    *(dt.date(2025, month, day) for month, day in ((1, 26), (2, 8))),
]
SPRING_FESTIVAL = [
    *(dt.date(2024, 2, 10) + dt.timedelta(days) for days in range(8)),
    *(dt.date(2025, 1, 28) + dt.timedelta(days) for days in range(8)),
]
OTHER_HOLIDAYS = [
    *(dt.date(2024, month, day) for month, day in ((1, 1), (4, 4), (4, 5), (4, 6), (6, 10), (9, 15), (9, 16), (9, 17))),
    *(dt.date(2024, 5, day) for day in range(1, 6)),
    *(dt.date(2024, 10, day) for day in range(1, 8)),
    dt.date(2025, 1, 1),
]


@dataclass(frozen=True)
class Landing:
    folder: Path

    def table(self, name: str, enterprise_id: str | None = None) -> pl.DataFrame:
        rows = pl.read_parquet(self.folder / f"{name}.parquet")
        return rows if enterprise_id is None else rows.filter(pl.col("enterprise_id") == enterprise_id)

    def plants(self) -> list[dict[str, Any]]:
        return json.loads((self.folder / "_truth" / "plants.json").read_text(encoding="utf-8"))

    def plant(self, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Where the only plant of that name is, and its sizes."""
        (found,) = [plant for plant in self.plants() if plant["name"] == name]
        return found["where"], found["size"]

    def resolved(self, enterprise_id: str) -> pl.DataFrame:
        return self.table("service_requests", enterprise_id).filter(pl.col("resolved_at").is_not_null())

    def days(self) -> pl.DataFrame:
        """date, n, quarter: requests of every day."""
        day = self.table("service_requests").select(date=pl.col("requested_at").dt.date())
        return day.group_by("date").agg(n=pl.len()).with_columns(quarter=pl.col("date").dt.truncate("1q")).sort("date")

    def answers(self, enterprise_id: str) -> pl.DataFrame:
        """One row per complete response of a satisfaction round: its request, and its scores S01 … S24."""
        responses = self.table("survey_responses", enterprise_id).filter("is_complete", pl.col("survey_id").str.starts_with("SAT"))
        # Planted doubts: straight lines.
        scores = self.table("survey_answers", enterprise_id).filter(pl.col("question_id").str.starts_with("S"))
        wide = scores.pivot("question_id", index="response_id", values="score")
        straight = pl.concat_list(pl.selectors.matches("^S[0-9]{2}$")).list.drop_nulls().list.n_unique() == 1
        wide = wide.filter(~straight)
        return responses.join(wide, on="response_id").join(self.table("service_requests", enterprise_id), on="request_id")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Landing:
    folder = tmp_path_factory.mktemp("planted")
    write_sample(folder, QUARTERS, REQUESTS, SEED, file_format="parquet", defects=False, truth=False)
    return Landing(folder)


@pytest.fixture(scope="module")
def null(tmp_path_factory: pytest.TempPathFactory) -> Landing:
    folder = tmp_path_factory.mktemp("null")
    write_sample(folder, QUARTERS, REQUESTS, SEED, file_format="parquet", defects=False, truth=False, plants=False)
    return Landing(folder)


def share_interval(hits: pl.Series | np.ndarray, confidence: float = 0.999) -> Any:
    return stats.binomtest(int(hits.sum()), len(hits)).proportion_ci(confidence, method="wilson")


def holds(interval: Any, value: float) -> bool:
    return bool(interval.low <= value <= interval.high)


def correlation_interval(r: float, n: int) -> tuple[float, float]:
    half = stats.norm.ppf(0.9995) * np.sqrt((1 + r * r / 2) / (n - 3))
    return float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half))


def correlations(answers: pl.DataFrame) -> dict[str, tuple[float, int]]:
    """Of S01 with each driver, and the number of pairs."""
    rows = answers.select(
        "S01",
        "S07",
        wait=(pl.col("responded_at") - pl.col("requested_at")).dt.total_seconds(),
        held=((pl.col("contact_count") == 1) & (pl.col("reopened_count") == 0)).cast(pl.Int8),
    ).drop_nulls()
    return {
        "response_time": (float(stats.spearmanr(rows["wait"], rows["S01"]).statistic), rows.height),
        "solved_at_once": (float(stats.pearsonr(rows["held"], rows["S01"]).statistic), rows.height),
        "attitude_item": (float(stats.pearsonr(rows["S07"], rows["S01"]).statistic), rows.height),
    }


@pytest.mark.parametrize("enterprise_id", ["E01", "E02"])
def test_satisfaction_depends_on_its_drivers_as_said(planted: Landing, enterprise_id: str) -> None:
    (truth,) = [
        plant["size"]
        for plant in planted.plants()
        if plant["name"] == "satisfaction_drivers" and plant["where"]["enterprise_id"] == enterprise_id
    ]
    for driver, (found, n) in correlations(planted.answers(enterprise_id)).items():
        low, high = correlation_interval(found, n)
        assert low <= truth[driver] <= high, (driver, found, n)


def common_items(answers: pl.DataFrame) -> np.ndarray:
    """Eigenvalues, largest first, of the correlations of the items that everybody was asked, without the overall ones."""
    items = answers.select(f"S{number:02d}" for number in range(7, 25)).drop_nulls().to_numpy()
    return np.linalg.eigvalsh(np.corrcoef(items.T))[::-1]


def test_the_items_have_three_factors(planted: Landing, null: Landing) -> None:
    for enterprise_id in ("E01", "E02"):
        values = common_items(planted.answers(enterprise_id))
        assert (values > 1.3).sum() == 3
        assert values[0] < 2.5 * values[2]
        answers = null.answers(enterprise_id)
        # Random matrices of this size stay below (1 + √(p/n))², Marchenko and Pastur 1967.
        assert common_items(answers)[0] < 1.08 * (1 + np.sqrt(18 / answers.height)) ** 2


def test_slow_responses_and_slow_resolutions_come_together(planted: Landing, null: Landing) -> None:
    def correlation(landing: Landing) -> float:
        rows = landing.resolved("E02").filter(complexity="general", urgency="normal", channel="phone")
        wait, took = (rows["responded_at"] - rows["requested_at"]), (rows["resolved_at"] - rows["responded_at"])
        return float(stats.spearmanr(wait.dt.total_seconds(), took.dt.total_seconds()).statistic)

    assert correlation(planted) == pytest.approx(0.24, abs=0.05)
    assert abs(correlation(null)) < 0.05


def day_ratio(days: pl.DataFrame, chosen: pl.Series, other: pl.Series) -> tuple[int, int, float]:
    """Requests on the chosen and on the other days, and days of the chosen ÷ days of the other: all by quarter, added up."""
    of = days.with_columns(a=chosen, b=other)
    first, second, exposure = 0, 0, 0.0
    for _, rows in of.group_by("quarter"):
        a, b = rows.filter("a"), rows.filter("b")
        if a.height:
            first += a["n"].sum()
            second += b["n"].sum()
            exposure += b["n"].mean() * a.height
    return first, second, exposure


def ratios(landing: Landing) -> dict[str, tuple[float, float]]:
    """Requests a day of each kind ÷ a usual Wednesday or Thursday of the quarter, with the ratio's standard error."""
    days = landing.days()
    special = days["date"].is_in(MAKEUP_DAYS + SPRING_FESTIVAL + OTHER_HOLIDAYS)
    weekday = days["date"].dt.weekday()
    midweek = weekday.is_in([3, 4]) & ~special
    kinds = {
        "saturday_to_midweek": (weekday == 6) & ~special,
        "sunday_to_midweek": (weekday == 7) & ~special,
        "makeup_day_to_midweek": days["date"].is_in(MAKEUP_DAYS),
        "holiday_to_midweek": days["date"].is_in(OTHER_HOLIDAYS),
        "spring_festival_to_midweek": days["date"].is_in(SPRING_FESTIVAL),
    }
    found = {}
    for kind, chosen in kinds.items():
        count, reference, expected = day_ratio(days, chosen, midweek)
        ratio = count / expected
        found[kind] = ratio, ratio * float(np.sqrt(1 / count + 1 / reference))
    return found


def test_demand_follows_the_calendar(planted: Landing, null: Landing) -> None:
    truth = next(plant["size"] for plant in planted.plants() if plant["name"] == "calendar")
    for kind, (ratio, error) in ratios(planted).items():
        # Seasons bend a quarter by a few percent.
        assert truth[kind] == pytest.approx(ratio, abs=3.3 * error + 0.03 * ratio), kind
    for kind, (ratio, error) in ratios(null).items():
        assert ratio == pytest.approx(1, abs=3 * error), kind


def test_demand_has_its_season(planted: Landing, null: Landing) -> None:
    truth = {plant["where"]["enterprise_id"]: plant["size"] for plant in planted.plants() if plant["name"] == "season"}
    assert set(truth) == {"E01", "E02"}

    def level(enterprise_id: str, middle: int) -> float:
        size = truth[enterprise_id]
        return float(1 + size["amplitude"] * np.cos(2 * np.pi * (middle - size["day_of_year"]) / 365.25))

    def share_of_first(landing: Landing, month: int) -> np.ndarray:
        requests = landing.table("service_requests").filter(
            pl.col("requested_at").dt.year() == 2024, pl.col("requested_at").dt.month() == month, pl.col("enterprise_id") != "E03"
        )
        return (requests["enterprise_id"] == "E01").to_numpy()

    for month in (1, 4, 7, 10):
        first, second = (share * level(name, 30 * month - 15) for share, name in ((0.5, "E01"), (0.35, "E02")))
        assert holds(share_interval(share_of_first(planted, month)), first / (first + second)), month
        assert holds(share_interval(share_of_first(null, month)), 0.5 / 0.85), month
    for landing in (planted, null):
        assert landing.table("service_requests").group_by(pl.col("requested_at").dt.truncate("1q")).len()["len"].to_list() == (
            [REQUESTS] * 5
        )


def by_region(landing: Landing) -> dict[str, np.ndarray]:
    requests = landing.resolved("E01").with_columns(once=pl.col("contact_count") == 1)
    return {str(region): rows["once"].to_numpy() for (region,), rows in requests.group_by("region_code")}


def log_waits(landing: Landing, region: str) -> tuple[np.ndarray, np.ndarray]:
    calls = landing.table("service_requests", "E01").filter(channel="phone", urgency="normal").drop_nulls("responded_at")
    calls = calls.with_columns(wait=(pl.col("responded_at") - pl.col("requested_at")).dt.total_seconds().log())
    here = pl.col("region_code") == region
    return calls.filter(here)["wait"].to_numpy(), calls.filter(~here)["wait"].to_numpy()


def test_one_region_fails(planted: Landing, null: Landing) -> None:
    where, size = planted.plant("failing_region")
    regions = by_region(planted)
    assert holds(share_interval(regions.pop(where["region_code"])), size["one_contact_rate"])
    others = np.concatenate(list(regions.values()))
    assert holds(share_interval(others), size["one_contact_rate_elsewhere"])
    assert min(share_interval(hits, 0.999).high for hits in regions.values()) > size["one_contact_rate_elsewhere"]
    here, elsewhere = log_waits(planted, where["region_code"])
    interval = stats.ttest_ind(here, elsewhere, equal_var=False).confidence_interval(0.999)
    assert interval.low <= np.log(size["response_time_ratio"]) <= interval.high
    # Without plants the regions are equal.
    table = np.array([[hits.sum(), (~hits).sum()] for hits in by_region(null).values()])
    assert stats.chi2_contingency(table).pvalue > 0.001
    assert stats.ttest_ind(*log_waits(null, where["region_code"])).pvalue > 0.001


def closed_at_limit(landing: Landing, outlet_id: str) -> tuple[np.ndarray, np.ndarray]:
    """Whether requests later than 3 h 50 min were resolved by 4 h: those of the outlet, and the others."""
    requests = landing.resolved("E01").filter(pl.col("complexity") == "general").drop_nulls("outlet_id")
    hours = (requests["resolved_at"] - requests["responded_at"]).dt.total_seconds() / 3600
    late = hours > 4 - 600 / 3600
    at_limit, here = (hours <= 4).filter(late), (requests["outlet_id"] == outlet_id).filter(late)
    return at_limit.filter(here).to_numpy(), at_limit.filter(~here).to_numpy()


def short_visits(landing: Landing, outlet_id: str) -> tuple[np.ndarray, np.ndarray]:
    visits = landing.table("onsite_visits", "E01").filter(pl.col("outcome") == "done", pl.col("outlet_id") == outlet_id)
    minutes = (pl.col("completed_at") - pl.col("arrived_at")).dt.total_seconds() / 60
    of_request = visits.group_by("request_id").agg(short=(minutes == 6).any() & (pl.len() == 2), visits=pl.len())
    return of_request["short"].to_numpy(), of_request["visits"].to_numpy()


def test_one_outlet_games_its_numbers(planted: Landing, null: Landing) -> None:
    where, size = planted.plant("gaming_outlet")
    here, elsewhere = closed_at_limit(planted, where["outlet_id"])
    assert holds(share_interval(here), size["late_requests_closed_at_limit"])
    assert share_interval(elsewhere).high < 0.1
    assert holds(share_interval(short_visits(planted, where["outlet_id"])[0]), size["visits_entered_twice"])
    here, elsewhere = closed_at_limit(null, where["outlet_id"])
    assert share_interval(here).low < elsewhere.mean() < share_interval(here).high
    assert short_visits(null, where["outlet_id"])[1].max() == 1


def of_topic(landing: Landing, enterprise_id: str, month: str, cause: str) -> tuple[np.ndarray, np.ndarray]:
    complaints = landing.table("complaints", enterprise_id)
    inside = complaints["received_at"].dt.strftime("%Y-%m") == month
    about = complaints["cause_class"] == cause
    said = complaints["content"].str.contains("小程序") & complaints["content"].str.contains("预约|约不了")
    assert (said == about).all()
    return about.filter(inside).to_numpy(), about.filter(~inside).to_numpy()


def test_complaints_burst_into_one_topic_in_one_month(planted: Landing, null: Landing) -> None:
    where, size = planted.plant("complaint_burst")
    assert where["month"] == "2025-02"
    inside, outside = of_topic(planted, where["enterprise_id"], where["month"], where["cause_class"])
    assert holds(share_interval(inside), size["share"])
    assert holds(share_interval(outside), size["share_otherwise"])
    for enterprise_id in ENTERPRISES:
        inside, outside = of_topic(null, enterprise_id, where["month"], where["cause_class"])
        assert stats.fisher_exact([[inside.sum(), (~inside).sum()], [outside.sum(), (~outside).sum()]]).pvalue > 0.001


def abandoned(landing: Landing, enterprise_id: str, day: dt.date) -> tuple[np.ndarray, np.ndarray]:
    calls = landing.table("hotline_calls", enterprise_id).filter(pl.col("outcome") != "self_service")
    given_up, after = calls["outcome"] == "abandoned", calls["queued_at"].dt.date() >= day
    return given_up.filter(~after).to_numpy(), given_up.filter(after).to_numpy()


def test_a_project_leaves_fewer_calls_abandoned(planted: Landing, null: Landing) -> None:
    where, size = planted.plant("improvement_project")
    day = dt.date.fromisoformat(where["effective_on"])
    assert day == dt.date(2024, 7, 1)
    projects = planted.table("improvement_projects", where["enterprise_id"])
    assert projects.filter(pl.col("effective_on") == day, pl.col("title") == where["title"]).height == 1
    before, after = abandoned(planted, where["enterprise_id"], day)
    assert holds(share_interval(before), size["abandoned_before"])
    assert holds(share_interval(after), size["abandoned_after"])
    error = np.sqrt(before.var() / len(before) + after.var() / len(after))
    assert before.mean() - after.mean() == pytest.approx(size["effect_on_connection_rate"], abs=3.3 * error)
    for landing, enterprise_id in ((planted, "E01"), (null, "E01"), (null, "E02")):
        before, after = abandoned(landing, enterprise_id, day)
        error = np.sqrt(before.var() / len(before) + after.var() / len(after))
        # Levels improve a little by the year, with plants only.
        assert abs(before.mean() - after.mean()) < 3 * error + 0.004


def one_contact(landing: Landing, enterprise_id: str) -> pl.DataFrame:
    return (
        landing.resolved(enterprise_id)
        .group_by("product_category", quarter=pl.col("requested_at").dt.truncate("1q").dt.date())
        .agg(rate=(pl.col("contact_count") == 1).mean(), n=pl.len())
    )


def totals(rates: pl.DataFrame, first_day: dt.date) -> float:
    rows = rates.filter(pl.col("quarter") == first_day)
    return float((rows["rate"] * rows["n"]).sum() / rows["n"].sum())


def check_mix_shift(landing: Landing, tolerance: float) -> None:
    where, size = landing.plant("mix_shift")
    assert (where["against"], where["quarter"]) == ("2024-Q4", "2025-Q1")
    rates = one_contact(landing, where["enterprise_id"])
    for place, first_day in enumerate((dt.date(2024, 10, 1), dt.date(2025, 1, 1))):
        rows = rates.filter(pl.col("quarter") == first_day)
        for kind in ("easy", "hard"):
            found = rows.filter(pl.col("product_category").is_in(where[kind]))
            assert found.height == 2
            # Each category has its share to the nearest request.
            expected = size[f"{kind}_one_contact_rate"][place]
            assert ((found["rate"] - expected).abs() * found["n"] <= 0.5 + 1e-9).all()
        hard = rows.filter(pl.col("product_category").is_in(where["hard"]))["n"].sum() / rows["n"].sum()
        assert hard == pytest.approx(size["hard_share"][place], abs=tolerance)
        assert totals(rates, first_day) == pytest.approx(size["total_one_contact_rate"][place], abs=tolerance)
    assert totals(rates, dt.date(2025, 1, 1)) < totals(rates, dt.date(2024, 10, 1))


def test_every_category_improves_while_the_total_falls(planted: Landing, null: Landing) -> None:
    check_mix_shift(planted, 0.03)
    rates = one_contact(null, "E02").filter(pl.col("quarter") >= dt.date(2024, 10, 1))
    counts = rates.with_columns(hits=(pl.col("rate") * pl.col("n")).round()).select("hits", miss=pl.col("n") - pl.col("hits"))
    assert stats.chi2_contingency(counts.to_numpy()).pvalue > 0.001


def test_small_samples_have_the_mix_shift_too(tmp_path: Path) -> None:
    write_sample(tmp_path, QUARTERS[-2:], 1200, 1, file_format="parquet", defects=False, truth=False)
    check_mix_shift(Landing(tmp_path), 0.1)


def test_levels_are_steady_without_plants(null: Landing) -> None:
    for enterprise_id in ENTERPRISES:
        requests = null.resolved(enterprise_id)
        table = (
            requests.with_columns(once=pl.col("contact_count") == 1)
            .group_by(pl.col("requested_at").dt.truncate("1q"))
            .agg(hits=pl.col("once").sum(), miss=(~pl.col("once")).sum())
        )
        assert stats.chi2_contingency(table.select("hits", "miss").to_numpy()).pvalue > 0.001
        for driver, (found, n) in correlations(null.answers(enterprise_id)).items():
            low, high = correlation_interval(found, n)
            assert low <= 0 <= high, driver


def test_a_sample_without_plants_says_so(null: Landing) -> None:
    assert null.plants() == []


def test_one_enterprise_has_the_plants_of_both(tmp_path: Path) -> None:
    write_sample(tmp_path, QUARTERS[:2], 300, 1, enterprises=1, file_format="parquet", defects=False, truth=False)
    plants = Landing(tmp_path).plants()
    # Categories with seasons have no mix shift, and there is nobody to leave a season's requests to.
    assert [plant["name"] for plant in plants] == [
        "satisfaction_drivers", "calendar", "failing_region", "gaming_outlet", "complaint_burst", "improvement_project",
    ]  # fmt: skip
    assert {plant["where"]["enterprise_id"] for plant in plants} == {"E01"}


def test_texts_vary(planted: Landing) -> None:
    texts = {
        "complaints": planted.table("complaints")["content"],
        "suggestions": planted.table("suggestions")["content"],
        "survey_responses": planted.table("survey_responses")["comment"],
    }
    for table, said in texts.items():
        assert said.drop_nulls().n_unique() > 0.9 * said.drop_nulls().len(), table
    requests = planted.table("service_requests")
    of_a_quarter = requests.filter(pl.col("requested_at") >= dt.date(2025, 1, 1))["description"].drop_nulls()
    assert of_a_quarter.n_unique() > 5000


def test_comments_speak_of_what_was_felt(planted: Landing, null: Landing) -> None:
    def difference(landing: Landing) -> float:
        answers = landing.answers("E01").drop_nulls(["comment", "S01"])
        blames = answers["comment"].str.contains("不|太|失望|敷衍|生硬|偏高|差|又坏|第二次|催|拖")
        return float(answers.filter(~blames)["S01"].mean() - answers.filter(blames)["S01"].mean())

    assert difference(planted) > 0.25
    assert abs(difference(null)) < 0.2


@pytest.mark.parametrize("kind", ["comments", "comments that are felt", "complaints", "suggestions", "descriptions"])
def test_the_grammar_tells_nothing_that_looks_personal(kind: str) -> None:
    rng, count = np.random.default_rng(1), 8000
    felt = Contentment(rng.standard_normal((count, 3)))
    texts = {
        "comments": lambda: comment_texts(rng, None, count),
        "comments that are felt": lambda: comment_texts(rng, felt, count),
        "complaints": lambda: complaint_texts(rng, rng.integers(0, len(CAUSES), count)),
        "suggestions": lambda: suggestion_texts(rng, count),
        "descriptions": lambda: descriptions(rng, take(["开机半小时还是不制冷"], np.zeros(count, dtype=np.int64))),
    }[kind]().series()
    changed = texts.filter(redact_column(texts) != texts)
    assert changed.to_list() == []
    assert by_patterns(texts.unique(maintain_order=True)) == {}
    if kind != "descriptions":
        assert texts.n_unique() > 5000
