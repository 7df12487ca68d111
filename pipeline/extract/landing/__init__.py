"""The landing folder: which files feed which table, and the check of them before a run."""
