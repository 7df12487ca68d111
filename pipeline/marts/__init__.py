"""The marts stage: runs the dbt project on a scratch DuckDB and exports its marts as Parquet.

Counting is SQL in ``dbt_project/``; scoring is in ``pipeline/evaluate/``.
"""
