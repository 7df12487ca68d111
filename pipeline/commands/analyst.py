"""``asq analyst``: asks the analysts' layer, which has every table of every run, and logs who asked."""

from __future__ import annotations

import click

from pipeline.commands.options import lake_option
from pipeline.errors import UsageError
from pipeline.settings.places import lake_at


@click.command()
@click.argument("query")
@lake_option
def analyst(query: str, lake: str) -> None:
    """Print the answer to a SQL QUERY over the analysts' layer as CSV.

    Records of people are among its tables: only the lake's owner may open it, and log/access.jsonl says who asked for which tables.
    """
    import duckdb

    from pipeline.lake.access_log import append, entry
    from pipeline.lake.database import connected
    from pipeline.lake.warehouse import refresh_stale_warehouse

    place = lake_at(lake)
    if not place.published_quarters():
        raise UsageError(f"{lake}: nothing was published yet; run `asq run` first")
    refresh_stale_warehouse(place)
    try:
        # The names that a query mentions, whether or not there are such tables.
        with connected() as reader:
            tables = sorted(reader.get_table_names(query))
        with connected(file=place.analyst_warehouse, read_only=True) as connection:
            append(place, [entry("asq analyst", "query", zone="analyst", tables=tables)])
            answer = connection.execute(query).pl()
    except duckdb.IOException as error:
        raise UsageError(f"{place.analyst_warehouse}: cannot be read by this user: {error}") from None
    except duckdb.Error as error:
        raise UsageError(f"the query cannot be answered: {error}") from None
    click.echo(answer.write_csv(), nl=False)
