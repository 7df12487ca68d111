"""Spare parts: demands at the counter and orders to the warehouse.

Parts used by a repair are a column of ``service.ServiceRequests``.
"""

from __future__ import annotations

from schemas.base import Boolean, SourceTable, String, Timestamp, column, not_before


class PartsDemands(SourceTable):
    """One row per enterprise × demand for a spare part (备件需求)."""

    enterprise_id: String = column(key=True, required=True)
    demand_id: String = column(key=True, required=True)
    part_id: String = column()
    outlet_id: String = column(references="outlets")
    is_common: Boolean = column(meaning="常用备件")
    requested_at: Timestamp = column(event=True, required=True)
    filled_from_stock: Boolean = column(meaning="R5-1")

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "parts_demands"
        title = "备件需求"


class PartsOrders(SourceTable):
    """One row per enterprise × spare-part order (备件订单)."""

    enterprise_id: String = column(key=True, required=True)
    order_id: String = column(key=True, required=True)
    part_id: String = column()
    is_urgent: Boolean = column()
    ordered_at: Timestamp = column(event=True, required=True)
    shipped_at: Timestamp = column(
        meaning="R5-2 response", expected_where="is_urgent", checks=[not_before("shipped_before_ordered", "ordered_at")]
    )
    received_at: Timestamp = column(
        meaning="R5-3",
        expected_where="not is_urgent",
        checks=[
            not_before("received_before_shipped", "shipped_at"),
            not_before("received_before_ordered", "ordered_at", only_without="shipped_at"),
        ],
    )

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "parts_orders"
        title = "备件订单"
