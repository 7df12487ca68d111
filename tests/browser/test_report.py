"""The report in a real browser: nothing is loaded, nothing overflows, links lead somewhere, it can be read and printed.

What the page says is checked without a browser in tests/unit/report.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import report_run

from pipeline.report.write import write_reports

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

# What lies wider than the cell or the page it belongs to.
_OVERFLOWING = """() => [...document.querySelectorAll('td, th, .dimension, .total, .tally div, .scroll')]
    .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.className + ': ' + e.textContent.trim().slice(0, 60))"""

# Texts whose contrast with what lies behind them is below 4.5 : 1 (WCAG 2.2, 1.4.3).
_FAINT = """() => {
    const rgb = text => text.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
        .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
    const behind = e => {
        for (; e; e = e.parentElement) {
            const colour = rgb(getComputedStyle(e).backgroundColor);
            if (colour.length < 4 || colour[3] > .9) return colour;
        }
        return [255, 255, 255];
    };
    const faint = new Set();
    for (const e of document.querySelectorAll('body *:not(svg, svg *)')) {
        if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
        const pair = [light(rgb(getComputedStyle(e).color)), light(behind(e))].sort((a, b) => b - a);
        const ratio = (pair[0] + .05) / (pair[1] + .05);
        if (ratio < 4.5) faint.add(e.tagName + '.' + e.className + ' ' + ratio.toFixed(2));
    }
    return [...faint];
}"""


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The file:// address of each report of the hand-made run."""
    run = report_run.write_run(tmp_path_factory.mktemp("run"))
    return [path.as_uri() for path in write_reports(run, report_run.QUARTER)]


@pytest.fixture
def page(browser: Browser, addresses: list[str]) -> Iterator[Page]:
    """The report of E1 as on a desk."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.goto(addresses[1])
    yield opened
    opened.close()


def test_a_report_opens_from_a_file_and_loads_nothing(browser: Browser, addresses: list[str]) -> None:
    for address in addresses:
        page = browser.new_page()
        requests: list[str] = []
        complaints: list[str] = []
        page.on("request", lambda request, seen=requests: seen.append(request.url))
        page.on("console", lambda message, seen=complaints: seen.append(message.text))
        page.on("pageerror", lambda error, seen=complaints: seen.append(str(error)))
        page.goto(address)
        assert requests == [address]
        assert complaints == []
        page.close()


def test_nothing_overflows_at_1280(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") == 1280
    assert page.evaluate(_OVERFLOWING) == []
    assert page.locator("table.indicators tr[id^=row-]").count() == 68


def test_a_telephone_shows_the_page_without_scrolling_sideways(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    # Wide tables scroll inside their own box, which the keyboard reaches.
    boxes = page.locator(".scroll")
    assert boxes.count() > 5
    assert boxes.evaluate_all("boxes => boxes.every(box => box.tabIndex === 0 && box.getAttribute('aria-label'))")


def test_an_indicator_leads_to_its_definition(page: Page) -> None:
    page.locator("#row-O1-1 th a").click()
    definition = page.locator("#def-O1-1")
    assert page.url.endswith("#def-O1-1")
    assert "六-O1" in definition.inner_text()
    # Below the bar that stays on top, not behind it.
    bar = page.locator("nav").bounding_box()
    heading = definition.locator("h4").bounding_box()
    assert bar is not None
    assert heading is not None
    assert heading["y"] >= bar["y"] + bar["height"] - 1


def test_texts_stand_out_from_their_ground(page: Page) -> None:
    assert page.evaluate(_FAINT) == []


def test_it_prints_on_a4(page: Page) -> None:
    page.emulate_media(media="print")
    # 210 mm less two margins of 11 mm, at 96 dots an inch
    page.set_viewport_size({"width": round((210 - 22) / 25.4 * 96), "height": 1000})
    width = page.evaluate("innerWidth")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("[...document.querySelectorAll('table')].every(t => t.getBoundingClientRect().right <= innerWidth + 1)")
    assert page.evaluate(_OVERFLOWING) == []
    printed = page.pdf(prefer_css_page_size=True)
    boxes = {tuple(round(float(n)) for n in found) for found in re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)}
    assert boxes == {(595, 842)}
