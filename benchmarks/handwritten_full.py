"""The peer of the pipeline: one script that does by hand what `asq run` does to a quarter of Parquet files.

PLACEHOLDER
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks import handwritten
from pipeline.calendar.quarters import Quarter
from pipeline.desensitize import masks, tokens
from pipeline.desensitize.keys import PseudonymKey, load_key
from pipeline.extract.mapping.casting import Style, Value, accepted, reading
from pipeline.extract.readers.cleaning import clean_text
from pipeline.lake.parquet import file_format
from pipeline.lake.row_key import joined_values
from pipeline.lake.sql import literal, quoted
from pipeline.redact.redaction import redact_column
from pipeline.validate.masking import masked_keys, masked_values
from schemas.contract import TABLES, Column, Table
from schemas.standard.catalogue import INDICATOR_ID

MEMORY_LIMIT = "1500MB"
REFUSED_LIMIT = 0.05
_BATCH_ROWS = 122_880
_BLANKS = " \t\n\v\f\r\u00a0\u3000\u200b\ufeff"

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
        ("answered_call_without_answer_time", "answered_at", "answered_at is not null or outcome <> 'answered'"),
        (
            "unanswered_call_with_answer_time",
            "answered_at",
            "answered_at is null or outcome not in ('abandoned', 'self_service', 'rejected')",
        ),
        ("ended_before_answered", "ended_at", "ended_at >= answered_at"),
        ("ended_before_queued", "ended_at", "answered_at is not null or ended_at >= queued_at"),
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
    "expert_judgements": (("item_compared_with_itself", "right_item", "right_item <> left_item"),),
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
        _say(script, "values")
        handwritten.run_script(connection, script.output / "clean", quarter)
        connection.execute(
            f"copy (select * from indicator_values where value is not null) to {literal(output / 'values.parquet')} (format parquet)"
        )


def _say(script: Script, step: str) -> None:
    print(f"{script.quarter}: {step}", flush=True)


# --- extraction: the delivered file as a view in the contract's types ----------------------------------------------------


@dataclass(frozen=True)
class _Delivered:
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


def _delivered(script: Script, table: Table) -> _Delivered:
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
            selected.append(f"nullif(trim({name}, {literal(_BLANKS)}), '') as {name}")
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
    connection.execute(
        f"create view landed_{table.name} as select * from delivered_{table.name} as rows where {_in_quarter(table, script.quarter)}"
    )
    rows = pq.read_metadata(file).num_rows if file.is_file() else 0
    is_typed = all(types.get(column.name) == column.sql_type for column in table.columns)
    return _Delivered(table, file, rows, frozenset(lossy), is_typed)


def _untidy(script: Script, table: Table, types: Mapping[str, str], source: str) -> set[str]:
    """The text columns with an empty cell or one with blanks around it: looking is much cheaper than trimming them all."""
    wanted = (name for name, kind in types.items() if kind == "VARCHAR" and name in table.polars_schema)
    texts = [quoted(name) for name in wanted if not table.column(name).pii]
    if not texts:
        return set()
    wide = f"strlen({{0}}) <> length({{0}}) and regexp_matches({{0}}, '^[{_BLANKS}]|[{_BLANKS}]$')"
    tests = ", ".join(f"bool_or({text} < '!' or {text}[-1] < '!' or {wide.format(text)})" for text in texts)
    (found,) = script.rows(f"select {tests} from {source}")
    return {text.strip('"') for text, is_untidy in zip(texts, found, strict=True) if is_untidy}


def _in_quarter(table: Table, quarter: Quarter) -> str:
    """A row without a readable date belongs to the quarter that is run, one without a date of its own to its parent's."""
    if parent := table.dated_by_parent:
        same = " and ".join(f"parent.{name} = rows.{name}" for name in parent.by)
        elsewhere = f"not ({_between(TABLES[parent.table].date_expression, quarter)})"
        return f"not exists (select 1 from delivered_{parent.table} as parent where {same} and {elsewhere})"
    return "true" if table.date_expression is None else f"({_between(table.date_expression, quarter)}) is not false"


def _between(date: str | None, quarter: Quarter) -> str:
    return f"{date} >= date '{quarter.first_day}' and {date} < date '{quarter.end_day}'"


# --- validation: which rows are refused, and why -------------------------------------------------------------------------


