"""Figures of places: league tables with intervals, funnel plots, regions by indicator, months by hour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.charts import funnel as funnels
from pipeline.charts import ranked as leagues
from pipeline.charts.bullet import position
from pipeline.charts.heatmap import FAR, GOOD, NEAR, SEQUENTIAL, Cell, Shade, heatmap
from pipeline.charts.style import PALE, PAPER
from pipeline.report.document.blocks import Cell as TableCell
from pipeline.report.document.blocks import Chart, Plot
from pipeline.report.figures.frame import ABSENT, NOTHING, Frame, cell, chart, is_withheld, tone_of
from pipeline.report.model.run_tables import RunTables
from pipeline.report.words.messages import Messages

_FEWEST_MEMBERS = 3
_SHOWN_MEMBERS = 20
# Cells of a heat map, each with its description: more would make a drawing heavy, and nobody reads them.
_MOST_CELLS, _MOST_INDICATORS, _MOST_REGIONS = 100, 8, 16
_FEW, _OPEN = "insufficient_sample", "not_distinguishable"
_TONES = {"better": "good", "worse": "bad", _OPEN: "open"}
_FLAGS = ("above", "below")
OTHER = "other"
_NO_DATA = "·"
Rows = Sequence[Mapping[str, Any]]


def league_bars(
    tables: RunTables, enterprise_id: str, say: Messages, dimension: str, indicator_id: str | None = None, period: str | None = None
) -> Chart | None:
    """Members of a dimension (region, outlet, channel, product_category) by value, with n and interval.

    Without ``indicator_id`` it is the one in which most members differ from the rest, or else the one that costs most points.
    None with fewer than three shown members.
    """
    frame = Frame.of(tables, enterprise_id, say, period)
    rows = _league(frame, dimension, indicator_id)
    if len(rows) < _FEWEST_MEMBERS:
        return None
    indicator = str(rows[0]["indicator_id"])
    entry, own = frame.catalogue[indicator], frame.values.get(indicator)
    is_better_high = _is_high_better(entry["direction"])
    rows = sorted(rows, key=lambda row: (-row["value"] if is_better_high else row["value"], row["member"]))
    shown = _ends(rows)
    names = {tone: frame.text(f"finding.{tone}") for tone in ("good", "bad", "open", "absent")}
    members = [
        leagues.Member(
            frame.text("league.member", name=frame.place(dimension, row["member"]), n=frame.numbers.count(row["n"])),
            row["value"],
            row["ci_low"],
            row["ci_high"],
            _tone(row),
            frame.bare(indicator, row["value"]),
            _member_label(frame, dimension, row),
        )
        for row in shown
    ]
    lines = []
    if own is not None and own["value"] is not None:
        value = frame.in_unit(indicator, own["value"])
        lines.append(leagues.Line(own["value"], frame.text("line.enterprise", value=value), False))
    requirement = own["requirement"] if own is not None else None
    if requirement is not None:
        bound = frame.bound(indicator, requirement)
        lines.append(leagues.Line(requirement, frame.text("line.requirement", bound=bound), True))
    description = frame.sentences(
        frame.text(
            "league",
            dimension=frame.text(f"by.{dimension}"),
            name=frame.named(indicator),
            n=len(rows),
            best=frame.place(dimension, rows[0]["member"]),
            best_value=frame.in_unit(indicator, rows[0]["value"]),
            worst=frame.place(dimension, rows[-1]["member"]),
            worst_value=frame.in_unit(indicator, rows[-1]["value"]),
        ),
        *_differing(frame, dimension, rows),
        *([frame.text("league.left_out", n=len(rows) - len(shown))] if len(shown) < len(rows) else []),
    )
    keys = [frame.text("line.dashed" if line.is_requirement else "line.solid", name=line.name) for line in lines]
    axis = frame.text("semicolon").join([frame.axis(indicator), *keys])
    return chart(
        f"figure-league-{dimension.replace('_', '-')}-{indicator}",
        frame.text("league.title", dimension=frame.text(f"by.{dimension}"), name=frame.named(indicator)),
        description,
        _league_columns(frame, indicator, dimension),
        [_league_cells(frame, dimension, row) for row in rows],
        specification=leagues.ranked(members, description, axis=axis, names=names, lines=lines, is_rate=frame.is_rate(indicator)),
        plot=Plot(form="bar", series=(2,)),
        note=frame.text("league.note"),
    )


def funnel(
    tables: RunTables, enterprise_id: str, say: Messages, indicator_id: str, dimension: str, period: str | None = None
) -> Chart | None:
    """Members of a dimension by size and value within funnel limits; None with fewer than three that have limits."""
    frame = Frame.of(tables, enterprise_id, say, period)
    own = frame.values.get(indicator_id)
    rows = [row for row in _league(frame, dimension, indicator_id) if row["limit_low_95"] is not None]
    if own is None or own["value"] is None or len(rows) < _FEWEST_MEMBERS:
        return None
    is_better_high = _is_high_better(frame.catalogue[indicator_id]["direction"])

    def tone(row: Mapping[str, Any]) -> str:
        if row["flag"] not in _FLAGS:
            return "open"
        return "good" if (row["flag"] == "above") == is_better_high else "bad"

    members = [
        funnels.Member(
            frame.place(dimension, row["member"]),
            row["n"],
            row["value"],
            row["limit_low_95"],
            row["limit_high_95"],
            row["limit_low_998"],
            row["limit_high_998"],
            tone(row),
            row["flag"] in _FLAGS,
            _member_label(frame, dimension, row),
        )
        for row in rows
    ]
    names = {each: frame.text(f"funnel.{each}") for each in ("good", "bad", "open")}
    flagged = [row for row in rows if row["flag"] in _FLAGS]
    listed = frame.text("comma").join(
        frame.text("named_value", name=frame.place(dimension, row["member"]), value=frame.in_unit(indicator_id, row["value"]))
        for row in flagged
    )
    description = frame.sentences(
        frame.text(
            "funnel",
            n=len(rows),
            dimension=frame.text(f"by.{dimension}"),
            name=frame.named(indicator_id),
            target=frame.in_unit(indicator_id, own["value"]),
        ),
        frame.text("funnel.flagged", n=len(flagged), names=listed) if flagged else frame.text("funnel.none"),
    )
    names_of_lines = (
        frame.text("line.enterprise", value=frame.in_unit(indicator_id, own["value"])),
        frame.text("funnel.limits_95"),
        frame.text("funnel.limits_998"),
    )
    columns = [
        *_league_columns(frame, indicator_id, dimension)[:4],
        (frame.text("funnel.limits_95"), "text"),
        (frame.text("funnel.limits_998"), "text"),
        (frame.text("column.finding"), "text"),
    ]
    return chart(
        f"figure-funnel-{dimension.replace('_', '-')}-{indicator_id}",
        frame.text("funnel.title", dimension=frame.text(f"by.{dimension}"), name=frame.named(indicator_id)),
        description,
        columns,
        [
            [
                *_league_cells(frame, dimension, row)[:4],
                cell(frame.interval(indicator_id, row["limit_low_95"], row["limit_high_95"])),
                cell(frame.interval(indicator_id, row["limit_low_998"], row["limit_high_998"])),
                cell(names[tone(row)], tone=_tone_of_cell(tone(row))),
            ]
            for row in sorted(rows, key=lambda each: (-each["n"], each["member"]))
        ],
        specification=funnels.funnel(
            members,
            own["value"],
            description,
            axis=frame.axis(indicator_id),
            size_axis=frame.text("axis.cases"),
            names=names,
            line_names=names_of_lines,
            is_rate=frame.is_rate(indicator_id),
        ),
        note=frame.text("funnel.note"),
    )


def region_heatmap(
    tables: RunTables,
    enterprise_id: str,
    say: Messages,
    indicator_ids: Sequence[str] | None = None,
    period: str | None = None,
) -> Chart | None:
    """Regions by indicator as distance from the requirement; None with fewer than two of either.

    Without ``indicator_ids`` these are the indicators that most regions miss. What is withheld is marked, not left out.
    """
    frame = Frame.of(tables, enterprise_id, say, period)
    cells: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for row in frame.rows("indicator_values", scope_type="region"):
        entry = frame.catalogue.get(row["indicator_id"])
        is_wanted = indicator_ids is None or row["indicator_id"] in indicator_ids
        if entry is not None and is_wanted and row["requirement"] is not None:
            cells[row["indicator_id"]][row["scope_id"]] = row
    missed = {name: sum(tone_of(row) == "bad" for row in own.values()) for name, own in cells.items()}
    with_value = {name: sum(row["value"] is not None for row in own.values()) for name, own in cells.items()}
    candidates = indicator_ids or sorted(cells, key=lambda name: (-missed[name], -with_value[name], name))
    sizes: dict[str, float] = defaultdict(float)
    for own in cells.values():
        for region, value in own.items():
            sizes[region] = max(sizes[region], value["sample_size"] or 0)
    largest = sorted(sizes, key=lambda region: (-sizes[region], region))[:_MOST_REGIONS]
    regions = sorted(largest)
    fitting = max(_MOST_CELLS // max(len(regions), 1), 3)
    shown = [name for name in candidates if with_value.get(name, 0) > 1][: min(_MOST_INDICATORS, fitting)]
    indicators = [name for name in frame.catalogue if name in shown]
    if len(indicators) < 2 or len(regions) < 2:
        return None
    names = {key: frame.text(f"heat.{key}") for key in ("met", "near", "far", "open", "withheld", "nothing")}
    keys = names | {key: frame.text(f"heat.{key}_key") for key in ("withheld", "nothing")}
    colours = {"met": GOOD, "near": NEAR, "far": FAR, "open": PALE}
    shades = [Shade(keys[key], colours.get(key, PAPER), key not in colours) for key in keys]
    places = {region: frame.place("region", region) for region in regions}
    drawn, counts = [], dict.fromkeys(names, 0)
    rows: list[list[TableCell]] = []
    for name in indicators:
        line = [cell(frame.named(name))]
        for region in regions:
            found = cells[name].get(region)
            kind = _heat_kind(found)
            counts[kind] += 1
            text, label = _heat_texts(frame, name, places[region], found, names[kind])
            drawn.append(
                Cell(
                    frame.text("heat.row", name=frame.named(name), unit=_gap_unit(frame, name)),
                    places[region],
                    keys[kind],
                    text,
                    label,
                )
            )
            line.append(_heat_cell(frame, name, found, kind, names))
        rows.append(line)
    far = [(name, region) for name in indicators for region in regions if _heat_kind(cells[name].get(region)) == "far"]
    description = frame.sentences(
        frame.text(
            "heat",
            regions=len(regions),
            indicators=len(indicators),
            met=counts["met"],
            missed=counts["near"] + counts["far"],
            open=counts["open"],
            withheld=counts["withheld"],
        ),
        *([frame.text("heat.most", name=frame.named(_most(far)), n=sum(one == _most(far) for one, _ in far))] if far else []),
    )
    return chart(
        "figure-region-heatmap",
        frame.text("heat.title"),
        description,
        [(frame.text("column.indicator"), "text"), *((places[region], "text") for region in regions)],
        rows,
        specification=heatmap(
            drawn,
            list(dict.fromkeys(each.row for each in drawn)),
            [places[region] for region in regions],
            shades,
            description,
            width=46,
        ),
        note=frame.text("heat.note"),
    )


def month_hour_heatmap(tables: RunTables, enterprise_id: str, say: Messages) -> Chart | None:
    """Requests by month and hour of the quarter; None where the run has no such table."""
    frame = Frame.of(tables, enterprise_id, say)
    counts = frame.rows("record_cells", of_period=False, quarter=frame.period, cube="month_hour")
    months, hours = (sorted({row[name] for row in counts}, key=_other_last) for name in ("row_value", "column_value"))
    shown = [row for row in counts if not is_withheld(row)]
    if len(months) < 2 or len(hours) < 2 or not any(row["record_count"] for row in shown):
        return None
    number = frame.numbers.count
    most = max(row["record_count"] for row in shown)
    shades, of_count = _steps(frame, most)
    withheld = Shade(frame.text("heat.withheld_key"), is_hollow=True)
    told = frame.text("heat.withheld")
    by_place = {(row["row_value"], row["column_value"]): row for row in counts}
    drawn, rows = [], []
    for month in months:
        line = [cell(_month(frame, month))]
        for hour in hours:
            row = by_place[month, hour]
            place = frame.text("hours.place", month=_month(frame, month), hour=_hour(frame, hour))
            if is_withheld(row):
                drawn.append(
                    Cell(
                        _month(frame, month),
                        _hour(frame, hour),
                        withheld.name,
                        NOTHING,
                        f"{place}{frame.text('colon')}{told}",
                    )
                )
                line.append(cell(NOTHING, withheld=True))
            else:
                size = row["record_count"]
                label = frame.text("hours.label", place=place, n=number(size))
                drawn.append(Cell(_month(frame, month), _hour(frame, hour), of_count(size), number(size), label))
                line.append(cell(number(size), size))
        rows.append(line)
    busiest = max(shown, key=lambda row: (row["record_count"], row["row_value"], row["column_value"]))
    description = frame.text(
        "hours",
        n=number(sum(row["record_count"] for row in shown)),
        month=_month(frame, busiest["row_value"]),
        hour=_hour(frame, busiest["column_value"]),
        most=number(busiest["record_count"]),
        withheld=len(counts) - len(shown),
        cells=len(counts),
    )
    return chart(
        "figure-month-hour",
        frame.text("hours.title"),
        description,
        [(frame.text("column.month"), "text"), *((_hour(frame, hour), "count") for hour in hours)],
        rows,
        specification=heatmap(
            drawn,
            [_month(frame, month) for month in months],
            [_hour(frame, hour) for hour in hours],
            [*shades, withheld],
            description,
            width=36,
            column_title=frame.text("axis.hour"),
        ),
        note=frame.text("hours.note"),
    )


# --- league tables and funnels ------------------------------------------------------------------------------------------


def _league(frame: Frame, dimension: str, indicator_id: str | None) -> Rows:
    rows = [row for row in frame.rows("analysis_league", dimension=dimension) if row["indicator_id"] in frame.catalogue]
    by_indicator: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        by_indicator[row["indicator_id"]].append(row)
    if indicator_id is not None:
        return by_indicator.get(indicator_id, [])
    order = list(frame.catalogue)

    def telling(name: str) -> tuple[float, ...]:
        own = by_indicator[name]
        differing = sum(row["finding"] in ("better", "worse") for row in own)
        lost = frame.scores.get(name, {}).get("lost_points") or 0.0
        compared = [row["value"] for row in own if row["status"] != _FEW]
        has_spread = len(set(compared)) >= _FEWEST_MEMBERS
        return -differing, -has_spread, -lost, -len(compared), order.index(name)

    return by_indicator[min(by_indicator, key=telling)] if by_indicator else []


def _is_high_better(direction: str) -> bool:
    return direction != "lower"


def _ends(rows: Rows) -> Rows:
    half = _SHOWN_MEMBERS // 2
    return rows if len(rows) <= _SHOWN_MEMBERS else [*rows[:half], *rows[-half:]]


def _tone(row: Mapping[str, Any]) -> str:
    return _TONES.get(row["finding"] or "", ABSENT)


def _tone_of_cell(tone: str) -> Any:
    return {"good": "good", "bad": "bad", "open": "open"}.get(tone, "soft")


def _rank(frame: Frame, row: Mapping[str, Any]) -> str:
    if row["rank"] is None:
        return NOTHING
    return frame.text("league.rank", rank=row["rank"], low=row["rank_low"], high=row["rank_high"])


def _member_label(frame: Frame, dimension: str, row: Mapping[str, Any]) -> str:
    indicator = row["indicator_id"]
    label = frame.text(
        "label.value",
        what=frame.place(dimension, row["member"]),
        value=frame.in_unit(indicator, row["value"]),
        interval=frame.interval(indicator, row["ci_low"], row["ci_high"]),
        n=frame.numbers.count(row["n"]),
    )
    return f"{label}{frame.text('semicolon')}{frame.text(f'finding.{_tone(row)}')}"


def _differing(frame: Frame, dimension: str, rows: Rows) -> list[str]:
    """Who differs from the rest, as far as the corrected tests say."""
    if all(row["finding"] is None for row in rows):
        return [frame.text("league.few")]
    found = []
    for finding in ("worse", "better"):
        names = [frame.place(dimension, row["member"]) for row in rows if row["finding"] == finding]
        if names:
            found.append(frame.text(f"league.{finding}", names=frame.text("comma").join(names)))
    return found or [frame.text("league.none")]


def _league_columns(frame: Frame, indicator_id: str, dimension: str) -> list[Any]:
    kind = "percent" if frame.is_rate(indicator_id) else "number"
    return [
        (frame.text(f"dimension.{dimension}"), "text"),
        (frame.text("column.n"), "count"),
        (frame.text("column.value"), kind),
        (frame.text("column.interval"), "text"),
        (frame.text("column.rank"), "text"),
        (frame.text("column.finding"), "text"),
    ]


def _league_cells(frame: Frame, dimension: str, row: Mapping[str, Any]) -> list[TableCell]:
    indicator = row["indicator_id"]
    return [
        cell(frame.place(dimension, row["member"])),
        cell(frame.numbers.count(row["n"]), row["n"]),
        cell(frame.in_unit(indicator, row["value"]), row["value"]),
        cell(frame.interval(indicator, row["ci_low"], row["ci_high"])),
        cell(_rank(frame, row)),
        cell(frame.text(f"finding.{_tone(row)}"), tone=_tone_of_cell(_tone(row))),
    ]


# --- heat maps ----------------------------------------------------------------------------------------------------------


def _heat_kind(value: Mapping[str, Any] | None) -> str:
    if value is None:
        return "nothing"
    if is_withheld(value):
        return "withheld"
    tone = tone_of(value)
    if tone in ("good", "open"):
        return "met" if tone == "good" else "open"
    if tone == "absent":
        return "nothing"
    limits = value["acceptable"], value["requirement"]
    is_near = None not in limits and limits[0] != limits[1] and position(value["value"], limits[1], limits[0]) >= 0
    return "near" if is_near else "far"


def _gap(frame: Frame, indicator_id: str, value: Mapping[str, Any]) -> str:
    """How much better than the requirement a value is, whichever way is better."""
    gap = value["value"] - value["requirement"]
    if frame.catalogue[indicator_id]["direction"] == "lower":
        gap = -gap
    return frame.numbers.signed(gap * 100 if frame.is_rate(indicator_id) else gap, 1)


def _gap_unit(frame: Frame, indicator_id: str) -> str:
    row = frame.catalogue[indicator_id]
    return frame.text("unit.points") if row["unit"] == "rate" else frame.numbers.unit(row["unit"], row["unit_zh"])


def _heat_texts(frame: Frame, indicator_id: str, place: str, value: Mapping[str, Any] | None, kind: str) -> tuple[str, str]:
    what = frame.text("heat.place", place=place, name=frame.named(indicator_id))
    if value is None or value["value"] is None or value["requirement"] is None:
        is_hidden = value is not None and is_withheld(value)
        return NOTHING if is_hidden else _NO_DATA, f"{what}{frame.text('colon')}{kind}"
    label = frame.text(
        "heat.label",
        what=what,
        value=frame.in_unit(indicator_id, value["value"]),
        bound=frame.bound(indicator_id, value["requirement"]),
        n=frame.numbers.count(value["sample_size"]),
        kind=kind,
    )
    return _gap(frame, indicator_id, value), label


def _heat_cell(frame: Frame, indicator_id: str, value: Mapping[str, Any] | None, kind: str, names: Mapping[str, str]) -> TableCell:
    if value is None or value["value"] is None:
        return cell(NOTHING, withheld=True) if kind == "withheld" else cell(_NO_DATA)
    text = frame.text(
        "heat.cell",
        value=frame.in_unit(indicator_id, value["value"]),
        n=frame.numbers.count(value["sample_size"]),
        kind=names[kind],
    )
    tone: Any = {"met": "good", "near": "bad", "far": "bad", "open": "open"}.get(kind, "soft")
    return cell(text, value["value"], tone)


def _most(far: Sequence[tuple[str, str]]) -> str:
    names = [name for name, _ in far]
    return max(dict.fromkeys(names), key=names.count)


def _steps(frame: Frame, most: int) -> tuple[list[Shade], Any]:
    """Classes of counts of one width, and which one a count is in; nothing at all is a class of its own."""
    size = max(-(-most // len(SEQUENTIAL)), 1)
    zero = Shade(frame.text("hours.zero"))
    classes = [
        Shade(frame.text("hours.class", low=size * place + 1, high=min(size * (place + 1), most)), colour)
        for place, colour in enumerate(SEQUENTIAL)
        if size * place + 1 <= most
    ]
    return [zero, *classes], lambda count: classes[(count - 1) // size].name if count else zero.name


def _other_last(code: str) -> tuple[bool, str]:
    return code == OTHER, code


def _hour(frame: Frame, hour: str) -> str:
    return frame.text("hours.other") if hour == OTHER else hour


def _month(frame: Frame, month: str) -> str:
    return frame.text("hours.other_months") if month == OTHER else month
