from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import report_run
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report import write
from pipeline.report.write import file_names, write_reports


@pytest.fixture
def own_run(run_path: Path, tmp_path: Path) -> Path:
    """A run folder the test may write into."""
    return Path(shutil.copytree(run_path, tmp_path / "run"))


def test_every_enterprise_gets_its_page(own_run: Path) -> None:
    paths = write_reports(own_run, report_run.QUARTER)
    assert [path.name for path in paths] == ["A_B_b_-01ecf499.html", "E1.html", "Z0.html"]
    assert sorted(path.name for path in (own_run / "report").iterdir()) == sorted(path.name for path in paths)
    assert "<h1>E1 2025年第一季度</h1>" in paths[1].read_text(encoding="utf-8")


def test_the_same_run_gives_the_same_bytes(own_run: Path) -> None:
    first = [path.read_bytes() for path in write_reports(own_run, report_run.QUARTER)]
    assert [path.read_bytes() for path in write_reports(own_run, report_run.QUARTER)] == first


def test_another_run_of_the_same_data_differs_in_its_run_id_only(own_run: Path, tmp_path: Path) -> None:
    other_id = "ffffffff-0000-4000-8000-000000000002"
    other = report_run.write_run(tmp_path / "other", run_id=other_id)
    for one, two in zip(write_reports(own_run, report_run.QUARTER), write_reports(other, report_run.QUARTER), strict=True):
        text = two.read_text(encoding="utf-8")
        assert text.count(other_id) == 3
        assert text.replace(other_id, report_run.RUN_ID) == one.read_text(encoding="utf-8")


def test_pages_of_enterprises_that_are_gone_are_removed(own_run: Path) -> None:
    (own_run / "report").mkdir()
    stale = own_run / "report" / "E0.html"
    stale.write_text("from an earlier publication")
    write_reports(own_run, report_run.QUARTER)
    assert not stale.exists()


def test_a_page_shared_with_an_earlier_publication_is_replaced_not_written_into(own_run: Path, tmp_path: Path) -> None:
    (own_run / "report").mkdir()
    earlier = tmp_path / "earlier.html"
    earlier.write_text("earlier")
    (own_run / "report" / "E1.html").hardlink_to(earlier)
    write_reports(own_run, report_run.QUARTER)
    assert earlier.read_text() == "earlier"


def test_a_failure_leaves_the_page_that_was_there(own_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path: path.read_bytes() for path in write_reports(own_run, report_run.QUARTER)}

    def broken(_model: object) -> str:
        raise RuntimeError("out of paper")

    monkeypatch.setattr(write, "render", broken)
    with pytest.raises(RuntimeError, match="out of paper"):
        write_reports(own_run, report_run.QUARTER)
    assert {path: path.read_bytes() for path in (own_run / "report").iterdir()} == before


def test_ids_that_fit_are_their_own_names() -> None:
    assert file_names(["E1", "甲企业", "a.b-c_2"]) == ["E1", "甲企业", "a.b-c_2"]


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../../etc/passwd", "a/b", "a\\b", "a\0b", "a b", ".hidden", "CON", "nul.x", "企" * 300]
)
def test_ids_that_do_not_fit_get_a_safe_name(name: str) -> None:
    (safe,) = file_names([name])
    assert safe not in ("", ".", "..")
    assert not set(safe) & set('/\\\0 :*?"<>|')
    assert not safe.startswith(".")
    assert len(safe.encode()) < 150
    assert safe != name


def test_names_are_kept_apart() -> None:
    assert len({name.casefold() for name in file_names(["E1", "e1", "a/b", "a_b", "a b"])}) == 5


@given(st.lists(st.text(max_size=12), unique=True, max_size=6))
def test_no_two_ids_share_a_file(ids: list[str]) -> None:
    names = file_names(ids)
    assert len({name.casefold() for name in names}) == len(ids)
    assert all(Path(f"{name}.html").name == f"{name}.html" for name in names)
