"""Values of indicators: from additive parts to value, interval, sample size and status.

Counting belongs to the marts, scoring to ``scores/``.
"""
