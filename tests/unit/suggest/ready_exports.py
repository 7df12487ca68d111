"""What the ready mappings of ``examples/sources`` take from which column: the answers by which proposals are marked.

Counted are columns of the main file of a table that its mapping takes as they are, by a value map, a CASE, or a join to the file
that their keys lead to (then the column that holds the key). Not counted are constants, what is aggregated over several rows of
another file (first answer, number of reopenings), and what only asks whether a cell is filled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.suggest.delivery import Proposal, suggested

SOURCES = Path(__file__).resolve().parents[3] / "examples" / "sources"

Answers = Mapping[str, str]

# Mapping → main file → table → column of the contract: column of the file. Where a mapping makes two tables of one file, either may
# be proposed. Questions of a survey are listed under their own column.
MAPPED: Mapping[str, Mapping[str, Mapping[str, Answers]]] = {
    "zendesk": {
        "zendesk_tickets.csv": {
            "service_requests": {
                "request_id": "Id", "customer_id": "Requester id", "channel": "Via", "urgency": "Priority",
                "requested_at": "Created at", "responded_at": "First reply time in minutes",
                "resolved_at": "First resolution time in minutes", "status": "Status", "contact_count": "Replies",
                "reopened_count": "Reopens",
            },
        },
    },
    "freshdesk": {
        "freshdesk_tickets.csv": {
            "service_requests": {
                "request_id": "Ticket ID", "customer_id": "Contact ID", "product_category": "Product", "issue_class": "Type",
                "channel": "Source", "urgency": "Priority", "requested_at": "Created time", "responded_at": "Initial response time",
                "resolved_at": "Resolved time", "closed_at": "Closed time", "status": "Status",
                "contact_count": "Agent interactions", "description": "Subject",
            },
        },
    },
    "jira_service_management": {
        "jira_issues.csv": {
            "service_requests": {
                "request_id": "Issue key", "customer_id": "Reporter Id", "staff_id": "Assignee Id",
                "issue_class": "Custom field (Request Type)", "urgency": "Priority", "requested_at": "Created",
                "responded_at": "Custom field ([CHART] Date of First Response)", "resolved_at": "Resolved", "status": "Status",
                "description": "Summary",
            },
        },
    },
    "limesurvey": {
        "results-survey123456.csv": {
            "survey_responses": {
                "response_id": "id", "customer_id": "token", "started_at": "startdate", "submitted_at": "submitdate",
                "device_token": "ipaddr", "comment": "COMMENT", "q1": "SAT", "q2": "SOLVED", "q3": "SERVICE[STAFF]",
                "q4": "SERVICE[EXPLAIN]", "q5": "SERVICE[VALUE]",
            },
        },
    },
    "qualtrics": {
        "qualtrics_survey.csv": {
            "survey_responses": {
                "response_id": "ResponseId", "customer_id": "ExternalReference", "mode": "DistributionChannel",
                "started_at": "StartDate", "submitted_at": "EndDate", "is_complete": "Finished", "device_token": "IPAddress",
                "comment": "Q4", "q1": "Q1", "q2": "Q2", "q3": "Q3_1", "q4": "Q3_2", "q5": "Q3_3",
            },
        },
    },
    "surveymonkey": {
        "surveymonkey_responses.csv": {
            "survey_responses": {
                "response_id": "Respondent ID", "customer_id": "Custom Data 1", "started_at": "Start Date",
                "submitted_at": "End Date", "device_token": "IP Address", "comment": "What could we do better?",
                "q1": "Overall, how satisfied are you with our service?",
                "q2": "How satisfied are you with the solution of your problem?", "q3": "Please rate the following:",
                # The mapping calls these column 13 and column 14; suggest writes out names, of the second header row.
                "q4": "How clearly the service was explained", "q5": "Value for money",
            },
        },
    },
    "wenjuanxing": {
        "wenjuanxing_答卷.csv": {
            "survey_responses": {
                "response_id": "序号", "started_at": "所用时间", "submitted_at": "提交答卷时间", "device_token": "来自IP",
                "comment": "6、您的意见和建议", "q1": "1、您对本次售后服务的总体满意度", "q2": "2、服务人员的态度与能力",
                "q3": "3、问题的解决结果", "q4": "4、服务方案的解释是否清晰", "q5": "5、服务价格与质量是否相称",
            },
        },
    },
    "servicenow": {
        "incident.csv": {
            "service_requests": {
                "request_id": "number", "customer_id": "caller_id", "product_category": "category", "issue_class": "subcategory",
                "channel": "contact_type", "staff_id": "assigned_to", "urgency": "priority", "requested_at": "opened_at",
                "closed_at": "closed_at", "status": "state", "contact_count": "reassignment_count",
                "reopened_count": "reopen_count", "description": "short_description",
            },
        },
    },
    "zammad": {
        "tickets.csv": {
            "service_requests": {
                "request_id": "number", "customer_id": "customer_id", "staff_id": "owner_id", "channel": "create_article_type_id",
                "urgency": "priority_id", "requested_at": "created_at", "responded_at": "first_response_at",
                "resolved_at": "close_at", "closed_at": "last_close_at", "status": "state_id",
            },
        },
    },
    "chatwoot": {
        "conversations.csv": {
            "service_requests": {
                "request_id": "display_id", "customer_id": "contact_id", "staff_id": "assignee_id", "channel": "inbox_id",
                "urgency": "priority", "requested_at": "created_at", "responded_at": "first_reply_created_at", "status": "status",
            },
            "online_sessions": {
                "session_id": "display_id", "staff_id": "assignee_id", "kind": "inbox_id", "opened_at": "created_at",
                "first_human_reply_at": "first_reply_created_at",
            },
        },
        "csat_survey_responses.csv": {
            "survey_responses": {
                "response_id": "id", "customer_id": "contact_id", "request_id": "conversation_id", "submitted_at": "created_at",
                "comment": "feedback_message", "q1": "rating",
            },
        },
    },
    "glpi": {
        "glpi_tickets.csv": {
            "service_requests": {
                "request_id": "id", "issue_class": "itilcategories_id", "channel": "requesttypes_id", "urgency": "priority",
                "requested_at": "date", "responded_at": "takeintoaccountdate", "closed_at": "closedate",
                "paused_seconds": "waiting_duration", "status": "status", "description": "name",
            },
        },
        "glpi_ticketsatisfactions.csv": {
            "survey_responses": {
                "response_id": "id", "request_id": "tickets_id", "submitted_at": "date_answered", "comment": "comment",
                "q1": "satisfaction",
            },
        },
    },
    "osticket": {
        "ost_ticket.csv": {
            "service_requests": {
                "request_id": "number", "customer_id": "user_id", "staff_id": "staff_id", "issue_class": "topic_id",
                "channel": "source", "urgency": "priority", "requested_at": "created", "closed_at": "closed",
                "status": "status_id", "merged_into": "ticket_pid",
            },
        },
    },
}  # fmt: skip

# Made by the mapping of several rows or columns, so that a column that is proposed for them is wrong.
MADE = {
    "servicenow": {"responded_at", "resolved_at"},
    "zammad": {"contact_count", "reopened_count"},
    "chatwoot": {"resolved_at", "reopened_count", "is_complete", "survey_id", "mode"},
    "glpi": {"customer_id", "staff_id", "product_category", "product_serial", "resolved_at", "reopened_count", "survey_id", "mode"},
    "osticket": {"responded_at", "resolved_at", "contact_count", "reopened_count"},
    "limesurvey": {"is_complete", "survey_id", "mode"},
    "surveymonkey": {"is_complete", "survey_id", "mode"},
    "wenjuanxing": {"is_complete", "survey_id", "mode", "customer_id"},
    "qualtrics": {"survey_id"},
}


@dataclass(frozen=True)
class Mark:
    """One column as it was proposed."""

    column: str
    sources: tuple[str, ...]
    grade: str

    def __str__(self) -> str:
        return f"{self.column} from {' + '.join(self.sources)} ({self.grade})"


@dataclass(frozen=True)
class Marks:
    """How the columns of a mapping were proposed. ``wrong``: from another column than that of the mapping, or where it has none."""

    right: tuple[Mark, ...]
    wrong: tuple[Mark, ...]
    missing: tuple[str, ...]
    more: tuple[Mark, ...]
    """For columns that the mapping leaves alone, so that nobody says whether they are right."""

    @property
    def counted(self) -> int:
        return len(self.right) + len(self.missing)

    @property
    def share(self) -> float:
        """Of the columns of the mapping, how many are proposed rightly, in whatever class."""
        return len(self.right) / self.counted

    def row(self, name: str) -> str:
        """A row of the table."""
        grades = ("sure", "likely", "possible")
        cells = [f"{sum(mark.grade == grade for mark in marks)}" for marks in (self.right, self.wrong) for grade in grades]
        return " | ".join([f"{name:<24}", f"{self.counted:>2}", f"{self.share:>4.0%}", *(f"{cell:>2}" for cell in cells)])


def marks_of(system: str) -> Marks:
    """Propose for the sample files of a ready mapping, and mark what is proposed for its main files."""
    folder = SOURCES / system
    delivery = suggested(sorted(folder.glob("*.csv")), folder, "E01")
    right, wrong, missing, more = [], [], [], []
    for file, tables in MAPPED[system].items():
        proposal = next(each for each in delivery.proposals if each.file.parts[0].name == file)
        found = marks(proposal)
        table = proposal.match.table.name if proposal.match else ""
        answers = tables.get(table, next(iter(tables.values())))
        if table not in tables:
            wrong += found.values()
            missing += answers
            continue
        used = {source for mark in found.values() for source in mark.sources}
        for column, source in answers.items():
            # Questions have no column of their own in the table.
            if column[1:].isdigit() and source in used and column not in found:
                right.append(next(mark for mark in found.values() if mark.sources == (source,)))
            elif column in found and source in found[column].sources:
                right.append(found[column])
            else:
                missing.append(column)
                wrong += [found[column]] if column in found else []
        questions = {source for column, source in answers.items() if column[1:].isdigit()}
        for column, mark in found.items():
            if column in answers or (set(mark.sources) & questions and column.startswith("question ")):
                continue
            is_wrong = column in MADE.get(system, ()) or column.startswith("question ")
            (wrong if is_wrong else more).append(mark)
    return Marks(tuple(right), tuple(wrong), tuple(missing), tuple(more))


def marks(proposal: Proposal) -> dict[str, Mark]:
    """What is proposed for a file, by column; the questions of a survey as ``question 1``, …"""
    if proposal.match is None:
        return {}
    found = {
        name: Mark(name, tuple(proposal.file.origin_of(source) for source in match.sources), match.grade)
        for name, match in proposal.match.matches.items()
    }
    for place, item in enumerate(proposal.survey.items if proposal.survey else (), start=1):
        found[f"question {place}"] = Mark(f"question {place}", (item.score.name,), "likely")
    return found
