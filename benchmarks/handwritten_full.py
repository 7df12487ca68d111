"""The peer of the pipeline: one script that does to a quarter's Parquet files by hand what ``asq run`` does to them.

The same work, in DuckDB and polars within 1.5 GB of DuckDB's memory:

- extraction: the quarter's rows in the contract's types, texts trimmed, rows numbered
- validation: every rule of the contract, of a row, between rows and between tables; refused rows with reason and masked value
- personal data: pseudonyms, masks and redacted text; the accepted rows without personal data are written
- acceptance: the profile of every table, every figure of the delivery, and whether it is within its limits
- outliers: Z, Z of logarithms and modified Z of every measured quantity, with their groups
- values and other readings (``handwritten.sql``), with their intervals
- record-level tables, k-anonymous and l-diverse, and measured again as written
- the scan for personal data of all tables but the clean rows

Pseudonyms, masks, redaction, the masking of refused values and keys, k-anonymity and the scan are the pipeline's own functions:
their results must be the same, and both pay for them. So are the contract (``schemas``, which imports pandera) and small helpers.
All rules and figures are written again, and ``comparison.compare_full`` compares them.

Narrower than the pipeline: a request of another quarter that one of this quarter was merged into is taken as delivered, its own
rules unchecked; a register whose versions have no ends at all, or no starts (D-93), is taken as it is.

Not done, for the pipeline alone does it: keep raw and accepted rows; read other formats, several files a table, ``sources.yaml``;
corrections and reviewers' decisions; look back on other quarters (drift, keys repeated across quarters, periods of several
quarters); account for rows and cells (cleaning log, reconciliation, quality scores); statuses, scores, weights, process rules,
survey weights; days in place of times and assumed values; export the marts and test them by a second route; reports, acceptance
pages, Data Docs; events and lineage of Dagster; a publication in one step.
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy.special import stdtrit

from benchmarks import handwritten
from pipeline.accept.profile import LAST_DATED, LAST_DAY, MISSING, ROWS, VALUE
from pipeline.accept.profile import SCHEMA as PROFILE_SCHEMA
from pipeline.accept.row_figures import LEAST_ROWS
from pipeline.calendar.quarters import Quarter
from pipeline.desensitize import masks, tokens
from pipeline.desensitize.keys import PseudonymKey, load_key
from pipeline.desensitize.second_look import replace_findings
from pipeline.evaluate.values.intervals import wilson
from pipeline.evaluate.values.parts import SCORE_METHODS
from pipeline.extract.mapping.casting import Style, Value, accepted, reading
from pipeline.extract.readers.cleaning import clean_text
from pipeline.lake.parquet import file_format
from pipeline.lake.row_key import joined_values, row_key_expression
from pipeline.lake.sql import literal, quoted
from pipeline.privacy.anonymity import anonymised, classes_of
from pipeline.privacy.scanner import scan
from pipeline.privacy.subjects import published_subjects
from pipeline.redact.redaction import redact_column
from pipeline.settings.plan import PrivacyLimits
from pipeline.validate.masking import masked_keys, masked_values
from schemas.contract import TABLES, Column, Table
from schemas.expectations.acceptance import ALL_ENTERPRISES, DURATIONS, checks
from schemas.expectations.outliers import MEASURED_TABLES, Measure, measures_of
from schemas.expectations.privacy import RECORD_TABLES
from schemas.standard.catalogue import INDICATOR_ID, catalogue
from schemas.standard.parameters import parameters
from schemas.standard.sample_size import required_answers

Figures = dict[tuple[str, str, str], float | None]
"""Values by table, enterprise and check."""

MEMORY_LIMIT = "1500MB"
REFUSED_LIMIT = 0.05
_BATCH_ROWS = 122_880
_REFUSED = pl.Schema(
    {
        **dict.fromkeys(("table", "quarter", "origin_file"), pl.String),
        "origin_row": pl.Int64,
        **dict.fromkeys(("row_key", "rule", "column", "value_masked"), pl.String),
        "_row_id": pl.Int64,
    }
)
_MOST_CATEGORIES = 60
_LEAST_EVENTS = 90
# What cannot be seen: controls, formats and separators of Unicode (some that Python's tables may not have yet), and letters that
# are drawn as nothing. Without the NUL character, which SQL cannot say.
_BLANKS = "".join(
    chr(code)
    for code in (*range(1, 0x20000), *range(0xE0000, 0xE0100))
    if unicodedata.category(chr(code)) in ("Cc", "Cf", "Zs", "Zl", "Zp")
    or 0x13430 <= code <= 0x1343F
    or chr(code) in "\u115f\u1160\u2800\u3164\uffa0"
)
# A spreadsheet says ="00123" or '00123 for digits that are text.
_MARKED = """^(?:="([^"]*)"|'([^'\\s]+))$"""
_MUST_BE_TRIMMED = f"^$|^[{_BLANKS}='\"]|[{_BLANKS}]$"
_LOST_DIGITS = r"[+-]?[0-9]+(\.[0-9]+)?[eE]\+[0-9]+"

# The contract's rules that compare columns of a row: table → (rule, column, what must not be false).
_CROSS_RULES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "service_requests": (
        ("responded_before_requested", "responded_at", "responded_at >= requested_at"),
        ("resolved_before_responded", "resolved_at", "resolved_at >= responded_at"),
        ("resolved_before_requested", "resolved_at", "responded_at is not null or resolved_at >= requested_at"),
        ("closed_before_resolved", "closed_at", "closed_at >= resolved_at"),
        ("closed_before_requested", "closed_at", "resolved_at is not null or closed_at >= requested_at"),
        ("form_fields_valid_above_required", "form_fields_valid", "form_fields_valid <= form_fields_required"),
    ),
    "onsite_visits": (("completed_before_arrived", "completed_at", "completed_at >= arrived_at"),),
    "hotline_calls": (
        ("answered_before_queued", "answered_at", "answered_at >= queued_at"),
        (
            "unanswered_call_with_answer_time",
            "answered_at",
            "answered_at is null or outcome not in ('abandoned', 'self_service', 'rejected')",
        ),
        ("ended_before_answered", "ended_at", "ended_at >= answered_at"),
        ("ended_before_queued", "ended_at", "answered_at is not null or ended_at >= queued_at"),
    ),
    "hotline_daily_totals": (
        ("answered_above_offered", "answered_calls", "answered_calls <= offered_calls"),
        ("within_limit_above_answered", "answered_within_limit", "answered_within_limit <= answered_calls"),
        (
            "short_abandons_above_unanswered",
            "short_abandoned_calls",
            "short_abandoned_calls + answered_calls <= offered_calls",
        ),
    ),
    "online_sessions": (
        ("replied_before_opened", "first_human_reply_at", "first_human_reply_at >= opened_at"),
        ("closed_before_opened", "closed_at", "closed_at >= opened_at"),
    ),
    "complaints": (
        ("first_reply_before_received", "first_reply_at", "first_reply_at >= received_at"),
        ("complaint_step_out_of_order", "investigated_at", "investigated_at >= received_at"),
        ("complaint_step_out_of_order", "negotiated_at", "negotiated_at >= coalesce(investigated_at, received_at)"),
        ("complaint_step_out_of_order", "fed_back_at", "fed_back_at >= coalesce(negotiated_at, investigated_at, received_at)"),
        (
            "complaint_step_out_of_order",
            "closed_at",
            "closed_at >= coalesce(fed_back_at, negotiated_at, investigated_at, received_at)",
        ),
    ),
    "suggestions": (("evaluated_before_submitted", "evaluated_at", "evaluated_at >= submitted_at"),),
    "survey_responses": (("submitted_before_started", "submitted_at", "submitted_at >= started_at"),),
    "survey_questions": (
        ("no_indicator_id", "measures", f"regexp_full_match(measures, {literal(INDICATOR_ID.pattern)})"),
        ("scale_max_not_above_scale_min", "scale_max", "scale_max > scale_min"),
    ),
    "parts_orders": (
        ("shipped_before_ordered", "shipped_at", "shipped_at >= ordered_at"),
        ("received_before_shipped", "received_at", "received_at >= shipped_at"),
        ("received_before_ordered", "received_at", "shipped_at is not null or received_at >= ordered_at"),
    ),
    "safety_hazards": (
        ("due_before_found", "due_on", "due_on >= found_at::date"),
        ("fixed_before_found", "fixed_at", "fixed_at >= found_at"),
    ),
    "quality_inspections": (("conforming_above_inspected", "cases_conforming", "cases_conforming <= cases_inspected"),),
    "improvement_projects": (("effective_before_started", "effective_on", "effective_on >= started_on"),),
    "outlets": (("closed_before_opened", "closed_on", "closed_on >= opened_on"),),
    "staff": (
        ("certificate_ends_before_it_begins", "certificate_valid_until", "certificate_valid_until >= certificate_valid_from"),
        ("left_before_hired", "left_on", "left_on >= hired_on"),
    ),
    "vehicles": (("retired_before_in_service", "retired_on", "retired_on >= in_service_on"),),
    "expert_judgements": (("item_compared_with_itself", "right_item", "right_item <> left_item or ratio = 1"),),
}


