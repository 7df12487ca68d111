"""Names, texts and files as they are written into SQL."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipeline.lake.sql import literal, parquet, quoted


def test_names_and_texts_may_hold_quotes() -> None:
    text, name = literal("it's"), quoted('a "b"')
    found = duckdb.sql(f"select {text} as {name}")
    assert (found.columns, found.fetchall()) == (['a "b"'], [("it's",)])
    assert literal(None) == "NULL::VARCHAR"


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "it's" / "quarter=2020-Q3"
    folder.mkdir(parents=True)
    written = [folder / "one.parquet", folder / "two.parquet"]
    duckdb.sql("select 1 as a, 2 as b").write_parquet(str(written[0]))
    duckdb.sql("select 4 as b, 3 as a").write_parquet(str(written[1]))
    return written


def test_files_are_read_as_they_were_written_whatever_their_folder_is_called(files: list[Path]) -> None:
    assert duckdb.sql(f"from {parquet(files[0])}").columns == ["a", "b"]
    assert duckdb.execute(f"from {parquet('$1')}", [str(files[0])]).fetchall() == [(1, 2)]
    assert duckdb.sql(f"select a, b from {parquet(files)} order by a").fetchall() == [(1, 2), (3, 4)]
    named = duckdb.execute(
        f"select a, file_row_number, filename from {parquet('$1', filename=True, row_number=True)}", [str(files[1])]
    )
    assert named.fetchall() == [(3, 0, str(files[1]))]
