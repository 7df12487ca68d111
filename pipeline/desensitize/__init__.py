"""Takes personal data out: accepted partitions → clean partitions, the only form later stages may read.

Keys, pseudonyms, masks and free-text redaction live here. What counts as personal is said by the contract's ``pii``
column (``schemas/``), not here; k-anonymity of results is a matter of the later stages.
"""
