"""Editions, languages and formats of reports."""

EDITIONS = ("management", "operations", "public")
"""For those who decide, for those who do the work, for everybody."""
LANGUAGES = ("zh", "en")
FORMATS = ("html", "pdf", "docx", "xlsx", "json")
