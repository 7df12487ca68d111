"""Extract: the enterprise's files → Parquet in the contract's columns and types, all that came, with file and row.

This stage reads and casts. It validates no row (that is validate), hides no personal data (desensitize) and counts nothing
(marts). Reading order: ``files`` (which files, unharmed?) → ``readers/`` (record by record) → ``mapping/`` (records → contract
columns) → ``stream`` (both together) → ``snapshot`` (all quarters) → ``partition`` (one quarter); ``check`` runs the same steps
without writing.
"""
