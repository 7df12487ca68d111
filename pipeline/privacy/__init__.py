"""Proof that what is published points to nobody: a scan for personal data, anonymity of record-level tables, small cells.

What must be protected is declared in ``schemas/expectations/privacy.py``. Nothing here takes personal data out, which ends
earlier, in ``pipeline/desensitize/``; nothing of that is used by the scan, for a scanner that shared its patterns would be
blind where they are.
"""
