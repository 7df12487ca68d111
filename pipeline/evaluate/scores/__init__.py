"""Scores of indicators, and the tree that adds them up to a total.

No weight is computed here, and no value.
"""
