"""Shared by every stage's Dagster assets: partitions, the settings of a run, work table by table, progress."""
