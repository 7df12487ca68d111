"""The errors a user can meet, with the exit code each one means.

No message may hold personal data: values are masked before they get here.
"""

from __future__ import annotations


class AsqError(Exception):
    """Base of every error that is explained to the user instead of shown as a traceback."""

    exit_code = 1


class DataRefused(AsqError):
    """The data delivered cannot be evaluated as they are (exit code 1)."""

    exit_code = 1


class UsageError(AsqError):
    """The command or its configuration is wrong, whatever the data (exit code 2)."""

    exit_code = 2
