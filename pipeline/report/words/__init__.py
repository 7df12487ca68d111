"""The words and number formats of reports."""
