"""Optional means optional: without a column, or with an empty one, no row is refused, the indicators that need it have no data, and
the others stay as they are.

Every optional column of the contract is taken out of the golden delivery in turn, three of each table at a time (one under
``make test-thorough``). What must follow is written down here by the definitions of clause 六, not read from the catalogue.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from thoroughness import times

from golden.published import QUARTER, Published
from pipeline.calendar.quarters import Quarter
from pipeline.evaluate.analysis_plan import PLAN_SCHEMA
from pipeline.evaluate.inputs import COUNTED_MARTS, CountedMarts
from pipeline.evaluate.quarter import build_weights, evaluate_marts
from pipeline.lake.layout import Lake
from pipeline.marts.dbt_compiled import DbtCompiled
from pipeline.marts.inputs import RunInputs, pinned_clean_files
from pipeline.marts.scratch import export_tables, scratch_folder
from pipeline.settings.plan import EvaluationPlan
from pipeline.validate.quarter import validate_quarter
from schemas.contract import TABLES

pytestmark = pytest.mark.xdist_group("golden")

THIS = Quarter.parse(QUARTER)
SURVEYED = {"P4-1", "P4-3", "P4-4", "P5-3", "O2-1", "O2-2", "O2-3", "O2-4", "O2-5", "O3-1b", "O3-3", "I4-2"}
# What has no data without the column.
NEEDED_BY: dict[str, set[str]] = {
    "service_requests.customer_id": {"R3-1", "O1-1", "O1-3"},
    "service_requests.product_serial": {"O1-2"},
    "service_requests.issue_class": {"O1-1", "O1-2", "O1-3"},
    "service_requests.service_type": {"O1-2", "O1-4"},
    "service_requests.channel": {"O2-2", "O2-5", "I4-2"},
    "service_requests.urgency": {"P2-1c"},
    "service_requests.complexity": {"P2-3a", "P2-3b"},
    "service_requests.status": {"O1-1", "O1-3", "P4-2"},
    "service_requests.contact_count": {"O1-1", "P4-2"},
    "service_requests.reopened_count": {"O1-1", "O1-3"},
    "service_requests.responded_at": {"P2-1c", "P2-3a", "P2-3b"},
    "service_requests.resolved_at": {"P2-3a", "P2-3b", "O1-2", "O1-4", "I4-3"},
    "service_requests.personalised_plan": {"P5-1"},
    "service_requests.special_need": {"P5-2"},
    "service_requests.special_need_met": {"P5-2"},
    "service_requests.notices_required": {"P4-2"},
    "service_requests.notices_sent": {"P4-2"},
    "service_requests.form_fields_required": {"P3-3"},
    "service_requests.form_fields_valid": {"P3-3"},
    "service_requests.has_service_error": {"I4-1"},
    "service_requests.quoted_amount": {"O3-2"},
    "service_requests.charged_amount": {"O3-2"},
    "onsite_visits.arrived_at": {"P2-2"},
    "onsite_visits.outcome": {"P2-2"},
    "appointments.earliest_offered_on": {"P1-4"},
    "hotline_calls.answered_at": {"P1-2", "P2-1a"},
    "online_sessions.first_human_reply_at": {"P1-3", "P2-1b"},
    "online_sessions.is_live": {"P2-1b"},
    "complaints.first_reply_at": {"I1-2"},
    "complaints.satisfaction": {"I1-3"},
    "suggestions.source": {"I1-4"},
    "suggestions.evaluated_at": {"I1-4"},
    "suggestions.adopted": {"I1-4"},
    "survey_answers.score": SURVEYED,
    "survey_questions.measures": SURVEYED,
    "survey_questions.touchpoint": {"O2-2", "O2-5", "I4-2"},
    "parts_demands.is_common": {"R5-1"},
    "parts_demands.filled_from_stock": {"R5-1"},
    "parts_orders.is_urgent": {"R5-2", "R5-3"},
    "parts_orders.shipped_at": {"R5-2"},
    "parts_orders.received_at": {"R5-3"},
    "safety_hazards.fixed_at": {"O4-2"},
    "improvement_projects.effective_on": {"I3-1", "I3-3"},
    "outlets.service_radius_km": {"R1-2a", "R1-2b"},
    "outlets.open_days_per_week": {"R1-3a"},
    "outlets.open_hours_per_day": {"R1-3b"},
    "outlets.has_service_system": {"R2-2"},
    "equipment.calibrated_until": {"R2-3"},
    "process_steps.monitored_since": {"I2-1"},
    "complaint_channels.last_probe_passed_on": {"I1-1"},
}
OF_REQUESTS = {
    *("R3-1", "P1-1", "P1-2", "P1-3", "P1-4", "P2-1a", "P2-1b", "P2-1c", "P2-2", "P2-3a", "P2-3b", "P3-3", "P4-2", "P5-1", "P5-2"),
    *("O1-1", "O1-2", "O1-3", "O1-4", "O2-2", "O2-5", "O3-2", "O4-1", "I4-1", "I4-2", "I4-3"),
}
OF_OUTLETS = {"R1-1", "R1-2a", "R1-2b", "R1-3a", "R1-3b", "R2-2", "R2-3"}
OF_STAFF = {"R2-1", "R3-1", "R3-2", "R3-3", "R3-4", "R4-1", "I4-3"}
# What is still measured without the column, by the reading of an empty cell: nothing was paused, denied, signed, merged or left.
REFINES: dict[str, set[str]] = {
    "service_requests.product_category": {"O1-1", "O1-3"},
    "service_requests.product_model": {"O1-1", "O1-3"},
    "service_requests.product_serial": {"O1-1", "O1-3"},
    "service_requests.paused_seconds": {"P2-3a", "P2-3b"},
    "service_requests.customer_confirmed": {"O1-1", "O1-3"},
    "service_requests.scope_change_signed": {"O3-2"},
    # Each of the two can do without the other.
    "service_requests.performance_ratio": {"O1-4"},
    "service_requests.acceptance_passed": {"O1-4"},
    "service_requests.merged_into": OF_REQUESTS,
    "service_requests.is_test": OF_REQUESTS,
    # A channel works by a probe passed or by a complaint that came through it.
    "complaints.channel": {"I1-1"},
    "outlets.closed_on": OF_OUTLETS,
    "staff.certificate_valid_from": {"R3-2"},
    "staff.certificate_valid_until": {"R3-2"},
    "staff.left_on": OF_STAFF,
    "vehicles.retired_on": {"R2-1"},
    # A version whose only bound is gone is in force without end.
    **{f"outlets.valid_{bound}": OF_OUTLETS for bound in ("from", "to")},
    **{f"equipment.valid_{bound}": {"R2-3"} for bound in ("from", "to")},
    **{f"price_items.valid_{bound}": {"O3-1a"} for bound in ("from", "to")},
}

OPTIONAL = {name: [column.name for column in table.columns if not column.required] for name, table in TABLES.items()}
MEASURABLE = {
    name: [column.name for column in table.columns if not column.required and not column.pii] for name, table in TABLES.items()
}


def test_every_name_is_one_of_the_contract() -> None:
    optional = {f"{table}.{column}" for table, columns in MEASURABLE.items() for column in columns}
    assert {*NEEDED_BY, *REFINES} <= optional


@pytest.fixture(scope="module")
def lake(golden: Published, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A copy of the golden lake, without what it published."""
    root = tmp_path_factory.mktemp("optional") / "lake"
    whole = golden.warehouse.parent
    for zone in ("landing", "raw", "accepted", "quarantine", "clean"):
        if (whole / zone).is_dir():
            shutil.copytree(whole / zone, root / zone)
    return Lake(root)


