"""The publish stage: two gates (k-anonymity, scan for personal data) and the switch that makes a run current.

Report content is computed elsewhere; the gates' patterns and measures are in ``pipeline/privacy/``.
"""