def _refuse(script: Script, delivered: Mapping[str, _Delivered]) -> dict[str, np.ndarray]:
    """Write ``refused`` (one row per broken rule) and ``row_counts``; returns the refused row numbers of every table."""
    script.connection.execute('create temp table broken ("table" varchar, _row_id bigint, rule varchar, "column" varchar, value varchar)')
    numbers, reasons, counts = {}, [], []
    for name, each in delivered.items():
        _row_rules(script, each)
        _foreign_keys(script, each, delivered)
        if name == "survey_answers":
            _answer_scales(script)
        _between_rows(script, each)
        ((rows,),) = script.rows(f"select count(*) from landed_{name}")
        numbers[name] = script.connection.execute(
            'select distinct _row_id from broken where "table" = $name order by all', {"name": name}
        ).fetchnumpy()["_row_id"]
        counts.append((name, rows, rows - len(numbers[name]), len(numbers[name])))
        if len(numbers[name]) > REFUSED_LIMIT * rows:
            raise SystemExit(f"{name}: {len(numbers[name])} of {rows} rows refused")
        if len(numbers[name]):
            reasons.append(_reasons(script, each))
    script.write("refused", pl.concat(reasons) if reasons else pl.DataFrame())
    script.write("row_counts", pl.DataFrame(counts, schema=["table", "extracted", "accepted", "quarantined"], orient="row"))
    return numbers


def _row_rules(script: Script, each: _Delivered) -> None:
    """One pass: rows that break no rule of their own, nearly all, build nothing."""
    rules = list(_rules(each))
    entries = ", ".join(
        f"case when ({kept}) is false then {{'rule': '{rule}', 'column': '{column}', 'value': {shown}::varchar}} end"
        for rule, column, shown, kept in rules
    )
    is_broken = " or ".join(f"({kept}) is false" for *_, kept in rules)
    script.connection.execute(
        f"""
        insert into broken
        select '{each.table.name}', _row_id, unnest(found, recursive := true)
        from (select _row_id, list_filter([{entries}], lambda each: each is not null) as found from landed_{each.table.name} where {is_broken})
        """
    )


def _rules(each: _Delivered) -> Iterator[tuple[str, str, str, str]]:
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


def _foreign_keys(script: Script, each: _Delivered, delivered: Mapping[str, _Delivered]) -> None:
    """Rows whose parent was not delivered, accepted or not; a table that did not come at all refuses nobody."""
    for column, (parent, key) in each.table.references.items():
        if not delivered[parent].was_delivered:
            continue
        pairs = _joined_on(each.table, column, parent, key)
        keys = f"keys_{parent}_{key}"
        script.connection.execute(
            f"create temp table if not exists {keys} as select distinct {', '.join(map(quoted, pairs.values()))} from delivered_{parent}"
        )
        matched = " and ".join(f"child.{quoted(mine)} = parent.{quoted(theirs)}" for mine, theirs in pairs.items())
        given = " and ".join(f"child.{quoted(mine)} is not null" for mine in pairs)
        script.connection.execute(
            f"""
            insert into broken select '{each.table.name}', _row_id, 'foreign_key', '{column}', {quoted(column)}
            from landed_{each.table.name} as child anti join {keys} as parent on {matched} where {given}
            """
        )


def _joined_on(table: Table, column: str, parent: str, key: str) -> dict[str, str]:
    """Columns of the child → columns of the parent."""
    have_enterprises = all("enterprise_id" in each.polars_schema for each in (table, TABLES[parent]))
    return {**({"enterprise_id": "enterprise_id"} if have_enterprises else {}), column: key}


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


def _between_rows(script: Script, each: _Delivered) -> None:
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
    if once := table.counts_once:
        per = ", ".join(map(quoted, once.per))
        ordered = f"(partition by {per} order by {quoted(once.first_by)}, _row_id) > 1"
        _refuse_where(script, each, once.rule, once.per, ordered, f"(select * from {standing} where {quoted(once.where)})")


def _refuse_where(script: Script, each: _Delivered, rule: str, columns: tuple[str, ...], later: str, standing: str) -> None:
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


def _reasons(script: Script, each: _Delivered) -> pl.DataFrame:
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


# --- pseudonyms, masks, redacted text ------------------------------------------------------------------------------------


def _write_clean(script: Script, each: _Delivered, refused: np.ndarray) -> None:
    """Stream the accepted rows into ``clean``.

    A pseudonym stands under the name of the column that it replaces, a mask or a redacted text beside it.
    """
    key = load_key()
    left_out = refused
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
        if len(left_out):
            batch = batch.filter(pa.array(~np.isin(numbers, left_out)))
        treated = _treated(batch, each.table, key)
        if writer is None:
            writer = pq.ParquetWriter(script.clean(each.table.name), treated.schema, **file_format(treated.schema))
        writer.write_table(treated)
    assert writer is not None
    writer.close()


def _typed_batches(script: Script, each: _Delivered) -> Iterator[pa.Table]:
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
            treated[f"{name}_redacted"] = redact_column(personal[name], own_name)
    kept = batch.select([name for name in batch.column_names if name not in classes])
    for name, column in treated.items():
        kept = kept.append_column(name, column.to_arrow().cast(pa.string()))
    return kept


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