def _emptied(path: Path, column: str) -> None:
    """Rewrite a Parquet file without any value in the column; its metadata stay."""
    table = pq.read_table(path)
    place = table.schema.get_field_index(column)
    nothing = pa.nulls(table.num_rows, table.schema.field(place).type)
    emptied = table.set_column(place, table.schema.field(place), nothing)
    path.unlink()
    pq.write_table(emptied, path)


def _undelivered(path: Path, column: str) -> None:
    """As extract marks a partition whose files lack the column."""
    table = pq.read_table(path)
    marks = dict(table.schema.metadata or {})
    delivered = set(json.loads(marks[b"delivered_columns"])) - {column}
    path.unlink()
    pq.write_table(table.replace_schema_metadata(marks | {b"delivered_columns": json.dumps(sorted(delivered)).encode()}), path)


@pytest.mark.parametrize("table", [name for name, columns in OPTIONAL.items() if columns])
def test_no_row_is_refused_for_an_empty_optional_column(lake: Lake, tmp_path: Path, table: str) -> None:
    own = Lake(tmp_path / "lake")
    for zone in ("landing", "raw"):
        if (lake.root / zone).is_dir():
            shutil.copytree(lake.root / zone, own.root / zone)
    raw = own.partition("raw", table, THIS)
    as_delivered = raw.read_bytes()

    def refused() -> set[tuple[str, int]]:
        validate_quarter(TABLES[table], THIS, own, limit=1)
        found = pl.read_parquet(own.partition("quarantine", table, THIS))
        return set(found.select("origin_file", "origin_row").iter_rows())

    before = refused()
    for column in OPTIONAL[table]:
        raw.unlink()
        raw.write_bytes(as_delivered)
        _emptied(raw, column)
        assert refused() <= before, column


