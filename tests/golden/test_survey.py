"""A survey round by a real run: flags, response rate, weights by region × channel, satisfaction with and without them.

Records are in ``surveyed``. Twenty respondents count, 12 of them about a phone and 8 about an online request; of a
population of 1,000, 200 and 300 a region are phone and online customers.
"""

from __future__ import annotations

from math import sqrt

import pytest
from report_pages import operations_page
from scipy.stats import t

from golden import surveyed as surveys
from golden.published import QUARTER, Published


@pytest.fixture(scope="module")
def validity(surveyed: Published) -> dict[str, object]:
    (row,) = surveyed.rows("select * from survey_validity where enterprise_id = 'W'")
    return row


def test_responses_are_counted_by_what_became_of_them(validity: dict[str, object]) -> None:
    expected = {
        "survey_id": "SV",
        "questions": 13,
        # 20 that count, 1 second one, 3 broken off.
        "responses": 24,
        "complete": 21,
        "partial": 3,
        "counted": 20,
        # V05 says 4 to eleven Likert items; V06 to nine, which are too few to tell.
        "straight_liners": 1,
        # The median of 15 times is 10 minutes, a third of it 3.3: V07 took 3, V08 took 3.5.
        "speeders": 1,
        # V11-again is complete, V09-after is not; both came after a complete one. V10-before came before it.
        "duplicate_customers": 2,
        "repeated_complete": 1,
        # V19 and V20; V17 and V18 were asked by phone, V10 and V10-before are one customer.
        "duplicate_devices": 2,
        "over_time": 1,
        # V05, V07, V09-after, V11-again, V19, V20; all but the two that came after would count.
        "flagged": 6,
        "valid": 16,
        "timed": 15,
        "median_minutes": 10.0,
        "p90_minutes": 10.0,
        "online": 17,
        "phone": 2,
        "onsite": 1,
        "sent": 100,
        "delivered": 80,
        "response_rate_reason": None,
    }
    assert {name: validity[name] for name in expected} == expected
    assert validity["response_rate"] == 20 / 80
    assert validity["duplicate_customers_rate"] == pytest.approx(2 / 24)
    # Each answers 12 of 13 questions, V06 only 10: 20·13 − 238 = 22 are missing.
    assert validity["missing_item_rate"] == pytest.approx(22 / 260)


def test_weights_are_population_share_by_sample_share(surveyed: Published, validity: dict[str, object]) -> None:
    rows = surveyed.rows("select * from survey_weights where enterprise_id = 'W'")
    # .2/(4/20), .3/(6/20), .2/(8/20), .3/(2/20)
    assert {(row["region_code"], row["channel"]): (row["responses"], round(row["weight"], 12)) for row in rows} == {
        ("N", "phone"): (4, 1.0),
        ("N", "online"): (6, 1.0),
        ("S", "phone"): (8, 0.5),
        ("S", "online"): (2, 3.0),
    }
    assert (validity["weighting"], validity["cells"], validity["merged_cells"]) == ("cells", 4, 0)
    # n·Σw²/(Σw)² = 20·(4 + 6 + 8·0.25 + 2·9)/20² = 20·30/400; 20/1.5
    assert validity["design_effect"] == pytest.approx(1.5)
    assert validity["effective_n"] == pytest.approx(20 / 1.5)
    # South, phone: 8 of 20 answers, 200 of 1,000 people
    assert validity["largest_difference"] == pytest.approx(0.4 - 0.2)


def test_the_scored_value_is_the_weighted_one(surveyed: Published) -> None:
    # .2·100 + .3·75 + .2·50 + .3·12.5; only S/online varies: 0 and 25, s² = 312.5, SE² = .3²·312.5/2
    overall = surveyed.value("O2-1", enterprise="W")
    assert overall["value"] == pytest.approx(56.25)
    error, reach = sqrt(0.09 * 312.5 / 2), float(t.ppf(0.975, 20 / 1.5 - 1))
    assert error == 3.75
    assert (overall["ci_low"], overall["ci_high"]) == pytest.approx((56.25 - reach * error, 56.25 + reach * error))
    assert (overall["sample_size"], overall["ci_method"]) == (20, "t_weighted")
    # 4·100 + 6·75 + 8·50 + 0 + 25 = 1275
    plain = surveyed.variant("O2-1", "unweighted", enterprise="W")
    assert plain["value"] == pytest.approx(1275 / 20)


