"""Redaction of personal data in free text: a library of patterns and replacements.

The scanner in ``pipeline/privacy/`` must never import it, nor the reverse: a scanner that shares patterns is blind where they are.
"""
