"""The report model: the content of a report, read from the tables of a run, without formatting."""
