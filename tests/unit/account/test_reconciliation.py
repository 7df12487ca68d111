"""Whether steps add up: flows between two stocks, on figures worked out by hand."""

from __future__ import annotations

import pytest

from pipeline.account.reconciliation import RowsUnreconciled, Step, gaps, require_reconciled
from pipeline.calendar.quarters import Quarter

# 100 records, 5 left out, 2 rows made of wide ones; 97 read, 30 of other quarters: 67. 4 refused, 63; 3 not counted, 60.
STEPS = (
    Step("delivered", 100, True),
    Step("left out", -5, False, "sources.yaml: where"),
    Step("made of wide records", 2, False),
    Step("read", 97, True),
    Step("of other quarters", -30, False),
    Step("extracted", 67, True),
    Step("refused", -3, False, "range"),
    Step("refused", -1, False, "type"),
    Step("accepted", 63, True),
    Step("clean", 63, True),
    Step("not counted", -3, False, "test_request"),
    Step("counted", 60, True),
)


def test_steps_that_add_up():
    assert gaps(STEPS) == []
    require_reconciled(Quarter(2025, 1), {"hotline_calls": STEPS})


@pytest.mark.parametrize("place", range(len(STEPS)))
def test_one_row_more_anywhere_is_found(place):
    wrong = list(STEPS)
    step = wrong[place]
    wrong[place] = Step(step.name, step.rows + 1, step.is_stock, step.rule)
    # A stock between two others disagrees with both.
    assert len(gaps(tuple(wrong))) == (2 if step.is_stock and 0 < place < len(STEPS) - 1 else 1)


def test_the_error_names_table_quarter_and_figures():
    wrong = (*STEPS[:-1], Step("counted", 61, True))
    with pytest.raises(RowsUnreconciled, match="hotline_calls 2025-Q1: 63 rows clean and -3 between are not 61 rows counted"):
        require_reconciled(Quarter(2025, 1), {"hotline_calls": wrong})
