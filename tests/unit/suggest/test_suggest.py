"""``asq suggest`` proposes what made-up deliveries are, leaves open what they do not say, and shows nobody's data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from made_deliveries import PEOPLE, Write, moment, proposal_of

from pipeline.cli import main
from pipeline.settings.sources import load_sources
from pipeline.suggest import rendering
from pipeline.suggest.delivery import Proposal


def only(*paths: Path) -> Proposal:
    (proposal,) = proposal_of(*paths).proposals
    return proposal


def written(proposal: Proposal) -> dict[str, object]:
    assert proposal.match is not None
    return {name: match.written for name, match in proposal.match.active().items()}


def expression(found: object) -> str:
    assert isinstance(found, dict)
    return str(found["expression"])


def test_a_repair_shop_is_recognised(repair_shop: Path) -> None:
    proposal = only(repair_shop)
    assert proposal.match is not None
    assert proposal.match.table.name == "service_requests"
    assert proposal.file.parts[0].written == {"delimiter": ";"}
    assert proposal.file.null_marks == ["-"]
    found = written(proposal)
    form = "%d/%m/%Y %H:%M"
    assert found["request_id"] == "工单号"
    assert found["requested_at"] == {"from": "登记时间", "date_format": form}
    assert found["resolved_at"] == {"from": "完成时间", "values": {"待定": None}, "date_format": form}
    assert found["channel"] == {"from": "来源", "values": {"热线": "phone", "门店": "outlet", "微信": "online", "上门": "onsite"}}
    assert found["urgency"] == {"from": "优先级", "values": {"紧急": "urgent", "一般": "normal"}}
    assert found["status"] == {"from": "状态", "values": {"已关闭": "closed", "处理中": "open"}}
    assert found["customer_phone"] == "联系电话"
    assert proposal.match.matches["request_id"].grade == "sure"


def test_a_few_words_for_devices_are_kinds_and_no_serial_numbers(write: Write) -> None:
    kinds = ("冰箱", "空调", "洗衣机")
    rows = ((f"W{row}", moment(row), kinds[row % 3], kinds[row % 3], f"T{row % 4}") for row in range(40))
    found = written(only(write("工单.csv", "工单号,报修时间,设备,设备编号,维修员", rows)))
    assert "product_serial" not in found
    assert (found["product_category"], found["staff_id"]) == ("设备", "维修员")


def test_what_a_word_does_not_say_is_left_open(write: Write) -> None:
    rows = ((f"W{row}", moment(row), ("X1", "X2", "X3")[row % 3]) for row in range(30))
    proposal = only(write("tickets.csv", "ticket id,created at,channel", rows))
    assert "channel" not in written(proposal)
    text = rendering.sources_yaml(proposal_of(*[part.file.path for part in proposal.file.parts]))
    assert "# open: channel (possible)" in text
    assert "no value is known for 'X1', 'X2', 'X3'" in text
    # Left out, the column would be taken as it is.
    assert "\n      channel: null  # open" in text


def test_calls_with_days_and_times_of_day_apart(write: Write) -> None:
    def row(number: int) -> tuple[object, ...]:
        is_answered = number % 3 > 0
        time = f"{9 + number % 8}:{number % 60:02d}:05"
        answered = f"{9 + number % 8}:{number % 60:02d}:25" if is_answered else "0:00:00"
        return number % 50, f"L{number // 50}", "250107", time, answered, "AGENT" if is_answered else "HANG"

    proposal = only(write("call log.txt", "call id,line,date,call start,answer time,outcome", map(row, range(150)), "\t"))
    assert proposal.match is not None
    assert proposal.match.table.name == "hotline_calls"
    found = written(proposal)
    assert found["call_id"] == {"expression": '"line" || \'-\' || "call id"'}
    assert found["queued_at"] == {"expression": "try_strptime(\"date\" || ' ' || \"call start\", '%y%m%d %H:%M:%S')"}
    # 0:00:00 is not midnight.
    assert "not in ('0:00:00'" in expression(found["answered_at"])
    assert found["outcome"] == {"from": "outcome", "values": {"AGENT": "answered", "HANG": "abandoned"}}
    assert "in_service_hours" not in found
    assert "# open: in_service_hours is required" in rendering.sources_yaml(proposal_of(proposal.file.parts[0].file.path))


def test_daily_totals_of_a_switchboard_are_no_calls(write: Write) -> None:
    header = "日期,技能组,是否服务时间,人工呼入量,人工接听量,15秒接听量,服务水平秒数,放弃量"
    days = ((day, queue) for day in range(1, 31) for queue in ("售后", "咨询"))
    rows = [(f"2025-01-{day:02d}", queue, "是", 60 + day, 58 + day, 50 + day, 15, 2) for day, queue in days]
    proposal = only(write("话务日报.csv", header, rows))
    assert proposal.match is not None
    assert proposal.match.table.name == "hotline_daily_totals"
    assert written(proposal) == {
        "called_on": "日期",
        "queue": "技能组",
        "in_service_hours": "是否服务时间",
        "offered_calls": "人工呼入量",
        "answered_calls": "人工接听量",
        "answered_within_limit": "15秒接听量",
        "answer_limit_seconds": "服务水平秒数",
    }
    # 放弃量 are all calls given up, not those given up soon.
    assert "short_abandoned_calls" not in proposal.match.matches


def test_a_flag_in_place_of_a_time_is_a_comment(write: Write) -> None:
    # Whether "timely" is within the standard's 24 h, no file says.
    rows = ((f"C{row}", moment(row), ("Yes", "No")[row % 3 == 0]) for row in range(60))
    path = write("complaints.csv", "complaint id,date received,timely response", rows)
    proposal = only(path)
    assert proposal.match is not None
    assert (proposal.match.table.name, proposal.match.matches["replied_in_time"].grade) == ("complaints", "possible")
    assert "replied_in_time" not in written(proposal)
    assert "\n      # replied_in_time: timely response\n" in rendering.sources_yaml(proposal_of(path))


def test_an_event_log_becomes_one_row_per_key(event_log: Path) -> None:
    proposal = only(event_log)
    assert proposal.rows is not None
    assert "a log of events" in proposal.rows.reason
    assert proposal.rows.prepare is not None
    select = proposal.rows.prepare["select"]
    assert "filter (\"状态\" in ('处理中')) as responded_at" in select
    assert "filter (\"状态\" in ('已解决')) as resolved_at" in select
    assert 'group by "工单"' in select


def test_a_log_of_changes_keeps_the_last_row(change_log: Path) -> None:
    proposal = only(change_log)
    assert proposal.rows is not None
    assert proposal.rows.latest_by == {"key": ["ticket number"], "order_by": ["version"]}
    assert written(proposal)["urgency"] == {"from": "priority", "values": {"2 - High": "urgent", "4 - Low": "normal"}}


def test_a_few_repeated_keys_are_faults_and_no_log(write: Write) -> None:
    rows = [(f"W{row}", moment(row), "Closed") for row in (*range(60), 3, 4)]
    proposal = only(write("tickets.csv", "ticket id,created at,status", rows))
    assert proposal.rows is not None
    assert proposal.rows.latest_by is None
    assert "2 of 62 rows repeat the ticket id" in proposal.rows.reason


def test_a_wide_survey_is_unpivoted(wide_survey: Path) -> None:
    proposal = only(wide_survey)
    assert proposal.survey is not None
    assert [item.name for item in proposal.survey.items] == ["q01", "q02", "q03", "q04", "q05", "q06"]
    content = yaml.safe_load(rendering.sources_yaml(proposal_of(wide_survey)))["tables"]
    assert content["survey_responses"]["columns"]["response_id"] == "序号"
    assert content["survey_answers"]["unpivot"]["rows"]["q01"] == {"score": "1、您对响应的满意度"}
    assert content["survey_answers"]["columns"]["score"]["values"]["非常满意"] == 5
    assert content["survey_questions"]["rows"][0]["scale_max"] == 5
    # Nobody says which indicator a question is about.
    assert all("measures" not in row for row in content["survey_questions"]["rows"])


def test_pairs_of_expectation_and_rating(write: Write) -> None:
    questions = [f"{number}-{half}. 服务{what}（{side}）" for number, what in enumerate(["速度", "态度", "质量"], 1)
                 for half, side in ((1, "期望"), (2, "感知"))]  # fmt: skip
    rows = ([row, *((row + place) % 7 + 1 for place in range(6))] for row in range(40))
    survey = only(write("调查.csv", ",".join(["序号", *questions]), rows)).survey
    assert survey is not None
    assert [(item.score.name, item.expectation and item.expectation.name) for item in survey.items] == [
        (questions[place + 1], questions[place]) for place in (0, 2, 4)
    ]
    assert {item.scale for item in survey.items} == {(1, 7)}


def test_days_that_do_not_decide_stay_open_with_both_readings(write: Write) -> None:
    rows = ((f"W{row}", f"0{row % 9 + 1}/0{row % 8 + 1}/2025 10:00") for row in range(40))
    path = write("tickets.csv", "ticket id,created at", rows)
    assert "requested_at" not in written(only(path))
    text = rendering.sources_yaml(proposal_of(path))
    for order in ("%d/%m/%Y", "%m/%d/%Y"):
        assert f"# requested_at: {{from: created at, date_format: '{order} %H:%M'}}" in text


def test_nobody_is_shown(repair_shop: Path) -> None:
    delivery = proposal_of(repair_shop)
    texts = [
        "\n".join(rendering.lines(delivery)),
        rendering.sources_yaml(delivery),
        json.dumps(rendering.as_dict(delivery), ensure_ascii=False),
    ]
    for text in texts:
        assert not any(person in text for person in PEOPLE)
        assert "139" not in text
        assert "中关村" not in text
        assert "W00001" not in text
    assert "99999999999" in texts[0]


def test_people_in_a_file_without_header_are_no_names_of_columns(write: Write) -> None:
    path = write(
        "客户.csv", "1,王伟,13910000001,2025-01-03", ((row, PEOPLE[row % 6], 13910000000 + row, moment(row)) for row in range(30))
    )
    proposal = only(path)
    assert proposal.file.names == ("column 1", "column 2", "column 3", "column 4")
    delivery = proposal_of(path)
    text = "\n".join(rendering.lines(delivery)) + rendering.sources_yaml(delivery)
    assert "王伟" not in text
    assert "1391" not in text


def test_no_constant_is_proposed(repair_shop: Path, event_log: Path, change_log: Path) -> None:
    for path in (repair_shop, event_log, change_log):
        assert "constant" not in rendering.sources_yaml(proposal_of(path))


def test_files_of_one_header_are_one_table_and_of_two_tables_the_nearest_is_taken(write: Write) -> None:
    header = "ticket id,created at,resolved at,status"
    paths = [
        write(f"tickets {month}.csv", header, ((f"{month}-{row}", moment(row), moment(row, 2), "Closed") for row in range(20)))
        for month in (1, 2)
    ]
    paths.append(write("other.csv", "ticket id,created at", ((f"X{row}", moment(row)) for row in range(20))))
    delivery = proposal_of(*paths)
    assert [part.name for part in delivery.proposed[0].file.parts] == ["tickets 1.csv", "tickets 2.csv"]
    (other,) = [each for each in delivery.proposals if each.match is None]
    assert other.taken_by == "tickets 1.csv"


def test_titles_above_the_header_and_ids_beside_names(write: Write) -> None:
    path = write("tickets.csv", "Export of January", [
        ["ticket id", "created at", "Requester", "Requester Id"],
        *([f"W{row}", moment(row), f"Some One {row % 9}", f"R{row % 9}"] for row in range(30)),
    ])  # fmt: skip
    proposal = only(path)
    assert proposal.file.parts[0].written["header_row"] == 2
    assert written(proposal)["customer_id"] == "Requester Id"


def test_encodings_are_told_apart(write: Write) -> None:
    korean = write(
        "kr.csv",
        "번호,접수일시,고객,내용",
        ((row, moment(row), f"고객{row}", "세탁기가 작동하지 않습니다") for row in range(20)),
        encoding="cp949",
    )
    chinese = write(
        "zh.csv",
        "编号,登记时间,客户,内容",
        ((row, moment(row), f"客户{row}", "洗衣机不能使用") for row in range(20)),
        encoding="gb18030",
    )
    western = write(
        "de.csv", "Nummer,Datum,Käufer", ((row, moment(row), f"Müller Straße {row}") for row in range(20)), encoding="cp1252"
    )
    assert [only(path).file.parts[0].written.get("encoding") for path in (korean, chinese, western)] == ["cp949", None, "cp1252"]
    assert only(chinese).file.names[0] == "编号"


def test_a_file_that_cannot_be_read_is_told(write: Write, tmp_path: Path) -> None:
    good = write("tickets.csv", "ticket id,created at", ((f"W{row}", moment(row)) for row in range(20)))
    bad = good.with_name("calls.xlsx")
    bad.write_text("no workbook")
    delivery = proposal_of(good, bad)
    assert [name for name, _ in delivery.unread] == ["calls.xlsx"]
    assert len(delivery.proposed) == 1


@pytest.mark.parametrize("given", ["repair_shop", "event_log", "change_log", "wide_survey"])
def test_what_is_written_is_a_valid_sources_yaml(given: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    out = tmp_path / "sources.yaml"
    result = CliRunner().invoke(main, ["suggest", str(request.getfixturevalue(given)), "--out", str(out)])
    assert result.exit_code == 0, result.output
    load_sources(out)
    again = CliRunner().invoke(main, ["suggest", str(request.getfixturevalue(given)), "--out", str(out)])
    assert again.exit_code == 2
    assert "is not overwritten" in again.output


def test_the_json_has_classes_and_the_yaml(repair_shop: Path) -> None:
    result = CliRunner().invoke(main, ["suggest", str(repair_shop), "--json"])
    found = json.loads(result.output)
    (file,) = found["files"]
    assert file["table"] == "service_requests"
    assert {column["class"] for column in file["columns"]} <= {"sure", "likely", "possible"}
    assert found["missing_columns"]
    yaml.safe_load(found["sources_yaml"])
