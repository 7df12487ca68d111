"""Weights of survey responses: which population they stand for.

The margins are read in ``pipeline/settings/survey_files.py``.
"""
