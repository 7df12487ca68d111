"""Logs every change, omission and uncounted row between landing and marts: the table ``cleaning_log``.

One row per decision about a record or a value; a declared rule for a whole column, or ``sources.yaml`` for a file, has one
row with the number of rows. Gathers the output of the stages; uncounted rows are found in the clean records by the rulings,
independently of the marts, so that ``reconciliation`` can compare the two.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

from pipeline.account.accounting import assign_to_enterprises
from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import counted_quarters
from pipeline.lake.database import connected
from pipeline.lake.inputs import clean_files
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import read_metadata
from pipeline.lake.provenance import DOUBTS, LANDED_FILES, TREATED
from pipeline.lake.row_key import joined_values, row_key_expression
from pipeline.lake.run_folder import RunFolder
from pipeline.lake.sql import literal, parquet, quoted
from pipeline.validate.apply_corrections import SET_ASIDE_BY
from pipeline.validate.masking import masked_keys
from schemas.contract import TABLES, Table

NORMALIZED, LEFT_OUT, SUPERSEDED, MAPPED, NOTED = "normalized", "left_out", "superseded", "mapped", "noted"
REFUSED, DEDUPLICATED, CORRECTED, SET_ASIDE = "refused", "deduplicated", "corrected", "set_aside"
PSEUDONYMIZED, MASKED, REDACTED = "pseudonymized", "masked", "redacted"
OUT_OF_SCOPE, EXCLUDED = "out_of_scope", "excluded"
DELIVERY, QUARTER = "delivery", "quarter"
"""The scope of an entry's row count: its whole file, or the quarter."""
RULE_AUTHOR = "rule"

_COLUMNS = {
    "table": "varchar",
    "quarter": "varchar",
    "enterprise_id": "varchar",
    "origin_file": "varchar",
    "origin_row": "bigint",
    "_row_id": "bigint",
    "row_key": "varchar",
    "step": "varchar",
    "action": "varchar",
    "rule": "varchar",
    "column": "varchar",
    "before_masked": "varchar",
    "after_masked": "varchar",
    "rows": "bigint",
    "counted_over": "varchar",
    "reason": "varchar",
    "author": "varchar",
}
# Rules that refuse duplicates: the first response or record counts.
_DEDUPLICATING = ("unique_key", "duplicate_survey_response")
_TREATMENTS = {"name": MASKED, "address": MASKED, "free_text": REDACTED}
_OF_TEST_REQUEST = "of_test_request"


@dataclass(frozen=True)
class NotCounted:
    """Why clean records of a table are not counted in any measure, as SQL over the clean records ``came``."""

    rule: str
    """The first applicable rule; null: the record counts."""
    is_one_entry: bool = False
    """Rows left out because of rows of another table: one entry per enterprise and rule."""
    step: str = "marts"
    """The stage that does not count them."""


def _follows_request() -> NotCounted:
    return NotCounted(
        f"case when (enterprise_id, request_id) in (select (enterprise_id, request_id) from test_requests) "
        f"then '{_OF_TEST_REQUEST}' end"
    )


_QUESTION = "(survey_id, question_id) in (select (survey_id, question_id) from questions)"
NOT_COUNTED = {
    "service_requests": NotCounted("case when merged_into is not null then 'merged_request' when is_test then 'test_request' end"),
    "onsite_visits": _follows_request(),
    "appointments": _follows_request(),
    "hotline_calls": _follows_request(),
    "online_sessions": _follows_request(),
    # C-41; an answer to a question that no survey asks measures nothing.
    "survey_responses": NotCounted(
        "case when not coalesce(is_complete, false) then 'incomplete_response' "
        "when (quarter, _row_id) not in (select (quarter, _row_id) from first_responses) then 'duplicate_survey_response' "
        "when (quarter, _row_id) not in (select (quarter, _row_id) from answered_responses) then 'no_usable_answer' end"
    ),
    "survey_answers": NotCounted(
        "case when (enterprise_id, response_id) not in (select (enterprise_id, response_id) from first_responses) "
        "then 'response_not_counted' when (enterprise_id, response_id, question_id) not in "
        "(select (enterprise_id, response_id, question_id) from usable_answers) then 'unknown_question' end",
        is_one_entry=True,
    ),
    "mystery_visits": NotCounted(f"case when not {_QUESTION} then 'unknown_question' end"),
    "improvement_projects": NotCounted("case when effective_on is null then 'not_in_effect' end"),
    # The diagonal of a full matrix.
    "expert_judgements": NotCounted("case when left_item = right_item then 'item_compared_with_itself' end", step="evaluate"),
}


