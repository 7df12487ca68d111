"""Stage accept: is this quarter's delivery, as a whole, fit to be evaluated?

DuckDB measures figures of the clean rows, Great Expectations checks them in its own process, and the results are Dagster asset
checks and pages that a person signs. Single rows are validated in the validate stage.
"""
