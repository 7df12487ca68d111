"""The marts as Dagster sees them: one asset per seed and model, one check per test, as dagster-dbt derives them from the manifest.

Derived once per version of the project and kept beside what dbt compiled, because importing dagster-dbt and dbt takes longer than
a small quarter's marts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import dagster as dg

from pipeline import flow
from pipeline.lake.files import atomic_path
from pipeline.marts.project import is_published, manifest_path, nodes
from pipeline.stage.partitions import GATHERED, OWNERS, PER_QUARTER

MARTS = "marts"
_FILE = f"derived-by-dagster-{dg.__version__}.json"
_TABLE_NAME, _COLUMNS, _UNIQUE_ID = "dagster/table_name", "dagster/column_schema", "dagster_dbt/unique_id"
# What is kept of the metadata; the rest is for dbt's command line.
_KEPT = (_UNIQUE_ID, "dagster-dbt/materialization_type", "dagster/storage_kind")


def marts_lineage() -> tuple[list[dg.AssetSpec], list[dg.AssetCheckSpec]]:
    """The assets and checks of the dbt project, without importing dbt."""
    path = manifest_path().with_name(_FILE)
    if not path.exists():
        from dagster_dbt import DagsterDbtTranslator

        definition = _derived(DagsterDbtTranslator(), lambda context: None)
        kept = {
            "assets": [_asset_kept(spec) for spec in definition.specs],
            "checks": [_check_kept(spec) for spec in definition.check_specs],
        }
        with atomic_path(path) as temporary:
            temporary.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
    kept = json.loads(path.read_text(encoding="utf-8"))
    return [_asset(of) for of in kept["assets"]], [_check(of) for of in kept["checks"]]


def stock_definition(function: Any) -> dg.AssetsDefinition:
    """dagster-dbt's own definition of the marts, computed by ``function``: what dbt's command line needs."""
    from dagster_dbt import DagsterDbtTranslator

    class StageTranslator(DagsterDbtTranslator):
        def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: Any) -> dg.AssetSpec:
            node = manifest["nodes"].get(unique_id) or manifest["sources"][unique_id]
            return _of_stage(super().get_asset_spec(manifest, unique_id, project), node)

    return _derived(StageTranslator(), function)


def _derived(translator: Any, function: Any) -> dg.AssetsDefinition:
    from dagster_dbt import dbt_assets

    return dbt_assets(manifest=manifest_path(), name=MARTS, **PER_QUARTER, dagster_dbt_translator=translator)(function)


def _of_stage(spec: dg.AssetSpec, node: Mapping[str, Any]) -> dg.AssetSpec:
    """A dbt node in the marts group, with owners and the place where it can be read after the run."""
    metadata = {name: value for name, value in spec.metadata.items() if name != _TABLE_NAME}
    # A seed has no SQL to show.
    description = node["description"] if node["resource_type"] == "seed" else spec.description
    if is_published(node):
        metadata[_TABLE_NAME] = f"analyst.main.{node['name']}"
        description = f"{GATHERED} {description}"
    return spec.replace_attributes(
        group_name=flow.MARTS, owners=OWNERS, kinds={"dbt", "duckdb"}, description=description, metadata=metadata
    )


def _asset_kept(spec: dg.AssetSpec) -> dict[str, Any]:
    columns = spec.metadata.get(_COLUMNS)
    return {
        "key": spec.key.path,
        "deps": [dep.asset_key.path for dep in spec.deps],
        "description": spec.description,
        "code_version": spec.code_version,
        "metadata": {name: spec.metadata[name] for name in _KEPT if name in spec.metadata},
        "columns": [[column.name, column.type, column.description] for column in columns.columns] if columns else [],
    }


def _asset(of: Mapping[str, Any]) -> dg.AssetSpec:
    metadata = dict(of["metadata"])
    if of["columns"]:
        metadata[_COLUMNS] = dg.TableSchema([dg.TableColumn(name, kind, text) for name, kind, text in of["columns"]])
    spec = dg.AssetSpec(
        dg.AssetKey(of["key"]),
        deps=[dg.AssetKey(key) for key in of["deps"]],
        description=of["description"],
        code_version=of["code_version"],
        metadata=metadata,
        skippable=True,
    )
    return _of_stage(spec, nodes()[metadata[_UNIQUE_ID]])


def _check_kept(spec: dg.AssetCheckSpec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "asset": spec.asset_key.path,
        "description": spec.description,
        "blocking": spec.blocking,
        "additional_deps": [dep.asset_key.path for dep in spec.additional_deps],
    }


def _check(of: Mapping[str, Any]) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        of["name"],
        asset=dg.AssetKey(of["asset"]),
        description=of["description"],
        blocking=of["blocking"],
        additional_deps=[dg.AssetKey(key) for key in of["additional_deps"]],
    )