def write_cleaning_log(lake: Lake, quarter: Quarter, run: RunFolder) -> pl.DataFrame:
    """Write the quarter's log into the run's folder; returns its rows by table, step, action, rule and counted_over."""
    with connected(lake.scratch) as connection:
        columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in _COLUMNS.items())
        connection.execute(f"create table log ({columns})")
        assign_to_enterprises(connection, lake, quarter)
        _insert(connection, [*_of_extract(lake, quarter), *_of_desensitize(lake, quarter)])
        _log_refusals(connection)
        _log_corrections(connection, lake, quarter)
        excluded = _find_excluded(connection, run)
        _log_excluded(connection, lake, quarter, excluded)
        _log_not_counted(connection, lake, quarter, excluded)
        run.write_query("cleaning_log", connection, "from log")
        return connection.execute(
            'select "table", step, action, rule, counted_over, sum("rows")::bigint as "rows" from log group by all order by all'
        ).pl()


def landed_files(lake: Lake, table: str, quarter: Quarter) -> dict[str, dict[str, Any]] | None:
    """Extract's metadata of each delivered file of a raw partition; None if an earlier version wrote it."""
    found = read_metadata(lake.partition("raw", table, quarter)).get(LANDED_FILES)
    return None if found is None else json.loads(found)


def _of_extract(lake: Lake, quarter: Quarter) -> Iterator[dict[str, Any]]:
    for name in TABLES:
        for file, counts in (landed_files(lake, name, quarter) or {}).items():
            entry = {
                "table": name,
                "quarter": quarter.label,
                "origin_file": file,
                "step": "extract",
                "counted_over": DELIVERY,
            }
            blanks = 'blanks and invisible characters around a value, empty texts, marks of text (="…", \')'
            nothing = f"{blanks}; no value: {', '.join(counts['null_values'])}" if counts["null_values"] else blanks
            yield entry | {"action": NORMALIZED, "rule": nothing, "rows": None}
            for rule, rows in counts["left_out"].items():
                action = SUPERSEDED if rule == "latest_by" else LEFT_OUT
                yield entry | {"action": action, "rule": f"sources.yaml: {rule}", "rows": rows}
            # Counted, not changed.
            if "prepared" in counts:
                rule = f"sources.yaml: prepare, which made {counts['prepared']} rows"
                yield entry | {"action": NOTED, "rule": rule, "rows": counts["records"] or counts["prepared"]}
            # "known_dirt" is the old name: published rules keep it, and files landed under it are read.
            for what, rows in counts.get("known_issues", counts.get("known_dirt", {})).items():
                yield entry | {"action": NOTED, "rule": f"sources.yaml: known_dirt: {what}", "rows": rows}
            for doubt in counts.get(DOUBTS, ()):
                yield entry | {"action": NOTED, "rule": doubt["problem"], "column": doubt["column"], "rows": doubt["count"]}
            for column, rows in counts["mapped"].items():
                yield entry | {"action": MAPPED, "rule": "sources.yaml: values", "column": column, "rows": rows}


def _of_desensitize(lake: Lake, quarter: Quarter) -> Iterator[dict[str, Any]]:
    for name, table in TABLES.items():
        treated = json.loads(read_metadata(lake.partition("clean", name, quarter)).get(TREATED, "{}"))
        for column, rows in treated.items():
            pii = table.column(column).pii or ""
            yield {
                "table": name,
                "quarter": quarter.label,
                "step": "desensitize",
                "action": _TREATMENTS.get(pii, PSEUDONYMIZED),
                "rule": f"personal data: {pii}",
                "column": column,
                "rows": rows,
                "counted_over": QUARTER,
            }


