"""``asq explain``: what it says adds up to what was published, and its records are those of the clean rows by another route."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from runs import asq_here, environment

from pipeline.explain.records import COUNTED, records_of
from pipeline.explain.sums import counted_in
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import read_metadata
from schemas.standard.catalogue import catalogue

from .conftest import QUARTER

pytestmark = pytest.mark.xdist_group("analyst_sample_lake")

LABEL = QUARTER.label
# One of every method of the catalogue, and of those that are put together from several parts.
OF_EACH_METHOD = {
    "rate": "P1-1",
    "mean": "P2-3a",
    "ratio": "O4-1",
    "count": "R4-1",
    "percentile": "R1-2a",
    "score": "O2-1",
    "weighted_score": "O2-2",
    "composite": "O2-5",
    "change": "I4-1",
    "share_of_max": "P3-2",
}
OTHERS = ["R1-1", "R2-1", "R3-1", "R3-2", "I1-1", "I2-2", "I3-1", "I4-2", "I4-3", "O1-4", "P3-4"]


def explain(lake: Path, *arguments: str) -> tuple[int, str, str]:
    return asq_here("explain", LABEL, *arguments, "--lake", lake, environment=environment())


def published(lake: Path, name: str, **of: str) -> pl.DataFrame:
    return pl.read_parquet(Lake(lake).analyst(QUARTER) / f"{name}.parquet").filter(**of)


def test_every_method_of_the_catalogue_is_tried() -> None:
    assert OF_EACH_METHOD.keys() == {each.method for each in catalogue(QUARTER.last_day).values()}
    assert all(catalogue(QUARTER.last_day)[name].method == method for method, name in OF_EACH_METHOD.items())


@pytest.mark.parametrize("indicator", [*OF_EACH_METHOD.values(), *OTHERS])
@pytest.mark.parametrize("enterprise", ["E01", "E03"])
def test_records_add_up_to_numerator_and_denominator(sample_lake: Path, indicator: str, enterprise: str) -> None:
    found = records_of(Lake(sample_lake), QUARTER, enterprise, indicator, LABEL)
    inputs = published(
        sample_lake, "mart_period_inputs", enterprise_id=enterprise, period=LABEL, scope_type="enterprise", variant=""
    )
    assert found.totals
    for total in found.totals:
        own = inputs.filter(indicator_id=total.indicator_id, period_role=total.role)
        own = own.filter(part=total.part) if total.indicator_id == "O2-2" else own
        rows = found.rows.filter(indicator_id=total.indicator_id, role=total.role, status=COUNTED)
        rows = rows.filter(part=total.part) if total.indicator_id == "O2-2" else rows
        numerator = rows["numerator"].sum()
        if own.is_empty():
            # A sum that lacks one of the two is not published: no request in the year before.
            assert total.role == "previous"
            assert total.agrees
            continue
        if catalogue(QUARTER.last_day)[total.indicator_id].method == "percentile":
            numerator = rows["numerator"].quantile(0.95, "linear")
            assert rows.height == own["n"].item()
        else:
            denominator = own["denominator"].sum()
            assert rows["denominator"].sum() == pytest.approx(float(denominator), abs=1e-6)
        assert numerator == pytest.approx(float(own["numerator"].sum()), abs=1e-6)
        assert total.agrees


@pytest.mark.parametrize("period", [f"{LABEL}-YTD", f"{LABEL}-TTM"])
@pytest.mark.parametrize("indicator", ["P2-3a", "O2-1", "R3-4", "I3-1"])
def test_longer_periods_add_up_too(sample_lake: Path, indicator: str, period: str) -> None:
    found = records_of(Lake(sample_lake), QUARTER, "E01", indicator, period)
    assert [total.agrees for total in found.totals] == [True]


def test_records_are_those_of_the_clean_rows_counted_another_way(sample_lake: Path) -> None:
    """P2-3a: requests of the quarter that are general and resolved, by their own columns; seconds less approved pauses."""
    clean = pl.read_parquet(Lake(sample_lake).partition("clean", "service_requests", QUARTER)).filter(enterprise_id="E01")
    in_scope = clean.filter(pl.col("merged_into").is_null(), ~pl.col("is_test").fill_null(False))
    timed = in_scope.filter(
        pl.col("complexity") == "general", pl.col("resolved_at").is_not_null(), pl.col("responded_at").is_not_null()
    )
    seconds = (timed["resolved_at"] - timed["responded_at"]).dt.total_seconds() - timed["paused_seconds"].fill_null(0)
    rows = records_of(Lake(sample_lake), QUARTER, "E01", "P2-3a", LABEL).rows
    counted = rows.filter(status=COUNTED)
    assert dict(zip(counted["record"].str.strip_prefix("E01|"), counted["numerator"], strict=True)) == pytest.approx(
        dict(zip(timed["request_id"], seconds.cast(pl.Float64), strict=True))
    )
    paused = counted.filter(pl.col("paused_seconds") > 0)
    assert paused["paused_seconds"].sum() == timed["paused_seconds"].cast(pl.Float64).sum() > 0
    left_out = rows.filter(pl.col("status") == "out_of_scope")
    assert left_out.height == clean.height - in_scope.height > 0
    assert set(left_out["reason"]) <= {"merged_request", "test_request"}
    refused = rows.filter(pl.col("status").is_in(["refused", "deduplicated"]))
    log = published(sample_lake, "cleaning_log", enterprise_id="E01", table="service_requests", quarter=LABEL)
    assert refused.height == log.filter(pl.col("action").is_in(["refused", "deduplicated"])).height > 0


def test_the_command_prints_the_records_as_csv_and_logs_who_asked(sample_lake: Path) -> None:
    log = sample_lake / "log" / "access.jsonl"
    before = len(log.read_text(encoding="utf-8").splitlines())
    code, said, complained = explain(sample_lake, "E01", "P1-1", "--records")
    assert code == 0, complained
    rows = list(csv.DictReader(io.StringIO(said)))
    counted = [row for row in rows if row["status"] == "counted"]
    values = published(
        sample_lake, "indicator_values", enterprise_id="E01", period=LABEL, scope_type="enterprise", indicator_id="P1-1"
    )
    assert sum(float(row["denominator"]) for row in counted) == values["denominator"].item() == len(counted)
    assert sum(float(row["numerator"]) for row in counted) == values["numerator"].item()
    assert "as published" in complained
    (event,) = map(json.loads, log.read_text(encoding="utf-8").splitlines()[before:])
    assert (event["command"], event["zone"], event["tables"]) == ("asq explain", "clean", ["hotline_calls"])


def test_rows_that_changed_since_are_said(sample_lake: Path, tmp_path: Path) -> None:
    lake = shutil.copytree(sample_lake, tmp_path / "lake", symlinks=True)
    path = Lake(lake).partition("clean", "complaints", QUARTER)
    rows = pl.read_parquet(path)
    own = rows.filter(enterprise_id="E01")
    marks = {name: text for name, text in read_metadata(path).items() if not name.startswith(("ARROW", "pandas"))}
    table = pl.concat([rows.filter(pl.col("enterprise_id") != "E01"), own.slice(1)]).to_arrow()
    path.chmod(0o600)
    path.unlink()
    pq.write_table(table.replace_schema_metadata(marks), path)
    code, _, complained = explain(lake, "E01", "I1-2", "--records")
    assert code == 1
    assert "NOT as published" in complained
    assert f"run `asq run {LABEL}` again" in complained


def test_the_children_of_every_node_add_up_to_its_score(sample_lake: Path) -> None:
    scores = published(sample_lake, "scores", enterprise_id="E02", period=LABEL)
    nodes = scores.filter(pl.col("node_id").is_in(scores["parent_id"].drop_nulls().implode()), pl.col("score").is_not_null())
    assert nodes.height > 15
    for row in nodes.filter(pl.col("level") != "named_indicator").iter_rows(named=True):
        code, said, complained = explain(sample_lake, "E02", row["node_id"])
        assert code == 0, complained
        points = [float(found) for found in re.findall(r"× +\S+ = +(\S+)  ", said)]
        (total,) = re.findall(r"sum = +(\S+)", said)
        assert sum(points) == pytest.approx(float(total), abs=1e-5)
        assert float(total) == pytest.approx(row["score"], abs=1e-5)


@pytest.mark.parametrize("indicator", ["P2-3a", "P1-1", "O1-2", "R3-2", "P1-4"])
def test_the_formula_gives_the_published_score(sample_lake: Path, indicator: str) -> None:
    values = published(
        sample_lake, "indicator_values", enterprise_id="E01", period=LABEL, scope_type="enterprise", indicator_id=indicator
    )
    code, said, complained = explain(sample_lake, "E01", indicator)
    assert code == 0, complained
    score = values["score"].item()
    computed = re.search(r"formula: .* = (\S+), between", said)
    if computed:
        assert min(max(float(computed[1].replace(",", "")), 0), 100) == pytest.approx(score, abs=1e-4)
    else:
        assert "met, so 100 points" in said
        assert score == 100
    entry = catalogue(QUARTER.last_day)[indicator]
    assert entry.definition_zh in said
    assert entry.definition_en in said
    assert all(decision in said for decision in entry.decisions)
    (models,) = re.findall(r"SQL: (.*)", said)
    repository = Path(__file__).resolve().parents[2]
    assert all((repository / path.split(" ")[0]).is_file() for path in models.split(", "))
    counted = published(sample_lake, "mart_counted_rows", enterprise_id="E01", quarter=LABEL, table_name=entry.source_tables[0])
    assert f"{counted['row_count'].item():,} in reach of the measures" in said


def test_every_indicator_and_period_is_explained_without_an_error(sample_lake: Path) -> None:
    for name in catalogue(QUARTER.last_day):
        code, said, complained = explain(sample_lake, "E03", name, "--period", f"{LABEL}-TTM")
        assert code == 0, (name, complained)
        assert name in said.splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("E09",), "has no enterprise 'E09'"),
        (("E01", "P9-9"), "there is no indicator or node 'P9-9'"),
        (("E01", "P1-1", "--period", "2020-Q1"), "has no period '2020-Q1'"),
        (("E01", "P2", "--records"), "records are of an indicator"),
        (("E01", "I2-3", "--records"), "I2-3 counts no records"),
    ],
)
def test_what_is_not_there_is_named(sample_lake: Path, arguments: tuple[str, ...], words: str) -> None:
    code, said, complained = explain(sample_lake, *arguments)
    assert (code, said) == (2, "")
    assert words in complained
    assert complained.count("\n") == 1


def test_quarters_that_count_are_those_of_the_rulings() -> None:
    labels = [each.label for each in counted_in("I4-1", LABEL, "previous", QUARTER)]
    assert labels == ["2023-Q2", "2023-Q3", "2023-Q4", "2024-Q1"]
    assert [each.label for each in counted_in("I3-1", "2025-Q1-TTM", "current", QUARTER)] == [
        "2024-Q2",
        "2024-Q3",
        "2024-Q4",
        "2025-Q1",
    ]
    assert [each.label for each in counted_in("P1-1", LABEL, "current", QUARTER)] == ["2025-Q1"]
