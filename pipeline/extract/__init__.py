"""Extract: the enterprise's files → Parquet in the contract's columns and types; all that came, with file and row of origin.

This stage reads and casts. It does not validate rows (validate), hide personal data (desensitize) or count (marts).
Reading order: ``files`` (finds the files, checks that they are whole) → ``readers/`` (record by record) → ``mapping/`` (records
→ contract columns) → ``stream`` (both together) → ``snapshot`` (all quarters) → ``partition`` (one quarter). ``check`` runs the
same steps without writing.
"""