@dataclass(frozen=True)
class Script:
    """What every step needs."""

    connection: duckdb.DuckDBPyConnection
    landing: Path
    output: Path
    quarter: Quarter

    def clean(self, table: str) -> Path:
        """The accepted rows of a table, without personal data."""
        return self.output / "clean" / f"{table}.parquet"

    def rows(self, query: str, **parameters: object) -> list[tuple]:
        return self.connection.execute(query, parameters or None).fetchall()

    def write(self, name: str, table: pl.DataFrame) -> None:
        table.write_parquet(self.output / f"{name}.parquet", compression="zstd", compression_level=1)


def evaluate(landing: Path, output: Path, quarter: Quarter) -> None:
    """Do everything; writes ``output`` and its folder ``clean``."""
    (output / "clean").mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory(dir=output) as spill,
        duckdb.connect(
            config={"memory_limit": MEMORY_LIMIT, "temp_directory": spill, "preserve_insertion_order": False}
        ) as connection,
    ):
        script = Script(connection, landing, output, quarter)
        _say(script, "extract and validate")
        delivered = {name: _delivered(script, table) for name, table in TABLES.items()}
        refused = _refuse(script, delivered)
        _say(script, "desensitize")
        for each in delivered.values():
            _write_clean(script, each, refused[each.table.name])
        _say(script, "accept")
        _accept(script, [each.table for each in delivered.values() if each.was_delivered], refused)
        _say(script, "review")
        _list_outliers(script)
        _say(script, "values")
        connection.execute(_KEPT_BESIDE)
        handwritten.run_script(connection, script.output / "clean", quarter)
        _measure_survey_errors(script)
        found = connection.execute(_VALUES_WITH_ERRORS).pl()
        script.write("values", with_intervals(found, quarter))
        _say(script, "records")
        _release_records(script)
    _say(script, "privacy scan")
    _scan(output)


def _say(script: Script, step: str) -> None:
    print(f"{script.quarter}: {step}", flush=True)


# --- extraction: the delivered file as a view in the contract's types ----------------------------------------------------


@dataclass(frozen=True)
class Delivered:
    """One table's file. The view ``delivered_<table>`` has its rows, ``landed_<table>`` those of the quarter."""

    table: Table
    file: Path
    rows: int
    lossy: frozenset[str]
    """Columns in which a value may be unreadable; the view has it as ``_raw_<column>``."""
    is_typed: bool
    """The file has all columns in the contract's types."""

    @property
    def was_delivered(self) -> bool:
        return self.file.is_file()


def _delivered(script: Script, table: Table) -> Delivered:
    file = script.landing / f"{table.name}.parquet"
    types: dict[str, str] = {}
    source = "(select 0::bigint as _row_id where false)"
    if file.is_file():
        source = f"(select file_row_number as _row_id, * from read_parquet({literal(file)}, file_row_number = true))"
        types = {name: kind for name, kind, *_ in script.rows(f"describe from {source}")}
    untidy = _untidy(script, table, types, source)
    selected, lossy = [], set()
    for column in table.columns:
        name = quoted(column.name)
        if column.name not in types:
            selected.append(f"null::{column.sql_type} as {name}")
        elif types[column.name] == column.sql_type == "VARCHAR" and column.name not in untidy:
            selected.append(name)
        elif types[column.name] == column.sql_type == "VARCHAR":
            unmarked = f"regexp_replace(trim({name}, {literal(_BLANKS)}), {literal(_MARKED)}, '\\1\\2')"
            selected.append(f"nullif(trim({unmarked}, {literal(_BLANKS)}), '') as {name}")
        else:
            value = Value(name, types[column.name])
            read = name if value.type == column.sql_type else f"({reading(value, column, Style())})"
            kept = accepted(read, value, column, table)
            selected.append(f"{kept} as {name}")
            if kept != name:
                lossy.add(column.name)
                selected.append(f"{name} as {quoted(f'_raw_{column.name}')}")
    connection = script.connection
    connection.execute(f"create view delivered_{table.name} as select _row_id, {', '.join(selected)} from {source}")
    in_quarter = _in_quarter(script, table)
    connection.execute(f"create view landed_{table.name} as select * from delivered_{table.name} as rows where {in_quarter}")
    rows = pq.read_metadata(file).num_rows if file.is_file() else 0
    is_typed = all(types.get(column.name) == column.sql_type for column in table.columns)
    return Delivered(table, file, rows, frozenset(lossy), is_typed)


def _untidy(script: Script, table: Table, types: Mapping[str, str], source: str) -> set[str]:
    """The text columns in which a cell is empty or has blanks around it: to look is cheaper than to trim them all."""
    texts = [column.name for column in table.columns if types.get(column.name) == column.sql_type == "VARCHAR" and not column.pii]
    if not texts:
        return set()
    tests = ", ".join(f"bool_or(regexp_matches({quoted(name)}, {literal(_MUST_BE_TRIMMED)}))" for name in texts)
    (found,) = script.rows(f"select {tests} from {source}")
    return {name for name, is_untidy in zip(texts, found, strict=True) if is_untidy}


def _in_quarter(script: Script, table: Table) -> str:
    """A row belongs to the quarter of its date, or of its first parent that has one. Those without are refused in every quarter."""
    if parent := table.dated_by_parent:
        by, date = ", ".join(parent.by), TABLES[parent.table].date_expression
        of_parent = f"arg_min({date}, _row_id) filter (where {date} is not null)"
        script.connection.execute(
            f"create temp table elsewhere_{table.name} as select {by} from delivered_{parent.table} "
            f"group by {by} having not ({_between(of_parent, script.quarter)})"
        )
        same = " and ".join(f"elsewhere.{name} = rows.{name}" for name in parent.by)
        return f"not exists (select 1 from elsewhere_{table.name} as elsewhere where {same})"
    return "true" if table.date_expression is None else f"({_between(table.date_expression, script.quarter)}) is not false"


def _undated(table: Table) -> str | None:
    """The rows that belong to no quarter; None for registers, whose rows are in every quarter."""
    if parent := table.dated_by_parent:
        dated = f"(from delivered_{parent.table} where {TABLES[parent.table].date_expression} is not null)"
        return f"landed_{table.name} anti join {dated} using ({', '.join(parent.by)})"
    return table.date_expression and f"(from landed_{table.name} where {table.date_expression} is null)"


def _between(date: str | None, quarter: Quarter) -> str:
    return f"{date} >= date '{quarter.first_day}' and {date} < date '{quarter.end_day}'"


# --- validation: which rows are refused, and why -------------------------------------------------------------------------


