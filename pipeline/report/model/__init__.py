"""The report model: all that a report says, read from the tables of a run, without any formatting."""
