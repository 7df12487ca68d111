"""Weights of survey responses by the population they represent.

The population margins are read in ``pipeline/settings/survey_files.py``.
"""
