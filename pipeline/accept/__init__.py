"""Stage accept: is this quarter's delivery, as a whole, fit to be evaluated?

Figures of the clean rows are measured by DuckDB, judged by Great Expectations in a process of its own, and shown as Dagster
asset checks and as pages that a person signs. Single rows are the validate stage's business.
"""
