"""The ready mappings of examples/sources: each reads its sample whole, and the values that arrive are those of the export."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from runs import asq_here, environment

from pipeline.extract.snapshot import take_snapshot
from pipeline.lake.layout import Lake
from pipeline.settings.sources import load_sources
from schemas.contract import TABLES

REPO = Path(__file__).resolve().parents[2]
SOURCES = REPO / "examples" / "sources"
SYSTEMS = sorted(path.name for path in SOURCES.iterdir() if path.is_dir())

# Rows of all tables in 2025-Q1, counted in the samples: what stays out (headers below the header, merged and deleted tickets,
# previews, questions without an answer) is not among them.
ROWS = {
    "chatwoot": 8 + 8 + 4 + 4 + 1,
    "freshdesk": 7 + 5,
    "glpi": 7 + 2 + 2 + 1,
    "jira_service_management": 8 + 3 + 3 + 1,
    "limesurvey": 7 + (6 * 5 + 1) + 5,
    "osticket": 8 + 4,
    "qualtrics": 6 + (4 * 5 + 4 + 1) + 5,
    "servicenow": 8,
    "surveymonkey": 7 + (6 * 5 + 1) + 5,
    "wenjuanxing": 8 + (7 * 5 + 4) + 5,
    "zammad": 6 + 4,
    "zendesk": 9 + 7,
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


# system → table → key → columns, worked out by hand from the samples; the times of ServiceNow, Zammad and Chatwoot are UTC there.
EXPECTED: dict[str, dict[str, dict[str, dict[str, Any]]]] = {
    "zendesk": {
        "service_requests": {
            "1001": {
                "customer_id": "901001", "channel": "online", "urgency": "normal", "requested_at": at("2025-01-06 09:00"),
                "responded_at": at("2025-01-06 09:25"), "resolved_at": at("2025-01-06 12:00"), "status": "closed",
                "contact_count": 1,
            },
            # First solved after a day, reopened, solved again on 9 January.
            "1002": {
                "channel": "phone", "urgency": "urgent", "responded_at": at("2025-01-07 10:35"),
                "resolved_at": at("2025-01-08 10:30"), "status": "resolved", "contact_count": 3, "reopened_count": 1,
            },
            "1010": {"responded_at": None, "resolved_at": None, "status": "open", "urgency": None, "contact_count": 1},
        },
        "online_sessions": {
            "1003": {"kind": "web_form", "is_live": False, "first_human_reply_at": at("2025-01-14 15:00")},
            "1006": {"kind": "chat", "is_live": True, "first_human_reply_at": at("2025-02-03 11:02")},
        },
    },
    "servicenow": {
        "service_requests": {
            "INC0010001": {
                "product_category": "hardware", "issue_class": "disk", "channel": "phone", "urgency": "urgent",
                "requested_at": at("2025-01-06 09:00"), "responded_at": at("2025-01-06 09:40"),
                "resolved_at": at("2025-01-06 13:30"), "closed_at": at("2025-01-13 13:30"), "status": "closed", "contact_count": 1,
            },
            # Resolved at 14:10, reopened, resolved again a day later.
            "INC0010002": {
                "requested_at": at("2025-01-08 10:10"), "responded_at": at("2025-01-08 11:10"),
                "resolved_at": at("2025-01-08 14:10"), "status": "resolved", "contact_count": 3, "reopened_count": 1,
            },
            "INC0010005": {"responded_at": None, "resolved_at": None, "status": "cancelled", "channel": "outlet", "staff_id": None},
            "INC0010007": {"requested_at": at("2025-03-31 23:59:59"), "responded_at": None, "status": "open"},
        },
    },
    "jira_service_management": {
        "service_requests": {
            "SUP-1": {
                "customer_id": "customer-001", "issue_class": "Report a fault", "urgency": "urgent", "status": "closed",
                "requested_at": at("2025-01-06 09:00"), "responded_at": at("2025-01-06 09:20"),
                "resolved_at": at("2025-01-06 15:30"),
            },
            "SUP-4": {"requested_at": at("2025-02-03 12:00"), "responded_at": None, "status": "open", "staff_id": None},
            "SUP-5": {"status": "cancelled"},
            "SUP-6": {"status": "resolved"},
            "SUP-7": {"requested_at": at("2025-03-10 00:05")},
        },
        "survey_responses": {
            "SUP-2": {
                "survey_id": "JIRA-CSAT-2025-Q1", "customer_id": "customer-002", "submitted_at": at("2025-01-11 08:05"),
                "comment": None,
            },
        },
        "survey_answers": {"SUP-1": {"score": 5}, "SUP-2": {"score": 3}, "SUP-6": {"score": 4}},
    },
    "freshdesk": {
        "service_requests": {
            "501": {
                "customer_id": "43001", "product_category": "Ovens", "issue_class": "Problem", "channel": "phone",
                "requested_at": at("2025-01-06 09:00"), "responded_at": at("2025-01-06 09:10"),
                "resolved_at": at("2025-01-06 11:30"),
                "closed_at": at("2025-01-08 11:30"), "status": "closed", "contact_count": 1,
            },
            "502": {"channel": "online", "urgency": "urgent", "status": "resolved", "closed_at": None, "contact_count": 3},
            "506": {"status": "open", "resolved_at": None, "responded_at": at("2025-02-13 08:30")},
        },
        "online_sessions": {
            "503": {"kind": "chat", "is_live": True, "first_human_reply_at": at("2025-01-15 15:21")},
            "504": {"kind": "web_form", "is_live": False, "first_human_reply_at": None},
        },
    },
    "zammad": {
        "service_requests": {
            "67001": {
                "customer_id": "21", "staff_id": "5", "channel": "online", "urgency": "normal",
                "requested_at": at("2025-01-06 09:00"),
                "responded_at": at("2025-01-06 09:30"), "resolved_at": at("2025-01-06 11:00"), "status": "closed",
                "contact_count": 1, "reopened_count": 0,
            },
            "67002": {
                "channel": "phone", "urgency": "urgent", "responded_at": at("2025-01-07 10:15:30.123"),
                "resolved_at": at("2025-01-07 16:15"), "closed_at": at("2025-01-09 16:15"), "contact_count": 3, "reopened_count": 1,
            },
            "67004": {"staff_id": None, "status": "open", "responded_at": None, "urgency": "normal"},
        },
        "online_sessions": {"67006": {"kind": "chat", "is_live": True, "first_human_reply_at": at("2025-03-03 10:01")}},
    },
    "glpi": {
        "service_requests": {
            "301": {
                "customer_id": "51", "staff_id": "61", "product_category": "Printer", "product_serial": "Printer-7",
                "issue_class": "Hardware > Printing", "channel": "phone", "requested_at": at("2025-01-06 09:00"),
                "responded_at": at("2025-01-06 09:15"), "resolved_at": at("2025-01-06 15:00"), "closed_at": at("2025-01-10 09:00"),
                "status": "closed", "reopened_count": 0,
            },
            # The first solution was refused.
            "302": {
                "urgency": "urgent", "channel": "online", "resolved_at": at("2025-01-09 10:00"), "closed_at": None,
                "status": "resolved", "paused_seconds": 7200, "reopened_count": 1,
            },
            "303": {"issue_class": None, "product_category": None, "status": "open", "resolved_at": None},
            "307": {"channel": None, "resolved_at": at("2025-03-05 10:00")},
        },
        "survey_responses": {
            "2": {
                "survey_id": "GLPI-2025-Q1", "customer_id": "51", "request_id": "305", "submitted_at": at("2025-02-08 10:00"),
                "comment": "Came back too late",
            },
        },
        "survey_answers": {"1": {"score": 5}, "2": {"score": 3}},
    },
    "osticket": {
        "service_requests": {
            "100201": {
                "customer_id": "31", "issue_class": "Report a Problem", "channel": "online", "urgency": "normal",
                "requested_at": at("2025-01-06 09:00"), "responded_at": at("2025-01-06 10:00"),
                "resolved_at": at("2025-01-06 17:00"),
                "status": "closed", "contact_count": 1, "reopened_count": 0, "merged_into": None,
            },
            # Closed at 15:00, reopened (which annuls that), closed again on 10 January.
            "100202": {
                "channel": "phone", "urgency": "urgent", "responded_at": at("2025-01-07 11:05"),
                "resolved_at": at("2025-01-07 15:00"),
                "closed_at": at("2025-01-10 10:00"), "status": "resolved", "contact_count": 2, "reopened_count": 1,
            },
            "100203": {"staff_id": None, "status": "open", "closed_at": None},
            "100204": {"merged_into": "100201"},
        },
        "online_sessions": {"100206": {"kind": "web_form", "first_human_reply_at": at("2025-02-19 09:25")}},
    },
    "chatwoot": {
        "service_requests": {
            "1": {
                "customer_id": "71", "channel": "online", "urgency": None, "requested_at": at("2025-01-06 09:00:00.125"),
                "responded_at": at("2025-01-06 09:02"), "resolved_at": at("2025-01-06 09:30"), "status": "resolved",
                "reopened_count": 0,
            },
            "2": {"urgency": "urgent", "resolved_at": at("2025-01-07 12:00"), "status": "resolved", "reopened_count": 1},
            "3": {"resolved_at": at("2025-01-20 14:00"), "status": "open", "reopened_count": 1},
            "4": {"staff_id": None, "responded_at": None, "status": "open", "reopened_count": 0},
        },
        "online_sessions": {
            "1": {"kind": "chat", "is_live": True, "first_human_reply_at": at("2025-01-06 09:02")},
            "2": {"kind": "email", "is_live": False},
            "7": {"kind": "chat", "is_live": False},
        },
        "survey_responses": {
            "2": {"survey_id": "CHATWOOT-2025-Q1", "request_id": "2", "submitted_at": at("2025-01-08 13:00"), "comment": None},
        },
        "survey_answers": {"1": {"score": 5}, "2": {"score": 2}},
    },
    "wenjuanxing": {
        "survey_responses": {
            # 85 seconds before 9:05:11
            "1": {
                "started_at": at("2025-01-06 09:03:46"), "submitted_at": at("2025-01-06 09:05:11"), "is_complete": True,
                "device_token": "192.0.2.11", "comment": "师傅很准时",
            },
            "2": {"comment": None},
        },
        "survey_answers": {
            "3 q1": {"score": 2}, "3 q2": {"score": 3}, "3 q3": {"score": 1},
            "3 q4": {"score": 2}, "3 q5": {"score": 2},
        },
    },
    "qualtrics": {
        "survey_responses": {
            "R_1aaaaaaaaaaaaa3": {
                "customer_id": "C002", "started_at": at("2025-01-15 20:30"), "submitted_at": at("2025-01-15 20:35"),
                "is_complete": True, "device_token": "192.0.2.22", "comment": "I waited,\ntwice",
            },
            "R_1aaaaaaaaaaaaa4": {"is_complete": False},
            "R_1aaaaaaaaaaaaa5": {"customer_id": "R_1aaaaaaaaaaaaa5"},
        },
        "survey_answers": {
            "R_1aaaaaaaaaaaaa3 Q1": {"score": 2}, "R_1aaaaaaaaaaaaa3 Q2": {"score": 1}, "R_1aaaaaaaaaaaaa3 Q3_1": {"score": 3},
            "R_1aaaaaaaaaaaaa4 Q1": {"score": 3},
        },
    },
    "limesurvey": {
        "survey_responses": {
            "1": {
                "customer_id": "tok1aaaaaaaaaaa", "started_at": at("2025-01-06 09:01"), "submitted_at": at("2025-01-06 09:06:40"),
                "is_complete": True, "comment": "Fast",
            },
            "3": {"is_complete": False, "submitted_at": at("2025-01-20 08:01:30")},
            "5": {"customer_id": "response 5"},
        },
        "survey_answers": {"2 SAT": {"score": 2}, "2 STAFF": {"score": 3}, "2 VALUE": {"score": 1}, "3 SAT": {"score": 3}},
    },
    "surveymonkey": {
        "survey_responses": {
            "11800000001": {
                "customer_id": "C101", "started_at": at("2025-01-06 09:00:05"), "submitted_at": at("2025-01-06 09:04:30"),
                "is_complete": True, "comment": "Nothing",
            },
            "11800000003": {"submitted_at": at("2025-01-31 00:03")},
            "11800000004": {"is_complete": False, "customer_id": "11800000004"},
        },
        "survey_answers": {
            "11800000002 overall": {"score": 2}, "11800000002 staff": {"score": 3}, "11800000003 value": {"score": 3},
        },
    },
}  # fmt: skip

# What must not arrive: a merged ticket, a removed one, a preview, a question that was skipped.
LEFT_OUT = {
    "zendesk": [("service_requests", "1005"), ("online_sessions", "1005")],
    "zammad": [("service_requests", "67003"), ("service_requests", "67007")],
    "glpi": [("service_requests", "304")],
    "freshdesk": [("service_requests", "505")],
    "qualtrics": [("survey_responses", "R_1aaaaaaaaaaaaa2")],
    "wenjuanxing": [("survey_answers", "6 q4")],
}


@pytest.fixture
def landing(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A landing folder with the files of the system."""
    return Path(shutil.copytree(SOURCES / request.param, tmp_path / "landing"))


