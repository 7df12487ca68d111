"""What every stage's Dagster assets share: partitions, the settings of a run, work table by table, progress."""