def _refuse(script: Script, delivered: Mapping[str, Delivered]) -> dict[str, np.ndarray]:
    """Write ``refused`` (one row per broken rule) and ``row_counts``; returns the refused row numbers of every table."""
    script.connection.execute(
        'create temp table broken ("table" varchar, _row_id bigint, rule varchar, "column" varchar, value varchar)'
    )
    numbers, reasons, counts = {}, [], []
    for name, each in delivered.items():
        _row_rules(script, each)
        _foreign_keys(script, each, delivered)
        if name == "survey_answers":
            _answer_scales(script)
        if name == "hotline_daily_totals":
            _days_with_calls(script)
        undated = _without_a_quarter(script, each)
        _between_rows(script, each)
        ((rows,),) = script.rows(f"select count(*) from landed_{name}")
        numbers[name] = script.connection.execute(
            'select distinct _row_id from broken where "table" = $name order by all', {"name": name}
        ).fetchnumpy()["_row_id"]
        counts.append((name, rows, rows - len(numbers[name]), len(numbers[name])))
        # Rows without a date are a share of the delivery, the others of the quarter.
        if len(numbers[name]) - undated > REFUSED_LIMIT * (rows - undated) or undated > REFUSED_LIMIT * each.rows:
            raise SystemExit(f"{name}: {len(numbers[name])} of {rows} rows refused, {undated} of them without a date")
        if len(numbers[name]):
            reasons.append(_reasons(script, each))
    for (keys,) in script.rows("select table_name from duckdb_tables() where starts_with(table_name, 'keys_')"):
        script.connection.execute(f"drop table {keys}")
    script.write("refused", pl.concat([pl.DataFrame(schema=_REFUSED), *reasons]))
    script.write("row_counts", pl.DataFrame(counts, schema=["table", "extracted", "accepted", "quarantined"], orient="row"))
    return numbers


def _row_rules(script: Script, each: Delivered) -> None:
    """One pass: rows that break no rule of their own, nearly all, build nothing."""
    rules = [*row_rules(each), *_damaged_keys(each.table)]
    entries = ", ".join(
        f"case when ({kept}) is false then {{'rule': '{rule}', 'column': '{column}', 'value': {shown}::varchar}} end"
        for rule, column, shown, kept in rules
    )
    is_broken = " or ".join(f"({kept}) is false" for *_, kept in rules)
    script.connection.execute(
        f"""
        insert into broken
        select '{each.table.name}', _row_id, unnest(found, recursive := true)
        from (
            select _row_id, list_filter([{entries}], lambda each: each is not null) as found
            from landed_{each.table.name} where {is_broken}
        )
        """
    )


def _damaged_keys(table: Table) -> Iterator[tuple[str, str, str, str]]:
    """Rules as of ``row_rules``: a spreadsheet wrote the name of a record with an exponent."""
    for column in table.columns:
        if column.type == "string" and (column.is_key or column.references):
            name = quoted(column.name)
            yield "digits_lost", column.name, name, f"not (contains({name}, '+') and regexp_full_match({name}, '{_LOST_DIGITS}'))"


def row_rules(each: Delivered) -> Iterator[tuple[str, str, str, str]]:
    """Rule, column, the value to show, and the condition that must not be false: of every rule about a row by itself."""
    declared = set(each.table.rules)
    for column in each.table.columns:
        name = quoted(column.name)
        # An unreadable cell breaks this rule only.
        unreadable = ""
        if column.name in each.lossy:
            raw = quoted(f"_raw_{column.name}")
            unreadable = f" or {raw} is not null and {name} is null"
            yield "type", column.name, raw, f"{raw} is null or {name} is not null"
        if column.required:
            yield "required", column.name, name, f"{name} is not null{unreadable}"
        if column.values:
            yield "allowed_values", column.name, name, f"{name} in ({', '.join(map(literal, column.values))})"
        if ("range", column.name) in declared:
            yield "range", column.name, name, _within_range(column)
        for rule, _, kept in (one for one in _CROSS_RULES.get(each.table.name, ()) if one[1] == column.name):
            yield rule, column.name, name, f"({kept}){unreadable}"
    if each.table.is_versioned:
        yield "valid_to_not_after_valid_from", "valid_to", "valid_to", "valid_to > valid_from"


def _within_range(column: Column) -> str:
    """Bounds of the contract, with its allowance for rounding; a quantity without bounds must not be negative."""
    number = f"{quoted(column.name)}::double"
    minimum = 0 if column.minimum is column.above is column.maximum is None else column.minimum
    bounds = [f"isfinite({number})"]
    for bound, sign in ((minimum, 1), (column.maximum, -1)):
        if bound is not None:
            slack = 1e-9 if 10**6 % bound.denominator == 0 else 0.0012
            bounds.append(f"{number} {'>=' if sign > 0 else '<='} {float(bound) - sign * slack!r}")
    if column.above is not None:
        bounds.append(f"{number} > {float(column.above)!r}")
    return " and ".join(bounds)


def _foreign_keys(script: Script, each: Delivered, delivered: Mapping[str, Delivered]) -> None:
    """Rows whose parent was not delivered, accepted or not; a table that did not come at all refuses nobody."""
    for column, (parent, key) in each.table.references.items():
        if not delivered[parent].was_delivered:
            continue
        pairs = _joined_on(each.table, column, parent, key)
        keys = f"keys_{parent}_{key}"
        of_parent = ", ".join(map(quoted, pairs.values()))
        script.connection.execute(f"create temp table if not exists {keys} as select distinct {of_parent} from delivered_{parent}")
        matched = " and ".join(f"child.{quoted(mine)} = parent.{quoted(theirs)}" for mine, theirs in pairs.items())
        given = " and ".join(f"child.{quoted(mine)} is not null" for mine in pairs)
        script.connection.execute(
            f"""
            insert into broken select '{each.table.name}', _row_id, 'foreign_key', '{column}', {quoted(column)}
            from landed_{each.table.name} as child anti join {keys} as parent on {matched}
            where {given} and not regexp_full_match({quoted(column)}::varchar, '{_LOST_DIGITS}')
            """
        )


def _joined_on(table: Table, column: str, parent: str, key: str) -> dict[str, str]:
    """Columns of the child → columns of the parent."""
    have_enterprises = all("enterprise_id" in each.polars_schema for each in (table, TABLES[parent]))
    return {**({"enterprise_id": "enterprise_id"} if have_enterprises else {}), column: key}


def _days_with_calls(script: Script) -> None:
    """Totals of a day on which a call of the enterprise was delivered, accepted or not."""
    script.connection.execute(
        """
        insert into broken
        select 'hotline_daily_totals', _row_id, 'day_has_single_calls', 'called_on', called_on
        from landed_hotline_daily_totals
        where (enterprise_id, called_on) in (select (enterprise_id, queued_at::date) from delivered_hotline_calls)
        """
    )


def _answer_scales(script: Script) -> None:
    """Answers outside the scale of their question: in the survey of their response, else the widest of any survey."""
    script.connection.execute(
        """
        insert into broken
        with usable as (select * from delivered_survey_questions where scale_max > scale_min),
        own as (select survey_id, question_id, min(scale_min) as low, max(scale_max) as high from usable group by all),
        widest as (select question_id, min(scale_min) as low, max(scale_max) as high from usable group by all),
        response as (
            select enterprise_id, response_id, min(survey_id) as survey_id
            from delivered_survey_responses group by all having count(distinct survey_id) = 1
        ),
        scaled as (
            select answer.*, coalesce(own.low, widest.low) as low, coalesce(own.high, widest.high) as high
            from landed_survey_answers as answer
            left join response using (enterprise_id, response_id)
            left join own on own.survey_id = response.survey_id and own.question_id = answer.question_id
            left join widest on widest.question_id = answer.question_id
        )
        select 'survey_answers', _row_id, 'score_outside_scale', 'score', score from scaled where score not between low and high
        union all
        select 'survey_answers', _row_id, 'score_outside_scale', 'expectation', expectation from scaled
        where expectation not between low and high
        """
    )


def _without_a_quarter(script: Script, each: Delivered) -> int:
    """Refuse the rows without a date, unless a rule of their own did; returns how many there are."""
    rows = _undated(each.table)
    if rows is None:
        return 0
    table = each.table
    column = table.dated_by_parent.by[-1] if table.dated_by_parent else table.dated_by[-1]
    script.connection.execute(
        f"""
        insert into broken select '{table.name}', _row_id, 'undated', '{column}', null
        from {rows} where _row_id not in (select _row_id from broken where "table" = '{table.name}')
        """
    )
    ((undated,),) = script.rows(f"select count(*) from {rows}")
    return int(undated)