def test_touchpoints_and_index_are_made_of_weighted_means(surveyed: Published) -> None:
    # Phone: (4·100 + .5·8·50)/(4 + .5·8) = 75; online: (6·75 + 3·2·100)/(6 + 3·2) = 87.5; 12 and 8 requests.
    assert surveyed.value("O2-2", enterprise="W")["value"] == pytest.approx((12 * 75 + 8 * 87.5) / 20)
    # Phone 800/12, online 650/8
    assert surveyed.variant("O2-2", "unweighted", enterprise="W")["value"] == pytest.approx((800 + 650) / 20)
    # Staff and resolution: everybody says 4, 75 points.
    index = 0.4 * 56.25 + 0.2 * 80 + 0.2 * 75 + 0.2 * 75
    assert surveyed.value("O2-5", enterprise="W")["value"] == pytest.approx(index)
    assert surveyed.variant("O2-5", "unweighted", enterprise="W")["value"] == pytest.approx(
        0.4 * 63.75 + 0.2 * 72.5 + 0.2 * 75 + 0.2 * 75
    )


def test_errors_of_the_composed_values_go_by_respondent(surveyed: Published) -> None:
    # Within the strata only the overall satisfaction of S/online varies (SE 3.75, above): touchpoints, staff and resolution do not.
    touchpoints = surveyed.value("O2-2", enterprise="W")
    assert (touchpoints["ci_low"], touchpoints["ci_high"]) == (pytest.approx(80), pytest.approx(80))
    index = surveyed.value("O2-5", enterprise="W")
    reach = float(t.ppf(0.975, 20 / 1.5 - 1)) * 0.4 * 3.75
    assert (index["ci_low"], index["ci_high"]) == pytest.approx((index["value"] - reach, index["value"] + reach))
    assert (index["ci_method"], index["sample_size"]) == ("t_weighted", 20)


def test_readings_beside_a_weighted_value_are_weighted_or_say_that_they_are_not(surveyed: Published) -> None:
    # Phone: (4·100 + .5·8·50)/(4 + 4) = 75; online: (6·75 + 3·2·100)/(6 + 6) = 87.5, which make 80 (above).
    assert surveyed.variant("O2-2", "touchpoint_phone", enterprise="W")["value"] == pytest.approx(75)
    assert surveyed.variant("O2-2", "touchpoint_online", enterprise="W")["value"] == pytest.approx(87.5)
    # 800/12 and 650/8, which make the unweighted 72.5.
    assert surveyed.variant("O2-2", "unweighted_touchpoint_phone", enterprise="W")["value"] == pytest.approx(800 / 12)
    assert surveyed.variant("O2-2", "unweighted_touchpoint_online", enterprise="W")["value"] == pytest.approx(650 / 8)
    # 4 fives and 6 fours of 20.
    assert surveyed.variant("O2-1", "unweighted_top_two_box", enterprise="W")["value"] == pytest.approx(10 / 20)
    plain = "scope_type in ('enterprise', 'region', 'channel') and regexp_matches(variant, '^(top_two_box|gap|expectation)')"
    assert surveyed.rows(f"select 1 from indicator_variants where enterprise_id = 'W' and {plain}") == []
    # Where nothing is weighted nothing needs a label.
    assert surveyed.variant("O2-1", "top_two_box", enterprise="M")["value"] == pytest.approx(7 / 13)


def _of_respondents(weights: list[float]) -> dict[str, float]:
    """The values of M with a weight for each of its six respondents, straight from the answers."""
    sums: dict[str, list[float]] = {}
    for _, customer, given in surveys.MANY:
        for (measures, touchpoint), score in zip(surveys.ITEMS.values(), given, strict=True):
            if score is not None:
                total = sums.setdefault(touchpoint or measures, [0.0, 0.0])
                total[0] += weights[customer - 1] * (score - 1) * 25
                total[1] += weights[customer - 1]
    found = {name: total / answers for name, (total, answers) in sums.items()}
    found["O2-2"] = (3 * found["phone"] + 1 * found["online"]) / 4
    found["O2-5"] = 0.4 * found["O2-1"] + 0.2 * (found["O2-2"] + found["O2-3"] + found["O2-4"])
    return found


@pytest.mark.parametrize(("indicator", "people"), [("O2-1", 6), ("O2-2", 6), ("O2-3", 5), ("O2-4", 5), ("O2-5", 6)])
def test_several_answers_of_one_person_are_one_observation(surveyed: Published, indicator: str, people: int) -> None:
    # The error by the infinitesimal jackknife, √(n/(n − 1)·Σ(∂value/∂weight)²), its derivatives by differences: another route
    # than the sums of products.
    small = 1e-6
    slopes = []
    for person in range(6):
        up, down = ([1 + sign * small * (other == person) for other in range(6)] for sign in (1, -1))
        slopes.append((_of_respondents(up)[indicator] - _of_respondents(down)[indicator]) / (2 * small))
    error = sqrt(people / (people - 1) * sum(slope**2 for slope in slopes))
    row = surveyed.value(indicator, enterprise="M")
    value = _of_respondents([1.0] * 6)[indicator]
    reach = float(t.ppf(0.975, people - 1)) * error
    assert row["value"] == pytest.approx(value)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((value - reach, value + reach), rel=1e-6)
    # 13 answers to O2-1, but six people.
    assert row["sample_size"] == (5 if indicator == "O2-5" else people)
    assert row["status_reason"] == "below_minimum_n:30"


