"""The command line ``asq``: a thin layer over the stages, for people and schedulers.

Exit codes: 0 success, 1 data refused, 2 wrong call or configuration, or a fault of the machine (a full disk, missing rights, a
damaged file), 130 interrupted by Ctrl-C.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from pipeline.commands.analyse import analyse
from pipeline.commands.analyst import analyst
from pipeline.commands.check import check
from pipeline.commands.explain import explain
from pipeline.commands.faults import MACHINE_FAULT, fault_line
from pipeline.commands.options import lake_in_use, output_in_use
from pipeline.commands.outliers import outliers
from pipeline.commands.privacy import privacy
from pipeline.commands.purge import purge
from pipeline.commands.quarantine import quarantine
from pipeline.commands.reference import contract, indicators
from pipeline.commands.run import backfill, report, run
from pipeline.commands.sample import sample
from pipeline.commands.schema import schema
from pipeline.commands.suggest import init, suggest
from pipeline.commands.warehouse import warehouse
from pipeline.commands.what_if import what_if
from pipeline.errors import AsqError
from pipeline.lake.files import private_files
from schemas.standard.catalogue import StandardDataError

# As shells report a command interrupted by Ctrl-C: 128 + SIGINT.
_INTERRUPTED = 130


class _Group(click.Group):
    """Explains the project's own errors in words instead of a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (AsqError, StandardDataError) as error:
            click.echo(f"asq: {error}", err=True)
            sys.exit(error.exit_code)
        except Exception as error:
            line = fault_line(error, lake_in_use(ctx), output_in_use(ctx))
            if line is None:
                raise
            click.echo(f"asq: {line}", err=True)
            sys.exit(MACHINE_FAULT)
        except KeyboardInterrupt:
            click.echo("asq: interrupted; earlier publications are unchanged", err=True)
            sys.exit(_INTERRUPTED)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context: click.Context) -> None:
    """Evaluate after-sales service quality by T/GXDSL 244—2025, quarter by quarter."""
    context.with_resource(private_files())


for each in (
    run,
    backfill,
    sample,
    init,
    suggest,
    check,
    contract,
    indicators,
    schema,
    report,
    analyse,
    explain,
    what_if,
    analyst,
    warehouse,
    outliers,
    quarantine,
    purge,
    privacy,
):
    main.add_command(each)
