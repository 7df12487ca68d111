"""The measures that are looked at for outliers fit the contract, the catalogue and the process rules."""

from __future__ import annotations

import re

from schemas.contract import TABLES
from schemas.expectations.outliers import MEASURED_TABLES, MEASURES, METHODS, measures_of
from schemas.standard.catalogue import catalogue_rows
from schemas.standard.process_rules import process_rules


def test_columns_are_the_contract_s_and_hold_no_personal_data() -> None:
    for measure in MEASURES.values():
        table = TABLES[measure.table]
        for name in (*measure.columns, *measure.groups):
            assert table.column(name).pii is None, (measure.id, name)
        # A column that a reviewer may correct must not be part of what the record is found by.
        assert not set(measure.columns) & set(table.unique_key), measure.id
        assert table.unique_key[0] == "enterprise_id", measure.id


def test_the_columns_named_are_those_of_the_expression() -> None:
    for measure in MEASURES.values():
        words = set(re.findall(r"[a-z_0-9]+", measure.expression)) & {each.name for each in TABLES[measure.table].columns}
        assert words == set(measure.columns), measure.id


def test_what_rests_on_a_measure_is_known() -> None:
    known = {row.indicator_id for row in catalogue_rows()} | {row.named_indicator_id for row in catalogue_rows()}
    known |= set(process_rules())
    for measure in MEASURES.values():
        assert set(measure.indicators) <= known, measure.id


def test_measures_are_in_the_contract_s_order() -> None:
    assert [name for name in TABLES if name in MEASURED_TABLES] == sorted(MEASURED_TABLES, key=list(TABLES).index)
    assert [each.id for table in MEASURED_TABLES for each in measures_of(table)] == list(MEASURES)
    assert METHODS == ("z", "z_log", "z_mad")
