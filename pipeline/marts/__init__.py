"""The marts stage: runs the dbt project on a scratch DuckDB and hands its marts over as Parquet.

The counting itself is SQL in ``dbt_project/``; scoring is in ``pipeline/evaluate/``.
"""
