"""Redaction of personal data in free text: a library of patterns and replacements.

The scanner in ``pipeline/privacy/`` must not import it, nor the reverse: with shared patterns the scanner would miss the same.
"""
