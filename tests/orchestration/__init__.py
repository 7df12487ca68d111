"""Tests of whole runs: definitions, command line, publication, determinism, the Dagster UI, the ways to start dbt.

What the figures are is worked out in tests/golden; here runs are started, killed, repeated and compared.
"""
