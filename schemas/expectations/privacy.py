"""Published tables with single records or persons, and the columns that could identify one: declarations only.

The treatment is in ``pipeline/privacy/``. A new record-level table is one entry here; an undeclared published table that
identifies records or persons is refused. All other tables are treated as aggregates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from schemas.contract import TABLES

WITHHELD = "*"
"""Replaces a suppressed value."""

GENERALISED = "generalised_columns"
SUPPRESSED = "is_suppressed"
"""Columns of a released table: how many quasi-identifiers were suppressed, and whether all of them were."""

PERSON_SCOPE = "staff"
"""The ``scope_type`` whose rows are about one person each."""


@dataclass(frozen=True)
class RecordTable:
    """A shareable record-level table: published k-anonymous and l-diverse.

    ``quasi_identifiers``: what others may know about a person's record, in the order of suppression; in a hierarchy the finer
    column first (model before category, outlet before region). ``sensitive``: columns that need l different values in each
    class. ``within``: columns that are never suppressed and separate classes. ``follows``: columns that reveal a
    quasi-identifier and are suppressed with it.
    """

    quasi_identifiers: tuple[str, ...]
    sensitive: tuple[str, ...] = ()
    within: tuple[str, ...] = ("enterprise_id", "quarter")
    follows: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


RECORD_TABLES: Mapping[str, RecordTable] = MappingProxyType(
    {
        # Columns that indicators are counted by (urgency, complexity, channel, kind of service) are suppressed last: D-76.
        "fct_service_requests": RecordTable(
            quasi_identifiers=(
                *("product_model", "requested_month", "issue_class", "outlet_id", "region_code", "product_category"),
                *("service_type", "channel", "complexity", "urgency"),
            ),
            follows=MappingProxyType(dict.fromkeys(("is_repair_done", "is_repair_repeated", "acceptance_passed"), "service_type")),
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
"""Internal tables, not to be shared: the columns by which a row identifies a record or person."""


def identifying_columns() -> frozenset[str]:
    """Names of columns that identify a single record or person, by the input contract.

    Keys of dated records, customers, staff and experts, the desensitized forms of personal data, and the position of a row
    in its source file; not the keys that registers also have (outlets, regions, questions).
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


KINDS = (
    *("name", "phone", "id_number", "bank_card", "plate", "email", "account", "address", "spoken_number"),
    *("vehicle", "network_address", "coordinates", "birth_date"),
)
RELEASED, INTERNAL, AGGREGATE, UNDECLARED = "released_records", "internal_records", "aggregate", "undeclared_records"
RELEASED_LAYER = "released_layer"
