"""Removes personal data: accepted partitions → clean partitions, the only form that later stages may read.

Keys, pseudonyms, masks and free-text redaction live here. The contract's ``pii`` column (``schemas/``) says what is
personal; later stages make results k-anonymous.
"""
