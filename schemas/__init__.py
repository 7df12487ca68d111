"""What the data is: one pandera class per source table, the contract derived from them, and the standard as data.

How data flows does not belong here: no Dagster, no lake, nothing of ``pipeline/``.
"""
