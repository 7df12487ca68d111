"""Extract: the enterprise's files → Parquet in the contract's columns and types, all that came, with file and row.

This stage reads and casts. It judges no row (that is validate), hides no personal data (desensitize) and counts
nothing (marts). Reading order: ``sources`` (what the user may configure) → ``files`` (which files, unharmed?) →
``records`` (record by record) → ``mapping`` (records → contract columns) → ``snapshot`` (all quarters) → ``partition``
(one quarter); ``check`` runs the same steps without writing.
"""
