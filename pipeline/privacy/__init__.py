"""The proof behind the desensitize stage: whether what users see holds personal data.

Nothing here takes personal data out, and nothing of ``pipeline/desensitize`` is used: a scanner that shared its patterns would
be blind where they are.
"""