def landed(landing: Path, tables: Iterable[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """The rows of the tables by the last part of their key; answers to several questions by response and question."""
    sources, lake = load_sources(landing / "sources.yaml"), Lake(landing.parent / "lake")
    read = {table: pq.read_table(take_snapshot(TABLES[table], landing, sources, lake).path).to_pylist() for table in tables}
    return {table: {key_of(table, row, rows): row for row in rows} for table, rows in read.items()}


def key_of(table: str, row: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    if table == "survey_answers" and any(other["question_id"] != row["question_id"] for other in rows):
        return f"{row['response_id']} {row['question_id']}"
    return row[{"service_requests": "request_id", "online_sessions": "session_id"}.get(table, "response_id")]


@pytest.mark.parametrize(("landing", "system"), [(each, each) for each in SYSTEMS], indirect=["landing"], ids=SYSTEMS)
def test_the_sample_is_read_whole_and_as_it_was_exported(landing: Path, system: str) -> None:
    code, said, complained = asq_here("check", "2025-Q1", "--landing", landing, "--json", environment=environment())
    assert code == 0, said + complained
    checked = json.loads(said)
    assert [each for each in checked["findings"] if each["level"] != "info"] == []
    assert [(run["quarter"], run["rows"], run["refused"]) for run in checked["runs"]] == [("2025-Q1", ROWS[system], 0)]
    arrived = landed(landing, EXPECTED[system])
    for table, rows in EXPECTED[system].items():
        assert {key: {column: arrived[table][key][column] for column in columns} for key, columns in rows.items()} == rows
    for table, key in LEFT_OUT.get(system, ()):
        assert key not in arrived[table]


def test_every_system_has_its_page() -> None:
    assert set(SYSTEMS) == set(ROWS) == set(EXPECTED)
    index = (SOURCES / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"\[[^\]]+\]\((\w+)\)", index)) == SYSTEMS
    for system in SYSTEMS:
        page = (SOURCES / system / "README.md").read_text(encoding="utf-8")
        assert f"--sources examples/sources/{system}/sources.yaml" in page
        assert re.search(r"https://\S+", page)
