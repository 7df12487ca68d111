"""Process rules PR-01 … PR-97: one module per clause of the standard, the register that puts them together, and their results.

Counting the evidence belongs to the marts; the rules' texts and limits to ``schemas/standard/process_rules.py``.
"""
