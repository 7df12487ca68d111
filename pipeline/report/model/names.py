"""What reports call enterprises, regions and outlets: by the names that were delivered, else by their codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

_TABLES = {
    "dim_enterprise": ("enterprise_id", "enterprise_name"),
    "dim_region": ("region_code", "region_name"),
    "dim_outlet": ("outlet_id", "outlet_name"),
}


@dataclass(frozen=True)
class Names:
    """The names of one enterprise and its places; ``Names("E01")`` knows none.

    >>> Names("E01", regions={"450103": "青秀区"}).region("450103")
    '青秀区'
    >>> Names("E01").enterprise
    'E01'
    """

    enterprise_id: str
    name: str | None = None
    regions: Mapping[str, str] = field(default_factory=dict)
    outlets: Mapping[str, str] = field(default_factory=dict)

    @property
    def enterprise(self) -> str:
        return self.name or self.enterprise_id

    def region(self, code: str) -> str:
        return self.regions.get(code, code)

    def outlet(self, outlet_id: str) -> str:
        return self.outlets.get(outlet_id, outlet_id)

    def place(self, scope_type: str, scope_id: str) -> str:
        """The name of a scope, or of a member of a dimension; other codes than enterprises, regions and outlets stay."""
        if scope_type == "enterprise":
            return self.enterprise if scope_id == self.enterprise_id else scope_id
        known = {"region": self.regions, "outlet": self.outlets}.get(scope_type, {})
        return known.get(scope_id, scope_id)


def read_names(run_path: Path) -> Mapping[str, Names]:
    """By enterprise: the names in a run's folder; publications of earlier versions have none."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for table, (code, name) in _TABLES.items():
        path = run_path / f"{table}.parquet"
        if not path.is_file() or name not in pl.read_parquet_schema(path):
            continue
        rows = pl.read_parquet(path, columns=list(dict.fromkeys(("enterprise_id", code, name)))).drop_nulls()
        for row in rows.iter_rows(named=True):
            found.setdefault(row["enterprise_id"], {}).setdefault(table, {})[row[code]] = row[name]
    return {
        enterprise: Names(
            enterprise,
            of_tables.get("dim_enterprise", {}).get(enterprise),
            of_tables.get("dim_region", {}),
            of_tables.get("dim_outlet", {}),
        )
        for enterprise, of_tables in found.items()
    }
