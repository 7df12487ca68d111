"""Great Expectations on DuckDB: the execution engine and data source that version 1.24 lacks.

Its SQL engine returns the connection before the rows are fetched, and DuckDB's result is lost with it (Great Expectations
issues 10738, 11579). This calls a private method, so the version is pinned in pyproject.toml.
"""

from __future__ import annotations

from typing import Any, Literal, Type  # noqa: UP035

from great_expectations.datasource.fluent import SQLDatasource
from great_expectations.execution_engine import SqlAlchemyExecutionEngine


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """Fetches every result while its connection is still held."""

    def execute_query(self, query: Any) -> Any:
        with self.get_connection() as connection:
            result = self._execute_query_with_recovery(connection, query)
            return result.freeze()() if result.returns_rows else result


class DuckDBDatasource(SQLDatasource):
    """A DuckDB file; defining the class registers ``context.data_sources.add_duckdb``."""

    type: Literal["duckdb"] = "duckdb"  # type: ignore[assignment]

    @property
    def execution_engine_type(self) -> Type[SqlAlchemyExecutionEngine]:  # noqa: UP006  (`type` is the field above)
        return DuckDBExecutionEngine