def _insert(connection: duckdb.DuckDBPyConnection, entries: list[dict[str, Any]]) -> None:
    """Entries of whole files and columns; those with 0 rows are left out, those without a count (null) are kept."""
    rows = [{name: entry.get(name) for name in _COLUMNS} | {"author": RULE_AUTHOR} for entry in entries if entry["rows"] != 0]
    kinds = {name: pl.Int64 if kind == "bigint" else pl.String for name, kind in _COLUMNS.items()}
    connection.register("entries", pl.DataFrame(rows, schema=kinds).to_arrow())
    connection.execute("insert into log by name select * from entries")
    connection.unregister("entries")


def _log_refusals(connection: duckdb.DuckDBPyConnection) -> None:
    """One entry per broken rule; a row that breaks several is counted in the first."""
    duplicates = ", ".join(map(literal, _DEDUPLICATING))
    connection.execute(
        f"""
        insert into log by name
        select "table", quarter, enterprise_id, origin_file, origin_row, _row_id, row_key, 'validate' as step,
            case when rule in ({duplicates}) then '{DEDUPLICATED}' else '{REFUSED}' end as action,
            rule, "column", value_masked as before_masked,
            case when row_number() over (
                partition by "table", _row_id order by rule, "column"
            ) = 1 then 1 else 0 end as "rows",
            '{QUARTER}' as counted_over, '{RULE_AUTHOR}' as author
        from owned_refusals
        """
    )


def _log_corrections(connection: duckdb.DuckDBPyConnection, lake: Lake, quarter: Quarter) -> None:
    for name, table in TABLES.items():
        corrected = lake.partition("corrected", name, quarter)
        if not corrected.is_file():
            continue
        owner = "null"
        if "enterprise_id" in table.polars_schema:
            accepted = lake.partition("accepted", name, quarter)
            owner = f"(select any_value(own.enterprise_id) from {parquet(accepted)} as own where own._row_id = corrected._row_id)"
        connection.execute(
            f"""
            insert into log by name
            select "table", quarter, {owner} as enterprise_id, origin_file, origin_row, _row_id, row_key, 'validate' as step,
                case when author = '{SET_ASIDE_BY}' then '{SET_ASIDE}' else '{CORRECTED}' end as action, correction as rule,
                "column", before_masked, after_masked, 1 as "rows", '{QUARTER}' as counted_over, reason, author
            from {parquet(corrected)} as corrected
            """
        )


def _find_excluded(connection: duckdb.DuckDBPyConnection, run: RunFolder) -> frozenset[str]:
    """The temporary table ``excluded``: records that reviewers excluded from the marts; returns their tables."""
    connection.execute(
        'create temp table excluded ("table" varchar, quarter varchar, row_key varchar, reason varchar, reviewer varchar)'
    )
    decisions = run.table("outlier_decisions")
    if decisions.is_file():
        connection.execute(
            'insert into excluded select "table", quarter, row_key, min(reason), min(reviewer) '
            f"from {parquet(decisions)} "
            "where decision = 'exclude' and status = 'in_force' group by all"
        )
    return frozenset(name for (name,) in connection.execute('select distinct "table" from excluded').fetchall())


def _log_excluded(connection: duckdb.DuckDBPyConnection, lake: Lake, quarter: Quarter, excluded: frozenset[str]) -> None:
    for name in sorted(excluded):
        table = TABLES[name]
        path = lake.partition("clean", name, quarter)
        if not path.is_file():
            continue
        enterprise = "rows.enterprise_id" if "enterprise_id" in table.polars_schema else "null"
        found = connection.execute(
            f"select {enterprise} as enterprise_id, _origin_file as origin_file, _origin_row as origin_row, _row_id, row_key, "
            f"reason, reviewer from {parquet(path)} as rows join excluded "
            f'on excluded.row_key = {row_key_expression(table)} where excluded."table" = $table and excluded.quarter = $quarter',
            {"table": name, "quarter": quarter.label},
        ).pl()
        connection.register("found", found.with_columns(row_key=masked_keys(found["row_key"])).to_arrow())
        connection.execute(
            f"""
            insert into log by name
            select '{name}' as "table", '{quarter.label}' as quarter, enterprise_id, origin_file, origin_row, _row_id, row_key,
                'marts' as step, '{EXCLUDED}' as action, 'outlier_review' as rule, 1 as "rows", '{QUARTER}' as counted_over,
                reason, reviewer as author
            from found
            """
        )
        connection.unregister("found")


