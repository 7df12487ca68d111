"""The validate stage: rows that meet every rule of the contract are accepted; the others go to quarantine with the reason.

The rules are in ``schemas/``; this stage runs them, out of core. It does not check whether a quarter's delivery as a whole is
plausible (volumes, drift): accept does.
"""
