"""The real data sets that have a mapping under ``examples/``: what is proposed agrees with what was mapped by hand.

The bar: at least four of five columns rightly, and none wrongly in the class sure.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from made_deliveries import proposal_of

from pipeline.extract.readers.headers import canonical_name
from pipeline.suggest.delivery import Proposal
from schemas.contract import TABLES

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


def mapped_by_hand(example: str, table: str, header: tuple[str, ...]) -> dict[str, set[str]]:
    """Contract column → the source columns that its mapping names; constants and made-up columns are left out.

    A column that the mapping does not mention is taken from the column of its own name.
    """
    written = yaml.safe_load((EXAMPLES / example / "sources.yaml").read_text(encoding="utf-8"))["tables"][table]["columns"]
    found = {column.name: {column.name} for column in TABLES[table].columns if column.name in header and column.name not in written}
    for name, source in written.items():
        text = source if isinstance(source, str) else (source and (source.get("from") or source.get("expression"))) or ""
        named = {column for column in header if re.search(rf"(?<![\w+]){re.escape(column)}(?![\w+])", text)}
        if named:
            found[name] = named
    return found


def agreement(proposal: Proposal, by_hand: dict[str, set[str]]) -> float:
    """The share of columns that are proposed rightly; none may be wrong in the class sure."""
    assert proposal.match is not None
    right = 0
    for name, sources in by_hand.items():
        match = proposal.match.matches.get(name)
        if match is None:
            continue
        is_right = bool(set(match.sources) & sources)
        right += is_right
        assert is_right or match.grade != "sure", name
    return right / len(by_hand)


@pytest.mark.parametrize(
    ("example", "pattern", "table"),
    [
        ("callcentre_anonymous_bank", "data_anonymous_bank_february.txt.gz", "hotline_calls"),
        ("openrepair", "OpenRepairData_v0.3_*.csv.gz", "service_requests"),
        ("uci_incident_log", "incident_event_log.csv.gz", "service_requests"),
    ],
)
def test_most_columns_are_found(shared_data: Path, example: str, pattern: str, table: str) -> None:
    (proposal,) = proposal_of(*sorted((shared_data / example).glob(pattern))).proposals
    assert proposal.match is not None
    assert proposal.match.table.name == table
    assert agreement(proposal, mapped_by_hand(example, table, proposal.file.names)) >= 0.8
    if example == "uci_incident_log":
        assert proposal.rows is not None
        assert proposal.rows.latest_by == {"key": ["number"], "order_by": ["sys_mod_count"]}
        assert proposal.file.null_marks == ["?"]


def test_pairs_of_a_korean_survey_are_found(shared_data: Path) -> None:
    (proposal,) = proposal_of(shared_data / "kiosk_servqual_korea" / "kiosk.csv").proposals
    assert proposal.survey is not None
    assert proposal.file.parts[0].written == {"encoding": "cp949"}
    tables = yaml.safe_load((EXAMPLES / "kiosk_servqual_korea" / "sources.yaml").read_text(encoding="utf-8"))["tables"]
    found = {item.score.name: (item.expectation and item.expectation.name, item.scale) for item in proposal.survey.items}
    for question, sides in tables["survey_answers"]["unpivot"]["rows"].items():
        expected = canonical_name(sides["expectation"]) if "expectation" in sides else None
        # The data set's page: 24 items on 7 points; that of the example: overall satisfaction on 5.
        assert found[canonical_name(sides["score"])] == (expected, (1, 5) if question == "overall" else (1, 7))