def _between_rows(script: Script, each: Delivered) -> None:
    """Rows that another row of the table excludes; of the rows that keep their own rules, the first one stays."""
    table, name = each.table, each.table.name
    standing = f"(select * from landed_{name} anti join (from broken where \"table\" = '{name}') using (_row_id))"
    key = ", ".join(map(quoted, table.unique_key))
    # Most tables repeat no key, and eight bytes a key tell.
    ((repeated,),) = script.rows(
        f"select count(*) from (select hash({key}) as hashed from landed_{name} group by hashed having count(*) > 1)"
    )
    if repeated:
        _refuse_where(script, each, "unique_key", table.unique_key, f"(partition by {key} order by _row_id) > 1", standing)
    if table.is_versioned and repeated + _entries_with_versions(script, table):
        _overlapping_versions(script, table, standing)


def _refuse_where(script: Script, each: Delivered, rule: str, columns: tuple[str, ...], later: str, standing: str) -> None:
    script.connection.execute(
        f"""
        insert into broken select '{each.table.name}', _row_id, '{rule}', '{"|".join(columns)}', {joined_values(columns)}
        from {standing} qualify row_number() over {later}
        """
    )


def _entries_with_versions(script: Script, table: Table) -> int:
    key = ", ".join(map(quoted, table.key))
    ((entries,),) = script.rows(
        f"select count(*) from (select hash({key}) as hashed from landed_{table.name} group by hashed having count(*) > 1)"
    )
    return int(entries)


def _overlapping_versions(script: Script, table: Table, standing: str) -> None:
    """In file order: a version is refused if its days overlap those of an accepted version of the same entry."""
    key = ", ".join(map(quoted, table.key))
    rows = script.rows(
        f"""
        select _row_id, hash({key}), coalesce(valid_from, date '0001-01-01'), coalesce(valid_to, date '9999-12-31'),
            {joined_values(("valid_from", "valid_to"))}
        from {standing} qualify count(*) over (partition by {key}) > 1 order by _row_id
        """
    )
    accepted_versions: dict[int, list[tuple[object, object]]] = {}
    for row_id, entry, starts, ends, value in rows:
        versions = accepted_versions.setdefault(entry, [])
        if any(start < ends and starts < end for start, end in versions):
            script.connection.execute(
                "insert into broken values ($table, $row, 'version_overlap', 'valid_from|valid_to', $value)",
                {"table": table.name, "row": row_id, "value": value},
            )
        else:
            versions.append((starts, ends))


def _reasons(script: Script, each: Delivered) -> pl.DataFrame:
    """The refused rows of a table, one line per broken rule, without personal data."""
    found = script.connection.execute(
        f"""
        select "table", '{script.quarter}' as quarter, '{each.file.name}' as origin_file, _row_id + 1 as origin_row,
            {joined_values(each.table.key)} as row_key, rule, "column", value, _row_id
        from landed_{each.table.name} join broken using (_row_id) where "table" = '{each.table.name}' order by all
        """
    ).pl()
    return found.with_columns(row_key=masked_keys(found["row_key"]), value=masked_values(found, each.table)).rename(
        {"value": "value_masked"}
    )


def _merged_into_nothing(script: Script, refused: np.ndarray) -> np.ndarray:
    """The accepted requests whose chain of merged requests ends at none that counts: they count by themselves (D-99)."""
    script.connection.register("refused_requests", pa.table({"_row_id": pa.array(refused, pa.int64())}))
    node = "enterprise_id, request_id, merged_into, coalesce(is_test, false) as is_test, _row_id"
    found = script.connection.execute(
        f"""
        with recursive own as (select {node} from landed_service_requests anti join refused_requests using (_row_id)),
        merged as materialized (from own where merged_into is not null),
        others as (
            select {node} from delivered_service_requests
            anti join landed_service_requests using (_row_id) anti join own using (enterprise_id, request_id)
            qualify row_number() over (partition by enterprise_id, request_id order by _row_id) = 1
        ),
        requests as (from own union all from others),
        -- Step by step to the request at the end; a circle has none
        steps as (
            select enterprise_id, _row_id, merged_into as reached from merged
            union
            select steps.enterprise_id, steps._row_id, next.merged_into
            from steps join requests as next on next.enterprise_id = steps.enterprise_id and next.request_id = steps.reached
            where next.merged_into is not null
        )
        select _row_id from merged where _row_id not in (
            select steps._row_id
            from steps join requests as last on last.enterprise_id = steps.enterprise_id and last.request_id = steps.reached
            where last.merged_into is null and not last.is_test
        )
        """
    ).fetchnumpy()["_row_id"]
    script.connection.unregister("refused_requests")
    return found


# --- pseudonyms, masks, redacted text ------------------------------------------------------------------------------------


def _write_clean(script: Script, each: Delivered, refused: np.ndarray) -> None:
    """Stream the accepted rows into ``clean``.

    A pseudonym stands under the name of the column that it replaces, a mask or a redacted text beside it.
    """
    key = load_key()
    left_out = refused
    unmerged = _merged_into_nothing(script, refused) if each.table.name == "service_requests" else np.array([])
    ((landed,),) = script.rows(f"select count(*) from landed_{each.table.name}")
    if landed < each.rows:
        elsewhere = f"from delivered_{each.table.name} anti join landed_{each.table.name} using (_row_id) select _row_id"
        left_out = np.union1d(refused, script.connection.execute(elsewhere).fetchnumpy()["_row_id"])
    writer: pq.ParquetWriter | None = None
    first = 0
    for batch in _typed_batches(script, each):
        numbers = np.arange(first, first + batch.num_rows)
        first += batch.num_rows
        batch = batch.append_column("_row_id", pa.array(numbers))
        if len(unmerged):
            place = batch.column_names.index("merged_into")
            kept = pc.if_else(pa.array(np.isin(numbers, unmerged)), pa.scalar(None, pa.string()), batch["merged_into"])
            batch = batch.set_column(place, "merged_into", kept)
        if len(left_out):
            batch = batch.filter(pa.array(~np.isin(numbers, left_out)))
        treated = _treated(batch, each.table, key)
        if writer is None:
            writer = pq.ParquetWriter(script.clean(each.table.name), treated.schema, **file_format(treated.schema))
        writer.write_table(treated)
    assert writer is not None
    writer.close()


def _typed_batches(script: Script, each: Delivered) -> Iterator[pa.Table]:
    names = [column.name for column in each.table.columns]
    if each.is_typed and each.rows:
        with pq.ParquetFile(each.file) as file:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=names):
                yield pa.table([_tidy(batch.column(name)) for name in names], names=names)
        return
    query = f"select {', '.join(map(quoted, names))} from delivered_{each.table.name} order by _row_id"
    reader = script.connection.execute(query).to_arrow_reader(_BATCH_ROWS)
    if not each.rows:
        yield reader.schema.empty_table()
    for batch in reader:
        yield pa.Table.from_batches([batch])


def _tidy(cells: pa.Array) -> pa.Array:
    """Texts without blanks around them, and null where nothing was said."""
    if pa.types.is_string(cells.type):
        return clean_text(cells, ())
    if pa.types.is_floating(cells.type):
        return pc.if_else(pc.is_nan(cells), pa.scalar(None, cells.type), cells)
    return cells


def _treated(batch: pa.Table, table: Table, key: PseudonymKey) -> pa.Table:
    classes = {column.name: column.pii for column in table.columns if column.pii}
    if not classes:
        return batch
    personal = pl.DataFrame(batch.select(list(classes)))
    expressions: list[pl.Expr] = []
    for name, pii in classes.items():
        if pii in tokens.NORMALISERS:
            expressions.append(tokens.token(pl.col(name), pii, key).alias(name))
        if pii in masks.MASKS:
            expressions.append(masks.mask(pl.col(name), pii).alias(f"{name}_masked"))
    treated = {column.name: column for column in personal.select(expressions).get_columns()}
    # The record's own name helps to find it in the record's free text.
    own_name = next((personal[name] for name, pii in classes.items() if pii == "name"), None)
    for name, pii in classes.items():
        if pii == "free_text":
            treated[f"{name}_redacted"] = replace_findings(redact_column(personal[name], own_name))
    kept = batch.select([name for name in batch.column_names if name not in classes])
    for name, column in treated.items():
        kept = kept.append_column(name, column.to_arrow().cast(pa.string()))
    return kept


