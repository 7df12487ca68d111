"""Sections of the report, one module each: their part of the model and how its rows are formed."""
