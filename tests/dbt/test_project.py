"""The SQL keeps to what both DuckDB and Spark understand, and names the tables of the contract.

What the macros compute is tested in ``test_macros.py``.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from pipeline.marts.project import PROJECT_DIR, manifest_path
from schemas.contract import TABLES

SQL = [path for folder in ("models", "macros", "tests") for path in sorted((PROJECT_DIR / folder).rglob("*.sql"))]
_COMMENT = re.compile(r"\{#.*?#\}|--[^\n]*", re.DOTALL)
_DBT_MACRO = r"\{\{-?\s*dbt\.(?:(?!\}\}).)*\}\}"

# Written otherwise: dbt.type_string(); a subquery and where (macro scope_sets); brackets around the macro, which Spark
# expands to a sum; cast(); case when; the columns' names.
NOT_PORTABLE = {
    "a text type without a length": r"\bas\s+varchar\s*\)",
    "grouping() in having": r"\bhaving\b(?:(?!\bselect\b).)*?\bgrouping\s*\(",
    "an unbracketed macro of dbt in arithmetic": rf"[-+*/%]\s*{_DBT_MACRO}|{_DBT_MACRO}\s*[-+*/%]",
    "a cast by colons": r"::",
    "filter (where …)": r"\bfilter\s*\(\s*where\b",
    "group by all": r"\bgroup\s+by\s+all\b",
    "exclude": r"\bexclude\b",
    "qualify": r"\bqualify\b",
}


def forms_in(sql: str) -> set[str]:
    code = _COMMENT.sub("", sql)
    return {name for name, form in NOT_PORTABLE.items() if re.search(form, code, re.DOTALL | re.IGNORECASE)}


def test_models_and_macros_keep_to_what_spark_understands_too() -> None:
    assert len(SQL) > 80
    assert {path.name: forms for path in SQL if (forms := forms_in(path.read_text(encoding="utf-8")))} == {}


@pytest.mark.parametrize(
    ("sql", "form"),
    [
        ("select cast(x as varchar) from t", "a text type without a length"),
        ("group by a\nhaving\n    count(*) > 1\n    or grouping(a) = 1", "grouping() in having"),
        ("{{ dbt.datediff('a', 'b', 'month') }} / 3.0", "an unbracketed macro of dbt in arithmetic"),
        ("1 + {{ dbt.datediff('a', 'b', 'month') }}", "an unbracketed macro of dbt in arithmetic"),
        ("select x::int from t", "a cast by colons"),
        ("count(*) filter (where x)", "filter (where …)"),
        ("GROUP BY ALL", "group by all"),
        ("select * exclude (x) from t", "exclude"),
        ("qualify row_number() over (order by x) = 1", "qualify"),
    ],
)
def test_the_forms_are_found(sql: str, form: str) -> None:
    assert forms_in(sql) == {form}


@pytest.mark.parametrize(
    "sql",
    [
        "({{ dbt.datediff('a', 'b', 'month') }}) / 3.0",
        "mod({{ dbt.datediff('a', 'b', 'day') }}, 7)",
        "cast(x as {{ dbt.type_string() }}) -- not as varchar)",
        "select a from t group by a having count(*) > 1 union all select grouping(a) from t",
        "from kept left join excluded on true",
        "cast({{ dbt.dateadd('day', -1, 'a') }} as date), {{ month_index('a') }} - 1",
    ],
)
def test_portable_forms_pass(sql: str) -> None:
    assert forms_in(sql) == set()


def test_the_sources_are_the_contract_s_tables() -> None:
    manifest: dict[str, Any] = json.loads(manifest_path().read_bytes())
    assert [source["name"] for source in manifest["sources"].values()] == list(TABLES)
    # Judgements become weights in the evaluate stage; the questions of a survey are no enterprise's.
    counting = next(node for node in manifest["nodes"].values() if node["name"] == "mart_source_rows")
    missing = {manifest["sources"][name]["name"] for name in manifest["sources"].keys() - counting["depends_on"]["nodes"]}
    assert missing == {name for name, table in TABLES.items() if "enterprise_id" not in table.polars_schema}


def test_the_sql_is_the_same_for_every_quarter() -> None:
    """What a run gives is in its database (pipeline/marts/inputs.py): a variable of dbt would have to be compiled into the SQL."""
    assert [path.name for path in SQL if re.search(r"\bvar\(", _COMMENT.sub("", path.read_text(encoding="utf-8")))] == []
