"""How the data flows, one folder per stage, in the order of ``pipeline/flow.py``.

extract → validate → desensitize → accept → review → marts → account → evaluate → report → publish. Beside the stages: what they
share (stage, settings, lake, calendar), two libraries that never share patterns (privacy, redact), retention and the sample
generator. What the data *are* (contracts, the standard as data) is in ``schemas/`` and ``dbt_project/seeds/``, not here.
docs/architecture.md walks through it on one page.
"""
