"""Dumps of a database: keys are looked up in other files, and what happened to a record is told from what is said of it."""

from __future__ import annotations

from pathlib import Path

import yaml
from click.testing import CliRunner
from made_deliveries import Write, moment, proposal_of

from pipeline.cli import main
from pipeline.settings.sources import load_sources
from pipeline.suggest import rendering
from pipeline.suggest.delivery import Delivery, Proposal

STATES = ((1, "New"), (2, "In progress"), (3, "Resolved"), (4, "Closed"))
LEVELS = ((1, "Low"), (2, "Urgent"))


def dump(write: Write) -> list[Path]:
    """Tickets with the lists that they refer to, and their history."""
    tickets = (
        (row, f"T{900 + row}", row % 4 + 1, 0 if row % 7 == 0 else row % 2 + 1, 60 + row % 5, moment(row), moment(row, 30))
        for row in range(40)
    )
    return [
        write("tickets.csv", "id,number,status_id,priority_id,customer_id,created_at,resolved_at", tickets),
        write("ticket_statuses.csv", "id,name", STATES),
        write("ticket_priorities.csv", "id,name", LEVELS),
        write("histories.csv", "id,ticket_id,created_at", ((row, row // 3, moment(row)) for row in range(90))),
        write("users.csv", "id,name", ((60 + row, f"Some One {row}") for row in range(5))),
    ]


def of(delivery: Delivery, file: str) -> Proposal:
    return next(each for each in delivery.proposals if each.file.parts[0].name == file)


def test_keys_are_looked_up_and_their_words_mapped(write: Write, tmp_path: Path) -> None:
    delivery = proposal_of(*dump(write))
    text = rendering.sources_yaml(delivery)
    (tmp_path / "sources.yaml").write_text(text, encoding="utf-8")
    load_sources(tmp_path / "sources.yaml")
    table = yaml.safe_load(text)["tables"]["service_requests"]
    assert table["prepare"]["files"] == {
        "records": "tickets.csv", "ticket_statuses": "ticket_statuses.csv", "ticket_priorities": "ticket_priorities.csv"
    }  # fmt: skip
    assert table["columns"]["status"] == {
        "from": "status", "values": {"Closed": "closed", "In progress": "open", "New": "open", "Resolved": "resolved"}
    }  # fmt: skip
    assert table["columns"]["urgency"] == {"from": "priority", "values": {"Urgent": "urgent", "Low": "normal"}}
    # What the contract wants of people is their id.
    assert table["columns"]["customer_id"] == "customer_id"
    assert "# ticket_statuses.csv is looked up by tickets.csv" in text
    assert "# histories.csv says what happened to the records of tickets.csv" in text
    assert "Some One" not in text


def test_the_query_runs_and_a_key_that_leads_nowhere_loses_no_record(write: Write) -> None:
    landing = dump(write)[0].parent
    assert CliRunner().invoke(main, ["init", str(landing), "--enterprise", "ACME"]).exit_code == 0
    checked = CliRunner().invoke(main, ["check", "--landing", str(landing)])
    assert "prepare makes 40 rows of 46 records" in checked.output
    assert "40 of 40 rows accepted" in checked.output


def test_lists_of_the_same_columns_are_not_one_file(write: Write) -> None:
    delivery = proposal_of(*dump(write))
    assert [part.name for part in of(delivery, "ticket_statuses.csv").file.parts] == ["ticket_statuses.csv"]


def test_the_number_is_the_key_rather_than_the_id_and_neither_is_sure(write: Write) -> None:
    match = of(proposal_of(*dump(write)), "tickets.csv").match
    assert match is not None
    assert (match.matches["request_id"].source.name, match.matches["request_id"].grade) == ("number", "likely")


def test_where_a_history_is_delivered_the_one_time_of_resolution_is_not_sure(write: Write) -> None:
    paths = dump(write)
    proposal = of(proposal_of(*paths), "tickets.csv")
    assert proposal.match is not None
    assert proposal.file.histories == ("histories.csv",)
    assert proposal.match.matches["resolved_at"].grade == "likely"
    assert any("last resolution" in note for note in proposal.match.matches["resolved_at"].fit.notes)
    alone = proposal_of(paths[0]).proposals[0].match
    assert alone is not None
    assert alone.matches["resolved_at"].grade == "sure"


def test_more_columns_of_the_same_records_are_joined(write: Write) -> None:
    paths = [
        write("ticket.csv", "ticket_id,created_at,subject,customer_id,source",
              ((row, moment(row), f"text {row} of its own", row % 9 + 1, "Phone") for row in range(30))),
        write("ticket_custom.csv", "ticket_id,priority", ((row, ("High", "Low")[row % 2]) for row in range(30))),
    ]  # fmt: skip
    delivery = proposal_of(*paths)
    assert delivery.proposals[0].match is not None
    assert delivery.proposals[0].match.matches["urgency"].written == {
        "from": "priority",
        "values": {"High": "urgent", "Low": "normal"},
    }
    assert delivery.proposals[1].looked_up_by == "ticket.csv"


def test_a_column_of_numbers_that_leads_nowhere_is_not_joined(write: Write) -> None:
    paths = [
        write("tickets.csv", "id,created_at,status_id", ((row, moment(row), row % 9 + 1) for row in range(30))),
        write("statuses.csv", "id,name", STATES),
    ]
    assert of(proposal_of(*paths), "tickets.csv").file.joins == ()


def test_a_reference_by_another_id_than_the_key_is_told(write: Write) -> None:
    paths = [
        write("tickets.csv", "id,number,created_at,status",
              ((row, f"T{500 + row}", moment(row), "Closed") for row in range(30))),
        write("csat_survey_responses.csv", "id,ticket_id,rating,created_at,contact_id,feedback",
              ((row, row, row % 5 + 1, moment(row), f"C{row % 7}", f"words of {row}") for row in range(0, 30, 2))),
    ]  # fmt: skip
    match = of(proposal_of(*paths), "csat_survey_responses.csv").match
    assert match is not None
    assert match.matches["request_id"].grade == "likely"
    assert any("look number up" in note for note in match.matches["request_id"].fit.notes)
