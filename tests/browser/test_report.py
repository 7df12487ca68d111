"""The reports in a real browser: nothing is loaded, nothing overflows, links lead somewhere, they can be read and printed.

What the pages say is checked without a browser in tests/unit/report.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import report_run
from axe_playwright_python.sync_playwright import Axe
from report_run.conclusions import write_conclusions

from pipeline.report.write import Wanted, write_reports

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

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


EDITIONS = ("management", "operations", "public")
WIDTHS = {"desk": 1280, "telephone": 390}
# A cell needs four characters' room, or words break into letters.
_NARROW = """() => [...document.querySelectorAll('td, th')].filter(e => e.textContent.trim() && e.offsetParent)
    .filter(e => e.clientWidth < 4 * parseFloat(getComputedStyle(e).fontSize)).map(e => e.textContent.trim().slice(0, 40))"""
_LOST = """() => [...document.querySelectorAll('a[href^="#"]')].map(a => decodeURIComponent(a.hash.slice(1)))
    .filter(id => !document.getElementById(id))"""


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The file:// address of E1's report by edition and language (``operations.zh``)."""
    run = write_conclusions(report_run.write_run(tmp_path_factory.mktemp("run")))
    paths = write_reports(run, report_run.QUARTER, Wanted(EDITIONS, ("zh", "en"), ("html",), ("E1",)))
    return {path.name.removesuffix(".html"): path.as_uri() for path in paths}


@pytest.fixture(params=[f"{edition}.{language}" for edition in EDITIONS for language in ("zh", "en")])
def report(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(browser: Browser, addresses: dict[str, str]) -> Iterator[Page]:
    """The operations edition in Chinese as on a desk."""
    opened = browser.new_page(viewport={"width": WIDTHS["desk"], "height": 900})
    opened.goto(addresses["operations.zh"])
    yield opened
    opened.close()


def test_a_report_opens_from_a_file_and_loads_nothing(browser: Browser, addresses: dict[str, str], report: str) -> None:
    page = browser.new_page()
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(addresses[report])
    assert (requests, complaints) == ([addresses[report]], [])
    assert page.locator("html").get_attribute("lang") == ("zh-CN" if report.endswith("zh") else "en")
    page.close()


@pytest.mark.parametrize("width", list(WIDTHS.values()), ids=list(WIDTHS))
def test_nothing_overflows_and_no_cell_is_too_narrow(browser: Browser, addresses: dict[str, str], report: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(addresses[report])
    # Wide tables scroll inside their own box, which the keyboard reaches.
    assert page.evaluate("document.documentElement.scrollWidth") == width
    boxes = page.locator(".scroll")
    assert boxes.evaluate_all("boxes => boxes.every(box => box.tabIndex === 0 && box.getAttribute('aria-label'))")
    assert page.evaluate(_NARROW) == []
    page.close()


def test_a_page_on_a_telephone_is_at_most_twice_as_long(browser: Browser, addresses: dict[str, str], report: str) -> None:
    page = browser.new_page(viewport={"width": WIDTHS["desk"], "height": 900})
    page.goto(addresses[report])
    desk = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": WIDTHS["telephone"], "height": 844})
    assert page.evaluate("document.documentElement.scrollHeight") <= 2 * desk
    page.close()


@pytest.mark.parametrize("width", list(WIDTHS.values()), ids=list(WIDTHS))
def test_axe_finds_no_violation(browser: Browser, addresses: dict[str, str], report: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=True)
    page = context.new_page()
    page.goto(addresses[report])
    found = Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:120]) for each in found] == []
    context.close()


def test_every_link_leads_somewhere_on_its_page(browser: Browser, addresses: dict[str, str], report: str) -> None:
    page = browser.new_page()
    page.goto(addresses[report])
    assert page.evaluate(_LOST) == []
    page.close()


def test_a_column_is_sorted_by_its_values(page: Page) -> None:
    """By value, not by text: 100 stands above 99; a second time the other way round."""
    table = page.locator("table:has(thead th.num button)").first
    place = table.locator("thead th").evaluate_all("heads => heads.findIndex(head => head.classList.contains('num'))")
    head = table.locator("thead th").nth(place)
    values = f"rows => rows.map(row => Number(row.cells[{place}].dataset.value)).filter(value => !Number.isNaN(value))"
    for order in ("descending", "ascending"):
        head.locator("button").click()
        assert head.get_attribute("aria-sort") == order
        found = table.locator("tbody tr").evaluate_all(values)
        assert len(found) > 1
        assert found == sorted(found, reverse=order == "descending")


def test_a_chart_says_its_numbers_to_who_points_at_them(page: Page) -> None:
    mark = page.locator(".drawing [aria-roledescription][aria-label]").first
    mark.scroll_into_view_if_needed()
    mark.hover(force=True)
    assert page.locator(".tip").is_visible()
    assert page.locator(".tip").inner_text().strip()


def test_without_script_the_report_is_complete(browser: Browser, addresses: dict[str, str], report: str) -> None:
    texts = []
    for is_on in (False, True):
        context = browser.new_context(java_script_enabled=is_on)
        page = context.new_page()
        page.goto(addresses[report])
        texts.append(page.locator("main").inner_text())
        assert page.locator(".drawing svg").count() == page.locator("figure.chart").count() > 0
        context.close()
    assert texts[0] == texts[1]


def test_an_indicator_leads_to_its_definition(page: Page) -> None:
    page.locator("#row-O1-1 th a").first.click()
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
    # 210 mm less two margins of 16 mm, at 96 dots an inch
    page.set_viewport_size({"width": round((210 - 32) / 25.4 * 96), "height": 1000})
    width = page.evaluate("innerWidth")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("[...document.querySelectorAll('table')].every(t => t.getBoundingClientRect().right <= innerWidth + 1)")
    printed = page.pdf(prefer_css_page_size=True)
    boxes = {tuple(round(float(n)) for n in found) for found in re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)}
    assert boxes == {(595, 842)}
