"""The declared analyses: every line is checked, and every table of the stage belongs to one of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.expectations.analyses import Analysis, analyses, not_offered
from schemas.expectations.release import column_classes
from schemas.sheet import StandardDataError
from schemas.standard.edition import analyses as methods

_HEADER = "analysis_id,method_id,tables,needs,unit,compares_earlier,may_find_nothing\n"


def test_methods_and_what_is_not_offered_are_the_eight_of_clause_seven() -> None:
    named = [method.analysis_id for method in methods()]
    used = {analysis.method_id for analysis in analyses().values()} - {None}
    assert used | set(not_offered()) == set(named)
    assert used.isdisjoint(not_offered())


def test_every_table_has_one_analysis_and_declared_columns() -> None:
    tables = [table for analysis in analyses().values() for table in analysis.tables]
    assert len(tables) == len(set(tables))
    assert set(tables) <= column_classes().keys()


def test_a_line_is_an_analysis(tmp_path: Path) -> None:
    file = tmp_path / "analyses.csv"
    file.write_text(_HEADER + "pareto,root_cause,analysis_pareto;pareto_parts,mart_record_cells,quarter,no,yes\n", encoding="utf-8")
    (found,) = analyses(file).values()
    assert found == Analysis(
        "pareto", "root_cause", ("analysis_pareto", "pareto_parts"), "mart_record_cells", "quarter", False, True
    )
    assert found.mart == "mart_record_cells"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("a,averages,t,evaluation,period,no,no", r"row 2, column method_id: 'averages' is not one of descriptive, "),
        ("a,text,t,rows,period,no,no", r"row 2, column needs: 'rows' is neither a mart nor one of evaluation, "),
        ("a,text,,evaluation,period,no,no", r"row 2, column tables: must not be empty"),
        ("a,text,t,evaluation,year,no,no", r"row 2, column unit: 'year' is not one of period, quarter"),
        ("a,text,t,evaluation,period,maybe,no", r"row 2, column compares_earlier: 'maybe' is not yes or no"),
        ("a,text,t,evaluation,period,no,no\na,,u,evaluation,period,no,no", r"row 3, column analysis_id: 'a' is there twice"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, fault: str) -> None:
    file = tmp_path / "analyses.csv"
    file.write_text(_HEADER + line + "\n", encoding="utf-8")
    with pytest.raises(StandardDataError, match=fault):
        analyses(file)
