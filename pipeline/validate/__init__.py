"""The validate stage: rows that keep every rule of the contract go on, the others go to quarantine with their reason.

The rules stand in ``schemas/``; here they are run, out of core. Whether a quarter's delivery as a whole is plausible
(volumes, drift) is not judged here.
"""
