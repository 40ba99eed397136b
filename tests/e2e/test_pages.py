"""The pages of the monitor and of leakage in a real browser: they ask for nothing, fit, and switch without a script."""

import pytest

from distillation_sample import distillation_report
from heredity.report.write import write
from leakage_sample import crowded_report, leakage_report
from monitor_sample import TRAITS, monitor_report, single_turn_report
from pages import IN_A_BROWSER, Visit

pytestmark = IN_A_BROWSER

PAGES = {
    "monitor": lambda folder: write(monitor_report(), folder),
    "single": lambda folder: write(single_turn_report(), folder),
    "leakage": lambda folder: write(leakage_report(), folder),
    "distillation": lambda folder: write(distillation_report(), folder),
    "crowded": lambda folder: write(crowded_report(), folder),
}
NOTHING = "rgb(255, 255, 255)"


@pytest.fixture(scope="module", params=PAGES)
def path(request, tmp_path_factory):
    return PAGES[request.param](tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def monitor(tmp_path_factory):
    return PAGES["monitor"](tmp_path_factory.mktemp("tabs"))


def background(locator) -> str:
    return locator.evaluate("element => getComputedStyle(element).backgroundColor")


@pytest.mark.parametrize("width", [1000, 390])
def test_a_page_opens_without_a_request_or_a_complaint_and_fits(browser, path, width):
    visit = Visit(browser, path, width)
    assert visit.requested == [path.as_uri()]
    assert visit.complaints == []
    assert visit.scroll_width <= width
    assert visit.page.locator("figure svg").count() > 0


def test_no_text_of_a_figure_leaves_its_canvas(browser, path):
    assert Visit(browser, path).texts_outside_their_canvas == []


def test_a_tab_switches_every_tint_to_its_probe_without_a_script(browser, monitor):
    page = browser.new_page(java_script_enabled=False)
    page.goto(monitor.as_uri())
    tokens = page.locator(".tokens").first.locator("span")
    seen = []
    for i in range(len(TRAITS)):
        page.locator(f'label[for="probe-{i}"]').click()
        assert page.locator(f"#probe-{i}").is_checked()
        assert page.locator(f".under.only-{i}").first.is_visible()
        assert not page.locator(f".under.only-{(i + 1) % len(TRAITS)}").first.is_visible()
        seen.append([background(tokens.nth(n)) for n in range(20)])
    assert len({tuple(colours) for colours in seen}) == len(TRAITS)


def test_a_hot_token_is_orange_a_cold_one_blue_and_a_calm_one_white(browser, monitor):
    page = Visit(browser, monitor).page
    page.locator('label[for="probe-1"]').click()
    hot, cold, calm = (
        [int(n) for n in background(page.locator(f".tokens .p1-{level}").first)[4:-1].split(",")]
        for level in (20, 7, 10)
    )
    assert hot[0] > hot[1] > hot[2]
    assert cold[2] > cold[1] > cold[0]
    assert calm == [255, 255, 255]


def test_the_mark_of_an_alarm_shows_under_its_own_probe_alone(browser, monitor):
    page = Visit(browser, monitor).page
    marked = page.locator(".tokens .a1:not(.a0)").first
    page.locator('label[for="probe-1"]').click()
    assert marked.evaluate("token => getComputedStyle(token, '::before').content") == '""'
    page.locator('label[for="probe-0"]').click()
    assert marked.evaluate("token => getComputedStyle(token, '::before').content") == "none"


def test_tokens_stand_without_gaps_and_keep_their_newlines(browser, monitor):
    page = Visit(browser, monitor).page
    gaps = page.locator(".tokens").first.evaluate(
        """answer => [...answer.children].slice(1).map((token, i) => {
            const before = [...answer.children[i].getClientRects()].at(-1), here = token.getClientRects()[0];
            return Math.abs(before.top - here.top) < 1 ? Math.abs(here.left - before.right) : 0;
        })"""
    )
    assert gaps
    assert max(gaps) < 0.1
    styles = page.locator(".tokens").first.evaluate("answer => getComputedStyle(answer).whiteSpace")
    assert styles in ("pre-wrap", "preserve")


def test_a_line_of_the_table_opens_its_folded_conversation(browser, monitor):
    page = Visit(browser, monitor).page
    link = page.locator(".ranking a").nth(20)
    answer = page.locator(f"{link.get_attribute('href')} .tokens").first
    assert not answer.is_visible()
    link.click()
    assert answer.is_visible()


def test_a_hollow_cell_has_no_tint_and_a_filled_one_has(browser, tmp_path):
    page = Visit(browser, write(leakage_report(), tmp_path)).page
    clear = "rgba(0, 0, 0, 0)"
    assert background(page.locator(".matrix .luck").first) == clear
    assert background(page.locator(".matrix .over").first) not in (clear, NOTHING)
    assert page.locator(".matrix .luck").first.evaluate("cell => getComputedStyle(cell).borderStyle") == "dashed"
