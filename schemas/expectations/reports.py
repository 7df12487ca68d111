"""Editions, languages and formats of reports."""

EDITIONS = ("management", "operations", "public")
"""For those who decide, for those who do the work, for everybody."""
OF_EVERY_RUN = ("management", "public")
"""Those that a run writes unless the plan says otherwise; the operations edition has some twenty charts and all the bookkeeping."""
LANGUAGES = ("zh", "en")
FORMATS = ("html", "pdf", "docx", "xlsx", "json")
