"""The causes that people found: beside the value that they explain, without personal data, and drafts of the files for them."""

from __future__ import annotations

import csv
import os
import stat
from pathlib import Path

import polars as pl
import pytest

from pipeline.analyse.cause_drafts import write_drafts
from pipeline.analyse.cause_records import SCHEMA, cause_records
from pipeline.analyse.root_causes import SCHEMA as ROOT_CAUSES
from pipeline.errors import UsageError
from pipeline.lake.spreadsheets import restored
from pipeline.redact.redaction import redact
from pipeline.settings.cause_files import FISHBONE_COLUMNS, CauseFile, CauseRecord, read_fishbone, read_five_whys

VALUES = pl.DataFrame(
    {
        "enterprise_id": ["E1"], "period": ["2025-Q1"], "indicator_id": ["O1-1"], "value": [0.7], "requirement": [0.85],
        "is_met": [False],
    }
)  # fmt: skip
PLACES = pl.DataFrame(
    [("E1", "2025-Q1", "O1-1", "region", "R1"), ("E1", "2025-Q1", "O1-1", "enterprise", "E1")],
    schema=["enterprise_id", "period", "indicator_id", "scope_type", "scope_id"],
    orient="row",
)


def record(line: int = 2, **given: object) -> CauseRecord:
    about = {"enterprise_id": "E1", "period": "2025-Q1", "indicator_id": "O1-1", "dimension": "region", "member": "R1"}
    return CauseRecord(
        **{"method": "fishbone", **about, "category": "法", "status": "suspected", "due_date": None, "texts": {}, **given},  # type: ignore[arg-type]
        line=line,
    )


def published(*records: CauseRecord) -> pl.DataFrame:
    file = CauseFile(Path("fishbone.csv"), records, 0)
    return cause_records([(file, records)], VALUES, PLACES)


def test_a_cause_stands_beside_its_value_without_personal_data() -> None:
    table = published(
        record(3, texts={"cause": "师傅电话13912345678打不通", "evidence": "抽查 30 单"}),
        record(2, dimension=None, member=None, texts={"cause": "备件不足"}),
    )
    assert table.schema == SCHEMA
    assert table.select("record", "value", "requirement", "is_met", "member").rows() == [
        (2, 0.7, 0.85, False, None),
        (3, 0.7, 0.85, False, "R1"),
    ]
    assert table["cause"].to_list() == ["备件不足", "师傅电话[电话]打不通"]
    assert table["evidence"].to_list() == [None, "抽查 30 单"]


@pytest.mark.parametrize(
    ("given", "column", "rule"),
    [
        ({"enterprise_id": "E11"}, "enterprise_id", "no such enterprise was evaluated; did you mean 'E1'?"),
        ({"indicator_id": "O1-3"}, "indicator_id", "2025-Q1 has no value of O1-3 for this enterprise"),
        ({"period": "2025-Q1-TTM"}, "indicator_id", "2025-Q1-TTM has no value of O1-1 for this enterprise"),
        ({"member": "R11"}, "member", "O1-1 has no value of that region; did you mean 'R1'?"),
        ({"dimension": "outlet"}, "member", "O1-1 has no value of that outlet"),
    ],
)
def test_what_there_is_not_is_named(given: dict[str, object], column: str, rule: str) -> None:
    with pytest.raises(UsageError) as error:
        published(record(), record(7, **given))
    (line,) = str(error.value).splitlines()
    assert line.startswith(f"fishbone.csv: row 7, column {column}: {rule}")


def cell(indicator: str, dimension: str | None, member: str | None, **given: object) -> dict[str, object]:
    numbers = {
        "total_value": 0.7, "requirement": 0.85, "value": 0.5, "case_share": 0.2, "shortfall_share": 0.7, "difference": -0.3125,
        "difference_low": -0.39, "difference_high": -0.23, "lost": 62.5, "q_value": 1e-9,
    }  # fmt: skip
    about = {"enterprise_id": "E1", "period": "2025-Q1", "indicator_id": indicator, "dimension": dimension, "member": member}
    return {**about, **numbers, "finding": "worse", "indicator_finding": "concentrated", "status": "ok", **given}


ROWS = [
    cell("O1-1", "region", "R1"),
    cell("O1-1", "outlet", "=W1", lost=10.0, shortfall_share=None),
    cell("O1-1", "outlet", "W2", finding="better", lost=-9.0),
    cell("O1-3", "region", "R1", finding="not_distinguishable", indicator_finding="not_distinguishable"),
    cell("O2-5", None, None, finding=None, indicator_finding="not_additive", status="not_additive"),
]


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return [{name: restored(text) for name, text in line.items()} for line in csv.DictReader(handle)]


def test_drafts_say_what_the_data_point_to_and_leave_the_rest_to_people(tmp_path: Path) -> None:
    folder = tmp_path / "drafts"
    counts = write_drafts(pl.DataFrame(ROWS, schema_overrides=ROOT_CAUSES), folder)
    assert counts == {"fishbone.csv": 4, "five_whys.csv": 3}
    causes, chains = lines(folder / "fishbone.csv"), lines(folder / "five_whys.csv")
    assert [(line["indicator_id"], line["dimension"], line["member"]) for line in causes] == [
        *(("O1-1", "region", "R1"), ("O1-1", "outlet", "=W1"), ("O1-3", "", ""), ("O2-5", "", "")),
    ]
    assert [(line["indicator_id"], line["member"]) for line in chains] == [("O1-1", "R1"), ("O1-3", ""), ("O2-5", "")]
    assert "区域 R1：0.5，与其余相差 -0.312" in causes[0]["evidence"]
    assert "占未达标差距的 70%" in causes[0]["evidence"]
    assert causes[2]["evidence"] == "各处无显著差异。"
    assert chains[0]["problem"].startswith("首次解决率未达到要求：0.7，要求 0.85。区域 R1")
    assert {line[name] for line in causes for name in ("category", "cause", "status", "owner_role")} == {""}
    # No number of a draft looks like personal data.
    texts = [line["evidence"] for line in causes] + [line["problem"] for line in chains]
    assert [redact(text) for text in texts] == texts
    for path in folder.iterdir():
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert b"'=W1" in (folder / "fishbone.csv").read_bytes()
    # As they are, the files say nothing yet; with one row filled in, that row.
    assert (read_fishbone(folder / "fishbone.csv").not_filled_in, read_five_whys(folder / "five_whys.csv").not_filled_in) == (4, 3)
    causes[1] |= {"category": "料", "cause": "备件不足", "status": "suspected"}
    with (folder / "fishbone.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, FISHBONE_COLUMNS)
        writer.writeheader()
        writer.writerows(causes)
    (filled,) = read_fishbone(folder / "fishbone.csv").records
    assert (filled.member, filled.category) == ("=W1", "料")


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "five_whys.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"five_whys.csv: is there already and is not overwritten"):
        write_drafts(pl.DataFrame(ROWS, schema_overrides=ROOT_CAUSES), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["five_whys.csv"]
    assert (tmp_path / "five_whys.csv").read_text(encoding="utf-8") == "mine"
