"""Speed and memory of a quarter's evaluation, beside a hand-written DuckDB script. Nothing here is used by a run."""
