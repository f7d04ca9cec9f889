"""All of it with the keyboard alone: Tab, Enter, Space, arrows, letters. Whatever has the focus can be seen."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from protocols.registry import PROTOCOLS
from tests.support.browser import shows_the_log
from tests.support.stack import Stack, wait_for

COVERED = """() => {
  const here = document.activeElement;
  if (here === document.body) return ""; // between the last element and the first
  const box = here.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height, innerHeight) / 2);
  if (top && (here.contains(top) || top.contains(here))) return "";
  return `${here.outerHTML.slice(0, 90)} under ${top?.outerHTML.slice(0, 90)}`;
}"""


def at(page: Page, selector: str) -> bool:
    found: bool = page.evaluate("wanted => Boolean(document.activeElement?.matches(wanted))", selector)
    return found


def tab_to(page: Page, selector: str, key: str = "Tab", most: int = 150) -> None:
    """Press the key until that element has the focus; nothing on the way may be hidden behind something else."""
    for _ in range(most):
        page.keyboard.press(key)
        if page.evaluate(COVERED):  # a browser may still be scrolling there
            page.wait_for_function(f"({COVERED})() === ''", timeout=3000)
        if at(page, selector):
            return
    raise AssertionError(f"{key} never comes to {selector}")


def run_of(page: Page) -> str:
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}/"))
    return re.findall(r"[0-9a-f-]{36}", page.url)[0]


@pytest.fixture
def name(account: Callable[[], str]) -> str:
    return account()


@pytest.mark.timeout(900)
def test_from_the_start_page_to_a_comparison(page: Page, stack: Stack, name: str) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    assert at(page, ".skip")
    page.keyboard.press("4")
    page.wait_for_url("**/lab/saga/")
    # switch a failure on
    for _ in range(12):
        page.keyboard.press("f")
        if page.locator('details[open] input[value="payment.in_tx:decline"]').count():
            break
    tab_to(page, 'input[value="payment.in_tx:decline"]')
    page.keyboard.press("Space")
    expect(page.locator("#chosen")).to_contain_text("decline (Payment, in the transaction")
    # withdraw
    tab_to(page, "#account", "Shift+Tab")
    page.keyboard.type(name)  # a field that Tab comes to is selected: what is typed replaces it
    page.keyboard.press("Enter")
    first = run_of(page)
    shows_the_log(page, stack, first)
    # look into a row
    tab_to(page, "#lanes > li:nth-child(3) summary")
    page.keyboard.press("Enter")
    expect(page.locator("#lanes > li:nth-child(3) .tale")).to_be_visible()
    page.keyboard.press("Enter")
    # go back in time, and to the end again
    page.keyboard.press("Home")
    expect(page).to_have_url(re.compile(r"\?step=1$"))
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"\?step=2$"))
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile(r"\?step=1$"))
    page.keyboard.press("End")
    expect(page).to_have_url(re.compile(r"/$"))
    # again, with another failure
    hold = 'button[name="fault"][value="payment.in_tx:hold"]'
    for _ in range(30):
        page.keyboard.press("f")
        expect(page.locator("details[open] .again").first).to_be_visible()
        if page.locator(f"details[open] {hold}").count():
            break
    tab_to(page, hold)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/runs/" in url and first not in url)
    second = run_of(page)
    # let the held step go on
    expect(page.get_by_role("button", name="Release")).to_be_enabled()
    tab_to(page, 'button[formaction$="/release/"]')
    page.keyboard.press("Enter")
    assert stack.ended(second)["status"] == "succeeded"
    # find both, and compare them
    page.keyboard.press("/")
    page.wait_for_url("**/runs/")
    tab_to(page, "#f-account")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"account={name}"))
    for run_id in (second, first):
        tab_to(page, f'input[name="run"][value="{run_id}"]')
        page.keyboard.press("Space")
    tab_to(page, "#compare button", "Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/compare/\?runs="))
    expect(page.locator("#outcome tbody tr")).to_have_count(2)


def test_a_race(page: Page, stack: Stack, name: str) -> None:
    page.goto("/promises/")
    tab_to(page, 'a[data-page="race"]')
    page.keyboard.press("Enter")
    page.wait_for_url("**/race/")
    tab_to(page, "#account")
    page.keyboard.type(name)
    tab_to(page, "#race .go button")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/compare/\?runs="))
    expect(page.locator("#outcome")).to_have_attribute("data-live", "", timeout=60_000)
    page.keyboard.press("Home")
    expect(page).to_have_url(re.compile("&t=0$"))
    assert len(stack.sql("default", "SELECT id FROM runs WHERE account = %s", name)) == len(PROTOCOLS)


def test_help_theme_and_switching_the_single_keys_off(page: Page) -> None:
    page.goto("/runs/")
    tab_to(page, "[data-theme-toggle]")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.keyboard.press("Enter")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    tab_to(page, "[data-keys]")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    page.keyboard.press("1")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_hidden()
    page.reload()  # it is remembered
    page.keyboard.press("1")
    tab_to(page, "[data-help]")
    page.keyboard.press("Enter")
    expect(page.locator("#help")).to_be_visible()
    assert page.url.endswith("/runs/")
    expect(page.locator("[data-keys]")).not_to_be_checked()
    tab_to(page, "[data-keys]")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.wait_for_url("**/lab/monolith/")


def test_keys_are_letters_inside_a_field(page: Page) -> None:
    page.goto("/runs/")
    page.keyboard.press("/")
    page.keyboard.type("1/?f")
    assert page.evaluate("document.activeElement.value") == "1/?f"
    expect(page.locator("#help")).to_be_hidden()


def test_the_focus_stays_while_the_picture_grows(page: Page, stack: Stack, name: str) -> None:
    run_id = stack.withdraw("saga", name, "payment.in_tx:hold")
    wait_for(lambda: stack.run(run_id)["holding"], 30, "it is held")
    page.goto(f"/runs/{run_id}/")
    tab_to(page, "#lanes > li:nth-child(2) summary")
    stack.client.post(f"/api/runs/{run_id}/release")
    shows_the_log(page, stack, run_id)
    assert at(page, "#lanes > li:nth-child(2) summary")
