"""fishbone.csv and five_whys.csv: every fault is named by row and column, and no message repeats what people wrote."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.settings.cause_files import (
    FISHBONE_COLUMNS,
    FIVE_WHYS_COLUMNS,
    CauseFile,
    read_fishbone,
    read_five_whys,
)

REPO = Path(__file__).resolve().parents[3]
CAUSE = {
    "enterprise_id": "E1", "period": "2025-Q1", "indicator_id": "O1-1", "dimension": "region", "member": "R1", "category": "人",
    "cause": "新人占三成", "evidence": "培训记录", "status": "confirmed", "owner_role": "区域经理",
}  # fmt: skip
WHYS = {
    "enterprise_id": "E1", "period": "2025-Q1-TTM", "indicator_id": "O1-1", "problem": "一次解决率低", "why_1": "带错备件",
    "why_2": "报修时未问型号", "root_cause": "受理单没有型号", "measure": "受理单加型号", "owner_role": "热线主管",
    "due_date": "2025-06-30", "status": "in_progress",
}  # fmt: skip
Read = Callable[[Path], CauseFile]


def written(folder: Path, columns: Sequence[str], *rows: dict[str, str]) -> Path:
    path = folder / "file.csv"
    path.write_text(
        "\n".join([",".join(columns), *(",".join(row.get(name, "") for name in columns) for row in rows)]) + "\n", "utf-8"
    )
    return path


def test_what_people_filled_in_is_read(tmp_path: Path) -> None:
    (cause,) = read_fishbone(written(tmp_path, FISHBONE_COLUMNS, CAUSE)).records
    assert (cause.method, cause.category, cause.status, cause.dimension, cause.member) == (
        "fishbone",
        "人",
        "confirmed",
        "region",
        "R1",
    )
    assert dict(cause.texts) == {"cause": "新人占三成", "evidence": "培训记录", "owner_role": "区域经理"}
    (chain,) = read_five_whys(written(tmp_path, FIVE_WHYS_COLUMNS, WHYS)).records
    assert (chain.method, chain.category, str(chain.due_date), chain.line) == ("five_whys", None, "2025-06-30", 2)
    assert chain.texts["why_2"] == "报修时未问型号"
    assert "新人占三成" not in repr(cause)


def test_rows_of_a_draft_that_nobody_filled_in_are_left_out_and_counted(tmp_path: Path) -> None:
    draft = {name: CAUSE[name] for name in ("enterprise_id", "period", "indicator_id", "dimension", "member", "evidence")}
    file = read_fishbone(written(tmp_path, FISHBONE_COLUMNS, draft, CAUSE))
    assert (len(file.records), file.not_filled_in) == (1, 1)
    draft = {name: WHYS[name] for name in ("enterprise_id", "period", "indicator_id", "problem")}
    assert read_five_whys(written(tmp_path, FIVE_WHYS_COLUMNS, draft)).not_filled_in == 1


@pytest.mark.parametrize(
    ("read", "columns", "row", "change", "column", "rule"),
    [
        (read_fishbone, FISHBONE_COLUMNS, CAUSE, {"enterprise_id": ""}, "enterprise_id", "must not be empty"),
        (
            read_fishbone,
            FISHBONE_COLUMNS,
            CAUSE,
            {"indicator_id": "O1-11"},
            "indicator_id",
            "no such indicator; did you mean 'O1-1'",
        ),
        (read_fishbone, FISHBONE_COLUMNS, CAUSE, {"period": "2025-Q5"}, "period", "must be a period like 2025-Q1"),
        (read_fishbone, FISHBONE_COLUMNS, CAUSE, {"category": "王小明"}, "category", "must be one of 人, 机, 料, 法, 环, 测"),
        (read_fishbone, FISHBONE_COLUMNS, CAUSE, {"category": ""}, "category", "must not be empty"),
        (read_fishbone, FISHBONE_COLUMNS, CAUSE, {"cause": ""}, "cause", "must not be empty"),
        (read_fishbone, FISHBONE_COLUMNS, CAUSE, {"evidence": ""}, "evidence", "must not be empty of a cause that is confirmed"),
        (read_fishbone, FISHBONE_COLUMNS, CAUSE, {"status": "true"}, "status", "must be one of suspected, confirmed, ruled_out"),
        (read_fishbone, FISHBONE_COLUMNS, CAUSE, {"dimension": "regions"}, "dimension", "or empty; did you mean 'region'"),
        (read_fishbone, FISHBONE_COLUMNS, CAUSE, {"member": ""}, "member", "given together"),
        (read_five_whys, FIVE_WHYS_COLUMNS, WHYS, {"why_1": ""}, "why_1", "must not be empty where why_2 is filled in"),
        (read_five_whys, FIVE_WHYS_COLUMNS, WHYS, {"why_4": "…"}, "why_3", "must not be empty where why_4 is filled in"),
        (read_five_whys, FIVE_WHYS_COLUMNS, WHYS, {"measure": ""}, "measure", "must not be empty where the status is in_progress"),
        (read_five_whys, FIVE_WHYS_COLUMNS, WHYS, {"due_date": "2025-W26-1"}, "due_date", "must be a date like 2025-01-31"),
        (read_five_whys, FIVE_WHYS_COLUMNS, WHYS, {"due_date": "2025-02-30"}, "due_date", "must be a date like 2025-01-31"),
        (read_five_whys, FIVE_WHYS_COLUMNS, WHYS, {"status": "planned"}, "status", "must be one of open, in_progress, done"),
        (read_five_whys, FIVE_WHYS_COLUMNS, WHYS, {"problem": ""}, "problem", "must not be empty"),
    ],
)
def test_every_fault_names_row_and_column(
    tmp_path: Path, read: Read, columns: Sequence[str], row: dict[str, str], change: dict[str, str], column: str, rule: str
) -> None:
    path = written(tmp_path, columns, row, row | change)
    with pytest.raises(UsageError) as error:
        read(path)
    lines = str(error.value).splitlines()
    assert any(line.startswith(f"{path}: row 3, column {column}: ") and rule in line for line in lines), lines
    assert "王小明" not in str(error.value)


def test_the_same_cause_twice_and_unknown_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="row 3, column cause: row 2 says the same"):
        read_fishbone(written(tmp_path, FISHBONE_COLUMNS, CAUSE, CAUSE))
    with pytest.raises(UsageError, match="column 'cause' is missing"):
        read_fishbone(written(tmp_path, [name for name in FISHBONE_COLUMNS if name != "cause"], CAUSE))


def test_the_examples_of_the_documentation_are_read(tmp_path: Path) -> None:
    blocks = re.findall(
        r"```csv\n(enterprise_id,period,.+?)```", (REPO / "docs/bring-your-own-data.md").read_text("utf-8"), re.DOTALL
    )
    assert len(blocks) == 2
    for read, block in zip((read_fishbone, read_five_whys), blocks, strict=True):
        path = tmp_path / "example.csv"
        path.write_text(block, encoding="utf-8")
        assert read(path).records
