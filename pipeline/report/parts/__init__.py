"""Sections of the report, one module each: the section's part of the model and how its rows are built."""
