"""How the data flows, one folder a stage: extract → validate → desensitize → marts → evaluate → analyse → report.

What the data *is* (contracts, the standard as data) lives in ``schemas/`` and ``dbt_project/seeds/``, not here.
"""
