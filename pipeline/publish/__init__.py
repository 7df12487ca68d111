"""Publish: the two gates (k-anonymity, scan for personal data) and the switch that makes a run current.

Nothing is computed here that a report shows; the patterns and measures of the gates are in ``pipeline/privacy/``.
"""
