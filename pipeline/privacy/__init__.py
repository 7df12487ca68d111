"""Checks that published data identify nobody: a scan for personal data, anonymity of record-level tables, small cells.

``schemas/expectations/privacy.py`` declares what must be protected. Nothing here removes personal data from
records (``pipeline/desensitize/`` does; messages about them are written without any by ``hiding.py``), and the scan uses nothing of
that code: with shared patterns it would miss the same.
"""