# --- acceptance: the figures of the delivery, and whether they are within their limits -----------------------------------


def _accept(script: Script, tables: Sequence[Table], refused: Mapping[str, np.ndarray]) -> None:
    """Write ``profile``, for comparison with later quarters, and ``acceptance``: value and verdict per enterprise and check."""
    profile = pl.concat([_profile(script, table) for table in tables])
    script.write("profile", profile)
    by_fact = {
        fact: {row[:-1]: row[-1] for row in of.select("table", "enterprise_id", "column", "bucket", "count").iter_rows()}
        for (fact,), of in profile.group_by("fact")
    }
    rows = {(table, enterprise): count for (table, enterprise, *_), count in by_fact[ROWS].items()}
    figures = {
        **_reference_shares(script, tables, refused, rows, by_fact[MISSING]),
        **_freshness(script, rows, by_fact[LAST_DAY], by_fact[LAST_DATED]),
        **{key: value for key, value in _row_figures(script).items() if key[:2] in rows},
    }
    verdicts = []
    for table, enterprise in rows:
        for check in checks()[table]:
            value = figures.get((table, enterprise, check.name))
            verdict = "pass" if value is not None else "not_judged"
            if value is not None and not check.expected.holds(value):
                verdict = "refuse" if check.required and not check.required.holds(value) else "warn"
            verdicts.append((table, enterprise, check.name, value, verdict))
    schema = {"table": pl.String, "enterprise_id": pl.String, "check": pl.String, "value": pl.Float64, "verdict": pl.String}
    found = pl.DataFrame(verdicts, schema=schema, orient="row")
    script.write("acceptance", found)
    if "refuse" in found["verdict"]:
        raise SystemExit(f"the delivery is not acceptable: {found.filter(pl.col('verdict') == 'refuse').rows()}")


def _profile(script: Script, table: Table) -> pl.DataFrame:
    """Rows, missing values, last day, and how often each value occurs: a category, or a half power of two of a number.

    Values are grouped as they are stored, and named once per group.
    """
    clean, connection = _source(script, table.name), script.connection
    enterprise = _enterprise(table)
    # A pseudonym stands in its column; names, addresses and texts are gone.
    cells = {column.name: _clean_name(column) for column in table.columns}
    texts = [column.name for column in table.columns if _may_be_category(column)]
    distinct = ", ".join(f"approx_count_distinct({quoted(name)})" for name in texts) or "count(*)"
    (found,) = script.rows(f"select {distinct} from {clean}")
    few = {name for name, number in zip(texts, found, strict=False) if number <= _MOST_CATEGORIES}
    missing = "".join(f", count(*) - count({quoted(cell)})" for cell in cells.values())
    last = dated = "null::varchar"
    if table.event:
        last, dated = (f"max({date})::date::varchar" for date in (quoted(table.event.name), table.date_expression))
    facts = []
    for of, day, dated_day, rows, *empty in script.rows(
        f"select {enterprise}, {last}, {dated}, count(*){missing} from {clean} group by 1"
    ):
        facts.append((table.name, of, ROWS, "", "", rows))
        facts += [(table.name, of, MISSING, name, "", count) for name, count in zip(cells, empty, strict=True)]
        if table.event and day:
            facts.append((table.name, of, LAST_DAY, table.event.name, day, 0))
        if dated_day:
            facts.append((table.name, of, LAST_DATED, table.dated_by[0], dated_day, 0))
    counted = [
        f"""
        select '{name}', enterprise_id, {label} as bucket, sum(n)::bigint
        from (select {enterprise} as enterprise_id, {value} as value, count(*) as n from {clean} group by all)
        where value is not null group by all
        """
        for name, value, label in filter(None, (_bucket(table, column, few) for column in table.columns))
    ]
    if counted:
        for name, of, bucket, n in connection.execute(" union all ".join(counted)).fetchall():
            facts.append((table.name, of, VALUE, name, bucket, n))
    schema = {"table": pl.String, **PROFILE_SCHEMA}
    return pl.DataFrame(facts, schema=schema, orient="row").sort(pl.all())


def _source(script: Script, table: str) -> str:
    return f"read_parquet({literal(script.clean(table))})"


def _enterprise(table: Table) -> str:
    return "enterprise_id" if "enterprise_id" in table.polars_schema else literal(ALL_ENTERPRISES)


def _clean_name(column: Column) -> str:
    if column.pii is None or column.pii in tokens.NORMALISERS:
        return column.name
    return f"{column.name}_{'redacted' if column.pii == 'free_text' else 'masked'}"


def _may_be_category(column: Column) -> bool:
    is_free = not (column.values or column.is_key or column.pii) and column.references in (None, "regions")
    return column.type == "string" and is_free


def _bucket(table: Table, column: Column, few: set[str]) -> tuple[str, str, str] | None:
    """Column, what its rows are grouped by, and the name of a group; None if its values are not counted."""
    name, event = quoted(column.name), table.event
    if column.pii or column.is_key:
        return None
    if column.values or column.name in few or column.type == "boolean":
        return column.name, name, "value::varchar"
    if column.type == "integer":
        return column.name, name, _half_power_name(_half_power("value"))
    if column.type in ("double", "decimal(12,2)"):
        return column.name, _half_power(name), _half_power_name("value")
    if column.type == "timestamp" and event and not column.is_event and event.type == "timestamp":
        seconds = f"date_diff('second', {quoted(event.name)}, {name})"
        return column.name, _half_power(seconds), _half_power_name("value")
    return None


def _half_power(number: str) -> str:
    """0, or the sign of a number and its half power of two as one whole number (a power of 0 is 10000)."""
    scaled = f"sign({number}::double) * (10000 + floor(2 * log2(abs({number}::double))))"
    return f"case when {number} = 0 then 0 when isfinite({number}::double) then ({scaled})::integer end"


def _half_power_name(number: str) -> str:
    return f"case when {number} = 0 then '0' else if({number} < 0, '-', '+') || (abs({number}) - 10000)::integer end"


def _reference_shares(
    script: Script,
    tables: Sequence[Table],
    refused: Mapping[str, np.ndarray],
    rows: Mapping[tuple[str, str], int],
    missing: Mapping[tuple[str, str, str, str], int],
) -> Figures:
    """The smallest share of references that lead to an accepted row.

    Rows without a delivered parent were refused, so only a refused parent row can leave a reference open.
    """
    found: Figures = {}
    delivered = {table.name for table in tables}
    for table in tables:
        for column, (parent, key) in table.references.items():
            if parent not in delivered:
                continue
            opened: dict[str, int] = {}
            if len(refused[parent]):
                using = ", ".join(_joined_on(table, column, parent, key))
                child, parents = _source(script, table.name), _source(script, parent)
                opened = dict(
                    script.rows(
                        f"select child.enterprise_id, count(*) from {child} as child anti join {parents} as parent using ({using}) "
                        f"where child.{column} is not null group by all"
                    )
                )
            for (name, enterprise), count in rows.items():
                given = count - missing[name, enterprise, column, ""] if name == table.name else 0
                if given:
                    place = (name, enterprise, "references")
                    found[place] = min(found.get(place, 1.0), (given - opened.get(enterprise, 0)) / given)
    return found


def _freshness(
    script: Script,
    rows: Mapping[tuple[str, str], int],
    last_days: Mapping[tuple[str, str, str, str], int],
    last_dated: Mapping[tuple[str, str, str, str], int],
) -> Figures:
    """Days between a table's last date and the last event of the enterprise, and from there to the quarter's end."""
    end = script.quarter.last_day
    until: dict[str, dt.date] = {}
    for _, of, _, day in last_days:
        until[of] = max(until.get(of, dt.date.min), min(dt.date.fromisoformat(day), end))
    found: Figures = {
        (table, of, "freshness"): float(max(0, (until[of] - dt.date.fromisoformat(day)).days))
        for table, of, _, day in last_dated
        if rows[table, of] >= _LEAST_EVENTS and of in until
    }
    return found | {("service_requests", of, "unfinished"): float((end - day).days) for of, day in until.items()}


