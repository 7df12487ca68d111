"""Proof that what is published points to nobody: anonymity of record-level tables, suppression of small cells.

What must be protected is declared in ``schemas/privacy.py``; personal data end earlier, in ``pipeline/desensitize/``.
"""
