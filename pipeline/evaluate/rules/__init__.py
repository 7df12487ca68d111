"""Process rules PR-01 … PR-97: one module per group of clauses, the register of all rules, and their results.

Counting the evidence belongs to the marts; the rules' texts and limits to ``schemas/standard/``.
"""
