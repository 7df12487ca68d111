"""Speed and memory of a quarter's evaluation, compared with a hand-written DuckDB script. Not used by a run."""
