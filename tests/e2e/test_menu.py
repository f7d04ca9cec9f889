"""The menu in two levels, by mouse, by keys and without JavaScript; and what stays clear of the page on a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import pages
from tests.support.stack import Stack, wait_for
from tests.support.waiting import let_go


def test_the_desks_open_from_one_group_and_close_again(page: Page) -> None:
    page.goto("/")
    group = page.locator("details.group", has_text="Desks")
    expect(group.get_by_role("link", name="Attention")).to_be_hidden()
    group.locator("summary").click()
    expect(group.get_by_role("link", name="Attention")).to_be_visible()
    page.keyboard.press("Escape")
    expect(group.get_by_role("link", name="Attention")).to_be_hidden()
    expect(group.locator("summary")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1).click()
    expect(group.get_by_role("link", name="Attention")).to_be_hidden()
    group.locator("summary").click()
    group.get_by_role("link", name="Outbox relay").click()
    page.wait_for_url("**/outbox/")
    expect(page.locator(".group.is-here .here")).to_have_text("Outbox relay")


def test_the_groups_open_without_javascript(browser: Browser, stack: Stack) -> None:
    with browser.new_context(base_url=stack.url, java_script_enabled=False) as plain:
        page = plain.new_page()
        page.goto("/")
        page.locator("details.group summary", has_text="Measure").click()
        page.get_by_role("link", name="Bench").click()
        page.wait_for_url("**/bench/")


@pytest.mark.parametrize("path", ["/", "/runs/", "/promises/", "/outbox/"])
def test_the_chip_of_the_connection_covers_nothing_on_a_phone(page: Page, path: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(path)
    chip = page.locator("#line")
    if not chip.count() or chip.is_hidden():
        page.wait_for_timeout(600)
    box, head = chip.bounding_box(), page.locator("header.top").bounding_box()
    assert head
    if box:
        assert box["y"] + box["height"] <= head["y"] + head["height"] + 1
    assert not pages.too_wide(page)


def test_the_list_of_runs_fits_a_tablet_and_promises_a_phone(
    page: Page, stack: Stack, account: Callable[[], str]
) -> None:
    stack.ended(stack.withdraw("dual_write", account(), "payment.in_tx:decline"), 60)
    held = stack.withdraw("saga", account(), "payment.in_tx:hold")
    stack.reaches(held, "hold", "held")
    page.set_viewport_size({"width": 768, "height": 1024})
    page.goto("/runs/")
    assert "so far" in page.locator(".runs-table").inner_text()
    assert not pages.too_wide(page)
    let_go(stack, held)
    assert page.locator(".runs-table").evaluate("t => t.getBoundingClientRect().right <= innerWidth")
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto("/promises/")
    assert page.evaluate("document.documentElement.scrollHeight") < 16_000
    page.goto("/promises/?protocol=saga")
    expect(page.locator(".promises .words").first).to_be_visible()


def test_a_card_on_a_phone_says_which_locks_are_held(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    run_id = stack.withdraw("two_phase", account(), "coordinator.after_prepared:hold")
    wait_for(lambda: stack.run(run_id)["holding"] or stack.run(run_id)["finished"], 60, "it is held")
    page.goto(f"/runs/{run_id}/")
    prepared = page.locator("#lanes .row.p-prepared").last
    name = prepared.locator("summary").get_attribute("aria-label") or ""
    assert "in the account $100.00" in name
    assert "locks held at" in name
    expect(prepared.locator(".holds")).to_be_hidden()
    page.set_viewport_size({"width": 320, "height": 640})
    expect(prepared.locator(".holds")).to_contain_text("Account")
    stack.client.post(f"/api/runs/{run_id}/release")
    stack.ended(run_id, 60)
