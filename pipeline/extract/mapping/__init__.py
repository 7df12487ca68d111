"""Source records to contract columns: selection, casting, and the DuckDB connection that does both."""
