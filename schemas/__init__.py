"""What the data is: one pandera class per source table, the contract read out of them, and the standard as data.

Nothing here knows how data flows: no Dagster, no lake, nothing of ``pipeline/``.
"""