def test_regions_and_channels_are_weighted_within_themselves(surveyed: Published) -> None:
    # South: (.5·8·50 + 3·(0 + 25))/(4 + 6); phone: (4·100 + .5·8·50)/(4 + 4)
    assert surveyed.value("O2-1", enterprise="W", scope=("region", "S"))["value"] == pytest.approx(27.5)
    assert surveyed.value("O2-1", enterprise="W", scope=("channel", "phone"))["value"] == pytest.approx(75)
    south = surveyed.variant("O2-1", "unweighted", enterprise="W", scope=("region", "S"))
    assert south["value"] == pytest.approx(42.5)


def test_flagged_responses_are_left_out_in_a_variant_only(surveyed: Published) -> None:
    # Without V05, V07 (75 each), V19 (0) and V20 (25): 1275 − 175 over 16
    valid = surveyed.variant("O2-1", "valid_only", enterprise="W")
    assert (valid["value"], valid["sample_size"]) == (pytest.approx(1100 / 16), 16)
    # Phone 800/12, online 4·75/4: 12 and 8 requests
    assert surveyed.variant("O2-2", "valid_only", enterprise="W")["value"] == pytest.approx((800 + 600) / 20)
    assert surveyed.variant("O2-5", "valid_only", enterprise="W")["value"] == pytest.approx(
        0.4 * 68.75 + 0.2 * 70 + 0.2 * 75 + 0.2 * 75
    )


def test_without_margins_nothing_is_weighted(surveyed: Published) -> None:
    assert surveyed.value("O2-1", enterprise="U")["value"] == 50
    assert not surveyed.rows("select * from indicator_variants where enterprise_id = 'U' and variant = 'unweighted'")
    (row,) = surveyed.rows("select * from survey_validity where enterprise_id = 'U'")
    assert (row["weighting"], row["weighting_reason"], row["effective_n"]) == (None, "no_margins", 1)
    assert (row["response_rate"], row["response_rate_reason"]) == (None, "no_distribution_register")
    assert not surveyed.rows("select * from survey_weights where enterprise_id = 'U'")


def test_what_the_process_rules_say(surveyed: Published) -> None:
    rows = surveyed.rows("select enterprise_id, rule_id, result, evidence from rule_results where period = '2025-Q1'")
    found = {(row["enterprise_id"], row["rule_id"]): (row["result"], row["evidence"]) for row in rows}
    result, evidence = found["W", "PR-13"]
    assert result == "pass"
    assert "在线问卷 17 份、电话访谈 2 份、现场访问 1 份" in evidence
    assert "0 次占比相差不超过 5%（最大 20.0%），均已按总体加权，有效样本量 13.3（实际 20 份）" in evidence
    result, evidence = found["W", "PR-39"]
    assert result == "pass"
    assert "发放 100 份、送达 80 份，回收 24 份，有效回收率 25.0%" in evidence
    result, evidence = found["W", "PR-40"]
    assert result == "pass"
    assert "24 份满意度答卷中同一顾客重复 2 份（8.3%" in evidence
    assert "多名顾客共用设备 2 份（8.3%" in evidence
    assert "4 份带作答质量标记" not in found["W", "PR-12"][1]  # No customers are registered
    assert found["U", "PR-13"][0] == "partial"
    assert found["U", "PR-39"][0] == "no_data"


def test_the_run_names_the_files_of_its_plan(surveyed: Published) -> None:
    rows = surveyed.rows("select key, value from run_info where key like 'survey_%'")
    found = {row["key"]: row["value"] for row in rows}
    assert len(found["survey_margins_sha256"]) == len(found["survey_invitations_sha256"]) == 64
    assert (found["survey_cell_minimum"], found["survey_weight_cap"]) == ("2", "5")


def test_the_report_tells_of_the_round(surveyed: Published) -> None:
    page = operations_page(next(surveyed.warehouse.parent.glob("published/current/*")), QUARTER, "W")
    part = page[page.index("有效性与代表性") :]
    for said in ("按区域×渠道事后分层", "13.3", "1.50", "25.00%", "56.25", "63.75"):
        assert said in part, said
    # Satisfaction without the flagged responses: they are four of 24, and the difference would tell what these said.
    assert "68.75" not in part
