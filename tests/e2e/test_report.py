"""The report in a real browser: it opens from disk, asks for nothing else, and fits its window."""

import shutil

import pytest

from heredity.report.figures import FIGURES
from heredity.report.page import write_report
from report_sample import audit_report

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome on the PATH"),
]


@pytest.fixture
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.mark.parametrize("width", [1000, 390])
def test_the_page_opens_without_a_request_or_a_complaint_and_fits(browser, tmp_path, width):
    path = write_report(audit_report(), tmp_path)
    page = browser.new_page(viewport={"width": width, "height": 900})
    requested: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
    page.goto(path.as_uri(), wait_until="networkidle")

    assert requested == [path.as_uri()]
    assert complaints == []
    assert page.locator("figure svg").count() == len(FIGURES)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".row .text", has_text="<script>alert(1)</script>").is_visible()
    page.screenshot(path=tmp_path / "report.png", full_page=True)
    assert (tmp_path / "report.png").stat().st_size > 50_000


def test_no_text_of_a_figure_leaves_its_canvas(browser, tmp_path):
    path = write_report(audit_report(), tmp_path)
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    page.goto(path.as_uri())
    outside = page.evaluate(
        """() => [...document.querySelectorAll("figure svg text")].filter(text => {
            const box = text.getBoundingClientRect(), canvas = text.closest("svg").getBoundingClientRect();
            return box.width && (box.left < canvas.left - 1 || box.right > canvas.right + 1
                || box.top < canvas.top - 1 || box.bottom > canvas.bottom + 1);
        }).map(text => text.textContent)"""
    )
    assert outside == []


def test_a_folded_row_opens_without_a_script(browser, tmp_path):
    path = write_report(audit_report(), tmp_path)
    page = browser.new_page(java_script_enabled=False)
    page.goto(path.as_uri())
    folded = page.locator(".row details").first
    assert not folded.locator("> .text").is_visible()
    folded.locator("summary").click()
    assert folded.locator("> .text").is_visible()
