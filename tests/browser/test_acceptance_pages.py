"""The Data Docs pages of the acceptance in a real browser: nothing is loaded or run, and nothing on them is dead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.accept import gx_process
from pipeline.accept.figures import Figure
from schemas.expectations.acceptance import checks

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

TABLE = "service_requests"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a table of which one enterprise is far out of every range."""
    work, pages = tmp_path_factory.mktemp("work"), tmp_path_factory.mktemp("pages")
    asked = checks()[TABLE]
    figures = {TABLE: {name: {each.name: Figure(value) for each in asked} for name, value in (("E1", 1.0), ("E2", -1e9))}}
    assert gx_process.check(figures, {TABLE: asked}, "2025-Q1", work, pages)
    gx_process.finish_pages()
    return (pages / f"{TABLE}.html").as_uri()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.goto(address)
    yield opened
    opened.close()


def test_nothing_is_loaded_and_the_policy_forbids_it(browser: Browser, address: str) -> None:
    page = browser.new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(address)
    assert asked == [address]
    # What somebody might put into the page neither runs nor loads.
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.ran = true'; document.head.append(s);"
        " const i = document.createElement('img'); i.src = 'https://example.invalid/x.png'; document.body.append(i); }"
    )
    page.wait_for_timeout(200)
    assert page.evaluate("() => window.ran") is None
    assert len([text for text in said if "Content Security Policy" in text]) == 2
    page.close()


def test_no_button_or_link_is_dead(page: Page) -> None:
    assert (
        page.locator("button, input, select, form, script, [onclick], [data-toggle=collapse], [data-toggle=buttons]").count() == 0
    )
    links = page.locator("a")
    assert links.count() > 1
    targets = [links.nth(number).get_attribute("href") or "" for number in range(links.count())]
    assert all(target.startswith("#") and page.locator(target).count() == 1 for target in targets)
    for summary in page.locator("details:visible > summary").all():
        summary.click()
        assert summary.evaluate("e => e.parentElement.open")


def test_the_page_is_styled_and_says_what_is_out_of_range(page: Page) -> None:
    assert page.evaluate("() => getComputedStyle(document.querySelector('.card')).borderTopStyle") == "solid"
    assert "Unsuccessful Expectations" in page.inner_text("body")
    assert page.locator("td .fa-times:visible, td .fa-exclamation-triangle:visible").count() > 0
    assert Path(page.url).name == f"{TABLE}.html"