def _in_turn() -> Iterator[dict[str, list[str]]]:
    """Some columns of each table at a time, until each had its turn; neighbours often belong together and have different ones."""
    at_once = 1 if times(100) == 100 else 3
    turns = -(-max(map(len, MEASURABLE.values())) // at_once)
    for turn in range(turns):
        yield {table: columns[turn::turns] for table, columns in MEASURABLE.items() if turn < len(columns)}


Evaluate = Callable[[], dict[str, tuple[object, ...]]]


@contextmanager
def _counted(lake: Lake) -> Iterator[Evaluate]:
    """Count the clean records once; evaluating reads also what was delivered."""
    plan, dbt = EvaluationPlan(), DbtCompiled()
    with scratch_folder(lake, "optional") as scratch, pinned_clean_files(THIS, lake) as files:
        dbt.build_models(COUNTED_MARTS, RunInputs(THIS, files), scratch)
        with dbt.tables(scratch) as tables:
            export_tables(tables, lambda name: scratch / f"{name}.parquet", COUNTED_MARTS, plan.privacy)
        marts = CountedMarts.read(lambda name: scratch / f"{name}.parquet")
        weights = build_weights(lake, THIS, plan)

        def evaluate() -> dict[str, tuple[object, ...]]:
            values = evaluate_marts(marts, lake, THIS, plan, weights, pl.DataFrame(schema=PLAN_SCHEMA)).of_enterprises
            own = values.filter(pl.col("period") == QUARTER, pl.col("enterprise_id") == "A")
            rows = own.select("indicator_id", "value", "status", "status_reason", "sample_size").iter_rows()
            return {indicator: tuple(row) for indicator, *row in rows}

        yield evaluate


@pytest.fixture(scope="module")
def unchanged(lake: Lake) -> dict[str, tuple[object, ...]]:
    with _counted(lake) as evaluate:
        return evaluate()


@pytest.mark.parametrize("columns", list(_in_turn()), ids=lambda columns: "-".join(columns["service_requests"]))
def test_what_needs_the_column_has_no_data_and_nothing_else_moves(
    lake: Lake, unchanged: dict[str, tuple[object, ...]], columns: dict[str, list[str]]
) -> None:
    chosen = [(table, column) for table, of_table in columns.items() for column in of_table]
    names = {f"{table}.{column}" for table, column in chosen}
    needing = set().union(*(NEEDED_BY.get(name, set()) for name in names))
    refined = set().union(*(REFINES.get(name, set()) for name in names))
    kept: dict[Path, bytes] = {}
    try:
        for table in columns:
            for zone in ("clean", "raw"):
                for path in lake.partitions(zone, table).values():
                    kept[path] = path.read_bytes()
        for table, column in chosen:
            for path in lake.partitions("clean", table).values():
                _emptied(path, column)
        with _counted(lake) as evaluate:
            empty = evaluate()
            for table, column in chosen:
                _undelivered(lake.partition("raw", table, THIS), column)
            absent = evaluate()
    finally:
        for path, data in kept.items():
            path.unlink()
            path.write_bytes(data)
    for how, found in (("empty", empty), ("absent", absent)):
        for indicator, before in unchanged.items():
            value, status, reason, _ = found[indicator]
            if indicator in needing:
                assert (value, status) == (None, "no_data"), (how, indicator, names, reason)
            elif indicator not in refined:
                assert found[indicator] == before, (how, indicator, names)
