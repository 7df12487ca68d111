"""Which published tables hold single records or persons, and what could tell one of them apart: declarations only.

The treatment is in ``pipeline/privacy/``. A new record-level table is one entry here; a published table that names records
or persons and has none is refused. Every other table is taken for an aggregate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from schemas.contract import TABLES

WITHHELD = "*"
"""Stands for a value that was given up so that its record cannot be told apart."""

GENERALISED = "generalised_columns"
SUPPRESSED = "is_suppressed"
"""Columns of a released table: how many quasi-identifiers were given up, and whether all of them were."""

PERSON_SCOPE = "staff"
"""The ``scope_type`` whose rows are each about one person."""


@dataclass(frozen=True)
class RecordTable:
    """A record-level table that may be handed on: it leaves the run k-anonymous and l-diverse.

    ``quasi_identifiers``: what others may know of a person's record, in the order in which it is given up; of a hierarchy the
    finer column first (model before category, outlet before region). ``sensitive``: what must have l different values in each
    class. ``within``: columns that never change; classes do not reach across them. ``follows``: columns that tell the value of
    a quasi-identifier and go with it.
    """

    quasi_identifiers: tuple[str, ...]
    sensitive: tuple[str, ...] = ()
    within: tuple[str, ...] = ("enterprise_id", "quarter")
    follows: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


RECORD_TABLES: Mapping[str, RecordTable] = MappingProxyType(
    {
        # What indicators are counted by (urgency, complexity, channel, kind of service) is given up last: D-76.
        "fct_service_requests": RecordTable(
            quasi_identifiers=(
                *("product_model", "requested_month", "issue_class", "outlet_id", "region_code", "product_category"),
                *("service_type", "channel", "complexity", "urgency"),
            ),
            follows=MappingProxyType(
                dict.fromkeys(("is_repair_done", "is_repair_repeated", "acceptance_passed"), "service_type")
            ),
        ),
        "fct_complaints": RecordTable(
            quasi_identifiers=("received_month", "outlet_id", "region_code", "channel", "urgency"),
            sensitive=("cause_class",),
        ),
        "fct_safety_incidents": RecordTable(quasi_identifiers=("occurred_month", "outlet_id", "region_code")),
    }
)

INTERNAL_TABLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "quarantine": ("table", "origin_file", "origin_row", "row_key"),
        "cleaning_log": ("table", "origin_file", "origin_row", "row_key"),
        "outliers": ("table", "row_key"),
        "outlier_decisions": ("table", "row_key"),
        "weight_judgements": ("expert_id",),
    }
)
"""Tables for those who work on the data, not to be handed on: the columns by which a row points at one record or person."""


def identifying_columns() -> frozenset[str]:
    """Names of columns that point at a single record or person, by the input contract.

    Keys of dated records, customers, staff and experts, what desensitizing makes of personal data, and the place of a row in
    its source file. Keys that registers have too (outlets, regions, questions) are none.
    """
    dated = {name for table in TABLES.values() if table.has_quarters for name in table.key}
    registered = {name for table in TABLES.values() if not table.has_quarters for name in table.key}
    personal = {column.name for table in TABLES.values() for column in table.columns if column.pii}
    made = {f"{name}_{kind}" for name in personal for kind in ("token", "masked", "redacted")}
    people = {"customer_id", "staff_id", "expert_id"}
    origin = {"origin_row", "_origin_row", "_row_id", "row_key"}
    return frozenset((dated - registered) | people | made | origin)


def undeclared(table: str, columns: Iterable[str]) -> tuple[str, ...]:
    """The identifying columns of a published table that is not declared as internal, sorted."""
    return () if table in INTERNAL_TABLES else tuple(sorted(identifying_columns() & set(columns)))


KINDS = ("name", "phone", "id_number", "bank_card", "plate", "email", "account", "address", "spoken_number")
RELEASED, INTERNAL, AGGREGATE, UNDECLARED = "released_records", "internal_records", "aggregate", "undeclared_records"
