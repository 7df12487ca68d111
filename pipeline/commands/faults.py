"""What a command says of a fault of the machine: a full disk, missing rights, a damaged file."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.errors import UsageError

MACHINE_FAULT = UsageError.exit_code


def fault_line(error: Exception, lake: Path | None, output: Path | None = None) -> str | None:
    """The line for an exception that a command did not explain; None for a fault of the program, which is shown as such.

    lake    the folder of the lake in use, whose files are looked at where a library could not read one
    output  what the command writes elsewhere
    """
    if isinstance(error, click.ClickException | click.Abort | click.exceptions.Exit):
        return None
    from pipeline.lake.faults import Kind, explained_fault, fault_of

    fault = fault_of(error)
    if fault is not None and fault.kind is not Kind.UNREADABLE and not (fault.kind is Kind.MISSING and lake is None):
        return explained_fault(fault, lake, beside=output)
    # What a damaged file holds may fail anywhere.
    return _damage(lake) if lake is not None and lake.is_dir() else None


def _damage(root: Path) -> str | None:
    """The damaged files of a lake, and what to do about them."""
    from pipeline.lake.damaged import damaged_files, listed, quarter_published
    from pipeline.lake.layout import Lake

    lake = Lake(root)
    found = damaged_files(lake, thoroughly=True)
    if not found:
        return None
    quarters = {quarter_published(lake, each.path) or each.quarter for each in found}
    labels = [quarter.label for quarter in sorted(each for each in quarters if each is not None)]
    again = " and ".join(f"`asq run {label}`" for label in labels) or "the quarter again with `asq run`"
    return f"{root}: {listed(found)}. Run {again}: what is damaged is set aside and made anew"
