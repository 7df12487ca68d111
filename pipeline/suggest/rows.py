"""Files in which the key of a table is repeated: logs of events, and numbers that are only unique together with another column."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from pipeline.lake.sql import literal, quoted
from pipeline.suggest.content import Fit
from pipeline.suggest.matching import ColumnMatch, TableMatch
from pipeline.suggest.profile import ColumnProfile, FileProfile

# In a log nearly all events of a record repeat what is said about the record itself.
_CONSTANT, _CHANGING, _ORDERED = 0.9, 0.5, 0.98
# Fewer repeated keys are faults of the source, which nobody should hide.
_LOG = 0.1
_MOST_PAIRED = 5_000
_STARTED = ("处理中", "进行中", "维修中", "已响应", "in progress", "in process", "work in progress", "active")


_INCOMING = ("in", "inbound", "incoming", "呼入", "来电", "呼入电话")
_OUTGOING = ("out", "outbound", "outgoing", "internal", "呼出", "去电", "内线", "呼出电话")


@dataclass(frozen=True)
class Rows:
    """How rows of a file become rows of the table, if they are not one and the same."""

    reason: str
    latest_by: dict[str, Any] | None = None
    prepare: dict[str, Any] | None = None
    """``select`` and the columns that it makes, by the contract's names."""
    made: tuple[str, ...] = field(default=())


def with_key(match: TableMatch) -> tuple[TableMatch, Rows | None]:
    """The match with the key that makes its rows unique, and what becomes of rows with the same key; None: nothing to do."""
    keys = [name for name in match.table.key if name != "enterprise_id"]
    found = match.matches.get(keys[0]) if len(keys) == 1 else None
    if found is None or found.source.is_unique or not found.source.filled or found.fit.sources:
        return match, None
    key = found.source
    if _is_unique(match):
        confidence = min(found.confidence / found.fit.share, 1.0)
        together = Fit(1.0, "different in every row, together with the rest of the table's key")
        return match.improved(keys[0], confidence=confidence, fit=together, reasons=(found.reasons[0], together.reason)), None
    repeated = f"{key.filled - key.distinct} of {key.filled} rows repeat the {key.name} of an earlier one"
    if key.filled - key.distinct < _LOG * key.filled:
        return match, Rows(f"{repeated}: only the first of each would be accepted")
    constant = _constant_shares(match, key)
    event = _event(match)
    status = match.matches.get("status")
    if event is not None and constant.get(event.source.place, 0.0) >= _CONSTANT:
        order = _order(match, key, constant)
        certain = match.improved(keys[0], confidence=min(found.confidence / found.fit.share, 1.0), fit=Fit(1.0, "repeated: a log"))
        reason = f"several rows per key, a log of changes: {repeated}; the last row of each is kept"
        return certain, Rows(reason, latest_by={"key": [key.name], "order_by": [order]})
    if status is not None and event is not None and constant.get(status.source.place, 1.0) <= _CHANGING:
        if match.table.name == "service_requests" and not event.fit.readings:
            return _from_events(match, found, event, status, constant, repeated)
        return match, Rows(f"several rows per key, a log of events: {repeated}; `prepare` can make one row of them")
    partner = _partner(match, key)
    if partner is not None:
        expression = f"{quoted(partner.name)} || '-' || {quoted(key.name)}"
        note = f"other files that refer to {key.name} must be read in the same way"
        fit = Fit(0.95, f"unique together with {partner.name}", {"expression": expression}, (note,), (), (partner.name, key.name))
        confidence = min(found.confidence / found.fit.share, 1.0) * 0.85
        return match.improved(keys[0], fit=fit, confidence=confidence, reasons=(found.reasons[0], fit.reason)), None
    return match, Rows(f"{repeated}: only the first of each would be accepted")


def incoming(file: FileProfile) -> str | None:
    """The condition for calls that came in, where a column says which went out."""
    for column in file.columns:
        texts = [text for text, _ in column.counted] if column.distinct <= 6 else []
        came = [text for text in texts if text.strip().lower() in _INCOMING]
        if came and len(came) < len(texts) and all(text.strip().lower() in (*_INCOMING, *_OUTGOING) for text in texts):
            return f"{quoted(column.name)} in ({', '.join(map(literal, came))})"
    return None


def _is_unique(match: TableMatch) -> bool:
    """Whether the table's whole key, its enterprise and its version among it, is different in every row."""
    places = [str(match.matches[name].source.place) for name in match.table.unique_key if name in match.matches]
    return match.file.frame.select(places).n_unique() == match.file.rows


def _event(match: TableMatch) -> ColumnMatch | None:
    return next((match.matches[name] for name in match.table.dated_by if name in match.matches), None)


def _constant_shares(match: TableMatch, key: ColumnProfile) -> dict[int, float]:
    """For each column, the share of repeated keys in whose rows it has one value."""
    frame = match.file.frame
    by = str(key.place)
    others = [name for name in frame.columns if name != by]
    groups = (
        frame.filter(pl.col(by).is_not_null())
        .group_by(by)
        .agg(pl.len().alias("_rows"), *(pl.col(each).n_unique() for each in others))
    )
    groups = groups.filter(pl.col("_rows") > 1)
    return {int(each): float((groups[each] == 1).mean() or 0.0) for each in others} if groups.height else {}  # type: ignore[arg-type]