def _row_figures(script: Script) -> Figures:
    """The figures that need the rows of the clean tables."""
    numbers = {name: parameter.value for name, parameter in parameters().items()}
    source = {name: _source(script, name) for name in TABLES}
    of_satisfaction = f"(select survey_id from {source['survey_questions']} where survey_type = 'satisfaction')"
    found: Figures = {}

    def share(table: str, check: str, part: str, whole: str, least: int = LEAST_ROWS) -> None:
        query = f"select enterprise_id, count_if({part}), count_if({whole}) from {source[table]} group by all"
        for of, some, all_of_them in script.rows(query):
            if all_of_them >= least:
                found[table, of, check] = some / all_of_them

    for table, (start, end) in DURATIONS.items():
        share(table, "zero_durations", f"{start} = {end}", f"{start} is not null and {end} is not null")
    share("service_requests", "automatic_timestamps", "timestamp_source = 'system'", "timestamp_source is not null")

    ((fewest, most),) = script.rows(
        f"""
        select min(n), max(n) from (
            select survey_id, count(distinct question_id) as n from {source["survey_questions"]}
            where survey_type = 'satisfaction' and survey_id in (select survey_id from {source["survey_responses"]}) group by all
        )
        """
    )
    found["survey_questions", ALL_ENTERPRISES, "fewest_questions"] = fewest
    found["survey_questions", ALL_ENTERPRISES, "most_questions"] = most

    # One quarter of four is here, so a fourth of what a year needs.
    served = {of for (of,) in script.rows(f"select distinct enterprise_id from {source['service_requests']}")}
    answers = dict(
        script.rows(
            f"select enterprise_id, count(distinct (customer_id, survey_id)) from {source['survey_responses']} "
            f"where is_complete and survey_id in {of_satisfaction} group by all"
        )
    )
    at_end = f"date '{script.quarter.last_day}'"
    for of, customers in script.rows(
        f"select enterprise_id, count(distinct customer_id) from {source['customers']} "
        f"where registered_on <= {at_end} and (left_on is null or left_on > {at_end}) group by all"
    ):
        required = required_answers(customers, numbers) / 4 if of in served else 0
        if required:
            found["survey_responses", of, "sample_size"] = answers.get(of, 0) / required
    for of, minutes, n in script.rows(
        f"select enterprise_id, quantile_cont(date_diff('second', started_at, submitted_at) / 60.0, 0.9), count(*) "
        f"from {source['survey_responses']} "
        f"where survey_id in {of_satisfaction} and started_at is not null and submitted_at is not null group by all"
    ):
        if n >= LEAST_ROWS:
            found["survey_responses", of, "completion_minutes"] = minutes
    found |= _repeated_answers(script, source)

    held = dict(script.rows(f"select enterprise_id, count(distinct round_id) from {source['mystery_visits']} group by all"))
    for of in served:
        found["mystery_visits", of, "rounds"] = held.get(of, 0) / max(1, numbers["mystery_rounds_per_year"] // 4)
    for of, covered, outlets in script.rows(
        f"""
        with active as (
            select enterprise_id, count(distinct outlet_id) as n from {source["outlets"]}
            where opened_on <= {at_end} and (closed_on is null or closed_on > {at_end}) group by all
        )
        select enterprise_id, greatest(count(distinct outlet_id), count(distinct scenario)), any_value(active.n)
        from {source["mystery_visits"]} left join active using (enterprise_id) group by enterprise_id, round_id
        """
    ):
        wanted = numbers["mystery_outlets_per_round"]
        place = ("mystery_visits", of, "coverage")
        found[place] = min(found.get(place) or math.inf, covered / (min(wanted, outlets) if outlets else wanted))
    return found


def _repeated_answers(script: Script, source: Mapping[str, str]) -> Figures:
    """The share of responses with the same answers, not all alike, as another of the survey within ten minutes."""
    apart = "date_diff('second', {}, {})"
    before, after = (
        apart.format("lag(submitted_at) over same", "submitted_at"),
        apart.format("submitted_at", "lead(submitted_at) over same"),
    )
    return {
        ("survey_responses", of, "duplicate_answers"): same / n
        for of, same, n in script.rows(
            f"""
            with answered as (
                -- a fingerprint of all answers together: lists of a million responses would not fit
                select enterprise_id, response_id, min(score) < max(score) as differ,
                    (sum(hash(question_id, score)), bit_xor(hash(question_id, score)), count(*)) as answers
                from {source["survey_answers"]} where score is not null group by all
            ),
            placed as (
                select enterprise_id, differ and ({before} <= 600 or {after} <= 600) as is_repeated
                from {source["survey_responses"]} join answered using (enterprise_id, response_id)
                where submitted_at is not null
                window same as (partition by enterprise_id, survey_id, answers order by submitted_at)
            )
            select enterprise_id, count_if(is_repeated), count(*) from placed group by all
            """
        )
        if n >= LEAST_ROWS
    }


# --- outliers ------------------------------------------------------------------------------------------------------------


def _list_outliers(script: Script) -> None:
    """Write ``outlier_groups`` and ``outliers``: Z, Z of logarithms and modified Z of every measured quantity."""
    numbers = parameters()
    z, modified = numbers["outlier_z_score"].value, numbers["outlier_modified_z_score"].value
    points, groups = [], []
    for name in MEASURED_TABLES:
        for measure in measures_of(name):
            scored = _score(script, TABLES[name], measure, z, modified)
            groups.append(scored)
            points.append(_listed(script, TABLES[name], measure))
    script.write("outlier_groups", pl.concat(groups))
    script.write("outliers", pl.concat(points))


def _score(script: Script, table: Table, measure: Measure, z: float, modified: float) -> pl.DataFrame:
    """Make the temporary tables ``measured`` (every value with its group) and ``groups``; returns the groups with their flags."""
    keys = ", ".join(("enterprise_id", *measure.groups))
    label = " || ';' || ".join(f"'{name}=' || coalesce({name}::varchar, '')" for name in measure.groups) or "''"
    logarithm = "case when value > 0 then ln(value) end" if measure.has_log else "null::double"
    first, end = f"date '{script.quarter.first_day}'", f"date '{script.quarter.end_day}'"
    in_force = f"coalesce(valid_from, {first}) < {end} and coalesce(valid_to, {end}) > {first}" if table.is_versioned else "true"
    connection = script.connection
    connection.execute(
        f"""
        create or replace temp table measured as
        select _row_id, hash({keys}) as group_id, ({measure.expression})::double as value
        from {_source(script, table.name)} where {in_force} and {measure.population or "true"} and value is not null
        """
    )
    # The name of each group, once.
    connection.execute(
        f"""
        create or replace temp table names as
        select distinct on (group_id) hash({keys}) as group_id, enterprise_id, {label} as "group"
        from (select distinct {keys} from {_source(script, table.name)})
        """
    )
    connection.execute(
        f"""
        create or replace temp table groups as
        select group_id, count(*) as n, avg(value) as mean, stddev_samp(value) as sd, median(value) as median, mad(value) as mad,
            avg({logarithm}) as log_mean, stddev_samp({logarithm}) as log_sd, null::double as mean_ad,
            (count(*) - 1) / sqrt(count(*)) <= {z} as too_small
        from measured group by all
        """
    )
    connection.execute(
        """
        update groups set mean_ad = flat.mean_ad
        from (
            select group_id, avg(abs(value - median)) as mean_ad
            from measured join groups using (group_id) where mad = 0 group by all
        ) as flat
        where flat.group_id = groups.group_id
        """
    )
    # Nearly all values lie within the bounds of all three rules, slightly narrowed; only the others are scored.
    connection.execute(
        f"""
        create or replace temp table flagged as
        with bounds as (
            select *, coalesce(nullif(mad, 0) / 0.6745, nullif(mean_ad, 0) * 1.253314) as deviation,
                {z} * nullif(sd, 0) as far, {z} * nullif(log_sd, 0) as log_far, {modified} * deviation as far_from_median,
                greatest(mean - far, exp(log_mean - log_far), median - far_from_median) as low,
                least(mean + far, exp(log_mean + log_far), median + far_from_median) as high
            from groups
        ),
        scored as (
            select _row_id, group_id, value, (value - mean) / nullif(sd, 0) as z,
                ({logarithm} - log_mean) / nullif(log_sd, 0) as z_log, (value - median) / deviation as z_mad
            from measured join bounds using (group_id)
            where value <= low + 1e-6 * abs(low) or value >= high - 1e-6 * abs(high)
        )
        select *, coalesce(abs(z) > {z}, false) as by_z, coalesce(abs(z_log) > {z}, false) as by_z_log,
            coalesce(abs(z_mad) > {modified}, false) as by_z_mad
        from scored where by_z or by_z_log or by_z_mad
        """
    )
    return connection.execute(
        f"""
        select '{table.name}' as "table", '{measure.id}' as measure, names.*, groups.* exclude (group_id),
            coalesce(flags.by_z, 0) as flagged_z, coalesce(flags.by_z_log, 0) as flagged_z_log,
            coalesce(flags.by_z_mad, 0) as flagged_z_mad
        from groups join names using (group_id) left join (
            select group_id, count_if(by_z)::bigint as by_z, count_if(by_z_log)::bigint as by_z_log,
                count_if(by_z_mad)::bigint as by_z_mad
            from flagged group by all
        ) as flags using (group_id)
        order by all
        """
    ).pl()


def _listed(script: Script, table: Table, measure: Measure) -> pl.DataFrame:
    """The points to be reviewed, and those of groups too small for Z that the modified Z flags, with the keys of their rows."""
    return script.connection.execute(
        f"""
        with listed as (
            select * from flagged join groups using (group_id) join names using (group_id) where by_z or too_small and by_z_mad
        )
        select '{table.name}' as "table", '{measure.id}' as measure, listed.enterprise_id, listed."group",
            {row_key_expression(table)} as row_key, value, n, mean, sd, z, z_log, z_mad,
            concat_ws(';', if(by_z, 'z', null), if(by_z_log, 'z_log', null), if(by_z_mad, 'z_mad', null)) as flags
        from listed join {_source(script, table.name)} as rows on rows._row_id = listed._row_id
        order by row_key
        """
    ).pl()


# --- values with intervals -----------------------------------------------------------------------------------------------

# What `handwritten.sql` leaves out unless its caller asks. The deviation of a single value is not known, which is not the same as
# none: a rate has none.
_KEPT_BESIDE = """
create temp macro spread(x, counted) as coalesce(stddev_samp(x) filter (where counted), 'nan'::double);
create temp macro further(requested_at, product_model, issue_class, service_type, urgency, complexity, status) as {
    'requested_at': requested_at, 'product_model': product_model, 'issue_class': issue_class, 'service_type': service_type,
    'urgency': urgency, 'complexity': complexity, 'status': status
};
"""
_NOT_RATED = ("smallest", "p50", "p90", "p95", "largest", "incidents", "fatal_incidents", "inspections_per_month")
_SURVEY_SCOPES = {
    "enterprise": "enterprise_id",
    "region": "region_code",
    "outlet": "outlet_id",
    "staff": "staff_id",
    "channel": "channel",
    "product_category": "product_category",
}
_VALUES_WITH_ERRORS = """
select indicator_values.*, people, is_repeated, error
from indicator_values left join survey_errors using (enterprise_id, scope_type, scope_id, indicator_id, variant)
where value is not null
"""

# One person may give several answers of an indicator: what is independent are the people, with the sum y of their m answers. The
# error of the mean r = Σy/Σm is √(n/(n - 1) · Σ(y - r·m)²)/Σm; the residuals add up to 0, so their squares are centred sums.
_SURVEY_ERRORS = """
create temp table survey_errors (
    enterprise_id varchar, scope_type varchar, scope_id varchar, indicator_id varchar, variant varchar, people bigint,
    is_repeated boolean, error double
);
create temp macro by_person(variant, y, m) as {
    'variant': variant, 'people': count_if(m > 0), 'answers': sum(m)::double, 'is_repeated': max(m) > 1,
    'mean': sum(y) / sum(m), 'of_y': regr_syy(y, m), 'of_both': regr_sxy(y, m), 'of_m': regr_sxx(y, m)
};
"""
_PEOPLE = """
create or replace temp table people as
select
    enterprise_id, {place} as scope_id, measures, part, is_mystery, respondent_id,
    sum(points)::double as score, count(points)::double as scores,
    (sum(points) filter (where is_valid))::double as valid, (count(points) filter (where is_valid))::double as valids,
    count_if(is_top_two)::double as top_two, sum(expected)::double as expectation, count(expected)::double as expectations,
    sum(gap)::double as gap, count(gap)::double as gaps
from answers
where {place} is not null
group by all
"""
_ERRORS_OF_ITEMS = """
insert into survey_errors
with grouped as (
    select
        enterprise_id, scope_id, measures, part, is_mystery,
        [
            by_person('', score, scores), by_person('valid_only', valid, valids), by_person('top_two_box', top_two, scores),
            by_person('expectation', expectation, expectations), by_person('gap', gap, gaps)
        ] as readings
    from people group by all
),
readings as (select * exclude (readings), unnest(readings, recursive := true) from grouped),
squared as (
    select *, of_y - 2 * mean * of_both + mean * mean * of_m as squares, of_y + mean * mean * of_m as size
    from readings
)
select
    enterprise_id, '{scope}', scope_id, measures, survey_variant(is_mystery, variant, part), people, is_repeated,
    -- what is left of sums that cancel is no spread
    case when people > 1 then sqrt(if(squares > 1e-12 * size, squares, 0) * people / (people - 1)) / answers end
from squared where answers > 0
"""
# A composed value is Σ c·Σy/Σm over its components. One person moves it by the sum of c·(y - r·m)/Σm over the components that the
# person answered; the squares of these sums have the covariances in them.
_ERRORS_OF_COMPOSED = """
insert into survey_errors
with given as (
    select enterprise_id, scope_id, '' as variant, measures, part, respondent_id, score as y, scores as m
    from people where starts_with(measures, 'O2-') and not is_mystery and scores > 0
    union all
    select enterprise_id, scope_id, 'valid_only', measures, part, respondent_id, valid, valids
    from people where starts_with(measures, 'O2-') and not is_mystery and valids > 0
),
components as (
    select enterprise_id, scope_id, variant, measures, part, sum(y) / sum(m) as mean, sum(m) as answers
    from given group by all
),
touchpoints as (
    select
        components.*, requests / sum(requests) over (partition by enterprise_id, scope_id, variant) as share
    from components join volumes using (enterprise_id, scope_id)
    where measures = 'O2-2' and volumes.channel = part and volumes.scope_type = '{scope}'
),
weighted as (
    select 'O2-2' as composed, * from touchpoints
    union all
    select 'O2-5', * replace (0.2 * share as share) from touchpoints
    union all
    select 'O2-5', *, if(measures = 'O2-1', 0.4, 0.2)::double from components where measures in ('O2-1', 'O2-3', 'O2-4')
),
moves as (
    select composed, enterprise_id, scope_id, variant, respondent_id, sum(share * (y - mean * m) / answers) as move
    from weighted join given using (enterprise_id, scope_id, variant, measures, part)
    group by all
)
select
    enterprise_id, '{scope}', scope_id, composed, variant, count(*), false,
    case when count(*) > 1 then sqrt(sum(move * move) * count(*) / (count(*) - 1)) end
from moves group by all
"""


def _measure_survey_errors(script: Script) -> None:
    """Make the temporary table ``survey_errors``: people and standard error of every survey value, from ``answers``."""
    connection = script.connection
    connection.execute(_SURVEY_ERRORS)
    for scope, place in _SURVEY_SCOPES.items():
        connection.execute(_PEOPLE.format(place=place))
        connection.execute(_ERRORS_OF_ITEMS.format(scope=scope))
        connection.execute(_ERRORS_OF_COMPOSED.format(scope=scope))
    # The index has an error if all that it consists of have one.
    connection.execute(
        """
        update survey_errors set error = null
        where indicator_id = 'O2-5' and (enterprise_id, scope_type, scope_id, variant) in (
            select (enterprise_id, scope_type, scope_id, variant) from survey_errors
            where indicator_id in ('O2-1', 'O2-2', 'O2-3', 'O2-4') and error is null
        )
        """
    )
    connection.execute(
        """
        insert into survey_errors
        select * replace ('five_point_ratio' as variant, 0.8 * error as error) from survey_errors where variant = ''
        """
    )


def with_intervals(values: pl.DataFrame, quarter: Quarter) -> pl.DataFrame:
    """95 % intervals: Wilson's of rates, Student's of means. Where one person gives several answers, n is the number of people."""
    methods = {name: indicator.method for name, indicator in catalogue(quarter.last_day).items()}
    method = values["indicator_id"].replace_strict(methods, return_dtype=pl.String)
    numerator, denominator, divisor, spread, value, people, error = (
        values[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
        for name in ("numerator", "denominator", "divisor", "spread", "value", "people", "error")
    )
    is_share = values["variant"].str.contains("top_two_box", literal=True).to_numpy()
    has_spread = (values["spread"].is_not_null() | values["people"].is_not_null()).to_numpy() & ~is_share
    is_score = method.is_in(SCORE_METHODS) & (values["variant"] != "")
    is_per_ten_thousand = (values["indicator_id"] == "O4-1").to_numpy()
    scale = np.where(is_per_ten_thousand, 10_000.0, 1.0)
    rated = ((method.is_in(["rate", "mean"]) | is_score).to_numpy() | is_per_ten_thousand) & ~has_spread
    rated &= ~values["variant"].is_in(_NOT_RATED).to_numpy() & (numerator >= 0) & (numerator / scale <= denominator)
    with np.errstate(invalid="ignore", divide="ignore"):
        # As many independent answers as give the same precision; as many as people, where all answers agree.
        independent = value * (1 - value) / (denominator - 1) * denominator / error**2
        independent = np.where(np.isfinite(independent), np.minimum(independent, denominator), people)
        is_repeated = is_share & values["is_repeated"].fill_null(False).to_numpy()
        trials = np.where(is_repeated, independent, denominator)
        hits = np.where(is_repeated, value * trials, numerator / scale)
        n = np.where(np.isnan(people), denominator, people)
        t = stdtrit(np.where(n > 1, n - 1, np.nan), 0.975)
        half = t * np.where(np.isnan(people), spread / (np.sqrt(denominator) * divisor), error)
    low, high = np.full((2, len(values)), np.nan)
    low[rated], high[rated] = (limit * scale[rated] for limit in wilson(np.minimum(hits, trials)[rated], trials[rated]))
    low[has_spread], high[has_spread] = (value - half)[has_spread], (value + half)[has_spread]
    return values.with_columns(
        ci_low=pl.Series(low).fill_nan(None),
        ci_high=pl.Series(high).fill_nan(None),
        ci_method=pl.when(pl.Series(np.isnan(low))).then(None).when(pl.Series(rated)).then(pl.lit("wilson")).otherwise(pl.lit("t")),
    ).drop("spread", "divisor", "people", "is_repeated", "error")


# --- records, k-anonymous ------------------------------------------------------------------------------------------------

_RECORDS = {
    "fct_service_requests": """
        select
            enterprise_id, getvariable('quarter') as quarter, strftime(further.requested_at, '%Y-%m') as requested_month,
            region_code, outlet_id, channel, further.service_type, further.urgency, further.complexity, product_category,
            further.product_model, further.issue_class, further.status,
            round(response_seconds / 60, 0)::decimal(12, 0) as response_minutes,
            round(resolution_seconds / 3600, 1)::decimal(12, 1) as resolution_hours,
            round(working_seconds / 3600, 1)::decimal(12, 1) as resolution_working_hours,
            round(total_seconds / 3600, 1)::decimal(12, 1) as customer_total_hours,
            response_seconds <= 15 * 60 as is_urgent_response_in_time,
            resolution_seconds <= 4 * 3600 as is_general_resolution_in_time,
            working_seconds <= 3 * 86400 as is_complex_resolution_in_time,
            is_one_touch,
            is_solved_at_once as is_first_contact_resolution,
            customer_confirmed,
            is_solved_for_good as is_finally_resolved,
            is_repair_done, is_repair_repeated, acceptance_passed,
            case when is_notice_required then is_notified end as is_notified,
            case when has_form then is_form_valid end as is_form_valid,
            is_overcharged, has_service_error
        from requests
    """,
    "fct_complaints": """
        select
            enterprise_id, getvariable('quarter') as quarter, strftime(received_at, '%Y-%m') as received_month, region_code,
            outlet_id, channel, case when is_urgent then 'urgent' when not is_urgent then 'normal' end as urgency, cause_class,
            round(seconds(received_at, first_reply_at) / 3600, 1)::decimal(12, 1) as first_reply_hours,
            round(seconds(received_at, closed_at) / 3600, 1)::decimal(12, 1) as closing_hours,
            seconds(received_at, first_reply_at) <= 24 * 3600 as is_replied_in_time,
            seconds(received_at, first_reply_at) <= 15 * 60 as is_urgent_replied_in_time,
            satisfaction, satisfaction >= 4 as is_satisfied, escalated, alternative_offered
        from source('complaints')
        where in_quarter(received_at)
    """,
    "fct_safety_incidents": """
        select
            i.enterprise_id, getvariable('quarter') as quarter, strftime(i.occurred_at, '%Y-%m') as occurred_month,
            o.region_code, i.outlet_id, i.severity
        from source('safety_incidents') as i
        left join outlets as o on o.enterprise_id = i.enterprise_id and o.outlet_id = i.outlet_id
        where in_quarter(i.occurred_at)
    """,
}


def _release_records(script: Script) -> None:
    """Write the record-level tables k-anonymous and l-diverse, and ``anonymity``: what that cost, and what they reached."""
    limits, measured = PrivacyLimits(), []
    for name, query in _RECORDS.items():
        script.connection.execute(f"create temp table {name} as {query}")
        declared, file = RECORD_TABLES[name], script.output / f"{name}.parquet"
        with anonymised(script.connection, name, declared, limits.k, limits.diversity) as released:
            script.connection.execute(f"copy ({released.query}) to {literal(file)} (format parquet, compression zstd)")
        classes = {each.within: each for each in classes_of(script.connection, f"read_parquet({literal(file)})", declared)}
        for within in sorted(classes.keys() | released.left_out.keys(), key=str):
            each = classes.get(within)
            if each and (each.smallest < limits.k or (each.least_diverse or limits.diversity) < limits.diversity):
                raise SystemExit(f"{name} would identify records")
            reached = (each.rows, each.smallest, each.generalised, each.suppressed) if each else (0, None, 0, 0)
            measured.append((name, within[0], *reached, released.left_out.get(within, 0)))
    columns = ["table", "enterprise_id", "rows", "k_reached", "generalised", "suppressed", "left_out"]
    script.write("anonymity", pl.DataFrame(measured, schema=columns, orient="row"))


def _scan(output: Path) -> None:
    """Search what would be published for personal data."""
    findings = [str(finding) for each in scan(published_subjects(output)) for finding in each.findings]
    if findings:
        raise SystemExit("\n".join(["personal data in what would be published:", *findings]))


def main() -> None:
    """Command line: ``python -m benchmarks.handwritten_full LANDING OUTPUT [--quarter 2025-Q1]``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("landing", type=Path, help="folder of landing Parquet files, one a table")
    parser.add_argument("output", type=Path, help="folder to write Parquet files into")
    parser.add_argument("--quarter", type=Quarter.parse, default="2025-Q1")
    arguments = parser.parse_args()
    evaluate(arguments.landing, arguments.output, arguments.quarter)


if __name__ == "__main__":
    main()
