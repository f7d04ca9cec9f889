"""In front of a class: a set-up is passed on as a link, a page is shown in large type, and the run sheet leads on."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support import pages
from tests.support.stack import Stack

FAULT = "payment.in_tx:error"


def copied(page: Page, context: BrowserContext) -> str:
    """What the button puts on the clipboard."""
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = page.locator("[data-copy-setup]").first
    button.click()
    expect(button).to_have_text("Copied")
    found: str = page.evaluate("navigator.clipboard.readText()")
    return found


def ticked(page: Page, times: str) -> None:
    expect(page.locator(f'input[name="fault"][value="{FAULT}"]')).to_be_checked()
    expect(page.locator(f'input[name="times:{FAULT}"]')).to_have_value(times)


def test_changing_a_run_in_the_lab_keeps_its_failures(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    run_id = stack.withdraw("saga", name, f"{FAULT}:2", note="as before")
    stack.ended(run_id, 60)
    page.goto(f"/runs/{run_id}/")
    page.get_by_role("link", name="Change it in the lab").click()
    page.wait_for_url("**/lab/saga/**")
    ticked(page, "2")
    expect(page.get_by_label("Account", exact=True)).to_have_value(name)
    expect(page.get_by_label("Note")).to_have_value("as before")


def test_the_set_up_of_a_run_and_of_the_lab_is_a_link(
    page: Page, context: BrowserContext, stack: Stack, account: Callable[[], str]
) -> None:
    run_id = stack.withdraw("saga", account(), f"{FAULT}:2")
    stack.ended(run_id, 60)
    page.goto(f"/runs/{run_id}/")
    page.goto(copied(page, context))
    ticked(page, "2")
    page.locator(f'input[name="times:{FAULT}"]').fill("3")
    page.get_by_label("Amount, $").fill("7.50")
    link = copied(page, context)
    asked = parse_qs(urlsplit(link).query)
    assert asked["fault"] == [FAULT]
    assert not {"csrfmiddlewaretoken", "key"} & asked.keys()
    assert [name for name in asked if name.startswith("ms:")] in ([], [f"ms:{FAULT}"])
    page.goto(link)
    ticked(page, "3")
    expect(page.get_by_label("Amount, $")).to_have_value("7.50")


def test_the_set_up_of_a_race_and_of_a_lesson_is_a_link(page: Page, context: BrowserContext) -> None:
    page.goto("/race/")
    page.locator('input[name="protocol"][value="monolith"]').uncheck()
    page.locator('input[name="fault"][value="payment.in_tx:decline"]').check()
    page.goto(copied(page, context))
    expect(page.locator('input[name="protocol"][value="monolith"]')).not_to_be_checked()
    expect(page.locator('input[name="protocol"][value="saga"]')).to_be_checked()
    expect(page.locator('input[name="fault"][value="payment.in_tx:decline"]')).to_be_checked()
    page.goto("/learn/saga-compensates/")
    assert urlsplit(copied(page, context)).path == "/learn/saga-compensates/"


def test_a_link_to_a_run_keeps_its_view(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    run_id = stack.withdraw("monolith", account())
    stack.ended(run_id, 60)
    page.goto(f"/runs/{run_id}/?view=trace&step=3")
    page.locator("details.share summary").click()
    assert parse_qs(urlsplit(page.locator("#permalink").input_value()).query) == {"view": ["trace"], "step": ["3"]}


LETTERS = """row => {
    const words = document.createTreeWalker(row, NodeFilter.SHOW_TEXT), range = document.createRange();
    while (words.nextNode()) {
        range.selectNodeContents(words.currentNode);
        const height = range.getClientRects()[0]?.height;
        if (height && words.currentNode.data.trim()) return height;
    }
}"""  # how high the first of its words stand


def test_one_key_presents_and_it_lasts_from_page_to_page(
    page: Page, context: BrowserContext, stack: Stack, account: Callable[[], str]
) -> None:
    run_id = stack.withdraw("saga", account())
    stack.ended(run_id, 60)
    page.goto(f"/runs/{run_id}/")
    row = page.locator("#lanes > li").first
    small = row.evaluate(LETTERS)
    page.keyboard.press("p")
    expect(page.locator(".rail")).to_be_hidden()
    expect(page.locator("#menu")).to_be_hidden()
    assert row.evaluate(LETTERS) > 1.2 * small
    box, screen = page.locator("#lanes").bounding_box(), page.viewport_size
    assert box
    assert screen
    assert box["width"] > 0.95 * screen["width"] - 50  # nothing has room that is not shown
    assert not pages.too_wide(page)
    page.goto("/lab/saga/")
    expect(page.locator("body.presents")).to_be_attached()
    page.get_by_label("Note").fill("p")
    expect(page.locator("body.presents")).to_be_attached()
    page.locator("[data-present]").click()
    expect(page.locator(".rail")).to_be_visible()
    looked_at = context.new_page()  # what looks at it writes styles, which the page refuses
    looked_at.goto(f"/runs/{run_id}/")
    looked_at.keyboard.press("p")
    expect(looked_at.locator("body.presents")).to_be_attached()
    for scheme in ("light", "dark"):
        looked_at.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert not pages.violations(looked_at), scheme


@pytest.mark.parametrize("width", [1440, 320])
def test_the_run_sheet_fits_ten_minutes_and_leads_to_each_page(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/learn/")
    page.locator(".sheet summary").click()
    expect(page.locator(".sheet h2")).to_contain_text("10 minutes")
    expect(page.locator(".sheet li").first).to_contain_text("0:00")
    assert not pages.too_wide(page)
    links = page.locator(".sheet li a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert len(links) == 6
    for link in links:
        answer = page.goto(link)
        assert answer is not None
        assert answer.status == 200