def _order(match: TableMatch, key: ColumnProfile, constant: dict[int, float]) -> Any:
    """What tells the last row of a key: a counter or a time that grows from row to row, else the order of the file."""
    best: tuple[float, Any] = (0.0, {"expression": "_origin_row"})
    for column in match.file.columns:
        if constant.get(column.place, 1.0) >= _CHANGING or column.filled_share < 0.99:
            continue
        growing, written = _growing(match, key, column)
        if growing > best[0]:
            best = growing, written
    return best[1]


def _growing(match: TableMatch, key: ColumnProfile, column: ColumnProfile) -> tuple[float, Any]:
    cells = pl.col(str(column.place))
    written: Any = column.name
    if column.is_whole and column.dates is None:
        value = cells.cast(pl.Float64, strict=False)
    elif column.dates is not None and not column.dates.is_open and not column.dates.is_bare:
        formats = column.dates.written
        if len(formats) > 1 or "%g" in "".join(formats):
            return 0.0, None
        value = cells.str.to_datetime(formats[0], strict=False) if formats else cells
        written = {"expression": f"try_strptime({quoted(column.name)}, {literal(formats[0])})"} if formats else column.name
    else:
        return 0.0, None
    frame = match.file.frame.select(pl.col(str(key.place)).alias("k"), value.alias("v"))
    steps = frame.with_columns(before=pl.col("v").shift(1).over("k")).filter(pl.col("before").is_not_null())
    if steps.height < 1 or steps.filter(pl.col("v") >= pl.col("before")).height < _ORDERED * steps.height:
        return 0.0, None
    return steps.filter(pl.col("v") > pl.col("before")).height / steps.height, written


def _partner(match: TableMatch, key: ColumnProfile) -> ColumnProfile | None:
    """The column with the fewest values that makes the key unique."""
    # No id is made of personal data or of something that is measured.
    kept = {
        found.source.place for found in match.matches.values() if found.column.pii or found.column.type not in ("string", "integer")
    }
    others = (each for each in match.file.columns if each.place not in {key.place, *kept} and 2 <= each.distinct <= _MOST_PAIRED)
    candidates = sorted(others, key=lambda each: each.distinct)
    for other in candidates:
        is_code = other.dates is None and not other.is_time_of_day and other.mean_length <= 20 and other.filled_share >= 0.999
        if not is_code or (other.is_whole and max(other.numbers) <= 10):
            continue
        pairs = match.file.frame.select(str(key.place), str(other.place)).n_unique()
        if pairs == match.file.rows:
            return other
    return None


def _from_events(
    match: TableMatch, found: ColumnMatch, event: ColumnMatch, status: ColumnMatch, constant: dict[int, float], repeated: str
) -> tuple[TableMatch, Rows]:
    """One row per key out of its events: times by the state that each event brought."""
    time, state = quoted(event.source.name), quoted(status.source.name)
    dates = event.source.dates
    formats = dates.written if dates is not None else []
    tried = [f"try_strptime({time}, {literal(each)})" for each in formats if "%" in each]
    moment = f"coalesce({', '.join(tried)})" if len(tried) > 1 else tried[0] if tried else f"try_cast({time} as timestamp)"
    values = status.fit.written.get("values", {})
    texts = {value: [text for text, of in values.items() if of == value] for value in ("open", "resolved", "closed")}
    started = [text for text in texts["open"] if any(word in text.lower() for word in _STARTED)]
    lines = [f"{quoted(found.source.name)} as request_id", f"min({moment}) as requested_at"]
    made = ["request_id", "requested_at"]
    for name, of_state, which in (
        ("responded_at", started, "min"),
        ("resolved_at", texts["resolved"], "max"),
        ("closed_at", texts["closed"], "max"),
    ):
        if of_state:
            lines.append(f"{which}({moment}) filter ({state} in ({', '.join(map(literal, of_state))})) as {name}")
            made.append(name)
    lines.append(f"arg_max({state}, {moment}) as status")
    changed = {"request_id": replace(found, confidence=0.9, fit=Fit(1.0, "repeated: a log of events"))}
    for name, each in match.matches.items():
        if name in made or name == "status" or each.is_open or each.fit.sources or each.column.type in ("timestamp", "date"):
            continue
        source = quoted(each.source.name)
        is_constant = constant.get(each.source.place, 0.0) >= _CONSTANT
        lines.append(f"any_value({source}) as {name}" if is_constant else f"arg_max({source}, {moment}) as {name}")
        made.append(name)
    lines += ["any_value(_origin_file) as _origin_file", "max(_origin_row) as _origin_row"]
    select = "select\n  " + ",\n  ".join(lines) + f"\nfrom events\ngroup by {quoted(found.source.name)}"
    kept = {name: changed.get(name, each) for name, each in match.matches.items() if name in made or name == "status"}
    kept["requested_at"] = replace(
        event, confidence=min(event.confidence, 0.85), fit=replace(event.fit, notes=("the first event of each key",))
    )
    reason = f"several rows per key, a log of events: {repeated}; one query makes one row of them"
    return replace(match, matches=kept), Rows(reason, prepare={"select": select}, made=(*made, "status"))