def _log_not_counted(connection: duckdb.DuckDBPyConnection, lake: Lake, quarter: Quarter, excluded: frozenset[str]) -> None:
    _find_counting_rows(connection, lake, quarter, excluded)
    for name, reasons in NOT_COUNTED.items():
        table = TABLES[name]
        rows = _own_rows(lake, table, quarter, excluded)
        if rows is None:
            continue
        if reasons.is_one_entry:
            connection.execute(
                f"""
                insert into log by name
                select '{name}' as "table", '{quarter.label}' as quarter, enterprise_id, '{reasons.step}' as step,
                    '{OUT_OF_SCOPE}' as action, rule, count(*) as "rows", '{QUARTER}' as counted_over,
                    '{RULE_AUTHOR}' as author
                from (select *, {reasons.rule} as rule from {rows}) where rule is not null group by enterprise_id, rule
                """
            )
            continue
        enterprise = "enterprise_id" if any(column.name == "enterprise_id" for column in table.columns) else "null as enterprise_id"
        found = connection.execute(
            f"select {enterprise}, _origin_file as origin_file, _origin_row as origin_row, _row_id, "
            f"{joined_values(table.key)} as row_key, rule "
            f"from (select *, {reasons.rule} as rule from {rows}) where rule is not null"
        ).pl()
        if found.is_empty():
            continue
        connection.register("found", found.with_columns(row_key=masked_keys(found["row_key"])).to_arrow())
        connection.execute(
            f"""
            insert into log by name
            select '{name}' as "table", '{quarter.label}' as quarter, enterprise_id, origin_file, origin_row, _row_id, row_key,
                '{reasons.step}' as step, '{OUT_OF_SCOPE}' as action, rule, 1 as "rows", '{QUARTER}' as counted_over,
                '{RULE_AUTHOR}' as author
            from found
            """
        )
        connection.unregister("found")


def _find_counting_rows(connection: duckdb.DuckDBPyConnection, lake: Lake, quarter: Quarter, excluded: frozenset[str]) -> None:
    """Temporary tables that decide about rows of other tables: test requests, questions, counted responses."""
    counted = ", ".join(literal(each.label) for each in counted_quarters(quarter))
    requests, responses, answers, questions = (
        _all_rows(lake, TABLES[name], quarter, excluded)
        for name in ("service_requests", "survey_responses", "survey_answers", "survey_questions")
    )
    for name, query in (
        ("test_requests", f"select enterprise_id, request_id from {requests} where is_test"),
        ("questions", f"select distinct survey_id, question_id from {questions}"),
        (
            "first_responses",
            "select enterprise_id, response_id, survey_id, quarter, _row_id from "
            f"(select *, row_number() over (partition by enterprise_id, customer_id, survey_id "
            f"order by submitted_at, _origin_file, _origin_row, quarter, _row_id) as place from {responses} where is_complete) "
            f"where place = 1 and quarter in ({counted})",
        ),
        (
            "usable_answers",
            "select answers.enterprise_id, answers.response_id, answers.question_id from "
            f"{answers} as answers join first_responses using (enterprise_id, response_id) "
            "semi join questions on questions.survey_id = first_responses.survey_id "
            "and questions.question_id = answers.question_id",
        ),
        (
            "answered_responses",
            "select quarter, _row_id from first_responses semi join usable_answers using (enterprise_id, response_id)",
        ),
    ):
        connection.execute(f"create temp table {name} as {query}")


def _all_rows(lake: Lake, table: Table, quarter: Quarter, excluded: frozenset[str]) -> str:
    """SQL: the clean records of a table that the marts of a run of the quarter read."""
    return _without_excluded(parquet(clean_files(table, quarter, lake)), table, excluded)


def _own_rows(lake: Lake, table: Table, quarter: Quarter, excluded: frozenset[str]) -> str | None:
    """SQL: the clean records of the quarter itself."""
    path = lake.partition("clean", table.name, quarter)
    if not path.is_file():
        return None
    return _without_excluded(parquet(path), table, excluded)


def _without_excluded(rows: str, table: Table, excluded: frozenset[str]) -> str:
    if table.name not in excluded:
        return rows
    return (
        f'(select * from {rows} as rows where not exists (select 1 from excluded where excluded."table" = {literal(table.name)} '
        f"and excluded.quarter = rows.quarter and excluded.row_key = {row_key_expression(table)}))"
    )
