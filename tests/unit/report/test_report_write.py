"""Which files a run's reports are, and that each is written completely or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import report_run
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report import write
from pipeline.report.write import Wanted, file_names, write_no_reports, write_reports

WANTED = Wanted(("public",), ("zh",), ("html",))
FOLDERS = ["A_B_b_-01ecf499", "E1", "Z0"]


@pytest.fixture
def own_run(conclusions_path: Path, tmp_path: Path) -> Path:
    """A run folder the test may write into."""
    return Path(shutil.copytree(conclusions_path, tmp_path / "run"))


def names(run: Path) -> list[str]:
    return sorted(path.relative_to(run / "report").as_posix() for path in (run / "report").rglob("*") if path.is_file())


def test_every_enterprise_gets_its_folder(own_run: Path) -> None:
    paths = write_reports(own_run, report_run.QUARTER, WANTED)
    assert names(own_run) == [f"{folder}/public.zh.html" for folder in FOLDERS]
    assert [path.relative_to(own_run / "report").as_posix() for path in paths] == names(own_run)
    assert "E1" in paths[1].read_text(encoding="utf-8")


def test_a_file_an_edition_language_and_format(own_run: Path) -> None:
    write_reports(own_run, report_run.QUARTER, Wanted(("management", "public"), ("zh", "en"), ("html", "json"), ("E1",)))
    assert names(own_run) == sorted(
        f"E1/{edition}.{language}.{form}"
        for edition in ("management", "public")
        for language in ("zh", "en")
        for form in ("html", "json")
    )


def test_a_longer_period_is_named_behind_the_edition(own_run: Path) -> None:
    """2025-Q1 is the quarter of the run; of a fourth quarter the year is written, too."""
    write_reports(own_run, report_run.QUARTER, Wanted(("public",), ("zh",), ("json",), ("E1",), ("2025-Q1-YTD",)))
    assert names(own_run) == ["E1/public.2025-Q1-YTD.zh.json"]
    assert WANTED.periods_of(report_run.QUARTER) == ("2025-Q1",)
    assert WANTED.periods_of(report_run.QUARTER.shift(-1)) == ("2024-Q4", "2024")


def test_the_same_run_gives_the_same_bytes(own_run: Path) -> None:
    all_forms = Wanted(("management",), ("zh",), ("html", "pdf", "docx", "xlsx", "json"), ("E1",))
    first = [path.read_bytes() for path in write_reports(own_run, report_run.QUARTER, all_forms)]
    assert [path.read_bytes() for path in write_reports(own_run, report_run.QUARTER, all_forms)] == first


def test_reports_of_enterprises_that_are_gone_are_removed(own_run: Path) -> None:
    stale = own_run / "report" / "E0" / "public.zh.html"
    stale.parent.mkdir(parents=True)
    stale.write_text("from an earlier publication")
    page = own_run / "report" / "E1.html"
    page.write_text("from an earlier version")
    write_reports(own_run, report_run.QUARTER, WANTED)
    assert not stale.parent.exists()
    assert not page.exists()


def test_a_run_without_reports_has_none_of_an_earlier_one(own_run: Path) -> None:
    write_reports(own_run, report_run.QUARTER, WANTED)
    write_no_reports(own_run)
    assert (own_run / "report").is_dir()
    assert names(own_run) == []


def test_a_page_shared_with_an_earlier_publication_is_replaced_not_written_into(own_run: Path) -> None:
    page = own_run / "report" / "E1" / "public.zh.html"
    page.parent.mkdir(parents=True)
    earlier = own_run / "earlier.html"
    earlier.write_text("earlier")
    page.hardlink_to(earlier)
    write_reports(own_run, report_run.QUARTER, WANTED)
    assert earlier.read_text() == "earlier"


def test_a_failure_leaves_the_page_that_was_there(own_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path: path.read_bytes() for path in write_reports(own_run, report_run.QUARTER, WANTED)}

    def broken(*_: object) -> bytes:
        raise RuntimeError("out of paper")

    monkeypatch.setattr(write, "rendered", broken)
    with pytest.raises(RuntimeError, match="out of paper"):
        write_reports(own_run, report_run.QUARTER, WANTED)
    assert {path: path.read_bytes() for path in (own_run / "report").rglob("*") if path.is_file()} == before


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
def test_no_two_ids_share_a_folder(ids: list[str]) -> None:
    found = file_names(ids)
    assert len({name.casefold() for name in found}) == len(ids)
    assert all(Path(name).name == name for name in found)
