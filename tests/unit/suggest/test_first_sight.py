"""What newcomers stumbled over in their exports: times as durations, rows of labels, calls that went out, skipped questions."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from made_deliveries import Write, moment, proposal_of

from pipeline.cli import main
from pipeline.suggest import rendering
from pipeline.suggest.matching import TableMatch

FIVE = ("非常满意", "满意", "一般", "不满意", "非常不满意")


def match_of(path: Path) -> TableMatch:
    found = proposal_of(path).proposals[0].match
    assert found is not None
    return found


def tables(path: Path) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = yaml.safe_load(rendering.sources_yaml(proposal_of(path)))["tables"]
    return found


def call_list(write: Write) -> Path:
    def row(number: int) -> tuple[object, ...]:
        is_lost = number % 6 == 0
        return f"R{number}", moment(number, 0, "%d/%m/%Y %H:%M:%S"), ("in", "in", "out")[number % 3], \
            "no" if is_lost else "yes", number % 50, f"ext{number % 4}"  # fmt: skip

    return write("call list.csv", "CallRef,Date and time,In/Out,Picked up,Ring sec,Extension", map(row, range(60)))


def test_a_call_list_gets_its_answer_from_seconds_and_leaves_out_calls_that_went_out(write: Write) -> None:
    path = call_list(write)
    table = tables(path)["hotline_calls"]
    assert table["where"] == "\"In/Out\" in ('in')"
    columns = table["columns"]
    assert isinstance(columns, dict)
    # A call that nobody answered rang, too.
    assert columns["answered_at"]["expression"] == (
        "case when \"Picked up\" in ('yes') then "
        'try_strptime("Date and time", \'%d/%m/%Y %H:%M:%S\') + to_seconds(try_cast("Ring sec" as double)) end'
    )
    assert "# in_service_hours: {expression: 'hour(" in rendering.sources_yaml(proposal_of(path))


def test_what_is_proposed_for_a_call_list_passes_check_with_its_hint(write: Write) -> None:
    landing = call_list(write).parent
    assert CliRunner().invoke(main, ["init", str(landing), "--enterprise", "ACME"]).exit_code == 0
    file = landing / "sources.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("# in_service_hours: {", "in_service_hours: {"), encoding="utf-8")
    checked = CliRunner().invoke(main, ["check", "--landing", str(landing)])
    assert checked.exit_code == 0, checked.output
    assert "40 of 40 rows accepted" in checked.output


def test_without_a_column_that_tells_answered_calls_the_answer_is_left_open(write: Write) -> None:
    rows = ((f"R{row}", moment(row), row % 50, f"ext{row % 4}") for row in range(40))
    found = match_of(write("calls.csv", "call id,call start,wait seconds,extension", rows)).matches["answered_at"]
    assert found.is_open
    assert any("nobody answered" in note for note in found.fit.notes)


def test_the_first_reply_in_minutes_is_better_than_a_time_that_may_be_a_later_one(write: Write) -> None:
    rows = ((f"W{row}", moment(row), moment(row, 9), 5 + row, 300 + row, row % 3) for row in range(40))
    header = "ticket id,created at,solved at,first reply time in minutes,first resolution time in minutes,reopens"
    found = match_of(write("tickets.csv", header, rows)).matches
    assert found["responded_at"].sources == ("created at", "first reply time in minutes")
    assert found["resolved_at"].sources == ("created at", "first resolution time in minutes")
    assert {found[name].grade for name in ("responded_at", "resolved_at")} == {"likely"}


def test_a_duration_without_unit_and_a_time_of_another_zone_are_no_times(write: Write) -> None:
    rows = [(f"W{row}", moment(row), 5 + row) for row in range(40)]
    assert "responded_at" not in match_of(write("a.csv", "ticket id,created at,first reply time", rows)).active()
    zoned = [(key, f"{at.replace(' ', 'T')}:00+02:00", wait) for key, at, wait in rows]
    assert "responded_at" not in match_of(write("b.csv", "ticket id,created at,first reply time in minutes", zoned)).active()


def test_rows_of_labels_below_the_header_are_passed_over_and_name_what_has_no_name(write: Write) -> None:
    header = "Respondent ID,End Date,How was it?,Please rate:,,,"
    labels = [
        ("", "", "Response", "Speed", "Kindness", "Price", "Words"),
        ("{id}", "{end}", "{a}", "{b}", "{c}", "{d}", "{e}"),
    ]
    answers = [(9000 + row, moment(row), *(1 + (row + place) % 5 for place in range(4)), f"words {row}") for row in range(12)]
    path = write("results.csv", header, [*labels, *answers])
    form = proposal_of(path).proposals[0].file.parts[0].written
    assert form["header_row"] == 3
    assert form["names"] == ["Respondent ID", "End Date", "How was it?", "Please rate:", "Kindness", "Price", "Words"]
    assert proposal_of(path).proposals[0].file.rows == 12


def test_a_first_record_with_a_gap_is_no_row_of_labels(write: Write) -> None:
    rows = [(f"W{row}", moment(row), row) for row in range(1, 20)]
    for first in (("W0", "待定", 7), ("W0", moment(0), "unknown")):
        proposal = proposal_of(write("tickets.csv", "ticket id,created at,amount", [first, *rows])).proposals[0]
        assert "header_row" not in proposal.file.parts[0].written


def survey(write: Write, answers: tuple[object, ...], rows: int = 40) -> Path:
    header = ",".join(
        ["序号", "提交答卷时间", "所用时间", *(f"{place}、问题{place}的评价" for place in range(1, 7)), "7、其他意见"]
    )
    lines = (
        (row + 1, moment(row), f"{60 + row}秒", *(answers[(row + place) % len(answers)] for place in range(6)), f"意见 {row}")
        for row in range(rows)
    )
    return write("售后调查.csv", header, lines)


def test_the_platforms_number_for_skipped_questions_is_no_answer(write: Write) -> None:
    path = survey(write, (5, 4, 3, 2, 1, "-3"))
    assert tables(path)["survey_answers"]["format"] == {"null_values": ["-3"]}
    assert {(row["scale_min"], row["scale_max"]) for row in tables(path)["survey_questions"]["rows"]} == {(1, 5)}


@pytest.mark.parametrize(
    ("answers", "scale", "satisfied"),
    [
        (FIVE, 5, 4),
        # 比较满意 beside 满意 is a scale of seven; alone it is the four of a scale of five.
        (("非常满意", "满意", "比较满意", "一般"), 7, 6),
        (("非常满意", "比较满意", "一般", "不太满意", "非常不满意"), 5, None),
    ],
)
def test_words_of_seven_points_are_told_by_two_that_five_do_not_tell_apart(
    write: Write, answers: tuple[str, ...], scale: int, satisfied: int | None
) -> None:
    found = tables(survey(write, answers))
    assert {row["scale_max"] for row in found["survey_questions"]["rows"]} == {scale}
    columns = found["survey_answers"]["columns"]
    assert isinstance(columns, dict)
    assert columns["score"]["values"].get("满意") == satisfied


def test_a_survey_begins_before_it_is_submitted_and_says_how_the_rest_is_filled(write: Write) -> None:
    path = survey(write, FIVE)
    match, text = match_of(path), rendering.sources_yaml(proposal_of(path))
    assert (
        match.matches["started_at"]
        .written["expression"]
        .endswith("- to_seconds(try_cast(regexp_extract(\"所用时间\", '[0-9.]+') as double))")
    )
    assert match.active()["comment"].source.name == "7、其他意见"
    assert "# customer_id: {expression: '''售后调查 '' || \"序号\"'}" in text
    assert "# is_complete: {expression: '\"6、问题6的评价\" is not null'}" in text
    assert "# measures is one of " in text


def test_one_rating_is_a_survey_of_one_question(write: Write) -> None:
    rows = ((row, row % 5 + 1, moment(row), f"C{row % 7}", f"words {row}") for row in range(30))
    proposal = proposal_of(write("csat.csv", "response id,rating,submitted at,customer,feedback", rows)).proposals[0]
    assert proposal.survey is not None
    assert [item.score.name for item in proposal.survey.items] == ["rating"]


def test_a_running_number_is_the_key_where_nothing_else_is(write: Write) -> None:
    found = match_of(write("维修台账.csv", "序号,接单日期,机型", ((row, moment(row), "X1") for row in range(1, 40)))).matches
    assert (found["request_id"].source.name, found["request_id"].grade) == ("序号", "likely")


def test_of_two_times_the_earlier_one_is_that_of_the_request(write: Write) -> None:
    rows = ((f"W{row}", moment(row, 1), moment(row, 0), moment(row)[:10]) for row in range(40))
    found = match_of(write("a.csv", "工单号,派单时间,报修时间,日期", rows)).matches
    assert found["requested_at"].source.name == "报修时间"


def test_an_enterprise_that_is_given_is_not_guessed_from_a_column(write: Write) -> None:
    rows = [(f"W{row}", moment(row), ("A", "B")[row % 2]) for row in range(40)]
    path = write("tickets.csv", "ticket id,created at,Organization", rows)
    assert "enterprise_id" not in tables(path)["service_requests"]["columns"]
    unnamed = proposal_of(path, enterprise=None).proposals[0].match
    assert unnamed is not None
    assert unnamed.matches["enterprise_id"].grade == "likely"


def test_a_category_alone_is_never_sure(write: Write) -> None:
    rows = ((f"W{row}", moment(row), ("Billing", "Fault")[row % 2]) for row in range(40))
    assert {match.grade for match in match_of(write("t.csv", "ticket id,created at,category", rows)).matches.values()
            if match.source.name == "category"} == {"likely"}  # fmt: skip
