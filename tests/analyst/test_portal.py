"""The portal of a lake: its numbers are those published, its links lead somewhere, and it needs neither script nor network."""

from __future__ import annotations

import re
import shutil
import stat
import time
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import polars as pl
import pytest

from pipeline.lake.layout import Lake
from pipeline.report.portal import FILES, read_portal, write_portal
from pipeline.report.words.messages import messages

from .conftest import QUARTER

pytestmark = pytest.mark.xdist_group("analyst_sample_lake")

HAN = re.compile("[\u3400-\u9fff]")


class Page(HTMLParser):
    """The links and texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.sources: list[str] = []
        self._hidden = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._hidden = tag == "style"
        given = dict(attrs)
        if given.get("href"):
            self.links.append(str(given["href"]))
        self.sources += [str(given[name]) for name in ("src", "srcset", "data") if given.get(name)]

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._hidden:
            self.texts.append(data.strip())


def page(lake: Path, language: str) -> Page:
    return Page((lake / "published" / FILES[language]).read_text(encoding="utf-8"))  # type: ignore[index]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_run_leaves_a_page_that_needs_nothing_but_itself(sample_lake: Path, language: str) -> None:
    found = page(sample_lake, language)
    assert "script" not in found.tags
    assert found.sources == []
    assert [link for link in found.links if "://" in link or link.startswith("//")] == []
    path = sample_lake / "published" / FILES[language]  # type: ignore[index]
    assert stat.S_IMODE(path.stat().st_mode) & 0o022 == 0


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_link_leads_somewhere(sample_lake: Path, language: str) -> None:
    text = (sample_lake / "published" / FILES[language]).read_text(encoding="utf-8")  # type: ignore[index]
    anchors = set(re.findall(r'id="([^"]+)"', text))
    links = Page(text).links
    reports = [link for link in links if "/report/" in link]
    assert len(reports) >= 2 * 3
    assert any("acceptance/index.html" in link for link in links)
    for link in links:
        if link.startswith("#"):
            assert link[1:] in anchors
        else:
            assert (sample_lake / "published" / unquote(link)).is_file(), link


def test_the_numbers_are_the_published_ones(sample_lake: Path) -> None:
    lake = Lake(sample_lake)
    portal = read_portal(lake)
    assert portal is not None
    assert portal.quarters == ("2025-Q1", "2024-Q4")
    assert [each.names.enterprise_id for each in portal.enterprises] == ["E01", "E02", "E03"]
    texts = page(sample_lake, "zh").texts
    for enterprise in portal.enterprises:
        own = enterprise.names.enterprise_id
        assert (
            enterprise.names.enterprise
            == f"示例{ {'E01': '家电制造', 'E02': '电子零售', 'E03': '信息技术服务'}[own] }企业（{own}）"
        )
        for period in enterprise.periods:
            scores = pl.read_parquet(lake.current(QUARTER.parse(period.quarter)) / "scores.parquet")
            total = scores.filter(enterprise_id=own, period=period.quarter, level="total")["score"].item()
            assert period.score == total
            assert f"{total:.2f}" in texts
        values = pl.read_parquet(lake.current(QUARTER) / "indicator_values.parquet").filter(
            enterprise_id=own, period=QUARTER.label, scope_type="enterprise"
        )
        lost = pl.read_parquet(lake.current(QUARTER) / "scores.parquet").filter(
            pl.col("lost_points") > 0, enterprise_id=own, period=QUARTER.label, level="indicator"
        )
        costliest = set(lost.sort("lost_points", descending=True)["node_id"].head(5))
        assert costliest <= {each.indicator_id for each in enterprise.indicators}
        sizes = dict(values.select("indicator_id", "sample_size").iter_rows())
        assert all(each.sample_size == sizes[each.indicator_id] for each in enterprise.indicators)
        assert [each.rule_id for each in enterprise.deadlines][:1] == ["PR-34"]


def test_it_does_not_change_unless_something_was_published(sample_lake: Path, tmp_path: Path) -> None:
    lake = Lake(shutil.copytree(sample_lake, tmp_path / "lake", symlinks=True))
    pages = [lake.root / "published" / name for name in FILES.values()]
    before = [(path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) for path in pages]
    began = time.process_time()
    assert write_portal(lake) == pages
    assert time.process_time() - began < 3
    assert [(path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) for path in pages] == before
    pages[0].unlink()
    write_portal(lake)
    assert pages[0].read_bytes() == before[0][0]


def test_an_empty_lake_has_none(tmp_path: Path) -> None:
    assert write_portal(Lake(tmp_path / "lake")) == []


def test_english_has_no_chinese_words_but_names(sample_lake: Path) -> None:
    portal = read_portal(Lake(sample_lake))
    assert portal is not None
    names = {each.names.enterprise for each in portal.enterprises}
    mixed = [text for text in page(sample_lake, "en").texts if HAN.search(text) and text not in {*names, "中文"}]
    assert mixed == []


def test_both_languages_say_the_same_things() -> None:
    own = {language: {key for key in messages(language).by_id if key.startswith("portal.")} for language in ("zh", "en")}
    assert own["zh"] == own["en"]
    for key in own["zh"]:
        holes = [set(re.findall(r"\{(\w+)\}", messages(language).by_id[key])) for language in ("zh", "en")]
        assert holes[0] == holes[1], key
