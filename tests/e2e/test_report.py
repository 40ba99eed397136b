"""The report in a real browser: it opens from disk, asks for nothing else, and fits its window."""

import pytest

from heredity.report.pages.audit.figures import FIGURES
from heredity.report.write import write
from pages import IN_A_BROWSER, Visit
from report_sample import audit_report

pytestmark = IN_A_BROWSER


@pytest.mark.parametrize("width", [1000, 390])
def test_the_page_opens_without_a_request_or_a_complaint_and_fits(browser, tmp_path, width):
    path = write(audit_report(), tmp_path)
    visit = Visit(browser, path, width)
    page = visit.page
    assert visit.requested == [path.as_uri()]
    assert visit.complaints == []
    assert page.locator("figure svg").count() == len(FIGURES)
    assert visit.scroll_width <= width
    assert page.locator(".row .text", has_text="<script>alert(1)</script>").is_visible()
    page.screenshot(path=tmp_path / "report.png", full_page=True)
    assert (tmp_path / "report.png").stat().st_size > 50_000


def test_no_text_of_a_figure_leaves_its_canvas(browser, tmp_path):
    assert Visit(browser, write(audit_report(), tmp_path)).texts_outside_their_canvas == []


def test_a_folded_row_opens_without_a_script(browser, tmp_path):
    path = write(audit_report(), tmp_path)
    page = browser.new_page(java_script_enabled=False)
    page.goto(path.as_uri())
    folded = page.locator(".row details").first
    assert not folded.locator("> .text").is_visible()
    folded.locator("summary").click()
    assert folded.locator("> .text").is_visible()
