"""What the golden tests read: the published tables of one lake, one row at a time.

Expected values are in the tests; nothing is worked out here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

QUARTER = "2025-Q1"


@dataclass(frozen=True)
class Published:
    """The published tables of one lake."""

    warehouse: Path

    def rows(self, query: str, parameters: list[Any] | None = None) -> list[dict[str, Any]]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            cursor = connection.execute(query, parameters or [])
            names = [column[0] for column in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def value(
        self,
        indicator: str,
        *,
        enterprise: str = "A",
        period: str = QUARTER,
        scope: tuple[str, str] | None = None,
    ) -> dict[str, Any]:
        """The one row of ``indicator_values``; ``scope`` is like ("region", "N"), the whole enterprise by default."""
        return self._one("indicator_values", "indicator_id", indicator, enterprise, period, scope)

    def variant(
        self,
        indicator: str,
        variant: str,
        *,
        enterprise: str = "A",
        period: str = QUARTER,
        scope: tuple[str, str] | None = None,
    ) -> dict[str, Any]:
        """The one row of ``indicator_variants``."""
        key = f"{indicator} {variant}"
        return self._one("indicator_variants", "indicator_id || ' ' || variant", key, enterprise, period, scope)

    def score(self, node: str, *, level: str | None = None, enterprise: str = "A", period: str = QUARTER) -> Any:
        """The row of ``scores`` of a node (an indicator, R1, R, ALL …)."""
        found = self.rows(
            "select * from scores where enterprise_id = ? and period = ? and node_id = ? and level = coalesce(?, level)",
            [enterprise, period, node, level],
        )
        assert len(found) == 1, f"{len(found)} rows of scores for {node}"
        return found[0]

    def check(
        self,
        indicator: str,
        value: float,
        numerator: float | None = None,
        denominator: float | None = None,
        n: int | None = None,
        status: str = "ok",
        within: float | None = None,
        **where: Any,
    ) -> dict[str, Any]:
        """Assert a published value to 1e-9; parts that are None are not looked at."""
        row = self.value(indicator, **where)
        assert (row["status"], row["value"]) == (status, pytest.approx(value, rel=1e-9, abs=1e-9))
        for column, expected in (
            ("numerator", numerator),
            ("denominator", denominator),
            ("sample_size", n),
            ("within_limit_rate", within),
        ):
            if expected is not None:
                assert (column, row[column]) == (column, pytest.approx(expected, rel=1e-9, abs=1e-9))
        if status == "insufficient_sample":
            assert row["status_reason"] == "below_minimum_n:30"
        return row

    def _one(
        self, table: str, key: str, wanted: str, enterprise: str, period: str, scope: tuple[str, str] | None
    ) -> dict[str, Any]:
        scope_type, scope_id = scope or ("enterprise", None)
        found = self.rows(
            f"select * from {table} where enterprise_id = ? and period = ? and scope_type = ?"
            f" and scope_id = coalesce(?, scope_id) and {key} = ?",
            [enterprise, period, scope_type, scope_id, wanted],
        )
        assert len(found) == 1, f"{len(found)} rows of {table} for {enterprise} {period} {scope} {wanted}"
        return found[0]
