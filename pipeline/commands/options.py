"""What several commands share: the options that name places, and the console."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryFile

import click
from rich.console import Console

from pipeline.errors import UsageError

console = Console(highlight=False, soft_wrap=True)

lake_option = click.option(
    "--lake", type=click.Path(file_okay=False), envvar="ASQ_LAKE", required=True, help="Lake folder."
)
landing_option = click.option(
    "--landing", type=click.Path(file_okay=False), envvar="ASQ_LANDING", required=True, help="Landing folder."
)
sources_option = click.option(
    "--sources", type=click.Path(), help="Source mapping [default: sources.yaml in the landing folder]."
)
corrections_option = click.option(
    "--corrections",
    type=click.Path(),
    envvar="ASQ_CORRECTIONS",
    help="Corrections of known source errors [default: corrections.csv in the landing folder].",
)
review_option = click.option(
    "--outlier-review",
    type=click.Path(),
    envvar="ASQ_OUTLIER_REVIEW",
    help="Review of outliers [default: outlier_review.csv in the landing folder].",
)


def require_writable(folder: Path) -> None:
    """Make a folder if need be; raises UsageError when no file can be put into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written to: {error.strerror}") from None
